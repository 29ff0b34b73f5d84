package engine_test

import (
	"context"
	"errors"
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
)

// compileOutside knows "callback" (a function that gets the token of its task),
// "activity", and "late" (an activity with a timeout).
func compileOutside(_, definition string, _ engine.Variant) (*dag.Graph, error) {
	s := &dag.State{Name: "s", Kind: dag.Task, Resource: dag.Resource{Name: "hands", Pattern: dag.Callback}}
	switch definition {
	case "callback":
		s.In = func(d *dag.Scope) (value.Value, *dag.Failure) { return value.OfString(d.State.Token), nil }
	case "late":
		s.Timeout = 20 * time.Millisecond
		s.Resource.Kind = dag.ActivityResource
	case "activity":
		s.Resource.Kind = dag.ActivityResource
	}
	g := &dag.Graph{Start: "s", States: []*dag.State{s}}
	return g, dag.Validate(g)
}

func newOutside(t *testing.T, node string, s *store.Store, w functions.Invoker) *engine.Engine {
	t.Helper()
	e, err := engine.New(engine.Options{Node: node, Journal: s, Names: s, Invoker: w, Compile: compileOutside})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kill(t, e) })
	return e
}

// kill closes an engine at once.
func kill(t *testing.T, e *engine.Engine) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background()) //nolint:usetesting // t.Context is over in a cleanup
	cancel()
	if err := e.Close(ctx); err != nil {
		t.Error(err)
	}
}

func start(t *testing.T, e *engine.Engine, definition string) string {
	t.Helper()
	x, err := e.Start(t.Context(), &engine.Request{Workflow: "w", Language: "t", Definition: definition})
	if err != nil {
		t.Fatal(err)
	}
	return x.ID
}

// work asks for a task, which must be there or come soon.
func work(t *testing.T, e *engine.Engine) *engine.ActivityTask {
	t.Helper()
	task, err := e.Work(t.Context(), "default", "hands", "me", 10*time.Second)
	if err != nil || task == nil {
		t.Fatalf("got %+v, %v", task, err)
	}
	return task
}

