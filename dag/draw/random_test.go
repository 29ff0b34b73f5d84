package draw

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/serverledge/serverledge/dag"
)

func always(*dag.Scope) (bool, *dag.Failure)     { return true, nil }
func never(*dag.Scope) (time.Time, *dag.Failure) { return time.Time{}, nil }

// random makes the graph of a seed.
func random(tb testing.TB, seed uint64) *dag.Graph {
	tb.Helper()
	m := &maker{Rand: rand.New(rand.NewPCG(seed, 1))}
	g := m.graph(3+int(seed%17), int(seed%4))
	if err := dag.Validate(g); err != nil {
		tb.Fatal(err)
	}
	return g
}

// maker makes random graphs that dag.Validate accepts.
type maker struct {
	*rand.Rand
	count int
}

// graph makes a machine or a dataflow graph of at most size states.
func (m *maker) graph(size, depth int) *dag.Graph {
	g := &dag.Graph{}
	for range 1 + m.IntN(size) {
		g.States = append(g.States, m.state(depth))
	}
	if m.IntN(3) == 0 {
		m.dataflow(g)
	} else {
		m.machine(g)
	}
	return g
}

func (m *maker) state(depth int) *dag.State {
	m.count++
	s := &dag.State{Name: fmt.Sprintf("s%d", m.count), Kind: dag.StateKind(m.IntN(8))}
	for m.IntN(4) == 0 {
		s.Name += " of a longer name"
	}
	if depth == 0 && s.Kind >= dag.Parallel {
		s.Kind = dag.Task
	}
	switch s.Kind {
	case dag.Task:
		s.Resource.Name = "function of " + s.Name
		if m.IntN(5) == 0 {
			s.Resource.Pattern = dag.Callback
		}
	case dag.Wait:
		s.Until = never
	case dag.Parallel:
		for range 1 + m.IntN(4) {
			s.Branches = append(s.Branches, m.graph(4, depth-1))
		}
	case dag.Map:
		s.Body, s.Width = m.graph(5, depth-1), m.IntN(3)
		if m.IntN(3) == 0 {
			s.Children = dag.StandardChildren
		}
	case dag.Pass, dag.Choice, dag.Succeed, dag.Fail:
	}
	if fallible(s) && m.IntN(4) == 0 {
		s.Retry = []dag.Retry{{Errors: []string{dag.ErrorAll}, MaxAttempts: m.IntN(9)}}
	}
	return s
}

func fallible(s *dag.State) bool { return s.Kind == dag.Task || s.Kind >= dag.Parallel }

// machine lets the states follow each other, with jumps here and there.
func (m *maker) machine(g *dag.Graph) {
	anywhere := func() string { return g.States[m.IntN(len(g.States))].Name }
	g.Start = g.States[0].Name
	for i, s := range g.States {
		switch {
		case s.Kind == dag.Choice:
			for range 1 + m.IntN(4) {
				s.Cases = append(s.Cases, dag.Case{When: always, Next: anywhere(), Label: []string{"", "$.x > 5"}[m.IntN(2)]})
			}
			if m.IntN(2) == 0 {
				s.Default = anywhere()
			}
			continue
		case s.Kind == dag.Succeed || s.Kind == dag.Fail:
			continue
		case m.IntN(6) == 0:
			s.Next = anywhere()
		case i+1 < len(g.States):
			s.Next = g.States[i+1].Name
		}
		if fallible(s) && m.IntN(4) == 0 {
			for range 1 + m.IntN(2) {
				s.Catch = append(s.Catch, dag.Catch{Errors: []string{"States.Timeout", "Other"}[:1+m.IntN(2)], Next: anywhere()})
			}
		}
	}
}

// dataflow lets states need earlier ones.
func (m *maker) dataflow(g *dag.Graph) {
	for i, s := range g.States {
		for j := range i {
			before := g.States[j]
			switch {
			case m.IntN(4) > 0:
				continue
			case before.Kind == dag.Choice:
				before.Cases = append(before.Cases, dag.Case{When: always, Next: s.Name})
			case fallible(before) && m.IntN(6) == 0:
				before.Catch = append(before.Catch, dag.Catch{Errors: []string{dag.ErrorAll}, Next: s.Name})
			}
			s.Needs = append(s.Needs, before.Name)
		}
		if len(s.Needs) > 0 && m.IntN(3) == 0 {
			s.When, s.JoinAny = always, m.IntN(2) == 0
		}
	}
	for _, s := range g.States {
		if s.Kind == dag.Choice && len(s.Cases) == 0 {
			s.Kind, s.Resource.Name = dag.Task, "f"
		}
	}
}
