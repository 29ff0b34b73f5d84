package dag

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// The limits of an execution, where its graph does not set others. One that
// goes beyond fails with States.Runtime.
const (
	MaxTransitions = 10_000
	MaxEntries     = 25_000
	MaxVariables   = 10 << 20
	MaxWork        = 20_000_000
)

// Limits bound an execution; a field that is 0 stands for the constant.
type Limits struct {
	// Transitions is how often one Step may enter a state: a loop of states that
	// never wait fails the execution instead of stopping the node.
	Transitions int `json:"transitions,omitempty"`
	// Entries is how many entries an execution may have, without those that tell
	// of the executions of a distributed Map: they have entries of their own.
	Entries int `json:"entries,omitempty"`
	// Variables bounds the sum of the values of all variables, in bytes of JSON;
	// those of a branch or an item go with it.
	Variables int `json:"variables,omitempty"`
	// Work is how much the functions of the language may do in one Step, in the
	// steps that they tell Scope.Work: MaxWork takes some seconds.
	Work int `json:"work,omitempty"`
}

func (l Limits) orDefault() Limits {
	return Limits{
		Transitions: cmp.Or(l.Transitions, MaxTransitions), Entries: cmp.Or(l.Entries, MaxEntries),
		Variables: cmp.Or(l.Variables, MaxVariables), Work: cmp.Or(l.Work, MaxWork),
	}
}

// The ways to misuse Step.
var (
	ErrSequence = errors.New("an entry is not the next one")
	ErrStart    = errors.New("the first entry of an execution, and only the first, is Started")
	ErrNoEvent  = errors.New("an entry has no event")
)

// Execution is the unfolding of a Graph: a tree of frames with their
// activations. It belongs to one goroutine at a time.
//
// Equal entries give equal executions: what Step does depends on nothing but
// the graph and the entries so far.
type Execution struct {
	graph  *Graph
	limits Limits
	info   Info
	seed   uint64
	seq    uint64
	// children counts the entries that do not count towards the limit.
	children uint64
	now      time.Time
	last     ID // the newest id of an activation or a timer

	root    *frame
	open    map[ID]*activation // tasks with an attempt under way
	timers  map[ID]timer       // those that are set
	timeout ID                 // the timer of the whole execution, 0 for none
	outcome Outcome            // its Status is empty before Started
	draws   *rand.PCG          // chance outside of any activation
	events  int                // of the history so far
	held    int                // bytes of the variables

	// The rest serves the current step.
	commands    []Command // nil where one was taken back
	holes       int       // how many are
	queue       []*activation
	transitions int
	worked      int // by the functions of the language, since the step began
	scope       Scope
	observe     func(Transition)
}

// timer is a set timer: the execution's own when it has no activation.
type timer struct {
	at    time.Time
	act   *activation
	beat  bool   // watches the heartbeat of a task
	seq   uint64 // of the entry that set it
	index int    // of its command in that step
}

// NewExecution returns an execution of a graph, waiting for Started. The graph
// must come from Single or have passed Validate; it panics otherwise.
func NewExecution(g *Graph) *Execution {
	if g == nil || g.index == nil {
		panic("dag: the graph of an execution has not been validated")
	}
	return &Execution{graph: g, limits: g.Limits.orDefault()}
}

// Observe lets f see every transition of the following steps: the history of
// an execution is what f sees while its journal is replayed. f must not call
// the execution. Nil ends it.
func (x *Execution) Observe(f func(Transition)) { x.observe = f }

