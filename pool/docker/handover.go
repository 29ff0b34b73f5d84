package docker

import (
	"context"
	"sync/atomic"
)

// handover passes what one goroutine makes to another, which may go meanwhile.
// Its invariant: what was made belongs to the one who waits, or it is given up;
// never both, and never neither.
type handover struct {
	boot    func() error
	giveUp  func()
	decided atomic.Bool // by the first: run, when it is made, or wait, when its context ends
	ended   chan error  // buffered: run never waits
}

// newHandover makes a handover of what boot makes; giveUp removes that, and
// what a boot that failed has left.
func newHandover(boot func() error, giveUp func()) *handover {
	return &handover{boot: boot, giveUp: giveUp, ended: make(chan error, 1)}
}

// run makes it, and gives it up when nobody waits any more.
func (h *handover) run() {
	err := h.boot()
	if err != nil || !h.decided.CompareAndSwap(false, true) {
		h.giveUp()
	}
	h.ended <- err
}

// wait returns nil when what was made is the caller's. Otherwise it returns the
// error of boot, or the cause of ctx: it is then given up later on.
func (h *handover) wait(ctx context.Context) error {
	select {
	case err := <-h.ended:
		return err
	case <-ctx.Done():
		if h.decided.CompareAndSwap(false, true) {
			return context.Cause(ctx)
		}
		return <-h.ended // it was ready first
	}
}
