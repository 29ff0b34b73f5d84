package asl

import (
	"slices"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// compile makes a graph of a definition without errors.
func (m *machine) compile() *dag.Graph {
	g := &dag.Graph{Start: m.startAt.name, Timeout: m.timeout, States: make([]*dag.State, len(m.states)), Limits: m.limits.Execution}
	for i, s := range m.states {
		g.States[i] = s.compile()
	}
	return g
}

func (s *state) compile() *dag.State {
	d := &dag.State{Name: s.name, Kind: s.kind, Next: s.next.name, Retry: s.retry}
	d.In, d.Out, d.Assign = s.in(), s.out(), s.assigns()
	for _, c := range s.catch {
		d.Catch = append(d.Catch, dag.Catch{Errors: c.errors, Next: c.next.name, Out: c.out(s), Assign: c.assign.compile(s.lookAtError)})
	}
	switch s.kind {
	case dag.Task:
		s.compileTask(d)
	case dag.Choice:
		d.Default = s.deflt.name
		for _, r := range s.choices {
			c := dag.Case{When: s.guard(r.condition), Next: r.next.name, Label: r.label}
			c.Assign = r.assign.compile(func(d *dag.Scope) *scope { return s.look(d, d.Effective) })
			if s.query == jsonata {
				c.Out = s.ruled(r.shaped)
			}
			d.Cases = append(d.Cases, c)
		}
	case dag.Wait:
		d.Until = s.until()
	case dag.Fail:
		d.Failure = s.fails()
	case dag.Parallel:
		for _, b := range s.branches {
			d.Branches = append(d.Branches, b.compile())
		}
	case dag.Map:
		s.compileMap(d)
		d.Body = s.branches[0].compile()
	case dag.Pass, dag.Succeed:
	}
	return d
}

// ruled makes the output of a rule of a Choice: what it says itself, or the
// input of the state.
func (s *state) ruled(t template) dag.Shape {
	if t != nil {
		return s.shape(t)
	}
	return func(d *dag.Scope) (value.Value, *dag.Failure) { return d.Result, nil }
}

func (s *state) compileTask(d *dag.State) {
	d.Resource, d.Target, d.Receive = s.task.resource, s.target(), s.receive()
	if s.task.resource.Service != "" {
		for i := range d.Retry {
			d.Retry[i].Errors = withDataLimit(d.Retry[i].Errors)
		}
		for i := range d.Catch {
			d.Catch[i].Errors = withDataLimit(d.Catch[i].Errors)
		}
	}
	look := func(d *dag.Scope) *scope { return s.look(d, d.Input) }
	d.Timeout, d.TimeoutFor = s.task.timeout.seconds(look)
	d.Heartbeat, d.HeartbeatFor = s.task.heartbeat.seconds(look)
}

// withDataLimit makes States.ALL cover results that are too large, as it does
// on AWS for service integrations, and only for them.
func withDataLimit(errors []string) []string {
	if slices.Contains(errors, dag.ErrorAll) {
		return append(slices.Clone(errors), dag.ErrorDataLimitExceeded)
	}
	return errors
}

func (s *state) guard(c condition) dag.Guard {
	return func(d *dag.Scope) (bool, *dag.Failure) { return c.holds(s.look(d, d.Effective)) }
}

// fails makes what a Fail state fails with.
func (s *state) fails() dag.Failing {
	return func(d *dag.Scope) *dag.Failure {
		scope := s.look(d, d.Effective)
		name, failure := s.fail.err.say(scope)
		if failure != nil {
			return failure
		}
		cause, failure := s.fail.cause.say(scope)
		if failure != nil {
			return failure
		}
		return &dag.Failure{Error: name, Cause: cause}
	}
}

// say returns the text, "" of no words.
func (w *words) say(s *scope) (string, *dag.Failure) {
	switch {
	case w == nil:
		return "", nil
	case w.dynamic == nil:
		return w.fixed, nil
	}
	if e, ok := w.dynamic.(*expression); ok {
		v, failure := e.typed(s, "string", func(v value.Value) bool { return v.Kind() == value.String })
		return v.Text(), failure
	}
	v, failure := w.dynamic.fill(s)
	if failure != nil {
		return "", failure
	}
	if v.Kind() != value.String {
		return "", runtime(s.State, "The %s must refer to a string, not to %s", w.field, shown(v))
	}
	return v.Text(), nil
}

// longestWait is the longest time that a Wait may take: 2^31-1 seconds.
const longestWait = (1<<31 - 1) * time.Second

// until makes the end of a Wait.
func (s *state) until() dag.Moment {
	return func(d *dag.Scope) (time.Time, *dag.Failure) {
		until, failure := s.wait.until(s.look(d, d.Effective))
		if failure == nil && until.Sub(d.Now()) > longestWait {
			return time.Time{}, tooLong(d.State)
		}
		return until, failure
	}
}

func tooLong(state dag.StateInfo) *dag.Failure {
	return runtime(state, "Wait state delay is too long.")
}

func (w *wait) until(s *scope) (time.Time, *dag.Failure) {
	switch {
	case w.seconds.path != nil:
		return w.secondsPath(s)
	case w.seconds.here():
		n, failure := w.seconds.whole(s, 0)
		if failure == nil && n > int64(longestWait/time.Second) {
			return time.Time{}, tooLong(s.State)
		}
		return s.Now().Add(time.Duration(n) * time.Second), failure
	case w.moment != nil:
		return w.moment.date(s)
	}
	return w.timestamp, nil
}

// secondsPath computes the end of a Wait with SecondsPath.
func (w *wait) secondsPath(s *scope) (time.Time, *dag.Failure) {
	path := w.seconds.path
	v, err := s.get(path)
	if err != nil {
		return time.Time{}, runtime(s.State, "The SecondsPath parameter does not reference an input value: %s", path)
	}
	n, ok := v.Int()
	switch {
	case !ok:
		return time.Time{}, runtime(s.State, "The SecondsPath parameter cannot be parsed as a long value: %s == %s", path, shown(v))
	case n < 0:
		return time.Time{}, runtime(s.State, "The SecondsPath parameter references a negative value: %s == %s", path, shown(v))
	case n > int64(longestWait/time.Second):
		return time.Time{}, tooLong(s.State)
	}
	return s.Now().Add(time.Duration(n) * time.Second), nil
}

// date returns the date that the words tell.
func (w *words) date(s *scope) (time.Time, *dag.Failure) {
	if w.path == nil {
		text, failure := w.say(s)
		if failure != nil {
			return time.Time{}, failure
		}
		t, ok := parseTimestamp(text)
		if !ok {
			return t, unfit(s.State, w.field, "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: %s", text)
		}
		return t, nil
	}
	v, err := s.get(w.path)
	if err != nil {
		return time.Time{}, runtime(s.State, "The TimestampPath parameter does not reference an input value: %s", w.path)
	}
	t, ok := parseTimestamp(v.Text())
	if !ok {
		return t, runtime(s.State,
			"The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: %s == %s", w.path, bare(v))
	}
	return t, nil
}
