package pool_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/pool"
	"github.com/serverledge/serverledge/pool/pooltest"
)

// bench is a pool with a fake driver, closed and looked over at the end.
type bench struct {
	*pool.Pool
	t       *testing.T
	driver  *pooltest.Driver
	catalog *pooltest.Catalog
	fn      *functions.Function
}

// inBubble runs a test in a bubble, where time is free, on a pool with the
// function "f" of 100 MB. At the end the pool must be empty.
func inBubble(t *testing.T, options pool.Options, driver *pooltest.Driver, test func(b *bench)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		if options.MemoryMB == 0 {
			options.MemoryMB = 400
		}
		options.Node, options.Area = "node1", "ROME"
		b := &bench{t: t, driver: driver, catalog: &pooltest.Catalog{}}
		b.Pool = pool.New(driver, b.catalog, options)
		b.fn = b.catalog.Put(functions.Function{Name: "f", MemoryMB: 100})
		test(b)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := b.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
		if ctx.Err() != nil {
			t.Error("Close had to cut calls off")
		}
		b.wantEmpty()
	})
}

func (b *bench) wantEmpty() {
	b.t.Helper()
	s := b.Status()
	if s.FreeMemoryMB != s.TotalMemoryMB || s.UsedCPUs != 0 || s.Busy+s.Idle+s.Starting+s.Stopping+s.Queued != 0 || len(s.Warm) != 0 {
		b.t.Errorf("the pool is not empty: %+v", s)
	}
	if n := b.Kept(); n != 0 {
		b.t.Errorf("the pool remembers %d instances and callers", n)
	}
	if left := b.driver.Instances(); len(left) != 0 {
		b.t.Errorf("%d instances are left", len(left))
	}
}

// invoke calls a function, with {} as input.
func (b *bench) invoke(name string) (*functions.Result, error) {
	return b.Invoke(b.t.Context(), &functions.Call{Function: name})
}

// must is invoke for calls that succeed.
func (b *bench) must(name string) *functions.Result {
	b.t.Helper()
	r, err := b.invoke(name)
	if err != nil || r.Failure != nil {
		b.t.Fatalf("invoking %s: %+v, %v", name, r, err)
	}
	return r
}

// warm lets n instances of f be idle.
func (b *bench) warm(n int) {
	b.t.Helper()
	if got, err := b.Prewarm(b.t.Context(), b.fn, n, false); err != nil || got != n {
		b.t.Fatalf("prewarmed %d of %d: %v", got, n, err)
	}
}

func TestColdThenWarm(t *testing.T) {
	inBubble(t, pool.Options{}, &pooltest.Driver{Boot: 2 * time.Second, Serve: pooltest.Take(time.Second)}, func(b *bench) {
		r := b.must("f")
		if !r.Cold || r.Init != 2*time.Second || r.Queue != 0 || r.Duration != time.Second {
			t.Errorf("first: %+v, want a cold start of 2s", r)
		}
		if r.Node != "node1" || r.Area != "ROME" || r.Runtime != "fake python310" || string(r.Output) != "{}" {
			t.Errorf("first: %+v", r)
		}
		for range 3 {
			if r := b.must("F"); r.Cold || r.Init != 0 || r.Queue != 0 {
				t.Errorf("then: %+v, want it warm", r)
			}
		}
		if n := b.driver.Starts(); n != 1 {
			t.Errorf("%d instances were started, want 1", n)
		}
		if s := b.Status(); s.Warm["f"] != 1 || s.IdleMemoryMB != 100 || s.FreeMemoryMB != 300 || s.ColdStarts != 1 || s.Served != 4 {
			t.Errorf("Status = %+v", s)
		}
	})
}

func TestIdleExpiry(t *testing.T) {
	inBubble(t, pool.Options{IdleTTL: 10 * time.Minute, JanitorInterval: time.Minute}, &pooltest.Driver{}, func(b *bench) {
		// Row 28: prewarmed instances live as long as others.
		b.warm(2)
		time.Sleep(9*time.Minute + 30*time.Second)
		if s := b.Status(); s.Idle != 2 {
			t.Fatalf("after 9m30s: %+v, want 2 idle", s)
		}
		b.must("f")
		time.Sleep(2 * time.Minute)
		if s := b.Status(); s.Idle != 1 {
			t.Fatalf("after 11m30s: %+v, want the used one", s)
		}
		time.Sleep(9 * time.Minute)
		b.wantEmpty()
	})
}

