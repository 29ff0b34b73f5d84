package dag

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/serverledge/serverledge/dag/value"
)

// frame is one level of an execution: the root graph, a branch of a Parallel
// or an item of a Map. It belongs to the activation that opened it.
type frame struct {
	graph *Graph
	owner *activation // nil for the root
	index int         // the branch or item
	input value.Value
	vars  []Binding
	item  *Item // the innermost item, nil outside of any Map
	own   Item  // of a Map's body: what item points to

	current *activation // machine: the state that holds the token
	cells   []cell      // dataflow: one per state
	left    int         // dataflow: states neither done nor skipped
	failed  bool        // it ended with a failure that its Map or nobody handled
	tail    int         // the latest event on the way through it
	call    ID          // of the child execution, in a distributed map
}

// phase is how an activation stands.
type phase uint8

const (
	entering phase = iota // stands in the queue
	calling               // an attempt of a Task is under way
	waiting               // a Wait waits for its timer
	retrying              // waits for the timer of its next attempt
	forked                // its frames are open
	resuming              // the same, and stands in the queue
	halted                // cancelled or failed; may be redriven
	left                  // over
)

// activation is one entering of a state.
type activation struct {
	id        ID
	frame     *frame
	state     *State
	place     int // of the state in the graph
	phase     phase
	attempt   int // 1 is the first
	input     value.Value
	effective value.Value
	entered   time.Time
	event     int       // of the history, at which it was entered
	retries   []int     // retries so far, by Retry
	draws     *rand.PCG // chance of this attempt, nil until used

	timer    ID // of the attempt's timeout, the Wait or the retry
	beat     ID // of the heartbeat
	call     ID // what the call of the attempt is known by: id, unless a Map makes it
	resource Resource
	payload  value.Value // what it is called with
	started  bool        // of an activity: a worker has taken it
	every    time.Duration
	beaten   time.Time
	deadline time.Time
	seq      uint64 // of the entry that caused the Invoke
	command  int    // its index in that step

	fork   *fork // of Parallel and Map, while their frames are open
	opened bool  // Parallel and Map: this attempt got so far
	run    bool  // of a distributed map: its run goes on

	tolerance tolerance // of a Map
}

// unfold makes the first states of a frame ready.
func (x *Execution) unfold(f *frame) {
	g := f.graph
	if g.Start != "" {
		f.current = x.activate(f, g.index[g.Start], f.input)
		return
	}
	f.cells = make([]cell, len(g.States))
	f.left = len(g.States)
	for i, s := range g.States {
		f.cells[i].missing = len(s.Needs)
	}
	for _, i := range g.roots {
		f.cells[i].act = x.activate(f, i, f.input)
	}
}

// activate enters a state anew.
func (x *Execution) activate(f *frame, place int, input value.Value) *activation {
	a := &activation{id: x.newID(), frame: f, state: f.graph.States[place], place: place, input: input, effective: input}
	x.ready(a)
	return a
}

// follow goes on after an activation was left: to next, which may be empty.
func (x *Execution) follow(a *activation, output value.Value, next string) {
	f := a.frame
	switch {
	case f.cells != nil:
		c := &f.cells[a.place]
		c.status, c.act, c.output = done, nil, output
		x.resolve(f, a.place, next)
	case next == "" || a.state.Kind == Succeed:
		x.closeFrame(f, output)
	default:
		f.current = x.activate(f, f.graph.index[next], output)
	}
}

// bind gives variables of the frame their values; false when there is no room
// for them.
func (x *Execution) bind(f *frame, bound []Binding) bool {
	for _, b := range bound {
		i := slices.IndexFunc(f.vars, func(v Binding) bool { return v.Name == b.Name })
		if i < 0 {
			i = len(f.vars)
			f.vars = append(f.vars, Binding{Name: b.Name})
		}
		x.held += b.Value.Size() - f.vars[i].Value.Size()
		f.vars[i].Value = b.Value
	}
	return x.held <= x.limits.Variables
}

// forget gives back the room of the variables of a frame, and of those below it,
// when the frame is over for good.
func (x *Execution) forget(f *frame) {
	for i := range f.vars {
		x.held -= f.vars[i].Value.Size()
	}
	f.vars = nil
	if f.current != nil {
		x.drop(f.current)
	}
	for i := range f.cells {
		if a := f.cells[i].act; a != nil {
			x.drop(a)
		}
	}
}

// drop lets go of the frames that an activation has.
func (x *Execution) drop(a *activation) {
	if a.fork == nil {
		return
	}
	for _, f := range a.fork.frames {
		if f != nil {
			x.forget(f)
		}
	}
	a.fork = nil
}

// outer returns the frame around f, nil for the root.
func (f *frame) outer() *frame {
	if f.owner == nil {
		return nil
	}
	return f.owner.frame
}

// closeFrame ends a frame that has its output.
func (x *Execution) closeFrame(f *frame, output value.Value) {
	if f.owner == nil {
		x.finish(Outcome{Status: Completed, Output: output})
		return
	}
	x.joined(f, output)
}

// failFrame ends a frame with a failure that nothing in it handled.
func (x *Execution) failFrame(f *frame, failure *Failure) {
	f.failed = true
	if f.owner == nil {
		x.finish(Outcome{Status: Broken, Failure: failure})
		return
	}
	x.haltFrame(f)
	x.broken(f, failure)
}

// haltFrame cancels whatever is under way in a frame and below. Nothing is
// forgotten: Redriven may go on from here.
func (x *Execution) haltFrame(f *frame) {
	if f.current != nil {
		x.halt(f.current)
	}
	for i := range f.cells {
		if a := f.cells[i].act; a != nil {
			x.halt(a)
		}
	}
}

// halt cancels what an activation has under way.
func (x *Execution) halt(a *activation) {
	if a.phase == calling {
		delete(x.open, a.call)
		x.takeBack(a.seq, a.command, Cancel{Activation: a.call, Attempt: a.attempt})
		if a.state.Kind == Task {
			x.tell(TaskCancelled, a, value.Value{}, nil)
		}
	}
	x.clearTimer(&a.timer)
	x.clearTimer(&a.beat)
	if a.phase == forked || a.phase == resuming {
		for _, f := range a.fork.frames {
			if f != nil && !f.failed {
				x.haltFrame(f)
				x.tellItem(MapIterationAborted, f, value.Value{}, nil)
			}
		}
	}
	a.phase = halted
}
