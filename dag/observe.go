package dag

import (
	"time"

	"github.com/serverledge/serverledge/dag/value"
)

// TransitionKind names what happened in an execution.
type TransitionKind string

// The transitions: this list is closed.
const (
	ExecutionStarted   TransitionKind = "ExecutionStarted"
	ExecutionSucceeded TransitionKind = "ExecutionSucceeded"
	ExecutionFailed    TransitionKind = "ExecutionFailed"
	ExecutionTimedOut  TransitionKind = "ExecutionTimedOut"
	ExecutionAborted   TransitionKind = "ExecutionAborted"
	ExecutionRedriven  TransitionKind = "ExecutionRedriven"

	StateEntered TransitionKind = "StateEntered"
	StateExited  TransitionKind = "StateExited"
	// StateSkipped is for dataflow graphs.
	StateSkipped TransitionKind = "StateSkipped"

	TaskScheduled TransitionKind = "TaskScheduled"
	TaskSucceeded TransitionKind = "TaskSucceeded"
	TaskFailed    TransitionKind = "TaskFailed"
	TaskTimedOut  TransitionKind = "TaskTimedOut"
	TaskCancelled TransitionKind = "TaskCancelled"

	RetryScheduled TransitionKind = "RetryScheduled"

	ParallelStarted   TransitionKind = "ParallelStarted"
	ParallelSucceeded TransitionKind = "ParallelSucceeded"
	ParallelFailed    TransitionKind = "ParallelFailed"

	MapStarted            TransitionKind = "MapStarted"
	MapSucceeded          TransitionKind = "MapSucceeded"
	MapFailed             TransitionKind = "MapFailed"
	MapIterationStarted   TransitionKind = "MapIterationStarted"
	MapIterationSucceeded TransitionKind = "MapIterationSucceeded"
	MapIterationFailed    TransitionKind = "MapIterationFailed"
	MapIterationAborted   TransitionKind = "MapIterationAborted"
)

// Transition is one thing that happened in an execution, for its history.
type Transition struct {
	Kind TransitionKind
	// Seq and At are of the entry that caused it.
	Seq uint64
	At  time.Time
	// State, StateKind, Activation and Attempt tell where; they are zero for the
	// execution itself. Attempt 0 is before the first.
	State      string
	StateKind  StateKind
	Activation ID
	Attempt    int
	// Parent is the activation of the Parallel or Map around the state, 0 at the
	// top, and Index the branch or item. Of a MapIteration, Activation is the
	// Map's and Index the item.
	Parent ID
	Index  int
	// Value is what came in (started, entered, scheduled) or out (succeeded,
	// exited).
	Value value.Value
	// Failure is set where something failed, also for RetryScheduled.
	Failure *Failure
	// Assigned are the variables that a StateExited sets.
	Assigned []Binding
	// Until is when a retry is due (RetryScheduled), or an attempt times out
	// (TaskScheduled; zero is never).
	Until time.Time
	// Length is how many items a Map has (MapStarted).
	Length int
}

func ending(s Status) TransitionKind {
	switch s {
	case Completed:
		return ExecutionSucceeded
	case TimedOut:
		return ExecutionTimedOut
	case Stopped:
		return ExecutionAborted
	case Broken, Running:
	}
	return ExecutionFailed
}

// tell reports a transition of an activation, or of the execution when a is
// nil. Like its kin below, it does nothing when nobody looks.
func (x *Execution) tell(kind TransitionKind, a *activation, v value.Value, failure *Failure) {
	if x.observe == nil {
		return
	}
	t := x.transition(kind, a)
	t.Value, t.Failure = v, failure
	if kind == TaskScheduled {
		t.Until = a.deadline
	}
	x.observe(t)
}

func (x *Execution) tellExit(a *activation, output value.Value, bound []Binding) {
	if x.observe == nil {
		return
	}
	t := x.transition(StateExited, a)
	t.Value, t.Assigned = output, bound
	x.observe(t)
}

func (x *Execution) tellRetry(a *activation, failure *Failure, until time.Time) {
	if x.observe == nil {
		return
	}
	t := x.transition(RetryScheduled, a)
	t.Failure, t.Until = failure, until
	x.observe(t)
}

func (x *Execution) tellSkip(f *frame, place int) {
	if x.observe == nil {
		return
	}
	s := f.graph.States[place]
	t := Transition{Kind: StateSkipped, Seq: x.seq, At: x.now, State: s.Name, StateKind: s.Kind, Index: f.index}
	if f.owner != nil {
		t.Parent = f.owner.id
	}
	x.observe(t)
}

func (x *Execution) tellMap(a *activation, length int) {
	if x.observe == nil {
		return
	}
	t := x.transition(MapStarted, a)
	t.Value, t.Length = a.effective, length
	x.observe(t)
}

// tellItem reports on an item of a Map; branches of a Parallel have no
// transitions of their own.
func (x *Execution) tellItem(kind TransitionKind, f *frame, v value.Value, failure *Failure) {
	if x.observe == nil || f.owner.state.Kind != Map {
		return
	}
	t := x.transition(kind, f.owner)
	t.Index, t.Value, t.Failure = f.index, v, failure
	x.observe(t)
}

func (x *Execution) transition(kind TransitionKind, a *activation) Transition {
	t := Transition{Kind: kind, Seq: x.seq, At: x.now}
	if a == nil {
		return t
	}
	t.State, t.StateKind, t.Activation, t.Attempt, t.Index = a.state.Name, a.state.Kind, a.id, a.attempt, a.frame.index
	if a.frame.owner != nil {
		t.Parent = a.frame.owner.id
	}
	return t
}
