package dag

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// MaxNesting is how deep the levels of a graph may nest.
const MaxNesting = 64

// GraphError is one fault in the structure of a graph.
type GraphError struct {
	// Path leads to the state: names and, for nested levels, Branches[i] or
	// Body, joined by slashes. It is empty for the graph itself.
	Path string
	// Code is stable: no_states, no_name, unknown_kind, duplicate_name,
	// unknown_state, misplaced, cycle, incomplete, bad_retry, bad_limit, too_deep.
	Code   string
	Detail string
}

func (e *GraphError) Error() string {
	if e.Path == "" {
		return e.Detail
	}
	return e.Path + ": " + e.Detail
}

// Validate checks the structure of a graph and makes it ready for executions.
// The error joins a *GraphError for every fault that was found. It must not
// run while an execution of the same graph does.
func Validate(g *Graph) error {
	c := &checker{deepest: map[*Graph]int{}}
	c.graph("", g, 0)
	if len(c.faults) == 0 {
		return nil
	}
	disown(g, map[*Graph]bool{})
	return errors.Join(c.faults...)
}

// disown takes the indexes away again, so that no faulty graph is executed.
func disown(g *Graph, seen map[*Graph]bool) {
	if g == nil || seen[g] {
		return
	}
	seen[g] = true
	g.index, g.after, g.roots = nil, nil, nil
	for _, s := range g.States {
		if s != nil {
			disown(s.Body, seen)
			for _, b := range s.Branches {
				disown(b, seen)
			}
		}
	}
}

type checker struct {
	faults  []error
	deepest map[*Graph]int // how deep each graph was found, and checked
}

func (c *checker) fault(path, code, format string, args ...any) {
	c.faults = append(c.faults, &GraphError{strings.TrimPrefix(path, "/"), code, fmt.Sprintf(format, args...)})
}

func (c *checker) graph(path string, g *Graph, depth int) {
	switch {
	case g == nil:
		c.fault(path, "incomplete", "there is no graph")
		return
	case len(g.States) == 0:
		c.fault(path, "no_states", "a graph needs at least one state")
		return
	case depth > MaxNesting:
		c.fault(path, "too_deep", "more than %d levels are nested", MaxNesting)
		return
	}
	if before, checked := c.deepest[g]; checked && depth <= before { // shared by several levels
		return
	}
	c.deepest[g] = depth
	if !c.names(path, g) {
		return
	}
	for _, s := range g.States {
		at := path + "/" + s.Name
		c.state(at, s, depth)
		if g.Start != "" {
			c.machine(at, g, s)
		} else {
			c.dataflow(at, g, s)
		}
	}
	if g.Start == "" {
		c.connect(path, g)
	} else if _, ok := g.index[g.Start]; !ok {
		c.fault(path, "unknown_state", "it starts with %q, which is no state of it", g.Start)
	}
}

// names indexes the states; without sound names there is nothing more to check.
func (c *checker) names(path string, g *Graph) bool {
	g.index = make(map[string]int, len(g.States))
	before := len(c.faults)
	for i, s := range g.States {
		switch {
		case s == nil:
			c.fault(path, "incomplete", "state %d is missing", i)
			continue
		case s.Name == "":
			c.fault(path, "no_name", "state %d has no name", i)
			continue
		}
		if _, taken := g.index[s.Name]; taken {
			c.fault(path+"/"+s.Name, "duplicate_name", "two states bear this name")
			continue
		}
		g.index[s.Name] = i
	}
	return len(c.faults) == before
}

// state checks what a state of its kind needs.
func (c *checker) state(at string, s *State, depth int) {
	switch s.Kind {
	case Task:
		if s.Resource.Name == "" && s.Target == nil && s.Resource.Kind <= WorkflowResource {
			c.fault(at, "incomplete", "a Task needs to know what it calls")
		}
		if s.Timeout < 0 || s.Heartbeat < 0 {
			c.fault(at, "bad_limit", "a timeout cannot be negative")
		}
	case Choice:
		if len(s.Cases) == 0 {
			c.fault(at, "incomplete", "a Choice needs cases")
		}
		for i := range s.Cases {
			if s.Cases[i].When == nil || s.Cases[i].Next == "" {
				c.fault(at, "incomplete", "case %d needs a condition and a next state", i)
			}
		}
	case Wait:
		if s.Until == nil {
			c.fault(at, "incomplete", "a Wait needs to know until when")
		}
	case Parallel:
		if len(s.Branches) == 0 {
			c.fault(at, "incomplete", "a Parallel needs branches")
		}
		for i, b := range s.Branches {
			c.graph(fmt.Sprintf("%s/Branches[%d]", at, i), b, depth+1)
		}
	case Map:
		if s.Body == nil {
			c.fault(at, "incomplete", "a Map needs a body")
		} else {
			c.graph(at+"/Body", s.Body, depth+1)
		}
		if s.Width < 0 {
			c.fault(at, "bad_limit", "a width cannot be negative")
		}
		c.children(at, s)
	case Pass, Succeed, Fail:
	default:
		c.fault(at, "unknown_kind", "there is no kind of state numbered %d", s.Kind)
	}
	c.handlers(at, s)
}

