package draw

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/serverledge/serverledge/dag"
)

// level is one level of a graph with what is inside its boxes.
type level struct {
	plan plan
	// boxes are the marks and states, as the plan's first nodes; inside are the
	// levels that each contains.
	boxes  []Box
	inside [][]*inner
	// edges say what the plan's links are.
	edges []Edge
}

// inner is a level inside a container, and the place of its upper left corner
// there. A branch has a frame, of the size w and h; others have none.
type inner struct {
	*level
	path       string
	x, y, w, h int
}

// boxesAtMost bounds a picture. Containers beyond are drawn without what is in
// them: a graph may contain the same level many times, and be huge though its
// definition is small.
const boxesAtMost = 50_000

// builder makes levels of graphs.
type builder struct {
	face      face
	gauge     gauge
	direction Direction
	mark      func(path string) Mark
	depth     int // of the level that is made
	left      int // how many boxes may still be drawn
	givenUp   bool
}

// level makes and lays out a level. The path leads to it.
func (b *builder) level(path string, g *dag.Graph, top bool) *level {
	v := &level{}
	v.plan.gauge, v.plan.first = b.gauge, -1
	b.left -= len(g.States)
	machine := g.Start != ""
	marks := machine && (top || !isChain(g))
	index := make(map[string]int, len(g.States))
	if marks {
		v.add(Box{Kind: Start, Title: title(top, "Start")})
	}
	for _, s := range g.States {
		index[s.Name] = len(v.boxes)
		v.add(b.state(path, s))
	}
	end := -1
	if marks && slices.ContainsFunc(g.States, ends) {
		end = len(v.boxes)
		v.add(Box{Kind: End, Title: title(top, "End")})
	}
	if start, ok := index[g.Start]; ok && machine {
		v.plan.first = start
		if marks {
			v.connect(0, start, Next, nil)
		}
	}
	for _, s := range g.States {
		if machine {
			v.machine(s, index, end)
		} else {
			v.dataflow(g, s, index)
		}
	}
	v.inside = make([][]*inner, len(v.boxes))
	for _, s := range g.States {
		b.fill(v, index[s.Name], s)
	}
	b.measure(v)
	v.plan.arrange()
	b.givenUp = b.givenUp || v.plan.givenUp
	return v
}

// title is that of a mark: only those of the whole graph have one.
func title(top bool, text string) string {
	if top {
		return text
	}
	return ""
}

// isChain tells whether a machine is one way from its first state through all
// others: that needs no marks.
func isChain(g *dag.Graph) bool {
	next := make(map[string]string, len(g.States))
	for _, s := range g.States {
		if len(s.Cases) > 0 || len(s.Catch) > 0 || s.Default != "" {
			return false
		}
		next[s.Name] = s.Next
	}
	at, seen := g.Start, 0
	for ; at != "" && seen <= len(g.States); seen++ {
		at = next[at]
	}
	return seen == len(g.States)
}

// ends tells whether a level ends with a state that does not show it itself.
func ends(s *dag.State) bool {
	return s.Next == "" && s.Kind != dag.Choice && s.Kind != dag.Succeed && s.Kind != dag.Fail
}

func (v *level) add(box Box) {
	v.boxes = append(v.boxes, box)
}

// connect adds an edge, or another text to the edge of that kind.
func (v *level) connect(from, to int, kind EdgeKind, texts []string) {
	for i := range v.edges {
		if e := &v.edges[len(v.edges)-1-i]; e.From != from {
			break
		} else if e.To == to && e.Kind == kind {
			e.Text = strings.Join(append([]string{e.Text}, texts...), ", ")
			return
		}
	}
	v.edges = append(v.edges, Edge{From: from, To: to, Kind: kind, Text: strings.Join(texts, ", ")})
}

// machine adds the edges that leave a state of a machine.
func (v *level) machine(s *dag.State, index map[string]int, end int) {
	from := index[s.Name]
	to := func(name string, kind EdgeKind, texts ...string) {
		if i, ok := index[name]; ok {
			v.connect(from, i, kind, texts)
		}
	}
	to(s.Next, Next)
	for i := range s.Cases {
		to(s.Cases[i].Next, Rule, ruleText(s, i))
	}
	to(s.Default, Default, "default")
	for i := range s.Catch {
		to(s.Catch[i].Next, Catch, s.Catch[i].Errors...)
	}
	if ends(s) && end >= 0 {
		v.connect(from, end, Next, nil)
	}
}

func ruleText(s *dag.State, i int) string {
	if text := s.Cases[i].Label; text != "" {
		return text
	}
	return "rule " + strconv.Itoa(i+1)
}

// dataflow adds the edges that lead to a state of a dataflow graph. What a
// state needs may lead to it by a rule or a failure only.
func (v *level) dataflow(g *dag.Graph, s *dag.State, index map[string]int) {
	to := index[s.Name]
	for _, need := range s.Needs {
		from, ok := index[need]
		if !ok {
			continue
		}
		way := false
		other := g.States[from]
		for i := range other.Cases {
			if other.Cases[i].Next == s.Name {
				v.connect(from, to, Rule, []string{ruleText(other, i)})
				way = true
			}
		}
		if other.Default == s.Name {
			v.connect(from, to, Default, []string{"default"})
			way = true
		}
		for i := range other.Catch {
			if other.Catch[i].Next == s.Name {
				v.connect(from, to, Catch, other.Catch[i].Errors)
				way = true
			}
		}
		if !way {
			v.connect(from, to, Need, nil)
		}
	}
}

// branchPath leads to a level inside a state.
func branchPath(path string, i int) string { return fmt.Sprintf("%s/Branches[%d]", path, i) }
