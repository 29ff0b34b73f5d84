package dag

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/dag/value"
)

func TestStepRefusesMisuse(t *testing.T) {
	t.Parallel()
	x := NewExecution(Single("f"))
	refuse := func(e Entry, want error) {
		t.Helper()
		before := x.Seq()
		if commands, err := x.Step(e); !errors.Is(err, want) || commands != nil || x.Seq() != before {
			t.Errorf("got %v, %v, seq %d, want %v", commands, err, x.Seq(), want)
		}
	}
	if _, done := x.Done(); done || x.Started() || x.Outstanding() != nil || x.Expects(Aborted{}) || !x.Expects(Started{}) || x.Expects(nil) {
		t.Error("an execution has begun before its start")
	}
	refuse(Entry{Seq: 1, Event: Aborted{}}, ErrStart)
	refuse(Entry{Seq: 2, Event: Started{}}, ErrSequence)
	refuse(Entry{Seq: 1}, ErrNoEvent)
	if _, err := x.Step(Entry{Seq: 1, At: epoch, Event: Started{}}); err != nil {
		t.Fatal(err)
	}
	refuse(Entry{Seq: 1, Event: Aborted{}}, ErrSequence)
	refuse(Entry{Seq: 3, Event: Aborted{}}, ErrSequence)
	refuse(Entry{Seq: 2, Event: Started{}}, ErrStart)
	if x.Expects(Started{}) {
		t.Error("a second start is expected")
	}
}

func TestNewExecutionWantsAValidatedGraph(t *testing.T) {
	t.Parallel()
	for name, g := range map[string]*Graph{"nil": nil, "raw": machine(task("a", "")), "refused": func() *Graph {
		g := machine(task("a", "nowhere"))
		if Validate(g) == nil {
			t.Error("a wrong graph was accepted")
		}
		return g
	}()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("it was taken")
				}
			}()
			NewExecution(g)
		})
	}
}

// play starts an execution and feeds it events, one entry each.
func play(tb testing.TB, x *Execution, events ...Event) []Command {
	tb.Helper()
	var commands []Command
	for _, e := range events {
		var err error
		if commands, err = x.Step(Entry{Seq: x.Seq() + 1, At: epoch, Event: e}); err != nil {
			tb.Fatal(err)
		}
	}
	return commands
}

func TestEntriesAreLimited(t *testing.T) {
	t.Parallel()
	g := validated(t, machine(with(task("a", ""), func(s *State) { s.Heartbeat = time.Hour })))
	x := NewExecution(g)
	play(t, x, Started{})
	for x.Seq() < MaxEntries-1 {
		if c := play(t, x, Heartbeat{1, 1}); c != nil {
			t.Fatalf("entry %d: got %v", x.Seq(), c)
		}
	}
	if c := play(t, x, Heartbeat{1, 1}); c != nil || x.Seq() != MaxEntries {
		t.Fatalf("entry %d: got %v", x.Seq(), c)
	}
	play(t, x, Succeeded{Activation: 1, Attempt: 1, Output: value.NullValue})
	o, done := x.Done()
	if !done || o.Status != Broken || o.Failure.Error != ErrorRuntime || !strings.Contains(o.Failure.Cause, "25000") {
		t.Errorf("got %v %v", o, o.Failure)
	}
	if c := play(t, x, Redriven{}); c != nil {
		t.Errorf("a redrive beyond the limit: got %v", c)
	}
	if c := play(t, x, Succeeded{Activation: 1, Attempt: 1, Output: value.NullValue}); c != nil || x.Outstanding() != nil {
		t.Errorf("after the end: got %v", c)
	}
}

// The items of a distributed Map are executions with entries of their own: what
// they tell the Map does not count.
func TestEntriesOfChildrenAreNotLimited(t *testing.T) {
	t.Parallel()
	const items = 20
	g := validated(t, machine(&State{Name: "m", Kind: Map, Children: ExpressChildren, Body: Single("f")}))
	g.Limits.Entries = 10
	x := NewExecution(g)
	for _, c := range play(t, x, Started{Input: value.OfArray(make([]value.Value, items)...)}) {
		if i, ok := c.(Invoke); ok {
			play(t, x, Succeeded{Activation: i.Activation, Attempt: 1, Output: value.NullValue})
		}
	}
	if o, done := x.Done(); !done || o.Status != Completed || o.Output.Len() != items {
		t.Errorf("got %v %v", o, o.Failure)
	}
}

