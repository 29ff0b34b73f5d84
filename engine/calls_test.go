package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/mock"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// one is a machine of one Task.
func one(s *dag.State) *dag.Graph {
	s.Name, s.Kind = "s", dag.Task
	return &dag.Graph{Start: "s", States: []*dag.State{s}}
}

// compileCalls knows graphs that call more than functions.
func compileCalls(_, definition string, _ engine.Variant) (*dag.Graph, error) {
	starts := func(p dag.Pattern) *dag.State {
		return &dag.State{
			Resource: dag.Resource{Kind: dag.WorkflowResource, Name: "child", Service: "states", Action: "startExecution", Pattern: p},
			Target: func(s *dag.Scope) (string, value.Value, *dag.Failure) {
				return "child", value.OfObject(value.Member{Key: "input", Value: s.Input}), nil
			},
		}
	}
	body := func() *dag.Graph {
		return &dag.Graph{Start: "i", States: []*dag.State{{Name: "i", Kind: dag.Task, Resource: dag.Resource{Name: "item"}, Next: "j"}, {Name: "j", Kind: dag.Task, Resource: dag.Resource{Name: "more"}}}}
	}
	each := func(c dag.Children) *dag.Graph {
		return &dag.Graph{Start: "each", States: []*dag.State{{
			Name: "each", Kind: dag.Map, Children: c, Body: body(), Next: "last",
			TolerateCount: func(*dag.Scope) (int, *dag.Failure) { return 0, nil },
		}, {Name: "last", Kind: dag.Task, Resource: dag.Resource{Name: "last"}}}}
	}
	var g *dag.Graph
	switch definition {
	case "activity":
		g = one(&dag.State{Resource: dag.Resource{Kind: dag.ActivityResource, Name: "desk", Pattern: dag.Callback}, Heartbeat: time.Hour})
	case "callback":
		g = one(&dag.State{Resource: dag.Resource{Name: "send", Service: "lambda", Action: "invoke", Pattern: dag.Callback}, In: func(s *dag.Scope) (value.Value, *dag.Failure) {
			return value.OfString(s.State.Token), nil
		}})
	case "start":
		g = one(starts(dag.Respond))
	case "sync":
		g = one(starts(dag.Sync))
	case "standard children":
		g = each(dag.StandardChildren)
	case "express children":
		g = each(dag.ExpressChildren)
	case "service":
		g = one(&dag.State{Resource: dag.Resource{Kind: dag.ServiceResource, Service: "sqs", Action: "sendMessage"}})
	case "http":
		g = one(&dag.State{Resource: dag.Resource{Kind: dag.HTTPResource, Service: "http", Action: "invoke"}, Timeout: time.Minute})
	default:
		return compile("", definition, engine.Variant{})
	}
	return g, dag.Validate(g)
}

// registered finds "child", which is a chain of two tasks or, for what calls
// itself, the same again.
func registered(definition string) func(context.Context, string, string) (*engine.Definition, error) {
	return func(_ context.Context, _, name string) (*engine.Definition, error) {
		if name != "child" {
			return nil, fault.New(fault.NotFound, "workflow_not_found", "no %s", name)
		}
		return &engine.Definition{Workflow: "child", Language: "t", Definition: definition}, nil
	}
}

type services func(*engine.ServiceCall) (value.Value, error)

func (f services) Call(_ context.Context, c *engine.ServiceCall) (value.Value, error) { return f(c) }

