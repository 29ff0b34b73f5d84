package draw

import (
	"cmp"
	"slices"
)

// crossings counts the pairs of hops between neighbouring layers that cross.
func (p *plan) crossings() int {
	total := 0
	for i := 1; i < len(p.layers); i++ {
		total += p.crossingsBefore(i)
	}
	return total
}

// crossingsBefore counts in the gap before layer i: going through the hops by
// their upper ends, a hop crosses those before it that end further right.
func (p *plan) crossingsBefore(i int) int {
	type ends struct{ upper, lower int }
	var all []ends
	for _, n := range p.layers[i] {
		for _, m := range p.before[n] {
			all = append(all, ends{p.nodes[m].pos, p.nodes[n].pos})
		}
	}
	slices.SortFunc(all, func(a, b ends) int { return cmp.Or(cmp.Compare(a.upper, b.upper), cmp.Compare(a.lower, b.lower)) })
	tree := make([]int, len(p.layers[i])+1) // sums of how many end where
	total := 0
	for seen, e := range all {
		upTo := 0
		for at := e.lower + 1; at > 0; at -= at & -at {
			upTo += tree[at]
		}
		total += seen - upTo
		for at := e.lower + 1; at < len(tree); at += at & -at {
			tree[at]++
		}
	}
	return total
}

// swapNeighbours swaps neighbours in a layer while that saves crossings.
func (p *plan) swapNeighbours() {
	const rounds = 8
	for range rounds {
		better := false
		for _, layer := range p.layers {
			for i := 1; i < len(layer); i++ {
				a, b := layer[i-1], layer[i]
				if p.between(b, a) < p.between(a, b) {
					layer[i-1], layer[i] = b, a
					p.nodes[a].pos, p.nodes[b].pos = i, i-1
					better = true
				}
			}
		}
		if !better {
			return
		}
	}
}

// between counts the crossings of the hops of two neighbours when a is to the
// left of b.
func (p *plan) between(a, b int) int {
	return p.inverted(p.before[a], p.before[b]) + p.inverted(p.after[a], p.after[b])
}

func (p *plan) inverted(a, b []int) int {
	const most = 4_000 // pairs: beyond, it is not worth the time
	if len(a)*len(b) > most {
		return 0
	}
	count := 0
	for _, m := range a {
		for _, n := range b {
			if p.nodes[m].pos > p.nodes[n].pos {
				count++
			}
		}
	}
	return count
}
