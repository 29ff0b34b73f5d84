package draw

import (
	"fmt"
	"strings"

	"github.com/serverledge/serverledge/dag"
)

// state makes the box of a state.
func (b *builder) state(path string, s *dag.State) Box {
	box := Box{
		Kind: kindOf(s.Kind), Path: strings.TrimPrefix(path+"/"+s.Name, "/"), Name: s.Name,
		Retries: retries(s), Guarded: s.When != nil, JoinAny: s.JoinAny, Callback: s.Kind == dag.Task && s.Resource.Pattern == dag.Callback,
		Distributed: s.Children != dag.Inline,
	}
	box.Detail = detail(s, box.Distributed)
	if b.mark != nil {
		box.Mark = b.mark(box.Path)
	}
	return box
}

func kindOf(k dag.StateKind) Kind {
	switch k {
	case dag.Task:
		return Task
	case dag.Pass:
		return Pass
	case dag.Choice:
		return Choice
	case dag.Wait:
		return Wait
	case dag.Succeed:
		return Succeed
	case dag.Fail:
		return Fail
	case dag.Parallel:
		return Parallel
	case dag.Map:
		return Map
	}
	return Task
}

// called names what a Task calls.
func called(s *dag.State) string {
	r := s.Resource
	name := r.Name
	if s.Target != nil {
		name = "computed"
	}
	switch r.Kind {
	case dag.ActivityResource:
		return "activity " + name
	case dag.WorkflowResource:
		return "workflow " + name
	case dag.HTTPResource:
		return "HTTP call"
	case dag.ServiceResource, dag.ReaderResource, dag.WriterResource:
		return r.Service + ":" + r.Action
	case dag.FunctionResource, dag.ChildResource:
	}
	if s.Target != nil {
		return "computed function"
	}
	return name
}

// retries is how often a state is tried again at most.
func retries(s *dag.State) int {
	most := 0
	for i := range s.Retry {
		most = max(most, s.Retry[i].MaxAttempts)
	}
	return most
}

// detail says what a state calls, or what it is.
func detail(s *dag.State, distributed bool) string {
	switch s.Kind {
	case dag.Task:
		return called(s)
	case dag.Pass:
		return "Pass"
	case dag.Choice:
		return "Choice"
	case dag.Wait:
		return "Wait"
	case dag.Succeed:
		return "Succeed"
	case dag.Fail:
		return "Fail"
	case dag.Parallel:
		return "Parallel"
	case dag.Map:
		text := "Map"
		if distributed {
			text = "Distributed map"
		}
		switch {
		case s.WidthFor != nil || s.Width == 0:
			return text
		case s.Width == 1:
			return text + ", one at a time"
		}
		return fmt.Sprintf("%s, %d at a time", text, s.Width)
	}
	return ""
}
