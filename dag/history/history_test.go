package history_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/history"
	"github.com/serverledge/serverledge/dag/value"
)

// told replays a machine of some states and writes its history: one event a
// line, with what its details are expected to hold.
func told(t *testing.T, g *dag.Graph, events ...dag.Event) string {
	t.Helper()
	if err := dag.Validate(g); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var entries []dag.Entry
	for i, e := range events {
		entries = append(entries, dag.Entry{Seq: uint64(i + 1), At: at.Add(time.Duration(i) * time.Second), Event: e, Note: json.RawMessage(`{"node":"n1"}`)})
	}
	all, err := history.Replay(g, entries, func(note json.RawMessage) value.Value { return value.Raw(note) })
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i, e := range all {
		if e.ID != i+1 || e.At.Before(at) {
			t.Errorf("event %d is %+v", i, e)
		}
		b.WriteString(strings.Join(strings.Fields(fmt.Sprint(e.Previous, " ", e.Type, " ", e.State, " ", e.Details)), " ") + "\n")
	}
	return b.String()
}

func check(t *testing.T, got, want string) {
	t.Helper()
	if want = strings.TrimPrefix(want, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func start(input string) dag.Event { return dag.Started{Input: value.Raw([]byte(input))} }

func TestCalls(t *testing.T) {
	t.Parallel()
	g := &dag.Graph{Start: "f", States: []*dag.State{
		{Name: "f", Kind: dag.Task, Resource: dag.Resource{Name: "fn"}, Next: "s", Timeout: time.Minute},
		{Name: "s", Kind: dag.Task, Resource: dag.Resource{Kind: dag.WorkflowResource, Name: "wf", Service: "states", Action: "startExecution.sync:2", Pattern: dag.Sync}, Next: "a",
			Assign: func(*dag.Scope) ([]dag.Binding, *dag.Failure) {
				return []dag.Binding{{Name: "v", Value: value.OfInt(1)}}, nil
			}},
		{Name: "a", Kind: dag.Task, Resource: dag.Resource{Kind: dag.ActivityResource, Name: "desk", Pattern: dag.Callback}},
	}}
	check(t, told(t, g, start(`1`), dag.Succeeded{Activation: 1, Attempt: 1, Output: value.OfInt(2)}, dag.Succeeded{Activation: 3, Attempt: 1, Output: value.OfInt(3)},
		dag.Heartbeat{Activation: 4, Attempt: 1}, dag.Failed{Activation: 4, Attempt: 1, Failure: dag.Failure{Error: "No", Cause: "why"}}), `
0 ExecutionStarted {"input":1}
0 TaskStateEntered f {"input":1,"attempt":1}
2 LambdaFunctionScheduled f {"input":1,"timeoutAt":"2026-01-02T03:05:05.000Z","resource":"fn","attempt":1}
3 LambdaFunctionStarted f {"resource":"fn","attempt":1}
4 LambdaFunctionSucceeded f {"output":2,"resource":"fn","attempt":1,"node":"n1"}
5 TaskStateExited f {"output":2,"attempt":1}
6 TaskStateEntered s {"input":2,"attempt":1}
7 TaskScheduled s {"parameters":2,"resourceType":"states","resource":"startExecution.sync:2","attempt":1}
8 TaskStarted s {"resourceType":"states","resource":"startExecution.sync:2","attempt":1}
9 TaskSubmitted s {"resourceType":"states","resource":"startExecution.sync:2","attempt":1}
10 TaskSucceeded s {"output":3,"resourceType":"states","resource":"startExecution.sync:2","attempt":1,"node":"n1"}
11 TaskStateExited s {"output":3,"attempt":1,"assignedVariables":{"v":1}}
12 TaskStateEntered a {"input":3,"attempt":1}
13 ActivityScheduled a {"input":3,"resource":"desk","attempt":1}
14 ActivityStarted a {"resource":"desk","attempt":1,"node":"n1"}
15 ActivityFailed a {"resource":"desk","attempt":1,"error":"No","cause":"why","node":"n1"}
16 ExecutionFailed {"error":"No","cause":"why"}
`)
}

func TestFrames(t *testing.T) {
	t.Parallel()
	pass := func(name string) *dag.Graph {
		return &dag.Graph{Start: name, States: []*dag.State{{Name: name, Kind: dag.Pass}}}
	}
	g := &dag.Graph{Start: "p", States: []*dag.State{
		{Name: "p", Kind: dag.Parallel, Branches: []*dag.Graph{pass("one")}, Next: "m"},
		{Name: "m", Kind: dag.Map, Body: pass("each"), Width: 1, Next: "d"},
		{Name: "d", Kind: dag.Map, Body: pass("far"), Children: dag.StandardChildren, Next: "e"},
		{Name: "e", Kind: dag.Pass, Out: func(*dag.Scope) (value.Value, *dag.Failure) {
			return value.Value{}, &dag.Failure{Error: "States.QueryEvaluationError", Cause: "bad", Evaluation: true, Field: "Output/x"}
		}},
	}}
	check(t, told(t, g, start(`[]`), dag.Aborted{}), `
0 ExecutionStarted {"input":[]}
0 ParallelStateEntered p {"input":[],"attempt":1}
2 ParallelStateStarted p {"input":[],"attempt":1}
3 PassStateEntered one {"input":[],"attempt":1}
4 PassStateExited one {"output":[],"attempt":1}
5 ParallelStateSucceeded p {"output":[[]],"attempt":1}
5 ParallelStateExited p {"output":[[]],"attempt":1}
7 MapStateEntered m {"input":[[]],"attempt":1}
8 MapStateStarted m {"length":1,"attempt":1}
9 MapIterationStarted m {"input":[],"index":0,"attempt":1}
10 PassStateEntered each {"input":[],"attempt":1}
11 PassStateExited each {"output":[],"attempt":1}
12 MapIterationSucceeded m {"output":[],"index":0,"attempt":1}
13 MapStateSucceeded m {"output":[[]],"attempt":1}
13 MapStateExited m {"output":[[]],"attempt":1}
15 MapStateEntered d {"input":[[]],"attempt":1}
16 MapStateStarted d {"length":1,"attempt":1}
17 MapRunStarted d {"attempt":1}
18 ExecutionAborted {"error":"","cause":""}
`)
	whole := told(t, g, start(`[]`), dag.Succeeded{Activation: 6, Attempt: 1, Output: value.NullValue})
	check(t, whole[strings.Index(whole, "15 MapStateEntered"):], `
15 MapStateEntered d {"input":[[]],"attempt":1}
16 MapStateStarted d {"length":1,"attempt":1}
17 MapRunStarted d {"attempt":1}
18 MapRunSucceeded d {"attempt":1}
19 MapStateSucceeded d {"output":[null],"attempt":1}
19 MapStateExited d {"output":[null],"attempt":1}
21 PassStateEntered e {"input":[null],"attempt":1}
22 EvaluationFailed e {"location":"Output/x","attempt":1,"error":"States.QueryEvaluationError","cause":"bad"}
23 ExecutionFailed {"error":"States.QueryEvaluationError","cause":"bad"}
`)
}
