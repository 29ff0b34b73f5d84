package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/api/client"
	"github.com/serverledge/serverledge/internal/fault"
)

// node starts a server that answers with h, and a client of it.
func node(t *testing.T, h http.HandlerFunc, opts client.Options) *client.Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c := client.New(s.URL, opts)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func reply(w http.ResponseWriter, status int, media, body string) {
	w.Header().Set("Content-Type", media)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func problem(w http.ResponseWriter, err error) {
	p := api.ProblemOf(err, "/x", "r1")
	text, _ := json.Marshal(p)
	reply(w, p.Status, api.TypeProblem, string(text))
}

// Each method reaches its route, and what the node says arrives.
func TestRoutes(t *testing.T) {
	t.Parallel()
	var got string
	c := node(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = r.Method + " " + r.URL.RequestURI() + " " + string(body)
		text := `{"name":"n","id":"e1","workflows":[{"name":"w"}],"nodes":[{"id":"a"}],"Prewarmed":2,"taskToken":"token"}`
		if r.URL.Path == api.RouteFunctions {
			text = `{"name":"n","functions":[{"name":"f"}]}`
		}
		reply(w, 200, api.TypeJSON, text)
	}, client.Options{})
	ctx := t.Context()
	for _, step := range []struct {
		want string
		do   func() error
	}{
		{"GET /v1/functions ", func() error {
			l, err := c.Functions(ctx)
			if err == nil && (len(l) != 1 || l[0].Name != "f") {
				t.Errorf("got %v", l)
			}
			return err
		}},
		{"GET /v1/functions/a%20b ", func() error {
			f, err := c.Function(ctx, "a b")
			if f.Name != "n" {
				t.Errorf("got %+v", f)
			}
			return err
		}},
		{`POST /v1/functions {"name":"f","runtime":"python310"}`, func() error {
			f, err := c.CreateFunction(ctx, api.Function{Name: "f", Runtime: "python310"})
			if f.Name != "n" {
				t.Errorf("got %+v", f)
			}
			return err
		}},
		{`PUT /v1/functions/f {"name":"f","runtime":"x"}`, func() error {
			_, err := c.PutFunction(ctx, api.Function{Name: "f", Runtime: "x"}, "v")
			return err
		}},
		{"DELETE /v1/functions/f ", func() error { return c.DeleteFunction(ctx, "f") }},
		{`POST /v1/functions/f/invocations {"input":{"a":1}}`, func() error {
			_, err := c.Run(ctx, "f", api.Invocation{Input: json.RawMessage(`{"a":1}`)}, "k")
			return err
		}},
		{`POST /v1/functions/f/prewarm {"instances":2}`, func() error {
			p, err := c.Prewarm(ctx, "f", api.PrewarmV1{Instances: 2})
			if p.Prewarmed != 2 {
				t.Errorf("got %+v", p)
			}
			return err
		}},
		{"HEAD /v1/packages/ab ", func() error {
			has, err := c.HasPackage(ctx, "ab")
			if !has {
				t.Error("want the package")
			}
			return err
		}},
		{"PUT /v1/packages/ab code", func() error { return c.PutPackage(ctx, "ab", strings.NewReader("code"), 4) }},
		{"GET /v1/workflows ", func() error { _, err := c.Workflows(ctx); return err }},
		{"GET /v1/workflows/w ", func() error { _, err := c.Workflow(ctx, "w"); return err }},
		{`POST /v1/workflows {"name":"w","definition":"d"}`, func() error {
			_, err := c.CreateWorkflow(ctx, api.Workflow{Name: "w", Definition: "d"})
			return err
		}},
		{`PUT /v1/workflows/w {"name":"w","definition":"d"}`, func() error {
			_, err := c.PutWorkflow(ctx, api.Workflow{Name: "w", Definition: "d"}, "")
			return err
		}},
		{"DELETE /v1/workflows/w ", func() error { return c.DeleteWorkflow(ctx, "w", false) }},
		{"DELETE /v1/workflows/w?functions=true ", func() error { return c.DeleteWorkflow(ctx, "w", true) }},
		{`POST /v1/workflows/w/executions {"input":1}`, func() error {
			e, err := c.Start(ctx, "w", api.StartExecution{Input: json.RawMessage(`1`)})
			if e.ID != "e1" {
				t.Errorf("got %+v", e)
			}
			return err
		}},
		{`POST /v1/executions {"definition":"d"}`, func() error {
			_, err := c.StartDefinition(ctx, api.StartExecution{Definition: "d"})
			return err
		}},
		{`POST /v1/test-state {"definition":"d","mock":{"result":1}}`, func() error {
			_, err := c.TestState(ctx, api.TestState{Definition: "d", Mock: &api.TestStateMock{Result: json.RawMessage("1")}})
			return err
		}},
		{"GET /v1/executions?limit=5&status=RUNNING&workflow=w ", func() error {
			_, err := c.Executions(ctx, client.ExecutionQuery{Workflow: "w", Status: "RUNNING", Limit: 5})
			return err
		}},
		{"GET /v1/executions?parent=e ", func() error {
			_, err := c.Executions(ctx, client.ExecutionQuery{Parent: "e"})
			return err
		}},
		{`POST /v1/tasks/success {"taskToken":"t","output":{"a":1}}`, func() error {
			return c.SucceedTask(ctx, api.TaskSuccess{TaskToken: "t", Output: json.RawMessage(`{"a":1}`)})
		}},
		{`POST /v1/tasks/success {"taskToken":"t","output":null}`, func() error { return c.SucceedTask(ctx, api.TaskSuccess{TaskToken: "t"}) }},
		{`POST /v1/tasks/failure {"taskToken":"t","error":"E","cause":"c"}`, func() error {
			return c.FailTask(ctx, api.TaskFailure{TaskToken: "t", Error: "E", Cause: "c"})
		}},
		{`POST /v1/tasks/heartbeat {"taskToken":"t"}`, func() error { return c.BeatTask(ctx, api.TaskHeartbeat{TaskToken: "t"}) }},
		{"POST /v1/activities/a/tasks?wait=1.5s&worker=w+1 ", func() error {
			task, err := c.Work(ctx, "a", "w 1", 1500*time.Millisecond)
			if task == nil || task.TaskToken != "token" {
				t.Errorf("got %+v", task)
			}
			return err
		}},
		{"GET /v1/executions/e ", func() error { _, err := c.Execution(ctx, "e"); return err }},
		{"GET /v1/executions/e/history ", func() error { _, err := c.History(ctx, "e"); return err }},
		{`POST /v1/executions/e/stop {"cause":"enough"}`, func() error {
			_, err := c.Stop(ctx, "e", api.StopRequest{Cause: "enough"})
			return err
		}},
		{"GET /v1/nodes ", func() error { _, err := c.Nodes(ctx); return err }},
		{"GET /v1/status ", func() error { _, err := c.Node(ctx); return err }},
		{"GET /healthz ", func() error { return c.Healthy(ctx) }},
		{"GET /readyz ", func() error { return c.Ready(ctx) }},
		{`POST /invoke/f {"CanDoOffloading":true,"Async":false,"QoSClass":0,"QoSMaxRespT":-1,"ReturnOutput":false}`, func() error {
			_, err := c.Compat().Invoke(ctx, "f", api.InvokeRequest{CanDoOffloading: true, QoSMaxRespT: -1})
			return err
		}},
		{"GET /poll/e ", func() error { _, err := c.Compat().Poll(ctx, "e"); return err }},
		{"GET /function ", func() error { _, err := c.Compat().Functions(ctx); return err }},
		{"GET /workflow/list ", func() error { _, err := c.Compat().Workflows(ctx); return err }},
		{"GET /status ", func() error { _, err := c.Compat().Status(ctx); return err }},
		{`POST /delete {"Name":"f"}`, func() error { _, err := c.Compat().Delete(ctx, "f"); return err }},
		{`POST /workflow/delete {"Name":"w"}`, func() error { _, err := c.Compat().DeleteWorkflow(ctx, "w"); return err }},
		{`POST /prewarm {"Function":"f","Instances":1,"ForceImagePull":true}`, func() error {
			_, err := c.Compat().Prewarm(ctx, api.PrewarmRequest{Function: "f", Instances: 1, ForceImagePull: true})
			return err
		}},
	} {
		if err := step.do(); err != nil {
			t.Errorf("%s: %v", step.want, err)
		}
		if got != step.want {
			t.Errorf("got  %s\nwant %s", got, step.want)
		}
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	var got http.Header
	c := node(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		reply(w, 200, api.TypeJSON, `{}`)
	}, client.Options{Token: "secret", UserAgent: "test/1", From: "edge-1"})
	if _, err := c.Run(t.Context(), "f", api.Invocation{}, "key-1"); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"Authorization": "Bearer secret", "User-Agent": "test/1", "Content-Type": api.TypeJSON, api.HeaderIdempotencyKey: "key-1", api.HeaderFrom: "edge-1",
	} {
		if got.Get(key) != want {
			t.Errorf("%s: got %q, want %q", key, got.Get(key), want)
		}
	}
	if _, err := c.PutFunction(t.Context(), api.Function{Name: "f"}, "v7"); err != nil {
		t.Fatal(err)
	}
	if got.Get("If-Match") != `"v7"` {
		t.Errorf("got If-Match %q", got.Get("If-Match"))
	}
}

