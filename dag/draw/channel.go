package draw

import (
	"cmp"
	"slices"
)

// channel is a gap between two layers, in which hops bend. Hops that share an
// end may share a net: one line across, on a track of its own, with pins to the
// layers before and after.
type channel struct {
	p    *plan
	hops []int
	nets []*net
	// of is the net of each hop that bends.
	of     map[int]*net
	tracks int
	// taken are the columns of pins and straight hops, sorted; made when needed.
	taken []int
	// first is where the first track is. Hops that have no net slant if so told.
	first  int
	slants bool
}

// net is one line across. Its pins leave it to the layer before (above) and to
// the layer after (below); lanes cross it.
type net struct {
	lo, hi       int
	above, below []int // where its pins are
	// around tells which pin reaches its end by another net, because its own
	// column is taken: at the column key goes a line from this net to around[key].
	around map[int]detour
	track  int
}

// detour leads from a net to a pin by way of a column and another net.
type detour struct {
	column int
	net    *net
}

// terminal names the end of a hop that others may share.
type terminal struct {
	spot  spot
	style style
}

func (p *plan) channel(hops []int) *channel {
	c := &channel{p: p, hops: hops, of: map[int]*net{}}
	c.findNets(func(int) bool { return true })
	if c.density() <= p.gauge.crowd {
		c.assign()
		if c.tracks <= p.gauge.crowd {
			return c
		}
	}
	if p.gauge.slope == 0 {
		p.givenUp = true
		return c
	}
	c.slants, c.nets, c.of, c.tracks, c.taken = true, nil, map[int]*net{}, 0, nil
	c.findNets(func(i int) bool { h := &p.hops[i]; return h.a.side == h.b.side || h.a.lane || h.b.lane })
	c.assign()
	return c
}

// density is how many nets lie over each other somewhere: as many tracks are
// needed at least.
func (c *channel) density() int {
	type change struct{ x, by int }
	var all []change
	for _, n := range c.nets {
		all = append(all, change{n.lo, 1}, change{n.hi, -1})
	}
	slices.SortFunc(all, func(a, b change) int { return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(b.by, a.by)) })
	most, now := 0, 0
	for _, ch := range all {
		now += ch.by
		most = max(most, now)
	}
	return most
}

// findNets makes the nets of the hops that bend, of those that may. A hop goes
// with others that share the end which more of them share.
func (c *channel) findNets(may func(hop int) bool) {
	count := map[terminal]int{}
	var bent []int
	for _, i := range c.hops {
		h := &c.p.hops[i]
		if !may(i) || c.p.straight(h) {
			continue
		}
		bent = append(bent, i)
		count[terminal{h.a, h.style}]++
		count[terminal{h.b, h.style}]++
	}
	nets := map[terminal]*net{}
	for _, i := range bent {
		h := &c.p.hops[i]
		key := terminal{h.b, h.style}
		if other := (terminal{h.a, h.style}); count[other] > count[key] {
			key = other
		}
		n := nets[key]
		if n == nil {
			x := c.p.pin(h.a, h.style)
			n = &net{lo: x, hi: x}
			nets[key] = n
			c.nets = append(c.nets, n)
		}
		n.add(c.p.pin(h.a, h.style), h.a)
		n.add(c.p.pin(h.b, h.style), h.b)
		c.of[i] = n
	}
}

func (n *net) add(x int, s spot) {
	n.lo, n.hi = min(n.lo, x), max(n.hi, x)
	switch {
	case s.lane:
	case s.side == tail:
		n.above = insert(n.above, x)
	default:
		n.below = insert(n.below, x)
	}
}

// insert adds x to a sorted list, once.
func insert(list []int, x int) []int {
	at, found := slices.BinarySearch(list, x)
	if found {
		return list
	}
	return slices.Insert(list, at, x)
}

// inside counts the numbers of a sorted list between lo and hi.
func inside(list []int, lo, hi int) int {
	from, _ := slices.BinarySearch(list, lo+1)
	to, _ := slices.BinarySearch(list, hi)
	return max(0, to-from)
}

// meet tells whether two sorted lists have numbers nearer than near; at is
// that of the second list.
func meet(a, b []int, near int) (at int, found bool) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch d := a[i] - b[j]; {
		case d > -near && d < near:
			return b[j], true
		case d < 0:
			i++
		default:
			j++
		}
	}
	return 0, false
}

// straight tells whether a hop needs no bend.
func (p *plan) straight(h *hop) bool {
	return h.a.side != h.b.side && !h.a.lane && !h.b.lane && p.pin(h.a, h.style) == p.pin(h.b, h.style)
}

// crosses counts the crossings of two nets when a is the one above.
func crosses(a, b *net) int {
	return inside(a.below, b.lo, b.hi) + inside(b.above, a.lo, a.hi)
}

// over tells whether a must be above b: where a leaves upwards in a column in
// which b leaves downwards, they would run over each other.
func (c *channel) over(a, b *net) (column int, must bool) {
	return meet(a.above, b.below, c.p.gauge.near)
}

// overlap tells whether two nets cannot be on one track.
func (c *channel) overlap(a, b *net) bool {
	return a.lo < b.hi+c.p.gauge.near && b.lo < a.hi+c.p.gauge.near
}