// children makes the one Task that runs an item of a distributed map.
func (c *checker) children(at string, s *State) {
	if s.Children == Inline {
		if s.Read != nil || s.Write != nil {
			c.fault(at, "misplaced", "only a distributed Map has a reader and a writer")
		}
		return
	}
	s.child = Single(s.Name)
	s.child.States[0].Resource = Resource{Kind: ChildResource, Name: s.Name, Express: s.Children == ExpressChildren}
}

func (c *checker) handlers(at string, s *State) {
	switch s.Kind {
	case Task, Parallel, Map:
	case Pass, Choice, Wait, Succeed, Fail:
		if len(s.Retry)+len(s.Catch) > 0 {
			c.fault(at, "misplaced", "only Task, Parallel and Map have Retry and Catch")
		}
	}
	for i := range s.Retry {
		r := &s.Retry[i]
		switch {
		case len(r.Errors) == 0:
			c.fault(at, "bad_retry", "retry %d names no error", i)
		case r.Interval < 0 || r.MaxDelay < 0 || r.MaxAttempts < 0:
			c.fault(at, "bad_retry", "retry %d has a negative number", i)
		case r.Backoff < 0 || math.IsNaN(r.Backoff) || math.IsInf(r.Backoff, 0):
			c.fault(at, "bad_retry", "retry %d has no usable backoff", i)
		}
	}
	for i := range s.Catch {
		if len(s.Catch[i].Errors) == 0 {
			c.fault(at, "bad_retry", "catch %d names no error", i)
		}
	}
}

// targets lists the states that a state may go on to, besides by Next.
func (s *State) targets() []string {
	var names []string
	for i := range s.Cases {
		names = append(names, s.Cases[i].Next)
	}
	names = append(names, s.Default)
	for i := range s.Catch {
		names = append(names, s.Catch[i].Next)
	}
	return names
}

func (c *checker) machine(at string, g *Graph, s *State) {
	for _, name := range append(s.targets(), s.Next) {
		if _, ok := g.index[name]; !ok && name != "" {
			c.fault(at, "unknown_state", "it leads to %q, which is no state of the same level", name)
		}
	}
	if len(s.Needs) > 0 || s.When != nil || s.JoinAny {
		c.fault(at, "misplaced", "a state of a machine has no Needs, When or JoinAny")
	}
}

func (c *checker) dataflow(at string, g *Graph, s *State) {
	seen := make(map[string]bool, len(s.Needs))
	for _, need := range s.Needs {
		if _, ok := g.index[need]; !ok {
			c.fault(at, "unknown_state", "it needs %q, which is no state of the same level", need)
		}
		if seen[need] {
			c.fault(at, "duplicate_name", "it needs %q twice", need)
		}
		seen[need] = true
	}
	if s.Next != "" {
		c.fault(at, "misplaced", "a state of a dataflow graph has no Next")
	}
	for _, name := range s.targets() {
		if name == "" {
			continue
		}
		i, ok := g.index[name]
		if !ok {
			c.fault(at, "unknown_state", "it leads to %q, which is no state of the same level", name)
			continue
		}
		if !slices.Contains(g.States[i].Needs, s.Name) {
			c.fault(at, "misplaced", "it leads to %q, which does not need it", name)
		}
	}
}

// connect finds the successors of each state of a dataflow graph, and the
// cycles: states that would wait for each other for ever.
func (c *checker) connect(path string, g *Graph) {
	g.after, g.roots = make([][]int, len(g.States)), nil
	missing := make([]int, len(g.States))
	for i, s := range g.States {
		for _, need := range s.Needs {
			if j, ok := g.index[need]; ok {
				g.after[j] = append(g.after[j], i)
				missing[i]++
			}
		}
		if missing[i] == 0 {
			g.roots = append(g.roots, i)
		}
	}
	ready := slices.Clone(g.roots)
	for at := 0; at < len(ready); at++ {
		for _, i := range g.after[ready[at]] {
			if missing[i]--; missing[i] == 0 {
				ready = append(ready, i)
			}
		}
	}
	if len(ready) == len(g.States) {
		return
	}
	var stuck []string
	for i, s := range g.States {
		if missing[i] > 0 {
			stuck = append(stuck, s.Name)
		}
	}
	c.fault(path, "cycle", "these states wait for each other: %s", strings.Join(stuck, ", "))
}
