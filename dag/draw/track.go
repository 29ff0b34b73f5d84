package draw

import "slices"

// orderedNets is up to how many nets of one gap are ordered by their crossings.
const orderedNets = 100

// assign gives each net a track, from the first on. Nets that must be above
// others go first; of those that may go next, the one that crosses least.
func (c *channel) assign() {
	blockers := make(map[*net]int, len(c.nets))
	for _, a := range c.nets {
		for _, b := range c.nets {
			if a != b && c.blocks(a, b) {
				blockers[b]++
			}
		}
	}
	var placed []*net
	left := slices.Clone(c.nets)
	for len(left) > 0 {
		next := c.choose(left, blockers)
		n := left[next]
		left = slices.Delete(left, next, next+1)
		if blockers[n] > 0 {
			for _, made := range c.goAround(n, left) {
				for _, a := range append(left, n) {
					if c.blocks(a, made) {
						blockers[made]++
					}
				}
				left = append(left, made)
			}
		}
		c.put(n, placed)
		placed = append(placed, n)
		for _, m := range left {
			if c.blocks(n, m) {
				blockers[m]--
			}
		}
	}
	for _, n := range c.nets {
		c.tracks = max(c.tracks, n.track+1)
	}
}

// put places a net on the first track below all placed ones that it overlaps.
func (c *channel) put(n *net, placed []*net) {
	for _, m := range placed {
		if c.overlap(n, m) {
			n.track = max(n.track, m.track+1)
		}
	}
}

// blocks tells whether a must be above b.
func (c *channel) blocks(a, b *net) bool {
	if a.lo > b.hi+c.p.gauge.near || b.lo > a.hi+c.p.gauge.near {
		return false
	}
	_, must := c.over(a, b)
	return must
}

// choose returns which net is the next: one that no other must be above, if
// there is one.
func (c *channel) choose(left []*net, blockers map[*net]int) int {
	least := -1
	best, bestCost := -1, 0
	for i, n := range left {
		if least < 0 || blockers[n] < blockers[left[least]] {
			least = i
		}
		if blockers[n] > 0 {
			continue
		}
		if len(left) > orderedNets {
			return i
		}
		cost := 0
		for _, m := range left {
			if m != n && c.overlap(n, m) {
				cost += crosses(n, m) - crosses(m, n)
			}
		}
		if best < 0 || cost < bestCost {
			best, bestCost = i, cost
		}
	}
	if best >= 0 {
		return best
	}
	return least
}

// goAround frees a net from those that must be above it: its pins in their
// columns are reached by another column and a net of their own, further down.
// It returns the nets that it makes.
func (c *channel) goAround(n *net, left []*net) []*net {
	var made []*net
	for _, a := range left {
		for {
			column, must := c.over(a, n)
			if !must {
				break
			}
			free := c.freeColumn(column, n)
			to := &net{lo: min(column, free), hi: max(column, free), above: []int{free}, below: []int{column}}
			at, _ := slices.BinarySearch(n.below, column)
			n.below = slices.Delete(n.below, at, at+1)
			n.below = insert(n.below, free)
			n.lo, n.hi = min(n.lo, free), max(n.hi, free)
			if n.around == nil {
				n.around = map[int]detour{}
			}
			n.around[column] = detour{free, to}
			c.nets = append(c.nets, to)
			made = append(made, to)
		}
	}
	return made
}

// freeColumn finds the column nearest to x in which nothing of this gap is, and
// takes it. It looks first on the side where more of the net is.
func (c *channel) freeColumn(x int, n *net) int {
	if c.taken == nil {
		c.taken = c.columns()
	}
	near := c.p.gauge.near
	for d := near; ; d += near {
		first, second := x+d, x-d
		if n.hi-x < x-n.lo {
			first, second = second, first
		}
		for _, at := range [2]int{first, second} {
			if inside(c.taken, at-near, at+near) == 0 {
				c.taken = insert(c.taken, at)
				return at
			}
		}
	}
}

// columns lists the columns of all pins and straight hops, sorted.
func (c *channel) columns() []int {
	var all []int
	for _, n := range c.nets {
		all = append(append(all, n.above...), n.below...)
	}
	for _, i := range c.hops {
		if h := &c.p.hops[i]; c.p.straight(h) {
			all = append(all, c.p.pin(h.a, h.style))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
