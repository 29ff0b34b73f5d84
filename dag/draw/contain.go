package draw

import (
	"fmt"

	"github.com/serverledge/serverledge/dag"
)

// fill makes the levels inside a state's box.
func (b *builder) fill(v *level, i int, s *dag.State) {
	graphs := s.Branches
	if s.Kind == dag.Map && s.Body != nil {
		graphs = []*dag.Graph{s.Body}
	}
	if len(graphs) == 0 {
		return
	}
	box := &v.boxes[i]
	count := 0
	for _, g := range graphs {
		count += len(g.States)
	}
	if count > b.left {
		box.Detail += fmt.Sprintf(" of %d states", count)
		return
	}
	box.Container = true
	b.depth++
	for k, g := range graphs {
		path := box.Path + "/Body"
		if s.Kind == dag.Parallel {
			path = branchPath(box.Path, k)
		}
		v.inside[i] = append(v.inside[i], &inner{level: b.level(path, g, false), path: path})
	}
	b.depth--
}

// contain places levels inside a container whose title takes a certain width,
// and tells the size of the container. Branches stand side by side across the
// flow, in rows that are not too wide for what they hold.
func (b *builder) contain(levels []*inner, title int) (w, h int) {
	g := &b.gauge
	pad, frame := g.pad, 0
	if len(levels) > 1 || levels[0].isBranch() {
		frame = g.branch
	}
	limit := g.row - 2*g.pad*b.depth
	for _, in := range levels {
		limit = max(limit, in.plan.w+2*frame, g.shape*in.plan.h)
	}
	across, along, rowAlong, most := 0, 0, 0, 0
	var row []*inner
	endRow := func() {
		for _, in := range row { // the frames of a row end together
			in.h = rowAlong
		}
		row, along = row[:0], along+rowAlong
	}
	for _, in := range levels {
		in.w, in.h = in.plan.w+2*frame, in.plan.h+2*frame
		if len(row) > 0 && across+g.gutter+in.w > limit {
			endRow()
			along, across, rowAlong = along+g.rows, 0, 0
		}
		if len(row) > 0 {
			across += g.gutter
		}
		in.x, in.y = across, along
		across += in.w
		most, rowAlong = max(most, across), max(rowAlong, in.h)
		row = append(row, in)
	}
	endRow()
	// from across and along to the picture, below the title
	w, h = b.turn(most, along)
	w, h = w+2*pad, h+g.foot+g.head
	left := pad
	if title > w {
		left, w = left+(title-w)/2, title
	}
	for _, in := range levels {
		in.x, in.y = b.turn(in.x, in.y)
		in.w, in.h = b.turn(in.w, in.h)
		in.x, in.y = in.x+left, in.y+g.head
	}
	return w, h
}

// isBranch tells whether a level is a branch of a Parallel.
func (in *inner) isBranch() bool { return in.path != "" && in.path[len(in.path)-1] == ']' }
