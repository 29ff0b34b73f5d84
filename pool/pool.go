// Package pool keeps warm instances of functions and lends them to calls. It is
// the shell around package ledger: it starts and stops instances through a
// Driver, waits, and tells the ledger what happened; who gets what is decided
// there. It knows nothing of other nodes and nothing of workflows.
//
// Invariant: each instance has one goroutine that starts it, watches it and
// removes it, and no lock is held while a driver works: what takes long with
// one instance delays nobody else.
package pool

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/pool/ledger"
)

// Driver makes instances: containers, sandboxes. All methods are safe for
// concurrent use.
type Driver interface {
	// Name is "docker", "sandbox", …
	Name() string
	// Runtimes says what the driver provides: versions by environment, see
	// functions.Runtime.Satisfied.
	Runtimes() map[string]string
	// Check refuses a function that the driver can never run.
	Check(f *functions.Function) error
	// Prepare fetches what instances of f need (image, package), anew if refresh
	// is set.
	Prepare(ctx context.Context, f *functions.Function, refresh bool) error
	// Start makes an instance that is ready for calls. When it fails it leaves
	// nothing. An error whose chain has a method FunctionFailure() with the result
	// *functions.Failure is the function's own fault.
	Start(ctx context.Context, f *functions.Function) (functions.Instance, error)
	// Close removes all instances and ends the driver.
	Close(ctx context.Context) error
}

// Catalog knows the functions.
type Catalog interface {
	// Function returns a function; fault.NotFound.
	Function(ctx context.Context, namespace, name string) (*functions.Function, error)
}

// Options are the size and the manners of a pool.
type Options struct {
	// Node and Area are written into results.
	Node, Area string
	// MemoryMB is what all instances together may have; with 0 the pool runs
	// nothing.
	MemoryMB int
	// CPUs is what busy instances together may have; 0 is not accounted.
	CPUs float64
	// QueueCapacity is how many calls may wait for whom no instance can be
	// started now; 0 refuses them at once.
	QueueCapacity int
	// IdleTTL is how long an instance may be idle; 10 minutes when 0.
	IdleTTL time.Duration
	// JanitorInterval is how often idle instances are looked at; a minute when 0.
	JanitorInterval time.Duration
	// Log is where trouble goes; nowhere when nil.
	Log *slog.Logger
	// Observe, when set, is told of each call that Invoke has ended. It must
	// return quickly, and is called from many goroutines.
	Observe func(Observation)
}

// Observation is what became of one call.
type Observation struct {
	// Function is nil when the catalogue did not know it.
	Function *functions.Function
	// Result is nil when there is an error.
	Result *functions.Result
	Err    error
}

// The defaults of Options and limits of patience with drivers.
const (
	defaultIdleTTL = 10 * time.Minute
	defaultJanitor = time.Minute
	// startLimit bounds one start, fetching an image included.
	startLimit = 6 * time.Minute
	// stopLimit bounds one try to remove an instance.
	stopLimit = 30 * time.Second
)

// Pool is a functions.Invoker that runs calls on instances of this node.
type Pool struct {
	driver  Driver
	catalog Catalog
	options Options
	log     *slog.Logger

	// life ends when Close loses patience; work are all goroutines.
	life    context.Context
	giveUp  context.CancelFunc
	work    sync.WaitGroup
	closing chan struct{}
	once    sync.Once

	mu      sync.Mutex
	ledger  *ledger.Ledger
	tickets ledger.Ticket
	// waiters await an answer of the ledger, slots are the instances.
	waiters map[ledger.Ticket]*waiter
	slots   map[ledger.Instance]*slot
	// known has the versions that callers came with, by ID.
	known map[string]*functions.Function
	// Counters since the start.
	cold, served, refused uint64
}

// errClosed ends starts that are under way when Close loses patience.
var errClosed = errors.New("the pool is closed")

