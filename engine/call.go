package engine

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// The names under which a task fails when the platform could not run it.
const (
	errorNotFound = "Function.NotFound"
	errorUnknown  = "Task.OutcomeUnknown"
	errorDenied   = "States.Permissions"
	errorPlatform = "Task.Unavailable"
)

// waits of a task that no node takes at the moment.
const (
	firstWait = 50 * time.Millisecond
	maxWait   = 2 * time.Second
)

// call makes the call of a task.
func (r *run) call(cmd dag.Invoke) *functions.Call {
	rec := &r.rec
	c := &functions.Call{
		Key: r.key(cmd), Attempt: cmd.Attempt, Execution: rec.ID,
		Namespace: rec.Namespace, Function: cmd.Resource.Name, Input: cmd.Input.Bytes(), Task: rec.Function == "" || r.forward.Task,
		Deadline: earlier(rec.Deadline, late(cmd.Deadline)), Class: rec.Class, MaxResponse: rec.MaxResponse,
		Output: rec.Output, Local: rec.Local, Hops: r.forward.Hops, Visited: r.forward.Visited,
	}
	if r.forward.Key != "" { // a call that another node passed on keeps its name
		c.Key, c.Attempt = r.forward.Key, r.forward.Attempt
	}
	return c
}

// grace is how much longer a call may take than its attempt: the kernel's timer
// ends the attempt, so that a timeout is always told in the same words.
const grace = time.Second

func late(deadline time.Time) time.Time {
	if deadline.IsZero() {
		return deadline
	}
	return deadline.Add(grace)
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// invoke runs a call, waiting and trying again as long as it is certain that
// it did not start and patient says that waiting is wanted.
func (e *Engine) invoke(ctx context.Context, call *functions.Call, patient bool) (*functions.Result, error) {
	if !call.Deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, call.Deadline)
		defer cancel()
	}
	wait := firstWait
	for {
		result, err := e.opts.Invoker.Invoke(ctx, call)
		if err == nil || !patient || !notStarted(err) {
			return result, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, err
		case <-timer.C:
		}
		wait = min(2*wait, maxWait)
	}
}

// notStarted tells whether err says for certain that the call did not start
// and that it may start later.
func notStarted(err error) bool {
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Code == "insufficient_capacity" {
		return false // it is larger than any pool
	}
	return errors.Is(err, fault.Exhausted) || errors.Is(err, fault.Unavailable)
}

// outcome turns what came of a call into the event that the kernel awaits.
func outcome(cmd dag.Invoke, result *functions.Result, err error) dag.Event {
	failed := func(f dag.Failure) dag.Event {
		return dag.Failed{Activation: cmd.Activation, Attempt: cmd.Attempt, Failure: f}
	}
	switch {
	case err != nil:
		return failed(platformFailure(err))
	case result.Failure != nil:
		return failed(functionFailure(result.Failure))
	}
	return dag.Succeeded{Activation: cmd.Activation, Attempt: cmd.Attempt, Output: value.Raw(result.Output)}
}

// functionFailure is how a task fails when its function did: the error's type
// is the name, the cause is a JSON document (as AWS Lambda gives it).
func functionFailure(f *functions.Failure) dag.Failure {
	cause, err := json.Marshal(f)
	if err != nil {
		cause = []byte(f.Message)
	}
	return dag.Failure{Error: f.Type, Cause: string(cause)}
}

func platformFailure(err error) dag.Failure {
	name := errorPlatform
	switch fault.KindOf(err) {
	case fault.NotFound:
		name = errorNotFound
	case fault.Unknown:
		name = errorUnknown
	case fault.Denied:
		name = errorDenied
	case fault.Timeout:
		name = dag.ErrorTimeout
	case fault.Invalid:
		name = functions.FailureInput
	case fault.TooLarge:
		name = dag.ErrorDataLimitExceeded
	default:
	}
	return dag.Failure{Error: name, Cause: err.Error()}
}
