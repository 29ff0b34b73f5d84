package draw

// cutLoops finds the links that close a loop, going along the links from the
// first box. The order of boxes and links decides, so that what a definition
// says first goes forward.
func (p *plan) cutLoops() {
	const fresh, open, done = 0, 1, 2
	out := p.outgoing()
	state := make([]uint8, p.boxes)
	next := make([]int, p.boxes) // the link to follow next
	for first := range p.boxes {
		if state[first] != fresh {
			continue
		}
		way := []int{first}
		state[first] = open
		for len(way) > 0 {
			at := way[len(way)-1]
			if next[at] == len(out[at]) {
				state[at] = done
				way = way[:len(way)-1]
				continue
			}
			l := &p.links[out[at][next[at]]]
			next[at]++
			switch state[l.to] {
			case fresh:
				state[l.to] = open
				way = append(way, l.to)
			case open:
				l.back = true
			}
		}
	}
	if p.first >= 0 {
		p.findMain(out)
	}
}

// outgoing lists the links of each box.
func (p *plan) outgoing() [][]int {
	out := make([][]int, p.boxes)
	for i := range p.links {
		out[p.links[i].from] = append(out[p.links[i].from], i)
	}
	return out
}

// findMain makes the only way on from a state of a machine a main link.
func (p *plan) findMain(out [][]int) {
	for _, links := range out {
		only := -1
		for _, i := range links {
			l := &p.links[i]
			switch {
			case l.back:
				l.main = false
			case l.style != dashed && only == -1:
				only = i
			case l.style != dashed:
				only = -2
			}
		}
		if only >= 0 {
			p.links[only].main = true
		}
	}
}
