package ledger

// Status is the state of the accounts.
type Status struct {
	// MemoryMB and CPUs are the capacity; CPUs is 0 when not accounted.
	MemoryMB int
	CPUs     float64
	// UsedMemoryMB is booked by all instances, IdleMemoryMB by the idle ones
	// among them; UsedCPUs is booked by those that boot or have calls.
	UsedMemoryMB, IdleMemoryMB int
	UsedCPUs                   float64
	// Booting, Idle, Busy and Stopping count instances; Busy are those with
	// calls in flight.
	Booting, Idle, Busy, Stopping int
	// Calls are in flight, Waiting callers have no instance yet.
	Calls, Waiting int
	// Boots, Lends and Refusals count since the start.
	Boots, Lends, Refusals uint64
}

// Status returns the accounts.
func (l *Ledger) Status() Status {
	s := Status{
		MemoryMB: l.config.MemoryMB, CPUs: max(0, l.config.CPUs),
		UsedMemoryMB: int(l.used.memory), IdleMemoryMB: int(l.idle.memory), UsedCPUs: l.used.cpus(),
		Calls: len(l.loans), Waiting: len(l.waiting),
		Boots: l.boots, Lends: l.lends, Refusals: l.refusals,
	}
	for _, i := range l.instances {
		switch {
		case i.state == booting:
			s.Booting++
		case i.state == leaving:
			s.Stopping++
		case i.calls > 0:
			s.Busy++
		default:
			s.Idle++
		}
	}
	return s
}

// Warm counts the live instances with a free slot by Spec.ID.
func (l *Ledger) Warm() map[string]int {
	warm := map[string]int{}
	for _, f := range l.functions {
		if len(f.free) > 0 {
			warm[f.spec.ID] = len(f.free)
		}
	}
	return warm
}

// Fit says how a call of a function would be served now.
type Fit uint8

// The fits, the best last.
const (
	// FitNo is a caller that would wait or be refused.
	FitNo Fit = iota
	// FitEvicting is a boot that idle instances have to make way for.
	FitEvicting
	// FitCold is a boot.
	FitCold
	// FitWarm is a free slot.
	FitWarm
)

// Fit says how a caller of a function would be served if it came now. It
// changes nothing.
func (l *Ledger) Fit(spec Spec) Fit {
	f := l.functions[spec.ID]
	if f == nil {
		f = &function{spec: spec, need: newAmount(spec.MemoryMB, spec.CPU)}
	}
	switch {
	case l.draining || !f.need.within(l.capacity):
		return FitNo
	case l.pick(f) != nil:
		return FitWarm
	case l.callers(f) < f.starting*f.spec.Concurrency:
		return FitCold
	case len(f.free) > 0 || l.pass.queued > 0 || l.noCPU(f):
		return FitNo
	case f.need.within(l.capacity.minus(l.used).minus(l.pass.reserved)):
		return FitCold
	case l.canFit(f):
		return FitEvicting
	default:
		return FitNo
	}
}

// callers counts the waiting callers of a function.
func (l *Ledger) callers(f *function) int {
	n := 0
	for _, c := range l.waiting {
		if c.fn == f {
			n++
		}
	}
	return n
}
