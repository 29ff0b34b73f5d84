package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// TestOnceOutlivesItsCaller: the connection that brought a call breaks, the
// sender repeats the call over another one, and gets the result of the one run.
func TestOnceOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		absent time.Duration // between the first caller's leaving and the repeat
		want   error
	}{
		{"at once", 0, nil},
		{"at the last moment", onceGrace - time.Nanosecond, nil},
		{"too late", onceGrace + time.Nanosecond, fault.Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := newOnce()
				defer o.close()
				runs := 0
				run := func(ctx context.Context) (*functions.Result, error) {
					runs++
					select {
					case <-time.After(time.Minute):
						return &functions.Result{Output: json.RawMessage(`1`)}, nil
					case <-ctx.Done():
						return nil, fault.New(fault.Unknown, "outcome_unknown", "left while it ran: %v", context.Cause(ctx))
					}
				}
				first, leave := context.WithCancel(t.Context())
				gone := make(chan error)
				go func() {
					_, err := o.do(first, attempt{"k", 1}, run)
					gone <- err
				}()
				synctest.Wait()
				leave()
				if err := <-gone; !errors.Is(err, context.Canceled) {
					t.Errorf("the first caller got %v", err)
				}
				time.Sleep(c.absent)
				result, err := o.do(t.Context(), attempt{"k", 1}, run)
				if !errors.Is(err, c.want) || err == nil && string(result.Output) != "1" || runs != 1 {
					t.Errorf("the repeat got %+v, %v after %d runs", result, err, runs)
				}
			})
		})
	}
}

// TestOnceGivesUp: a while after the last caller has gone, the call is
// cancelled; each caller that comes and goes begins the while anew.
func TestOnceGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOnce()
		defer o.close()
		ended := make(chan time.Time, 1)
		run := func(ctx context.Context) (*functions.Result, error) {
			<-ctx.Done()
			ended <- time.Now()
			return nil, context.Cause(ctx)
		}
		var last time.Time
		for range 3 {
			ctx, leave := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, leave)
			if _, err := o.do(ctx, attempt{"k", 1}, run); !errors.Is(err, context.Canceled) {
				t.Errorf("the caller that left got %v", err)
			}
			last = time.Now()
			time.Sleep(onceGrace - time.Second)
		}
		if at := <-ended; at.Sub(last) != onceGrace {
			t.Errorf("the call was cancelled %s after the last caller left", at.Sub(last))
		}
	})
}

// TestOnceForgetsWhatWasGivenUpInTheQueue: a call that was cancelled before it
// began (see pool.Pool.Acquire, which hands the cause on) may be made again.
func TestOnceForgetsWhatWasGivenUpInTheQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOnce()
		defer o.close()
		ctx, leave := context.WithCancel(t.Context())
		leave()
		_, _ = o.do(ctx, attempt{"k", 1}, func(ctx context.Context) (*functions.Result, error) {
			<-ctx.Done()
			return nil, fmt.Errorf("calling f: %w", context.Cause(ctx))
		})
		time.Sleep(onceGrace + time.Second)
		_, err := o.do(t.Context(), attempt{"k", 1}, func(context.Context) (*functions.Result, error) {
			return &functions.Result{}, nil
		})
		if err != nil {
			t.Errorf("the repeat got %v", err)
		}
	})
}

func TestOnceForgets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOnce()
		defer o.close()
		runs := 0
		ok := func(context.Context) (*functions.Result, error) {
			runs++
			return &functions.Result{Output: json.RawMessage(`1`)}, nil
		}
		call := func(key string, run func(context.Context) (*functions.Result, error)) error {
			_, err := o.do(t.Context(), attempt{key, 1}, run)
			return err
		}
		_ = call("a", ok)
		time.Sleep(onceKept - time.Nanosecond)
		if _ = call("a", ok); runs != 1 {
			t.Errorf("within the time it ran %d times", runs)
		}
		time.Sleep(time.Nanosecond)
		if _ = call("a", ok); runs != 2 {
			t.Errorf("after the time it ran %d times", runs)
		}
		// What was refused may be tried again; what may have run may not.
		refused := func(context.Context) (*functions.Result, error) {
			runs++
			return nil, fault.New(fault.Exhausted, "overloaded", "no room")
		}
		unknown := func(context.Context) (*functions.Result, error) {
			runs++
			return nil, fault.New(fault.Unknown, "outcome_unknown", "lost")
		}
		runs = 0
		_, _ = call("b", refused), call("b", refused)
		if runs != 2 {
			t.Errorf("a refused call ran %d times", runs)
		}
		runs = 0
		_, _ = call("c", unknown), call("c", unknown)
		if runs != 1 {
			t.Errorf("a call of unknown outcome ran %d times", runs)
		}
	})
}

// TestOnceIsBounded: results are dropped beyond onceBytes, and then nothing
// runs twice; beyond onceCalls new calls are refused.
func TestOnceIsBounded(t *testing.T) {
	t.Parallel()
	o := newOnce()
	defer o.close()
	large := make([]byte, onceBytes/4)
	runs := 0
	run := func(context.Context) (*functions.Result, error) {
		runs++
		return &functions.Result{Output: large}, nil
	}
	for i := range 5 {
		if _, err := o.do(t.Context(), attempt{strconv.Itoa(i), 1}, run); err != nil {
			t.Fatal(err)
		}
	}
	if o.bytes > onceBytes {
		t.Errorf("%d bytes are kept", o.bytes)
	}
	if _, err := o.do(t.Context(), attempt{"0", 1}, run); !errors.Is(err, fault.Unknown) || runs != 5 {
		t.Errorf("got %v after %d runs", err, runs)
	}
	if _, err := o.do(t.Context(), attempt{"4", 1}, run); err != nil || runs != 5 {
		t.Errorf("got %v after %d runs", err, runs)
	}
	small := func(context.Context) (*functions.Result, error) { return &functions.Result{}, nil }
	for i := range onceCalls - 5 {
		if _, err := o.do(t.Context(), attempt{"k", i}, small); err != nil {
			t.Fatal(i, err)
		}
	}
	if _, err := o.do(t.Context(), attempt{"one more", 1}, small); !errors.Is(err, fault.Exhausted) {
		t.Errorf("one more: %v", err)
	}
	o.close()
	if _, err := o.do(t.Context(), attempt{"late", 1}, small); !errors.Is(err, fault.Unavailable) {
		t.Errorf("after close: %v", err)
	}
}
