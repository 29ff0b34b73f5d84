package draw

import (
	"cmp"
	"slices"
)

// points puts together the points of a link, without those in the middle of a
// straight piece.
func (p *plan) points(l *link) []Point {
	var all []Point
	for _, i := range l.hops {
		all = append(all, p.hops[i].points...)
	}
	if l.trunk >= 0 {
		for r := p.trunks[l.trunk].rest[l.entry]; r != nil; r = r.next {
			all = append(all, r.Point)
		}
	}
	return straighten(all)
}

// rest is the rest of the way along a trunk: a point and what follows it. Links
// that share a trunk share these.
type rest struct {
	Point
	next *rest
}

// restOf finds, for each hop of a trunk, the way from its beginning to the end,
// without points in the middle of straight pieces.
func (p *plan) restOf(t *trunk) []*rest {
	out := make([]*rest, len(t.hops))
	var way *rest
	for i := len(t.hops) - 1; i >= 0; i-- {
		points := p.hops[t.hops[i]].points
		for _, at := range slices.Backward(points) {
			switch {
			case way != nil && way.Point == at:
			case way != nil && way.next != nil && inLine(at, way.Point, way.next.Point):
				way = &rest{at, way.next}
			default:
				way = &rest{at, way}
			}
		}
		out[i] = way
	}
	return out
}

// straighten takes out the points in the middle of straight pieces.
func straighten(all []Point) []Point {
	out := all[:0]
	for _, at := range all {
		for len(out) > 0 && out[len(out)-1] == at {
			out = out[:len(out)-1]
		}
		for len(out) > 1 && inLine(out[len(out)-2], out[len(out)-1], at) {
			out = out[:len(out)-1]
		}
		out = append(out, at)
	}
	return slices.Clip(out)
}

// inLine tells whether three points are on one line along or across.
func inLine(a, b, c Point) bool { return a.X == b.X && b.X == c.X || a.Y == b.Y && b.Y == c.Y }

// stretch is a piece of a line; the lines are kept apart by where they are.
type stretch struct{ from, to int }

// ink remembers what of the way to a box has been drawn.
type ink map[Point][]stretch

// line names the line that a piece is on, and the piece on it.
func inkLine(a, b Point) (line Point, s stretch, upright bool) {
	if a.X == b.X {
		return Point{a.X, -1}, stretch{min(a.Y, b.Y), max(a.Y, b.Y)}, true
	}
	return Point{-1, a.Y}, stretch{min(a.X, b.X), max(a.X, b.X)}, false
}

// add draws a piece.
func (k ink) add(a, b Point) {
	if a.X != b.X && a.Y != b.Y {
		return
	}
	line, s, _ := inkLine(a, b)
	list := append(k[line], s)
	slices.SortFunc(list, func(a, b stretch) int { return cmp.Compare(a.from, b.from) })
	out := list[:1]
	for _, next := range list[1:] {
		if last := &out[len(out)-1]; next.from <= last.to {
			last.to = max(last.to, next.to)
		} else {
			out = append(out, next)
		}
	}
	k[line] = out
}

// back follows what is drawn from b towards a, and returns where it ends.
func (k ink) back(a, b Point) Point {
	if a.X != b.X && a.Y != b.Y {
		return b
	}
	line, _, upright := inkLine(a, b)
	at, to := b.X, a.X
	if upright {
		at, to = b.Y, a.Y
	}
	for _, s := range k[line] {
		if s.from <= at && at <= s.to {
			if to < at {
				at = max(s.from, to)
			} else {
				at = min(s.to, to)
			}
			break
		}
	}
	if upright {
		return Point{b.X, at}
	}
	return Point{at, b.Y}
}

// share finds where each link meets an earlier one of the same style to the
// same box, and makes that a point.
func (p *plan) share() {
	type key struct {
		to    int
		style style
	}
	drawn := map[key]ink{}
	for i := range p.links {
		l := &p.links[i]
		k := drawn[key{l.to, l.style}]
		if k == nil {
			k = ink{}
			drawn[key{l.to, l.style}] = k
		}
		for at := len(l.points) - 1; at > 0; at-- {
			a, b := l.points[at-1], l.points[at]
			m := k.back(a, b)
			if m == b {
				break
			}
			l.shared = len(l.points) - at + 1
			if m != a {
				l.points = slices.Insert(l.points, at, m)
				break
			}
		}
		for at := 1; at < len(l.points); at++ {
			k.add(l.points[at-1], l.points[at])
		}
	}
}

// normalize moves everything so that it begins at 0.
func (p *plan) normalize() {
	lo, hi := 0, p.w
	for i := range p.links {
		for _, at := range p.links[i].points {
			lo, hi = min(lo, at.X), max(hi, at.X+p.gauge.thick)
		}
	}
	p.w = hi - lo
	for i := range p.nodes {
		p.nodes[i].x -= lo
	}
	for i := range p.links {
		for j := range p.links[i].points {
			p.links[i].points[j].X -= lo
		}
	}
}
