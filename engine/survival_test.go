package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store"
)

// blocked is a world whose functions run until they are let go.
func blocked() (w *world, let func()) {
	gate := make(chan struct{})
	w = &world{run: func(ctx context.Context, call *functions.Call) (*functions.Result, error) {
		select {
		case <-gate:
			return echo(call), nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}}
	return w, sync.OnceFunc(func() { close(gate) })
}

func TestRecoverLeavesAloneWhatRuns(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w, let := blocked()
	e := newEngine(t, "n1", s, s, w)
	x, err := e.Start(t.Context(), &engine.Request{Workflow: "c", Language: "t", Definition: "chain 2"})
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return w.count("f1") == 1 })
	if n, err := e.Recover(t.Context()); n != 0 || err != nil {
		t.Errorf("recovered %d, %v", n, err)
	}
	let()
	if got := ended(t, e, x.ID); got.Status != dag.Completed || w.count("f1") != 1 || w.count("f2") != 1 {
		t.Errorf("got %s; f1 ran %d and f2 %d times", got.Status, w.count("f1"), w.count("f2"))
	}
}

// wide is a Parallel of n tasks a0, a1, ...
func wide(n int) *dag.Graph {
	p := &dag.State{Name: "p", Kind: dag.Parallel}
	for i := range n {
		name := fmt.Sprint("a", i)
		p.Branches = append(p.Branches, &dag.Graph{Start: name, States: []*dag.State{{Name: name, Kind: dag.Task, Resource: dag.Resource{Name: name}}}})
	}
	return &dag.Graph{Start: "p", States: []*dag.State{p}}
}

func compileWide(_, definition string, _ engine.Variant) (*dag.Graph, error) {
	var n int
	if _, err := fmt.Sscanf(definition, "wide %d", &n); err != nil {
		return nil, err
	}
	g := wide(n)
	return g, dag.Validate(g)
}

func newWide(t *testing.T, journal engine.Journal, names engine.Names, w functions.Invoker) *engine.Engine {
	t.Helper()
	e, err := engine.New(engine.Options{Node: "n1", Journal: journal, Names: names, Invoker: w, Compile: compileWide})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(context.Background()); err != nil { //nolint:usetesting // t.Context is over in a cleanup
			t.Error(err)
		}
	})
	return e
}

// TestWhatTheStoreCannotHoldEndsTheExecution: outputs, causes and traces that
// are too large fail an execution; they never leave it running for ever.
func TestWhatTheStoreCannotHoldEndsTheExecution(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		result functions.Result
		error  string
	}{
		"joined output": {functions.Result{Output: []byte(`"` + strings.Repeat("v", 500<<10) + `"`)}, dag.ErrorDataLimitExceeded},
		"message":       {functions.Result{Failure: &functions.Failure{Type: "E", Message: strings.Repeat("<", 900<<10)}}, "E"},
		"trace":         {functions.Result{Failure: &functions.Failure{Type: "E", Trace: strings.SplitAfter(strings.Repeat("é\x01", 1<<16), "\x01")}}, "E"},
		"printed":       {functions.Result{Output: []byte(`1`), Printed: strings.Repeat("\x00", 256<<10)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			e := newWide(t, s, s, &world{run: func(context.Context, *functions.Call) (*functions.Result, error) {
				r := c.result
				return &r, nil
			}})
			x, err := e.Execute(t.Context(), &engine.Request{Workflow: "w", Language: "t", Definition: "wide 4"})
			if err != nil || c.error == "" && x.Status != dag.Completed || c.error != "" && (x.Failure == nil || x.Failure.Error != c.error) {
				t.Fatalf("got %+v, %v", x, err)
			}
			again, err := e.Get(t.Context(), x.ID)
			if err != nil || again.Status != x.Status {
				t.Errorf("read back: %+v, %v", again, err)
			}
			if left, err := s.Unfinished(t.Context(), "n1"); err != nil || len(left) != 0 {
				t.Errorf("unfinished: %v, %v", left, err)
			}
		})
	}
}

// hiccups is a journal that writes only the first entry of a batch, or all of
// it, and says each time that it does not know; then it cannot be read once.
type hiccups struct {
	*store.Store
	writes, reads atomic.Int64
}

func (h *hiccups) cut(entries []dag.Entry, write func([]dag.Entry) error) error {
	if h.writes.Add(1)%2 == 0 {
		return write(entries)
	}
	if len(entries) > 1 {
		entries = entries[:1]
	}
	return errors.Join(fault.New(fault.Unknown, "unknown", "no answer"), write(entries))
}

func (h *hiccups) Append(ctx context.Context, id string, after uint64, entries ...dag.Entry) error {
	return h.cut(entries, func(some []dag.Entry) error { return h.Store.Append(ctx, id, after, some...) })
}

func (h *hiccups) Finish(ctx context.Context, id string, after uint64, summary []byte, entries ...dag.Entry) error {
	return h.cut(entries, func(some []dag.Entry) error {
		if len(some) < len(entries) {
			return h.Store.Append(ctx, id, after, some...)
		}
		return h.Store.Finish(ctx, id, after, summary, some...)
	})
}

func (h *hiccups) Load(ctx context.Context, id string) ([]byte, []dag.Entry, []byte, error) {
	if h.reads.Add(1)%2 == 1 {
		return nil, nil, nil, fault.New(fault.Unavailable, "away", "no answer")
	}
	return h.Store.Load(ctx, id)
}

