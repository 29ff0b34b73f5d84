package dag

import (
	"fmt"
	"time"

	"github.com/serverledge/serverledge/dag/value"
)

// apply changes the execution as an event says; states that it makes ready
// are queued for run.
func (x *Execution) apply(e Event) {
	switch e := e.(type) {
	case Started:
		x.begin(e)
	case Succeeded:
		if a := x.attempt(e.Activation, e.Attempt); a != nil {
			x.answered(a)
			x.succeeded(a, orNull(e.Output), e.Whole)
		}
	case Failed:
		if a := x.attempt(e.Activation, e.Attempt); a != nil {
			x.answered(a)
			x.failed(a, &e.Failure)
		}
	case Fired:
		x.fired(e.Timer)
	case Heartbeat:
		if a := x.attempt(e.Activation, e.Attempt); a != nil {
			x.beats(a)
		}
	case Aborted:
		if x.running() {
			x.finish(Outcome{Status: Stopped, Failure: &e.Failure})
		}
	case Redriven:
		if x.redrivable() {
			x.redrive()
		}
	}
}

func (x *Execution) begin(e Started) {
	input := e.Input
	if input.IsAbsent() {
		input = value.EmptyObject
	}
	x.seed, x.info = e.Seed, e.Info
	x.info.Input = input
	if x.info.Start.IsZero() {
		x.info.Start = x.now
	}
	x.info.Start = x.info.Start.Round(0).UTC()
	x.outcome.Status = Running
	x.open, x.timers = make(map[ID]*activation), make(map[ID]timer)
	x.tell(ExecutionStarted, nil, input, nil)
	x.watch()
	x.root = &frame{graph: x.graph, input: input}
	x.unfold(x.root)
}

// watch bounds the whole execution.
func (x *Execution) watch() {
	x.timeout = 0
	if x.graph.Timeout > 0 {
		x.timeout = x.setTimer(nil, x.now.Add(x.graph.Timeout), false)
	}
}

// fired takes a timer whose moment has come.
func (x *Execution) fired(id ID) {
	t, set := x.timers[id]
	switch {
	case !set:
		return
	case x.now.Before(t.at): // a clock that goes wrong: wait for the real moment
		x.commands = append(x.commands, SetTimer{Timer: id, At: t.at})
		return
	}
	delete(x.timers, id)
	a := t.act
	if a == nil {
		x.timeout = 0
		x.finish(Outcome{Status: TimedOut, Failure: &Failure{Error: ErrorTimeout}})
		return
	}
	if t.beat {
		x.missedBeat(a)
		return
	}
	a.timer = 0
	switch a.phase {
	case calling:
		x.expire(a, &Failure{Error: ErrorTimeout})
	case waiting:
		x.complete(a, a.effective)
	case retrying:
		x.ready(a)
	case entering, forked, resuming, halted, left: // no timer is set in these
	}
}

// run enters the states that are ready, those that they make ready, and so on.
func (x *Execution) run() {
	for i := 0; i < len(x.queue) && x.running(); i++ {
		a := x.queue[i]
		x.queue[i] = nil
		if a.phase != entering && a.phase != resuming { // cancelled since
			continue
		}
		if x.transitions++; x.transitions > x.limits.Transitions {
			x.overrun("one step would enter more than %d states; does a loop never wait, or does a Map run too many items at once?", x.limits.Transitions)
			break
		}
		if a.phase == resuming {
			x.resume(a)
		} else {
			x.enter(a)
		}
		x.rest()
	}
	clear(x.queue)
	x.queue = x.queue[:0]
	x.scope = Scope{}
}

// ready queues an activation: run will enter it.
func (x *Execution) ready(a *activation) {
	a.phase = entering
	x.queue = append(x.queue, a)
}

// overrun ends an execution that goes beyond a limit.
// rest ends the execution when this step has done all the work that it may.
func (x *Execution) rest() {
	if failure := x.overworked(); failure != nil && x.running() {
		x.finish(Outcome{Status: Broken, Failure: failure})
	}
}

// overworked is the failure of an execution that has done too much in this step.
func (x *Execution) overworked() *Failure {
	if x.worked <= x.limits.Work {
		return nil
	}
	return excess("the expressions of one step would take more than %d units of work; does a loop never wait, or does a Map run too many items at once?", x.limits.Work)
}

func (x *Execution) overrun(format string, limit int) {
	x.finish(Outcome{Status: Broken, Failure: excess(format, limit)})
}

func excess(format string, limit int) *Failure {
	return &Failure{Error: ErrorRuntime, Cause: fmt.Sprintf(format, limit), Fatal: true}
}

// finish ends the execution. What it ended with is kept for Redriven unless it
// completed.
func (x *Execution) finish(o Outcome) {
	x.outcome = o
	switch {
	case o.Status == Completed:
		x.root = nil
	case x.root != nil:
		x.haltFrame(x.root)
	}
	x.clearTimer(&x.timeout)
	x.commands = append(x.commands, Finish{Outcome: o})
	x.tell(ending(o.Status), nil, o.Output, o.Failure)
}

// setTimer asks for a moment and returns the id of the timer.
func (x *Execution) setTimer(a *activation, at time.Time, beat bool) ID {
	id := x.newID()
	x.timers[id] = timer{at: at, act: a, beat: beat, seq: x.seq, index: len(x.commands)}
	x.commands = append(x.commands, SetTimer{Timer: id, At: at})
	return id
}

// clearTimer takes a timer back and forgets its id; 0 is none.
func (x *Execution) clearTimer(id *ID) {
	t, set := x.timers[*id]
	if set {
		delete(x.timers, *id)
		x.takeBack(t.seq, t.index, ClearTimer{Timer: *id})
	}
	*id = 0
}

// takeBack undoes a command: it vanishes when the shell has not seen it yet,
// else the undoing command follows.
func (x *Execution) takeBack(seq uint64, index int, undo Command) {
	if seq == x.seq {
		x.commands[index] = nil
		x.holes++
		return
	}
	x.commands = append(x.commands, undo)
}

// batch returns the commands of the step.
func (x *Execution) batch() []Command {
	all := x.commands
	x.commands = nil
	if x.holes == 0 {
		return all
	}
	if x.holes == len(all) {
		return nil
	}
	kept := make([]Command, 0, len(all)-x.holes)
	for _, c := range all {
		if c != nil {
			kept = append(kept, c)
		}
	}
	return kept
}

func orNull(v value.Value) value.Value {
	if v.IsAbsent() {
		return value.NullValue
	}
	return v
}
