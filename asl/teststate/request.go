package teststate

import (
	"time"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// Request says which state to run, and with what.
type Request struct {
	// Definition is that of one state, or of a machine when State names one of
	// its states; JSON or YAML.
	Definition string
	// State is nil when the definition is that of one state.
	State *string
	// Input is {} when absent.
	Input value.Value
	// Context stands for the context object ($$); absent: one is made up.
	Context value.Value
	// Variables are those that earlier states have assigned, an object.
	Variables value.Value
	Level     Level
	// Mock answers for what the state calls, or for the whole of a Map or a
	// Parallel; nil: none.
	Mock          *Mock
	Configuration Configuration
}

// Level says how much of the way of the data is shown.
type Level string

// The levels. Trace shows the same as Debug here: it differs for HTTP tasks
// only, which are not called.
const (
	Info  Level = "INFO"
	Debug Level = "DEBUG"
	Trace Level = "TRACE"
)

// Levels lists the levels.
func Levels() []Level { return []Level{Info, Debug, Trace} }

// Mock is a mocked answer: a result or a failure.
type Mock struct {
	Result  value.Value
	Failure *dag.Failure
	// Mode says how a result is checked against what the service would answer;
	// Strict when empty.
	Mode Mode
}

// Mode says how a mocked result is checked.
type Mode string

// The modes.
const (
	// Strict wants all required fields, and each field as the service has it.
	Strict Mode = "STRICT"
	// Present wants the fields that are there as the service has them.
	Present Mode = "PRESENT"
	// None checks nothing.
	None Mode = "NONE"
)

// Modes lists the modes.
func Modes() []Mode { return []Mode{Strict, Present, None} }

// Configuration puts the state into a situation.
type Configuration struct {
	// RetrierRetryCount is how often the Retry that a mocked error matches has
	// been used before.
	RetrierRetryCount int
	// MapIterationFailureCount is how many items of a Map have failed. It matters
	// when the Map says how many may.
	MapIterationFailureCount int
	// ErrorCausedByState names the state within a Map or a Parallel that a mocked
	// error comes from.
	ErrorCausedByState string
	// MapItemReaderData is what the ItemReader of a Map has read: JSON, or the
	// text of an object of another format.
	MapItemReaderData value.Value
}

// maxRetryCount bounds RetrierRetryCount: each retry before is played.
const maxRetryCount = 1000

// Caller calls the function that a Task calls when there is no mock. The
// failure is that of the task, the error that of the caller. The deadline of the
// call counts from Options.Now.
type Caller func(c dag.Invoke) (value.Value, *dag.Failure, error)

// CodeCall is the code of the refusal of a test that would have to call a
// function, while there is no Caller.
const CodeCall = "call_required"

// Options say what is around a test. The zero Options are for a test without a
// node, in which only mocks answer.
type Options struct {
	// Call performs the calls of functions for which there is no mock; nil:
	// there must be one.
	Call Caller
	// Now is when the state is entered; the zero time is some fixed one.
	Now time.Time
	// Seed is where UUIDs and random numbers come from.
	Seed uint64
	// Identity is what the context object tells of the execution.
	Identity Identity
	Limits   asl.Limits
}

// Identity is what the context object tells of an execution, where the request
// does not tell it.
type Identity struct{ Execution, Name, MachineID, Machine, Role string }

func (i Identity) orDefault() Identity {
	if i == (Identity{}) {
		return Identity{Execution: "test-state", Name: "test-state", MachineID: "test-state", Machine: "test-state", Role: asl.RoleARN}
	}
	return i
}