// No task is no error.
func TestNoTask(t *testing.T) {
	t.Parallel()
	c := node(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, client.Options{})
	if task, err := c.Work(t.Context(), "a", "", 0); task != nil || err != nil {
		t.Errorf("got %+v, %v", task, err)
	}
	if _, err := c.Function(t.Context(), "f"); fault.From(err).Code != client.CodeProtocol {
		t.Errorf("a function without content: %v", err)
	}
	if _, err := c.Work(t.Context(), "", "", 0); !errors.Is(err, fault.Invalid) {
		t.Errorf("got %v", err)
	}
}

// errors.Is holds across the network, with the hint and the time to wait.
func TestErrorsKeepTheirKind(t *testing.T) {
	t.Parallel()
	c := node(t, func(w http.ResponseWriter, _ *http.Request) {
		problem(w, fault.New(fault.Exhausted, "queue_full", "no room").WithHint("wait").WithRetryAfter(2*time.Second))
	}, client.Options{})
	_, err := c.Functions(t.Context())
	e := fault.From(err)
	if !errors.Is(err, fault.Exhausted) || e.Code != "queue_full" || e.Hint != "wait" || e.RetryAfter != 2*time.Second || e.Detail != "no room" {
		t.Errorf("got %+v", e)
	}
}

// Answers of other servers give an error that says what came, and never the page.
func TestForeignAnswers(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		name, media, body string
		status            int
		kind              fault.Kind
		text              string
	}{
		{"html from a proxy", "text/html", "<html><h1>Bad gateway</h1>", 502, fault.Unknown, "502 Bad Gateway, text/html"},
		{"short text", "text/plain; charset=utf-8", "Invalid runtime.\n", 404, fault.NotFound, "Invalid runtime."},
		{"redirect", "text/html", "", 302, fault.Internal, "redirects are not followed"},
		{"json without meaning", api.TypeJSON, `[1]`, 500, fault.Internal, "500 Internal Server Error"},
		{"html with 200", "text/html", "<html>", 200, fault.Unavailable, "200 OK, text/html"},
		{"truncated", api.TypeJSON, `{"functions":[`, 200, fault.Unavailable, "not the JSON"},
		{"nothing", "", "", 200, fault.Unavailable, "not the JSON"},
		{"no type", "", "x", 401, fault.Denied, "401 Unauthorized"},
	} {
		c := node(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			reply(w, s.status, s.media, s.body)
		}, client.Options{})
		_, err := c.Functions(t.Context())
		if !errors.Is(err, s.kind) || !strings.Contains(err.Error(), s.text) || strings.Contains(err.Error(), "<h1>") {
			t.Errorf("%s: got %v (%s)", s.name, err, fault.KindOf(err))
		}
	}
}

