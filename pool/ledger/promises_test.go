package ledger_test

import (
	"cmp"
	"slices"

	"github.com/serverledge/serverledge/pool/ledger"
)

// check holds the ledger to the promises of its package comment.
func (w *world) check(before ledger.Status) {
	w.t.Helper()
	s := w.ledger.Status()
	w.checkAccounts(before, s)
	waiting := w.waiting()
	if s.Waiting != len(waiting) {
		w.fatalf("%d callers wait, Status says %d", len(waiting), s.Waiting)
	}
	if w.draining && len(waiting) > 0 {
		w.fatalf("somebody waits while draining")
	}
	w.checkWaiting(waiting, s)
	w.checkEvictions()
}

// waiting are the callers that wait, in the order of the package comment.
func (w *world) waiting() []*caller {
	var list []*caller
	for _, c := range w.callers {
		if c.state == "waiting" {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b *caller) int {
		return cmp.Or(cmp.Compare(b.class, a.class), a.due.Compare(b.due), cmp.Compare(a.ticket, b.ticket))
	})
	return list
}

// checkAccounts: what is booked is the sum over the instances, never negative,
// and no decision takes it over the capacity.
func (w *world) checkAccounts(before, s ledger.Status) {
	var want ledger.Status
	milli := 0
	for _, i := range w.instances {
		want.UsedMemoryMB += i.spec.MemoryMB
		want.Calls += i.calls
		if i.cpu {
			milli += thousandths(i.spec.CPU)
		}
		switch {
		case i.state == "booting":
			want.Booting++
		case i.state == "leaving":
			want.Stopping++
		case i.calls > 0:
			want.Busy++
		default:
			want.Idle++
			want.IdleMemoryMB += i.spec.MemoryMB
		}
		if i.calls < 0 || i.calls > i.spec.Concurrency {
			w.fatalf("instance %d has %d calls", i.id, i.calls)
		}
	}
	calls := 0
	for _, c := range w.callers {
		if c.state == "lent" {
			calls++
		}
	}
	got := [...]int{s.UsedMemoryMB, s.IdleMemoryMB, s.Booting, s.Idle, s.Busy, s.Stopping, s.Calls, thousandths(s.UsedCPUs)}
	sums := [...]int{want.UsedMemoryMB, want.IdleMemoryMB, want.Booting, want.Idle, want.Busy, want.Stopping, calls, milli}
	if got != sums {
		w.fatalf("accounts (used, idle memory, booting, idle, busy, stopping, calls, cpu) are %v, the sums %v", got, sums)
	}
	if s.UsedMemoryMB > w.memory && s.UsedMemoryMB > before.UsedMemoryMB {
		w.fatalf("%d of %d MB are booked", s.UsedMemoryMB, w.memory)
	}
	if w.cpus > 0 && thousandths(s.UsedCPUs) > w.cpus && s.UsedCPUs > before.UsedCPUs {
		w.fatalf("%g of %d/1000 CPUs are booked", s.UsedCPUs, w.cpus)
	}
}

// checkWaiting: nobody waits beside a free slot or beside room, and no more
// than the queue holds wait uncovered.
func (w *world) checkWaiting(waiting []*caller, s ledger.Status) {
	freeMemory, freeCPU := w.memory-s.UsedMemoryMB, 1<<40
	if w.cpus > 0 {
		freeCPU = w.cpus - thousandths(s.UsedCPUs)
	}
	slots, comingMemory, comingCPU, yielding := w.prospects(waiting, freeMemory, freeCPU)

	scarce, uncovered, first := false, 0, true
	for _, c := range waiting {
		cpu := thousandths(c.spec.CPU)
		idle := w.idleOf(c.spec.ID)
		for _, i := range idle {
			if i.calls > 0 || !scarce && fits(cpu, freeCPU) || cpu == 0 {
				w.fatalf("caller %d waits beside instance %d", c.ticket, i.id)
			}
		}
		if !c.deadline.IsZero() && !w.now.Before(c.deadline) {
			w.fatalf("caller %d waits beyond its deadline", c.ticket)
		}
		scarce = scarce || len(idle) > 0
		if slots[c.spec.ID] > 0 {
			slots[c.spec.ID]--
			continue
		}
		if len(idle) > 0 {
			uncovered++
			continue
		}
		starved := w.anyShort(waiting) && cpu > 0
		if first && !starved && c.spec.MemoryMB <= freeMemory && fits(cpu, freeCPU) {
			w.fatalf("caller %d waits beside %d MB", c.ticket, freeMemory)
		}
		if first && !starved && c.spec.MemoryMB > comingMemory && fits(cpu, comingCPU) && yielding > 0 {
			w.fatalf("caller %d waits and nothing makes way, though %d MB are idle", c.ticket, yielding)
		}
		if !starved && c.spec.MemoryMB <= comingMemory && fits(cpu, comingCPU) {
			comingMemory -= c.spec.MemoryMB
			comingCPU -= cpu
			slots[c.spec.ID] += c.spec.Concurrency - 1
		} else {
			uncovered++
			comingMemory = 0 // those behind do not take it
		}
		first = false
	}
	if uncovered > w.config.QueueCapacity {
		w.fatalf("%d callers wait uncovered, the queue holds %d", uncovered, w.config.QueueCapacity)
	}
}

