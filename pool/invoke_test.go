package pool_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/pool"
	"github.com/serverledge/serverledge/pool/pooltest"
)

// initError is how a driver says that the function's own code is at fault.
type initError struct{ failure functions.Failure }

func (e *initError) Error() string                       { return e.failure.Message }
func (e *initError) FunctionFailure() *functions.Failure { return &e.failure }

func TestSignature(t *testing.T) {
	var output atomic.Value
	serve := func(_ context.Context, _ *pooltest.Instance, call *functions.Call) (*functions.Result, error) {
		if text, ok := output.Load().(string); ok {
			return &functions.Result{Output: []byte(text)}, nil
		}
		return &functions.Result{Output: call.Input}, nil
	}
	inBubble(t, pool.Options{}, &pooltest.Driver{Serve: serve}, func(b *bench) {
		b.catalog.Put(functions.Function{Name: "f", MemoryMB: 100, Signature: &functions.Signature{
			Inputs: []functions.Param{{Name: "n", Type: "Int"}}, Outputs: []functions.Param{{Name: "n", Type: "Int"}},
		}})
		call := &functions.Call{Function: "f", Input: []byte(`{"n":"2"}`), Task: true}
		r, err := b.Invoke(b.t.Context(), call)
		if err != nil || string(r.Output) != `{"n":2}` {
			t.Errorf("got %+v, %v, want the converted input", r, err)
		}
		if string(call.Input) != `{"n":"2"}` {
			t.Errorf("the caller's call was changed: %s", call.Input)
		}
		_, err = b.Invoke(b.t.Context(), &functions.Call{Function: "f", Input: []byte(`{"n":"two"}`)})
		if e := fault.From(err); e.Kind != fault.Invalid || e.Code != "invalid_input" {
			t.Errorf("bad input: %v", err)
		}
		output.Store(`7`)
		if r, err = b.Invoke(b.t.Context(), call); err != nil || string(r.Output) != `{"n":7}` {
			t.Errorf("bare output of a task: %+v, %v", r, err)
		}
		output.Store(`"seven"`)
		r, err = b.Invoke(b.t.Context(), call)
		if err != nil || r.Failure == nil || r.Failure.Type != functions.FailureOutput || r.Output != nil {
			t.Errorf("bad output: %+v, %v", r, err)
		}
		if n := b.driver.Starts(); n != 1 {
			t.Errorf("%d instances were started, want 1", n)
		}
	})
}

func TestWhatFailuresDoToInstances(t *testing.T) {
	for kind, kept := range map[string]bool{
		"ValueError": true, functions.FailureInvalidResult: true, functions.FailureResultTooLarge: true, functions.FailureHandlerNotFound: true,
		functions.FailureCrashed: false, functions.FailureOutOfMemory: false, functions.FailureProtocol: false,
	} {
		t.Run(kind, func(t *testing.T) {
			serve := func(context.Context, *pooltest.Instance, *functions.Call) (*functions.Result, error) {
				return &functions.Result{Failure: &functions.Failure{Type: kind, Message: "x"}, Output: []byte("1"), Printed: "said"}, nil
			}
			inBubble(t, pool.Options{}, &pooltest.Driver{Serve: serve}, func(b *bench) {
				r, err := b.invoke("f")
				if err != nil || r.Failure == nil || r.Failure.Type != kind || r.Output != nil || r.Printed != "said" || r.Node != "node1" {
					t.Errorf("got %+v, %v", r, err)
				}
				synctest.Wait()
				if s := b.Status(); (s.Idle == 1) != kept || s.Busy != 0 {
					t.Errorf("then %+v, want it kept: %t", s, kept)
				}
			})
		})
	}
}

func TestFunctionsOwnLimit(t *testing.T) {
	inBubble(t, pool.Options{}, &pooltest.Driver{Boot: 3 * time.Second, Serve: pooltest.Take(time.Hour)}, func(b *bench) {
		b.catalog.Put(functions.Function{Name: "f", MemoryMB: 100, Timeout: 2 * time.Second})
		r, err := b.invoke("f")
		if err != nil || r.Failure == nil || r.Failure.Type != functions.FailureTimeout || !strings.Contains(r.Failure.Message, "2s") {
			t.Fatalf("got %+v, %v, want a timeout that says 2s", r, err)
		}
		if r.Duration != 2*time.Second || r.Init != 3*time.Second {
			t.Errorf("got %+v, want the limit not to count the start", r)
		}
		synctest.Wait()
		b.wantEmpty()
	})
}

