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
	// TaskStarted follows at once, except for an activity: a worker starts it.
	TaskStarted TransitionKind = "TaskStarted"
	// TaskSubmitted is for the patterns Sync and Callback.
	TaskSubmitted TransitionKind = "TaskSubmitted"
	TaskSucceeded TransitionKind = "TaskSucceeded"
	TaskFailed    TransitionKind = "TaskFailed"
	TaskTimedOut  TransitionKind = "TaskTimedOut"
	// TaskCancelled and RetryScheduled are for observers; they are not events of
	// the history and have no number.
	TaskCancelled  TransitionKind = "TaskCancelled"
	RetryScheduled TransitionKind = "RetryScheduled"

	// EvaluationFailed says that an expression of a state failed.
	EvaluationFailed TransitionKind = "EvaluationFailed"

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

	// Of a distributed map: its items are executions with histories of their own.
	MapRunStarted   TransitionKind = "MapRunStarted"
	MapRunSucceeded TransitionKind = "MapRunSucceeded"
	MapRunFailed    TransitionKind = "MapRunFailed"
	MapRunRedriven  TransitionKind = "MapRunRedriven"
)

// Transition is one thing that happened in an execution, for its history.
type Transition struct {
	Kind TransitionKind
	// ID numbers the events of the history from 1 without gaps; it is 0 for
	// what is no event. Previous is the event that came before on the same way
	// through the graph, 0 for none.
	ID, Previous int
	// Seq and At are of the entry that caused it.
	Seq uint64
	At  time.Time
	// State, StateKind, Activation and Attempt tell where; they are zero for the
	// execution itself. Attempt 0 is before the first.
	State      string
	StateKind  StateKind
	Activation ID
	Attempt    int
	// Resource is what a Task calls.
	Resource Resource
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
	// Caught is what was caught when a Catch left the state (StateExited). Rule
	// is the index of that Catch, or of the Retry of a RetryScheduled.
	Caught *Failure
	Rule   int
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

// number counts an event of the history in. Its way is the frame that it
// happens in; f is nil for the execution itself.
func (x *Execution) number(kind TransitionKind, f *frame) (id, previous int) {
	if kind == TaskCancelled || kind == RetryScheduled {
		return 0, 0
	}
	x.events++
	if f == nil {
		f = x.root
	}
	if f == nil { // ExecutionStarted
		return x.events, 0
	}
	previous = f.tail
	switch kind {
	case MapSucceeded, ParallelSucceeded: // the way goes on from the last event before
	default:
		f.tail = x.events
	}
	return x.events, previous
}

// silent tells whether what happens in a frame belongs to the history of
// another execution.
func (f *frame) silent() bool { return f.owner != nil && f.owner.state.Children != Inline }

// tell reports a transition of an activation, or of the execution when a is
// nil.
func (x *Execution) tell(kind TransitionKind, a *activation, v value.Value, failure *Failure) {
	t, ok := x.transition(kind, a)
	if !ok {
		return
	}
	t.Value, t.Failure = v, failure
	switch kind {
	case TaskScheduled:
		t.Until = a.deadline
	case MapStarted:
		t.Length = a.fork.length()
	default:
	}
	x.observe(t)
}

func (x *Execution) tellExit(a *activation, output value.Value, bound []Binding, by handler) {
	if t, ok := x.transition(StateExited, a); ok {
		t.Value, t.Assigned, t.Caught, t.Rule = output, bound, by.caught, by.rule
		x.observe(t)
	}
}

func (x *Execution) tellRetry(a *activation, failure *Failure, until time.Time, rule int) {
	if t, ok := x.transition(RetryScheduled, a); ok {
		t.Failure, t.Until, t.Rule = failure, until, rule
		x.observe(t)
	}
}

func (x *Execution) tellSkip(f *frame, place int) {
	id, previous := x.number(StateSkipped, f)
	if x.observe == nil {
		return
	}
	s := f.graph.States[place]
	t := Transition{Kind: StateSkipped, ID: id, Previous: previous, Seq: x.seq, At: x.now, State: s.Name, StateKind: s.Kind, Index: f.index}
	if f.owner != nil {
		t.Parent = f.owner.id
	}
	x.observe(t)
}

// tellItem reports on an item of a Map; branches of a Parallel and the
// executions of a distributed map have no transitions of their own.
func (x *Execution) tellItem(kind TransitionKind, f *frame, v value.Value, failure *Failure) {
	if f.owner.state.Kind != Map || f.silent() {
		return
	}
	id, previous := x.number(kind, f)
	if x.observe == nil {
		return
	}
	t := x.place(kind, f.owner)
	t.ID, t.Previous, t.Index, t.Value, t.Failure = id, previous, f.index, v, failure
	x.observe(t)
}

// transition numbers an event and makes its transition; ok is false when
// nobody looks, or when it is none of this execution.
func (x *Execution) transition(kind TransitionKind, a *activation) (t Transition, ok bool) {
	var f *frame
	if a != nil {
		if f = a.frame; f.silent() {
			return t, false
		}
	}
	id, previous := x.number(kind, f)
	if kind == StateEntered {
		a.event = id
	}
	if x.observe == nil {
		return t, false
	}
	t = x.place(kind, a)
	t.ID, t.Previous = id, previous
	return t, true
}

// place makes a transition that tells where it happened.
func (x *Execution) place(kind TransitionKind, a *activation) Transition {
	t := Transition{Kind: kind, Seq: x.seq, At: x.now}
	if a == nil {
		return t
	}
	t.State, t.StateKind, t.Activation, t.Attempt, t.Index = a.state.Name, a.state.Kind, a.id, a.attempt, a.frame.index
	if a.state.Kind == Task {
		t.Resource = a.resource
	}
	if a.frame.owner != nil {
		t.Parent = a.frame.owner.id
	}
	return t
}