// The work of the language is bounded over all states that one entry enters.
func TestWorkIsLimited(t *testing.T) {
	t.Parallel()
	const rounds, each = 10, 100
	g := func(limit int) *Graph {
		n := 0
		g := validated(t, machine(
			&State{Name: "a", Kind: Choice, Default: "c", Cases: []Case{{Next: "b", When: func(*Scope) (bool, *Failure) { n++; return n <= rounds, nil }}}},
			&State{Name: "b", Kind: Pass, Next: "a", Out: func(s *Scope) (value.Value, *Failure) { s.Work(each); return value.OfInt(int64(s.Left())), nil }},
			&State{Name: "c", Kind: Pass}))
		g.Limits.Work = limit
		return g
	}
	x := NewExecution(g(rounds * each))
	play(t, x, Started{})
	if o, _ := x.Done(); o.Status != Completed || o.Output.String() != "0" {
		t.Errorf("at the limit: got %v %v", o, o.Failure)
	}
	x = NewExecution(g(rounds*each - 1))
	play(t, x, Started{})
	if o, _ := x.Done(); o.Status != Broken || o.Failure.Error != ErrorRuntime || !o.Failure.Fatal || !strings.Contains(o.Failure.Cause, "999 units of work") {
		t.Errorf("past the limit: got %v %v", o, o.Failure)
	}

	m := validated(t, machine(&State{Name: "m", Kind: Map, Body: Single("f"), Item: func(s *Scope) (value.Value, *Failure) { s.Work(each); return s.Item.Value, nil }}))
	m.Limits.Work = 5*each - 1
	x = NewExecution(m)
	if c := play(t, x, Started{Input: value.OfArray(make([]value.Value, 1000)...)}); len(c) != 1 {
		t.Errorf("a Map whose items take too much work: got %d commands, want only the end", len(c))
	}
	if o, _ := x.Done(); !strings.Contains(o.Failure.Cause, "499 units of work") {
		t.Errorf("a Map: got %v", o.Failure)
	}
}

func TestTransitionsAreLimited(t *testing.T) {
	t.Parallel()
	// A loop of two states, left after so many rounds.
	loop := func(rounds int) *Graph {
		n := 0
		return validated(t, machine(
			&State{Name: "a", Kind: Choice, Cases: []Case{{Next: "b", When: func(*Scope) (bool, *Failure) { n++; return n <= rounds, nil }}}, Default: "c"},
			&State{Name: "b", Kind: Pass, Next: "a"},
			&State{Name: "c", Kind: Pass}))
	}
	x := NewExecution(loop(MaxTransitions/2 - 1)) // two each, and a and c
	play(t, x, Started{})
	if o, _ := x.Done(); o.Status != Completed {
		t.Errorf("at the limit: got %v", o.Failure)
	}
	x = NewExecution(loop(MaxTransitions / 2))
	play(t, x, Started{})
	if o, _ := x.Done(); o.Status != Broken || o.Failure.Error != ErrorRuntime || !strings.Contains(o.Failure.Cause, "10000") {
		t.Errorf("past the limit: got %v %v", o, o.Failure)
	}
}