func TestCallersDeadline(t *testing.T) {
	t.Run("while running", func(t *testing.T) {
		inBubble(t, pool.Options{}, &pooltest.Driver{Serve: pooltest.Take(time.Hour)}, func(b *bench) {
			began := time.Now()
			_, err := b.Invoke(b.t.Context(), &functions.Call{Function: "f", Deadline: began.Add(time.Second)})
			if !errors.Is(err, fault.Timeout) || time.Since(began) != time.Second {
				t.Errorf("after %s: %v, want fault.Timeout after 1s", time.Since(began), err)
			}
			synctest.Wait()
			b.wantEmpty() // the function may still have been at it
		})
	})
	t.Run("while waiting", func(t *testing.T) {
		inBubble(t, pool.Options{MemoryMB: 100, QueueCapacity: 1}, &pooltest.Driver{Serve: pooltest.Take(time.Minute)}, func(b *bench) {
			go func() {
				if r, err := b.invoke("f"); err != nil || r.Failure != nil {
					t.Errorf("the first call: %+v, %v", r, err)
				}
			}()
			synctest.Wait()
			began := time.Now()
			_, err := b.Invoke(b.t.Context(), &functions.Call{Function: "f", Deadline: began.Add(time.Second)})
			if !errors.Is(err, fault.Timeout) || time.Since(began) != time.Second {
				t.Errorf("after %s: %v, want fault.Timeout after 1s", time.Since(began), err)
			}
			if n := b.Status().Queued; n != 0 {
				t.Errorf("%d still wait", n)
			}
		})
	})
	t.Run("passed", func(t *testing.T) {
		inBubble(t, pool.Options{}, &pooltest.Driver{}, func(b *bench) {
			_, err := b.Invoke(b.t.Context(), &functions.Call{Function: "f", Deadline: time.Now()})
			if !errors.Is(err, fault.Timeout) || b.driver.Starts() != 0 {
				t.Errorf("%v, %d starts", err, b.driver.Starts())
			}
		})
	})
	t.Run("of the context", func(t *testing.T) {
		inBubble(t, pool.Options{}, &pooltest.Driver{Serve: pooltest.Take(time.Hour)}, func(b *bench) {
			ctx, cancel := context.WithTimeout(b.t.Context(), time.Second)
			defer cancel()
			if _, err := b.Invoke(ctx, &functions.Call{Function: "f"}); !errors.Is(err, fault.Timeout) {
				t.Errorf("%v, want fault.Timeout", err)
			}
		})
	})
}

func TestStartFailures(t *testing.T) {
	t.Run("the function's", func(t *testing.T) {
		fail := func(*functions.Function) error {
			return errors.Join(errors.New("starting"), &initError{functions.Failure{Type: "ImportError", Message: "no module x"}})
		}
		inBubble(t, pool.Options{}, &pooltest.Driver{Fail: fail}, func(b *bench) {
			r, err := b.invoke("f")
			if err != nil || r.Failure == nil || r.Failure.Type != "ImportError" || r.Node != "node1" {
				t.Errorf("got %+v, %v", r, err)
			}
			b.wantEmpty()
		})
	})
	t.Run("the platform's", func(t *testing.T) {
		fail := func(*functions.Function) error {
			return fault.New(fault.NotFound, "no_image", "there is no such image")
		}
		inBubble(t, pool.Options{}, &pooltest.Driver{Fail: fail}, func(b *bench) {
			_, err := b.invoke("f")
			if !errors.Is(err, fault.NotFound) || !strings.Contains(err.Error(), "no such image") {
				t.Errorf("got %v", err)
			}
			b.wantEmpty()
			// Row 30: a failed prewarm leaves the accounts exact.
			if n, err := b.Prewarm(b.t.Context(), b.fn, 2, false); n != 0 || !errors.Is(err, fault.NotFound) {
				t.Errorf("Prewarm = %d, %v", n, err)
			}
			b.wantEmpty()
		})
	})
	t.Run("passing", func(t *testing.T) {
		var tries atomic.Int32
		fail := func(*functions.Function) error {
			if tries.Add(1) == 1 {
				return fault.New(fault.Unavailable, "hiccup", "the daemon does not answer")
			}
			return nil
		}
		inBubble(t, pool.Options{}, &pooltest.Driver{Fail: fail}, func(b *bench) { b.must("f") })
	})
}

func TestDeadInstanceIsReplacedBeforeTheCall(t *testing.T) {
	var calls atomic.Int32
	serve := func(context.Context, *pooltest.Instance, *functions.Call) (*functions.Result, error) {
		if calls.Add(1) == 1 {
			return nil, fault.New(fault.Unavailable, "instance_dead", "died before the call began")
		}
		return &functions.Result{Output: []byte("1")}, nil
	}
	inBubble(t, pool.Options{}, &pooltest.Driver{Serve: serve}, func(b *bench) {
		b.must("f")
		if n := b.driver.Starts(); n != 2 {
			t.Errorf("%d instances were started, want 2", n)
		}
	})
}

