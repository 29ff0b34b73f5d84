package asl_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// behaviour is what a function of the simulated world does with its input,
// and how long it takes.
type behaviour func(input value.Value) (value.Value, *dag.Failure, time.Duration)

// world runs executions in virtual time.
type world struct {
	functions map[string]behaviour
	calls     []string // functions and inputs, in order of Invoke
	now       time.Time
}

// pending is an event that will happen.
type pending struct {
	at    time.Time
	event dag.Event
}

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// run executes a graph to its end.
func (w *world) run(tb testing.TB, g *dag.Graph, input value.Value) dag.Outcome {
	tb.Helper()
	x := dag.NewExecution(g)
	w.now = epoch
	queue := []pending{{epoch, dag.Started{Seed: 7, Input: input, Info: dag.Info{ID: "e1", Name: "run", Workflow: "flow", Start: epoch}}}}
	for seq := uint64(1); ; {
		if outcome, done := x.Done(); done {
			return outcome
		}
		if len(queue) == 0 {
			tb.Fatal("the execution neither ends nor waits for anything")
		}
		slices.SortStableFunc(queue, func(a, b pending) int { return a.at.Compare(b.at) })
		next := queue[0]
		queue = queue[1:]
		if !x.Expects(next.event) {
			continue
		}
		w.now = next.at
		commands, err := x.Step(dag.Entry{Seq: seq, At: next.at, Event: next.event})
		if err != nil {
			tb.Fatal(err)
		}
		seq++
		for _, c := range commands {
			switch c := c.(type) {
			case dag.Invoke:
				queue = append(queue, w.invoke(c))
			case dag.SetTimer:
				queue = append(queue, pending{c.At, dag.Fired{Timer: c.Timer}})
			case dag.Cancel, dag.ClearTimer, dag.Finish:
			}
		}
	}
}

func (w *world) invoke(c dag.Invoke) pending {
	w.calls = append(w.calls, c.Resource.Name+" "+c.Input.String())
	f := w.functions[c.Resource.Name]
	if f == nil {
		return pending{w.now, dag.Failed{Activation: c.Activation, Attempt: c.Attempt, Failure: dag.Failure{
			Error: "Lambda.ResourceNotFoundException", Cause: "Function not found: " + c.Resource.Name,
		}}}
	}
	output, failure, took := f(c.Input)
	if failure != nil {
		return pending{w.now.Add(took), dag.Failed{Activation: c.Activation, Attempt: c.Attempt, Failure: *failure}}
	}
	return pending{w.now.Add(took), dag.Succeeded{Activation: c.Activation, Attempt: c.Attempt, Output: output}}
}

func parse(tb testing.TB, text string) value.Value {
	tb.Helper()
	v, err := value.Parse([]byte(text))
	if err != nil {
		tb.Fatalf("parsing %s: %v", text, err)
	}
	return v
}

// play compiles a definition and runs it.
func play(tb testing.TB, w *world, definition, input string) dag.Outcome {
	tb.Helper()
	g, err := asl.Compile(definition, asl.Options{})
	if err != nil {
		tb.Fatalf("%.300v\n%.2000s", err, definition)
	}
	return w.run(tb, g, parse(tb, input))
}

// ended writes an outcome as the tables of the tests do: the output, or the
// error's name with a "!" before it.
func ended(o dag.Outcome) string {
	if o.Status == dag.Completed {
		return o.Output.String()
	}
	if o.Status != dag.Broken {
		return string(o.Status)
	}
	return "!" + cmp.Or(o.Failure.Error, "none")
}

// maxPayload is AWS's limit of what a state may pass on, in bytes.
const maxPayload = 262_144
