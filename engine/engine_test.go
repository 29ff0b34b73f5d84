package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store"
	"github.com/serverledge/serverledge/store/memory"
)

// world is a set of functions that counts how often each ran to its end.
type world struct {
	mu    sync.Mutex
	begun map[string]int
	run   func(ctx context.Context, call *functions.Call) (*functions.Result, error)
}

func (w *world) Invoke(ctx context.Context, call *functions.Call) (*functions.Result, error) {
	w.mu.Lock()
	if w.begun == nil {
		w.begun = map[string]int{}
	}
	w.begun[call.Function]++
	w.mu.Unlock()
	if w.run == nil {
		return echo(call), nil
	}
	return w.run(ctx, call)
}

func (w *world) count(function string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.begun[function]
}

func echo(call *functions.Call) *functions.Result {
	return &functions.Result{Output: call.Input, Node: "here", Area: "test", Duration: time.Millisecond}
}

// chain is a machine of n tasks f1 to fn.
func chain(n int) *dag.Graph {
	g := &dag.Graph{Start: "s1"}
	for i := 1; i <= n; i++ {
		s := &dag.State{Name: fmt.Sprintf("s%d", i), Resource: dag.Resource{Name: fmt.Sprintf("f%d", i)}, Kind: dag.Task}
		if i < n {
			s.Next = fmt.Sprintf("s%d", i+1)
		}
		g.States = append(g.States, s)
	}
	return g
}

// compile knows "chain N", "pair" (two tasks at once) and "wait".
func compile(_, definition string, _ engine.Variant) (*dag.Graph, error) {
	var g *dag.Graph
	var n int
	switch definition {
	case "pair":
		g = &dag.Graph{Start: "p", States: []*dag.State{{Name: "p", Kind: dag.Parallel, Branches: []*dag.Graph{
			{Start: "a", States: []*dag.State{{Name: "a", Kind: dag.Task, Resource: dag.Resource{Name: "a"}}}},
			{Start: "b", States: []*dag.State{{Name: "b", Kind: dag.Task, Resource: dag.Resource{Name: "b"}}}},
		}}}}
	case "wait":
		g = &dag.Graph{Start: "w", States: []*dag.State{{Name: "w", Kind: dag.Wait, Next: "x", Until: func(s *dag.Scope) (time.Time, *dag.Failure) {
			return s.Now().Add(20 * time.Millisecond), nil
		}}, {Name: "x", Kind: dag.Task, Resource: dag.Resource{Name: "after"}}}}
	default:
		if _, err := fmt.Sscanf(definition, "chain %d", &n); err != nil {
			return nil, fault.New(fault.Invalid, "bad_definition", "no such definition: %s", definition)
		}
		g = chain(n)
	}
	return g, dag.Validate(g)
}