func TestInfo(t *testing.T) {
	t.Parallel()
	var seen []Info
	var states []StateInfo
	look := func(s *Scope) (value.Value, *Failure) {
		seen, states = append(seen, *s.Execution), append(states, s.State)
		return s.Effective, nil
	}
	g := validated(t, machine(with(task("a", ""), func(s *State) {
		s.In, s.Resource.Pattern = look, Callback
		s.Retry = []Retry{{Errors: []string{"E"}, MaxAttempts: 1}}
	})))
	x := NewExecution(g)
	play(t, x, Started{Seed: 3, Info: Info{ID: "a.b", Name: "n"}}, Failed{1, 1, Failure{Error: "E"}}, Aborted{}, Redriven{})
	info := x.Info()
	if info.ID != "a.b" || info.Input.String() != "{}" || !info.Start.Equal(epoch) || info.Redrives != 1 {
		t.Errorf("got %+v", info)
	}
	if len(seen) != 3 || seen[0].Redrives != 0 || seen[2].Redrives != 1 || seen[0].Input.String() != "{}" {
		t.Fatalf("the shapes saw %+v", seen)
	}
	for i, want := range []StateInfo{{"a", epoch, 0, 2, x.Token(1, 1)}, {"a", epoch, 1, 2, x.Token(1, 2)}, {"a", epoch, 0, 12, x.Token(2, 1)}} {
		if states[i] != want {
			t.Errorf("got %+v, want %+v", states[i], want)
		}
	}
	id, act, attempt, ok := ParseToken(states[1].Token)
	if id != "a.b" || act != 1 || attempt != 2 || !ok {
		t.Errorf("got %q %d %d %v", id, act, attempt, ok)
	}
}

func TestTokensDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for seed := range uint64(3) {
		x := NewExecution(Single("f"))
		play(t, x, Started{Seed: seed, Info: Info{ID: "x"}})
		for act := range 3 {
			for attempt := range 3 {
				seen[x.Token(ID(act), attempt)] = true
			}
		}
	}
	if len(seen) != 27 {
		t.Errorf("got %d tokens, want 27", len(seen))
	}
	for _, bad := range []string{"", "x", "x.1.2", "x.a.1.ff", "x.1.a.ff", "x.1.0.ff", "x.-1.1.ff"} {
		if _, _, _, ok := ParseToken(bad); ok {
			t.Errorf("%q was taken for a token", bad)
		}
	}
}

func TestScopeKnowsItsSurroundings(t *testing.T) {
	t.Parallel()
	type report struct{ done, skipped, self, outer bool }
	var got report
	inner := flow(&State{Name: "self", Kind: Pass, Out: func(s *Scope) (value.Value, *Failure) {
		_, ok := s.Output("none")
		got = report{s.Done("ran"), s.Skipped("not"), s.Done("self"), ok || s.Skipped("none")}
		return s.Input, nil
	}})
	g := validated(t, flow(
		&State{Name: "ran", Kind: Pass},
		&State{Name: "not", Kind: Pass, When: func(*Scope) (bool, *Failure) { return false, nil }},
		&State{Name: "each", Kind: Map, Needs: []string{"ran", "not"}, JoinAny: true, Items: lit(`[1]`), Body: inner}))
	x := NewExecution(g)
	play(t, x, Started{})
	if o, _ := x.Done(); o.Status != Completed || got != (report{true, true, false, false}) {
		t.Errorf("got %+v, %v", got, o)
	}
}

func TestChanceDiffersAndRepeats(t *testing.T) {
	t.Parallel()
	draw := func(seed uint64) string {
		var drawn []value.Value
		take := func(s *Scope) (value.Value, *Failure) {
			drawn = append(drawn, value.OfInt(s.Rand().Int64()), value.OfInt(s.Rand().Int64()))
			return s.Input, nil
		}
		x := NewExecution(validated(t, machine(
			with(task("a", "b"), func(s *State) {
				s.In, s.Out = take, take
				s.Retry = []Retry{{Errors: []string{ErrorAll}, MaxAttempts: 1}}
			}), &State{Name: "b", Kind: Pass, In: take})))
		play(t, x, Started{Seed: seed}, Failed{1, 1, Failure{}}, Succeeded{Activation: 1, Attempt: 2, Output: value.NullValue})
		seen := map[string]bool{}
		for _, d := range drawn {
			seen[d.String()] = true
		}
		if len(drawn) != 8 || len(seen) != 8 {
			t.Errorf("got %d draws, %d of them different, want 8 and 8", len(drawn), len(seen))
		}
		return value.OfArray(drawn...).String()
	}
	if one, same, other := draw(1), draw(1), draw(2); one != same || one == other {
		t.Errorf("got %s, %s, and for another seed %s", one, same, other)
	}
}

