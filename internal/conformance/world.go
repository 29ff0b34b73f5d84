package main

import (
	"container/heap"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/engine/services"
	"github.com/serverledge/serverledge/store/objects/memory"
)

// epoch is when every case begins.
func epoch() time.Time { return time.Date(2026, 1, 15, 10, 30, 0, 0, time.UTC) }

// world simulates what is around an execution: functions, services, and a
// clock that jumps to the next thing that happens.
type world struct {
	c        *testCase
	now      time.Time
	calls    map[string]int // of each mocked state
	services *services.Services
	tape     tape // what answers calls that neither functions nor mocks answer; nil for none
	depth    int  // of nested executions
}

func newWorld(c *testCase) *world {
	store := memory.New(bucket)
	for _, o := range c.Fixtures.S3 {
		store.MakeBucket(o.Bucket)
		_, _ = store.Put(context.Background(), o.Bucket, o.Key, strings.NewReader(o.Body)) // a text in memory
	}
	return &world{c: c, now: epoch(), calls: map[string]int{}, services: services.New(services.Options{Objects: store})}
}

// bucket is there in every case, also in those that have no objects.
const bucket = "s3-bucket"

// id names the execution that goes on.
func (w *world) id() string {
	return "arn:aws:states:us-east-1:111111111111:execution:workflow:" + strconv.Itoa(w.depth)
}

// pending is an event that will happen.
type pending struct {
	at    time.Time
	order int
	event dag.Event
}

type agenda []pending

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	return a[i].at.Before(a[j].at) || a[i].at.Equal(a[j].at) && a[i].order < a[j].order
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any) {
	if p, ok := x.(pending); ok {
		*a = append(*a, p)
	}
}
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

// run plays an execution to its end and returns its journal.
func (w *world) run(g *dag.Graph, input value.Value) (dag.Outcome, []dag.Entry) {
	x := dag.NewExecution(g)
	var entries []dag.Entry
	var plan agenda
	next := dag.Event(dag.Started{Seed: 1, Input: input, Info: dag.Info{ID: w.id(), Name: "execution", Workflow: "workflow", Start: w.now}})
	for {
		entry := dag.Entry{Seq: x.Seq() + 1, At: w.now, Event: next}
		entries = append(entries, entry)
		commands, err := x.Step(entry)
		if err != nil {
			return dag.Outcome{Status: dag.Broken, Failure: &dag.Failure{Error: "Conformance", Cause: err.Error()}}, entries
		}
		for _, cmd := range commands {
			switch cmd := cmd.(type) {
			case dag.Invoke:
				w.invoke(g, cmd, func(after time.Duration, event dag.Event) {
					heap.Push(&plan, pending{w.now.Add(after), len(entries)*1000 + len(plan), event})
				})
			case dag.SetTimer:
				heap.Push(&plan, pending{cmd.At, len(entries)*1000 + len(plan), dag.Fired{Timer: cmd.Timer}})
			case dag.Cancel, dag.ClearTimer, dag.Finish: // what is stale is not expected
			}
		}
		if outcome, done := x.Done(); done {
			return outcome, entries
		}
		for next = nil; next == nil && plan.Len() > 0; {
			p, _ := heap.Pop(&plan).(pending)
			if x.Expects(p.event) {
				next = p.event
				if p.at.After(w.now) {
					w.now = p.at
				}
			}
		}
		if next == nil {
			return dag.Outcome{Status: dag.Running, Failure: &dag.Failure{Error: "Conformance", Cause: "nothing will ever happen"}}, entries
		}
	}
}

// invoke tells what comes of a call, and when.
func (w *world) invoke(g *dag.Graph, cmd dag.Invoke, at func(time.Duration, dag.Event)) {
	if w.play(cmd, at) || cmd.Resource.Pattern == dag.Callback && !w.answers(cmd) { // nobody outside answers
		return
	}
	output, failure, after := w.call(g, cmd)
	if failure != nil {
		at(after, dag.Failed{Activation: cmd.Activation, Attempt: cmd.Attempt, Failure: *failure})
		return
	}
	at(after, dag.Succeeded{Activation: cmd.Activation, Attempt: cmd.Attempt, Output: output})
}