// newCalls makes an engine with all that tasks may call.
func newCalls(t *testing.T, journal engine.Journal, names engine.Names, w functions.Invoker, child string, more engine.Services) *engine.Engine {
	t.Helper()
	e, err := engine.New(engine.Options{
		Node: "n1", Journal: journal, Names: names, Invoker: w, Compile: compileCalls, Workflow: registered(child), Services: more,
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

func request(definition string, input string) *engine.Request {
	return &engine.Request{Workflow: "w", Language: "t", Definition: definition, Input: value.Raw([]byte(input))}
}

// An activity: a worker takes the task and ends it by its token, once.
func TestActivity(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	e := newCalls(t, s, s, &world{}, "", nil)
	if task, err := e.Work(t.Context(), "default", "desk", "early", 5*time.Millisecond); task != nil || err != nil {
		t.Fatalf("work before there is any: %v, %v", task, err)
	}
	x, err := e.Start(t.Context(), request("activity", `{"n":1}`))
	if err != nil {
		t.Fatal(err)
	}
	task, err := e.Work(t.Context(), "default", "desk", "ann", time.Minute)
	if err != nil || task.Input.String() != `{"n":1}` || task.Execution != x.ID || task.State != "s" {
		t.Fatalf("got %+v, %v", task, err)
	}
	if err := e.BeatTask(t.Context(), task.Token); err != nil {
		t.Error(err)
	}
	if err := e.SucceedTask(t.Context(), task.Token+"0", value.NullValue); !errors.Is(err, fault.NotFound) {
		t.Errorf("a forged token: %v", err)
	}
	if err := e.SucceedTask(t.Context(), task.Token, value.OfString("done")); err != nil {
		t.Fatal(err)
	}
	if got := ended(t, e, x.ID); got.Output.String() != `"done"` {
		t.Errorf("got %s", got.Output)
	}
	if err := e.SucceedTask(t.Context(), task.Token, value.OfString("again")); !errors.Is(err, fault.NotFound) {
		t.Errorf("the token once more: %v", err)
	}
	events, err := e.History(t.Context(), x.ID)
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, ev := range events {
		types = append(types, ev.Type)
	}
	if got := strings.Join(types, " "); got != "ExecutionStarted TaskStateEntered ActivityScheduled ActivityStarted ActivitySucceeded TaskStateExited ExecutionSucceeded" {
		t.Errorf("history: %s", got)
	}
}

// A task that a worker has is not offered again after a restart; one that
// nobody has is. Tasks of executions that are over are not handed out.
func TestActivitySurvivesRestart(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	e1 := newCalls(t, s, s, &world{}, "", nil)
	start := func(input string) *engine.Execution {
		x, err := e1.Start(t.Context(), request("activity", input))
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	taken, stopped, free := start(`"taken"`), start(`"stopped"`), start(`"free"`)
	first, err := e1.Work(t.Context(), "default", "desk", "ann", time.Minute)
	if err != nil || first.Execution != taken.ID {
		t.Fatalf("got %+v, %v", first, err)
	}
	if _, err := e1.Stop(t.Context(), stopped.ID, dag.Failure{Error: "stop"}); err != nil {
		t.Fatal(err)
	}
	e2 := newCalls(t, s, s, &world{}, "", nil)
	if n, err := e2.Recover(t.Context()); n != 2 || err != nil {
		t.Fatalf("recovered %d, %v", n, err)
	}
	second, err := e2.Work(t.Context(), "default", "desk", "bob", time.Minute)
	if err != nil || second.Execution != free.ID {
		t.Fatalf("got %+v, %v", second, err)
	}
	if third, err := e2.Work(t.Context(), "default", "desk", "bob", 20*time.Millisecond); third != nil || err != nil {
		t.Errorf("a third task: %+v, %v", third, err)
	}
	for _, task := range []*engine.ActivityTask{first, second} {
		if err := e2.FailTask(t.Context(), task.Token, dag.Failure{Error: "No"}); err != nil {
			t.Error(err)
		}
		if x := ended(t, e2, task.Execution); x.Failure == nil || x.Failure.Error != "No" {
			t.Errorf("got %+v", x)
		}
	}
}

// A callback: the return of the call does not end the task, its token does; a
// failing call ends it.
func TestCallback(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	tokens := make(chan string, 1)
	w := &world{run: func(_ context.Context, call *functions.Call) (*functions.Result, error) {
		tokens <- value.Raw(call.Input).Text()
		return echo(call), nil
	}}
	e := newCalls(t, s, s, w, "", nil)
	x, err := e.Start(t.Context(), request("callback", `{}`))
	if err != nil {
		t.Fatal(err)
	}
	token := <-tokens
	if err := e.SucceedTask(t.Context(), "no token", value.NullValue); !errors.Is(err, fault.Invalid) {
		t.Errorf("what is no token: %v", err)
	}
	if err := e.SucceedTask(t.Context(), token, value.OfInt(7)); err != nil {
		t.Fatal(err)
	}
	if got := ended(t, e, x.ID); got.Output.String() != "7" {
		t.Errorf("got %s %+v", got.Output, got.Failure)
	}
	w.run = func(context.Context, *functions.Call) (*functions.Result, error) {
		return &functions.Result{Failure: &functions.Failure{Type: "Busy"}}, nil
	}
	if x, err := e.Execute(t.Context(), request("callback", `{}`)); err != nil || x.Failure == nil || x.Failure.Error != "Busy" {
		t.Errorf("got %+v, %v", x, err)
	}
}

// A workflow starts another one: it waits for it or not, and after a restart it
// finds the one that it had started.
func TestNestedExecutions(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w := &world{}
	e := newCalls(t, s, s, w, "chain 2", nil)
	x, err := e.Execute(t.Context(), request("sync", `{"n":1}`))
	if err != nil || x.Status != dag.Completed {
		t.Fatalf("got %+v, %v", x, err)
	}
	if got := x.Output; got.Get("status").Text() != "SUCCEEDED" || got.Get("output").String() != `{"n":1}` || got.Get("workflow").Text() != "child" {
		t.Errorf("got %s", got)
	}
	child := ended(t, e, x.Output.Get("id").Text())
	if child.Workflow != "child" || child.Status != dag.Completed || w.count("f2") != 1 {
		t.Errorf("got %+v", child)
	}
	x, err = e.Execute(t.Context(), request("start", `{"n":2}`))
	if err != nil || x.Status != dag.Completed || x.Output.Get("status").Text() == "" {
		t.Fatalf("got %+v, %v", x, err)
	}
	if child := ended(t, e, x.Output.Get("id").Text()); child.Output.String() != `{"n":2}` {
		t.Errorf("got %+v", child)
	}
}

func TestNestedExecutionsFail(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	broken := &world{run: func(context.Context, *functions.Call) (*functions.Result, error) {
		return &functions.Result{Failure: &functions.Failure{Type: "Busy"}}, nil
	}}
	e := newCalls(t, s, s, broken, "chain 2", nil)
	x, err := e.Execute(t.Context(), request("sync", `{}`))
	if err != nil || x.Output.Get("status").Text() != "FAILED" || x.Output.Get("error").Text() != "Busy" {
		t.Errorf("a child that fails: %+v, %v", x, err)
	}
	itself := newCalls(t, s, s, &world{}, "sync", nil)
	x, err = itself.Execute(t.Context(), request("sync", `{"deep":true}`))
	if err != nil || !strings.Contains(x.Output.String()+fmt.Sprint(x.Failure), "nest") {
		t.Errorf("a workflow that waits for itself: %+v %+v, %v", x, x.Failure, err)
	}
}

// A nested execution is stopped with the task that waits for it.
func TestStopReachesNestedExecutions(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	begun := make(chan string, 1)
	w := &world{run: func(ctx context.Context, call *functions.Call) (*functions.Result, error) {
		begun <- call.Execution
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	e := newCalls(t, s, s, w, "chain 1", nil)
	x, err := e.Start(t.Context(), request("sync", `{}`))
	if err != nil {
		t.Fatal(err)
	}
	child := <-begun
	if _, err := e.Stop(t.Context(), x.ID, dag.Failure{Error: "enough"}); err != nil {
		t.Fatal(err)
	}
	if got := ended(t, e, child); got.Status != dag.Stopped {
		t.Errorf("the child ended as %s", got.Status)
	}
}

// The items of a distributed Map are executions of their own, kept or not.
func TestDistributedMap(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"standard", "express"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			w := &world{}
			e := newCalls(t, s, s, w, "", nil)
			x, err := e.Execute(t.Context(), request(kind+" children", `[1,2,3]`))
			if err != nil || x.Output.String() != `[1,2,3]` || w.count("item") != 3 || w.count("more") != 3 || w.count("last") != 1 {
				t.Fatalf("got %+v %+v, %v", x, x.Failure, err)
			}
			all, _, err := e.List(t.Context(), engine.Filter{})
			if err != nil || len(all) != 1 {
				t.Errorf("the list has %d executions, %v", len(all), err)
			}
			children, _, err := e.List(t.Context(), engine.Filter{Parent: x.ID})
			want := map[string]int{"standard": 3}[kind]
			if err != nil || len(children) != want {
				t.Errorf("there are %d children, want %d, %v", len(children), want, err)
			}
		})
	}
}

// A node that dies in the middle of a distributed Map goes on with the children
// that it had begun: no committed step of theirs runs twice.
func TestDistributedMapSurvivesRestart(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	stuck, release := make(chan struct{}), make(chan struct{})
	first := &world{run: func(_ context.Context, call *functions.Call) (*functions.Result, error) {
		if call.Function == "more" && string(call.Input) == "2" {
			close(stuck)
			<-release
		}
		return echo(call), nil
	}}
	e1 := newCalls(t, s, s, first, "", nil)
	x, err := e1.Start(t.Context(), request("standard children", `[1,2,3]`))
	if err != nil {
		t.Fatal(err)
	}
	<-stuck
	waitFor(t, func() bool { // what the first node still writes would fence the second one off
		_, entries, _, err := s.Load(t.Context(), x.ID)
		return err == nil && len(entries) == 3 && e1.Active() == 2
	})
	second := &world{}
	e2 := newCalls(t, s, s, second, "", nil)
	if _, err := e2.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := ended(t, e2, x.ID)
	if got.Output.String() != `[1,2,3]` || second.count("item") != 0 || second.count("more") != 1 || second.count("last") != 1 {
		t.Errorf("got %s; afterwards item ran %d times, more %d, last %d", got.Output, second.count("item"), second.count("more"), second.count("last"))
	}
	close(release)
	waitFor(t, func() bool { return e1.Active() == 0 })
}

// A child that fails fails the Map, which tolerates nothing here.
func TestDistributedMapFails(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w := &world{run: func(_ context.Context, call *functions.Call) (*functions.Result, error) {
		if string(call.Input) == "2" {
			return &functions.Result{Failure: &functions.Failure{Type: "Busy"}}, nil
		}
		return echo(call), nil
	}}
	e := newCalls(t, s, s, w, "", nil)
	x, err := e.Execute(t.Context(), request("express children", `[1,2,3]`))
	if err != nil || x.Failure == nil || x.Failure.Error != dag.ErrorTolerance {
		t.Errorf("got %+v, %v", x, err)
	}
}

// Services that are none of ours are called through a port, with a key that
// stays the same; failures of theirs are those of the task.
func TestServices(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var call *engine.ServiceCall
	e := newCalls(t, s, s, &world{}, "", services(func(c *engine.ServiceCall) (value.Value, error) {
		call = c
		if c.Input.Get("fail").Bool() {
			return value.Value{}, &engine.FailureError{Failure: dag.Failure{Error: "States.Http.StatusCode.404", Cause: "no"}}
		}
		return value.OfInt(200), nil
	}))
	x, err := e.Execute(t.Context(), request("http", `{}`))
	if err != nil || x.Output.String() != "200" || call.Key != x.ID+"/1" || call.State != "s" || call.Deadline.IsZero() {
		t.Errorf("got %+v %+v, %v", x, call, err)
	}
	x, err = e.Execute(t.Context(), request("http", `{"fail":true}`))
	if err != nil || x.Failure == nil || x.Failure.Error != "States.Http.StatusCode.404" {
		t.Errorf("got %+v, %v", x, err)
	}
	none := newCalls(t, s, s, &world{}, "", nil)
	if x, err := none.Execute(t.Context(), request("http", `{}`)); err != nil || x.Failure == nil || x.Failure.Error != "Task.Unavailable" {
		t.Errorf("without services: %+v, %v", x, err)
	}
}

// Mocked states are not called; the count of calls survives a restart.
func TestMocks(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var answers mock.Answers
	if err := json.Unmarshal([]byte(`{"s1":{"0":{"Return":{"mocked":1}}},"s":{"0":{"Throw":{"Error":"E","Cause":"c"}}}}`), &answers); err != nil {
		t.Fatal(err)
	}
	w := &world{}
	e := newCalls(t, s, s, w, "", nil)
	req := request("chain 2", `{}`)
	req.Mocks = answers
	x, err := e.Execute(t.Context(), req)
	if err != nil || x.Output.String() != `{"mocked":1}` || w.count("f1") != 0 || w.count("f2") != 1 {
		t.Errorf("got %+v %+v, %v", x, x.Failure, err)
	}
	req = request("service", `{}`)
	req.Mocks = answers
	if x, err = e.Execute(t.Context(), req); err != nil || x.Failure == nil || x.Failure.Error != "E" || x.Failure.Cause != "c" {
		t.Errorf("got %+v, %v", x, err)
	}
}
