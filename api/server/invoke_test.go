package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

func TestInvoke(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("hello")
	a := f.do("POST", "/v1/functions/HELLO/invocations", `{"input":{"n":1.0,"big":9007199254740993,"__proto__":[1e400]},"output":true,"class":2,"timeout":"30s"}`)
	got := into[api.InvocationResult](f, a, http.StatusOK)
	if string(got.Output) != `{"n":1.0,"big":9007199254740993,"__proto__":[1e400]}` { // B-039, B-043: byte for byte
		t.Errorf("the payload changed: %s", got.Output)
	}
	if got.Status != "SUCCEEDED" || got.Execution == "" || got.Report.Node != "n1" || got.Report.Response <= 0 {
		t.Errorf("got %+v", got)
	}
	for _, name := range []string{api.HeaderNodeName, api.HeaderFreeMem, api.HeaderFreeCPU, api.HeaderTimestamp, api.HeaderNodeArch} {
		if a.header.Get(name) == "" {
			t.Errorf("no header %s", name)
		}
	}
	req := f.engine.last(t)
	if req.Level != engine.Express || !req.Output || req.Class != 2 || req.Hops != 1 || req.Local || time.Until(req.Deadline) > 30*time.Second || req.Deadline.IsZero() {
		t.Errorf("the engine got %+v", req)
	}
	// No body, and an empty one, are a call without input.
	into[api.InvocationResult](f, f.do("POST", "/v1/functions/hello/invocations", ""), http.StatusOK)
	into[api.InvocationResult](f, f.do("POST", "/v1/functions/hello/invocations", "{}"), http.StatusOK)

	accepted := f.do("POST", "/v1/functions/hello/invocations", `{"async":true}`)
	id := into[api.InvocationResult](f, accepted, http.StatusAccepted).Execution
	if accepted.header.Get("Location") != "/v1/executions/"+id || f.engine.last(t).Level != engine.Standard {
		t.Errorf("accepted with %v, %+v", accepted.header, f.engine.last(t))
	}
	into[api.InvocationResult](f, f.do("POST", "/v1/functions/hello/invocations", `{}`, "Prefer: wait=1, respond-async"), http.StatusAccepted)
	x := into[api.Execution](f, f.do("GET", "/v1/executions/"+id, ""), http.StatusOK)
	if x.Function != "hello" || x.Status != "SUCCEEDED" {
		t.Errorf("got %+v", x)
	}
	f.refused(f.do("POST", "/v1/functions/nobody/invocations", `{"async":true}`), http.StatusNotFound, "function_not_found")
}

// TestPrintedTruncated: both answers tell that output was cut off, and the
// flat one says nothing of it otherwise.
func TestPrintedTruncated(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("hello")
	for _, cut := range []bool{false, true} {
		f.engine.call = func(context.Context, *engine.Request) (*functions.Result, error) {
			return &functions.Result{Output: []byte("{}"), Printed: "some", PrintedTruncated: cut}, nil
		}
		a := f.do("POST", "/invoke/hello", `{"ReturnOutput":true}`)
		if got := into[api.InvokeResponse](f, a, http.StatusOK); got.OutputTruncated != cut || got.Output != "some" {
			t.Errorf("got %+v, want cut %t", got, cut)
		}
		if !cut && strings.Contains(string(a.body), "OutputTruncated") {
			t.Errorf("existing clients see %s", a.body)
		}
		if got := into[api.InvocationResult](f, f.do("POST", "/v1/functions/hello/invocations", `{"output":true}`), http.StatusOK); got.PrintedTruncated != cut {
			t.Errorf("got %+v, want cut %t", got, cut)
		}
	}
}

// TestFailingFunction: a failure is a result under /v1, and 500 with all that
// is known for existing clients (row 5 of the prototype's faults).
func TestFailingFunction(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("hello")
	f.engine.call = func(context.Context, *engine.Request) (*functions.Result, error) {
		return &functions.Result{
			Failure: &functions.Failure{Type: "ValueError", Message: "no <n> & no m", Trace: []string{"line 1"}}, Printed: "before", Cold: true, Node: "n1",
		}, nil
	}
	a := f.do("POST", "/v1/functions/hello/invocations", "{}")
	got := into[api.InvocationResult](f, a, http.StatusOK)
	if got.Status != "FAILED" || got.Failure.Type != "ValueError" || got.Output != nil || got.Printed != "before" || a.header.Get("X-Start") != "cold" {
		t.Errorf("got %+v", got)
	}
	a = f.do("POST", "/invoke/hello", `{"ReturnOutput":true}`)
	old := into[api.InvokeResponse](f, a, http.StatusInternalServerError)
	if old.Success || old.Error == nil || old.Error.Message != "no <n> & no m" || old.Error.Trace[0] != "line 1" || old.Output != "before" || old.IsWarmStart {
		t.Errorf("got %+v", old)
	}
	if !strings.Contains(string(a.body), "<n> &") {
		t.Errorf("text is escaped for HTML: %s", a.body)
	}
}

