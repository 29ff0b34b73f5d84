package draw

import (
	"cmp"
	"slices"
)

// The order in the layers is improved in sweeps: at most so many, fewer in big
// levels, and none after some that have not helped.
const (
	sweepsAtMost  = 24
	sweepsAtLeast = 4
	sweepWork     = 2_000_000
	patience      = 6
	swapNodes     = 1_500 // beyond, neighbours are not swapped one by one
)

// order puts the nodes of each layer in an order in which few hops cross.
func (p *plan) order() {
	p.firstOrder()
	best, fewest := p.copyLayers(), p.crossings()
	sweeps := max(sweepsAtLeast, min(sweepsAtMost, sweepWork/(len(p.nodes)+len(p.hops)+1)))
	for sweep, idle := 0, 0; sweep < sweeps && idle < patience && fewest > 0; sweep++ {
		if sweep%2 == 0 {
			for i := 1; i < len(p.layers); i++ {
				p.sortLayer(i, p.before)
			}
		} else {
			for i := len(p.layers) - 2; i >= 0; i-- {
				p.sortLayer(i, p.after)
			}
		}
		if len(p.nodes) <= swapNodes {
			p.swapNeighbours()
		}
		idle++
		if crossings := p.crossings(); crossings < fewest {
			best, fewest, idle = p.copyLayers(), crossings, 0
		}
	}
	p.layers = best
	p.number()
}

func (p *plan) copyLayers() [][]int {
	out := make([][]int, len(p.layers))
	for i := range p.layers {
		out[i] = slices.Clone(p.layers[i])
	}
	return out
}

// number tells the nodes their positions.
func (p *plan) number() {
	for _, layer := range p.layers {
		for i, n := range layer {
			p.nodes[n].pos = i
		}
	}
}

// firstOrder puts the nodes in the order in which they are met, going along the
// links from the first box.
func (p *plan) firstOrder() {
	out := p.outgoing()
	met := make([]bool, len(p.nodes))
	meet := func(n int) bool {
		if met[n] {
			return false
		}
		met[n] = true
		layer := p.nodes[n].layer
		p.layers[layer] = append(p.layers[layer], n)
		return true
	}
	var visit func(box int)
	visit = func(box int) {
		for _, i := range out[box] {
			l := &p.links[i]
			if l.label >= 0 {
				meet(l.label)
			}
			if l.trunk >= 0 {
				for _, j := range p.trunks[l.trunk].joints {
					meet(j)
				}
			}
			if meet(l.to) {
				visit(l.to)
			}
		}
	}
	for box := range p.boxes {
		if meet(box) {
			visit(box)
		}
	}
	p.number()
}

// scale makes means of positions whole numbers.
const scale = 1 << 12

// sortLayer orders a layer by the mean position of each node's neighbours in
// the layer that has its order already. A joint without them, at which a loop
// turns, goes to the right of its box; any other such node keeps its place.
func (p *plan) sortLayer(i int, neighbours [][]int) {
	type entry struct{ node, mean int }
	var sorted, fixed []entry // fixed by their old position
	turns := map[int][]int{}
	for at, n := range p.layers[i] {
		switch list := neighbours[n]; {
		case len(list) > 0:
			sum := 0
			for _, m := range list {
				sum += p.nodes[m].pos
			}
			sorted = append(sorted, entry{n, sum * scale / len(list)})
		case len(p.beside[n]) > 0:
			box := p.beside[n][0]
			turns[box] = append(turns[box], n)
		default:
			fixed = append(fixed, entry{n, at})
		}
	}
	slices.SortStableFunc(sorted, func(a, b entry) int { return cmp.Compare(a.mean, b.mean) })
	result := p.layers[i][:0:0]
	put := func(n int) {
		result = append(result, n)
		result = append(result, turns[n]...)
	}
	for len(sorted) > 0 || len(fixed) > 0 {
		if len(fixed) > 0 && (fixed[0].mean <= len(result) || len(sorted) == 0) {
			put(fixed[0].node)
			fixed = fixed[1:]
		} else {
			put(sorted[0].node)
			sorted = sorted[1:]
		}
	}
	p.layers[i] = result
	for at, n := range result {
		p.nodes[n].pos = at
	}
}
