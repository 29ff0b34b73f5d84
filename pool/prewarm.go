package pool

import (
	"context"
	"errors"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/pool/ledger"
)

// MaxPrewarm is how many instances may be asked for at a time.
const MaxPrewarm = 1000

// Prewarm fetches what instances of f need (anew if refresh is set), starts up
// to n more of them as there is room without making calls wait, and returns how
// many have started. Idle instances of other functions make way. The error
// tells why when none has: fault.Exhausted for want of room, or what the driver
// says. With n = 0 it only fetches.
func (p *Pool) Prewarm(ctx context.Context, f *functions.Function, n int, refresh bool) (int, error) {
	if n < 0 || n > MaxPrewarm {
		return 0, fault.New(fault.Invalid, "invalid_count", "the number of instances must be 0 to %d, not %d", MaxPrewarm, n)
	}
	if err := p.driver.Prepare(ctx, f, refresh); err != nil {
		return 0, err
	}
	total := 0
	for total < n {
		// A boot books CPU and gives it back: those for whom there was none get
		// theirs in the next round.
		started, err := p.boot(ctx, f, n-total)
		total += started
		switch {
		case ctx.Err() != nil || started == 0 && total == 0:
			return total, ownFault(f, err)
		case started == 0:
			return total, nil
		}
	}
	return total, nil
}

// ownFault tells the failure of code that cannot be loaded as what it is: the
// function's fault, not the node's.
func ownFault(f *functions.Function, err error) error {
	var own interface{ FunctionFailure() *functions.Failure }
	if !errors.As(err, &own) {
		return err
	}
	failure := own.FunctionFailure()
	return fault.New(fault.Invalid, "function_not_loadable", "function %s cannot be loaded: %s: %s", f.Name, failure.Type, failure.Message).
		WithHint("a call of the function shows the traceback")
}

// boot starts up to n instances at once and waits for them. The error tells
// why not all have started.
func (p *Pool) boot(ctx context.Context, f *functions.Function, n int) (started int, why error) {
	waiters, want := map[ledger.Ticket]*waiter{}, spec(f)
	p.mu.Lock()
	for range n {
		w := &waiter{function: f, prewarm: true, answer: make(chan answer, 1)}
		ticket := p.enter(w, want.ID)
		waiters[ticket] = w
		p.step(ledger.Prewarm{Ticket: ticket, Spec: want})
	}
	p.mu.Unlock()

	for ticket, w := range waiters {
		select {
		case a := <-w.answer:
			switch {
			case a.err == nil:
				started++
			case why == nil || errors.Is(why, fault.Exhausted):
				why = a.err // a failed start says more than a lack of room
			}
		case <-ctx.Done():
			p.leave(ticket, w)
			why = ended(ctx, f)
		}
	}
	return started, why
}
