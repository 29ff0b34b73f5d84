package draw

// findExits tells where boxes are left that are left in two ways, after success
// and after failure: one of the two leaves in the middle, the other one beside
// it, on the side to which more of its way leads. The middle is for success,
// unless only the way after failure goes on straight from there.
func (p *plan) findExits() {
	p.pins = map[terminal]int{}
	type exit struct {
		used, straight bool
		lean           int
	}
	exits := make([][2]exit, p.boxes)
	for i := range p.hops {
		h := &p.hops[i]
		if h.a.lane || h.a.node >= p.boxes {
			continue
		}
		e := &exits[h.a.node][h.style]
		e.used = true
		if h.b.lane {
			e.lean++
			continue
		}
		d := p.nodes[h.b.node].x - p.nodes[h.a.node].x
		e.lean += d
		e.straight = e.straight || d == 0 && h.b.side == head
	}
	for n, e := range exits {
		if !e[solid].used || !e[dashed].used {
			continue
		}
		aside := dashed
		if e[dashed].straight && !e[solid].straight {
			aside = solid
		}
		shift := min(p.gauge.shift, p.nodes[n].w/4)
		if e[aside].lean < 0 && shift < p.nodes[n].half || shift >= p.nodes[n].right()-p.gauge.thick { // not into a corner
			shift = -shift
		}
		p.pins[terminal{spot{node: n, side: tail}, aside}] = shift
	}
}

// pin is where a hop of a style touches a node or lane, across the flow.
func (p *plan) pin(s spot, st style) int {
	if s.lane {
		return p.lanes[s.node].x
	}
	if s.side == head {
		st = solid // all enter at one place
	}
	return p.nodes[s.node].x + p.pins[terminal{s, st}]
}

// nudge moves pins a little where that makes a hop straight and bends no other.
func (p *plan) nudge() {
	straight := map[terminal]bool{}
	ends := func(h *hop) (a, b terminal) {
		a, b = terminal{h.a, h.style}, terminal{h.b, h.style}
		if a.spot.side == head {
			a.style = solid
		}
		if b.spot.side == head {
			b.style = solid
		}
		return a, b
	}
	for i := range p.hops {
		if h := &p.hops[i]; p.straight(h) {
			a, b := ends(h)
			straight[a], straight[b] = true, true
		}
	}
	for i := range p.hops {
		h := &p.hops[i]
		if h.a.lane || h.b.lane || h.a.side == h.b.side {
			continue
		}
		a, b := ends(h)
		d := p.pin(h.a, h.style) - p.pin(h.b, h.style)
		if d == 0 || d >= p.gauge.near || d <= -p.gauge.near {
			continue
		}
		switch {
		case b.spot.node < p.boxes && !straight[b]:
			p.pins[b] += d
		case a.spot.node < p.boxes && !straight[a]:
			p.pins[a] -= d
		default:
			continue
		}
		straight[a], straight[b] = true, true
	}
}
