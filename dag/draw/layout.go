package draw

import "github.com/serverledge/serverledge/dag"

// Layout finds the places of all that a graph consists of. The graph must have
// been accepted by dag.Validate. Equal graphs and options give equal diagrams.
func Layout(g *dag.Graph, o Options) *Diagram {
	d, _ := layout(g, o, pixels{}, 0)
	return d
}

// layout is Layout with any face. It is not ok when the diagram would be wider
// than most, if that is not 0, or too crowded.
func layout(g *dag.Graph, o Options, f face, most int) (d *Diagram, ok bool) {
	if o.Direction != Right {
		o.Direction = Down
	}
	b := &builder{face: f, gauge: f.gauge(o.Direction), direction: o.Direction, mark: o.Mark, left: boxesAtMost}
	if o.Direction == Down {
		b.gauge.most = most
	}
	if most > 0 {
		b.gauge.row = min(b.gauge.row, most)
	}
	d = &Diagram{Direction: o.Direction, Boxes: []Box{}, Edges: []Edge{}}
	if g == nil || len(g.States) == 0 {
		return d, true
	}
	v := b.level("", g, true)
	if b.givenUp {
		return nil, false
	}
	m := b.gauge.margin
	b.emit(d, v, -1, m, m)
	w, h := b.turn(v.plan.w, v.plan.h)
	d.Width, d.Height = w+2*m, h+2*m
	return d, most == 0 || d.Width <= most
}

// turn changes across and along into width and height, or back.
func (b *builder) turn(x, y int) (int, int) {
	if b.direction == Right {
		return y, x
	}
	return x, y
}

// measure tells the plan the sizes of boxes and labels, and its links.
func (b *builder) measure(v *level) {
	p := &v.plan
	p.boxes = len(v.boxes)
	p.nodes = make([]node, len(v.boxes))
	for i := range v.boxes {
		box := &v.boxes[i]
		w, h := b.face.box(box)
		if box.Container {
			w, h = b.contain(v.inside[i], w)
		}
		box.W, box.H = w, h
		p.nodes[i].w, p.nodes[i].h = b.turn(w, h)
		p.nodes[i].half = b.gauge.half(p.nodes[i].w)
	}
	for i := range v.edges {
		e := &v.edges[i]
		l := link{from: e.From, to: e.To, main: e.Kind == Next}
		if e.Kind == Catch {
			l.style = dashed
		}
		if e.Text != "" {
			var w, h int
			e.Label, w, h = b.face.label(e.Text)
			l.labelW, l.labelH = b.turn(w, h)
		}
		p.links = append(p.links, l)
	}
}

// emit adds what is in a level to the diagram. The level's upper left corner is
// at x, y.
func (b *builder) emit(d *Diagram, v *level, parent, x, y int) {
	p := &v.plan
	first := len(d.Boxes)
	ids := make([]int, len(v.boxes))
	for i := range v.boxes {
		box, n := v.boxes[i], &p.nodes[i]
		box.ID, box.Parent = first+i, parent
		ids[i] = box.ID
		dx, dy := b.turn(n.x-n.left(), n.y)
		box.X, box.Y = x+dx, y+dy
		d.Boxes = append(d.Boxes, box)
	}
	for i := range v.edges {
		e, l := v.edges[i], &p.links[i]
		e.From, e.To, e.Back, e.Shared = ids[e.From], ids[e.To], l.back, l.shared
		for _, at := range l.points {
			dx, dy := b.turn(at.X, at.Y)
			e.Points = append(e.Points, Point{x + dx, y + dy})
		}
		if l.label >= 0 {
			n := &p.nodes[l.label]
			dx, dy := b.turn(n.x-n.left(), n.y)
			w, h := b.turn(n.w, n.h)
			e.At = &Rect{x + dx, y + dy, w, h}
		}
		d.Edges = append(d.Edges, e)
	}
	for i := range v.boxes {
		for _, in := range v.inside[i] {
			b.emitInner(d, in, d.Boxes[ids[i]])
		}
	}
}

// emitInner adds what is inside a container, in its frame if it has one.
func (b *builder) emitInner(d *Diagram, in *inner, around Box) {
	x, y, parent := around.X+in.x, around.Y+in.y, around.ID
	if around.Kind == Parallel {
		frame := Box{ID: len(d.Boxes), Parent: parent, Kind: Branch, Path: in.path, Container: true, Rect: Rect{x, y, in.w, in.h}}
		d.Boxes = append(d.Boxes, frame)
		parent = frame.ID
		w, h := b.turn(in.plan.w, in.plan.h)
		x, y = x+(in.w-w)/2, y+b.gauge.branch
		if b.direction == Right {
			x, y = frame.X+b.gauge.branch, frame.Y+(in.h-h)/2
		}
	}
	b.emit(d, in.level, parent, x, y)
}