func TestDelays(t *testing.T) {
	t.Parallel()
	year := 365 * 24 * time.Hour
	for _, c := range []struct {
		r    Retry
		n    int
		want time.Duration
	}{
		{Retry{Interval: time.Second, Backoff: 2}, 0, time.Second},
		{Retry{Interval: time.Second, Backoff: 2}, 3, 8 * time.Second},
		{Retry{Interval: time.Second}, 9, time.Second},
		{Retry{Interval: time.Second, Backoff: 1.5}, 2, 2250 * time.Millisecond},
		{Retry{Interval: time.Second, Backoff: 2, MaxDelay: 3 * time.Second}, 1, 2 * time.Second},
		{Retry{Interval: time.Second, Backoff: 2, MaxDelay: 3 * time.Second}, 2, 3 * time.Second},
		{Retry{Interval: time.Second, Backoff: 2}, 10_000, 100 * year},
		{Retry{Interval: 200 * year, MaxDelay: 150 * year}, 0, 100 * year},
		{Retry{Backoff: 1e300}, 5, 100 * year}, // 0 times infinity
		{Retry{}, 0, 0},
	} {
		if got := c.r.delay(c.n); got != c.want {
			t.Errorf("%+v after %d: got %v, want %v", c.r, c.n, got, c.want)
		}
	}
}

func TestMatching(t *testing.T) {
	t.Parallel()
	beat := Failure{Error: ErrorTimeout, heartbeat: true}
	for _, c := range []struct {
		f    Failure
		name string
		want bool
	}{
		{Failure{Error: "E"}, "E", true},
		{Failure{Error: "E"}, "e", false},
		{Failure{Error: "E"}, ErrorAll, true},
		{Failure{Error: "E"}, ErrorTaskFailed, true},
		{Failure{Error: "E"}, ErrorTimeout, false},
		{Failure{}, ErrorAll, true},
		{Failure{Error: ErrorTimeout}, ErrorTaskFailed, false},
		{Failure{Error: ErrorTimeout}, ErrorAll, true},
		{Failure{Error: ErrorTimeout}, ErrorTimeout, true},
		{Failure{Error: ErrorTimeout}, ErrorHeartbeatTimeout, false},
		{beat, ErrorHeartbeatTimeout, true},
		{beat, ErrorTimeout, true},
		{beat, ErrorTaskFailed, false},
		{Failure{Error: ErrorHeartbeatTimeout}, ErrorTimeout, true},
		{Failure{Error: ErrorHeartbeatTimeout}, ErrorHeartbeatTimeout, true},
		{Failure{Error: ErrorDataLimitExceeded}, ErrorAll, false},
		{Failure{Error: ErrorDataLimitExceeded}, ErrorDataLimitExceeded, true},
		{Failure{Error: ErrorRuntime}, ErrorAll, false},
		{Failure{Error: ErrorRuntime}, ErrorRuntime, false},
		{Failure{Error: ErrorRuntime}, ErrorTaskFailed, false},
		{Failure{Error: "E", Fatal: true}, "E", false},
		{Failure{Error: "E", Fatal: true}, ErrorAll, false},
		{Failure{Error: ErrorNoChoiceMatched}, ErrorNoChoiceMatched, true},
		{Failure{Error: "Other.ALL"}, "State.ALL", false},
	} {
		if got := c.f.matches([]string{"never", c.name}); got != c.want {
			t.Errorf("%+v by %s: got %v, want %v", c.f, c.name, got, c.want)
		}
	}
}

