package draw

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/serverledge/serverledge/dag"
)

// TestProperties holds pictures of many graphs to what every picture must be.
func TestProperties(t *testing.T) {
	t.Parallel()
	seeds := uint64(800)
	if testing.Short() {
		seeds = 150
	}
	for seed := range seeds {
		g := random(t, seed)
		for _, direction := range []Direction{Down, Right} {
			checkAll(t, fmt.Sprintf("seed %d, %s", seed, direction), g, Options{Direction: direction})
		}
		if t.Failed() {
			return
		}
	}
}

// checkAll checks the pictures of a graph in pixels and in cells.
func checkAll(t *testing.T, name string, g *dag.Graph, o Options) {
	t.Helper()
	d := Layout(g, o)
	checkDiagram(t, name+", pixels", d, false)
	if !reflect.DeepEqual(d, Layout(g, o)) {
		t.Errorf("%s: two layouts of one graph differ", name)
	}
	if d, ok := layout(g, o, cells{}, columnsAtMost); ok {
		checkDiagram(t, name+", cells", d, true)
	}
}

// checker checks a diagram.
type checker struct {
	*testing.T
	name  string
	d     *Diagram
	cells bool
	fails int
}

func (c *checker) failf(format string, args ...any) {
	c.Helper()
	if c.fails++; c.fails < 5 {
		c.Errorf("%s: "+format, append([]any{c.name}, args...)...)
	}
}

func checkDiagram(t *testing.T, name string, d *Diagram, inCells bool) {
	t.Helper()
	c := &checker{T: t, name: name, d: d, cells: inCells}
	children := map[int][]*Box{}
	for i := range d.Boxes {
		b := &d.Boxes[i]
		if b.ID != i || b.Parent >= i {
			c.failf("box %d has the id %d and the parent %d", i, b.ID, b.Parent)
		}
		children[b.Parent] = append(children[b.Parent], b)
		c.inside(b.Rect, b.Parent, "box "+b.Path)
	}
	for _, boxes := range children {
		c.apart(boxes)
	}
	for i := range d.Edges {
		c.edge(&d.Edges[i], children)
	}
	c.labels()
	c.overlaps()
	c.shared()
}

// inside checks that something lies inside its container, below the title.
func (c *checker) inside(r Rect, parent int, what string) {
	around := Rect{0, 0, c.d.Width, c.d.Height}
	if parent >= 0 {
		around = c.d.Boxes[parent].Rect
		if c.d.Boxes[parent].Kind != Branch {
			if c.cells {
				around = Rect{around.X + 1, around.Y + 1, around.W - 2, around.H - 2}
			} else {
				around.Y, around.H = around.Y+boxHeight, around.H-boxHeight
			}
		}
	}
	if r.X < around.X || r.Y < around.Y || r.X+r.W > around.X+around.W || r.Y+r.H > around.Y+around.H {
		c.failf("%s at %v is not inside %v", what, r, around)
	}
}

// apart checks that boxes of one level do not overlap.
func (c *checker) apart(boxes []*Box) {
	for i, a := range boxes {
		for _, b := range boxes[:i] {
			if touching(a.Rect, b.Rect) {
				c.failf("%q at %v overlaps %q at %v", a.Path, a.Rect, b.Path, b.Rect)
			}
		}
	}
}

// edge checks that an edge begins and ends at its boxes' borders, passes
// through no box and stays in its container.
func (c *checker) edge(e *Edge, children map[int][]*Box) {
	from, to := &c.d.Boxes[e.From], &c.d.Boxes[e.To]
	what := fmt.Sprintf("edge %q -> %q (%s)", from.Path, to.Path, e.Kind)
	if from.Parent != to.Parent {
		c.failf("%s crosses a border", what)
	}
	if len(e.Points) < 2 {
		c.failf("%s has the points %v", what, e.Points)
		return
	}
	first, last := e.Points[0], e.Points[len(e.Points)-1]
	begins := first.Y == from.Y+from.H && first.X >= from.X && first.X < from.X+from.W
	arrives := last.Y == to.Y && last.X >= to.X && last.X < to.X+to.W
	if c.d.Direction == Right {
		begins = first.X == from.X+from.W && first.Y >= from.Y && first.Y < from.Y+from.H
		arrives = last.X == to.X && last.Y >= to.Y && last.Y < to.Y+to.H
	}
	if !begins || !arrives {
		c.failf("%s runs %v, from %v to %v", what, e.Points, from.Rect, to.Rect)
	}
	for i := 1; i < len(e.Points); i++ {
		a, b := e.Points[i-1], e.Points[i]
		if c.cells && a.X != b.X && a.Y != b.Y {
			c.failf("%s slants from %v to %v", what, a, b)
		}
		piece := c.piece(a, b)
		for _, box := range children[from.Parent] {
			if !c.cells && touching(piece, box.Rect) || c.cells && c.covers(a, b, box.Rect) {
				c.failf("%s runs through %q at %v, from %v to %v", what, box.Path, box.Rect, a, b)
			}
		}
		c.inside(piece, from.Parent, what)
	}
	if e.At != nil {
		c.inside(*e.At, from.Parent, "label "+e.Text)
		on := false
		for i := 1; i < len(e.Points); i++ {
			a, b := e.Points[i-1], e.Points[i]
			on = on || touching(*e.At, c.piece(a, b))
		}
		if !on {
			c.failf("%s has its label at %v, off the line %v", what, *e.At, e.Points)
		}
	}
}

