package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/serverledge/serverledge/dag"
)

// maxValue bounds a task's result in a standard execution, so that an entry
// always fits into one record of the store.
const maxValue = 512 << 10

// maxReports bounds the task reports that a run keeps in memory.
const maxReports = 1000

// run is an execution in memory. Events wait in the inbox; a turn takes all of
// them, steps, writes down, acts. At most one turn runs at a time, and none
// while the inbox is empty: a waiting execution costs no goroutine.
type run struct {
	e       *Engine
	rec     record
	forward forwarded
	ctx     context.Context // of its calls; ends with the run or the engine
	end     context.CancelCauseFunc
	slots   chan struct{}
	untie   func() bool   // unties an express run from the engine's life
	ready   chan struct{} // closed when the run is accepted, or refused
	ended   chan struct{} // closed when the run is over for this process
	held    chan struct{} // closed when a step is held back for a restart
	over    sync.Once     // guards the closing of ended

	mu    sync.Mutex
	inbox []letter
	busy  bool
	// view of the run for readers; changed only within a turn.
	tasks   []TaskReport
	closing *summary
	fail    error // why the run was refused or dropped, when it was

	// distant is set, and nothing else but rec, for an execution that is not in
	// memory here.
	distant *Execution

	// owned by the turn
	x      *dag.Execution
	calls  map[attempt]context.CancelCauseFunc
	timers map[dag.ID]*time.Timer
	mocks  *mocking // nil: nothing is mocked
}

// forwarded is what another node said of a call that it passed on.
type forwarded struct {
	Key     string
	Attempt int
	Task    bool
	Hops    int
	Visited []string
}

// letter is an event with the report that goes with it, or with what an outside
// caller says of a task.
type letter struct {
	event  dag.Event
	report *TaskReport
	caller *caller
}

type attempt struct {
	activation dag.ID
	number     int
}

var (
	errCancelled = errors.New("the attempt was cancelled by its workflow")
	errOver      = errors.New("the execution is over")
)

func (e *Engine) newRun(ctx context.Context, rec record, graph *dag.Graph) *run {
	ctx, end := context.WithCancelCause(ctx)
	return &run{
		e: e, rec: rec, ctx: ctx, end: end,
		slots: make(chan struct{}, e.opts.InFlight), untie: func() bool { return true },
		ready: make(chan struct{}), ended: make(chan struct{}), held: make(chan struct{}),
		busy: true, // until the first, direct turn is over
		x:    dag.NewExecution(graph), calls: map[attempt]context.CancelCauseFunc{}, timers: map[dag.ID]*time.Timer{},
		mocks: newMocking(rec.Mocks),
	}
}

// watchBranches reports the decisions of Choice states from now on: a Choice
// that is left, and the state that is entered next at its place.
func (r *run) watchBranches() {
	branch := r.e.opts.Branch
	if branch == nil {
		return
	}
	type place struct {
		parent dag.ID
		index  int
	}
	left := map[place]string{}
	r.x.Observe(func(t dag.Transition) {
		at := place{t.Parent, t.Index}
		switch {
		case t.Kind == dag.StateExited && t.StateKind == dag.Choice:
			left[at] = t.State
		case t.Kind == dag.StateEntered && left[at] != "":
			branch(left[at], t.State)
			delete(left, at)
		}
	})
}

// post puts a letter into the inbox and sees to it that a turn takes it.
func (r *run) post(l letter) {
	r.mu.Lock()
	r.inbox = append(r.inbox, l)
	start := !r.busy
	r.busy = true
	r.mu.Unlock()
	if start {
		if !r.e.begin(true) {
			return // closed: recovery makes the event happen again
		}
		go func() {
			defer r.e.done()
			r.turns()
		}()
	}
}

// turns takes turns until the inbox is empty.
func (r *run) turns() {
	for {
		r.mu.Lock()
		letters := r.inbox
		r.inbox = nil
		if len(letters) == 0 {
			r.busy = false
			r.mu.Unlock()
			return
		}
		r.mu.Unlock()
		if !r.turn(letters) {
			return // over: busy stays set, so that nothing starts again
		}
	}
}

// turn steps through the letters, writes the entries down, and only then acts.
// It returns false when the run is over for this process.
func (r *run) turn(letters []letter) bool {
	before := r.x.Seq()
	entries := make([]dag.Entry, 0, len(letters))
	reports := make([]*TaskReport, 0, len(letters))
	var callers []*caller
	var commands []dag.Command
	for _, l := range letters {
		if l.caller != nil {
			if err := r.admits(l); err != nil || !r.x.Expects(l.event) {
				l.caller.answer(err)
				continue
			}
			callers = append(callers, l.caller)
		}
		r.tidy(l.event)
		if !r.x.Expects(l.event) {
			continue // late or repeated: it would change nothing
		}
		entry := dag.Entry{Seq: r.x.Seq() + 1, At: time.Now(), Event: r.bounded(l.event)}
		if l.caller != nil {
			entry.Note = l.caller.note
		}
		if l.report != nil {
			l.report.Ended = entry.At
			entry.Note = noteOf(l.report)
			if f, ok := entry.Event.(dag.Failed); ok {
				l.report.Failure = &f.Failure
			}
			reports = append(reports, l.report)
		}
		next, err := r.x.Step(entry)
		if err != nil {
			return r.drop(fmt.Errorf("stepping execution %s: %w", r.rec.ID, err))
		}
		entries, commands = append(entries, entry), append(commands, next...)
	}
	if len(entries) == 0 {
		return true
	}
	end, err := r.write(before, entries, finish(commands, entries[len(entries)-1].At))
	for _, c := range callers { // what they said is durable, or it is not
		c.answer(err)
	}
	if err != nil {
		return r.drop(err)
	}
	r.keep(reports)
	r.act(commands)
	if end == nil {
		return true
	}
	r.close(end)
	return false
}

