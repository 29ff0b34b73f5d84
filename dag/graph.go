package dag

import (
	"time"

	"github.com/serverledge/serverledge/dag/value"
)

// StateKind says what a state does.
type StateKind uint8

// The kinds of state.
const (
	Task StateKind = iota
	Pass
	Choice
	Wait
	Succeed
	Fail
	Parallel
	Map
)

// String returns the name of the kind ("Task").
func (k StateKind) String() string {
	return [...]string{"Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"}[k]
}

// Graph is one level of a program. It is immutable once Validate has accepted
// it, and may then be shared by any number of executions.
type Graph struct {
	// Start names the first state of a machine; empty for a dataflow graph.
	Start string
	// States in the order of their definition.
	States []*State
	// Timeout bounds the whole execution (root graph only); 0 is none. When it
	// passes, the status is TimedOut and nothing can catch it.
	Timeout time.Duration
	// Output shapes the output of a dataflow graph from the outputs of its
	// states; nil gives an object with the output of each state that has no
	// successor and ran. Machines ignore it.
	Output Shape
	// Digest identifies the source that the graph was compiled from.
	Digest string
	// Limits bound an execution of the graph (root graph only).
	Limits Limits

	index map[string]int // states by name; set by Validate, as are the next two
	after [][]int        // of each state of a dataflow graph, those that need it
	roots []int          // the states of a dataflow graph that need none
}

// State is a vertex of a Graph.
type State struct {
	Name string
	Kind StateKind
	// Next names the following state of a machine; empty ends its level.
	Next string
	// Needs names the states of a dataflow graph that must be done before.
	Needs []string
	// When guards a state of a dataflow graph: false skips it. A skipped state
	// skips its successors too, unless they say JoinAny. A successor that a
	// Choice names and does not choose counts the Choice as skipped; a Catch with
	// a Next leads to that successor only, and no other way leads there.
	When Guard
	// JoinAny lets a state of a dataflow graph start when all it Needs are done
	// or skipped, at least one of them done.
	JoinAny bool

	// In makes the effective input from the raw input; nil is identity. For a
	// Task it is what the function gets, for Parallel what each branch gets.
	In Shape
	// Out makes the state's output once there is a result; nil passes the
	// result on. Of Choice, Wait and Succeed the result is the effective input;
	// of Pass it is the effective input too, unless Out replaces it.
	Out Shape
	// Assign computes variables when the state is left; nil assigns nothing.
	Assign Assign

	// Resource is what a Task calls. Target computes per attempt what exactly,
	// and with what (nil: Resource.Name, with the effective input). Receive makes
	// the result of what the call answered (nil: identity); of a Map, of the
	// array of its results or of what its writer answered.
	Resource Resource
	Target   Targeting
	Receive  Shape
	// Timeout bounds one attempt of a Task (0: none), Heartbeat the time
	// between two signs of life of it (0: none). TimeoutFor and HeartbeatFor
	// compute them per attempt when set.
	Timeout, Heartbeat       time.Duration
	TimeoutFor, HeartbeatFor Span

	// Retry and Catch of Task, Parallel and Map, in order.
	Retry []Retry
	Catch []Catch

	// Cases and Default of a Choice.
	Cases   []Case
	Default string

	// Until computes when a Wait ends.
	Until Moment

	// Failure computes what a Fail state fails with.
	Failure Failing

	// Branches of a Parallel.
	Branches []*Graph

	// Body, Items and the rest belong to a Map: Body runs once per item, at
	// most Width at a time (0: no bound). Items yields the array (nil: the
	// effective input); Item makes the input of one run (nil: the item).
	Body     *Graph
	Items    Shape
	Item     Shape
	Width    int
	WidthFor Count
	// The result of a failed item that is tolerated is null.
	// TolerateCount and TolerateShare allow failed items (a distributed map);
	// the share is in percent. Both nil: the first failure fails the state.
	TolerateCount Count
	TolerateShare Share
	// Children says whether Body runs within the execution, or as an execution
	// of its own per item (a distributed map), under names that Label begins.
	Children Children
	Label    string
	// Read fetches what Items goes by (its Result), before it runs; Write takes
	// the results away once all items are done, and its answer is the result.
	Read, Write *Work

	child *Graph // of a distributed map: one Task that runs Body; set by Validate
}

// Children says how the items of a Map run.
type Children uint8

// The ways to run the items of a Map.
const (
	// Inline items are frames of the execution.
	Inline Children = iota
	// StandardChildren and ExpressChildren are executions of their own, with
	// and without a journal.
	StandardChildren
	ExpressChildren
)

// Resource says what is called.
type Resource struct {
	Kind ResourceKind
	// Name is that of the function, activity or workflow; empty when each
	// attempt computes it. Of a Child it is the name of the Map.
	Name string
	// Service and Action say through which service integration it is called
	// ("lambda", "invoke"); empty when it is called directly.
	Service, Action string
	Pattern         Pattern
	// Express children keep no journal.
	Express bool
}

// ResourceKind says who performs a call.
type ResourceKind uint8

// The kinds of resource.
const (
	FunctionResource ResourceKind = iota
	// ActivityResource is done by a worker outside, who asks for it.
	ActivityResource
	// WorkflowResource starts an execution of a registered workflow.
	WorkflowResource
	// ChildResource executes the Body of a distributed Map for one item.
	ChildResource
	// ReaderResource and WriterResource fetch items and put results away.
	ReaderResource
	WriterResource
	// HTTPResource calls an HTTP endpoint.
	HTTPResource
	// ServiceResource is a service that only a mock can answer for.
	ServiceResource
)

