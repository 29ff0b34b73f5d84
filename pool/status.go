package pool

import (
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/pool/ledger"
)

// Status is the state of a pool. Total memory is free, idle, or busy.
type Status struct {
	// BusyMemoryMB is held by instances that boot, run calls or are being
	// removed; IdleMemoryMB by those that would make way for others.
	TotalMemoryMB, FreeMemoryMB, BusyMemoryMB, IdleMemoryMB int
	// TotalCPUs is 0 when CPUs are not accounted; UsedCPUs is what booting and
	// busy instances take.
	TotalCPUs, UsedCPUs float64
	// Warm counts the instances with a free slot by the function's name, with the
	// namespace before it ("other/fn") unless that is the default one.
	Warm map[string]int
	// Busy, Idle, Starting and Stopping count instances, Queued counts calls
	// without an instance.
	Busy, Idle, Starting, Stopping, Queued int
	// ColdStarts, Served and Refused count calls since the start: those that
	// waited for an instance to start, that got one, that found no room.
	ColdStarts, Served, Refused uint64
}

// Status returns the state of the pool.
func (p *Pool) Status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.ledger.Status()
	warm := map[string]int{}
	for id, n := range p.ledger.Warm() {
		if f := p.known[id]; f != nil {
			warm[display(f)] += n
		}
	}
	return Status{
		TotalMemoryMB: s.MemoryMB, FreeMemoryMB: max(0, s.MemoryMB-s.UsedMemoryMB),
		BusyMemoryMB: s.UsedMemoryMB - s.IdleMemoryMB, IdleMemoryMB: s.IdleMemoryMB,
		TotalCPUs: s.CPUs, UsedCPUs: s.UsedCPUs, Warm: warm,
		Busy: s.Busy, Idle: s.Idle, Starting: s.Booting, Stopping: s.Stopping, Queued: s.Waiting,
		ColdStarts: p.cold, Served: p.served, Refused: p.refused,
	}
}

func display(f *functions.Function) string {
	if f.Namespace == "" || f.Namespace == functions.DefaultNamespace {
		return f.Name
	}
	return f.Namespace + "/" + f.Name
}

// Fit says how a call of a function would be served.
type Fit = ledger.Fit

// The fits, the best last.
const (
	// FitNo is a call that would wait or be refused.
	FitNo = ledger.FitNo
	// FitEvicting is a cold start that idle instances have to make way for.
	FitEvicting = ledger.FitEvicting
	// FitCold is a cold start.
	FitCold = ledger.FitCold
	// FitWarm is an instance that is ready.
	FitWarm = ledger.FitWarm
)

// Fits says how a call of f would be served if it came now.
func (p *Pool) Fits(f *functions.Function) Fit {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ledger.Fit(spec(f))
}
