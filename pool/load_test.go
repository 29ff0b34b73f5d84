package pool_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/pool"
	"github.com/serverledge/serverledge/pool/pooltest"
)

// overlap watches how many calls run in one instance at the same time.
type overlap struct{ most sync.Map }

func (o *overlap) serve(d time.Duration) func(context.Context, *pooltest.Instance, *functions.Call) (*functions.Result, error) {
	take := pooltest.Take(d)
	return func(ctx context.Context, i *pooltest.Instance, call *functions.Call) (*functions.Result, error) {
		r, err := take(ctx, i, call)
		most, _ := i.Most()
		o.most.Store(i.ID(), most)
		return r, err
	}
}

func (o *overlap) highest() int {
	highest := 0
	o.most.Range(func(_, n any) bool {
		if m, ok := n.(int); ok {
			highest = max(highest, m)
		}
		return true
	})
	return highest
}

func TestNoOverlapUnderLoad(t *testing.T) {
	// Row 3: an instance of concurrency 1 never has two calls.
	o := &overlap{}
	inBubble(t, pool.Options{QueueCapacity: 1000}, &pooltest.Driver{Boot: time.Second, Serve: o.serve(10 * time.Millisecond)}, func(b *bench) {
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				for range 50 {
					b.must("f")
				}
			})
		}
		wg.Wait()
		if n := o.highest(); n != 1 {
			t.Errorf("up to %d calls ran in one instance", n)
		}
		if n := b.driver.Starts(); n > 4 {
			t.Errorf("%d instances were started", n)
		}
	})
}

func TestConcurrencyFour(t *testing.T) {
	o := &overlap{}
	inBubble(t, pool.Options{MemoryMB: 100, QueueCapacity: 100}, &pooltest.Driver{Serve: o.serve(time.Second)}, func(b *bench) {
		b.fn = b.catalog.Put(functions.Function{Name: "f", MemoryMB: 100, MaxConcurrency: 4})
		began := time.Now()
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() { b.must("f") })
		}
		wg.Wait()
		if n := o.highest(); n != 4 {
			t.Errorf("up to %d calls ran in one instance, want 4", n)
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("12 calls of 1s took %s, want 3s", took)
		}
	})
}

func TestTwoHundredOnFour(t *testing.T) {
	for name, queue := range map[string]int{"no queue": 0, "queue of 50": 50} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, pool.Options{QueueCapacity: queue}, &pooltest.Driver{Boot: time.Second, Removal: time.Second, Serve: pooltest.Take(time.Second)}, func(b *bench) {
				var served, refused atomic.Int32
				var wg sync.WaitGroup
				for range 200 {
					wg.Go(func() {
						r, err := b.invoke("f")
						var e *fault.Error
						switch {
						case err == nil && r.Failure == nil:
							served.Add(1)
						case errors.As(err, &e) && e.Kind == fault.Exhausted && e.Code == "overloaded" && e.RetryAfter >= time.Second:
							refused.Add(1)
						default:
							t.Errorf("neither served nor refused: %+v, %v", r, err)
						}
					})
				}
				wg.Wait()
				if int(served.Load()) != 4+queue || served.Load()+refused.Load() != 200 {
					t.Errorf("served %d, refused %d", served.Load(), refused.Load())
				}
				if s := b.Status(); int(s.Refused) != int(refused.Load()) || s.Busy != 0 || s.UsedCPUs != 0 || s.BusyMemoryMB != 0 {
					t.Errorf("afterwards: %+v", s)
				}
			})
		})
	}
}

func TestCPUShort(t *testing.T) {
	// Row 27: nine calls on eight prewarmed instances, and two CPUs.
	inBubble(t, pool.Options{MemoryMB: 800, CPUs: 2}, &pooltest.Driver{Serve: pooltest.Take(time.Second)}, func(b *bench) {
		b.fn = b.catalog.Put(functions.Function{Name: "f", MemoryMB: 100, CPU: 1})
		for range 4 {
			b.warm(2) // two boot at a time
		}
		var served atomic.Int32
		var wg sync.WaitGroup
		for range 9 {
			wg.Go(func() {
				if _, err := b.invoke("f"); err == nil {
					served.Add(1)
				}
			})
		}
		wg.Wait()
		if s := b.Status(); served.Load() != 2 || s.Warm["f"] != 8 || s.IdleMemoryMB != 800 || s.UsedCPUs != 0 {
			t.Errorf("served %d, then %+v", served.Load(), s)
		}
	})
}

func TestVanishingCallersFreeTheirSlots(t *testing.T) {
	inBubble(t, pool.Options{MemoryMB: 200, QueueCapacity: 100}, &pooltest.Driver{Boot: time.Second, Removal: time.Second, Serve: pooltest.Take(10 * time.Second)}, func(b *bench) {
		var wg sync.WaitGroup
		for n := range 50 {
			wg.Go(func() {
				ctx, cancel := context.WithCancel(b.t.Context())
				time.AfterFunc(time.Duration(n)*200*time.Millisecond, cancel)
				if _, err := b.Invoke(ctx, &functions.Call{Function: "f"}); !errors.Is(err, context.Canceled) || errors.Is(err, fault.Unavailable) {
					t.Errorf("caller %d: %v, want context.Canceled", n, err)
				}
			})
		}
		wg.Wait()
		time.Sleep(time.Minute)
		synctest.Wait()
		if s := b.Status(); s.Busy+s.Queued+s.Stopping+s.Starting != 0 {
			t.Errorf("afterwards: %+v", s)
		}
		if r := b.must("f"); r.Failure != nil {
			t.Errorf("a call afterwards: %+v", r)
		}
	})
}

func TestCallerLeavesAsItIsServed(t *testing.T) {
	// The caller gives up in the very moment in which its instance is ready:
	// whichever is noticed first, the slot is free afterwards.
	var leave context.CancelFunc
	driver := &pooltest.Driver{Boot: time.Second, Fail: func(*functions.Function) error {
		leave()
		return nil
	}}
	inBubble(t, pool.Options{MemoryMB: 100}, driver, func(b *bench) {
		for range 100 {
			ctx, cancel := context.WithCancel(b.t.Context())
			leave = cancel
			if lease, err := b.Acquire(ctx, b.fn, &functions.Call{}); err == nil {
				lease.Release(true)
			}
			synctest.Wait()
			if s := b.Status(); s.Busy != 0 {
				t.Fatalf("a slot is lost: %+v", s)
			}
			b.Retire(b.fn.Namespace, b.fn.Name, "")
			synctest.Wait()
		}
	})
}