// Pattern says what ends a call.
type Pattern uint8

// The integration patterns.
const (
	// Respond ends with the answer.
	Respond Pattern = iota
	// Sync ends with the end of what was started.
	Sync
	// Callback ends with an outside Succeeded or Failed by task token; the
	// answer of the call itself does not end it.
	Callback
)

// Work is a call that a Map makes beside its items.
type Work struct {
	Resource Resource
	// Input makes what the call gets; nil is the effective input.
	Input Shape
}

// Scope is all that a function of the language may look at. It is valid only
// during the call.
type Scope struct {
	// Input is the raw input of the state (in Case, Catch and Item too).
	Input value.Value
	// Effective is the outcome of In, once it ran.
	Effective value.Value
	// Result is the result of the state's work; in Out, Assign and Graph.Output.
	Result value.Value
	// Failure is what a Catch caught; nil elsewhere.
	Failure *Failure
	// Item is set for the Item shape and inside a Map's body.
	Item *Item
	// Execution, State: what the context object tells of them.
	Execution *Info
	State     StateInfo

	x     *Execution
	frame *frame
	act   *activation
}

// Info is what an execution knows of itself; it comes with Started.
type Info struct {
	ID       string      `json:"id,omitempty"`
	Name     string      `json:"name,omitempty"`
	Workflow string      `json:"workflow,omitempty"`
	Start    time.Time   `json:"start,omitzero"`
	Input    value.Value `json:"-"`
	Redrives int         `json:"redrives,omitempty"`
}

// StateInfo tells of the current activation.
type StateInfo struct {
	Name    string
	Entered time.Time
	Retries int
	// Event is the number of the history event at which it was entered.
	Event int
	// Token is the task token of a Callback task, else empty.
	Token string
}

// Item is one item of a Map.
type Item struct {
	Index int
	Value value.Value
	Key   string // of an object's member; empty for arrays
	// Read is what the reader of the Map answered; absent without one.
	Read value.Value
}

// The functions that a language gives to the kernel must be pure. A *Failure
// fails the state as a failing task would, unless it says Fatal.
type (
	// Shape makes a value.
	Shape func(*Scope) (value.Value, *Failure)
	// Guard tells whether a condition holds.
	Guard func(*Scope) (bool, *Failure)
	// Assign computes the variables that a state sets.
	Assign func(*Scope) ([]Binding, *Failure)
	// Moment computes a date.
	Moment func(*Scope) (time.Time, *Failure)
	// Span computes a duration.
	Span func(*Scope) (time.Duration, *Failure)
	// Count computes a whole number.
	Count func(*Scope) (int, *Failure)
	// Share computes a percentage, from 0 to 100.
	Share func(*Scope) (float64, *Failure)
	// Targeting computes the name of what a Task calls, and with what.
	Targeting func(*Scope) (name string, input value.Value, failure *Failure)
	// Failing makes what a Fail state fails with.
	Failing func(*Scope) *Failure
)

// Binding gives a variable its value.
type Binding struct {
	Name  string
	Value value.Value
}

// Retry says when and how a failed state is tried again.
type Retry struct {
	// Errors are the names it matches; ErrorAll and ErrorTaskFailed are wild.
	Errors []string
	// Interval before the first retry, growing by Backoff each time, at most
	// MaxDelay (0: no bound); at most MaxAttempts retries.
	Interval    time.Duration
	Backoff     float64
	MaxDelay    time.Duration
	MaxAttempts int
	// Jitter draws the delay evenly from 0 to what it would have been.
	Jitter bool
}

// Catch says where an execution goes on after a failure.
type Catch struct {
	Errors []string
	Next   string
	Out    Shape // nil: the error output {"Error":…,"Cause":…}
	Assign Assign
}

// Case is one rule of a Choice.
type Case struct {
	// Label is what the condition says, for people; it may be empty.
	Label  string
	When   Guard
	Next   string
	Out    Shape // nil: the state's own Out
	Assign Assign
}

// Failure is what a state or an execution failed with. It is data: it can be
// retried, caught, journaled and shown.
type Failure struct {
	// Error is the name that Retry and Catch match; Cause tells people more.
	Error string `json:"error,omitempty"`
	Cause string `json:"cause,omitempty"`
	// Fatal failures pass by every Retry and Catch.
	Fatal bool `json:"fatal,omitempty"`

	// Evaluation says that an expression failed, in Field ("Output/total"), so
	// that the history tells of it. It is not journaled.
	Evaluation bool   `json:"-"`
	Field      string `json:"-"`

	heartbeat bool // a missed sign of life, which has a name of its own too
}

// The error names that the kernel knows (Amazon States Language, appendix A).
const (
	ErrorAll               = "States.ALL"
	ErrorTaskFailed        = "States.TaskFailed"
	ErrorTimeout           = "States.Timeout"
	ErrorHeartbeatTimeout  = "States.HeartbeatTimeout"
	ErrorNoChoiceMatched   = "States.NoChoiceMatched"
	ErrorRuntime           = "States.Runtime"
	ErrorDataLimitExceeded = "States.DataLimitExceeded"
	ErrorTolerance         = "States.ExceedToleratedFailureThreshold"
	ErrorReader            = "States.ItemReaderFailed"
	ErrorWriter            = "States.ResultWriterFailed"
)

// Single returns the graph with one Task that calls a function: what a plain
// invocation executes. It is a package-level shape: make it once per function.
func Single(function string) *Graph {
	return &Graph{
		Start:  function,
		States: []*State{{Name: function, Kind: Task, Resource: Resource{Name: function}}},
		index:  map[string]int{function: 0},
	}
}