func TestCompatInvoke(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("func")
	body := `{"Params":{"a":"2"},"CanDoOffloading":true,"Async":false,"QoSClass":1,"QoSMaxRespT":1.5,"ReturnOutput":true}`
	got := into[api.InvokeResponse](f, f.do("POST", "/invoke/FUNC", body), http.StatusOK)
	if !got.Success || got.Result != `{"a":"2"}` || !got.IsWarmStart || got.Duration != 0.001 || got.ResponseTime <= 0 || got.ExecutionNode != "n1" {
		t.Errorf("got %+v", got)
	}
	req := f.engine.last(t)
	if req.Local || req.Class != 1 || req.MaxResponse != 1500*time.Millisecond || !req.Output {
		t.Errorf("the engine got %+v", req)
	}
	into[api.InvokeResponse](f, f.do("POST", "/invoke/func", ""), http.StatusOK)
	if !f.engine.last(t).Local {
		t.Error("offloading is allowed though CanDoOffloading is absent")
	}
	f.engine.call = func(context.Context, *engine.Request) (*functions.Result, error) {
		return &functions.Result{Output: json.RawMessage(`"hello"`)}, nil
	}
	if got := into[api.InvokeResponse](f, f.do("POST", "/invoke/func", `{"Params":null}`), http.StatusOK); got.Result != `"hello"` {
		t.Errorf("Result is %s", got.Result)
	}
	// Any case of the names, unknown members, curl's type, and no type at all.
	for _, header := range []string{"Content-Type: application/x-www-form-urlencoded", "Content-Type: ", "Content-Type: application/json; charset=utf-8"} {
		into[api.InvokeResponse](f, f.with(f.plain, "POST", "/invoke/func", `{"params":{"x":1},"Unknown":[]}`, header), http.StatusOK)
		if got := f.engine.last(t).Input.String(); got != `{"x":1}` {
			t.Errorf("%s: the input is %s", header, got)
		}
	}
	if a := f.do("POST", "/invoke/func", `{"Params":[1]}`); strings.Contains(string(a.body), "Params Params") {
		t.Errorf("the name stands twice: %s", a.body)
	}
	for body, code := range map[string]string{
		`{"Params":[1]}`: "invalid_type", `{"Params":"x"}`: "invalid_type", `{"Async":"yes"}`: "invalid_type", `{"QoSClass":10}`: "out_of_range",
		`{"QoSClass":-1}`: "out_of_range", `{"QoSMaxRespT":1e12}`: "out_of_range", `{"QoSMaxRespT":-2}`: "out_of_range", `[]`: "invalid_type",
	} {
		f.refused(f.do("POST", "/invoke/func", body), http.StatusUnprocessableEntity, code)
	}
	f.refused(f.do("POST", "/invoke/nobody", ""), http.StatusNotFound, "function_not_found")

	id := into[api.AsyncResponse](f, f.do("POST", "/invoke/func", `{"Async":true}`), http.StatusOK).ReqId
	first, second := f.do("GET", "/poll/"+id, ""), f.do("GET", "/poll/"+id, "")
	if got := into[api.InvokeResponse](f, first, http.StatusOK); !got.Success || string(first.body) != string(second.body) { // B-115
		t.Errorf("got %s, then %s", first.body, second.body)
	}
	f.engine.mu.Lock()
	x := *f.engine.kept[id]
	x.Status = "RUNNING"
	f.engine.kept[id] = &x
	f.engine.mu.Unlock()
	f.refused(f.do("GET", "/poll/"+id, ""), http.StatusNotFound, "no_result_yet")
	f.refused(f.do("GET", "/poll/"+strings.Repeat("0", 28), ""), http.StatusNotFound, "execution_not_found") // B-114
	f.refused(f.do("GET", "/poll/guessed", ""), http.StatusNotFound, "execution_not_found")
	f.refused(f.do("GET", "/poll/a%2Fb", ""), http.StatusBadRequest, "invalid_path")
	f.refused(f.do("GET", "/poll/"+strings.Repeat("a", 10<<10), ""), http.StatusRequestURITooLong, "path_too_long")
}

