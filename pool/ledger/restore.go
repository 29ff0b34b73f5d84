package ledger

import (
	"slices"
	"time"
)

// restore brings the order of things about, whatever has happened: free slots
// are lent, room goes to the first caller that lacks an instance, what cannot
// wait is refused. Without callers there is next to nothing to do.
func (l *Ledger) restore() {
	l.shrink()
	l.begin()
	if len(l.waiting) == 0 && len(l.prewarms) == 0 {
		return
	}
	l.serve()
	for l.boot() {
		// One for whom others left CPU alone was refused: it is theirs now.
		l.begin()
		l.serve()
	}
	l.warm()
}

// begin forgets what the last pass noted down.
func (l *Ledger) begin() {
	for _, f := range l.pass.seen {
		f.claims, f.planned, f.short = 0, 0, false
	}
	clear(l.pass.seen)
	l.pass = pass{seen: l.pass.seen[:0]}
}

// pass is what is known in the middle of restoring, and afterwards.
type pass struct {
	// reserved is promised to callers for whom room is being made.
	reserved amount
	// blocked: a caller waits for room, and none behind it takes any.
	blocked bool
	// scarce: a caller stands beside an idle instance of its function for want
	// of CPU, and nobody else takes CPU before it.
	scarce bool
	// queued counts the callers that are not covered.
	queued int
	// seen are the functions with notes of this pass.
	seen []*function
}

// shrink stops idle instances while more is booked than there is, as after a
// Resized.
func (l *Ledger) shrink() {
	for l.used.memory-l.stopping.memory > l.capacity.memory {
		i := l.victim(nil)
		if i == nil {
			return
		}
		l.stop(i)
	}
}

// serve lends what is free, in the order of the callers, and turns away those
// that can never be served.
func (l *Ledger) serve() {
	kept := l.waiting[:0]
	for _, c := range l.waiting {
		if reason := l.hopeless(c); reason != "" {
			l.turnAway(c, Refuse{Ticket: c.ticket, Reason: reason})
			continue
		}
		if i := l.pick(c.fn); i != nil {
			l.lend(c, i)
			continue
		}
		l.pass.seen = append(l.pass.seen, c.fn)
		if len(c.fn.free) > 0 {
			c.fn.short, l.pass.scarce = true, true
		}
		kept = append(kept, c)
	}
	clear(l.waiting[len(kept):])
	l.waiting = kept
}

// hopeless says why a caller can never be served; "" when it can.
func (l *Ledger) hopeless(c *caller) Reason {
	switch {
	case l.draining:
		return Draining
	case !c.fn.need.within(l.capacity):
		return TooBig
	case !c.deadline.IsZero() && !l.now.Before(c.deadline):
		return DeadlinePassed
	default:
		return ""
	}
}

// pick returns the most recently used instance that has a free slot and for
// which there is CPU; nil when there is none.
func (l *Ledger) pick(f *function) *instance {
	for _, i := range slices.Backward(f.free) {
		room := f.need.cpu == 0 || !l.pass.scarce && l.used.cpu+f.need.cpu <= l.capacity.cpu
		if i.calls > 0 || room {
			return i
		}
	}
	return nil
}

// boot starts instances for the callers that are not covered by those that are
// booting, makes room for them, and refuses whoever is left over. It returns
// whether one of these stood beside an idle instance for want of CPU.
func (l *Ledger) boot() (again bool) {
	p := &l.pass
	kept := l.waiting[:0]
	for _, c := range l.waiting {
		if l.cover(c.fn) {
			kept = append(kept, c)
			continue
		}
		if p.queued >= l.config.QueueCapacity {
			again = again || c.fn.short
			l.turnAway(c, Refuse{Ticket: c.ticket, Reason: NoCapacity, RetryAfter: l.estimate()})
			continue
		}
		p.queued++
		kept = append(kept, c)
		if !p.blocked && !c.fn.short {
			p.blocked = true
			l.gather(c.fn)
		}
	}
	clear(l.waiting[len(kept):])
	l.waiting = kept
	return again
}

