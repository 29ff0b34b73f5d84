package ledger

import "slices"

// The ways of an instance. Each keeps the accounts in step with it.

func (i *instance) isIdle() bool { return i.state == live && !i.doomed && i.calls == 0 }

// start books an instance and asks for it.
func (l *Ledger) start(f *function, prewarm Ticket) {
	l.last++
	i := &instance{id: l.last, fn: f, booked: f.need, prewarm: prewarm}
	l.instances[i.id] = i
	l.used = l.used.plus(i.booked)
	f.refs++
	f.starting++
	l.boots++
	l.actions = append(l.actions, Start{Instance: i.id, Spec: f.spec})
}

// rest makes a live instance idle: it keeps its memory and gives its CPU back.
func (l *Ledger) rest(i *instance) {
	cpu := amount{cpu: i.booked.cpu}
	i.booked = i.booked.minus(cpu)
	l.used = l.used.minus(cpu)
	l.idle = l.idle.plus(i.booked)
	i.since = l.now
	l.use(i)
}

// lend gives a slot of an instance to a caller.
func (l *Ledger) lend(c *caller, i *instance) {
	if i.calls == 0 {
		l.idle = l.idle.minus(i.booked)
		cpu := i.fn.need.minus(i.booked)
		i.booked = i.fn.need
		l.used = l.used.plus(cpu)
	}
	i.calls++
	l.use(i)
	l.loans[c.ticket] = loan{instance: i, at: l.now}
	l.unref(c.fn)
	l.lends++
	l.actions = append(l.actions, Lend{Ticket: c.ticket, Instance: i.id, Cold: i == l.fresh})
}

// use makes an instance the most recently used one, and offers its free slots.
func (l *Ledger) use(i *instance) {
	l.uses++
	i.use = l.uses
	l.withhold(i)
	if i.calls < i.fn.spec.Concurrency {
		i.fn.free = append(i.fn.free, i)
	}
}

// withhold takes an instance out of the offer.
func (l *Ledger) withhold(i *instance) {
	if at := slices.Index(i.fn.free, i); at >= 0 {
		i.fn.free = slices.Delete(i.fn.free, at, at+1)
	}
}

// doom sees to it that an instance is never lent again.
func (l *Ledger) doom(i *instance) {
	if i.doomed {
		return
	}
	if i.isIdle() {
		l.idle = l.idle.minus(i.booked)
	}
	i.doomed = true
	if i.state == booting {
		i.fn.starting--
	}
	l.withhold(i)
}

// stop dooms an instance and asks for its removal. It books what it books
// until that is complete.
func (l *Ledger) stop(i *instance) {
	l.doom(i)
	i.state = leaving
	l.stopping = l.stopping.plus(i.booked)
	l.actions = append(l.actions, Stop{Instance: i.id})
}

// remove forgets an instance and gives back what it books.
func (l *Ledger) remove(i *instance) {
	delete(l.instances, i.id)
	l.used = l.used.minus(i.booked)
	l.unref(i.fn)
}

func (l *Ledger) unref(f *function) {
	f.refs--
	if f.refs == 0 && l.functions[f.spec.ID] == f {
		delete(l.functions, f.spec.ID)
	}
}
