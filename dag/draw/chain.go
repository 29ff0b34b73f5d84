package draw

import (
	"cmp"
	"slices"
)

// trunk is the last part of the way to a box, which all links of one style that
// come from further off share: a chain of joints, one in each layer from first
// to last. Links that close a loop follow it upwards.
type trunk struct {
	to          int
	style       style
	back        bool
	first, last int
	joints      []int
	hops        []int
	lane        int // instead of joints; -1 if none
	rest        []*rest
}

// lane is a way along the flow beside everything, from gap first to gap last.
type lane struct{ x, first, last int }

// joint returns the joint in a layer.
func (t *trunk) joint(layer int) int { return t.joints[layer-t.first] }

// span tells in which layers a link needs joints; none if first > last.
func (p *plan) span(l *link) (first, last int) {
	from, to := p.nodes[l.from].layer, p.nodes[l.to].layer
	labelled := 0
	if l.labelW > 0 {
		labelled = 1
	}
	if l.back {
		return to, from - labelled
	}
	return from + 1 + labelled, to - 1
}

// join gives every link its way: joints for the layers that it passes, and one
// for its label.
func (p *plan) join() {
	p.findTrunks()
	p.limitTrunks()
	for i := range p.trunks {
		p.buildTrunk(&p.trunks[i])
	}
	for i := range p.links {
		p.walk(&p.links[i])
	}
	p.connect()
}

// findTrunks finds the links that need joints, and those that share them.
func (p *plan) findTrunks() {
	type key struct {
		to    int
		style style
		back  bool
	}
	index := map[key]int{}
	for i := range p.links {
		l := &p.links[i]
		l.trunk, l.label = -1, -1
		first, last := p.span(l)
		if first > last {
			continue
		}
		k := key{l.to, l.style, l.back}
		at, known := index[k]
		if !known {
			at = len(p.trunks)
			index[k] = at
			p.trunks = append(p.trunks, trunk{to: l.to, style: l.style, back: l.back, first: first, last: last, lane: -1})
		}
		l.trunk = at
		t := &p.trunks[at]
		t.first, t.last = min(t.first, first), max(t.last, last)
	}
}

// Joints are many where long links are: a level has at most as many as this,
// and the longest trunks become lanes, which take none.
const (
	jointsAtLeast = 4_000
	jointsPerBox  = 6
)

func (p *plan) limitTrunks() {
	byLength := make([]int, len(p.trunks))
	for i := range byLength {
		byLength[i] = i
	}
	slices.SortStableFunc(byLength, func(a, b int) int {
		return cmp.Compare(p.trunks[a].last-p.trunks[a].first, p.trunks[b].last-p.trunks[b].first)
	})
	left := jointsAtLeast + jointsPerBox*p.boxes
	for _, i := range byLength {
		t := &p.trunks[i]
		if left -= t.last - t.first + 1; left < 0 {
			t.lane = len(p.lanes)
			p.lanes = append(p.lanes, lane{first: t.first, last: t.last + 1})
		}
	}
}

// buildTrunk makes the joints and the hops of a trunk.
func (p *plan) buildTrunk(t *trunk) {
	end := spot{node: t.to}
	gap := p.nodes[t.to].layer
	if t.lane >= 0 {
		t.hops = []int{p.hop(gap, spot{node: t.lane, lane: true}, end, t.style, false)}
		return
	}
	for layer := t.first; layer <= t.last; layer++ {
		t.joints = append(t.joints, p.addJoint(layer, p.gauge.thick, 0))
	}
	if t.back {
		for layer := t.last; layer > t.first; layer-- {
			t.hops = append(t.hops, p.hop(layer, spot{node: t.joint(layer)}, spot{node: t.joint(layer - 1), side: tail}, t.style, false))
		}
		t.hops = append(t.hops, p.hop(gap, spot{node: t.joint(t.first)}, end, t.style, false))
		return
	}
	for layer := t.first; layer < t.last; layer++ {
		t.hops = append(t.hops, p.hop(layer+1, spot{node: t.joint(layer), side: tail}, spot{node: t.joint(layer + 1)}, t.style, false))
	}
	t.hops = append(t.hops, p.hop(gap, spot{node: t.joint(t.last), side: tail}, end, t.style, false))
}

// walk makes the hops of a link, up to its trunk.
func (p *plan) walk(l *link) {
	from := p.nodes[l.from].layer
	at, gap := spot{node: l.from, side: tail}, from+1
	if l.labelW > 0 {
		layer, in, out := from+1, head, tail
		if l.back {
			layer, in, out = from, tail, head
		}
		l.label = p.addJoint(layer, l.labelW, l.labelH)
		l.hops = append(l.hops, p.hop(gap, at, spot{node: l.label, side: in}, l.style, l.main))
		at = spot{node: l.label, side: out}
		if gap++; l.back {
			gap = from
		}
	}
	first, last := p.span(l)
	if l.trunk < 0 {
		l.hops = append(l.hops, p.hop(gap, at, spot{node: l.to}, l.style, l.main))
		return
	}
	t := &p.trunks[l.trunk]
	switch {
	case t.lane >= 0:
		l.hops = append(l.hops, p.hop(gap, at, spot{node: t.lane, lane: true}, l.style, false))
	case l.back:
		l.entry = t.last - last
		l.hops = append(l.hops, p.hop(gap, at, spot{node: t.joint(last), side: tail}, l.style, false))
	default:
		l.entry = first - t.first
		l.hops = append(l.hops, p.hop(gap, at, spot{node: t.joint(first)}, l.style, l.main))
	}
}

func (p *plan) addJoint(layer, w, h int) int {
	p.nodes = append(p.nodes, node{joint: true, w: w, h: h, half: p.gauge.half(w), layer: layer})
	return len(p.nodes) - 1
}

func (p *plan) hop(gap int, a, b spot, s style, main bool) int {
	p.hops = append(p.hops, hop{gap: gap, a: a, b: b, style: s, main: main})
	return len(p.hops) - 1
}

// connect lists the neighbours of each node.
func (p *plan) connect() {
	p.before, p.after, p.beside = make([][]int, len(p.nodes)), make([][]int, len(p.nodes)), make([][]int, len(p.nodes))
	for i := range p.hops {
		h := &p.hops[i]
		if h.a.lane || h.b.lane {
			continue
		}
		a, b := h.a.node, h.b.node
		switch la, lb := p.nodes[a].layer, p.nodes[b].layer; {
		case la < lb:
			p.after[a], p.before[b] = append(p.after[a], b), append(p.before[b], a)
		case la > lb:
			p.before[a], p.after[b] = append(p.before[a], b), append(p.after[b], a)
		case p.nodes[a].joint:
			p.beside[a] = append(p.beside[a], b)
		default:
			p.beside[b] = append(p.beside[b], a)
		}
	}
}