// Failures of the language's own functions fail the state, wherever they come from.
func TestShapesMayFail(t *testing.T) {
	t.Parallel()
	bad := &Failure{Error: "Bad"}
	span := func(*Scope) (time.Duration, *Failure) { return 0, bad }
	number := func(*Scope) (int, *Failure) { return 0, bad }
	one := func(s *State) *State { s.Name = "s"; return s }
	over := func(s *State) *State {
		s.Kind, s.Body, s.Items = Map, Single("f"), lit("[1,2]")
		return one(s)
	}
	for name, s := range map[string]*State{
		"in":        one(&State{Kind: Pass, In: broke("Bad")}),
		"out":       one(&State{Kind: Pass, Out: broke("Bad")}),
		"assign":    one(&State{Kind: Pass, Assign: set("v", broke("Bad"))}),
		"timeout":   one(&State{Kind: Task, Resource: Resource{Name: "f"}, TimeoutFor: span}),
		"heartbeat": one(&State{Kind: Task, Resource: Resource{Name: "f"}, HeartbeatFor: span}),
		"function":  one(&State{Kind: Task, Target: func(*Scope) (string, value.Value, *Failure) { return "", value.Value{}, bad }}),
		"until":     one(&State{Kind: Wait, Until: func(*Scope) (time.Time, *Failure) { return epoch, bad }}),
		"case":      one(&State{Kind: Choice, Cases: []Case{{Next: "s", When: func(*Scope) (bool, *Failure) { return true, bad }}}}),
		"items":     over(&State{}),
		"item":      over(&State{Item: broke("Bad")}),
		"width":     over(&State{WidthFor: number}),
		"count":     over(&State{TolerateCount: number}),
		"share":     over(&State{TolerateShare: func(*Scope) (float64, *Failure) { return 0, bad }}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "items" {
				s.Items = broke("Bad")
			}
			x := NewExecution(validated(t, machine(s)))
			commands := play(t, x, Started{})
			if o, done := x.Done(); !done || o.Status != Broken || o.Failure.Error != "Bad" || len(commands) != 1 {
				t.Errorf("got %v, %v", o, commands)
			}
		})
	}
}

func TestFunctionsAreComputedPerAttempt(t *testing.T) {
	t.Parallel()
	g := validated(t, machine(&State{Name: "a", Kind: Task, Retry: []Retry{{Errors: []string{ErrorAll}, MaxAttempts: 1}},
		Target: func(s *Scope) (string, value.Value, *Failure) {
			return "f" + strconv.Itoa(s.State.Retries), s.Effective, nil
		}}))
	x := NewExecution(g)
	for _, c := range [][]Command{play(t, x, Started{}), x.Outstanding()} {
		if call, ok := c[0].(Invoke); !ok || call.Resource.Name != "f0" {
			t.Errorf("got %v", c)
		}
	}
	for _, c := range [][]Command{play(t, x, Failed{1, 1, Failure{}}), x.Outstanding()} {
		if call, ok := c[0].(Invoke); !ok || call.Resource.Name != "f1" || call.Attempt != 2 {
			t.Errorf("got %v", c)
		}
	}
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	inner := machine(task("b", "c"), task("c", ""))
	g := flow(task("c", ""), &State{Name: "each", Kind: Map, Body: machine(&State{Name: "both", Kind: Parallel, Branches: []*Graph{inner, inner}})},
		&State{Name: "computed", Kind: Task, Target: func(s *Scope) (string, value.Value, *Failure) { return "z", s.Effective, nil }}, &State{Name: "p", Kind: Pass})
	if got := Functions(validated(t, g)); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("got %q, want b and c", got)
	}
	if got := Functions(nil); got != nil {
		t.Errorf("got %q of nothing", got)
	}
}

// A caught failure whose handling fails is not caught again.
func TestCatchMayFail(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Catch{
		"out":    {Errors: []string{ErrorAll}, Out: broke("Second")},
		"assign": {Errors: []string{ErrorAll}, Assign: set("v", broke("Second"))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := NewExecution(validated(t, machine(with(task("a", ""), func(s *State) { s.Catch = []Catch{c, catching(ErrorAll)} }))))
			play(t, x, Started{}, Failed{1, 1, Failure{Error: "First"}})
			if o, _ := x.Done(); o.Status != Broken || o.Failure.Error != "Second" {
				t.Errorf("got %v", o)
			}
		})
	}
}

// An unset observer costs nothing, a set one does not change anything; the
// simulator sees to the latter.
func TestObserveEnds(t *testing.T) {
	t.Parallel()
	x, told := NewExecution(Single("f")), 0
	x.Observe(func(Transition) { told++ })
	play(t, x, Started{})
	x.Observe(nil)
	play(t, x, Succeeded{Activation: 1, Attempt: 1, Output: value.NullValue})
	if told != 4 {
		t.Errorf("got %d transitions, want 4", told)
	}
}