func TestCrashIsNotTriedAgain(t *testing.T) {
	// Row 4: what may have run does not run twice, and the dead instance serves
	// nobody.
	inBubble(t, pool.Options{}, &pooltest.Driver{Serve: pooltest.Take(time.Minute)}, func(b *bench) {
		done := make(chan *functions.Result, 1)
		go func() {
			r, err := b.invoke("f")
			if err != nil {
				t.Error(err)
			}
			done <- r
		}()
		synctest.Wait()
		b.driver.Instances()[0].Kill()
		if r := <-done; r.Failure == nil || r.Failure.Type != functions.FailureCrashed {
			t.Errorf("got %+v, want it crashed", r)
		}
		if n := b.driver.Starts(); n != 1 {
			t.Errorf("%d instances were started, want 1", n)
		}
		synctest.Wait()
		b.wantEmpty()
	})
}

func TestLeaseIsReleasedOnce(t *testing.T) {
	inBubble(t, pool.Options{}, &pooltest.Driver{}, func(b *bench) {
		lease, err := b.Acquire(b.t.Context(), b.fn, &functions.Call{})
		if err != nil {
			t.Fatal(err)
		}
		lease.Release(true)
		other, err := b.Acquire(b.t.Context(), b.fn, &functions.Call{})
		if err != nil {
			t.Fatal(err)
		}
		lease.Release(false)
		if s := b.Status(); s.Busy != 1 || other.Instance() != lease.Instance() {
			t.Errorf("the second Release counted: %+v", s)
		}
		other.Release(true)
	})
}

func TestPrewarm(t *testing.T) {
	inBubble(t, pool.Options{MemoryMB: 250}, &pooltest.Driver{Boot: time.Second}, func(b *bench) {
		if n, err := b.Prewarm(b.t.Context(), b.fn, 0, true); n != 0 || err != nil || b.driver.Prepared() != 1 {
			t.Errorf("Prewarm(0) = %d, %v", n, err)
		}
		if n, err := b.Prewarm(b.t.Context(), b.fn, 3, false); n != 2 || err != nil {
			t.Errorf("Prewarm(3) = %d, %v, want the two that there is room for", n, err)
		}
		if n, err := b.Prewarm(b.t.Context(), b.fn, 1, false); n != 0 || !errors.Is(err, fault.Exhausted) {
			t.Errorf("Prewarm(1) = %d, %v, want fault.Exhausted", n, err)
		}
		for _, n := range []int{-1, pool.MaxPrewarm + 1} {
			if _, err := b.Prewarm(b.t.Context(), b.fn, n, false); !errors.Is(err, fault.Invalid) {
				t.Errorf("Prewarm(%d) = %v, want fault.Invalid", n, err)
			}
		}
		if r := b.must("f"); r.Cold {
			t.Errorf("the first call is cold: %+v", r)
		}
		if s := b.Status(); s.Refused != 0 || s.Served != 1 {
			t.Errorf("Status = %+v, want no call refused", s)
		}
	})
}

func TestObserve(t *testing.T) {
	t.Parallel()
	var seen []pool.Observation
	catalog := &pooltest.Catalog{}
	catalog.Put(functions.Function{Name: "f"})
	p := pool.New(&pooltest.Driver{}, catalog, pool.Options{MemoryMB: 200, Observe: func(o pool.Observation) { seen = append(seen, o) }})
	defer func() { _ = p.Close(t.Context()) }()
	_, _ = p.Invoke(t.Context(), &functions.Call{Function: "f"})
	_, _ = p.Invoke(t.Context(), &functions.Call{Function: "g"})
	if len(seen) != 2 || seen[0].Function == nil || seen[0].Result == nil || seen[1].Function != nil || !errors.Is(seen[1].Err, fault.NotFound) {
		t.Errorf("seen %+v", seen)
	}
}

func TestCallerLeavesWhileItRuns(t *testing.T) {
	inBubble(t, pool.Options{}, &pooltest.Driver{Serve: pooltest.Take(time.Hour)}, func(b *bench) {
		ctx, cancel := context.WithCancelCause(b.t.Context())
		time.AfterFunc(time.Second, func() { cancel(fault.New(fault.Unavailable, "closing", "the engine is closing")) })
		_, err := b.Invoke(ctx, &functions.Call{Function: "f"})
		// Who reads "unavailable" would take it for a call that did not run.
		if !errors.Is(err, fault.Unknown) || errors.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "the engine is closing") {
			t.Errorf("got %v, want fault.Unknown with the reason", err)
		}
		synctest.Wait()
		b.wantEmpty()
	})
}