// TestFaults holds status, code and Retry-After of what the platform refuses.
func TestFaults(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("hello")
	for _, c := range []struct {
		err    error
		status int
		code   string
	}{
		{fault.New(fault.Exhausted, "overloaded", "no room").WithRetryAfter(1500 * time.Millisecond), 429, "overloaded"},
		{fault.New(fault.Exhausted, "overloaded", "no room"), 429, "overloaded"},
		{fault.New(fault.Unavailable, "store_unavailable", "away"), 503, "store_unavailable"},
		{fault.New(fault.Unknown, "peer_protocol_error", "half an answer"), 502, "outcome_unknown"},
		{fault.New(fault.Invalid, "invalid_input", "n is missing"), 422, "invalid_input"},
		{fault.New(fault.Denied, "forbidden", "no"), 403, "forbidden"},
		{context.DeadlineExceeded, 504, ""},
		{fmt.Errorf("waiting for an instance: %w", context.Canceled), 502, "outcome_unknown"},
		{fmt.Errorf("a defect"), 500, "internal_error"},
	} {
		f.engine.call = func(context.Context, *engine.Request) (*functions.Result, error) { return nil, c.err }
		for _, path := range []string{"/v1/functions/hello/invocations", "/invoke/hello"} {
			a := f.do("POST", path, "{}")
			code := c.code
			if code == "" {
				code = "timed_out"
			}
			f.refused(a, c.status, code)
			if c.status == 429 && a.header.Get("Retry-After") != "2" && a.header.Get("Retry-After") != "1" {
				t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
			}
		}
	}
	if !strings.Contains(f.logs.String(), `"err":"a defect"`) {
		t.Errorf("the defect is not in the log: %s", f.logs)
	}
}

// TestPanic: a panic is 500, is logged, and the node lives on.
func TestPanic(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("hello")
	f.engine.call = func(context.Context, *engine.Request) (*functions.Result, error) { panic("a defect") }
	f.refused(f.do("POST", "/invoke/hello", "{}"), http.StatusInternalServerError, "internal_error")
	f.refused(f.do("POST", "/v1/functions/hello/invocations", `{"forwarded":{"key":"k","attempt":1}}`), http.StatusInternalServerError, "internal_error")
	if f.server.Panics() != 1 || !strings.Contains(f.logs.String(), "panic in a handler") {
		t.Errorf("%d panics, log %s", f.server.Panics(), f.logs)
	}
	into[api.Health](f, f.do("GET", "/healthz", ""), http.StatusOK)
}

// TestClientGone is B-017: the call of a client that vanishes is cancelled.
func TestClientGone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("hello")
	started, cancelled := make(chan struct{}), make(chan struct{})
	f.engine.call = func(ctx context.Context, _ *engine.Request) (*functions.Result, error) {
		close(started)
		<-ctx.Done()
		close(cancelled)
		return nil, context.Cause(ctx)
	}
	ctx, vanish := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, f.http.URL+"/invoke/hello", strings.NewReader(`{"Params":{}}`))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if resp, err := f.plain.Do(r); err == nil {
			_ = resp.Body.Close()
			t.Error("the vanished client got an answer")
		}
	}()
	<-started
	vanish()
	wait(t, cancelled, "the call was not cancelled")
	<-done
}

// wait waits for a channel to be closed.
func wait(tb testing.TB, done <-chan struct{}, otherwise string) {
	tb.Helper()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		tb.Fatal(otherwise)
	}
}

