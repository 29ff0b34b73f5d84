package draw

import (
	"cmp"
	"slices"
)

// align finds the coordinates across, after Brandes and Köpf: in each of four
// ways (upwards or downwards, to the left or to the right) nodes are put in
// line with the middle one of their neighbours, the lines are packed, and the
// middle of the four results is taken. What follows the first box is put in
// line first, then other main links, then the pieces of long links.
func (p *plan) align() {
	arcs := p.arcs()
	var ways [4][]int
	for i := range ways {
		a := aligner{p, arcs, i%2 == 1, i >= 2, nil}
		a.lineUp()
		ways[i] = a.pack()
	}
	p.balance(&ways)
}

// rank tells how much an arc wants to be straight.
type rank uint8

const (
	plainArc rank = iota // after a failure
	solidArc
	jointArc // along a trunk
	mainArc
	spineArc
)

// arc is a hop between neighbouring layers, seen from one of its ends.
type arc struct {
	node    int
	rank    rank
	crossed bool // crosses an arc of a higher rank, or shares an end with one
}

// arcs lists the arcs of each node to the layer before ([0]) and after ([1]).
func (p *plan) arcs() *[2][][]arc {
	out := [2][][]arc{make([][]arc, len(p.nodes)), make([][]arc, len(p.nodes))}
	spine := p.spine()
	for i := range p.hops {
		h := &p.hops[i]
		if h.a.lane || h.b.lane {
			continue
		}
		upper, lower := h.a.node, h.b.node
		if p.nodes[upper].layer > p.nodes[lower].layer {
			upper, lower = lower, upper
		}
		if p.nodes[upper].layer == p.nodes[lower].layer {
			continue
		}
		r := plainArc
		switch {
		case spine[i]:
			r = spineArc
		case h.main:
			r = mainArc
		case p.nodes[upper].line() && p.nodes[lower].line():
			r = jointArc
		case h.style == solid:
			r = solidArc
		}
		out[0][lower] = append(out[0][lower], arc{node: upper, rank: r})
		out[1][upper] = append(out[1][upper], arc{node: lower, rank: r})
	}
	for i := range out {
		for n := range out[i] {
			slices.SortStableFunc(out[i][n], func(a, b arc) int { return cmp.Compare(p.nodes[a.node].pos, p.nodes[b.node].pos) })
		}
	}
	for i := 1; i < len(p.layers); i++ {
		p.markCrossed(&out, i)
	}
	var best [2][]rank
	for i := range out {
		for n := range out[i] {
			best[i] = append(best[i], highest(out[i][n]))
		}
	}
	for i := range out {
		for n := range out[i] {
			for k := range out[i][n] {
				a := &out[i][n][k]
				a.crossed = a.crossed || best[1-i][a.node] > a.rank
			}
		}
	}
	return &out
}

// spine finds the hops of the main links that follow each other from the first
// box on, with the trunks that they take.
func (p *plan) spine() map[int]bool {
	next := make([]int, p.boxes)
	for i := range p.links {
		if l := &p.links[i]; l.main {
			next[l.from] = i + 1
		}
	}
	out := map[int]bool{}
	for at := p.first; at >= 0 && next[at] > 0; {
		l := &p.links[next[at]-1]
		hops := l.hops
		if l.trunk >= 0 {
			hops = slices.Concat(hops, p.trunks[l.trunk].hops[l.entry:])
		}
		for _, i := range hops {
			out[i] = true
		}
		at = l.to
	}
	return out
}

func highest(arcs []arc) rank {
	out := plainArc
	for i := range arcs {
		out = max(out, arcs[i].rank)
	}
	return out
}

// markCrossed finds the arcs before layer i that cross one of a higher rank.
func (p *plan) markCrossed(arcs *[2][][]arc, i int) {
	upper := p.layers[i-1]
	for r := spineArc; r > plainArc; r-- {
		// reach[k] is how far right arcs of this rank end that begin left of k,
		// back[k] how far left those that begin right of k.
		reach, back := make([]int, len(upper)+1), make([]int, len(upper)+1)
		reach[0], back[len(upper)] = -1, len(p.layers[i])
		for k, n := range upper {
			reach[k+1] = reach[k]
			for _, a := range arcs[1][n] {
				if a.rank == r {
					reach[k+1] = max(reach[k+1], p.nodes[a.node].pos)
				}
			}
		}
		for k := len(upper) - 1; k >= 0; k-- {
			back[k] = back[k+1]
			for _, a := range arcs[1][upper[k]] {
				if a.rank == r {
					back[k] = min(back[k], p.nodes[a.node].pos)
				}
			}
		}
		crossed := func(u, l int, own rank) bool { return own < r && (reach[u] > l || back[u+1] < l) }
		for k, n := range upper {
			for j := range arcs[1][n] {
				a := &arcs[1][n][j]
				a.crossed = a.crossed || crossed(k, p.nodes[a.node].pos, a.rank)
			}
		}
		for k, n := range p.layers[i] {
			for j := range arcs[0][n] {
				a := &arcs[0][n][j]
				a.crossed = a.crossed || crossed(p.nodes[a.node].pos, k, a.rank)
			}
		}
	}
}

// balance takes the middle of the four results for each node, after moving them
// to where the narrowest lies.
func (p *plan) balance(ways *[4][]int) {
	var least, most [4]int
	narrowest := 0
	for i, xs := range ways {
		for n := range p.nodes {
			lo, hi := xs[n]-p.nodes[n].left(), xs[n]+p.nodes[n].right()
			if n == 0 || lo < least[i] {
				least[i] = lo
			}
			if n == 0 || hi > most[i] {
				most[i] = hi
			}
		}
		if most[i]-least[i] < most[narrowest]-least[narrowest] {
			narrowest = i
		}
	}
	var move [4]int
	for i := range ways {
		if move[i] = least[narrowest] - least[i]; i%2 == 1 {
			move[i] = most[narrowest] - most[i]
		}
	}
	left := 0
	for n := range p.nodes {
		var x [4]int
		for i := range ways {
			x[i] = ways[i][n] + move[i]
		}
		slices.Sort(x[:])
		p.nodes[n].x = halve(x[1] + x[2])
		if lo := p.nodes[n].x - p.nodes[n].left(); n == 0 || lo < left {
			left = lo
		}
	}
	for n := range p.nodes {
		p.nodes[n].x -= left
		p.w = max(p.w, p.nodes[n].x+p.nodes[n].right())
	}
}

// halve rounds down, below zero too.
func halve(n int) int { return n >> 1 }