// New makes a pool and starts its janitor. The pool owns the driver: Close
// closes both.
func New(driver Driver, catalog Catalog, options Options) *Pool {
	if options.IdleTTL <= 0 {
		options.IdleTTL = defaultIdleTTL
	}
	if options.JanitorInterval <= 0 {
		options.JanitorInterval = defaultJanitor
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	life, giveUp := context.WithCancelCause(context.Background())
	p := &Pool{
		driver: driver, catalog: catalog, options: options, log: options.Log,
		life: life, giveUp: func() { giveUp(errClosed) }, closing: make(chan struct{}),
		ledger: ledger.New(ledger.Config{
			MemoryMB: options.MemoryMB, CPUs: options.CPUs,
			QueueCapacity: options.QueueCapacity, IdleTTL: options.IdleTTL,
		}),
		waiters: map[ledger.Ticket]*waiter{},
		slots:   map[ledger.Instance]*slot{},
		known:   map[string]*functions.Function{},
	}
	p.work.Go(p.janitor)
	return p
}

// Driver returns the driver of the pool, to ask it what it can do.
func (p *Pool) Driver() Driver { return p.driver }

// Retire ends the instances of all versions of a function but the one with the
// ID keepID ("" for none): idle ones at once, busy ones after their calls.
// Callers that wait for such a version are told fault.Conflict, which Invoke
// answers by asking the catalogue again.
func (p *Pool) Retire(namespace, name, keepID string) {
	p.tell(ledger.Retired{Name: functions.Fold(namespace + "/" + name), Keep: keepID})
}

// Drain refuses whoever waits and whoever comes, with fault.Unavailable, and
// lets the calls that run come to their end. It does not wait.
func (p *Pool) Drain() { p.tell(ledger.Drain{}) }

// Close drains the pool, waits until every instance is removed, and closes the
// driver. When ctx ends before, the calls that still run are cut off.
func (p *Pool) Close(ctx context.Context) error {
	p.once.Do(func() { close(p.closing) })
	p.Drain()
	stop := context.AfterFunc(ctx, p.giveUp)
	defer stop()
	p.work.Wait()
	p.giveUp()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
	defer cancel()
	return p.driver.Close(ctx)
}

// tell gives an event to the ledger and performs what it answers.
func (p *Pool) tell(event ledger.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.step(event)
}

// step is tell with the lock held.
func (p *Pool) step(event ledger.Event) {
	for _, action := range p.ledger.Step(time.Now(), event) {
		switch a := action.(type) {
		case ledger.Lend:
			p.served++
			if a.Cold {
				p.cold++
			}
			p.answer(a.Ticket, answer{slot: p.slots[a.Instance], cold: a.Cold})
		case ledger.Warmed:
			p.answer(a.Ticket, answer{slot: p.slots[a.Instance]})
		case ledger.Start:
			s := &slot{id: a.Instance, function: p.known[a.Spec.ID], leave: make(chan struct{})}
			p.slots[s.id] = s
			p.work.Go(func() { p.keep(s) })
		case ledger.Stop:
			close(p.slots[a.Instance].leave)
		case ledger.Refuse:
			full := a.Reason == ledger.NoCapacity || a.Reason == ledger.TooBig
			if w := p.waiters[a.Ticket]; full && w != nil && !w.prewarm {
				p.refused++
			}
			p.answer(a.Ticket, answer{err: p.refusal(a)})
		}
	}
}

// answer hands an answer to whoever waits for it.
func (p *Pool) answer(ticket ledger.Ticket, a answer) {
	if w := p.waiters[ticket]; w != nil {
		delete(p.waiters, ticket)
		w.answer <- a
	}
}

// janitor tells the ledger that time passes, and forgets versions that nobody
// uses any more.
func (p *Pool) janitor() {
	ticker := time.NewTicker(p.options.JanitorInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.mu.Lock()
			p.step(ledger.Tick{})
			p.forget()
			p.mu.Unlock()
		case <-p.closing:
			return
		}
	}
}

func (p *Pool) forget() {
	used := map[string]bool{}
	for _, s := range p.slots {
		used[s.function.ID()] = true
	}
	for _, w := range p.waiters {
		used[w.function.ID()] = true
	}
	for id := range p.known {
		if !used[id] {
			delete(p.known, id)
		}
	}
}
