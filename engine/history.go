package engine

import (
	"fmt"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// replay steps an execution through its journal and notes the transitions.
func replay(x *dag.Execution, entries []dag.Entry) ([]HistoryEvent, error) {
	var events []HistoryEvent
	note := value.Value{} // of the entry that is being stepped
	x.Observe(func(t dag.Transition) {
		events = append(events, HistoryEvent{
			ID: len(events) + 1, At: t.At, Type: eventType(t), State: t.State, Details: details(t, note),
		})
	})
	for _, entry := range entries {
		note = value.Raw(entry.Note)
		if _, err := x.Step(entry); err != nil {
			return nil, fmt.Errorf("replaying entry %d: %w", entry.Seq, err)
		}
	}
	return events, nil
}

// eventType names a transition as AWS Step Functions names its history events;
// what AWS does not have keeps the kernel's name.
func eventType(t dag.Transition) string {
	switch t.Kind {
	case dag.StateEntered, dag.StateExited:
		return stateName(t.StateKind) + string(t.Kind)
	case dag.ParallelStarted:
		return "ParallelStateStarted"
	case dag.ParallelSucceeded:
		return "ParallelStateSucceeded"
	case dag.ParallelFailed:
		return "ParallelStateFailed"
	case dag.MapStarted:
		return "MapStateStarted"
	case dag.MapSucceeded:
		return "MapStateSucceeded"
	case dag.MapFailed:
		return "MapStateFailed"
	default:
		return string(t.Kind)
	}
}

func stateName(kind dag.StateKind) string {
	switch kind {
	case dag.Task:
		return "Task"
	case dag.Pass:
		return "Pass"
	case dag.Choice:
		return "Choice"
	case dag.Wait:
		return "Wait"
	case dag.Succeed:
		return "Succeed"
	case dag.Fail:
		return "Fail"
	case dag.Parallel:
		return "Parallel"
	case dag.Map:
		return "Map"
	}
	return ""
}

// details is what an event tells beside its type and state.
func details(t dag.Transition, note value.Value) value.Value {
	d := value.EmptyObject
	switch t.Kind {
	case dag.ExecutionStarted, dag.StateEntered, dag.TaskScheduled, dag.MapIterationStarted, dag.ParallelStarted:
		d = d.With("input", t.Value)
	case dag.ExecutionSucceeded, dag.StateExited, dag.TaskSucceeded, dag.MapIterationSucceeded, dag.ParallelSucceeded, dag.MapSucceeded:
		d = d.With("output", t.Value)
	case dag.MapStarted:
		d = d.With("length", value.OfInt(int64(t.Length)))
	case dag.RetryScheduled:
		d = d.With("until", value.OfString(t.Until.UTC().Format(timeFormat)))
	case dag.ExecutionFailed, dag.ExecutionTimedOut, dag.ExecutionAborted, dag.ExecutionRedriven, dag.StateSkipped,
		dag.TaskFailed, dag.TaskTimedOut, dag.TaskCancelled, dag.ParallelFailed, dag.MapFailed, dag.MapIterationFailed, dag.MapIterationAborted:
	}
	if t.Attempt > 0 {
		d = d.With("attempt", value.OfInt(int64(t.Attempt)))
	}
	switch t.Kind {
	case dag.MapIterationStarted, dag.MapIterationSucceeded, dag.MapIterationFailed, dag.MapIterationAborted:
		d = d.With("index", value.OfInt(int64(t.Index)))
	default:
	}
	if t.Failure != nil {
		d = d.With("error", value.OfString(t.Failure.Error)).With("cause", value.OfString(t.Failure.Cause))
	}
	for _, b := range t.Assigned {
		d = d.With("assigned", d.Get("assigned").With(b.Name, b.Value))
	}
	if t.Kind == dag.TaskSucceeded || t.Kind == dag.TaskFailed {
		for _, key := range []string{"node", "area", "runtime", "cold", "action"} {
			d = d.With(key, note.Get(key))
		}
		if took := note.Get("duration"); !took.IsAbsent() { // noted in nanoseconds, told in seconds
			d = d.With("duration", value.OfFloat(took.Float()/float64(time.Second)))
		}
	}
	return d
}

// timeFormat is RFC 3339 with milliseconds.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"
