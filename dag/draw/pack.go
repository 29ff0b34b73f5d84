package draw

import "slices"

// aligner makes one of the four results of align.
type aligner struct {
	*plan
	arcs *[2][][]arc
	// mirrored works from right to left, upwards from the last layer.
	mirrored, upwards bool
	// line names the line of each node by its first node.
	line []int
}

// layer returns the nodes of the i-th layer that is visited, and next the i-th
// node in its order.
func (a *aligner) layer(i int) []int {
	if a.upwards {
		return a.layers[len(a.layers)-1-i]
	}
	return a.layers[i]
}

func (a *aligner) at(layer []int, i int) int {
	if a.mirrored {
		return layer[len(layer)-1-i]
	}
	return layer[i]
}

// lineUp puts each node in line with the middle one of its neighbours in the
// layer before, if that crosses no line.
func (a *aligner) lineUp() {
	a.line = make([]int, len(a.nodes))
	for n := range a.line {
		a.line[n] = n
	}
	arcs := a.arcs[0]
	if a.upwards {
		arcs = a.arcs[1]
	}
	sign := 1
	if a.mirrored {
		sign = -1
	}
	for i := 1; i < len(a.layers); i++ {
		layer := a.layer(i)
		none := true
		last := 0 // where the last line of this layer comes from
		for k := range layer {
			n := a.at(layer, k)
			for _, m := range a.middle(arcs[n]) {
				if pos := sign * a.nodes[m].pos; none || pos > last {
					a.line[n] = a.line[m]
					last, none = pos, false
					break
				}
			}
		}
	}
}

// middle returns the neighbours to be in line with: those of the highest rank,
// of them the middle one or two, without those whose arc is crossed.
func (a *aligner) middle(arcs []arc) []int {
	best := highest(arcs)
	count := 0
	for i := range arcs {
		if arcs[i].rank == best {
			count++
		}
	}
	var out []int
	k := 0
	for i := range arcs {
		if arcs[i].rank != best {
			continue
		}
		if (k == (count-1)/2 || k == count/2) && !arcs[i].crossed {
			out = append(out, arcs[i].node)
		}
		k++
	}
	if a.mirrored && len(out) == 2 {
		out[0], out[1] = out[1], out[0]
	}
	return out
}

// apart is how far the middles of two neighbours in a layer are apart at least.
func (p *plan) apart(left, right int) int {
	a, b := &p.nodes[left], &p.nodes[right]
	distance := p.gauge.apart
	switch {
	case a.line() && b.line():
		distance = p.gauge.between
	case a.joint || b.joint:
		distance = p.gauge.beside
	}
	return a.right() + distance + b.left()
}

// line tells that a node is nothing but a place of a line.
func (n *node) line() bool { return n.joint && n.h == 0 }

// pack places the lines: first as far to one side as possible, then each as
// close to its neighbour on the other side as possible. It returns the
// coordinates of the nodes.
func (a *aligner) pack() []int {
	type rule struct{ line, distance int }
	next, prev := make([][]rule, len(a.nodes)), make([][]rule, len(a.nodes))
	for _, layer := range a.layers {
		for k := 1; k < len(layer); k++ {
			n, m := a.at(layer, k-1), a.at(layer, k)
			distance := a.apart(n, m)
			if a.mirrored {
				distance = a.apart(m, n)
			}
			from, to := a.line[n], a.line[m]
			next[from] = append(next[from], rule{to, distance})
			prev[to] = append(prev[to], rule{from, distance})
		}
	}
	missing := make([]int, len(a.nodes))
	var order []int
	for n := range a.nodes {
		if missing[n] = len(prev[n]); missing[n] == 0 && a.line[n] == n {
			order = append(order, n)
		}
	}
	x := make([]int, len(a.nodes))
	for at := 0; at < len(order); at++ {
		n := order[at]
		for _, r := range prev[n] {
			x[n] = max(x[n], x[r.line]+r.distance)
		}
		for _, r := range next[n] {
			if missing[r.line]--; missing[r.line] == 0 {
				order = append(order, r.line)
			}
		}
	}
	for _, n := range slices.Backward(order) {
		for i, r := range next[n] {
			if to := x[r.line] - r.distance; i == 0 || to < x[n] {
				x[n] = to
			}
		}
	}
	out := make([]int, len(a.nodes))
	for n := range a.nodes {
		if out[n] = x[a.line[n]]; a.mirrored {
			out[n] = -out[n]
		}
	}
	return out
}