// cover finds a slot of a booting instance for a caller, or room for one.
func (l *Ledger) cover(f *function) bool {
	all := f.claims == (f.starting+f.planned)*f.spec.Concurrency
	if all && (f.short || !l.place(f, 0)) {
		return false
	}
	f.claims++
	return true
}

// place starts an instance or, while room for it is being made, reserves that
// room.
func (l *Ledger) place(f *function, prewarm Ticket) bool {
	p := &l.pass
	if p.blocked || l.noCPU(f) || !l.canFit(f) {
		return false
	}
	l.evict(f)
	if f.need.within(l.capacity.minus(l.used).minus(p.reserved)) {
		l.start(f, prewarm)
		return true
	}
	p.reserved = p.reserved.plus(f.need)
	if prewarm == 0 {
		f.planned++
	}
	return true
}

// gather lets idle instances make way for the first caller that lacks room,
// even when that is not enough yet, or it might wait for ever.
func (l *Ledger) gather(f *function) {
	if !l.noCPU(f) && (f.need.cpu == 0 || f.need.cpu <= l.coming().cpu) {
		l.evict(f)
	}
}

// noCPU tells that a boot of f has to leave the CPU to others.
func (l *Ledger) noCPU(f *function) bool { return l.pass.scarce && f.need.cpu > 0 }

// warm answers the wishes for instances; callers went first.
func (l *Ledger) warm() {
	kept := l.prewarms[:0]
	for _, c := range l.prewarms {
		if reason := l.hopeless(c); reason != "" {
			l.turnAway(c, Refuse{Ticket: c.ticket, Reason: reason})
			continue
		}
		before := l.last
		if l.pass.queued > 0 || !l.place(c.fn, c.ticket) {
			l.turnAway(c, Refuse{Ticket: c.ticket, Reason: NoCapacity, RetryAfter: l.estimate()})
			continue
		}
		if l.last != before {
			l.unref(c.fn)
			continue
		}
		kept = append(kept, c)
	}
	clear(l.prewarms[len(kept):])
	l.prewarms = kept
}

// coming is what is free or being made free and not promised.
func (l *Ledger) coming() amount {
	return l.capacity.minus(l.used).plus(l.stopping).minus(l.pass.reserved)
}

// canFit tells whether there is room for an instance once everything that may
// be evicted for it is.
func (l *Ledger) canFit(f *function) bool {
	room := l.coming()
	if f.need.within(room) {
		return true
	}
	for _, i := range l.instances {
		if i.mayYield(f) {
			room = room.plus(i.booked)
		}
	}
	return f.need.within(room)
}

// evict stops idle instances, the least recently used first, until there will
// be memory for an instance of f or nothing idle is left.
func (l *Ledger) evict(f *function) {
	for f.need.memory > l.coming().memory {
		i := l.victim(f)
		if i == nil {
			return
		}
		l.stop(i)
	}
}

// victim returns the least recently used instance that may yield to f.
func (l *Ledger) victim(f *function) *instance {
	var found *instance
	for _, i := range l.instances {
		if i.mayYield(f) && (found == nil || i.use < found.use) {
			found = i
		}
	}
	return found
}

// mayYield tells whether an instance may be stopped for one of f.
func (i *instance) mayYield(f *function) bool {
	return i.isIdle() && i.fn != f && !i.fn.short
}

// turnAway refuses a caller that stands in no list any more.
func (l *Ledger) turnAway(c *caller, r Refuse) {
	l.unref(c.fn)
	l.refuse(r)
}

func (l *Ledger) refuse(r Refuse) {
	l.refusals++
	l.actions = append(l.actions, r)
}

// estimate says when a caller with so many before it may find a slot: the mean
// time of a loan, shared among the slots in use. It is at least a second, for
// less is not worth saying, and at most half a minute.
func (l *Ledger) estimate() time.Duration {
	slots := max(1, len(l.loans))
	wait := l.hold * time.Duration(l.pass.queued+1) / time.Duration(slots)
	return min(max(wait.Round(time.Second), time.Second), 30*time.Second)
}
