package pool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// maxTries is how often a call is begun again when it certainly did not run:
// the version was retired while it waited, or the instance died before.
const maxTries = 3

// errLimit is the cause of a context that ended with the function's own limit.
var errLimit = errors.New("the function ran into its time limit")

// Invoke looks the function up, checks the input against its signature, runs
// the call on an instance and checks the output. Besides the errors of the
// catalogue and of Acquire there are fault.Invalid "invalid_input" and
// fault.TooLarge; when the caller's time ends while the function
// runs, fault.Timeout, and when the caller leaves, fault.Unknown: the function
// may have had its effect then.
func (p *Pool) Invoke(ctx context.Context, call *functions.Call) (*functions.Result, error) {
	var f *functions.Function
	result, err := p.invoke(ctx, call, &f)
	if p.options.Observe != nil {
		p.options.Observe(Observation{Function: f, Result: result, Err: err})
	}
	return result, err
}

func (p *Pool) invoke(ctx context.Context, call *functions.Call, found **functions.Function) (*functions.Result, error) {
	namespace := call.Namespace
	if namespace == "" {
		namespace = functions.DefaultNamespace
	}
	for try := 1; ; try++ {
		f, err := p.catalog.Function(ctx, namespace, call.Function)
		if err != nil {
			return nil, fmt.Errorf("looking up %s: %w", call.Function, err)
		}
		*found = f
		checked := *call // the caller's call is not ours to change
		if checked.Input, err = f.Signature.CheckInput(call.Input); err != nil {
			return nil, err
		}
		if len(checked.Input) == 0 {
			checked.Input = json.RawMessage("{}")
		}
		if len(checked.Input) > functions.MaxInput {
			return nil, fault.New(fault.TooLarge, "input_too_large", "the input is %d bytes, the limit is %d", len(checked.Input), functions.MaxInput)
		}
		result, again, err := p.try(ctx, f, &checked)
		if again && try < maxTries && ctx.Err() == nil {
			continue
		}
		return result, err
	}
}

// try runs a call once; again tells that it certainly did not run and that
// another try may do better.
func (p *Pool) try(ctx context.Context, f *functions.Function, call *functions.Call) (result *functions.Result, again bool, err error) {
	began := time.Now()
	lease, err := p.Acquire(ctx, f, call)
	if err != nil {
		var own interface{ FunctionFailure() *functions.Failure }
		if errors.As(err, &own) {
			return &functions.Result{
				Failure: own.FunctionFailure(), Node: p.options.Node, Area: p.options.Area,
				Cold: true, Init: time.Since(began),
			}, false, nil
		}
		return nil, fault.KindOf(err) == fault.Conflict, err
	}
	healthy := false
	defer func() { lease.Release(healthy) }() // also when an instance panics

	result, err = p.run(ctx, lease, f, call)
	if err != nil {
		kind := fault.KindOf(err)
		healthy = kind == fault.TooLarge || kind == fault.Invalid
		return nil, kind == fault.Unavailable, err
	}
	healthy = usable(result, lease.Instance())
	p.complete(result, lease, f, call)
	return result, false, nil
}

// run lets the instance work for as long as the function, and the caller, may.
func (p *Pool) run(ctx context.Context, lease *Lease, f *functions.Function, call *functions.Call) (*functions.Result, error) {
	began := time.Now()
	end, cause := began.Add(f.Limit()), errLimit
	if !call.Deadline.IsZero() && call.Deadline.Before(end) {
		end, cause = call.Deadline, errDeadline
	}
	inner, cancel := context.WithDeadlineCause(ctx, end, cause)
	defer cancel()
	result, err := lease.Instance().Invoke(inner, call)
	switch {
	case err == nil:
		if result.Duration == 0 {
			result.Duration = time.Since(began)
		}
		return result, nil
	case inner.Err() == nil:
		return nil, fmt.Errorf("running %s: %w", f.Name, err)
	case errors.Is(context.Cause(inner), errLimit):
		return &functions.Result{
			Failure: &functions.Failure{
				Type:    functions.FailureTimeout,
				Message: fmt.Sprintf("the function ran longer than its limit of %s and was stopped", f.Limit()),
			},
			Duration: time.Since(began),
		}, nil
	default:
		return nil, abandoned(inner, f)
	}
}

// abandoned is the error for a caller whose context ended while the function
// ran. What made the caller go is told, but does not lend the error its kind:
// "unavailable" would say that the function did not run.
func abandoned(ctx context.Context, f *functions.Function) error {
	err := ended(ctx, f)
	if errors.Is(err, fault.Timeout) {
		return err
	}
	e := fault.New(fault.Unknown, "outcome_unknown", "the caller of %s left while it ran: %v", f.Name, context.Cause(ctx))
	e.Cause = ctx.Err()
	return e
}

// usable tells whether an instance may serve again. An exception of the
// function does it no harm.
func usable(result *functions.Result, instance functions.Instance) bool {
	select {
	case <-instance.Done():
		return false
	default:
	}
	if result.Failure == nil {
		return true
	}
	switch result.Failure.Type {
	case functions.FailureTimeout, functions.FailureCrashed, functions.FailureOutOfMemory, functions.FailureProtocol:
		return false
	default:
		return true
	}
}

// complete checks the output and says where and how the call ran.
func (p *Pool) complete(r *functions.Result, lease *Lease, f *functions.Function, call *functions.Call) {
	r.Node, r.Area = p.options.Node, p.options.Area
	r.Cold, r.Init, r.Queue = lease.Cold(), lease.Init(), lease.Queue()
	if r.Runtime == "" {
		r.Runtime = lease.Instance().Runtime()
	}
	if r.Failure != nil {
		r.Output = nil
		return
	}
	if len(r.Output) == 0 {
		r.Output = json.RawMessage("null")
	}
	output, err := f.Signature.CheckOutput(r.Output, call.Task)
	if err != nil {
		r.Output = nil
		r.Failure = &functions.Failure{Type: functions.FailureOutput, Message: err.Error()}
		return
	}
	r.Output = output
}
