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
	a.call, a.resource, a.payload = a.id, a.state.Resource, a.effective
	if failure == nil && a.state.Target != nil {
		a.resource.Name, a.payload, failure = a.state.Target(x.look(a))
	}
	if failure != nil {
		x.reject(a, failure)
		return
	}
	a.started = false
	x.invoke(a, timeout)
	x.tell(TaskScheduled, a, a.effective, nil)
	if a.resource.Kind == ActivityResource { // a worker starts it
		return
	}
	x.tell(TaskStarted, a, value.Value{}, nil)
	if a.resource.Pattern != Respond {
		x.tell(TaskSubmitted, a, value.Value{}, nil)
	}
}

// work makes a call of a Map beside its items.
func (x *Execution) work(a *activation, w *Work, result value.Value) {
	a.call, a.resource, a.payload, a.every = x.newID(), w.Resource, a.effective, 0
	if w.Input != nil {
		scope := x.look(a)
		scope.Result = result
		input, failure := w.Input(scope)
		if failure != nil {
			x.reject(a, failure)
			return
		}
		a.payload = orNull(input)
	}
	x.invoke(a, 0)
}

// invoke asks for the call that an activation has prepared.
func (x *Execution) invoke(a *activation, timeout time.Duration) {
	a.phase, a.deadline = calling, time.Time{}
	if timeout > 0 {
		a.deadline = x.now.Add(timeout)
	}
	x.open[a.call] = a
	if a.resource.Kind == ChildResource {
		a.frame.call = a.call
	}
	a.seq, a.command = x.seq, len(x.commands)
	x.commands = append(x.commands, x.invocation(a))
	if timeout > 0 {
		a.timer = x.setTimer(a, a.deadline, false)
	}
	if a.resource.Kind != ActivityResource { // that of an activity counts from when a worker has it
		x.heartbeats(a)
	}
}

// heartbeats awaits signs of life from now on.
func (x *Execution) heartbeats(a *activation) {
	if a.every > 0 {
		a.beaten = x.now
		a.beat = x.setTimer(a, x.now.Add(a.every), true)
	}
}

func (x *Execution) span(a *activation, compute Span, fixed time.Duration) (time.Duration, *Failure) {
	if compute == nil {
		return fixed, nil
	}
	return compute(x.look(a))
}

func (x *Execution) invocation(a *activation) Invoke {
	return Invoke{
		Activation: a.call, Attempt: a.attempt, State: a.state.Name, Resource: a.resource, Input: a.payload, Deadline: a.deadline,
		Taken: a.resource.Kind == ActivityResource && a.started,
	}
}

// answered ends an attempt that has its outcome.
func (x *Execution) answered(a *activation) {
	delete(x.open, a.call)
	a.phase = left
	x.clearTimer(&a.timer)
	x.clearTimer(&a.beat)
}

// succeeded takes the answer of a call.
func (x *Execution) succeeded(a *activation, output value.Value, whole bool) {
	switch a.resource.Kind {
	case ReaderResource:
		x.iterate(a, output)
		return
	case WriterResource:
		x.leaveMap(a, output)
		return
	case FunctionResource, ActivityResource, WorkflowResource, ChildResource, HTTPResource, ServiceResource:
	}
	if receive := a.state.Receive; receive != nil && !whole {
		scope := x.look(a)
		scope.Result = output
		received, failure := receive(scope)
		if failure != nil {
			x.failed(a, failure)
			return
		}
		output = orNull(received)
	}
	x.tell(TaskSucceeded, a, output, nil)
	x.complete(a, output)
}

// failed takes the failure of a call.
func (x *Execution) failed(a *activation, failure *Failure) {
	if a.state.Kind == Task {
		x.tell(TaskFailed, a, value.Value{}, failure)
	}
	x.fail(a, failure)
}

// expire ends an attempt whose time is up.
func (x *Execution) expire(a *activation, failure *Failure) {
	x.tell(TaskTimedOut, a, value.Value{}, failure)
	x.fail(a, failure)
}

// beats takes a sign of life.
func (x *Execution) beats(a *activation) {
	if a.resource.Kind == ActivityResource && !a.started {
		a.started = true
		x.tell(TaskStarted, a, value.Value{}, nil)
		x.heartbeats(a)
		return
	}
	if a.beat != 0 {
		a.beaten = x.now
	}
}

// awaits tells whether a sign of life of an attempt changes anything.
func (a *activation) awaits() bool {
	return a.beat != 0 || a.resource.Kind == ActivityResource && !a.started
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
