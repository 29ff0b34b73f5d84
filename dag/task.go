package dag

import (
	"time"

	"github.com/serverledge/serverledge/dag/value"
)

// call starts an attempt of a Task.
func (x *Execution) call(a *activation) {
	timeout, failure := x.span(a, a.state.TimeoutFor, a.state.Timeout)
	if failure == nil {
		a.every, failure = x.span(a, a.state.HeartbeatFor, a.state.Heartbeat)
	}
	a.function = a.state.Function
	if failure == nil && a.state.FunctionFor != nil {
		a.function, failure = a.state.FunctionFor(x.look(a))
	}
	if failure != nil {
		x.fail(a, failure)
		return
	}
	a.phase, a.deadline = calling, time.Time{}
	if timeout > 0 {
		a.deadline = x.now.Add(timeout)
	}
	x.open[a.id] = a
	a.seq, a.command = x.seq, len(x.commands)
	x.commands = append(x.commands, x.invocation(a))
	if timeout > 0 {
		a.timer = x.setTimer(a, a.deadline, false)
	}
	if a.every > 0 {
		a.beaten = x.now
		a.beat = x.setTimer(a, x.now.Add(a.every), true)
	}
	x.tell(TaskScheduled, a, a.effective, nil)
}

func (x *Execution) span(a *activation, compute Span, fixed time.Duration) (time.Duration, *Failure) {
	if compute == nil {
		return fixed, nil
	}
	return compute(x.look(a))
}

func (x *Execution) invocation(a *activation) Invoke {
	return Invoke{
		Activation: a.id, Attempt: a.attempt, State: a.state.Name, Function: a.function,
		Input: a.effective, Deadline: a.deadline, Callback: a.state.Callback,
	}
}

// answered ends an attempt that has its outcome.
func (x *Execution) answered(a *activation) {
	delete(x.open, a.id)
	a.phase = left
	x.clearTimer(&a.timer)
	x.clearTimer(&a.beat)
}

func (x *Execution) succeeded(a *activation, output value.Value) {
	x.tell(TaskSucceeded, a, output, nil)
	x.complete(a, output)
}

// expire ends an attempt whose time is up.
func (x *Execution) expire(a *activation, failure *Failure) {
	x.tell(TaskTimedOut, a, value.Value{}, failure)
	x.fail(a, failure)
}

// missedBeat looks at a heartbeat timer that has come: signs of life do not
// move it, so it may have to be set once more.
func (x *Execution) missedBeat(a *activation) {
	a.beat = 0
	if next := a.beaten.Add(a.every); next.After(x.now) {
		a.beat = x.setTimer(a, next, true)
		return
	}
	x.expire(a, &Failure{Error: ErrorTimeout, heartbeat: true})
}
