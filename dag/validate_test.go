package dag

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// faults lists what Validate finds, as path:code.
func faults(g *Graph) []string {
	var found []string
	err := Validate(g)
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []string{err.Error()}
	}
	for _, e := range joined.Unwrap() {
		var fault *GraphError
		if !errors.As(e, &fault) || fault.Detail == "" || !strings.Contains(e.Error(), fault.Detail) {
			return []string{"not a GraphError: " + e.Error()}
		}
		found = append(found, fault.Path+":"+fault.Code)
	}
	return found
}

func TestValidateFindsAllFaults(t *testing.T) {
	t.Parallel()
	always := func(*Scope) (bool, *Failure) { return true, nil }
	for name, c := range map[string]struct {
		g    *Graph
		want []string
	}{
		"nil":   {nil, []string{":incomplete"}},
		"empty": {&Graph{}, []string{":no_states"}},
		"start": {&Graph{Start: "x", States: []*State{task("a", "")}}, []string{":unknown_state"}},
		"names": {machine(task("a", ""), task("a", ""), &State{}, nil), []string{"a:duplicate_name", ":no_name", ":incomplete"}},
		"transitions": {machine(
			with(task("a", "x"), func(s *State) { s.Catch = []Catch{{Errors: []string{"E"}, Next: "y"}} }),
			&State{Name: "b", Kind: Choice, Cases: []Case{{When: always, Next: "z"}, {Next: "a"}, {When: always}}, Default: "w"}),
			[]string{"a:unknown_state", "a:unknown_state", "b:incomplete", "b:incomplete", "b:unknown_state", "b:unknown_state"}},
		"machine with needs": {machine(with(task("a", ""), func(s *State) { s.Needs = []string{"a"} }), with(task("b", ""), func(s *State) { s.When = always }), with(task("c", ""), func(s *State) { s.JoinAny = true })),
			[]string{"a:misplaced", "b:misplaced", "c:misplaced"}},
		"incomplete": {machine(&State{Name: "t"}, &State{Name: "c", Kind: Choice}, &State{Name: "w", Kind: Wait}, &State{Name: "p", Kind: Parallel}, &State{Name: "m", Kind: Map}, &State{Name: "k", Kind: 99}),
			[]string{"t:incomplete", "c:incomplete", "w:incomplete", "p:incomplete", "m:incomplete", "k:unknown_kind"}},
		"nested": {machine(
			&State{Name: "p", Kind: Parallel, Branches: []*Graph{Single("f"), nil, machine(task("x", "y"))}},
			&State{Name: "m", Kind: Map, Body: flow(&State{Name: "q", Kind: Map})}),
			[]string{"p/Branches[1]:incomplete", "p/Branches[2]/x:unknown_state", "m/Body/q:incomplete"}},
		"limits": {machine(with(task("a", ""), func(s *State) { s.Timeout = -1 }), with(task("b", ""), func(s *State) { s.Heartbeat = -time.Second }), &State{Name: "m", Kind: Map, Body: Single("f"), Width: -1}),
			[]string{"a:bad_limit", "b:bad_limit", "m:bad_limit"}},
		"handlers": {machine(
			with(task("a", ""), func(s *State) {
				s.Retry = []Retry{{}, {Errors: []string{"E"}, Interval: -1}, {Errors: []string{"E"}, MaxAttempts: -1}, {Errors: []string{"E"}, MaxDelay: -1},
					{Errors: []string{"E"}, Backoff: -1}, {Errors: []string{"E"}, Backoff: math.NaN()}, {Errors: []string{"E"}, Backoff: math.Inf(1)}, {Errors: []string{"E"}}}
				s.Catch = []Catch{{}}
			}),
			&State{Name: "b", Kind: Pass, Catch: []Catch{{Errors: []string{"E"}}}},
			&State{Name: "c", Kind: Fail, Retry: []Retry{{Errors: []string{"E"}}}}),
			[]string{"a:bad_retry", "a:bad_retry", "a:bad_retry", "a:bad_retry", "a:bad_retry", "a:bad_retry", "a:bad_retry", "a:bad_retry", "b:misplaced", "c:misplaced"}},
		"needs": {flow(task("a", "b"), with(task("b", ""), func(s *State) { s.Needs = []string{"x", "a", "a"} })),
			[]string{"a:misplaced", "b:unknown_state", "b:duplicate_name"}},
		"ways": {flow(
			&State{Name: "c", Kind: Choice, Cases: []Case{{When: always, Next: "a"}}, Default: "nowhere"},
			with(task("a", ""), func(s *State) { s.Catch = []Catch{{Errors: []string{"E"}, Next: "c"}, {Errors: []string{"E"}}} })),
			[]string{"c:misplaced", "c:unknown_state", "a:misplaced"}},
		"cycle": {flow(task("free", ""),
			with(task("a", ""), func(s *State) { s.Needs = []string{"c", "free"} }), with(task("b", ""), func(s *State) { s.Needs = []string{"a"} }),
			with(task("c", ""), func(s *State) { s.Needs = []string{"b"} }), with(task("self", ""), func(s *State) { s.Needs = []string{"self"} })),
			[]string{":cycle"}},
		"sound": {machine(task("a", "b"), &State{Name: "b", Kind: Pass, Next: "a"}), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := faults(c.g); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestValidateNamesTheCycle(t *testing.T) {
	t.Parallel()
	err := Validate(flow(task("free", ""), with(task("a", ""), func(s *State) { s.Needs = []string{"b"} }), with(task("b", ""), func(s *State) { s.Needs = []string{"a"} })))
	if err == nil || !strings.HasSuffix(err.Error(), ": a, b") {
		t.Errorf("got %v", err)
	}
}

func TestNestingIsLimited(t *testing.T) {
	t.Parallel()
	nest := func(levels int) *Graph {
		g := Single("f")
		for range levels {
			g = machine(&State{Name: "m", Kind: Map, Body: g, Items: lit("[1]")})
		}
		return g
	}
	if got := faults(nest(MaxNesting)); got != nil {
		t.Errorf("at the limit: got %q", got)
	}
	if got := faults(nest(MaxNesting + 1)); len(got) != 1 || !strings.HasSuffix(got[0], ":too_deep") {
		t.Errorf("past the limit: got %q", got)
	}
	ring := &Graph{Start: "m", States: []*State{{Name: "m", Kind: Map}}}
	ring.States[0].Body = ring
	if got := faults(ring); len(got) != 1 || !strings.HasSuffix(got[0], ":too_deep") {
		t.Errorf("a graph within itself: got %q", got)
	}
	ring.States[0] = &State{Name: "m", Kind: Parallel, Branches: []*Graph{ring, ring, ring}}
	if got := faults(ring); len(got) != 3 || !strings.HasSuffix(got[0], ":too_deep") {
		t.Errorf("a graph thrice within itself: got %d faults, the first %.80q", len(got), got)
	}
}

// Validating twice is harmless.
func TestValidateAgain(t *testing.T) {
	t.Parallel()
	g := flow(task("a", ""), with(task("b", ""), func(s *State) { s.Needs = []string{"a"} }))
	for range 2 {
		if got := faults(g); got != nil {
			t.Fatalf("got %q", got)
		}
	}
	x := NewExecution(g)
	if c := play(t, x, Started{}); len(c) != 1 {
		t.Errorf("got %v", c)
	}
}