func TestUpdateReplacesWarmInstances(t *testing.T) {
	inBubble(t, pool.Options{}, &pooltest.Driver{Serve: func(ctx context.Context, i *pooltest.Instance, call *functions.Call) (*functions.Result, error) {
		r, err := pooltest.Take(time.Minute)(ctx, i, call)
		if err == nil {
			r.Output = []byte(`"` + i.Function.Handler + `"`)
		}
		return r, err
	}}, func(b *bench) {
		old := b.catalog.Put(functions.Function{Name: "f", MemoryMB: 100, Handler: "v1"})
		if _, err := b.Prewarm(b.t.Context(), old, 2, false); err != nil {
			t.Fatal(err)
		}
		running := make(chan string, 1)
		go func() { running <- string(b.must("f").Output) }()
		synctest.Wait()
		now := b.catalog.Put(functions.Function{Name: "f", MemoryMB: 100, Handler: "v2"})
		b.Retire(now.Namespace, "F", now.ID())
		synctest.Wait()
		if s := b.Status(); s.Idle != 0 || s.Busy != 1 {
			t.Errorf("after the update: %+v, want only the busy one", s)
		}
		if got := string(b.must("f").Output); got != `"v2"` {
			t.Errorf("after the update %s answers", got)
		}
		if got := <-running; got != `"v1"` {
			t.Errorf("the call that ran got %s", got)
		}
		synctest.Wait()
		for _, i := range b.driver.Instances() {
			if i.Function.Handler != "v2" {
				t.Errorf("%s is left", i.ID())
			}
		}
		b.catalog.Delete(now.Namespace, "f")
		b.Retire(now.Namespace, "f", "")
		synctest.Wait()
		b.wantEmpty()
		if _, err := b.invoke("f"); !errors.Is(err, fault.NotFound) {
			t.Errorf("a deleted function: %v", err)
		}
	})
}

func TestCallerOfRetiredVersionGetsTheNew(t *testing.T) {
	inBubble(t, pool.Options{MemoryMB: 200}, &pooltest.Driver{Boot: time.Minute}, func(b *bench) {
		done := make(chan *functions.Result, 1)
		go func() { done <- b.must("f") }()
		synctest.Wait()
		now := b.catalog.Put(functions.Function{Name: "f", MemoryMB: 100, Runtime: "nodejs17"})
		b.Retire(now.Namespace, now.Name, now.ID())
		if r := <-done; r.Runtime != "fake nodejs17" {
			t.Errorf("the call ran on %q", r.Runtime)
		}
		synctest.Wait()
		if s := b.Status(); s.Idle != 1 || s.FreeMemoryMB != 100 {
			t.Errorf("afterwards: %+v", s)
		}
	})
}

func TestDeathWhileIdle(t *testing.T) {
	inBubble(t, pool.Options{}, &pooltest.Driver{Removal: time.Second}, func(b *bench) {
		b.warm(1)
		b.driver.Instances()[0].Kill()
		synctest.Wait()
		if s := b.Status(); s.Idle != 0 || s.Stopping != 1 || s.FreeMemoryMB != 300 {
			t.Errorf("while it is removed: %+v", s)
		}
		if r := b.must("f"); !r.Cold {
			t.Errorf("a dead instance served: %+v", r)
		}
		time.Sleep(2 * time.Second)
		if s := b.Status(); s.FreeMemoryMB != 300 || s.Idle != 1 {
			t.Errorf("afterwards: %+v", s)
		}
	})
}