// TestBodyDeadlineEnds: the deadline of the body does not end a long call.
func TestBodyDeadlineEnds(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *Options) { o.Grace = 100 * time.Millisecond })
	f.register("hello")
	f.engine.call = func(ctx context.Context, r *engine.Request) (*functions.Result, error) {
		select {
		case <-time.After(500 * time.Millisecond): // five times the grace
			return &functions.Result{Output: r.Input.Bytes()}, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	into[api.InvokeResponse](f, f.do("POST", "/invoke/hello", `{"Params":{"a":1}}`), http.StatusOK)
}

// TestIdempotency is B-027.
func TestIdempotency(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("hello")
	f.register("other")
	call := func(path, key, body string) answer {
		return f.do("POST", path, body, "Idempotency-Key: "+key)
	}
	const path = "/v1/functions/hello/invocations"
	first := into[api.InvocationResult](f, call(path, "k 1/ü"[:4], `{"input":{"n":1}}`), http.StatusOK)
	again := into[api.InvocationResult](f, call(path, "k 1/", `{"input":{"n":1}}`), http.StatusOK)
	if first.Execution != again.Execution || f.engine.last(t).Level != engine.Standard {
		t.Errorf("%s, then %s", first.Execution, again.Execution)
	}
	f.refused(call(path, "k 1/", `{"input":{"n":2}}`), 422, "idempotency_mismatch")
	if a := into[api.InvocationResult](f, call("/v1/functions/other/invocations", "k 1/", `{"input":{"n":1}}`), http.StatusOK); a.Execution == first.Execution {
		t.Error("another function gave the same execution")
	}
	async := into[api.InvocationResult](f, call(path, "k2", `{"async":true}`), http.StatusAccepted)
	if a := into[api.InvocationResult](f, call(path, "k2", `{"async":true}`), http.StatusAccepted); a.Execution != async.Execution {
		t.Errorf("%s, then %s", async.Execution, a.Execution)
	}
	into[api.InvocationResult](f, call(path, strings.Repeat("k", 255), `{}`), http.StatusOK)
	for _, bad := range []string{strings.Repeat("k", 256), strings.Repeat("k", 10<<10), "a\tb", "ü"} {
		f.refused(f.with(f.plain, "POST", path, `{}`, "Idempotency-Key: "+bad), 400, "invalid_idempotency_key")
	}
	x := into[api.Execution](f, f.do("GET", "/v1/executions/"+first.Execution, ""), http.StatusOK)
	if x.Name != "" {
		t.Errorf("the key shows as the name %q", x.Name)
	}
}

// TestForwarded is B-125 to B-127.
func TestForwarded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("hello")
	const path = "/v1/functions/hello/invocations"
	body := `{"input":{"n":1},"forwarded":{"key":"x/2","attempt":3,"execution":"x","hops":0,"visited":["n0"],"task":true,"remainingMS":60000,"newer":1}}`
	// Another node also states the key in a header, which means nothing here.
	got := into[api.InvocationResult](f, f.with(f.plain, "POST", path, body, "Idempotency-Key: x/2"), http.StatusOK)
	req := f.engine.last(t)
	if got.Execution != "x" || req.Key != "x/2" || req.Attempt != 3 || req.Hops != 0 || !req.Task || req.Visited[0] != "n0" ||
		req.Level != engine.Express || req.Name != "" || time.Until(req.Deadline) > time.Minute || req.Deadline.IsZero() {
		t.Errorf("got %+v, the engine %+v", got, req)
	}
	count := f.engine.count()
	again := into[api.InvocationResult](f, f.with(f.plain, "POST", path, body), http.StatusOK)
	if f.engine.count() != count || string(again.Output) != `{"n":1}` {
		t.Errorf("the same attempt ran again, or gave %s", again.Output)
	}
	into[api.InvocationResult](f, f.do("POST", path, `{"forwarded":{"key":"x/2","attempt":4,"visited":null}}`), http.StatusOK)
	if f.engine.count() != count+1 {
		t.Error("another attempt did not run")
	}
	count = f.engine.count()
	for _, bad := range []string{`"hops":-1`, `"visited":["n0","n1"]`, `"visited":["a","b","c","d"]`} {
		f.refused(f.do("POST", path, `{"forwarded":{"key":"y","attempt":1,`+bad+`}}`), http.StatusLoopDetected, "offload_loop")
	}
	f.refused(f.do("POST", path, `{"forwarded":{"key":"y","attempt":1,"remainingMS":-5}}`), http.StatusGatewayTimeout, "deadline_exceeded")
	f.refused(f.do("POST", path, `{"forwarded":{"key":"y","attempt":1,"hops":4}}`), 422, "out_of_range")
	f.refused(f.do("POST", path, `{"forwarded":{"key":"y","attempt":1,"remainingMS":1e12}}`), 422, "out_of_range")
	if f.engine.count() != count {
		t.Error("a refused call was started")
	}
}

// TestForwardedConcurrently is B-125: one run, every caller gets its result.
func TestForwardedConcurrently(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("hello")
	release := make(chan struct{})
	f.engine.call = func(ctx context.Context, _ *engine.Request) (*functions.Result, error) {
		select {
		case <-release:
			return &functions.Result{Output: json.RawMessage(`7`)}, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			a := f.do("POST", "/v1/functions/hello/invocations", `{"forwarded":{"key":"z","attempt":1}}`)
			if got := into[api.InvocationResult](f, a, http.StatusOK); string(got.Output) != "7" {
				t.Errorf("got %s", a.body)
			}
		})
	}
	until(t, func() bool { return f.server.once.waiting(attempt{"z", 1}) == 10 })
	close(release)
	group.Wait()
	if f.engine.count() != 1 {
		t.Errorf("it ran %d times", f.engine.count())
	}
}

// until waits for a condition.
func until(tb testing.TB, met func() bool) {
	tb.Helper()
	for range 2000 {
		if met() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	tb.Fatal("the condition is not met")
}

func (o *once) waiting(id attempt) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if f := o.calls[id]; f != nil {
		return f.waiting
	}
	return 0
}
