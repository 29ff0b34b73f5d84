package engine

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// Options wires an Engine. Node, Journal, Invoker and Compile are required.
type Options struct {
	// Node is the id under which this engine owns executions.
	Node    string
	Journal Journal
	// Names keeps the names of named executions; nil refuses names.
	Names Names
	// Invoker runs the calls of tasks: the router.
	Invoker functions.Invoker
	Compile Compiler
	// InFlight bounds the calls that one execution has running (default 256),
	// MaxActive the executions in memory (default 10,000): more are refused.
	InFlight, MaxActive int
	// Observe, when set, is told of each attempt of a task that ended.
	Observe func(*TaskReport)
	// Services makes the calls that are neither of functions nor of executions;
	// nil fails them.
	Services Services
	// Workflow finds a registered workflow for tasks that start one; nil finds
	// none. fault.NotFound.
	Workflow func(ctx context.Context, namespace, name string) (*Definition, error)
	// Limits are handed to Compile with every new execution, and again when it is
	// taken up: an execution keeps those that it began with.
	Limits string
	// Branch, when set, is told of each decision of a Choice state.
	Branch func(state, next string)
	Log    *slog.Logger
}

// Names gives a name to at most one execution of a workflow.
type Names interface {
	// ClaimName binds name to id; when the name is bound already it returns the
	// id it is bound to if the digest of the input is the same, and
	// fault.Conflict if not.
	ClaimName(ctx context.Context, namespace, workflow, name, id, digest string) (string, error)
}

// Engine runs executions. It is safe for concurrent use.
type Engine struct {
	opts Options
	log  *slog.Logger
	ids  identities

	life   context.Context // ends with Close
	end    context.CancelCauseFunc
	graphs graphs

	activities activities

	drained chan struct{} // closed when draining begins

	mu       sync.Mutex
	runs     map[string]*run
	draining bool
	working  int           // goroutines: turns and calls
	idle     chan struct{} // closed when working falls to 0; nil while nobody waits
}

// errClosed is the cause of what Close cuts off.
var errClosed = fault.New(fault.Unavailable, "node_stopping", "the node is stopping").
	WithHint("try another node, or this one again when it is back").WithRetryAfter(2 * time.Second)

// New returns an engine that owns executions at once; Recover takes up those of
// a former process.
func New(opts Options) (*Engine, error) {
	switch {
	case opts.Node == "":
		return nil, errors.New("engine: Options.Node is empty")
	case opts.Journal == nil || opts.Invoker == nil || opts.Compile == nil:
		return nil, errors.New("engine: Options.Journal, Invoker and Compile are required")
	}
	if opts.InFlight <= 0 {
		opts.InFlight = 256
	}
	if opts.MaxActive <= 0 {
		opts.MaxActive = 10_000
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	life, end := context.WithCancelCause(context.Background())
	return &Engine{
		opts: opts, log: opts.Log, ids: newIdentities(opts.Node),
		life: life, end: end, drained: make(chan struct{}), runs: map[string]*run{},
		graphs: graphs{compile: opts.Compile, made: map[variant]*dag.Graph{}},
	}, nil
}

// Drain makes the engine refuse new executions and start no further step of
// those it has, and sends away workers who wait for tasks; what runs goes on.
func (e *Engine) Drain() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.draining {
		e.draining = true
		close(e.drained)
	}
}

// Close drains, waits until the running calls are done or ctx ends, cuts off
// the rest and waits for every goroutine. Standard executions that are not
// finished go on when Recover runs under the same node id.
func (e *Engine) Close(ctx context.Context) error {
	e.Drain()
	e.waitIdle(ctx)
	e.end(errClosed)
	e.waitIdle(context.Background())
	e.mu.Lock()
	left := slices.Collect(maps.Values(e.runs))
	e.mu.Unlock()
	for _, r := range left { // no turn runs any more: wake who waits
		r.drop(errClosed)
	}
	return nil
}

// waitIdle returns when no goroutine of the engine is left, or ctx ends.
func (e *Engine) waitIdle(ctx context.Context) {
	e.mu.Lock()
	if e.working == 0 {
		e.mu.Unlock()
		return
	}
	if e.idle == nil {
		e.idle = make(chan struct{})
	}
	idle := e.idle
	e.mu.Unlock()
	select {
	case <-idle:
	case <-ctx.Done():
	}
}

// admit registers a run and returns it, or the one that has its id already.
// Nothing is admitted while the engine drains, and nothing new beyond its
// bound.
func (e *Engine) admit(r *run, fresh bool) (*run, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.draining {
		return nil, errClosed
	}
	if there := e.runs[r.rec.ID]; there != nil {
		return there, nil
	}
	if fresh && len(e.runs) >= e.opts.MaxActive {
		return nil, fault.New(fault.Exhausted, "too_many_executions", "%d executions are running on this node", len(e.runs)).
			WithHint("try again when some have ended, or another node").WithRetryAfter(2 * time.Second)
	}
	e.runs[r.rec.ID] = r
	return r, nil
}

// forget removes a run, if it is the one that is registered.
func (e *Engine) forget(r *run) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.runs[r.rec.ID] == r {
		delete(e.runs, r.rec.ID)
	}
}

func (e *Engine) active(id string) *run {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.runs[id]
}

// begin counts a goroutine of the engine in, and done counts it out. No
// goroutine begins once the engine is closed; while it drains, only those that
// bring home what runs.
func (e *Engine) begin(evenDraining bool) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.draining && !evenDraining || e.life.Err() != nil {
		return false
	}
	e.working++
	return true
}

func (e *Engine) done() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.working--
	if e.working == 0 && e.idle != nil {
		close(e.idle)
		e.idle = nil
	}
}

// Active returns how many executions are in memory.
func (e *Engine) Active() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.runs)
}
