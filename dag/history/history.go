// Package history tells of an execution as AWS Step Functions does: events
// with AWS's names, in AWS's order, derived from its journal and nothing else.
//
// It is pure: a graph and entries in, events out. What AWS has no name for
// (states of a dataflow graph that are skipped, redrives) keeps the kernel's.
package history

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// Event is one event of a history.
type Event struct {
	// ID numbers the events from 1; Previous is the one before on the same way
	// through the graph, 0 for none.
	ID, Previous int
	At           time.Time
	// Type is AWS's name, such as PassStateEntered.
	Type string
	// State is the name of the state, empty for the execution itself.
	State string
	// Details is an object with what there is to tell, under AWS's names (input,
	// output, error, cause, resource ...).
	Details value.Value
}

// Note lets a shell add members to the details of the event that an entry
// causes, out of the note of the entry.
type Note func(note json.RawMessage) value.Value

// Replay steps a new execution of a graph through a journal and returns what
// happened. note may be nil.
func Replay(g *dag.Graph, entries []dag.Entry, note Note) ([]Event, error) {
	x := dag.NewExecution(g)
	var events []Event
	told := value.Value{} // by the note of the entry that is being stepped
	x.Observe(func(t dag.Transition) {
		if t.ID != 0 {
			events = append(events, Event{ID: t.ID, Previous: t.Previous, At: t.At, Type: Type(t), State: t.State, Details: details(t, told)})
		}
	})
	for _, entry := range entries {
		if told = (value.Value{}); note != nil && len(entry.Note) > 0 {
			told = note(entry.Note)
		}
		if _, err := x.Step(entry); err != nil {
			return nil, fmt.Errorf("replaying entry %d: %w", entry.Seq, err)
		}
	}
	return events, nil
}

// Type names a transition as AWS names its events.
func Type(t dag.Transition) string {
	switch t.Kind {
	case dag.StateEntered, dag.StateExited:
		return t.StateKind.String() + string(t.Kind)
	case dag.ParallelStarted, dag.ParallelSucceeded, dag.ParallelFailed:
		return "ParallelState" + string(t.Kind[len("Parallel"):])
	case dag.MapStarted, dag.MapSucceeded, dag.MapFailed:
		return "MapState" + string(t.Kind[len("Map"):])
	case dag.TaskScheduled, dag.TaskStarted, dag.TaskSubmitted, dag.TaskSucceeded, dag.TaskFailed, dag.TaskTimedOut:
		return prefix(t.Resource) + string(t.Kind[len("Task"):])
	default:
		return string(t.Kind)
	}
}

// prefix begins the names of events of a call.
func prefix(r dag.Resource) string {
	switch {
	case r.Kind == dag.ActivityResource:
		return "Activity"
	case r.Kind == dag.FunctionResource && r.Service == "":
		return "LambdaFunction"
	}
	return "Task"
}

// details is what an event tells beside its type and state.
func details(t dag.Transition, note value.Value) value.Value {
	var d []value.Member
	add := func(key string, v value.Value) { d = append(d, value.Member{Key: key, Value: v}) }
	text := func(key, s string) {
		if s != "" {
			add(key, value.OfString(s))
		}
	}
	switch t.Kind {
	case dag.ExecutionStarted, dag.StateEntered, dag.MapIterationStarted, dag.ParallelStarted, dag.ExecutionRedriven:
		add("input", t.Value)
	case dag.TaskScheduled:
		if t.Resource.Service == "" {
			add("input", t.Value)
		} else {
			add("parameters", t.Value)
		}
		if !t.Until.IsZero() {
			add("timeoutAt", value.OfString(t.Until.UTC().Format(timeFormat)))
		}
	case dag.ExecutionSucceeded, dag.StateExited, dag.TaskSucceeded, dag.MapIterationSucceeded, dag.ParallelSucceeded, dag.MapSucceeded:
		add("output", t.Value)
	case dag.MapStarted:
		add("length", value.OfInt(int64(t.Length)))
	case dag.EvaluationFailed:
		text("location", t.Failure.Field)
	default:
	}
	switch t.Kind {
	case dag.TaskScheduled, dag.TaskStarted, dag.TaskSubmitted, dag.TaskSucceeded, dag.TaskFailed, dag.TaskTimedOut:
		text("resourceType", t.Resource.Service)
		text("resource", resource(t.Resource))
	case dag.MapIterationStarted, dag.MapIterationSucceeded, dag.MapIterationFailed, dag.MapIterationAborted:
		add("index", value.OfInt(int64(t.Index)))
	default:
	}
	if t.Attempt > 0 {
		add("attempt", value.OfInt(int64(t.Attempt)))
	}
	if t.Failure != nil {
		add("error", value.OfString(t.Failure.Error))
		add("cause", value.OfString(t.Failure.Cause))
	}
	if len(t.Assigned) > 0 {
		bound := make([]value.Member, len(t.Assigned))
		for i, b := range t.Assigned {
			bound[i] = value.Member{Key: b.Name, Value: b.Value}
		}
		add("assignedVariables", value.OfObject(bound...))
	}
	if noted(t) {
		for key, v := range note.Members() {
			add(key, v)
		}
	}
	return value.OfObject(d...)
}

// noted tells whether the note of an entry is about an event: the end of a call,
// or its taking by a worker.
func noted(t dag.Transition) bool {
	switch t.Kind {
	case dag.TaskSucceeded, dag.TaskFailed, dag.TaskTimedOut:
		return true
	case dag.TaskStarted:
		return t.Resource.Kind == dag.ActivityResource
	default:
		return false
	}
}

// resource names what is called.
func resource(r dag.Resource) string {
	if r.Action != "" {
		return r.Action
	}
	return r.Name
}

// timeFormat is RFC 3339 with milliseconds.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"
