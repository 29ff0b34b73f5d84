package pool

import (
	"context"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/pool/ledger"
)

// slot is an instance from the decision to start it to its removal.
type slot struct {
	id       ledger.Instance
	function *functions.Function
	// leave is closed when the ledger wants the instance gone.
	leave chan struct{}

	// These are written before the ledger learns of the start, and then left
	// alone.
	instance functions.Instance
	boot     time.Duration
	err      error
}

// keep starts an instance, watches it and removes it.
func (p *Pool) keep(s *slot) {
	if !p.start(s) {
		return
	}
	done, cutOff := s.instance.Done(), p.life.Done()
	for here := true; here; {
		select {
		case <-s.leave:
			here = false
		case <-done:
			done = nil
			p.tell(ledger.Died{Instance: s.id})
		case <-cutOff:
			// Its calls end with it, and are released; then the ledger lets it go.
			cutOff = nil
			p.remove(s)
		}
	}
	p.remove(s)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.step(ledger.Stopped{Instance: s.id})
	delete(p.slots, s.id)
}

func (p *Pool) start(s *slot) bool {
	ctx, cancel := context.WithTimeout(p.life, startLimit)
	defer cancel()
	began := time.Now()
	s.instance, s.err = p.driver.Start(ctx, s.function)
	s.boot = time.Since(began)

	p.mu.Lock()
	defer p.mu.Unlock()
	if s.err != nil {
		p.log.DebugContext(ctx, "instance did not start", "function", s.function.Name, "took", s.boot, "err", s.err)
		p.step(ledger.StartFailed{Instance: s.id, Retry: fault.KindOf(s.err) == fault.Unavailable && p.life.Err() == nil})
		delete(p.slots, s.id)
		return false
	}
	p.log.DebugContext(ctx, "instance started", "function", s.function.Name, "instance", s.instance.ID(), "took", s.boot)
	p.step(ledger.Started{Instance: s.id})
	return true
}

// remove stops an instance. What cannot be removed stays in the accounts, and
// is tried again until the pool gives up; then it is the driver's to clean up.
func (p *Pool) remove(s *slot) {
	const longest = 30 * time.Second
	for pause := time.Second; ; pause = min(2*pause, longest) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(p.life), stopLimit)
		err := s.instance.Stop(ctx)
		cancel()
		if err == nil {
			return
		}
		p.log.WarnContext(ctx, "removing an instance", "function", s.function.Name, "instance", s.instance.ID(), "err", err)
		again := time.NewTimer(pause)
		select {
		case <-again.C:
		case <-p.life.Done():
			again.Stop()
			return
		}
	}
}