// An answer of just the limit is read, one byte more is refused.
func TestAnswerIsBounded(t *testing.T) {
	t.Parallel()
	text := `{"functions":[{"name":"f"}]}`
	h := func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, api.TypeJSON, text) }
	if _, err := node(t, h, client.Options{MaxAnswer: int64(len(text))}).Functions(t.Context()); err != nil {
		t.Error(err)
	}
	_, err := node(t, h, client.Options{MaxAnswer: int64(len(text)) - 1}).Functions(t.Context())
	if fault.From(err).Code != client.CodeProtocol {
		t.Errorf("got %v", err)
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(nil)
	s.Close()
	c := client.New(s.URL, client.Options{})
	err := c.Healthy(t.Context())
	e := fault.From(err)
	if e.Kind != fault.Unavailable || e.Code != client.CodeUnreachable || !strings.Contains(e.Detail, c.Address()) || e.Hint == "" {
		t.Errorf("got %+v", e)
	}
}

func TestBadAddress(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "127.0.0.1:1323", "ftp://x", "http://", "http://[::1"} {
		if err := client.New(url, client.Options{}).Healthy(t.Context()); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: got %v", url, err)
		}
	}
	c := client.New("http://127.0.0.1:1", client.Options{})
	for _, name := range []string{"", ".", ".."} {
		if _, err := c.Function(t.Context(), name); !errors.Is(err, fault.Invalid) {
			t.Errorf("name %q: got %v", name, err)
		}
	}
}

