package teststate

import (
	"errors"
	"fmt"
	"time"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// Run runs one state. An error is a *fault.Error of kind fault.Invalid for a
// request or a definition that is not right, or what the Caller says; that the
// state fails is an Answer.
func Run(r *Request, o Options) (*Answer, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	if o.Now.IsZero() {
		o.Now = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	t := &trial{request: r, options: o, now: o.Now, input: r.Input}
	if t.input.IsAbsent() {
		t.input = value.EmptyObject
	}
	t.steps.seen = map[asl.Step]value.Value{}
	probe := &asl.Probe{Saw: t.saw, Context: r.Context}
	name := ""
	if r.State != nil {
		name = *r.State
	}
	p, err := asl.CompileState(r.Definition, name, unnamed, asl.Options{Limits: o.Limits}, probe)
	if err != nil {
		return nil, err
	}
	if err := r.checkFor(p); err != nil {
		return nil, err
	}
	if probe.Context.IsAbsent() {
		probe.Context = o.Identity.orDefault().context(p.State, t.input, o.Now, r.Configuration.RetrierRetryCount)
	}
	t.specimen, t.name = p, p.State.Name
	return t.run()
}

// trial is one run of a state.
type trial struct {
	request  *Request
	options  Options
	specimen *asl.Specimen
	name     string
	input    value.Value
	now      time.Time

	steps   steps
	answer  Answer
	details *ErrorDetails
	bound   []dag.Binding // the variables that the state has set
	event   int           // of the history, at which the state was entered
	retries int           // that were arranged so far
	failed  *dag.Failure  // that of the first attempt, if it is retried
	over    bool          // there is nothing more to see
	fallen  int           // items of the Map that have failed
}

// saw takes a step that the probe is told.
func (t *trial) saw(step asl.Step, v value.Value) {
	if !t.over {
		t.steps.add(step, v)
	}
}

// run plays an execution until the state has ended or is to be retried. Timers
// fire when nothing else happens: a Wait takes no time.
func (t *trial) run() (*Answer, error) {
	g, err := t.bench()
	if err != nil {
		return nil, err
	}
	x := dag.NewExecution(g)
	x.Observe(t.see)
	queue := []dag.Event{dag.Started{Seed: t.options.Seed, Input: t.input, Info: dag.Info{ID: "test-state", Start: t.now}}}
	var timers []dag.SetTimer
	for !t.over {
		var event dag.Event
		switch {
		case len(queue) > 0:
			event, queue = queue[0], queue[1:]
		case len(timers) > 0:
			event, t.now, timers = dag.Fired{Timer: timers[0].Timer}, timers[0].At, timers[1:]
		default:
			return nil, errors.New("the state neither ends nor waits for anything")
		}
		if !x.Expects(event) {
			continue
		}
		commands, err := x.Step(dag.Entry{Seq: x.Seq() + 1, At: t.now, Event: event})
		if err != nil {
			return nil, fmt.Errorf("running a state alone: %w", err)
		}
		for _, c := range commands {
			switch c := c.(type) {
			case dag.Invoke:
				event, err := t.reply(c)
				if err != nil {
					return nil, err
				}
				queue = append(queue, event)
			case dag.SetTimer:
				timers = append(timers, c)
			case dag.Finish:
				t.over = true
			case dag.Cancel, dag.ClearTimer: // what is stale is not expected
			}
		}
	}
	return t.told(), nil
}

// see looks at what happens to the state.
func (t *trial) see(e dag.Transition) {
	if t.over {
		return
	}
	switch {
	case e.Kind == dag.StateEntered && e.Parent == 0 && t.answer.Status != "":
		t.answer.Next = t.following(e.State)
	case e.Kind == dag.ExecutionFailed && t.answer.Status == "":
		t.fail(Failed, e.Failure)
	case e.State != t.name || e.Parent != 0:
	case e.Kind == dag.StateEntered:
		t.event = e.ID
	case e.Kind == dag.RetryScheduled:
		t.retry(e)
	case e.Kind == dag.StateExited && e.Caught != nil:
		t.details = &ErrorDetails{CatchIndex: &e.Rule}
		t.fail(CaughtError, e.Caught)
		t.answer.Output, t.bound = e.Value, e.Assigned
	case e.Kind == dag.StateExited:
		t.answer.Status, t.answer.Output, t.bound = Succeeded, e.Value, e.Assigned
	default:
	}
}

// retry goes on while the retries are those that were before the test.
func (t *trial) retry(e dag.Transition) {
	if t.retries++; t.retries <= t.request.Configuration.RetrierRetryCount {
		t.failed = e.Failure
		return
	}
	seconds := int(e.Until.Sub(e.At) / time.Second)
	t.details = &ErrorDetails{RetryIndex: &e.Rule, RetryBackoffIntervalSeconds: &seconds}
	t.fail(Retriable, e.Failure)
	t.over = true
}

func (t *trial) fail(status Status, f *dag.Failure) {
	t.answer.Status, t.answer.Error, t.answer.Cause = status, f.Error, asl.Plain(f.Cause, t.name, t.event)
}

// told makes the answer.
func (t *trial) told() *Answer {
	switch t.request.Level {
	case Debug, Trace:
		i := t.steps.inspect(t.specimen, t.input)
		i.ErrorDetails = t.details
		variables := t.request.Variables
		for _, b := range t.bound {
			variables = variables.With(b.Name, b.Value)
		}
		if variables.Len() > 0 {
			i.Variables = variables
		}
		t.answer.Inspection = i
	case Info:
	}
	return &t.answer
}
