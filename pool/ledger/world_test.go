package ledger_test

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/serverledge/serverledge/pool/ledger"
)

// world is a pool as the ledger imagines it: instances that take their time to
// start and to stop, that fail and die, and callers that come, use, go and lose
// patience. It keeps accounts of its own and holds the ledger to every promise
// of its package comment after each step.
type world struct {
	t      *testing.T
	seed   uint64
	rand   *rand.Rand
	ledger *ledger.Ledger
	twin   *ledger.Ledger // replays the same events
	config ledger.Config
	// memory and cpus are the capacity now, in MiB and thousandths.
	memory, cpus int
	now          time.Time
	agenda       agenda
	order        int
	draining     bool
	trace        []traced

	specs     []ledger.Spec
	version   int
	callers   map[ledger.Ticket]*caller
	wishes    map[ledger.Ticket]bool // open prewarms
	instances map[ledger.Instance]*instance
	tickets   ledger.Ticket
	highest   ledger.Instance
	lent      int
	refused   map[ledger.Reason]int
}

type caller struct {
	ticket   ledger.Ticket
	spec     ledger.Spec
	class    int
	deadline time.Time
	due      time.Time
	state    string // waiting, lent, refused, withdrawn, done
	instance ledger.Instance
}

type instance struct {
	id      ledger.Instance
	spec    ledger.Spec
	state   string // booting, live, leaving
	calls   int
	never   string // why it must not be lent any more
	cpu     bool   // its CPU is booked
	lastUse int
	idle    time.Time
}

// traced is an event, or one of the actions that answered it.
type traced struct {
	at   time.Time
	what any
}

type happening struct {
	at    time.Time
	order int
	event ledger.Event
	do    func()
}

type agenda []happening

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	if !a[i].at.Equal(a[j].at) {
		return a[i].at.Before(a[j].at)
	}
	return a[i].order < a[j].order
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any) {
	h, ok := x.(happening)
	if !ok {
		panic("the agenda is of happenings")
	}
	*a = append(*a, h)
}
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	w := &world{
		t: t, seed: seed, rand: rand.New(rand.NewPCG(seed, 1)), now: time.Unix(1e9, 0),
		callers: map[ledger.Ticket]*caller{}, wishes: map[ledger.Ticket]bool{},
		instances: map[ledger.Instance]*instance{}, refused: map[ledger.Reason]int{},
	}
	w.memory = 100 * (3 + w.rand.IntN(8))
	if w.rand.IntN(2) == 0 {
		w.cpus = 1000 * (1 + w.rand.IntN(4))
	}
	w.config = ledger.Config{MemoryMB: w.memory, CPUs: float64(w.cpus) / 1000, IdleTTL: time.Duration(w.rand.IntN(3)) * 20 * time.Second}
	if w.rand.IntN(2) == 0 {
		w.config.QueueCapacity = w.rand.IntN(8)
	}
	w.ledger, w.twin = ledger.New(w.config), ledger.New(w.config)
	for i := range 1 + w.rand.IntN(4) {
		w.specs = append(w.specs, w.spec(fmt.Sprintf("f%d", i)))
	}
	return w
}

func (w *world) spec(name string) ledger.Spec {
	w.version++
	s := ledger.Spec{ID: fmt.Sprintf("%s@%d", name, w.version), Name: name, MemoryMB: 50 * (1 + w.rand.IntN(6)), Concurrency: 1}
	if w.rand.IntN(3) == 0 {
		s.Concurrency = 1 + w.rand.IntN(3)
	}
	if w.rand.IntN(2) == 0 {
		s.CPU = float64(w.rand.IntN(20)) / 10
	}
	return s
}

func (w *world) fatalf(format string, args ...any) {
	w.t.Helper()
	from := max(0, len(w.trace)-40)
	for _, e := range w.trace[from:] {
		w.t.Logf("%s %T%+v", e.at.Format("04:05.000"), e.what, e.what)
	}
	w.t.Fatalf("seed %d: %s", w.seed, fmt.Sprintf(format, args...))
}

func (w *world) in(d time.Duration, event ledger.Event, do func()) {
	w.order++
	heap.Push(&w.agenda, happening{at: w.now.Add(d), order: w.order, event: event, do: do})
}

func (w *world) later(limit time.Duration) time.Duration {
	return time.Duration(w.rand.Int64N(int64(limit)))
}