func TestEvictionStallsNobody(t *testing.T) {
	// Row 37: fifteen instances that take long to stop make way for one that
	// needs all their memory, while another function is called.
	inBubble(t, pool.Options{MemoryMB: 1600}, &pooltest.Driver{Removal: 20 * time.Second}, func(b *bench) {
		b.warm(15)
		b.catalog.Put(functions.Function{Name: "probe", MemoryMB: 100})
		big := b.catalog.Put(functions.Function{Name: "big", MemoryMB: 1500})
		b.must("probe")
		if fit := b.Fits(big); fit != pool.FitEvicting {
			t.Errorf("Fits = %d, want FitEvicting", fit)
		}
		done := make(chan *functions.Result, 1)
		go func() { done <- b.must("big") }()
		synctest.Wait()
		if s := b.Status(); s.Stopping != 15 || s.Queued != 1 {
			t.Fatalf("while they are removed: %+v", s)
		}
		began := time.Now()
		for range 100 {
			b.must("probe")
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("100 warm calls took %s", took)
		}
		if r := <-done; !r.Cold || r.Queue != 20*time.Second {
			t.Errorf("the big one: %+v, want it after the removals", r)
		}
	})
}

func TestDrainOnClose(t *testing.T) {
	inBubble(t, pool.Options{QueueCapacity: 5, MemoryMB: 100}, &pooltest.Driver{Serve: pooltest.Take(time.Minute), Removal: time.Second}, func(b *bench) {
		running, waiting := make(chan *functions.Result, 1), make(chan error, 1)
		go func() { running <- b.must("f") }()
		synctest.Wait()
		go func() {
			_, err := b.invoke("f")
			waiting <- err
		}()
		synctest.Wait()
		began := time.Now()
		if err := b.Close(b.t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != time.Minute+time.Second {
			t.Errorf("Close took %s, want the rest of the call and the removal", took)
		}
		if r := <-running; r.Failure != nil {
			t.Errorf("the call that ran: %+v", r.Failure)
		}
		if err := <-waiting; !errors.Is(err, fault.Unavailable) {
			t.Errorf("the call that waited: %v, want fault.Unavailable", err)
		}
		if _, err := b.invoke("f"); !errors.Is(err, fault.Unavailable) {
			t.Errorf("a call afterwards: %v, want fault.Unavailable", err)
		}
	})
}

func TestCloseCutsOff(t *testing.T) {
	inBubble(t, pool.Options{}, &pooltest.Driver{Serve: pooltest.Take(time.Hour)}, func(b *bench) {
		running := make(chan *functions.Result, 1)
		go func() {
			r, err := b.Invoke(b.t.Context(), &functions.Call{Function: "f"})
			if err != nil {
				t.Error(err)
			}
			running <- r
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(b.t.Context(), time.Second)
		defer cancel()
		if err := b.Close(ctx); err != nil {
			t.Error(err)
		}
		if r := <-running; r == nil || r.Failure == nil || r.Failure.Type != functions.FailureCrashed {
			t.Errorf("the call that ran: %+v, want it crashed", r)
		}
		b.wantEmpty()
	})
}

func TestCloseEndsStarts(t *testing.T) {
	inBubble(t, pool.Options{}, &pooltest.Driver{Boot: time.Hour}, func(b *bench) {
		waiting := make(chan error, 1)
		go func() {
			_, err := b.invoke("f")
			waiting <- err
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(b.t.Context(), time.Second)
		defer cancel()
		if err := b.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := <-waiting; !errors.Is(err, fault.Unavailable) {
			t.Errorf("the call that waited: %v, want fault.Unavailable", err)
		}
	})
}

func TestEmptyPoolRunsNothing(t *testing.T) {
	t.Parallel()
	catalog := &pooltest.Catalog{}
	f := catalog.Put(functions.Function{Name: "f"})
	p := pool.New(&pooltest.Driver{}, catalog, pool.Options{})
	defer func() { _ = p.Close(t.Context()) }()
	_, err := p.Invoke(t.Context(), &functions.Call{Function: "f"})
	if e := fault.From(err); !errors.Is(err, fault.Exhausted) || e.Code != "insufficient_capacity" || e.RetryAfter != 0 {
		t.Errorf("Invoke = %v, want insufficient_capacity", err)
	}
	if fit := p.Fits(f); fit != pool.FitNo {
		t.Errorf("Fits = %d, want FitNo", fit)
	}
}
