package engine

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestQueueOfActivities: first come, first served, on both sides; what comes
// back is the first again; what is withdrawn is gone; and nothing is kept of an
// activity that nobody waits for.
func TestQueueOfActivities(t *testing.T) {
	t.Parallel()
	var a activities
	of := activity{"default", "hands"}
	one, two, three := &offered{}, &offered{}, &offered{}
	a.put(of, one, false)
	a.put(of, two, false)
	a.put(activity{"default", "others"}, three, false)
	take := func(want *offered) {
		t.Helper()
		if got, _ := a.take(of); got != want {
			t.Errorf("got %p, want %p", got, want)
		}
	}
	take(one)
	a.put(of, one, true)
	take(one)
	take(two)
	_, first := a.take(of)
	_, second := a.take(of)
	if got := a.leave(of, first); got != nil {
		t.Error("a worker whom nothing reached leaves with something")
	}
	a.put(of, one, false)
	if got := a.leave(of, first); got != nil {
		t.Error("a task reached a worker who has left")
	}
	if got := a.leave(of, second); got != one {
		t.Error("the task that reached the worker is lost")
	}
	a.put(of, one, false)
	a.put(of, two, false)
	a.withdraw(of, one)
	a.put(of, one, true) // it comes back too late
	take(two)
	if got, _ := a.take(activity{"default", "others"}); got != three {
		t.Error("activities are mixed up")
	}
	if len(a.waiting) > 0 || len(a.workers) > 0 {
		t.Errorf("left: %v, %v", a.waiting, a.workers)
	}
}

// TestAwait: a task that reaches a worker who is just going goes to the next
// one.
func TestAwait(t *testing.T) {
	t.Parallel()
	of := activity{"default", "hands"}
	e := &Engine{drained: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for len(e.workersOf(of)) == 0 {
			time.Sleep(time.Millisecond)
		}
		e.activities.mu.Lock()
		defer e.activities.mu.Unlock()
		cancel() // the worker goes, and cannot take leave before the task is there
		e.activities.workers[of][0] <- &offered{}
		delete(e.activities.workers, of)
	}()
	o, err := e.await(ctx, of, time.Now().Add(time.Hour))
	if o != nil || !errors.Is(err, context.Canceled) || len(e.activities.waiting[of]) != 1 {
		t.Errorf("got %v, %v, and %d tasks wait", o, err, len(e.activities.waiting[of]))
	}
}

// TestAwaitWhileDraining: workers are sent away at once.
func TestAwaitWhileDraining(t *testing.T) {
	t.Parallel()
	of := activity{"default", "hands"}
	e := &Engine{drained: make(chan struct{})}
	go func() {
		for len(e.workersOf(of)) == 0 {
			time.Sleep(time.Millisecond)
		}
		close(e.drained)
	}()
	if o, err := e.await(t.Context(), of, time.Now().Add(time.Minute)); o != nil || !errors.Is(err, errClosed) {
		t.Errorf("while the node drains: %v, %v", o, err)
	}
	if o, err := e.await(t.Context(), of, time.Now()); o != nil || !errors.Is(err, errClosed) {
		t.Errorf("after it has drained: %v, %v", o, err)
	}
}

func (e *Engine) workersOf(of activity) []chan *offered {
	e.activities.mu.Lock()
	defer e.activities.mu.Unlock()
	return e.activities.workers[of]
}