func newStore(t *testing.T) *store.Store {
	t.Helper()
	s := store.New(memory.New(), store.Options{})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func newEngine(t *testing.T, node string, journal engine.Journal, names engine.Names, w functions.Invoker) *engine.Engine {
	t.Helper()
	e, err := engine.New(engine.Options{
		Node: node, Journal: journal, Names: names, Invoker: w, Compile: compile,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background()) //nolint:usetesting // t.Context is over in a cleanup
		cancel()
		if err := e.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return e
}

// noJournal fails every use.
type noJournal struct{ engine.Journal }

func TestFunctionTouchesNoStore(t *testing.T) {
	t.Parallel()
	e := newEngine(t, "n1", noJournal{}, nil, &world{})
	x, err := e.Execute(t.Context(), &engine.Request{Function: "f", Input: value.Raw([]byte(`{"a":2}`))})
	if err != nil {
		t.Fatal(err)
	}
	if x.Status != dag.Completed || x.Output.String() != `{"a":2}` || x.Result.Node != "here" {
		t.Errorf("got %s %s on %q", x.Status, x.Output, x.Result.Node)
	}
}

func TestFunctionFailureIsAResultAndPlatformFailureAnError(t *testing.T) {
	t.Parallel()
	w := &world{run: func(_ context.Context, call *functions.Call) (*functions.Result, error) {
		if call.Function == "full" {
			return nil, fault.New(fault.Exhausted, "overloaded", "full")
		}
		return &functions.Result{Failure: &functions.Failure{Type: "ValueError", Message: "no"}}, nil
	}}
	e := newEngine(t, "n1", noJournal{}, nil, w)
	x, err := e.Execute(t.Context(), &engine.Request{Function: "bad"})
	if err != nil || x.Status != dag.Broken || x.Failure.Error != "ValueError" || x.Result.Failure.Message != "no" {
		t.Errorf("got %+v, %v", x, err)
	}
	if _, err = e.Execute(t.Context(), &engine.Request{Function: "full"}); !errors.Is(err, fault.Exhausted) {
		t.Errorf("got %v, want exhausted", err)
	}
	if got := w.count("full"); got != 1 {
		t.Errorf("a synchronous call was tried %d times, want once", got)
	}
}

func TestWorkflowIsWrittenBeforeItIsActedOn(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w := &world{}
	w.run = func(ctx context.Context, call *functions.Call) (*functions.Result, error) {
		_, entries, _, err := s.Load(ctx, call.Execution)
		if err != nil {
			return nil, err
		}
		// f1 runs after Started, f2 after the result of f1, and so on
		if want := strings.TrimPrefix(call.Function, "f"); fmt.Sprint(len(entries)) != want {
			return nil, fmt.Errorf("%s runs while the journal has %d entries", call.Function, len(entries))
		}
		return echo(call), nil
	}
	e := newEngine(t, "n1", slow{s}, s, w)
	x, err := e.Execute(t.Context(), &engine.Request{Workflow: "c", Language: "t", Definition: "chain 4"})
	if err != nil || x.Status != dag.Completed {
		t.Fatalf("got %+v, %v", x, err)
	}
	if len(x.Tasks) != 4 || x.Tasks[3].Function != "f4" || x.Tasks[3].Result.Node != "here" {
		t.Errorf("reports: %+v", x.Tasks)
	}
	again, err := e.Get(t.Context(), x.ID)
	if err != nil || again.Status != dag.Completed || len(again.Tasks) != 4 || !value.Equal(again.Output, x.Output) {
		t.Errorf("read back: %+v, %v", again, err)
	}
}

// slow is a journal that takes its time: whoever acts before it has answered
// is seen.
type slow struct{ engine.Journal }

func (s slow) Append(ctx context.Context, id string, after uint64, entries ...dag.Entry) error {
	time.Sleep(5 * time.Millisecond)
	return s.Journal.Append(ctx, id, after, entries...)
}

// TestResume kills an engine in the middle of a chain: another one under the
// same node id ends it, and no committed step runs twice.
func TestResume(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	stuck, release := make(chan struct{}), make(chan struct{})
	first := &world{run: func(_ context.Context, call *functions.Call) (*functions.Result, error) {
		if call.Function == "f6" {
			close(stuck)
			<-release // the process is dead to the world, and its call goes on
		}
		return echo(call), nil
	}}
	e1 := newEngine(t, "n1", s, s, first)
	x, err := e1.Start(t.Context(), &engine.Request{Workflow: "c", Language: "t", Definition: "chain 10"})
	if err != nil {
		t.Fatal(err)
	}
	<-stuck
	second := &world{}
	e2 := newEngine(t, "n1", s, s, second)
	if n, err := e2.Recover(t.Context()); n != 1 || err != nil {
		t.Fatalf("recovered %d, %v", n, err)
	}
	got := ended(t, e2, x.ID)
	if got.Status != dag.Completed {
		t.Fatalf("got %s %+v", got.Status, got.Failure)
	}
	for i := 1; i <= 10; i++ {
		f := fmt.Sprintf("f%d", i)
		if a, b := first.count(f), second.count(f); i < 6 && (a != 1 || b != 0) || i > 6 && (a != 0 || b != 1) {
			t.Errorf("%s ran %d times before and %d times after", f, a, b)
		}
	}
	// the old owner wakes up: its result is refused and nothing follows
	close(release)
	waitFor(t, func() bool { return e1.Active() == 0 })
	if first.count("f7") != 0 {
		t.Error("the fenced engine went on")
	}
	after, err := e2.Get(t.Context(), x.ID)
	if err != nil || !value.Equal(after.Output, got.Output) || len(after.Tasks) != 10 {
		t.Errorf("the record changed: %+v, %v", after, err)
	}
}

// ended waits for the end of an execution.
func ended(t *testing.T, e *engine.Engine, id string) *engine.Execution {
	t.Helper()
	var x *engine.Execution
	waitFor(t, func() bool {
		var err error
		if x, err = e.Get(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		return x.Status != dag.Running
	})
	return x
}

// waitFor returns when done holds; the test's own time limit bounds it.
func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for !done() {
		if t.Context().Err() != nil {
			t.Fatal("waited in vain")
		}
		time.Sleep(time.Millisecond)
	}
}

// flaky is a journal that answers every second write with an error, now before
// and now after it was applied.
type flaky struct {
	engine.Journal
	n atomic.Int64
}

var errStore = fault.New(fault.Unavailable, "store_unavailable", "no answer")

func (f *flaky) wrap(write func() error) error {
	switch f.n.Add(1) % 4 {
	case 1:
		return errStore
	case 3:
		return errors.Join(errStore, write())
	}
	return write()
}

func (f *flaky) Append(ctx context.Context, id string, after uint64, entries ...dag.Entry) error {
	return f.wrap(func() error { return f.Journal.Append(ctx, id, after, entries...) })
}

func (f *flaky) Finish(ctx context.Context, id string, after uint64, summary []byte, entries ...dag.Entry) error {
	return f.wrap(func() error { return f.Journal.Finish(ctx, id, after, summary, entries...) })
}

func TestStoreThatFailsBeforeAndAfterWriting(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w := &world{}
	e := newEngine(t, "n1", &flaky{Journal: s}, s, w)
	x, err := e.Execute(t.Context(), &engine.Request{Workflow: "c", Language: "t", Definition: "chain 6"})
	if err != nil || x.Status != dag.Completed {
		t.Fatalf("got %+v, %v", x, err)
	}
	for i := 1; i <= 6; i++ {
		if f := fmt.Sprintf("f%d", i); w.count(f) != 1 {
			t.Errorf("%s ran %d times", f, w.count(f))
		}
	}
}

func TestOverloadedTasksWait(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var tries atomic.Int64
	w := &world{run: func(_ context.Context, call *functions.Call) (*functions.Result, error) {
		if tries.Add(1) < 4 {
			return nil, fault.New(fault.Exhausted, "overloaded", "full")
		}
		return echo(call), nil
	}}
	e := newEngine(t, "n1", s, s, w)
	x, err := e.Execute(t.Context(), &engine.Request{Workflow: "c", Language: "t", Definition: "chain 1"})
	if err != nil || x.Status != dag.Completed || tries.Load() != 4 {
		t.Errorf("got %+v, %v after %d tries", x, err, tries.Load())
	}
}

func TestFailingBranchCancelsItsSibling(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	begun, cancelled := make(chan struct{}), make(chan struct{})
	w := &world{run: func(ctx context.Context, call *functions.Call) (*functions.Result, error) {
		if call.Function == "a" {
			close(begun)
			<-ctx.Done()
			close(cancelled)
			return nil, context.Cause(ctx)
		}
		<-begun
		return &functions.Result{Failure: &functions.Failure{Type: "Boom", Message: "b"}}, nil
	}}
	e := newEngine(t, "n1", s, s, w)
	x, err := e.Execute(t.Context(), &engine.Request{Workflow: "p", Language: "t", Definition: "pair"})
	if err != nil || x.Status != dag.Broken || x.Failure.Error != "Boom" {
		t.Fatalf("got %+v, %v", x, err)
	}
	<-cancelled
}

func TestStopEndsAndStaysStopped(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w := &world{run: func(ctx context.Context, _ *functions.Call) (*functions.Result, error) {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}}
	e := newEngine(t, "n1", s, s, w)
	x, err := e.Start(t.Context(), &engine.Request{Workflow: "c", Language: "t", Definition: "chain 2"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time changes nothing
		got, err := e.Stop(t.Context(), x.ID, dag.Failure{Error: "Stopped", Cause: "by hand"})
		if err != nil || got.Status != dag.Stopped || got.Failure.Error != "Stopped" {
			t.Fatalf("got %+v, %v", got, err)
		}
	}
	if w.count("f2") != 0 {
		t.Error("it went on after the stop")
	}
	if _, err := e.Stop(t.Context(), strings.Repeat("0", 28), dag.Failure{}); !errors.Is(err, fault.NotFound) {
		t.Errorf("unknown id: %v", err)
	}
}

func TestNamedExecutionsHappenOnce(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w := &world{}
	e := newEngine(t, "n1", s, s, w)
	req := &engine.Request{Workflow: "c", Language: "t", Definition: "chain 1", Name: "monday", Input: value.Raw([]byte(`{"n":1}`))}
	one, err := e.Execute(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	two, err := e.Execute(t.Context(), req)
	if err != nil || two.ID != one.ID || two.Status != dag.Completed || w.count("f1") != 1 {
		t.Errorf("second start: %+v, %v, %d runs", two, err, w.count("f1"))
	}
	other := *req
	other.Input = value.Raw([]byte(`{"n":2}`))
	if _, err := e.Execute(t.Context(), &other); !errors.Is(err, fault.Conflict) {
		t.Errorf("same name, other input: %v", err)
	}
}

func TestCloseBringsHomeWhatRunsAndRecoveryGoesOn(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	running, let := make(chan struct{}), make(chan struct{})
	w := &world{run: func(_ context.Context, call *functions.Call) (*functions.Result, error) {
		if call.Function == "f2" {
			close(running)
			<-let
		}
		return echo(call), nil
	}}
	e, err := engine.New(engine.Options{Node: "n1", Journal: s, Invoker: w, Compile: compile})
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.Start(t.Context(), &engine.Request{Workflow: "c", Language: "t", Definition: "chain 3"})
	if err != nil {
		t.Fatal(err)
	}
	<-running
	e.Drain()
	close(let)
	if err := e.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.count("f3") != 0 {
		t.Error("a new step was started while draining")
	}
	if _, err := e.Execute(t.Context(), &engine.Request{Function: "f"}); !errors.Is(err, fault.Unavailable) {
		t.Errorf("a call after Close: %v", err)
	}
	next := &world{}
	e2 := newEngine(t, "n1", s, s, next)
	if _, err := e2.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := ended(t, e2, x.ID); got.Status != dag.Completed || next.count("f2") != 0 || next.count("f3") != 1 {
		t.Errorf("got %s; f2 ran %d and f3 %d times after the restart, want 0 and 1", got.Status, next.count("f2"), next.count("f3"))
	}
}

func TestResultThatTheJournalCannotHoldFailsItsTask(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for size, want := range map[int]dag.Status{512 << 10: dag.Completed, 512<<10 + 1: dag.Broken} {
		w := &world{run: func(context.Context, *functions.Call) (*functions.Result, error) {
			return &functions.Result{Output: json.RawMessage(`"` + strings.Repeat("x", size-2) + `"`)}, nil
		}}
		e := newEngine(t, "n1", s, s, w)
		x, err := e.Execute(t.Context(), &engine.Request{Workflow: "c", Language: "t", Definition: "chain 1"})
		if err != nil || x.Status != want {
			t.Errorf("%d bytes: got %+v, %v, want %s", size, x, err, want)
		}
		if want == dag.Broken && x.Failure.Error != dag.ErrorDataLimitExceeded {
			t.Errorf("failed with %+v", x.Failure)
		}
	}
}

func TestExpressWorkflowEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	w := &world{run: func(ctx context.Context, _ *functions.Call) (*functions.Result, error) {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}}
	e := newEngine(t, "n1", noJournal{}, nil, w)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := e.Execute(ctx, &engine.Request{Workflow: "c", Language: "t", Definition: "chain 2", Level: engine.Express}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	waitFor(t, func() bool { return e.Active() == 0 })
}

func TestTimersFireAndHistoryTells(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	e := newEngine(t, "n1", s, s, &world{})
	x, err := e.Execute(t.Context(), &engine.Request{Workflow: "w", Language: "t", Definition: "wait"})
	if err != nil || x.Status != dag.Completed || x.Ended.Sub(x.Started) < 20*time.Millisecond {
		t.Fatalf("got %+v, %v", x, err)
	}
	events, err := e.History(t.Context(), x.ID)
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, ev := range events {
		types = append(types, ev.Type)
	}
	want := "ExecutionStarted WaitStateEntered WaitStateExited TaskStateEntered LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionSucceeded TaskStateExited ExecutionSucceeded"
	if got := strings.Join(types, " "); got != want {
		t.Errorf("history:\n got %s\nwant %s", got, want)
	}
	if node := events[6].Details.Get("node").Text(); node != "here" {
		t.Errorf("the history does not say where the task ran: %s", events[6].Details)
	}
	page, _, err := e.List(t.Context(), engine.Filter{Workflow: "w"})
	if err != nil || len(page) != 1 || page[0].ID != x.ID {
		t.Errorf("list: %v, %v", page, err)
	}
}

func TestAcceptanceFailsWithoutTheStore(t *testing.T) {
	t.Parallel()
	w := &world{}
	e := newEngine(t, "n1", deadJournal{}, nil, w)
	if _, err := e.Start(t.Context(), &engine.Request{Function: "f"}); !errors.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
	if w.count("f") != 0 || e.Active() != 0 {
		t.Error("a call that was not accepted ran")
	}
}

type deadJournal struct{ engine.Journal }

func (deadJournal) Begin(context.Context, string, string, []byte, ...dag.Entry) error {
	return errStore
}

func TestDocumentsKeepTheirBytes(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w := &world{}
	e := newEngine(t, "n1", s, s, w)
	const input = `{"z":"<a href=\"x\">&é","big":12345678901234567890.10,"a":1e400}`
	x, err := e.Execute(t.Context(), &engine.Request{Workflow: "c", Language: "t", Definition: "chain 1", Input: value.Raw([]byte(input))})
	if err != nil {
		t.Fatal(err)
	}
	again, err := e.Get(t.Context(), x.ID)
	if err != nil || again.Input.String() != input || again.Output.String() != input {
		t.Errorf("read back %s and %s, %v; want the bytes of %s", again.Input, again.Output, err, input)
	}
}