// tidy forgets the call or the timer that an event ends.
func (r *run) tidy(event dag.Event) {
	switch ev := event.(type) {
	case dag.Succeeded:
		delete(r.calls, attempt{ev.Activation, ev.Attempt})
	case dag.Failed:
		delete(r.calls, attempt{ev.Activation, ev.Attempt})
	case dag.Fired:
		delete(r.timers, ev.Timer)
	case dag.Started, dag.Heartbeat, dag.Aborted, dag.Redriven:
	}
}

// bounded makes an event fit into the journal: a result that is too large
// becomes a failure, and texts are cut.
func (r *run) bounded(event dag.Event) dag.Event {
	if r.rec.Level == Express {
		return event
	}
	switch ev := event.(type) {
	case dag.Succeeded:
		if size := ev.Output.Size(); size > maxValue {
			return dag.Failed{Activation: ev.Activation, Attempt: ev.Attempt, Failure: *tooLarge("result", size, maxValue)}
		}
	case dag.Failed:
		ev.Failure = clipFailure(ev.Failure)
		return ev
	case dag.Aborted:
		ev.Failure = clipFailure(ev.Failure)
		return ev
	case dag.Started, dag.Fired, dag.Heartbeat, dag.Redriven:
	}
	return event
}

// keep remembers reports of attempts that are written down, and tells them.
func (r *run) keep(reports []*TaskReport) {
	r.mu.Lock()
	for _, t := range reports {
		if len(r.tasks) < maxReports {
			r.tasks = append(r.tasks, *t)
		}
	}
	r.mu.Unlock()
	if r.e.opts.Observe != nil {
		for _, t := range reports {
			r.e.opts.Observe(t)
		}
	}
}

// finish returns the summary when the commands end the execution.
func finish(commands []dag.Command, at time.Time) *summary {
	if len(commands) == 0 {
		return nil
	}
	f, ok := commands[len(commands)-1].(dag.Finish)
	if !ok {
		return nil
	}
	return summaryOf(f.Outcome, at)
}

// act performs commands that are written down.
func (r *run) act(commands []dag.Command) {
	for _, cmd := range commands {
		switch cmd := cmd.(type) {
		case dag.Invoke:
			r.dispatch(cmd)
		case dag.Cancel:
			key := attempt{cmd.Activation, cmd.Attempt}
			if cancel := r.calls[key]; cancel != nil {
				cancel(errCancelled)
				delete(r.calls, key)
			}
		case dag.SetTimer:
			r.timers[cmd.Timer] = time.AfterFunc(time.Until(cmd.At), func() { r.post(letter{event: dag.Fired{Timer: cmd.Timer}}) })
		case dag.ClearTimer:
			if t := r.timers[cmd.Timer]; t != nil {
				t.Stop()
				delete(r.timers, cmd.Timer)
			}
		case dag.Finish:
			// the turn closes the run
		}
	}
}

// close ends the run and wakes who waits for it.
func (r *run) close(end *summary) {
	r.mu.Lock()
	r.closing = end
	r.mu.Unlock()
	r.release()
}

// drop gives the run up without an end: another process owns it, the engine is
// closing, or it cannot be written. It returns false, for turn.
func (r *run) drop(err error) bool {
	if r.e.life.Err() == nil {
		r.e.log.Error("execution dropped", "execution", r.rec.ID, "err", err)
	}
	r.mu.Lock()
	r.fail = err
	r.mu.Unlock()
	r.release()
	return false
}

// hold tells those who wait that the run goes on after a restart only.
func (r *run) hold() {
	select {
	case <-r.held:
	default:
		close(r.held) // only a turn closes it
	}
}

func (r *run) release() {
	r.over.Do(func() {
		r.clearTimers()
		r.dismiss()
		r.untie()
		r.end(errOver)
		r.e.forget(r)
		close(r.ended)
	})
}

func (r *run) clearTimers() {
	for _, t := range r.timers {
		t.Stop()
	}
}

// describe tells how the run stands.
func (r *run) describe() (*Execution, error) {
	if r.distant != nil {
		return r.distant, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return nil, r.fail
	}
	x := r.rec.describe()
	x.Tasks = append(x.Tasks, r.tasks...)
	if r.closing != nil {
		x.close(r.closing)
	}
	x.attachResult()
	return x, nil
}
