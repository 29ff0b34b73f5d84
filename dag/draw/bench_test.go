package draw

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/serverledge/serverledge/dag"
)

// chain is a machine of n states, each of which some jumps leave.
func chain(n, jumps int) *dag.Graph {
	r := rand.New(rand.NewPCG(1, 2))
	g := &dag.Graph{Start: "s0"}
	for i := range n {
		s := &dag.State{Name: "s" + strconv.Itoa(i), Resource: dag.Resource{Name: "f"}}
		if i+1 < n {
			s.Next = "s" + strconv.Itoa(i+1)
		}
		for range jumps {
			s.Catch = append(s.Catch, dag.Catch{Errors: []string{"E"}, Next: "s" + strconv.Itoa(r.IntN(n))})
		}
		g.States = append(g.States, s)
	}
	return g
}

// handler is a chain whose states all lead to the last one when they fail.
func handler(n int) *dag.Graph {
	g := chain(n, 0)
	for _, s := range g.States[:n-1] {
		s.Catch = []dag.Catch{{Errors: []string{dag.ErrorAll}, Next: g.States[n-1].Name}}
	}
	return g
}

// fan is a dataflow graph of layers of a width, in which each state needs needs
// of the layer before.
func fan(layers, width, needs int) *dag.Graph {
	r := rand.New(rand.NewPCG(1, 2))
	g := &dag.Graph{}
	for i := range layers {
		for k := range width {
			s := &dag.State{Name: fmt.Sprintf("s%d_%d", i, k), Resource: dag.Resource{Name: "f"}}
			seen := map[int]bool{}
			for range needs {
				if j := r.IntN(width); i > 0 && !seen[j] {
					seen[j] = true
					s.Needs = append(s.Needs, fmt.Sprintf("s%d_%d", i-1, j))
				}
			}
			g.States = append(g.States, s)
		}
	}
	return g
}

// nested is one state inside so many maps.
func nested(depth int) *dag.Graph {
	g := &dag.Graph{Start: "leaf", States: []*dag.State{{Name: "leaf", Resource: dag.Resource{Name: "f"}}}}
	for i := range depth {
		name := "level " + strconv.Itoa(depth-i)
		g = &dag.Graph{Start: name, States: []*dag.State{{Name: name, Kind: dag.Map, Body: g}}}
	}
	return g
}

// bushy is a tree of Parallels, depth deep.
func bushy(depth, branches int) *dag.Graph {
	name := "p" + strconv.Itoa(depth)
	s := &dag.State{Name: name, Resource: dag.Resource{Name: "f"}}
	if depth > 0 {
		s.Kind = dag.Parallel
		for range branches {
			s.Branches = append(s.Branches, bushy(depth-1, branches))
		}
	}
	return &dag.Graph{Start: name, States: []*dag.State{s}}
}

func BenchmarkLayout(b *testing.B) {
	for _, c := range []struct {
		name string
		g    *dag.Graph
	}{
		{"chain/5000", chain(5000, 0)},
		{"jumps/200", chain(200, 1)},
		{"jumps/5000", chain(5000, 1)},
		{"handler/5000", handler(5000)},
		{"wide/5000", fan(2, 2500, 1)},
		{"dense/100x50", fan(100, 50, 3)},
		{"dense/10x500", fan(10, 500, 3)},
		{"complete/2x500", fan(2, 500, 2000)},
		{"nested/10", nested(10)},
		{"bushy/6561", bushy(8, 3)},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				Layout(c.g, Options{})
			}
		})
	}
}

func BenchmarkScientific(b *testing.B) {
	for name, g := range scientific(b) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Layout(g, Options{})
			}
		})
	}
}
