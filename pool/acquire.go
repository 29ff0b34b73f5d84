package pool

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/pool/ledger"
)

// Lease is the right to one call on an instance. It must be released.
type Lease struct {
	pool   *Pool
	ticket ledger.Ticket
	slot   *slot
	cold   bool
	waited time.Duration
}

// Instance is what the lease is for.
func (l *Lease) Instance() functions.Instance { return l.slot.instance }

// Cold tells that the caller had to wait for the instance to start.
func (l *Lease) Cold() bool { return l.cold }

// Init is how long the instance took to start when the lease is cold, else 0.
func (l *Lease) Init() time.Duration {
	if !l.cold {
		return 0
	}
	return l.slot.boot
}

// Queue is how long the caller waited otherwise.
func (l *Lease) Queue() time.Duration { return max(0, l.waited-l.Init()) }

// Release ends the lease. An instance that is not healthy serves nobody any
// more. Only the first Release counts: the ledger forgets the ticket with it.
func (l *Lease) Release(healthy bool) {
	l.pool.tell(ledger.Released{Ticket: l.ticket, Healthy: healthy})
}

// waiter waits for the ledger's answer.
type waiter struct {
	function *functions.Function
	prewarm  bool
	answer   chan answer // has room for the one answer
}

type answer struct {
	slot *slot
	cold bool
	err  error
}

// Acquire leases an instance of f for a call, which says how long it waits and
// how urgent it is. The errors are fault.Exhausted (with RetryAfter, unless
// the function is too big for the pool: "insufficient_capacity"), fault.Timeout
// when the call's deadline or that of ctx passes, the cause of ctx when it ends
// otherwise, fault.Conflict when the version was retired meanwhile,
// fault.Unavailable when the pool is closing, or what the driver says of a start
// that failed.
func (p *Pool) Acquire(ctx context.Context, f *functions.Function, call *functions.Call) (*Lease, error) {
	if ctx.Err() != nil {
		return nil, ended(ctx, f)
	}
	deadline := call.Deadline
	if d, ok := ctx.Deadline(); ok && (deadline.IsZero() || d.Before(deadline)) {
		deadline = d
	}
	began := time.Now()
	w, want := &waiter{function: f, answer: make(chan answer, 1)}, spec(f)
	p.mu.Lock()
	ticket := p.enter(w, want.ID)
	p.step(ledger.Wanted{Ticket: ticket, Spec: want, Class: call.Class, Deadline: deadline})
	p.mu.Unlock()

	var a answer
	select {
	case a = <-w.answer: // the warm way needs no timer
	default:
		var cancel context.CancelFunc
		ctx, cancel = withDeadline(ctx, call.Deadline)
		defer cancel()
		select {
		case a = <-w.answer:
		case <-ctx.Done():
			p.leave(ticket, w)
			return nil, ended(ctx, f)
		}
	}
	if a.err != nil {
		return nil, a.err
	}
	return &Lease{pool: p, ticket: ticket, slot: a.slot, cold: a.cold, waited: time.Since(began)}, nil
}

// enter gives a waiter a ticket; the lock is held.
func (p *Pool) enter(w *waiter, id string) ledger.Ticket {
	p.tickets++
	p.waiters[p.tickets] = w
	p.known[id] = w.function
	return p.tickets
}

// leave withdraws a waiter, and gives back what it was lent in the meantime.
func (p *Pool) leave(ticket ledger.Ticket, w *waiter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiters[ticket] == w {
		delete(p.waiters, ticket)
		p.step(ledger.Withdrawn{Ticket: ticket})
		return
	}
	// Known to no loan when the answer was a refusal: that changes nothing.
	p.step(ledger.Released{Ticket: ticket, Healthy: true})
}

// spec is what the ledger is to know of a function.
func spec(f *functions.Function) ledger.Spec {
	return ledger.Spec{
		ID: f.ID(), Name: functions.Fold(f.Namespace + "/" + f.Name),
		MemoryMB: f.MemoryMB, CPU: f.CPU, Concurrency: f.Concurrency(),
	}
}

// errDeadline is the cause of a context that ended with the call's deadline.
var errDeadline = errors.New("the deadline of the call has passed")

func withDeadline(ctx context.Context, deadline time.Time) (context.Context, context.CancelFunc) {
	if deadline.IsZero() {
		return context.WithCancel(ctx)
	}
	return context.WithDeadlineCause(ctx, deadline, errDeadline)
}

// ended is the error for a caller whose context is done.
func ended(ctx context.Context, f *functions.Function) error {
	cause := context.Cause(ctx)
	if errors.Is(cause, context.DeadlineExceeded) || errors.Is(cause, errDeadline) {
		return fault.New(fault.Timeout, "deadline_passed", "the deadline of the call of %s passed before there was a result", f.Name).
			WithHint("wait longer, or give the function more room")
	}
	return fmt.Errorf("calling %s: %w", f.Name, cause)
}

// refusal is the error for a caller that the ledger refuses.
func (p *Pool) refusal(r ledger.Refuse) error {
	name := "the function"
	if w := p.waiters[r.Ticket]; w != nil {
		name = w.function.Name
	}
	switch r.Reason {
	case ledger.NoCapacity:
		return fault.New(fault.Exhausted, "overloaded", "there is no room for another instance of %s now", name).
			WithRetryAfter(r.RetryAfter).WithHint("try again in %s", r.RetryAfter)
	case ledger.TooBig:
		return fault.New(fault.Exhausted, "insufficient_capacity", "%s needs more memory or CPU than this node has for functions", name).
			WithHint("lower what the function asks for, or raise container.pool.memory and container.pool.cpus")
	case ledger.DeadlinePassed:
		return fault.New(fault.Timeout, "deadline_passed", "the deadline of the call of %s passed while it waited for an instance", name)
	case ledger.BootFailed:
		return fmt.Errorf("starting an instance of %s: %w", name, p.slots[r.Instance].err)
	case ledger.NotCurrent:
		return fault.New(fault.Conflict, "function_changed", "%s was changed or deleted while the call waited", name)
	case ledger.Draining:
		return fault.New(fault.Unavailable, "draining", "the node is shutting down")
	default:
		return fault.New(fault.Internal, "unknown_refusal", "refused: %s", string(r.Reason))
	}
}
