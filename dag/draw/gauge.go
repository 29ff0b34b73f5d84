package draw

// gauge holds the distances of a drawing.
type gauge struct {
	// Across the flow: between two boxes, between a box and a line, between two
	// lines. Lines closer than near are in each other's way.
	apart, beside, between, near int
	// Along the flow: from a box to the first bend, from one bend to the next,
	// from the last bend to the arrow's end or to a joint, and the shortest arrow
	// and line without a bend.
	leave, track, arrive, land, arrow, line int
	// Around everything; inside a container, whose title takes head, and the end
	// of which is foot away.
	margin, pad, head, foot int
	// Around a branch, between branches, and between rows of branches. A row is at
	// most row wide, or shape times as wide as the highest branch.
	branch, gutter, rows, row, shape int
	// thick is the width of a line.
	thick int
	// crowd is how many tracks a gap may have: beyond, its lines slant, which
	// takes slope more. Where lines cannot slant (slope is 0), the level is given
	// up.
	crowd, slope int
	// shift moves the exit for failures away from the middle of a box, at most.
	shift int
	// drop is how far from the start of a layer a label is, at most.
	drop int
	// most is how wide a level may be, or it is given up; 0 is no bound.
	most int
}

// half is where the middle of something w wide is.
func (g *gauge) half(w int) int { return (w - g.thick) / 2 }

// face knows the sizes of what is drawn.
type face interface {
	gauge(Direction) gauge
	// box sets the texts of a box that fit, and tells its size. Of a container
	// this is the least size of the title.
	box(b *Box) (w, h int)
	// label shortens the label of an edge, and tells its size.
	label(text string) (fits string, w, h int)
}
