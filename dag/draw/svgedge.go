package draw

import (
	"fmt"
	"strconv"
	"strings"
)

// The measures of lines, in pixels.
const (
	bendRadius = 8
	arrowLong  = 9
	arrowWide  = 5
)

// edge draws the line of an edge, up to where an earlier one goes on.
func (s *svg) edge(e *Edge) {
	class := "edge"
	if e.Kind == Catch {
		class += " catch"
	}
	points := e.Points
	if len(points) < 2 {
		return
	}
	if e.Shared > 1 {
		points = s.cut(points, e.Shared)
	}
	s.printf("<path class=\"%s\" d=\"%s\"/>\n", class, s.line(points, e.Shared <= 1))
	if e.Shared <= 1 {
		s.arrow(class, points[len(points)-2], points[len(points)-1])
	}
	if e.Back {
		s.chevron(e, points)
	}
}

// chevron shows which way a loop goes, on its longest piece that goes back.
func (s *svg) chevron(e *Edge, points []Point) {
	const least = 70
	longest, at := least, Point{}
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		back := a.X - b.X
		if s.down {
			back = a.Y - b.Y
		}
		if back > longest {
			longest, at = back, Point{(a.X + b.X) / 2, (a.Y + b.Y) / 2}
		}
	}
	switch near := 16; {
	case longest == least:
	case e.At != nil && touching(*e.At, Rect{at.X - near, at.Y - near, 2 * near, 2 * near}):
	case s.down:
		s.printf("<path class=\"edge way\" d=\"M%d %dl-5 6M%d %dl5 6\"/>\n", at.X, at.Y, at.X, at.Y)
	default:
		s.printf("<path class=\"edge way\" d=\"M%d %dl6 -5M%d %dl6 5\"/>\n", at.X, at.Y, at.X, at.Y)
	}
}

// touching tells whether two places have a point in common.
func touching(a, b Rect) bool {
	return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
}

// cut leaves out what an earlier edge has drawn, save a little: there either may bend.
func (s *svg) cut(points []Point, shared int) []Point {
	end := len(points) - shared // the index of the point where they meet
	out := append([]Point(nil), points[:end+1]...)
	return append(out, towards(points[end], points[end+1], bendRadius))
}

// towards goes at most so far from a to b.
func towards(a, b Point, most int) Point {
	step := func(from, to int) int { return from + max(-most, min(most, to-from)) }
	return Point{step(a.X, b.X), step(a.Y, b.Y)}
}

// line writes a path through points, with round bends. Before an arrow it ends
// a little early.
func (s *svg) line(points []Point, arrow bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "M%d %d", points[0].X, points[0].Y)
	for i := 1; i < len(points); i++ {
		a, at := points[i-1], points[i]
		if a.X != at.X && a.Y != at.Y { // slants
			if s.down {
				mid := (a.Y + at.Y) / 2
				fmt.Fprintf(&b, "C%d %d %d %d %d %d", a.X, mid, at.X, mid, at.X, at.Y)
			} else {
				mid := (a.X + at.X) / 2
				fmt.Fprintf(&b, "C%d %d %d %d %d %d", mid, a.Y, mid, at.Y, at.X, at.Y)
			}
			continue
		}
		if i == len(points)-1 {
			if arrow {
				at = towards(at, a, arrowLong-2)
			}
			fmt.Fprintf(&b, "L%d %d", at.X, at.Y)
			continue
		}
		next := points[i+1]
		if inLine(a, at, next) || at.X != next.X && at.Y != next.Y {
			fmt.Fprintf(&b, "L%d %d", at.X, at.Y)
			continue
		}
		r := min(bendRadius, far(a, at)/2, far(at, next)/2)
		from, to := towards(at, a, r), towards(at, next, r)
		fmt.Fprintf(&b, "L%d %dQ%d %d %d %d", from.X, from.Y, at.X, at.Y, to.X, to.Y)
	}
	return b.String()
}

// far is the distance of two points along or across.
func far(a, b Point) int { return max(a.X-b.X, b.X-a.X) + max(a.Y-b.Y, b.Y-a.Y) }

// arrow draws the point of an arrow that comes from a and ends at b.
func (s *svg) arrow(class string, a, b Point) {
	x, y := 0, 0 // where it comes from
	switch {
	case a.Y < b.Y && (a.X == b.X || s.down):
		y = -1
	case a.Y > b.Y && (a.X == b.X || s.down):
		y = 1
	case a.X < b.X:
		x = -1
	default:
		x = 1
	}
	s.printf("<path class=\"%s tip\" d=\"M%d %dL%d %dL%d %dZ\"/>\n", class, b.X, b.Y,
		b.X+x*arrowLong+y*arrowWide, b.Y+y*arrowLong+x*arrowWide, b.X+x*arrowLong-y*arrowWide, b.Y+y*arrowLong-x*arrowWide)
}

// label draws the label of an edge, on the line.
func (s *svg) label(e *Edge) {
	if e.At == nil || e.Label == "" {
		return
	}
	class := "label"
	if e.Kind == Catch {
		class += " catch"
	}
	s.printf("<g class=\"%s\">", class)
	if e.Label != e.Text {
		s.printf("<title>%s</title>", escape(e.Text))
	}
	s.printf("<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\"/>", e.At.X, e.At.Y, e.At.W, e.At.H, e.At.H/2)
	s.text("on", e.At.X+e.At.W/2, e.At.Y+e.At.H/2+4, e.Label)
	s.printf("</g>\n")
}

func number(n int) string { return strconv.Itoa(n) }
