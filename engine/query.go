package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/history"
)

// The page sizes of List.
const (
	defaultPage = 50
	maxPage     = 1000
)

// Get describes a standard execution, or an express one that is running here;
// fault.NotFound.
func (e *Engine) Get(ctx context.Context, id string) (*Execution, error) {
	if r := e.active(id); r != nil {
		if x, err := r.describe(); err == nil {
			return x, nil
		}
	}
	x, _, err := e.load(ctx, id)
	return x, err
}

func (e *Engine) load(ctx context.Context, id string) (*Execution, *record, error) {
	header, entries, sum, err := e.opts.Journal.Load(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	return stored(header, sum, entries)
}

// List returns standard executions, newest first, and the cursor of the next
// page ("" when there is none). Tasks are left out.
func (e *Engine) List(ctx context.Context, f Filter) (page []*Execution, next string, err error) {
	limit := f.Limit
	if limit <= 0 {
		limit = defaultPage
	}
	limit = min(limit, maxPage)
	cursor := f.After
	for {
		batch, err := e.opts.Journal.Recent(ctx, cursor, limit)
		if err != nil {
			return nil, "", err
		}
		for _, s := range batch {
			cursor = s.ID
			x, _, err := stored(s.Header, s.Summary, nil)
			if err != nil {
				e.log.WarnContext(ctx, "execution cannot be read", "execution", s.ID, "err", err)
				continue
			}
			if !f.admits(x) {
				continue
			}
			if page = append(page, x); len(page) == limit {
				return page, cursor, nil
			}
		}
		if len(batch) < limit {
			return page, "", nil
		}
	}
}

func (f *Filter) admits(x *Execution) bool {
	return f.Parent == x.Parent && (f.Namespace == "" || f.Namespace == x.Namespace) &&
		(f.Workflow == "" || f.Workflow == x.Workflow) &&
		(f.Function == "" || f.Function == x.Function) &&
		(f.Status == "" || f.Status == x.Status)
}

// Stop ends an execution that runs on this node and describes it; one that has
// ended is described as it is. fault.Conflict with an *ElsewhereError when
// another node owns it.
func (e *Engine) Stop(ctx context.Context, id string, failure dag.Failure) (*Execution, error) {
	r, err := e.attach(ctx, id)
	if err != nil {
		return nil, err
	}
	if r.distant != nil {
		if r.distant.Status == dag.Running {
			return nil, elsewhere(id, r.rec.Owner)
		}
		return r.distant, nil
	}
	r.post(letter{event: dag.Aborted{Failure: failure}})
	select {
	case <-r.ended:
		return r.describe()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// History derives the events of an execution from its journal by replaying it.
func (e *Engine) History(ctx context.Context, id string) ([]history.Event, error) {
	header, entries, _, err := e.opts.Journal.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	_, rec, err := stored(header, nil, nil)
	if err != nil {
		return nil, err
	}
	graph, err := e.graph(rec)
	if err != nil {
		return nil, fmt.Errorf("compiling the definition of execution %s: %w", id, err)
	}
	return history.Replay(graph, entries, noted)
}

// Recover takes up the unfinished executions that this node owns and that are
// not in memory, and returns how many. Call it before calls are served, and now
// and then: it also finds what could not be read the time before.
func (e *Engine) Recover(ctx context.Context) (int, error) {
	ids, err := e.opts.Journal.Unfinished(ctx, e.opts.Node)
	if err != nil {
		return 0, fmt.Errorf("looking for unfinished executions: %w", err)
	}
	count := 0
	for _, id := range ids {
		if e.active(id) != nil {
			continue
		}
		if err := e.resume(ctx, id); err != nil {
			e.log.ErrorContext(ctx, "execution cannot be resumed", "execution", id, "err", err)
			continue
		}
		count++
	}
	return count, nil
}

// resume rebuilds an execution from its journal and performs what is
// outstanding. It does nothing when the execution is in memory already.
func (e *Engine) resume(ctx context.Context, id string) error {
	header, entries, sum, err := e.opts.Journal.Load(ctx, id)
	if err != nil {
		return err
	}
	if sum != nil {
		return nil // it ended meanwhile
	}
	x, rec, err := stored(header, nil, entries)
	if err != nil {
		return err
	}
	graph, err := e.graph(rec)
	if err != nil {
		return fmt.Errorf("compiling its definition: %w", err)
	}
	r := e.newRun(e.life, *rec, graph)
	r.tasks = x.Tasks
	for _, entry := range entries {
		commands, err := r.x.Step(entry)
		if err != nil {
			return fmt.Errorf("replaying entry %d: %w", entry.Seq, err)
		}
		for _, cmd := range commands {
			r.mocks.count(cmd, 1)
		}
	}
	for _, cmd := range r.x.Outstanding() { // they will be counted again
		r.mocks.count(cmd, -1)
	}
	r.watchBranches()
	there, err := e.admit(r, false)
	if err != nil || there != r {
		r.end(errOver)
		return err
	}
	close(r.ready)
	if !e.begin(false) {
		r.drop(errClosed)
		return errClosed
	}
	defer e.done()
	if done, over := r.x.Done(); over { // it died between the last entry and the summary
		end, err := r.write(r.x.Seq(), nil, summaryOf(done, time.Now()))
		if err != nil {
			r.drop(err)
			return err
		}
		r.close(end)
		return nil
	}
	r.act(r.x.Outstanding())
	r.resumeTurns()
	return nil
}
