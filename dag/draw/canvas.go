package draw

import "strings"

// canvas is a picture of letters: lines that know where they go, and texts over
// them.
type canvas struct {
	w, h  int
	cells []cell
	plain bool // only ASCII
}

// cell is one place of a canvas.
type cell struct {
	letter rune // 0: the lines show
	// ways are the directions in which lines leave the cell; bends tells that a
	// line bends here, so that lines which do not merely cross.
	ways  uint8
	bends bool
	// The look of what goes up and down, and of what goes left and right.
	upright, level look
	box            bool // a border
	// rest is the second half of a wide letter, accents are thin ones.
	rest    bool
	accents string
}

// The directions.
const (
	up    = 1
	right = 2
	down  = 4
	left  = 8
)

// look is how a line looks.
type look uint8

const (
	thinLine look = iota
	brokenLine
	doubleLine
)

func newCanvas(w, h int, plain bool) *canvas {
	return &canvas{w: w, h: h, cells: make([]cell, w*h), plain: plain}
}

// at returns a cell; outside it returns one that nobody sees.
func (c *canvas) at(x, y int) *cell {
	if x < 0 || y < 0 || x >= c.w || y >= c.h {
		return &cell{}
	}
	return &c.cells[y*c.w+x]
}

// line draws from a cell to another of the same row or column, both included.
func (c *canvas) line(a, b Point, l look, box bool) {
	if a.X != b.X && a.Y != b.Y {
		return
	}
	step := towards(a, b, 1)
	dx, dy := step.X-a.X, step.Y-a.Y
	out, in := uint8(right), uint8(left)
	switch {
	case dx < 0:
		out, in = left, right
	case dy > 0:
		out, in = down, up
	case dy < 0:
		out, in = up, down
	}
	for p := a; p != b; {
		c.add(p, out, l, box)
		p = Point{p.X + dx, p.Y + dy}
		c.add(p, in, l, box)
	}
}

func (c *canvas) add(p Point, way uint8, l look, box bool) {
	at := c.at(p.X, p.Y)
	at.box = at.box || box
	switch old := &at.level; {
	case way&(up|down) != 0 && (at.ways&(up|down) == 0 || l < at.upright):
		at.upright = l
	case way&(left|right) != 0 && (at.ways&(left|right) == 0 || l < *old):
		*old = l
	}
	at.ways |= way
}

// rect draws a border.
func (c *canvas) rect(r Rect, l look) {
	x, y := r.X+r.W-1, r.Y+r.H-1
	c.line(Point{r.X, r.Y}, Point{x, r.Y}, l, true)
	c.line(Point{x, r.Y}, Point{x, y}, l, true)
	c.line(Point{r.X, y}, Point{x, y}, l, true)
	c.line(Point{r.X, r.Y}, Point{r.X, y}, l, true)
}

// text writes a text from a cell on.
func (c *canvas) text(x, y int, s string) {
	for _, r := range s {
		if thin(r) {
			if x > 0 {
				c.at(x-1, y).accents += string(r)
			}
			continue
		}
		*c.at(x, y) = cell{letter: r}
		x++
		if wide(r) {
			c.at(x-1, y).rest = false
			*c.at(x, y) = cell{rest: true}
			x++
		}
	}
}

// String returns the picture, without blanks at the ends of the lines.
func (c *canvas) String() string {
	var b, line strings.Builder
	for y := range c.h {
		line.Reset()
		for x := range c.w {
			at := &c.cells[y*c.w+x]
			if at.rest {
				continue
			}
			r := at.letter
			if r == 0 {
				r = at.glyph(c.plain)
			}
			line.WriteRune(r)
			line.WriteString(at.accents)
		}
		b.WriteString(strings.TrimRight(line.String(), " "))
		b.WriteByte('\n')
	}
	return b.String()
}
