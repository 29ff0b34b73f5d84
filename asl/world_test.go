package asl_test

import (
	"cmp"
	"slices"
	"strings"
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
	// functions answer for all that is called: functions, activities and
	// workflows by their names, services by theirs ("s3:getObject"), children by
	// the name of their Map. A child that none answers for is executed.
	functions map[string]behaviour
	// beat is how often what is called gives a sign of life; 0 is never. A worker
	// takes an activity at once, unless idle is set.
	beat    time.Duration
	idle    bool
	options asl.Options
	calls   []string     // names and inputs, in order of Invoke
	invokes []dag.Invoke // the same as they came
	now     time.Time
	most    int // calls that were under way at a time

	graph *dag.Graph
	open  int
	depth int // of children
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
	w.now, w.graph = epoch, g
	return w.execute(tb, g, input)
}

func (w *world) execute(tb testing.TB, g *dag.Graph, input value.Value) dag.Outcome {
	tb.Helper()
	x := dag.NewExecution(g)
	id := "e" + strings.Repeat("/c", w.depth) + "1"
	queue := []pending{{w.now, dag.Started{Seed: 7, Input: input, Info: dag.Info{ID: id, Name: "run", Workflow: "flow", Start: w.now}}}}
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
		switch next.event.(type) {
		case dag.Succeeded, dag.Failed:
			w.open--
		}
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
				queue = append(queue, w.invoke(tb, c)...)
			case dag.SetTimer:
				queue = append(queue, pending{c.At, dag.Fired{Timer: c.Timer}})
			case dag.Cancel, dag.ClearTimer, dag.Finish:
			}
		}
	}
}

// invoke returns the signs of life of a call and its end.
func (w *world) invoke(tb testing.TB, c dag.Invoke) []pending {
	tb.Helper()
	name := cmp.Or(c.Resource.Name, c.Resource.Service+":"+c.Resource.Action)
	w.calls = append(w.calls, name+" "+c.Input.String())
	w.invokes = append(w.invokes, c)
	w.open++
	w.most = max(w.most, w.open)
	f := w.functions[name]
	switch {
	case f != nil:
	case c.Resource.Kind == dag.ChildResource:
		f = func(input value.Value) (value.Value, *dag.Failure, time.Duration) {
			return w.child(tb, c.Resource.Name, input)
		}
	default:
		f = fails("Lambda.ResourceNotFoundException", 0)
	}
	output, failure, took := f(c.Input)
	var all []pending
	if c.Resource.Kind == dag.ActivityResource && !w.idle {
		all = append(all, pending{w.now, dag.Heartbeat{Activation: c.Activation, Attempt: c.Attempt}})
	}
	for at := w.beat; w.beat > 0 && at < took; at += w.beat {
		all = append(all, pending{w.now.Add(at), dag.Heartbeat{Activation: c.Activation, Attempt: c.Attempt}})
	}
	end := pending{w.now.Add(took), dag.Succeeded{Activation: c.Activation, Attempt: c.Attempt, Output: output}}
	if failure != nil {
		end.event = dag.Failed{Activation: c.Activation, Attempt: c.Attempt, Failure: *failure}
	}
	return append(all, end)
}

// child executes the body of a distributed Map for one item.
func (w *world) child(tb testing.TB, name string, input value.Value) (value.Value, *dag.Failure, time.Duration) {
	tb.Helper()
	began := w.now
	w.depth++
	o := w.execute(tb, dag.Find(w.graph, name).Body, input)
	w.depth--
	took := w.now.Sub(began)
	w.now = began
	return o.Output, o.Failure, took
}

// fails is a function that fails after a while.
func fails(name string, took time.Duration) behaviour {
	return func(value.Value) (value.Value, *dag.Failure, time.Duration) {
		return value.Value{}, &dag.Failure{Error: name, Cause: "because"}, took
	}
}

// echo answers with its input, list with an array of it, slow with it after an
// hour.
func echo(v value.Value) (value.Value, *dag.Failure, time.Duration) { return v, nil, 0 }
func list(v value.Value) (value.Value, *dag.Failure, time.Duration) { return value.OfArray(v), nil, 0 }
func slow(v value.Value) (value.Value, *dag.Failure, time.Duration) { return v, nil, time.Hour }

// answers is a function that always answers the same.
func answers(tb testing.TB, text string) behaviour {
	tb.Helper()
	v := parse(tb, text)
	return func(value.Value) (value.Value, *dag.Failure, time.Duration) { return v, nil, 0 }
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
	g, err := asl.Compile(definition, w.options)
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

// checkEnd compares how an execution ended with what a table says: the output,
// "!" and the error's name, or the same with the cause behind a blank, without
// what names the state and the event.
func checkEnd(tb testing.TB, name string, o dag.Outcome, want string) {
	tb.Helper()
	got := ended(o)
	if _, _, worded := strings.Cut(want, " "); worded && strings.HasPrefix(want, "!") && o.Failure != nil {
		cause := o.Failure.Cause
		if strings.HasPrefix(cause, "An error occurred while executing the state '") {
			_, cause, _ = strings.Cut(cause, "). ")
		}
		got += " " + cause
	}
	if got != want {
		tb.Errorf("%s:\n got %s %+v\nwant %s", name, got, o.Failure, want)
	}
}

// codes lists the codes of all problems of a definition.
func codes(text string, options asl.Options) string {
	var all []string
	for _, p := range asl.Validate(text, options) {
		all = append(all, p.Code)
	}
	return strings.Join(all, " ")
}

// maxPayload is AWS's limit of what a state may pass on, in bytes.
const maxPayload = 262_144
