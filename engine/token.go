package engine

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/internal/fault"
)

// caller is somebody outside who says how a task goes, and waits until that is
// written down.
type caller struct {
	token  string
	note   json.RawMessage
	answer func(error)
}

// SucceedTask ends the task of a token with its output, which must be durable
// when it returns. fault.Invalid for what is no token, fault.NotFound when its
// task is over or never was, fault.Conflict with an *ElsewhereError when another
// node has it.
func (e *Engine) SucceedTask(ctx context.Context, token string, output value.Value) error {
	if size := output.Size(); size > maxValue {
		return fault.New(fault.TooLarge, "output_too_large", "the output has %d bytes; at most %d are kept", size, maxValue)
	}
	return e.tell(ctx, token, func(activation dag.ID, attempt int) dag.Event {
		return dag.Succeeded{Activation: activation, Attempt: attempt, Output: output}
	})
}

// FailTask ends the task of a token with a failure; see SucceedTask.
func (e *Engine) FailTask(ctx context.Context, token string, failure dag.Failure) error {
	failure.Fatal = false
	return e.tell(ctx, token, func(activation dag.ID, attempt int) dag.Event {
		return dag.Failed{Activation: activation, Attempt: attempt, Failure: failure}
	})
}

// BeatTask says that the task of a token is alive; see SucceedTask.
func (e *Engine) BeatTask(ctx context.Context, token string) error {
	return e.tell(ctx, token, func(activation dag.ID, attempt int) dag.Event {
		return dag.Heartbeat{Activation: activation, Attempt: attempt}
	})
}

// tell brings what a caller says to its execution and waits until it is
// written down.
func (e *Engine) tell(ctx context.Context, token string, event func(dag.ID, int) dag.Event) error {
	id, activation, attempt, ok := dag.ParseToken(token)
	if !ok {
		return fault.New(fault.Invalid, "invalid_token", "%q is not a task token", clip(token, maxError))
	}
	r, err := e.attach(ctx, id)
	if errors.Is(err, fault.NotFound) || errors.Is(err, fault.Invalid) {
		return noTask()
	}
	if err != nil {
		return err
	}
	if r.distant != nil {
		if r.distant.Status == dag.Running {
			return elsewhere(id, r.rec.Owner)
		}
		return noTask()
	}
	answer := make(chan error, 1)
	r.post(letter{event: event(activation, attempt), caller: &caller{token: token, answer: func(err error) { answer <- err }}})
	select {
	case err := <-answer:
		return err
	case <-r.ended:
		select {
		case err := <-answer: // it was what ended it
			return err
		default:
		}
		if _, err := r.describe(); err != nil { // this node has given it up, the execution goes on
			return err
		}
		return noTask()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func noTask() error {
	return fault.New(fault.NotFound, "no_such_task",
		"the token names no task that is waiting: it has ended, timed out or been cancelled, or the token is not genuine")
}

// ElsewhereError says that another node owns an execution.
type ElsewhereError struct{ Execution, Owner string }

func (e *ElsewhereError) Error() string {
	return "execution " + e.Execution + " runs on node " + e.Owner
}

func elsewhere(execution, owner string) error {
	return fault.New(fault.Conflict, "owned_elsewhere", "%w", &ElsewhereError{execution, owner}).WithHint("tell that node")
}

// admits checks what a caller says: the token must be genuine, and its task
// waiting. A sign of life of a task without a heartbeat changes nothing.
func (r *run) admits(l letter) error {
	var activation dag.ID
	var attempt int
	switch ev := l.event.(type) {
	case dag.Succeeded:
		activation, attempt = ev.Activation, ev.Attempt
	case dag.Failed:
		activation, attempt = ev.Activation, ev.Attempt
	case dag.Heartbeat:
		activation, attempt = ev.Activation, ev.Attempt
	case dag.Started, dag.Fired, dag.Aborted, dag.Redriven:
	}
	if !r.x.Waits(activation, attempt) || r.x.Token(activation, attempt) != l.caller.token {
		return noTask()
	}
	return nil
}