// Step takes in the next entry and returns what the shell must do, once the
// entry is written down; nil when there is nothing to do. Stale and repeated
// events change nothing. An error (ErrSequence, ErrStart, ErrNoEvent) is a
// mistake of the caller and leaves the execution as it was; a failing workflow
// is not an error but an Outcome.
//
// A timer that fires before its time is asked for once more. The commands are
// the caller's. Finish, if any, is the last of them.
func (x *Execution) Step(e Entry) ([]Command, error) {
	if err := x.check(e); err != nil {
		return nil, err
	}
	x.seq = e.Seq
	// A replayed entry has neither monotonic clock nor place: nor has a live one.
	if at := e.At.Round(0).UTC(); at.After(x.now) {
		x.now = at
	}
	x.commands, x.holes, x.transitions, x.worked = nil, 0, 0, 0
	if x.ofChild(e.Event) {
		x.children++
	}
	if x.seq-x.children > uint64(x.limits.Entries) {
		if x.running() {
			x.overrun("the execution has more than %d entries", x.limits.Entries)
		}
	} else {
		x.apply(e.Event)
		x.run()
		x.rest()
	}
	return x.batch(), nil
}

// ofChild tells whether an event is the end of an item of a distributed Map.
func (x *Execution) ofChild(e Event) bool {
	var id ID
	switch e := e.(type) {
	case Succeeded:
		id = e.Activation
	case Failed:
		id = e.Activation
	case Started, Fired, Heartbeat, Aborted, Redriven:
	}
	a := x.open[id]
	return a != nil && a.resource.Kind == ChildResource
}

func (x *Execution) check(e Entry) error {
	switch _, started := e.Event.(Started); {
	case e.Event == nil:
		return ErrNoEvent
	case e.Seq != x.seq+1:
		return fmt.Errorf("%w: it is numbered %d and follows %d", ErrSequence, e.Seq, x.seq)
	case started != (x.seq == 0):
		return ErrStart
	}
	return nil
}

// Expects tells whether an event would change the execution: a shell need not
// write down one that does not.
func (x *Execution) Expects(e Event) bool {
	switch e := e.(type) {
	case Started:
		return x.seq == 0
	case Succeeded:
		return x.attempt(e.Activation, e.Attempt) != nil
	case Failed:
		return x.attempt(e.Activation, e.Attempt) != nil
	case Heartbeat:
		a := x.attempt(e.Activation, e.Attempt)
		return a != nil && a.awaits()
	case Fired:
		_, set := x.timers[e.Timer]
		return set
	case Aborted:
		return x.running()
	case Redriven:
		return x.redrivable()
	}
	return false
}

// Outstanding returns what a shell that takes over an execution must perform
// again: Invoke for each attempt under way, SetTimer for each timer that is
// set, in the order of their ids. Nil once the execution has ended.
func (x *Execution) Outstanding() []Command {
	ids := make([]ID, 0, len(x.open)+len(x.timers))
	for id := range x.open {
		ids = append(ids, id)
	}
	for id := range x.timers {
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	commands := make([]Command, len(ids))
	for i, id := range ids {
		if a := x.open[id]; a != nil {
			commands[i] = x.invocation(a)
		} else {
			commands[i] = SetTimer{Timer: id, At: x.timers[id].at}
		}
	}
	return commands
}

// Done returns the outcome once the execution has ended.
func (x *Execution) Done() (Outcome, bool) {
	if x.seq == 0 || x.running() {
		return Outcome{}, false
	}
	return x.outcome, true
}

// Seq returns the number of the latest entry, 0 before the first.
func (x *Execution) Seq() uint64 { return x.seq }

// Started tells whether there was a first entry.
func (x *Execution) Started() bool { return x.seq > 0 }

// Info returns what the execution knows of itself; it is zero before Started.
func (x *Execution) Info() Info { return x.info }

func (x *Execution) running() bool { return x.outcome.Status == Running }

// attempt returns the activation whose attempt is under way, nil if it is not.
func (x *Execution) attempt(id ID, attempt int) *activation {
	if a := x.open[id]; a != nil && a.attempt == attempt {
		return a
	}
	return nil
}

// Waits tells whether an attempt is under way that an outside Succeeded or
// Failed, by task token, is to end.
func (x *Execution) Waits(activation ID, attempt int) bool {
	a := x.attempt(activation, attempt)
	return a != nil && a.resource.Pattern == Callback
}

// newID numbers the next activation or timer.
func (x *Execution) newID() ID {
	x.last++
	return x.last
}
