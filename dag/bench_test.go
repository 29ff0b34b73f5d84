package dag

import (
	"fmt"
	"testing"
	"time"

	"github.com/serverledge/serverledge/dag/value"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// single executes one function from the start to the end.
func single(tb testing.TB, g *Graph, in, out value.Value) {
	tb.Helper()
	x := NewExecution(g)
	if _, err := x.Step(Entry{Seq: 1, At: epoch, Event: Started{Seed: 1, Input: in}}); err != nil {
		tb.Fatal(err)
	}
	commands, err := x.Step(Entry{Seq: 2, At: epoch, Event: Succeeded{Activation: 1, Attempt: 1, Output: out}})
	if err != nil || len(commands) != 1 {
		tb.Fatal(commands, err)
	}
	if _, ok := commands[0].(Finish); !ok {
		tb.Fatalf("got %T, want Finish", commands[0])
	}
}

// map1000 executes a Map of n tasks, each answered in a step of its own.
func map1000(tb testing.TB, g *Graph, in, out value.Value) {
	tb.Helper()
	x := NewExecution(g)
	commands, err := x.Step(Entry{Seq: 1, At: epoch, Event: Started{Seed: 1, Input: in}})
	if err != nil {
		tb.Fatal(err)
	}
	for i, c := range commands {
		call, ok := c.(Invoke)
		if !ok {
			tb.Fatalf("got %T, want Invoke", c)
		}
		if _, err := x.Step(Entry{Seq: uint64(i + 2), At: epoch, Event: Succeeded{Activation: call.Activation, Attempt: call.Attempt, Output: out}}); err != nil {
			tb.Fatal(err)
		}
	}
	if o, ok := x.Done(); !ok || o.Status != Completed || o.Output.Len() != len(commands) {
		tb.Fatalf("got %v, want it completed", o)
	}
}

func items(n int) value.Value {
	list := make([]value.Value, n)
	for i := range list {
		list[i] = value.OfInt(int64(i))
	}
	return value.OfArray(list...)
}

func mapOf(tb testing.TB) *Graph {
	tb.Helper()
	g := &Graph{Start: "each", States: []*State{{Name: "each", Kind: Map, Body: Single("f")}}}
	if err := Validate(g); err != nil {
		tb.Fatal(err)
	}
	return g
}

// One execution of one function is the price of every plain invocation.
func TestSingleAllocatesLittle(t *testing.T) {
	// Not parallel: testing.AllocsPerRun counts the whole process.
	g, in, out := Single("f"), value.OfString("in"), value.OfString("out")
	if got := testing.AllocsPerRun(100, func() { single(t, g, in, out) }); got > 25 {
		t.Errorf("a one-state execution makes %v allocations, want at most 25", got)
	}
}

func BenchmarkSingle(b *testing.B) {
	g, in, out := Single("f"), value.OfString("in"), value.OfString("out")
	b.ReportAllocs()
	for b.Loop() {
		single(b, g, in, out)
	}
}

func BenchmarkMap1000(b *testing.B) {
	g, in, out := mapOf(b), items(1000), value.OfString("out")
	b.ReportAllocs()
	for b.Loop() {
		map1000(b, g, in, out)
	}
}

func TestMapBeyondAStep(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		items int
		want  Status
	}{{MaxTransitions - 1, Running}, {MaxTransitions, Broken}} {
		t.Run(fmt.Sprint(c.items), func(t *testing.T) {
			t.Parallel()
			x := NewExecution(mapOf(t))
			commands, err := x.Step(Entry{Seq: 1, At: epoch, Event: Started{Input: items(c.items)}})
			if err != nil {
				t.Fatal(err)
			}
			if x.outcome.Status != c.want {
				t.Fatalf("got %s, want %s", x.outcome.Status, c.want)
			}
			if want := c.items; c.want == Running && len(commands) != want {
				t.Errorf("got %d commands, want %d", len(commands), want)
			}
			if c.want == Broken && len(commands) != 1 {
				t.Errorf("got %d commands, want Finish alone", len(commands))
			}
		})
	}
}