// play lets things happen, drains, and looks at what is left.
func (w *world) play() {
	for range 60 {
		w.in(w.later(time.Minute), nil, w.arrive)
	}
	for range 6 {
		w.in(w.later(2*time.Minute), ledger.Tick{}, nil)
	}
	for range 2 {
		w.in(w.later(time.Minute), nil, w.update)
		w.in(w.later(time.Minute), nil, w.wish)
	}
	if w.rand.IntN(3) == 0 {
		w.in(w.later(time.Minute), nil, w.resize)
	}
	if w.rand.IntN(4) == 0 {
		w.in(w.later(time.Minute), nil, w.drain)
	}
	w.run()
	if !w.draining {
		w.drain()
		w.run()
	}
	for _, c := range w.callers {
		if c.state == "waiting" || c.state == "lent" {
			w.fatalf("caller %d is %s at the end", c.ticket, c.state)
		}
	}
	if len(w.wishes) > 0 {
		w.fatalf("%d prewarms were never answered", len(w.wishes))
	}
	s := w.ledger.Status()
	left := s.UsedMemoryMB + s.IdleMemoryMB + s.Booting + s.Idle + s.Busy + s.Stopping + s.Calls + s.Waiting
	if left != 0 || s.UsedCPUs != 0 || len(w.ledger.Warm()) != 0 {
		w.fatalf("left at the end: %+v", s)
	}
}

func (w *world) run() {
	for len(w.agenda) > 0 {
		h, _ := heap.Pop(&w.agenda).(happening)
		w.now = h.at
		if h.do != nil {
			h.do()
		}
		if h.event != nil {
			w.step(h.event)
		}
	}
}

// What may happen.

func (w *world) arrive() {
	w.tickets++
	c := &caller{ticket: w.tickets, spec: w.specs[w.rand.IntN(len(w.specs))], class: w.rand.IntN(2), state: "waiting"}
	if w.rand.IntN(10) == 0 {
		c.spec = w.spec("once")
		c.spec.MemoryMB *= 1 + w.rand.IntN(8)
	}
	c.due = w.now.Add(5 * time.Minute)
	if w.rand.IntN(2) == 0 {
		c.deadline = w.now.Add(w.later(30*time.Second) + time.Second)
		c.due = c.deadline
	}
	w.callers[c.ticket] = c
	if w.rand.IntN(6) == 0 {
		w.in(w.later(5*time.Second), nil, func() {
			if c.state == "waiting" {
				c.state = "withdrawn"
				w.step(ledger.Withdrawn{Ticket: c.ticket})
			}
		})
	}
	if !c.deadline.IsZero() {
		w.in(c.deadline.Sub(w.now), ledger.Tick{}, nil)
	}
	fit := w.ledger.Fit(c.spec)
	w.step(ledger.Wanted{Ticket: c.ticket, Spec: c.spec, Class: c.class, Deadline: c.deadline})
	if fit == ledger.FitWarm && c.state != "lent" || fit > ledger.FitNo && c.state == "refused" {
		w.fatalf("caller %d is %s, but Fit said %d", c.ticket, c.state, fit)
	}
}

func (w *world) update() {
	at := w.rand.IntN(len(w.specs))
	name := w.specs[at].Name
	w.specs[at] = w.spec(name)
	for _, i := range w.instances {
		if i.spec.Name == name {
			i.never = "retired"
		}
	}
	w.step(ledger.Retired{Name: name, Keep: w.specs[at].ID})
}

func (w *world) wish() {
	spec := w.specs[w.rand.IntN(len(w.specs))]
	for range 1 + w.rand.IntN(4) {
		w.tickets++
		w.wishes[w.tickets] = true
		w.step(ledger.Prewarm{Ticket: w.tickets, Spec: spec})
	}
}

func (w *world) resize() {
	w.memory = 100 * (1 + w.rand.IntN(10))
	if w.cpus > 0 {
		w.cpus = 1000 * (1 + w.rand.IntN(4))
	}
	w.step(ledger.Resized{MemoryMB: w.memory, CPUs: float64(w.cpus) / 1000})
}

func (w *world) drain() {
	w.draining = true
	for _, i := range w.instances {
		i.never = "draining"
	}
	w.step(ledger.Drain{})
}

// step gives an event to both ledgers, performs the actions and checks.
func (w *world) step(event ledger.Event) {
	before := w.ledger.Status()
	w.trace = append(w.trace, traced{w.now, event})
	actions := slices.Clone(w.ledger.Step(w.now, event))
	if twin := w.twin.Step(w.now, event); !slices.Equal(actions, twin) {
		w.fatalf("the same events gave %+v and %+v", actions, twin)
	}
	for _, a := range actions {
		w.trace = append(w.trace, traced{w.now, a})
		w.act(event, a)
	}
	w.check(before)
	if _, ok := event.(ledger.Tick); ok {
		w.checkExpiry()
	}
}

