package engine

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// ServiceCall is a call that is neither of a function nor of an execution: of a
// reader or a writer of a Map, of an HTTP endpoint.
type ServiceCall struct {
	Namespace, Workflow, Execution, State string
	// Key names the call for ever: a repetition has the same.
	Key      string
	Resource dag.Resource
	Input    value.Value
	Deadline time.Time
}

// Services makes ServiceCalls. A *FailureError is how the task fails; any other
// error says that the platform could not make the call.
type Services interface {
	Call(ctx context.Context, call *ServiceCall) (value.Value, error)
}

// FailureError is the failure of a call as an error.
type FailureError struct{ Failure dag.Failure }

func (f *FailureError) Error() string { return f.Failure.Error + ": " + f.Failure.Cause }

// dispatch starts the call of a task; its outcome comes back as a letter.
func (r *run) dispatch(cmd dag.Invoke) {
	if answer, mocked := r.mocks.answer(cmd); mocked {
		r.post(letter{event: answer.Event(cmd)})
		return
	}
	key := attempt{cmd.Activation, cmd.Attempt}
	if cmd.Resource.Kind == dag.ActivityResource {
		r.calls[key] = r.offer(cmd)
		return
	}
	if !r.e.begin(r.rec.Level == Express) {
		r.hold() // recovery performs it again
		return
	}
	ctx, cancel := context.WithCancelCause(r.ctx)
	if old := r.calls[key]; old != nil {
		old(errCancelled)
	}
	r.calls[key] = cancel
	go func() {
		defer r.e.done()
		defer cancel(nil)
		select {
		case r.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		defer func() { <-r.slots }()
		report := &TaskReport{State: cmd.State, Function: cmd.Resource.Name, Activation: cmd.Activation, Attempt: cmd.Attempt, Started: time.Now()}
		event := r.perform(ctx, cmd, report)
		if event == nil {
			return
		}
		if cmd.Resource.Kind != dag.FunctionResource {
			report = nil // reports tell how functions ran
		}
		r.post(letter{event: event, report: report})
	}()
}

// perform makes a call and returns how it ended; nil when it has no outcome, or
// when something else than its answer ends it.
func (r *run) perform(ctx context.Context, cmd dag.Invoke, report *TaskReport) dag.Event {
	var output value.Value
	var err error
	switch cmd.Resource.Kind {
	case dag.FunctionResource:
		return r.invoke(ctx, cmd, report)
	case dag.WorkflowResource:
		output, err = r.startWorkflow(ctx, cmd)
	case dag.ChildResource:
		output, err = r.runChild(ctx, cmd)
	case dag.ReaderResource, dag.WriterResource, dag.HTTPResource, dag.ServiceResource:
		output, err = r.callService(ctx, cmd)
	case dag.ActivityResource:
		return nil // a worker ends it
	}
	switch failed := (*FailureError)(nil); {
	case err != nil && cutOff(ctx):
		return nil
	case errors.As(err, &failed):
		return dag.Failed{Activation: cmd.Activation, Attempt: cmd.Attempt, Failure: failed.Failure}
	case err != nil:
		return dag.Failed{Activation: cmd.Activation, Attempt: cmd.Attempt, Failure: platformFailure(err)}
	case cmd.Resource.Pattern == dag.Callback:
		return nil // its token ends the task
	}
	return dag.Succeeded{Activation: cmd.Activation, Attempt: cmd.Attempt, Output: output}
}

// cutOff tells whether a call ended because it was cancelled or the node stops:
// then it has no outcome.
func cutOff(ctx context.Context) bool {
	return ctx.Err() != nil && !errors.Is(context.Cause(ctx), context.DeadlineExceeded)
}

// invoke calls a function.
func (r *run) invoke(ctx context.Context, cmd dag.Invoke, report *TaskReport) dag.Event {
	result, err := r.e.invoke(ctx, r.call(cmd), true)
	if err != nil && cutOff(ctx) {
		return nil
	}
	if r.rec.Level == Standard && errors.Is(err, fault.Unknown) {
		// at least once: the same key goes out again, the peer knows it
		result, err = r.e.invoke(ctx, r.call(cmd), true)
	}
	if cmd.Resource.Pattern == dag.Callback && err == nil && result.Failure == nil {
		return nil // its token ends the task
	}
	if result != nil {
		report.Result, report.OutputBytes = trimmed(result), len(result.Output)
	}
	return outcome(cmd, result, err)
}

// trimmed is a result without its output, which lies in the entry.
func trimmed(result *functions.Result) *functions.Result {
	c := *result
	c.Output = nil
	return &c
}

// key names the call of an attempt for ever.
func (r *run) key(cmd dag.Invoke) string {
	return r.rec.ID + "/" + strconv.FormatUint(uint64(cmd.Activation), 10)
}

func (r *run) callService(ctx context.Context, cmd dag.Invoke) (value.Value, error) {
	if r.e.opts.Services == nil {
		return value.Value{}, &FailureError{dag.Failure{Error: errorPlatform, Cause: "this node cannot call " + cmd.Resource.Service + ":" + cmd.Resource.Action}}
	}
	if !cmd.Deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, late(cmd.Deadline))
		defer cancel()
	}
	return r.e.opts.Services.Call(ctx, &ServiceCall{
		Namespace: r.rec.Namespace, Workflow: r.rec.Workflow, Execution: r.rec.ID, State: cmd.State, Key: r.key(cmd), Resource: cmd.Resource, Input: cmd.Input, Deadline: cmd.Deadline,
	})
}

// noted is what the history tells of the note of an entry.
func noted(text json.RawMessage) value.Value {
	note := value.Raw(text)
	d := value.EmptyObject
	for _, key := range []string{"node", "area", "runtime", "cold", "action", "workerName"} {
		if v := note.Get(key); !v.IsAbsent() {
			d = d.With(key, v)
		}
	}
	if took := note.Get("duration"); !took.IsAbsent() { // noted in nanoseconds, told in seconds
		d = d.With("duration", value.OfFloat(took.Float()/float64(time.Second)))
	}
	return d
}
