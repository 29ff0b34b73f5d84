package client_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/api/client"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

func call() *functions.Call {
	return &functions.Call{Key: "e1/2", Attempt: 3, Execution: "e1", Function: "f", Input: json.RawMessage(`{"a":1}`), Hops: 1, Visited: []string{"edge"}, Task: true}
}

// A call arrives with all that names it, and the result comes back with what
// the network cost.
func TestInvoke(t *testing.T) {
	t.Parallel()
	var got api.Invocation
	var key string
	c := node(t, func(w http.ResponseWriter, r *http.Request) {
		key = r.Header.Get(api.HeaderIdempotencyKey)
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		reply(w, 200, api.TypeJSON, `{"execution":"e1","status":"SUCCEEDED","output":null,"printed":"hi",
			"report":{"node":"cloud","area":"rome","runtime":"Python 3","cold":true,"init":0.25,"queue":0.5,"offload":2,"duration":1.5,"response":0}}`)
	}, client.Options{})
	in := call()
	in.Deadline = time.Now().Add(time.Minute)
	out, err := c.Invoke(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if string(out.Output) != "null" || out.Failure != nil || out.Printed != "hi" || out.Node != "cloud" || out.Area != "rome" ||
		out.Runtime != "Python 3" || !out.Cold || out.Action != "O" || out.Init != 250*time.Millisecond ||
		out.Queue != 500*time.Millisecond || out.Duration != 1500*time.Millisecond || out.Offload <= 2*time.Second {
		t.Errorf("got %+v", out)
	}
	f := got.Forwarded
	if key != "e1/2" || string(got.Input) != `{"a":1}` || f == nil || f.Key != "e1/2" || f.Attempt != 3 || f.Execution != "e1" ||
		f.Hops != 1 || len(f.Visited) != 1 || !f.Task || f.RemainingMS < 50_000 || f.RemainingMS > 60_000 {
		t.Errorf("got %q, %+v, %+v", key, got, f)
	}
}

func TestInvokeFailureIsAResult(t *testing.T) {
	t.Parallel()
	c := node(t, func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 200, api.TypeJSON, `{"status":"FAILED","failure":{"errorType":"ValueError","errorMessage":"no"},"report":{"duration":-1,"response":1e300}}`)
	}, client.Options{})
	out, err := c.Invoke(t.Context(), call())
	if err != nil || out.Failure == nil || out.Failure.Type != "ValueError" || out.Output != nil {
		t.Fatalf("got %+v, %v", out, err)
	}
	if out.Duration != 0 || out.Offload < 0 {
		t.Errorf("impossible times were believed: %+v", out)
	}
}

// What was refused before it began may go elsewhere; what may have run may not.
func TestInvokeKindsOfError(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		name string
		err  error
		want fault.Kind
	}{
		{"busy", fault.New(fault.Exhausted, "c", "x"), fault.Exhausted},
		{"stopping", fault.New(fault.Unavailable, "c", "x"), fault.Unavailable},
		{"function unknown there", fault.New(fault.NotFound, "c", "x"), fault.Unavailable},
		{"not allowed", fault.New(fault.Denied, "c", "x"), fault.Unavailable},
		{"no such runtime", fault.New(fault.Unimplemented, "runtime_not_available", "x"), fault.Unavailable},
		{"loop", fault.New(fault.Loop, "c", "x"), fault.Unavailable},
		{"bad input", fault.New(fault.Invalid, "c", "x"), fault.Invalid},
		{"too large", fault.New(fault.TooLarge, "c", "x"), fault.TooLarge},
		{"too late", fault.New(fault.Timeout, "c", "x"), fault.Timeout},
		{"unknown", fault.New(fault.Unknown, "c", "x"), fault.Unknown},
		{"defect", errors.New("x"), fault.Unknown},
	} {
		c := node(t, func(w http.ResponseWriter, _ *http.Request) { problem(w, s.err) }, client.Options{})
		if _, err := c.Invoke(t.Context(), call()); fault.KindOf(err) != s.want {
			t.Errorf("%s: got %v (%s), want %s", s.name, err, fault.KindOf(err), s.want)
		}
	}
	// The first reason stays visible under the kind that lets a router go on.
	c := node(t, func(w http.ResponseWriter, _ *http.Request) { problem(w, fault.New(fault.NotFound, "c", "x")) }, client.Options{})
	if _, err := c.Invoke(t.Context(), call()); !errors.Is(err, fault.NotFound) {
		t.Errorf("got %v", err)
	}
}

