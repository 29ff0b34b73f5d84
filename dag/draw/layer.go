package draw

import "slices"

// layerUp gives each box its layer: after all that lead to it, as early as
// possible; then boxes that more links leave than enter move towards those that
// they lead to.
func (p *plan) layerUp() {
	order := p.topological()
	in, out := p.forward()
	for _, n := range order {
		layer := 0
		for _, i := range in[n] {
			l := &p.links[i]
			layer = max(layer, p.nodes[l.from].layer+l.length())
		}
		p.nodes[n].layer = layer
	}
	for _, n := range slices.Backward(order) {
		if len(out[n]) <= len(in[n]) {
			continue
		}
		layer := -1
		for _, i := range out[n] {
			l := &p.links[i]
			if to := p.nodes[l.to].layer - l.length(); layer < 0 || to < layer {
				layer = to
			}
		}
		p.nodes[n].layer = max(layer, p.nodes[n].layer)
	}
	p.spread(in, out)
	p.squeeze()
}

// spread puts boxes without links in rows after all others, if they are many.
func (p *plan) spread(in, out [][]int) {
	const fewest = 6 // in a row
	var alone []int
	after := 0
	for n := range p.boxes {
		if len(in[n])+len(out[n]) == 0 {
			alone = append(alone, n)
		} else {
			after = max(after, p.nodes[n].layer+1)
		}
	}
	row := fewest
	for row*row < len(alone) {
		row++
	}
	if len(alone) <= row && after > 0 {
		return
	}
	rows := (len(alone) + row - 1) / row
	for i, n := range alone {
		p.nodes[n].layer = after + i*rows/len(alone)
	}
}

// length is how many layers a link goes forward at least: one for its label.
func (l *link) length() int {
	if l.labelW > 0 {
		return 2
	}
	return 1
}

// forward lists the links that enter and leave each box, without those that
// close a loop.
func (p *plan) forward() (in, out [][]int) {
	in, out = make([][]int, p.boxes), make([][]int, p.boxes)
	for i := range p.links {
		if l := &p.links[i]; !l.back {
			in[l.to] = append(in[l.to], i)
			out[l.from] = append(out[l.from], i)
		}
	}
	return in, out
}

// topological orders the boxes along the forward links.
func (p *plan) topological() []int {
	in, out := p.forward()
	missing := make([]int, p.boxes)
	var order []int
	for n := range p.boxes {
		if missing[n] = len(in[n]); missing[n] == 0 {
			order = append(order, n)
		}
	}
	for at := 0; at < len(order); at++ {
		for _, i := range out[order[at]] {
			to := p.links[i].to
			if missing[to]--; missing[to] == 0 {
				order = append(order, to)
			}
		}
	}
	return order
}

// squeeze leaves no layer empty, save those that labels need.
func (p *plan) squeeze() {
	last := 0
	for n := range p.boxes {
		last = max(last, p.nodes[n].layer)
	}
	used := make([]bool, last+2)
	for n := range p.boxes {
		used[p.nodes[n].layer] = true
	}
	for i := range p.links {
		if l := &p.links[i]; l.labelW > 0 && !l.back {
			used[p.nodes[l.from].layer+1] = true
		}
	}
	to := make([]int, last+2)
	count := 0
	for i := range used {
		to[i] = count
		if used[i] {
			count++
		}
	}
	for n := range p.boxes {
		p.nodes[n].layer = to[p.nodes[n].layer]
	}
	p.layers = make([][]int, count)
}