// piece is the place of a piece of an edge; a line of cells has a width.
func (c *checker) piece(a, b Point) Rect {
	r := Rect{min(a.X, b.X), min(a.Y, b.Y), max(a.X-b.X, b.X-a.X), max(a.Y-b.Y, b.Y-a.Y)}
	if c.cells {
		r.W, r.H = r.W+1, r.H+1
	}
	return r
}

// covers tells whether a piece of an edge takes a cell of a box, ends apart.
func (c *checker) covers(a, b Point, r Rect) bool {
	for at := a; at != b; at = towards(at, b, 1) {
		if at != a && touching(Rect{at.X, at.Y, 1, 1}, r) {
			return true
		}
	}
	return false
}

// labels checks that no label covers a box, another label or a foreign line.
func (c *checker) labels() {
	for i := range c.d.Edges {
		e := &c.d.Edges[i]
		if e.At == nil {
			continue
		}
		for j := range c.d.Boxes {
			if b := &c.d.Boxes[j]; !b.Container && touching(*e.At, b.Rect) {
				c.failf("label %q at %v covers %q at %v", e.Text, *e.At, b.Path, b.Rect)
			}
		}
		for j := range c.d.Edges {
			o := &c.d.Edges[j]
			if j < i && o.At != nil && touching(*e.At, *o.At) {
				c.failf("labels %q and %q cover each other", e.Text, o.Text)
			}
			if o.From == e.From && o.To == e.To || slanted(o) {
				continue
			}
			for k := 1; k < len(o.Points); k++ {
				a, b := o.Points[k-1], o.Points[k]
				if touching(*e.At, c.piece(a, b)) {
					c.failf("label %q at %v covers %q -> %q, %v to %v", e.Text, *e.At, c.d.Boxes[o.From].Path, c.d.Boxes[o.To].Path, a, b)
				}
			}
		}
	}
}

func slanted(e *Edge) bool {
	for i := 1; i < len(e.Points); i++ {
		if a, b := e.Points[i-1], e.Points[i]; a.X != b.X && a.Y != b.Y {
			return true
		}
	}
	return false
}

// overlaps checks that edges without a common end do not run over each other.
func (c *checker) overlaps() {
	type piece struct {
		stretch
		edge int
	}
	lines := map[Point][]piece{}
	for i := range c.d.Edges {
		points := c.d.Edges[i].Points
		for k := 1; k < len(points); k++ {
			if a, b := points[k-1], points[k]; a != b && (a.X == b.X || a.Y == b.Y) {
				line, s, _ := inkLine(a, b)
				lines[line] = append(lines[line], piece{s, i})
			}
		}
	}
	for _, pieces := range lines {
		for i, p := range pieces {
			for _, q := range pieces[:i] {
				a, b := &c.d.Edges[p.edge], &c.d.Edges[q.edge]
				if a.From != b.From && a.To != b.To && p.from < q.to && q.from < p.to {
					c.failf("edges %q -> %q and %q -> %q run over each other at %v", c.d.Boxes[a.From].Path, c.d.Boxes[a.To].Path,
						c.d.Boxes[b.From].Path, c.d.Boxes[b.To].Path, p)
				}
			}
		}
	}
}

// shared checks that an edge shares its last points with earlier ones to the
// same box.
func (c *checker) shared() {
	type key struct {
		to     int
		dashes bool
	}
	drawn := map[key]ink{}
	for i := range c.d.Edges {
		e := &c.d.Edges[i]
		k := key{e.To, e.Kind == Catch}
		if drawn[k] == nil {
			drawn[k] = ink{}
		}
		for at := len(e.Points) - 1; at > len(e.Points)-e.Shared; at-- {
			if a, b := e.Points[at-1], e.Points[at]; drawn[k].back(a, b) != a {
				c.failf("edge %d says that it shares %d of %v", i, e.Shared, e.Points)
			}
		}
		for at := 1; at < len(e.Points); at++ {
			drawn[k].add(e.Points[at-1], e.Points[at])
		}
	}
}
