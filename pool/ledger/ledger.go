package ledger

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Config is the size of a pool and its manners.
type Config struct {
	// MemoryMB is what all instances together may book.
	MemoryMB int
	// CPUs is what busy instances together may book; 0 is not accounted.
	CPUs float64
	// QueueCapacity is how many callers may wait for whom no instance can be
	// started; 0 refuses them at once.
	QueueCapacity int
	// IdleTTL is how long an instance may be idle; 0 is for ever.
	IdleTTL time.Duration
}

const (
	// maxBoots is how many boots may fail a caller before it is told.
	maxBoots = 2
	// patience orders callers without a deadline among those that have one.
	patience = 5 * time.Minute
)

// Ledger holds the accounts of a pool. It is owned by one goroutine at a time.
// Make one with New.
type Ledger struct {
	config   Config
	capacity amount
	draining bool

	functions map[string]*function
	instances map[Instance]*instance
	loans     map[Ticket]loan
	// waiting are the callers without an instance, in their order.
	waiting []*caller
	// prewarms are the wishes whose room is being made.
	prewarms []*caller

	// used is booked by all instances, stopping by those being removed, idle by
	// those that have no calls.
	used, stopping, idle amount

	last     Instance
	arrivals uint64
	uses     uint64
	// hold is the mean time of a loan, for estimates.
	hold time.Duration
	// Counters since the start.
	boots, lends, refusals uint64

	// The rest belongs to the step that is being made.
	now     time.Time
	pass    pass
	fresh   *instance
	actions []Action
}

// function is one version of a function that has instances or callers.
type function struct {
	spec Spec
	need amount
	// free are the live instances with a free slot, least recently used first.
	free []*instance
	// starting counts the booting instances that will be lent.
	starting int
	// refs counts instances and callers: at 0 the function is forgotten.
	refs int

	// claims, planned and short belong to one pass: how many slots of
	// booting instances are claimed, for how many instances room is being made,
	// and whether a caller stands beside an idle instance for want of CPU.
	claims, planned int
	short           bool
}

// instance is booting, live, or being removed.
type instance struct {
	id    Instance
	fn    *function
	state state
	// doomed: it is never lent again.
	doomed bool
	calls  int
	// booked is what it books now.
	booked amount
	// use orders instances by their last use, since is when it became idle.
	use   uint64
	since time.Time
	// prewarm is the wish that it was started for; 0 is none.
	prewarm Ticket
}

type state uint8

const (
	booting state = iota
	live
	leaving
)

// caller waits for an instance.
type caller struct {
	ticket   Ticket
	fn       *function
	class    int
	deadline time.Time
	// due is the deadline or, without one, the end of patience.
	due      time.Time
	arrival  uint64
	failures int
}

type loan struct {
	instance *instance
	at       time.Time
}

// New makes the ledger of an empty pool.
func New(config Config) *Ledger {
	l := &Ledger{
		config:    config,
		functions: map[string]*function{},
		instances: map[Instance]*instance{},
		loans:     map[Ticket]loan{},
	}
	l.resize(config.MemoryMB, config.CPUs)
	return l
}

// Step applies an event and says what is to be done, in this order. Events
// about what the ledger does not know (any more) change nothing. The actions
// are valid until the next step.
func (l *Ledger) Step(now time.Time, event Event) []Action {
	l.now, l.actions = now, l.actions[:0]
	switch e := event.(type) {
	case Wanted:
		l.want(e)
	case Withdrawn:
		l.withdraw(e.Ticket)
	case Started:
		l.started(e.Instance)
	case StartFailed:
		l.startFailed(e.Instance, e.Retry)
	case Released:
		l.release(e.Ticket, e.Healthy)
	case Died:
		l.died(e.Instance)
	case Stopped:
		if i := l.instances[e.Instance]; i != nil && i.state == leaving {
			l.stopping = l.stopping.minus(i.booked)
			l.remove(i)
		}
	case Retired:
		l.retire(func(f *function) bool { return f.spec.Name == e.Name && f.spec.ID != e.Keep }, NotCurrent)
	case Prewarm:
		l.prewarms = append(l.prewarms, l.newCaller(e.Ticket, e.Spec))
	case Tick:
		l.expire()
	case Resized:
		l.resize(e.MemoryMB, e.CPUs)
	case Drain:
		l.draining = true
		l.retire(func(*function) bool { return true }, Draining)
	}
	l.restore()
	l.fresh = nil
	return l.actions
}

func (l *Ledger) newCaller(ticket Ticket, spec Spec) *caller {
	f := l.functions[spec.ID]
	if f == nil {
		spec.Concurrency = max(1, spec.Concurrency)
		f = &function{spec: spec, need: newAmount(spec.MemoryMB, spec.CPU)}
		l.functions[spec.ID] = f
	}
	f.refs++
	l.arrivals++
	return &caller{ticket: ticket, fn: f, arrival: l.arrivals}
}