func TestHalfWrittenBatchesAreCompleted(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w, let := blocked()
	e := newWide(t, &hiccups{Store: s}, s, w)
	go func() {
		for i := range 6 { // all run before any ends, so that their results share a batch
			for w.count(fmt.Sprint("a", i)) == 0 {
				time.Sleep(time.Millisecond)
			}
		}
		let()
	}()
	x, err := e.Execute(t.Context(), &engine.Request{Workflow: "w", Language: "t", Definition: "wide 6"})
	if err != nil || x.Status != dag.Completed {
		t.Fatalf("got %+v, %v", x, err)
	}
	for i := range 6 {
		if n := w.count(fmt.Sprint("a", i)); n != 1 {
			t.Errorf("a%d ran %d times", i, n)
		}
	}
	if _, entries, _, err := s.Load(t.Context(), x.ID); err != nil || len(entries) != 7 {
		t.Errorf("%d entries in the journal, %v; want 7", len(entries), err)
	}
}

// gate lets a test hold Begin, and say how it ends.
type gate struct {
	*store.Store
	in  chan struct{}
	out chan error
}

func (g *gate) Begin(ctx context.Context, id, owner string, header []byte, entries ...dag.Entry) error {
	g.in <- struct{}{}
	err := <-g.out
	if err != nil && !errors.Is(err, fault.Unknown) {
		return err
	}
	return errors.Join(g.Store.Begin(ctx, id, owner, header, entries...), err)
}

func TestSecondCallerOfANameWaitsForTheFirst(t *testing.T) {
	t.Parallel()
	for name, outcome := range map[string]error{"accepted": nil, "refused": errStore, "unknown but there": fault.New(fault.Unknown, "unknown", "no answer")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			g := &gate{s, make(chan struct{}, 8), make(chan error, 8)}
			e := newEngine(t, "n1", g, s, &world{})
			req := &engine.Request{Workflow: "c", Language: "t", Definition: "chain 1", Name: "same"}
			answers := make(chan error, 2)
			ids := make(chan string, 2)
			begin := func() {
				x, err := e.Start(t.Context(), req)
				if err == nil {
					ids <- x.ID
				}
				answers <- err
			}
			go begin()
			<-g.in
			go begin()
			select {
			case err := <-answers:
				t.Fatalf("an answer (%v) before the execution is durable", err)
			case <-time.After(20 * time.Millisecond):
			}
			g.out <- outcome
			g.out <- outcome // should the second try for itself
			refused := errors.Is(outcome, fault.Unavailable)
			for range 2 {
				if err := <-answers; (err != nil) != refused {
					t.Errorf("answer: %v", err)
				}
			}
			if refused {
				waitFor(t, func() bool { return e.Active() == 0 })
				return
			}
			if a, b := <-ids, <-ids; a != b {
				t.Errorf("two executions of one name: %s and %s", a, b)
			} else if x := ended(t, e, a); x.Status != dag.Completed {
				t.Errorf("got %+v", x)
			}
		})
	}
}

func TestNamedExecutionOfAnotherNodeIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w, let := blocked()
	other := newEngine(t, "n2", s, s, w)
	here := newEngine(t, "n1", s, s, &world{})
	req := &engine.Request{Workflow: "c", Language: "t", Definition: "chain 1", Name: "one"}
	x, err := other.Start(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := here.Stop(t.Context(), x.ID, dag.Failure{}); !errors.Is(err, fault.Conflict) {
		t.Errorf("stopping what another node runs: %v", err)
	}
	go let()
	got, err := here.Execute(t.Context(), req)
	if err != nil || got.ID != x.ID || got.Status != dag.Completed {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestDrainTellsThoseWhoWait(t *testing.T) {
	t.Parallel()
	for _, level := range []engine.Level{engine.Express, engine.Standard} {
		s := newStore(t)
		w, let := blocked()
		e := newEngine(t, "n1", s, s, w)
		done := make(chan error, 1)
		go func() {
			_, err := e.Execute(t.Context(), &engine.Request{Workflow: "c", Language: "t", Definition: "chain 3", Level: level})
			done <- err
		}()
		waitFor(t, func() bool { return w.count("f1") == 1 })
		e.Drain()
		let()
		err := <-done
		if level == engine.Express && (err != nil || w.count("f3") != 1) {
			t.Errorf("express: %v, f3 ran %d times; it has to end", err, w.count("f3"))
		}
		if level == engine.Standard && (!errors.Is(err, fault.Unavailable) || w.count("f2") != 0) {
			t.Errorf("standard: %v, f2 ran %d times; it goes on after the restart", err, w.count("f2"))
		}
	}
}

func TestCloseCutsOffWhatDoesNotEnd(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w, _ := blocked()
	e := newEngine(t, "n1", s, s, w)
	answers := make(chan error, 2)
	for _, req := range []*engine.Request{{Function: "f"}, {Workflow: "c", Language: "t", Definition: "chain 1"}} {
		go func() {
			_, err := e.Execute(t.Context(), req)
			answers <- err
		}()
	}
	waitFor(t, func() bool { return w.count("f") == 1 && w.count("f1") == 1 })
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Close(over); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := <-answers; !errors.Is(err, fault.Unavailable) {
			t.Errorf("a call that was cut off: %v", err)
		}
	}
}

func TestExecutionsInMemoryAreBounded(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w, let := blocked()
	e, err := engine.New(engine.Options{Node: "n1", Journal: s, Invoker: w, Compile: compile, MaxActive: 2})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		_, err := e.Start(t.Context(), &engine.Request{Function: "f"})
		if i < 2 && err != nil || i == 2 && (!errors.Is(err, fault.Exhausted) || fault.From(err).RetryAfter <= 0) {
			t.Errorf("execution %d: %v", i, err)
		}
	}
	let()
	waitFor(t, func() bool { return e.Active() == 0 })
	if _, err := e.Start(t.Context(), &engine.Request{Function: "f"}); err != nil {
		t.Error(err)
	}
	if err := e.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
