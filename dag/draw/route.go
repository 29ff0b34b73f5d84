package draw

// route gives the layers and gaps their places along the flow, and the links
// their points.
func (p *plan) route() {
	p.placeLanes()
	heights := make([]int, len(p.layers))
	for i := range p.nodes {
		heights[p.nodes[i].layer] = max(heights[p.nodes[i].layer], p.nodes[i].h)
	}
	gaps := make([][]int, len(p.layers)+1)
	for i := range p.hops {
		if h := &p.hops[i]; !p.turnsInside(h, heights) {
			gaps[h.gap] = append(gaps[h.gap], i)
		}
	}
	p.findExits()
	p.nudge()
	y := 0
	for i := range gaps {
		c := p.channel(gaps[i])
		if p.givenUp {
			return
		}
		start := y
		y += p.gap(i, c)
		p.bend(c, start, y)
		if i == len(p.layers) {
			break
		}
		height := heights[i]
		for _, n := range p.layers[i] {
			p.nodes[n].y = y
			if p.nodes[n].joint {
				p.nodes[n].y += p.drop(n, height)
			}
		}
		y += height
	}
	p.h = y
	for i := range p.hops {
		p.finish(&p.hops[i])
	}
	for i := range p.trunks {
		p.trunks[i].rest = p.restOf(&p.trunks[i])
	}
	for i := range p.links {
		p.links[i].points = p.points(&p.links[i])
	}
	p.share()
	p.normalize()
}

// drop is how far below the start of its layer a joint is.
func (p *plan) drop(n, height int) int { return min((height-p.nodes[n].h)/2, p.gauge.drop) }

// turnsInside finds out whether a loop can turn right after its box, inside the
// layer: the joint must be the next one, and a higher box must make room.
func (p *plan) turnsInside(h *hop, heights []int) bool {
	if h.a.lane || h.b.lane || h.a.side != tail || h.b.side != tail {
		return false
	}
	a, b := &p.nodes[h.a.node], &p.nodes[h.b.node]
	height := heights[a.layer]
	after := max(a.h, p.drop(h.b.node, height)+b.h) + p.gauge.leave
	if d := a.pos - b.pos; d != 1 && d != -1 || after+p.gauge.land > height {
		return false
	}
	h.inside, h.from = true, after
	return true
}

// placeLanes puts the lanes to the right of everything, each as far left as is
// free.
func (p *plan) placeLanes() {
	var ends []int // where the last lane of each column ends
	for i := range p.lanes {
		l := &p.lanes[i]
		column := 0
		for column < len(ends) && ends[column] >= l.first {
			column++
		}
		if column == len(ends) {
			ends = append(ends, 0)
		}
		ends[column] = l.last
		l.x = p.w + p.gauge.beside + column*(p.gauge.between+p.gauge.thick)
	}
}

// gap is how wide gap i is, with the tracks of its channel.
func (p *plan) gap(i int, c *channel) int {
	if len(c.hops) == 0 {
		if i == 0 || i == len(p.layers) {
			return 0
		}
		return p.gauge.line
	}
	leave, arrive, plain := p.gauge.land, p.gauge.land, p.gauge.line
	for _, i := range c.hops {
		h := &p.hops[i]
		if !h.a.lane && h.a.node < p.boxes {
			leave = p.gauge.leave
		}
		if !h.b.lane && h.b.node < p.boxes {
			arrive, plain = p.gauge.arrive, p.gauge.arrow
		}
	}
	if i == 0 {
		leave = 0
	}
	height := plain
	if c.tracks > 0 {
		height = leave + (c.tracks-1)*p.gauge.track + arrive
	}
	if c.slants {
		height += p.gauge.slope
	}
	c.first = leave
	return height
}

// bend gives the hops of a gap their bends; the gap is from start to end.
func (p *plan) bend(c *channel, start, end int) {
	for _, i := range c.hops {
		h := &p.hops[i]
		if c.slants {
			h.slants = c.of[i] == nil && !p.straight(h)
			h.from, h.to = start, end
		}
		n := c.of[i]
		if n == nil {
			continue
		}
		h.points = append(c.way(n, h.a, h.style, start), reversed(c.way(n, h.b, h.style, start))...)
	}
}

// way leads from the pin of a hop's end to the net.
func (c *channel) way(n *net, s spot, st style, start int) []Point {
	x := c.p.pin(s, st)
	y := func(n *net) int { return start + c.first + n.track*c.p.gauge.track }
	if s.side == head && !s.lane {
		if d, ok := n.around[x]; ok {
			return append(c.way(d.net, s, st, start), Point{d.column, y(d.net)}, Point{d.column, y(n)})
		}
	}
	return []Point{{x, y(n)}}
}

func reversed(points []Point) []Point {
	out := make([]Point, len(points))
	for i := range points {
		out[len(points)-1-i] = points[i]
	}
	return out
}

// finish adds to the bends of a hop its ends at the nodes.
func (p *plan) finish(h *hop) {
	var points []Point
	if !h.a.lane {
		points = append(points, p.end(h.a, h.style))
	}
	if h.inside {
		y := p.nodes[h.a.node].y + h.from
		points = append(points, Point{p.pin(h.a, h.style), y}, Point{p.pin(h.b, h.style), y})
	}
	if h.slants {
		points = append(points, Point{p.pin(h.a, h.style), h.from}, Point{p.pin(h.b, h.style), h.to})
	}
	points = append(points, h.points...)
	if !h.b.lane {
		points = append(points, p.end(h.b, h.style))
	}
	h.points = points
}

// end is the point at which a hop touches a node.
func (p *plan) end(s spot, st style) Point {
	n := &p.nodes[s.node]
	y := n.y
	if s.side == tail {
		y += n.h
	}
	return Point{p.pin(s, st), y}
}
