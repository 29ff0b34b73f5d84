package dag

import (
	"encoding/json"
	"time"

	"github.com/serverledge/serverledge/dag/value"
)

// ID numbers the activations and timers of an execution in order of their
// making. (execution, activation, attempt) names a piece of work for ever.
type ID uint64

// Entry is an event as it is journaled: numbered from 1 without gaps.
type Entry struct {
	Seq   uint64
	At    time.Time
	Event Event
	// Note is what the shell wants to remember of the event (where a task ran,
	// how long). The kernel does not look at it.
	Note json.RawMessage
}

// Event is something that happened to an execution.
type Event interface{ event() } //sumtype:decl

// The events: this list is closed.
type (
	// Started is the first entry of every execution.
	Started struct {
		Seed  uint64
		Input value.Value
		Info  Info
	}
	// Succeeded ends an attempt with the answer of its call. A Whole answer is
	// the result as it is (a mocked one): Receive does not shape it.
	Succeeded struct {
		Activation ID
		Attempt    int
		Output     value.Value
		Whole      bool
	}
	// Failed ends an attempt of a Task with a failure.
	Failed struct {
		Activation ID
		Attempt    int
		Failure    Failure
	}
	// Fired says that a timer's moment has come.
	Fired struct{ Timer ID }
	// Heartbeat is a sign of life of a Task's attempt. The first one of an
	// activity says that a worker has taken it.
	Heartbeat struct {
		Activation ID
		Attempt    int
	}
	// Aborted stops the execution from outside.
	Aborted struct{ Failure Failure }
	// Redriven goes on with a failed, timed-out or aborted execution from where
	// it ended.
	Redriven struct{}
)

func (Started) event()   {}
func (Succeeded) event() {}
func (Failed) event()    {}
func (Fired) event()     {}
func (Heartbeat) event() {}
func (Aborted) event()   {}
func (Redriven) event()  {}

// Command is what the shell must do, after it has written down the entry that
// caused it.
type Command interface{ command() } //sumtype:decl

// The commands: this list is closed.
type (
	// Invoke makes a call; Succeeded or Failed must follow, unless Cancel comes
	// first. With the Callback pattern the answer of the call does not end it.
	Invoke struct {
		Activation ID
		Attempt    int // 1 is the first
		State      string
		Resource   Resource // its Name is never empty for what has names
		Input      value.Value
		// Deadline is when the attempt times out; zero is never.
		Deadline time.Time
		// Taken says that a worker has this activity already: it is not offered
		// once more.
		Taken bool
	}
	// Cancel gives up an attempt: its outcome no longer matters.
	Cancel struct {
		Activation ID
		Attempt    int
	}
	// SetTimer asks for Fired{Timer} at a moment.
	SetTimer struct {
		Timer ID
		At    time.Time
	}
	// ClearTimer takes SetTimer back.
	ClearTimer struct{ Timer ID }
	// Finish says that the execution has ended; it is always the last command.
	Finish struct{ Outcome Outcome }
)

func (Invoke) command()     {}
func (Cancel) command()     {}
func (SetTimer) command()   {}
func (ClearTimer) command() {}
func (Finish) command()     {}

// Status is how an execution stands.
type Status string

// The statuses.
const (
	Running   Status = "RUNNING"
	Completed Status = "SUCCEEDED"
	Broken    Status = "FAILED"
	TimedOut  Status = "TIMED_OUT"
	Stopped   Status = "ABORTED"
)

// Outcome is how an execution ended.
type Outcome struct {
	Status  Status
	Output  value.Value // when Completed
	Failure *Failure    // otherwise
}
