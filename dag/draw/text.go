package draw

import (
	"github.com/serverledge/serverledge/dag"
)

// TextOptions say how Text draws.
type TextOptions struct {
	Options
	// Width is how many columns there are; 0 is no bound. A picture that needs
	// more becomes an outline.
	Width int
	// Plain uses only the letters of ASCII.
	Plain bool
}

// Pictures beyond these are outlines in any case.
const (
	columnsAtMost = 4_000
	cellsAtMost   = 20_000_000
)

// Text draws a graph with letters, for a terminal. Where it would be wider than
// it may, it lists the states and where they lead instead.
func Text(g *dag.Graph, o TextOptions) string {
	most := columnsAtMost
	if o.Width > 0 {
		most = min(most, o.Width)
	}
	f := cells{o.Plain}
	d, ok := layout(g, o.Options, f, most)
	if !ok || d.Width*d.Height > cellsAtMost {
		return outline(g, o)
	}
	t := &text{newCanvas(d.Width, d.Height, o.Plain), f, d.Direction != Right}
	for i := range d.Boxes {
		t.box(&d.Boxes[i])
	}
	for i := range d.Edges {
		t.edge(&d.Edges[i])
	}
	for i := range d.Edges {
		t.label(&d.Edges[i])
		t.tip(&d.Edges[i])
	}
	return t.String()
}

type text struct {
	*canvas
	face cells
	down bool
}

// letter chooses between a letter and its stand-in of ASCII.
func (t *text) letter(fine, plain rune) string {
	if t.plain {
		return string(plain)
	}
	return string(fine)
}

func (t *text) box(b *Box) {
	switch {
	case b.Kind == Branch:
	case b.Kind == Start:
		t.text(b.X, b.Y, t.letter('●', 'o'))
	case b.Kind == End:
		t.text(b.X, b.Y, t.letter('◉', '@'))
	case b.Container:
		t.rect(b.Rect, doubleLine)
		t.text(b.X+2, b.Y, " "+t.face.heading(b)+" ")
	default:
		t.rect(b.Rect, thinLine)
		t.text(b.X+2, b.Y+1, b.Title)
		t.text(b.X+2, b.Y+2, b.Subtitle)
		marks := t.face.badges(b)
		t.text(b.X+b.W-2-columns(marks), b.Y+2, marks)
	}
}

// cellsOf turns the points of an edge into cells: it begins in the border of
// its box, and ends in front of the other.
func (t *text) cellsOf(e *Edge) []Point {
	before := func(p Point) Point {
		if t.down {
			return Point{p.X, p.Y - 1}
		}
		return Point{p.X - 1, p.Y}
	}
	last := len(e.Points) - 1
	out := append([]Point{before(e.Points[0])}, e.Points[:last]...)
	return append(out, before(e.Points[last]))
}

func (t *text) edge(e *Edge) {
	l := thinLine
	if e.Kind == Catch {
		l = brokenLine
	}
	points := t.cellsOf(e)
	end := len(points) - max(1, e.Shared) // an earlier edge has drawn the rest
	for i := 1; i <= end; i++ {
		t.line(points[i-1], points[i], l, false)
		if i+1 < len(points) && !inLine(points[i-1], points[i], points[i+1]) {
			t.at(points[i].X, points[i].Y).bends = true
		}
	}
}

// tip draws the arrow at the end of an edge, and one on the way of a loop.
func (t *text) tip(e *Edge) {
	points := t.cellsOf(e)
	end := points[len(points)-1]
	if t.down {
		t.text(end.X, end.Y, t.letter('▼', 'v'))
	} else {
		t.text(end.X, end.Y, t.letter('▶', '>'))
	}
	if !e.Back || e.Shared > 2 {
		return
	}
	// in the middle of the longest piece that goes back
	longest, at := 2, Point{}
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		if back := a.Y - b.Y; t.down && back > longest {
			longest, at = back, Point{a.X, (a.Y + b.Y) / 2}
		}
		if back := a.X - b.X; !t.down && back > longest {
			longest, at = back, Point{(a.X + b.X) / 2, a.Y}
		}
	}
	if c := t.at(at.X, at.Y); longest > 2 && c.letter == 0 && (c.ways == up|down || c.ways == left|right) {
		if t.down {
			t.text(at.X, at.Y, t.letter('▲', '^'))
		} else {
			t.text(at.X, at.Y, t.letter('◀', '<'))
		}
	}
}

func (t *text) label(e *Edge) {
	if e.At != nil {
		t.text(e.At.X, e.At.Y, " "+e.Label+" ")
	}
}
