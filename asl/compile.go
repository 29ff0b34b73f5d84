package asl

import (
	"slices"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// compile makes a graph of a definition without errors.
func (m *machine) compile() *dag.Graph {
	g := &dag.Graph{Start: m.startAt.name, Timeout: m.timeout, States: make([]*dag.State, len(m.states))}
	for i, s := range m.states {
		g.States[i] = s.compile()
	}
	return g
}

func (s *state) compile() *dag.State {
	d := &dag.State{Name: s.name, Kind: s.kind, Next: s.next.name, Retry: s.retry}
	d.In, d.Out = s.in(), s.out()
	for _, c := range s.catch {
		d.Catch = append(d.Catch, dag.Catch{Errors: c.errors, Next: c.next.name, Out: c.out()})
	}
	switch s.kind {
	case dag.Task:
		d.Function, d.FunctionFor = s.task.function, s.naming()
		if s.task.invoke {
			for i := range d.Retry {
				d.Retry[i].Errors = withDataLimit(d.Retry[i].Errors)
			}
			for i := range d.Catch {
				d.Catch[i].Errors = withDataLimit(d.Catch[i].Errors)
			}
		}
		d.Timeout, d.TimeoutFor = s.task.timeout.compile()
		d.Heartbeat, d.HeartbeatFor = s.task.heartbeat.compile()
	case dag.Choice:
		d.Default = s.deflt.name
		for _, r := range s.choices {
			d.Cases = append(d.Cases, dag.Case{When: guard(r.condition), Next: r.next.name})
		}
	case dag.Wait:
		d.Until = s.wait.compile()
	case dag.Fail:
		d.Failure = s.fail.compile()
	case dag.Parallel:
		for _, b := range s.branches {
			d.Branches = append(d.Branches, b.compile())
		}
	case dag.Map:
		s.mapping.compile(d)
		d.Body = s.branches[0].compile()
	case dag.Pass, dag.Succeed:
	}
	return d
}

// withDataLimit makes States.ALL cover results that are too large, as it does
// on AWS for service integrations, and only for them.
func withDataLimit(errors []string) []string {
	if slices.Contains(errors, dag.ErrorAll) {
		return append(slices.Clone(errors), dag.ErrorDataLimitExceeded)
	}
	return errors
}

func guard(c condition) dag.Guard {
	return func(s *dag.Scope) (bool, *dag.Failure) { return c.holds(look(s, s.Effective)) }
}

// compile makes a time limit of a task.
func (l limit) compile() (time.Duration, dag.Span) {
	if l.path == nil {
		return l.fixed, nil
	}
	return 0, func(s *dag.Scope) (time.Duration, *dag.Failure) {
		v, err := look(s, s.Effective).get(l.path)
		if err != nil {
			return 0, runtime(s.State.Name, "The %s parameter does not reference an input value: %s", l.field, l.path)
		}
		n, ok := v.Int()
		if !ok || n < 1 || n > greatest {
			return 0, runtime(s.State.Name, "The %s parameter does not reference a positive whole number: %s == %s", l.field, l.path, shown(v))
		}
		return time.Duration(n) * time.Second, nil
	}
}

// compile makes what a Fail state fails with.
func (f *fail) compile() dag.Failing {
	return func(s *dag.Scope) *dag.Failure {
		scope := look(s, s.Effective)
		name, failure := f.err.say(scope)
		if failure != nil {
			return failure
		}
		cause, failure := f.cause.say(scope)
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
	v, failure := w.dynamic.fill(s)
	if failure != nil {
		return "", failure
	}
	if v.Kind() != value.String {
		return "", runtime(s.State.Name, "The ErrorPath and the CausePath must refer to a string, not to %s", shown(v))
	}
	return v.Text(), nil
}

// longestWait is the longest time that a Wait may take: 2^31-1 seconds.
const longestWait = (1<<31 - 1) * time.Second

// compile makes the end of a Wait.
func (w *wait) compile() dag.Moment {
	return func(s *dag.Scope) (time.Time, *dag.Failure) {
		until, failure := w.until(look(s, s.Effective))
		if failure == nil && until.Sub(s.Now()) > longestWait {
			return time.Time{}, runtime(s.State.Name, "Wait state delay is too long.")
		}
		return until, failure
	}
}

func (w *wait) until(s *scope) (time.Time, *dag.Failure) {
	state := s.State.Name
	switch {
	case w.secondsPath != nil:
		v, err := s.get(w.secondsPath)
		if err != nil {
			return time.Time{}, runtime(state, "The SecondsPath parameter does not reference an input value: %s", w.secondsPath)
		}
		n, ok := v.Int()
		switch {
		case !ok:
			return time.Time{}, runtime(state, "The SecondsPath parameter cannot be parsed as a long value: %s == %s", w.secondsPath, shown(v))
		case n < 0:
			return time.Time{}, runtime(state, "The SecondsPath parameter references a negative value: %s == %s", w.secondsPath, shown(v))
		case n > int64(longestWait/time.Second):
			return time.Time{}, runtime(state, "Wait state delay is too long.")
		}
		return s.Now().Add(time.Duration(n) * time.Second), nil
	case w.timestampPath != nil:
		v, err := s.get(w.timestampPath)
		if err != nil {
			return time.Time{}, runtime(state, "The TimestampPath parameter does not reference an input value: %s", w.timestampPath)
		}
		t, ok := parseTimestamp(v.Text())
		if !ok {
			text := v.Text()
			if v.Kind() != value.String {
				text = shown(v)
			}
			return time.Time{}, runtime(state,
				"The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: %s == %s", w.timestampPath, text)
		}
		return t, nil
	case !w.timestamp.IsZero():
		return w.timestamp, nil
	}
	return s.Now().Add(w.seconds), nil
}

// compile sets what a Map goes by.
func (m *mapping) compile(d *dag.State) {
	d.Width = m.width
	d.Items = func(s *dag.Scope) (value.Value, *dag.Failure) {
		items := s.Effective
		if m.items != nil {
			var err error
			if items, err = look(s, s.Effective).get(m.items); err != nil {
				return value.Value{}, runtime(s.State.Name, "Invalid path '%s' : %s", m.items, err)
			}
		}
		if kind := items.Kind(); kind != value.Array && kind != value.Object {
			path := "$"
			if m.items != nil {
				path = m.items.String()
			}
			return value.Value{}, runtime(s.State.Name, "Reference path \"%s\" must point to array.", path)
		}
		return items, nil
	}
	if path := m.widthPath; path != nil {
		d.WidthFor = func(s *dag.Scope) (int, *dag.Failure) {
			v, err := look(s, s.Effective).get(path)
			if err != nil {
				return 0, runtime(s.State.Name, "The MaxConcurrencyPath parameter does not reference an input value: %s", path)
			}
			n, ok := v.Int()
			if !ok || n < 0 {
				return 0, runtime(s.State.Name, "The MaxConcurrencyPath field refers to value \"%s\" which is not a valid integer: %s", bare(v), path)
			}
			if n == 0 {
				return defaultWidth, nil
			}
			return int(min(n, MaxBranches)), nil
		}
	}
	if selector := m.selector; selector != nil {
		d.Item = func(s *dag.Scope) (value.Value, *dag.Failure) {
			v, failure := selector.fill(look(s, s.Effective))
			if failure != nil {
				return value.Value{}, failure
			}
			return bounded(s, v)
		}
	}
}

// bare quotes a string without its quotes.
func bare(v value.Value) string {
	if v.Kind() == value.String {
		return v.Text()
	}
	return shown(v)
}
