package teststate

import (
	"fmt"
	"strings"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/internal/fault"
)

// bench makes the graph in which the state is tested: a state that sets the
// variables, the state itself, and an end for each state that it leads to.
func (t *trial) bench() (*dag.Graph, error) {
	s := t.specimen.State
	t.substitute(s)
	s.In = t.repeat(s.In)
	g := &dag.Graph{Start: s.Name, States: []*dag.State{s}, Limits: dag.Limits{Transitions: boundless, Entries: boundless}}
	if t.request.Variables.Len() > 0 {
		g.Start = t.place("")
		g.States = append(g.States, &dag.State{Name: g.Start, Kind: dag.Pass, Next: s.Name, Assign: t.variables})
	}
	ends := map[string]bool{"": true}
	end := func(target string) string {
		if target == "" {
			return ""
		}
		if !ends[target] {
			ends[target] = true
			g.States = append(g.States, &dag.State{Name: t.place(target), Kind: dag.Succeed})
		}
		return t.place(target)
	}
	s.Next, s.Default = end(s.Next), end(s.Default)
	for i := range s.Cases {
		s.Cases[i].Next = end(s.Cases[i].Next)
	}
	for i := range s.Catch {
		s.Catch[i].Next = end(s.Catch[i].Next)
	}
	if err := dag.Validate(g); err != nil {
		return nil, fmt.Errorf("making the graph of a state: %w", err)
	}
	return g, nil
}

// boundless is more than what a Map over the largest input needs.
const boundless = 1 << 30

// place names a state of the bench. No state of the definition bears the name,
// since it is longer than that of the tested one and begins with it.
func (t *trial) place(target string) string { return t.name + "\x00" + target }

// following is the name of a state that the tested one leads to.
func (t *trial) following(place string) string {
	_, target, _ := strings.Cut(place, "\x00")
	return target
}

func (t *trial) variables(*dag.Scope) ([]dag.Binding, *dag.Failure) {
	var all []dag.Binding
	for name, v := range t.request.Variables.Members() {
		all = append(all, dag.Binding{Name: name, Value: v})
	}
	return all, nil
}

// repeat lets every attempt but the first fail as the first one did. It would
// anyway, since nothing has changed; and a call is made once.
func (t *trial) repeat(in dag.Shape) dag.Shape {
	return func(d *dag.Scope) (value.Value, *dag.Failure) {
		if t.failed != nil {
			return value.Value{}, t.failed
		}
		return in(d)
	}
}

// substitute lets one call stand for the work of a Parallel or a Map, so that
// the mock answers it. A Parallel becomes a Task. The items of a Map are read,
// counted and shaped as ever, but each is a call, and the result is what a
// writer answers. What nothing will call need not be known: a placeholder.
func (t *trial) substitute(s *dag.State) {
	switch s.Kind {
	case dag.Parallel:
		s.Kind, s.Branches = dag.Task, nil
		s.Resource = dag.Resource{Kind: dag.ServiceResource}
	case dag.Map:
		s.Children, s.Receive = dag.ExpressChildren, nil
		s.Body = &dag.Graph{Start: "item", States: []*dag.State{{Name: "item", Kind: dag.Succeed}}}
		if s.Write == nil {
			s.Write = &dag.Work{Resource: dag.Resource{Kind: dag.WriterResource}}
		}
	case dag.Task:
		if s.Resource.Name == "" && s.Target == nil {
			s.Resource = dag.Resource{Kind: dag.ServiceResource}
		}
	case dag.Pass, dag.Choice, dag.Wait, dag.Succeed, dag.Fail:
	}
}

// reply answers a call that the state makes.
func (t *trial) reply(c dag.Invoke) (dag.Event, error) {
	succeeded := dag.Succeeded{Activation: c.Activation, Attempt: c.Attempt, Whole: true}
	failed := dag.Failed{Activation: c.Activation, Attempt: c.Attempt}
	mock := t.request.Mock
	switch {
	case c.Resource.Kind == dag.ChildResource:
		if t.falls() {
			failed.Failure = dag.Failure{Error: "States.TaskFailed"}
			return failed, nil
		}
		succeeded.Output = value.NullValue
		return succeeded, nil
	case c.Resource.Kind == dag.ReaderResource:
		items, failure := t.read(c.Input.Get("ReaderConfig"))
		if failure != nil {
			failed.Failure = *failure
			return failed, nil
		}
		succeeded.Output = items
		return succeeded, nil
	case mock == nil:
		return t.call(c)
	case mock.Failure != nil:
		failed.Failure = *mock.Failure
		return failed, nil
	}
	succeeded.Output = mock.Result
	return succeeded, nil
}

// falls tells whether the next item of the Map is one that has failed. AWS
// counts failures only where the Map says how many it tolerates, and a mocked
// error is what the Map fails with, whatever the count.
func (t *trial) falls() bool {
	if !t.specimen.Tolerates || t.request.Mock.Failure != nil || t.fallen >= t.request.Configuration.MapIterationFailureCount {
		return false
	}
	t.fallen++
	return true
}

// call performs the call of a function.
func (t *trial) call(c dag.Invoke) (dag.Event, error) {
	switch {
	case c.Resource.Kind != dag.FunctionResource || c.Resource.Pattern != dag.Respond:
		return nil, fault.New(fault.Invalid, "mock_required", "only functions are called by a test, and only for their answer: this Task needs a mock").
			WithHint("give a mocked result, or a mocked error")
	case t.options.Call == nil:
		return nil, fault.New(fault.Invalid, CodeCall, "the Task calls the function %q: it needs a mock, or a node that calls it", c.Resource.Name)
	}
	output, failure, err := t.options.Call(c)
	switch {
	case err != nil:
		return nil, err
	case failure != nil:
		return dag.Failed{Activation: c.Activation, Attempt: c.Attempt, Failure: *failure}, nil
	}
	return dag.Succeeded{Activation: c.Activation, Attempt: c.Attempt, Output: output}, nil
}
