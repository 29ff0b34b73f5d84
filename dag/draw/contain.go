package draw

import (
	"fmt"
	"sort"

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
	widest := 0
	for _, in := range levels {
		in.w, in.h = in.plan.w+2*frame, in.plan.h+2*frame
		widest = max(widest, in.w)
		limit = max(limit, in.w, g.shape*in.plan.h)
	}
	rows := breakRows(levels, limit, g.gutter)
	// as many rows, as even as they can be
	even := widest + sort.Search(limit-widest, func(d int) bool { return len(breakRows(levels, widest+d, g.gutter)) <= len(rows) })
	rows = breakRows(levels, even, g.gutter)
	most, along := 0, -g.rows
	for _, row := range rows {
		most = max(most, across(row, g.gutter))
	}
	for _, row := range rows {
		along += g.rows
		x, high := (most-across(row, g.gutter))/2, 0
		for _, in := range row {
			in.x, in.y = x, along
			x += in.w + g.gutter
			high = max(high, in.h)
		}
		for _, in := range row { // they end together
			in.h = high
		}
		along += high
	}
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

// breakRows breaks levels into rows that are at most so wide, if a single one
// is not wider.
func breakRows(levels []*inner, limit, gutter int) [][]*inner {
	var rows [][]*inner
	first, w := 0, 0
	for i, in := range levels {
		if i > first && w+gutter+in.w > limit {
			rows = append(rows, levels[first:i])
			first, w = i, 0
		}
		if i > first {
			w += gutter
		}
		w += in.w
	}
	return append(rows, levels[first:])
}

// across is how wide a row is.
func across(row []*inner, gutter int) int {
	w := gutter * (len(row) - 1)
	for _, in := range row {
		w += in.w
	}
	return w
}

// isBranch tells whether a level is a branch of a Parallel.
func (in *inner) isBranch() bool { return in.path != "" && in.path[len(in.path)-1] == ']' }