// answers tells whether a mock or a function answers a call.
func (w *world) answers(cmd dag.Invoke) bool {
	_, mocked := w.c.Mocks[cmd.State]
	return mocked || cmd.Resource.Kind == dag.FunctionResource
}

func (w *world) call(g *dag.Graph, cmd dag.Invoke) (value.Value, *dag.Failure, time.Duration) {
	if answers, mocked := w.c.Mocks[cmd.State]; mocked && cmd.Resource.Kind != dag.ChildResource {
		n := w.calls[cmd.State]
		w.calls[cmd.State]++
		output, failure := pick(answers, n).answer(cmd)
		return output, failure, took
	}
	switch cmd.Resource.Kind {
	case dag.FunctionResource:
		return w.function(cmd)
	case dag.ChildResource:
		output, failure, after := w.child(g, cmd)
		return output, failure, after
	case dag.ReaderResource, dag.WriterResource, dag.ServiceResource:
		output, failure := w.service(cmd)
		return output, failure, took
	case dag.WorkflowResource: // a case has no other workflows
		return value.Value{}, &dag.Failure{
			Error: "StepFunctions.StateMachineDoesNotExistException",
			Cause: fmt.Sprintf("State Machine Does Not Exist: '%s'", cmd.Resource.Name),
		}, took
	case dag.ActivityResource, dag.HTTPResource:
	}
	return value.Value{}, &dag.Failure{Error: "Conformance", Cause: "nothing answers for " + cmd.Resource.Name}, took
}

// child executes the body of a distributed Map for one item; the clock of the
// parent does not wait for it.
func (w *world) child(g *dag.Graph, cmd dag.Invoke) (value.Value, *dag.Failure, time.Duration) {
	body := dag.Find(g, cmd.Resource.Name).Body
	now := w.now
	w.depth++
	outcome, _ := w.run(body, cmd.Input)
	w.depth--
	after := w.now.Sub(now) + took
	w.now = now
	if outcome.Status != dag.Completed {
		return value.Value{}, outcome.Failure, after
	}
	return outcome.Output, nil, after
}

// function simulates the function that a case describes.
func (w *world) function(cmd dag.Invoke) (value.Value, *dag.Failure, time.Duration) {
	for arn, f := range w.c.Functions {
		if arn[strings.LastIndex(arn, ":")+1:] != cmd.Resource.Name {
			continue
		}
		after := max(took, time.Duration(f.Seconds*float64(time.Second)))
		switch f.Behaviour {
		case "const":
			v, err := value.Parse(f.Value)
			if err != nil {
				return v, &dag.Failure{Error: "Conformance", Cause: err.Error()}, after
			}
			return v, nil, after
		case "raise":
			return value.Value{}, &dag.Failure{Error: f.ErrorType, Cause: raised(f)}, after
		case "large":
			return value.OfString(strings.Repeat("a", f.Bytes)), nil, after
		}
		return cmd.Input, nil, after
	}
	return value.Value{}, &dag.Failure{
		Error: "Lambda.ResourceNotFoundException",
		Cause: fmt.Sprintf("Function not found: arn:aws:lambda:us-east-1:111111111111:function:%s:$LATEST (Service: AWSLambda; Status Code: 404; "+
			"Error Code: ResourceNotFoundException; Request ID: 11111111-2222-3333-4444-555555555555; Proxy: null)", cmd.Resource.Name),
	}, took
}

// raised is the cause that a Python function on AWS gives.
func raised(f behaviour) string {
	return value.OfObject(
		value.Member{Key: "errorMessage", Value: value.OfString(f.ErrorMessage)},
		value.Member{Key: "errorType", Value: value.OfString(f.ErrorType)},
		value.Member{Key: "requestId", Value: value.OfString("11111111-2222-3333-4444-555555555555")},
		value.Member{Key: "stackTrace", Value: value.OfArray()},
	).String()
}

// pick returns the answer of the nth call (from 0) of a mocked state: keys are
// numbers or ranges such as 1-3.
func pick(answers map[string]mock, n int) mock {
	for key, m := range answers {
		from, to, ranged := strings.Cut(key, "-")
		low, _ := strconv.Atoi(from)
		high := low
		if ranged {
			high, _ = strconv.Atoi(to)
		}
		if n >= low && n <= high {
			return m
		}
	}
	return mock{}
}