// prospects returns the slots of booting instances by version, the room that is
// free or being made, and the memory of idle instances that could make way.
func (w *world) prospects(waiting []*caller, memory, cpu int) (slots map[string]int, comingMemory, comingCPU, yielding int) {
	slots = map[string]int{}
	for _, i := range w.instances {
		switch {
		case i.state == "booting" && i.never == "":
			slots[i.spec.ID] += i.spec.Concurrency
		case i.state == "leaving":
			memory += i.spec.MemoryMB
			if i.cpu {
				cpu += thousandths(i.spec.CPU)
			}
		case i.state == "live" && i.calls == 0 && !slices.ContainsFunc(waiting, func(c *caller) bool { return c.spec.ID == i.spec.ID }):
			yielding += i.spec.MemoryMB
		}
	}
	return slots, memory, cpu, yielding
}

func (w *world) idleOf(id string) (list []*instance) {
	for _, i := range w.instances {
		if i.state == "live" && i.never == "" && i.calls < i.spec.Concurrency && i.spec.ID == id {
			list = append(list, i)
		}
	}
	return list
}

func (w *world) anyShort(waiting []*caller) bool {
	return slices.ContainsFunc(waiting, func(c *caller) bool { return len(w.idleOf(c.spec.ID)) > 0 })
}

// checkEvictions: what must not be lent any more leaves as soon as it is idle.
func (w *world) checkEvictions() {
	for _, i := range w.instances {
		if i.state == "live" && i.calls == 0 && i.never != "" {
			w.fatalf("instance %d is %s, idle, and stays", i.id, i.never)
		}
	}
}

// fits tells whether CPU is there for an instance; one that books none needs none.
func fits(cpu, free int) bool { return cpu == 0 || cpu <= free }

// checkTurn: a boot leaves the room to the callers before the one that it is
// for.
func (w *world) checkTurn(spec ledger.Spec) {
	room := w.memory
	slots := map[string]int{}
	for _, i := range w.instances {
		room -= i.spec.MemoryMB
		if i.state == "booting" && i.never == "" {
			slots[i.spec.ID] += i.spec.Concurrency
		}
	}
	for _, c := range w.waiting() {
		switch {
		case slots[c.spec.ID] > 0:
			slots[c.spec.ID]--
		case len(w.idleOf(c.spec.ID)) > 0: // waits for CPU
		case c.spec.ID == spec.ID:
			if spec.MemoryMB > room {
				w.fatalf("%s is started with the room of a caller before it", spec.ID)
			}
			return
		default:
			room -= c.spec.MemoryMB
			slots[c.spec.ID] += c.spec.Concurrency - 1
		}
	}
}

// checkExpiry: what is idle for too long leaves at a tick.
func (w *world) checkExpiry() {
	for _, i := range w.instances {
		if w.config.IdleTTL > 0 && i.state == "live" && i.calls == 0 && w.now.Sub(i.idle) >= w.config.IdleTTL {
			w.fatalf("instance %d is idle since %s", i.id, i.idle.Format("04:05.000"))
		}
	}
}

// checkVictim: a healthy instance leaves when it is idle for too long, or when
// it makes way as the least recently used one.
func (w *world) checkVictim(event ledger.Event, i *instance) {
	if i.never != "" {
		return
	}
	if i.calls > 0 {
		w.fatalf("instance %d is stopped with %d calls", i.id, i.calls)
	}
	if _, ok := event.(ledger.Tick); ok && w.config.IdleTTL > 0 && w.now.Sub(i.idle) >= w.config.IdleTTL {
		return
	}
	waiting := w.waiting()
	for _, other := range w.instances {
		spared := slices.ContainsFunc(waiting, func(c *caller) bool { return c.spec.ID == other.spec.ID })
		if prewarm, ok := event.(ledger.Prewarm); ok && prewarm.Spec.ID == other.spec.ID {
			spared = true
		}
		if other.state == "live" && other.never == "" && other.calls == 0 && other.lastUse < i.lastUse && !spared && len(w.wishes) == 0 {
			w.fatalf("instance %d makes way, though %d was used longer ago", i.id, other.id)
		}
	}
}