// TestTokens: what an outside caller says ends the task once, and only whoever
// has the token can say it.
func TestTokens(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	tokens := make(chan string, 2)
	w := &world{run: func(_ context.Context, call *functions.Call) (*functions.Result, error) {
		tokens <- value.Raw(call.Input).Text()
		return echo(call), nil
	}}
	e := newOutside(t, "n1", s, w)
	id := start(t, e, "callback")
	token := <-tokens
	for name, bad := range map[string]string{"empty": "", "no token": "abc", "of no execution": "0001KAXXXXXXXXXXXXXXXXXXXXXX.1.1.00", "no id": "../x.1.1.00"} {
		if err := e.BeatTask(t.Context(), bad); !errors.Is(err, fault.Invalid) && !errors.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	forged := token[:len(token)-1] + string(token[len(token)-1]^1)
	for _, bad := range []string{forged, strings.Replace(token, ".1.1.", ".1.2.", 1)} {
		if err := e.SucceedTask(t.Context(), bad, value.NullValue); !errors.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if err := e.BeatTask(t.Context(), token); err != nil {
		t.Errorf("a heartbeat: %v", err)
	}
	large := func(size int) value.Value { return value.OfString(strings.Repeat("x", size-2)) }
	if err := e.SucceedTask(t.Context(), token, large(512<<10+1)); !errors.Is(err, fault.TooLarge) {
		t.Errorf("one byte too many: %v", err)
	}
	other := newOutside(t, "n2", s, w)
	owned, ok := errors.AsType[*engine.ElsewhereError](other.SucceedTask(t.Context(), token, value.NullValue))
	if !ok || owned.Owner != "n1" || owned.Execution != id {
		t.Errorf("on another node: %+v", owned)
	}
	if err := e.SucceedTask(t.Context(), token, large(512<<10)); err != nil {
		t.Errorf("the largest output: %v", err)
	}
	if x := ended(t, e, id); x.Status != dag.Completed || x.Output.Size() != 512<<10 {
		t.Errorf("got %s, %d bytes", x.Status, x.Output.Size())
	}
	for _, on := range []*engine.Engine{e, other} {
		if err := on.SucceedTask(t.Context(), token, value.NullValue); !errors.Is(err, fault.NotFound) {
			t.Errorf("told again: %v", err)
		}
	}
	id = start(t, e, "callback")
	if err := e.FailTask(t.Context(), <-tokens, dag.Failure{Error: "No", Cause: "because", Fatal: true}); err != nil {
		t.Error(err)
	}
	if x := ended(t, e, id); x.Status != dag.Broken || x.Failure.Error != "No" || x.Failure.Cause != "because" {
		t.Errorf("got %s %+v", x.Status, x.Failure)
	}
}

// TestWaitingTasksSurviveARestart: a callback and an activity that wait while
// their node dies are finished after its restart, with the tokens of before.
func TestWaitingTasksSurviveARestart(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	tokens := make(chan string, 2)
	w := &world{run: func(_ context.Context, call *functions.Call) (*functions.Result, error) {
		tokens <- value.Raw(call.Input).Text()
		return echo(call), nil
	}}
	first := newOutside(t, "n1", s, w)
	called, taken := start(t, first, "callback"), start(t, first, "activity")
	token, task := <-tokens, work(t, first)
	queued := start(t, first, "activity")
	kill(t, first)
	if err := first.SucceedTask(t.Context(), token, value.NullValue); !errors.Is(err, fault.Unavailable) {
		t.Errorf("told to a node that has stopped: %v", err)
	}
	e := newOutside(t, "n1", s, w)
	if n, err := e.Recover(t.Context()); n != 3 || err != nil {
		t.Fatalf("recovered %d, %v", n, err)
	}
	if next := work(t, e); next.Execution != queued {
		t.Errorf("after the restart the task of %s is offered, not that of %s", next.Execution, queued)
	} else if err := e.SucceedTask(t.Context(), next.Token, value.NullValue); err != nil {
		t.Error(err)
	}
	for _, token := range []string{token, task.Token} {
		if err := e.SucceedTask(t.Context(), token, value.NullValue); err != nil {
			t.Error(err)
		}
	}
	for _, id := range []string{called, taken, queued} {
		if x := ended(t, e, id); x.Status != dag.Completed {
			t.Errorf("got %s %+v", x.Status, x.Failure)
		}
	}
	events, err := e.History(t.Context(), taken)
	if err != nil || len(events) != 7 || events[3].Type != "ActivityStarted" || events[3].Details.Get("workerName").Text() != "me" {
		t.Errorf("the history tells %+v, %v", events, err)
	}
}

// TestToldWhileTheNodeStops: who speaks to a node that stops is told so, and not
// that the task is over.
func TestToldWhileTheNodeStops(t *testing.T) {
	t.Parallel()
	journal := &stuck{Store: newStore(t), entered: make(chan struct{}, 1)}
	e, err := engine.New(engine.Options{Node: "n1", Journal: journal, Names: journal, Invoker: &world{}, Compile: compileOutside})
	if err != nil {
		t.Fatal(err)
	}
	start(t, e, "activity")
	task := work(t, e)
	journal.hold.Store(true)
	said := make(chan error, 2)
	tell := func() { said <- e.SucceedTask(t.Context(), task.Token, value.NullValue) }
	go tell() // it is being written
	<-journal.entered
	go tell()                         // it waits in the inbox
	time.Sleep(20 * time.Millisecond) // or comes too late, which is as well
	kill(t, e)
	for range 2 {
		if err := <-said; !errors.Is(err, fault.Unavailable) {
			t.Errorf("got %v", err)
		}
	}
}

// stuck is a journal that takes nothing once it is held.
type stuck struct {
	*store.Store
	hold    atomic.Bool
	entered chan struct{}
}

func (s *stuck) Append(ctx context.Context, id string, after uint64, entries ...dag.Entry) error {
	if !s.hold.Load() {
		return s.Store.Append(ctx, id, after, entries...)
	}
	s.entered <- struct{}{}
	<-ctx.Done()
	return context.Cause(ctx)
}

func (s *stuck) Finish(ctx context.Context, id string, after uint64, summary []byte, entries ...dag.Entry) error {
	return s.Append(ctx, id, after, entries...)
}

// TestWorkersGetEachTaskOnce: many workers, some with little patience, and many
// tasks: each task is done by one.
func TestWorkersGetEachTaskOnce(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	e := newOutside(t, "n1", s, &world{})
	const tasks = 40
	var ids []string
	got := make(chan string, tasks)
	var workers sync.WaitGroup
	var done atomic.Bool
	for w := range 8 {
		workers.Go(func() {
			for !done.Load() {
				task, err := e.Work(t.Context(), "default", "hands", "me", time.Duration(w*w)*time.Millisecond)
				if err != nil {
					t.Error(err)
				}
				if task == nil {
					continue
				}
				got <- task.Execution
				if err := e.SucceedTask(t.Context(), task.Token, task.Input); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range tasks {
		ids = append(ids, start(t, e, "activity"))
	}
	for _, id := range ids {
		if x := ended(t, e, id); x.Status != dag.Completed {
			t.Errorf("got %s", x.Status)
		}
	}
	done.Store(true)
	workers.Wait()
	close(got)
	count := map[string]int{}
	for id := range got {
		count[id]++
	}
	for _, id := range ids {
		if count[id] != 1 {
			t.Errorf("the task of %s was given out %d times", id, count[id])
		}
	}
}

// TestWorkerWhoGoesLosesNoTask: a task that comes when its worker is just going
// is given to the next one.
func TestWorkerWhoGoesLosesNoTask(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	e := newOutside(t, "n1", s, &world{})
	gone, leave := context.WithCancel(t.Context())
	leave()
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		var worker sync.WaitGroup
		var lucky *engine.ActivityTask
		worker.Go(func() { lucky, _ = e.Work(ctx, "default", "hands", "me", 10*time.Second) })
		worker.Go(cancel)
		id := start(t, e, "activity")
		worker.Wait()
		if task, err := e.Work(gone, "default", "hands", "me", time.Second); task != nil || !errors.Is(err, context.Canceled) {
			t.Errorf("a worker who has gone got %+v, %v", task, err)
		}
		if lucky == nil {
			lucky = work(t, e)
		}
		if err := e.SucceedTask(t.Context(), lucky.Token, value.NullValue); err != nil {
			t.Fatal(err)
		}
		if x := ended(t, e, id); x.Status != dag.Completed {
			t.Errorf("got %s", x.Status)
		}
	}
	if task, err := e.Work(t.Context(), "default", "hands", "me", 0); task != nil || err != nil {
		t.Errorf("got %+v, %v with nothing to do", task, err)
	}
}

// TestWithdrawnTasks: nobody gets a task that has timed out.
func TestWithdrawnTasks(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	e := newOutside(t, "n1", s, &world{})
	x := ended(t, e, start(t, e, "late"))
	if x.Status != dag.Broken || x.Failure.Error != dag.ErrorTimeout {
		t.Errorf("got %s %+v", x.Status, x.Failure)
	}
	if task, err := e.Work(t.Context(), "default", "hands", "me", 0); task != nil || err != nil {
		t.Errorf("got %+v, %v", task, err)
	}
}