// A base with a path (behind a proxy) keeps it.
func TestBasePath(t *testing.T) {
	t.Parallel()
	var got string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.URL.RequestURI()
		reply(w, 200, api.TypeJSON, `{}`)
	}))
	t.Cleanup(s.Close)
	if _, err := client.New(s.URL+"/edge/", client.Options{}).Function(t.Context(), "a/b"); err != nil || got != "/edge/v1/functions/a%2Fb" {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestCancelAndDeadline(t *testing.T) {
	t.Parallel()
	arrived, leave := make(chan struct{}, 2), make(chan struct{})
	c := node(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		arrived <- struct{}{}
		<-leave
	}, client.Options{})
	t.Cleanup(func() { close(leave) })
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	go func() { <-arrived; cancel(why) }()
	_, err := c.Run(ctx, "f", api.Invocation{}, "")
	if !errors.Is(err, fault.Unknown) || !errors.Is(err, why) {
		t.Errorf("cancelled: got %v", err)
	}
	ctx, done := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer done()
	if _, err := c.Run(ctx, "f", api.Invocation{}, ""); !errors.Is(err, fault.Timeout) {
		t.Errorf("deadline: got %v", err)
	}
}

// A run that failed comes with its report, also under an error status.
func TestCompatOutcome(t *testing.T) {
	t.Parallel()
	body := `{"Success":false,"Result":"","Error":{"errorType":"ValueError","errorMessage":"no"}}`
	c := node(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "plain") {
			reply(w, 500, "text/plain", "no luck")
			return
		}
		reply(w, 500, api.TypeJSON, body+"\n")
	}, client.Options{})
	text, err := c.Compat().Invoke(t.Context(), "f", api.InvokeRequest{})
	if !bytes.Equal(text, []byte(body)) || err == nil {
		t.Errorf("got %s, %v", text, err)
	}
	text, err = c.Compat().Invoke(t.Context(), "plain", api.InvokeRequest{})
	if text != nil || err == nil || !strings.Contains(err.Error(), "no luck") {
		t.Errorf("got %s, %v", text, err)
	}
}

func TestTrace(t *testing.T) {
	t.Parallel()
	var lines []string
	c := node(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, 404, "", "") }, client.Options{
		Trace: func(method, url string, status int, took time.Duration) {
			if took <= 0 {
				t.Error("want a time")
			}
			lines = append(lines, method+" "+url+" "+http.StatusText(status))
		},
	})
	_ = c.Healthy(t.Context())
	if len(lines) != 1 || lines[0] != "GET http://"+c.Address()+"/healthz Not Found" {
		t.Errorf("got %q", lines)
	}
}
