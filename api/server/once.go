package server

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// The bounds of what is remembered of forwarded calls.
const (
	onceKept  = 10 * time.Minute
	onceGrace = 5 * time.Second // of a call that nobody waits for
	onceCalls = 1 << 16
	onceBytes = 64 << 20
)

// once runs each forwarded call once: a repeated call, known by its key and
// attempt, waits for the first one or gets its result again.
//
// A call that nobody waits for any more goes on for onceGrace: its caller's
// connection may have broken, and the repeat be on its way. Then it is
// cancelled; a repeat that comes later still runs it only when the first one
// says that it had not begun.
//
// A result is remembered for onceKept. When all remembered results are larger
// than onceBytes, the oldest are dropped, but not that they ran: then the
// outcome is unknown, and nothing runs twice. Calls that were refused before
// they began are forgotten at once.
type once struct {
	life context.Context // ends with close
	end  context.CancelCauseFunc

	mu     sync.Mutex
	closed bool
	calls  map[attempt]*flight
	oldest []*flight // in the order of their ends; forgotten from the front
	whole  int       // oldest[:whole] have lost their results
	bytes  int       // of the results that are kept
	runs   sync.WaitGroup
}

// attempt is what makes two forwarded calls the same piece of work.
type attempt struct {
	key    string
	number int
}

// flight is one forwarded call.
type flight struct {
	id      attempt
	done    chan struct{}
	end     context.CancelCauseFunc
	waiting int         // callers
	leaves  int         // how often the last caller left
	grace   *time.Timer // gives the call up; nil before the first leave

	// Set before done is closed.
	result *functions.Result
	err    error
	ended  time.Time
	size   int
	lost   bool // the result was dropped
}

// The causes with which a call is cancelled. Where they come back as they are,
// the call had not begun: a call that had tells of them in an error of its own.
var (
	errGivenUp = fault.New(fault.Unavailable, "caller_left", "whoever sent the call has gone; it was not begun")
	errClosed  = fault.New(fault.Unavailable, "draining", "the node is stopping")
)

func newOnce() *once {
	life, end := context.WithCancelCause(context.Background())
	return &once{life: life, end: end, calls: map[attempt]*flight{}}
}

// close ends what runs and waits for it.
func (o *once) close() {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	o.end(errClosed)
	o.runs.Wait()
}

// do runs a call, or joins the one of the same id.
func (o *once) do(ctx context.Context, id attempt, run func(context.Context) (*functions.Result, error)) (*functions.Result, error) {
	f, err := o.join(ctx, id, run)
	if err != nil {
		return nil, err
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		o.leave(f)
		return nil, context.Cause(ctx)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if f.lost {
		return nil, fault.New(fault.Unknown, "outcome_unknown", "the call ran before, and its result is no longer kept")
	}
	return f.result, f.err
}

func (o *once) join(ctx context.Context, id attempt, run func(context.Context) (*functions.Result, error)) (*flight, error) {
	now := time.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return nil, errClosed
	}
	o.expire(now)
	if f := o.calls[id]; f != nil {
		f.waiting++
		if f.grace != nil {
			f.grace.Stop()
		}
		return f, nil
	}
	if len(o.calls) >= onceCalls {
		return nil, fault.New(fault.Exhausted, "overloaded", "too many forwarded calls are remembered").WithRetryAfter(time.Second)
	}
	// The call outlives the connection that brought it: see once.
	scope, end := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(o.life, func() { end(context.Cause(o.life)) })
	f := &flight{id: id, done: make(chan struct{}), end: end, waiting: 1}
	o.calls[id] = f
	o.runs.Go(func() {
		defer stop()
		defer end(nil)
		result, err := guarded(scope, run)
		o.finish(f, result, err)
	})
	return f, nil
}

// guarded turns a panic of a call into its error: it has a goroutine of its
// own, where nothing else would stop it from ending the node.
func guarded(ctx context.Context, run func(context.Context) (*functions.Result, error)) (result *functions.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			result, err = nil, fault.New(fault.Internal, "panic", "a forwarded call panicked: %v", p)
		}
	}()
	return run(ctx)
}

// leave counts a caller out. When it was the last, and no other comes within
// onceGrace, the call is given up; its id stays taken until the call has ended.
func (o *once) leave(f *flight) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f.waiting--
	if f.waiting > 0 || !f.ended.IsZero() {
		return
	}
	f.leaves++
	leave := f.leaves
	f.grace = time.AfterFunc(onceGrace, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if f.waiting == 0 && f.leaves == leave {
			f.end(errGivenUp)
		}
	})
}

func (o *once) finish(f *flight, result *functions.Result, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f.result, f.err, f.ended = result, err, time.Now()
	close(f.done)
	if f.grace != nil {
		f.grace.Stop()
	}
	if err != nil && !mayHaveRun(err) {
		delete(o.calls, f.id)
		return
	}
	if result != nil {
		f.size = len(result.Output) + len(result.Printed)
	}
	o.bytes += f.size
	o.oldest = append(o.oldest, f)
	for ; o.bytes > onceBytes && o.whole < len(o.oldest)-1; o.whole++ {
		o.oldest[o.whole].drop(&o.bytes)
	}
}

// drop forgets the result of a call, not that it ran.
func (f *flight) drop(bytes *int) {
	*bytes -= f.size
	f.result, f.size, f.lost = nil, 0, true
}

// expire forgets the calls whose time is over.
func (o *once) expire(now time.Time) {
	count := 0
	for _, f := range o.oldest {
		if now.Sub(f.ended) < onceKept {
			break
		}
		o.bytes -= f.size
		delete(o.calls, f.id)
		count++
	}
	o.oldest = o.oldest[count:]
	o.whole = max(0, o.whole-count)
}

// mayHaveRun tells whether the work may have been done although there is no
// result.
func mayHaveRun(err error) bool {
	switch fault.KindOf(err) {
	case fault.Unknown, fault.Internal, fault.Timeout:
		return true
	case fault.Invalid, fault.NotFound, fault.Exists, fault.Conflict, fault.Exhausted, fault.Unavailable,
		fault.Denied, fault.Unimplemented, fault.TooLarge, fault.Loop:
		return errors.Is(err, context.Canceled)
	}
	return true
}