func (w *world) act(event ledger.Event, action ledger.Action) {
	switch a := action.(type) {
	case ledger.Start:
		if a.Instance <= w.highest {
			w.fatalf("instance number %d was used before", a.Instance)
		}
		if w.draining {
			w.fatalf("a boot while draining")
		}
		w.checkTurn(a.Spec)
		w.highest = a.Instance
		i := &instance{id: a.Instance, spec: a.Spec, state: "booting", cpu: true}
		w.instances[i.id] = i
		w.in(w.later(4*time.Second), nil, func() { w.booted(i) })
	case ledger.Stop:
		i := w.instances[a.Instance]
		if i == nil || i.state != "live" {
			w.fatalf("stop of %+v", i)
		}
		w.checkVictim(event, i)
		i.state = "leaving"
		w.in(w.later(3*time.Second), nil, func() {
			delete(w.instances, i.id)
			w.step(ledger.Stopped{Instance: i.id})
		})
	case ledger.Lend:
		w.lend(event, a)
	case ledger.Warmed:
		if !w.wishes[a.Ticket] || w.instances[a.Instance] == nil {
			w.fatalf("a prewarm answered twice, or with nothing")
		}
		delete(w.wishes, a.Ticket)
	case ledger.Refuse:
		w.refuse(a)
	}
}

func (w *world) booted(i *instance) {
	if w.rand.IntN(8) == 0 {
		delete(w.instances, i.id)
		w.step(ledger.StartFailed{Instance: i.id, Retry: w.rand.IntN(2) == 0})
		return
	}
	i.state, i.cpu, i.idle = "live", i.never != "", w.now
	w.use(i)
	if w.rand.IntN(8) == 0 {
		w.in(w.later(20*time.Second), nil, func() {
			if i.state == "live" {
				i.never = "dead"
				w.step(ledger.Died{Instance: i.id})
			}
		})
	}
	w.step(ledger.Started{Instance: i.id})
}

func (w *world) use(i *instance) {
	w.order++
	i.lastUse = w.order
}

func (w *world) lend(event ledger.Event, a ledger.Lend) {
	c, i := w.callers[a.Ticket], w.instances[a.Instance]
	switch {
	case c == nil || c.state != "waiting":
		w.fatalf("lent to %+v", c)
	case i == nil || i.state != "live" || i.never != "":
		w.fatalf("lent %+v", i)
	case i.spec.ID != c.spec.ID:
		w.fatalf("%s was lent an instance of %s", c.spec.ID, i.spec.ID)
	case i.calls == i.spec.Concurrency:
		w.fatalf("instance %d has %d calls already", i.id, i.calls)
	}
	for _, other := range w.instances {
		usable := other.state == "live" && other.never == "" && other.calls < other.spec.Concurrency && other.spec.ID == c.spec.ID
		if usable && other.lastUse > i.lastUse && (other.calls > 0 || i.calls == 0) {
			w.fatalf("lent instance %d where %d was used more recently", i.id, other.id)
		}
	}
	started, ok := event.(ledger.Started)
	if cold := ok && started.Instance == a.Instance; a.Cold != cold {
		w.fatalf("cold is %t", a.Cold)
	}
	i.calls++
	i.cpu = true
	w.use(i)
	c.state, c.instance = "lent", a.Instance
	w.lent++
	w.in(w.later(6*time.Second), nil, func() {
		c.state = "done"
		i.calls--
		w.use(i)
		healthy := w.rand.IntN(8) > 0 && i.never != "dead"
		if !healthy && i.never == "" {
			i.never = "unhealthy"
		}
		if i.calls == 0 && i.state == "live" && i.never == "" {
			i.cpu, i.idle = false, w.now
		}
		w.step(ledger.Released{Ticket: c.ticket, Healthy: healthy})
	})
}

func (w *world) refuse(a ledger.Refuse) {
	w.refused[a.Reason]++
	if (a.Reason == ledger.NoCapacity) != (a.RetryAfter >= time.Second) || a.RetryAfter > 30*time.Second {
		w.fatalf("%s with RetryAfter %s", a.Reason, a.RetryAfter)
	}
	if w.wishes[a.Ticket] {
		delete(w.wishes, a.Ticket)
		return
	}
	c := w.callers[a.Ticket]
	if c == nil || c.state != "waiting" {
		w.fatalf("refused %+v", c)
	}
	tooBig := c.spec.MemoryMB > w.memory || w.cpus > 0 && thousandths(c.spec.CPU) > w.cpus
	switch {
	case a.Reason == ledger.TooBig && !tooBig:
		w.fatalf("refused as too big: %+v", c)
	case a.Reason == ledger.DeadlinePassed && (c.deadline.IsZero() || w.now.Before(c.deadline)):
		w.fatalf("refused before its deadline: %+v", c)
	case a.Reason == ledger.Draining && !w.draining:
		w.fatalf("refused for draining")
	}
	c.state = "refused"
}

func thousandths(cpu float64) int { return int(cpu*1000 + 0.5) }