func (l *Ledger) want(e Wanted) {
	c := l.newCaller(e.Ticket, e.Spec)
	c.class, c.deadline, c.due = e.Class, e.Deadline, e.Deadline
	if c.due.IsZero() {
		c.due = l.now.Add(patience)
	}
	at, _ := slices.BinarySearchFunc(l.waiting, c, (*caller).compare)
	l.waiting = slices.Insert(l.waiting, at, c)
}

// compare orders callers.
func (c *caller) compare(d *caller) int {
	return cmp.Or(cmp.Compare(d.class, c.class), c.due.Compare(d.due), cmp.Compare(c.arrival, d.arrival))
}

func (l *Ledger) withdraw(ticket Ticket) {
	for _, list := range []*[]*caller{&l.waiting, &l.prewarms} {
		if at := slices.IndexFunc(*list, func(c *caller) bool { return c.ticket == ticket }); at >= 0 {
			l.unref((*list)[at].fn)
			*list = slices.Delete(*list, at, at+1)
		}
	}
}

func (l *Ledger) started(id Instance) {
	i := l.instances[id]
	if i == nil || i.state != booting {
		return
	}
	if i.doomed {
		l.stop(i)
		if i.prewarm != 0 {
			l.refuse(Refuse{Ticket: i.prewarm, Reason: l.doomReason()})
		}
		return
	}
	i.state = live
	i.fn.starting--
	l.rest(i)
	l.fresh = i
	if i.prewarm != 0 {
		l.actions = append(l.actions, Warmed{Ticket: i.prewarm, Instance: id})
	}
}

// doomReason says why an instance that has just started is not wanted any more.
func (l *Ledger) doomReason() Reason {
	if l.draining {
		return Draining
	}
	return NotCurrent
}

// startFailed gives the amounts back and tells the first caller of the
// function, or whoever wished for the instance.
func (l *Ledger) startFailed(id Instance, retry bool) {
	i := l.instances[id]
	if i == nil || i.state != booting {
		return
	}
	if !i.doomed {
		i.fn.starting--
	}
	l.remove(i)
	refusal := Refuse{Reason: BootFailed, Instance: id}
	if i.prewarm != 0 {
		refusal.Ticket = i.prewarm
		l.refuse(refusal)
		return
	}
	at := slices.IndexFunc(l.waiting, func(c *caller) bool { return c.fn == i.fn })
	if i.doomed || at < 0 {
		return
	}
	c := l.waiting[at]
	c.failures++
	if retry && c.failures < maxBoots {
		return
	}
	l.waiting = slices.Delete(l.waiting, at, at+1)
	refusal.Ticket = c.ticket
	l.turnAway(c, refusal)
}

func (l *Ledger) died(id Instance) {
	i := l.instances[id]
	if i == nil || i.state != live {
		return
	}
	l.doom(i)
	if i.calls == 0 {
		l.stop(i)
	}
}

func (l *Ledger) release(ticket Ticket, healthy bool) {
	n, ok := l.loans[ticket]
	if !ok {
		return
	}
	delete(l.loans, ticket)
	took := max(0, l.now.Sub(n.at))
	if l.hold == 0 {
		l.hold = took
	}
	l.hold += (took - l.hold) / 8
	i := n.instance
	if !healthy {
		l.doom(i)
	}
	i.calls--
	switch {
	case i.state != live:
	case i.doomed && i.calls == 0:
		l.stop(i)
	case i.doomed:
	case i.calls == 0:
		l.rest(i)
	default:
		l.use(i)
	}
}

// retire dooms the instances of some functions, stops those that are idle, and
// turns their callers away.
func (l *Ledger) retire(old func(*function) bool, reason Reason) {
	for _, id := range slices.Sorted(maps.Keys(l.instances)) {
		i := l.instances[id]
		switch {
		case i.state == leaving || !old(i.fn):
		case i.state == live && i.calls == 0:
			l.stop(i)
		default:
			l.doom(i)
		}
	}
	for _, list := range []*[]*caller{&l.waiting, &l.prewarms} {
		*list = slices.DeleteFunc(*list, func(c *caller) bool {
			gone := old(c.fn)
			if gone {
				l.turnAway(c, Refuse{Ticket: c.ticket, Reason: reason})
			}
			return gone
		})
	}
}

// expire stops the instances that were idle for too long.
func (l *Ledger) expire() {
	if l.config.IdleTTL <= 0 {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(l.instances)) {
		i := l.instances[id]
		if i.isIdle() && l.now.Sub(i.since) >= l.config.IdleTTL {
			l.stop(i)
		}
	}
}

func (l *Ledger) resize(memoryMB int, cpus float64) {
	l.config.MemoryMB, l.config.CPUs = memoryMB, cpus
	l.capacity = newAmount(memoryMB, cpus)
	if cpus <= 0 {
		l.capacity.cpu = limitless
	}
}