func TestInvokeGarbageIsUnknown(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		name, media, body string
		status            int
		want              fault.Kind
	}{
		{"html", "text/html", "<html>", 200, fault.Unknown},
		{"truncated", api.TypeJSON, `{"output":{"a"`, 200, fault.Unknown},
		{"neither output nor failure", api.TypeJSON, `{}`, 200, fault.Unknown},
		{"other type", api.TypeJSON, `{"output":1,"failure":"x"}`, 200, fault.Unknown},
		{"only accepted", api.TypeJSON, `{"execution":"e"}`, 202, fault.Unknown},
		{"redirect", "text/html", "", 307, fault.Unknown},
		{"proxy error", "text/html", "<html>", 502, fault.Unknown},
		{"proxy timeout", "text/html", "<html>", 504, fault.Unknown},
		{"proxy has no server", "text/html", "<html>", 503, fault.Unavailable},
		{"foreign 400", "text/html", "<html>", 400, fault.Unknown},
		{"too long", api.TypeJSON, `{"output":"` + strings.Repeat("x", 2000) + `"}`, 200, fault.Unknown},
	} {
		c := node(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, s.status, s.media, s.body) }, client.Options{MaxAnswer: 1000})
		if out, err := c.Invoke(t.Context(), call()); fault.KindOf(err) != s.want {
			t.Errorf("%s: got %+v, %v", s.name, out, err)
		}
	}
}

// A call whose body went out and whose connection is then cut is never
// repeated, not even by net/http on a kept connection.
func TestInvokeLostConnectionIsNotRepeated(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	c := node(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if calls.Add(1) == 1 {
			reply(w, 200, api.TypeJSON, `{"output":1}`)
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = conn.Close()
	}, client.Options{})
	if _, err := c.Invoke(t.Context(), call()); err != nil {
		t.Fatal(err)
	}
	_, err := c.Invoke(t.Context(), call())
	if !errors.Is(err, fault.Unknown) {
		t.Errorf("got %v (%s)", err, fault.KindOf(err))
	}
	if calls.Load() != 2 {
		t.Errorf("the node saw %d calls, want 2", calls.Load())
	}
}

// An answer that breaks off after its headers is unknown too.
func TestInvokeCutAnswer(t *testing.T) {
	t.Parallel()
	c := node(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"output":1`)
	}, client.Options{})
	if _, err := c.Invoke(t.Context(), call()); !errors.Is(err, fault.Unknown) {
		t.Errorf("got %v", err)
	}
}

func TestInvokeUnreachable(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(nil)
	s.Close()
	if _, err := client.New(s.URL, client.Options{}).Invoke(t.Context(), call()); !errors.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
}

// A node that was restarted leaves dead connections in the pool: the call goes
// over a new one, for nothing was sent yet.
func TestInvokeAfterRestart(t *testing.T) {
	t.Parallel()
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, api.TypeJSON, `{"output":1}`) })
	first := httptest.NewServer(h)
	address := first.Listener.Addr().String()
	c := client.New(first.URL, client.Options{})
	if _, err := c.Invoke(t.Context(), call()); err != nil {
		t.Fatal(err)
	}
	first.CloseClientConnections()
	first.Close()
	if _, err := c.Invoke(t.Context(), call()); !errors.Is(err, fault.Unavailable) && !errors.Is(err, fault.Unknown) {
		t.Fatalf("while down: got %v", err)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Skip("the port was taken by another program: ", err)
	}
	second := httptest.NewUnstartedServer(h)
	_ = second.Listener.Close()
	second.Listener = l
	second.Start()
	t.Cleanup(second.Close)
	if _, err := c.Invoke(t.Context(), call()); err != nil {
		t.Error(err)
	}
}

func TestInvokeWithoutTimeLeft(t *testing.T) {
	t.Parallel()
	c := node(t, func(http.ResponseWriter, *http.Request) { t.Error("the call was sent") }, client.Options{})
	in := call()
	in.Deadline = time.Now().Add(-time.Millisecond)
	if _, err := c.Invoke(t.Context(), in); !errors.Is(err, fault.Timeout) {
		t.Errorf("got %v", err)
	}
}

func TestInvokeDeadline(t *testing.T) {
	t.Parallel()
	leave := make(chan struct{})
	c := node(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-leave
	}, client.Options{})
	t.Cleanup(func() { close(leave) })
	in := call()
	in.Deadline = time.Now().Add(50 * time.Millisecond)
	if _, err := c.Invoke(t.Context(), in); !errors.Is(err, fault.Timeout) {
		t.Errorf("got %v", err)
	}
}

func TestInvokeConcurrently(t *testing.T) {
	t.Parallel()
	c := node(t, func(w http.ResponseWriter, r *http.Request) {
		var in api.Invocation
		_ = json.NewDecoder(r.Body).Decode(&in)
		reply(w, 200, api.TypeJSON, fmt.Sprintf(`{"output":%s}`, in.Input))
	}, client.Options{})
	errs := make(chan error, 64)
	for i := range cap(errs) {
		go func() {
			in := call()
			in.Input = json.RawMessage(fmt.Sprint(i))
			out, err := c.Invoke(t.Context(), in)
			if err == nil && string(out.Output) != string(in.Input) {
				err = fmt.Errorf("got %s, want %s", out.Output, in.Input)
			}
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
