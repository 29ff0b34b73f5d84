package server

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/internal/fault"
)

// TestTellOfTasks: what outside systems say reaches the engine as they said it.
func TestTellOfTasks(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, c := range []struct{ path, body, said string }{
		{"success", `{"taskToken":"token","output":{"b":1,"a":[1.0]}}`, `success {"b":1,"a":[1.0]}`},
		{"success", `{"taskToken":"token","output":null}`, "success null"},
		{"failure", `{"taskToken":"token","error":"No","cause":"because"}`, "failure No because"},
		{"failure", `{"taskToken":"token"}`, "failure  "},
		{"heartbeat", `{"taskToken":"token"}`, "beat"},
		{"failure", `{"taskToken":"token","error":"` + strings.Repeat("e", 256) + `","cause":"` + strings.Repeat("c", 32<<10) + `"}`,
			"failure " + strings.Repeat("e", 256) + " " + strings.Repeat("c", 32<<10)},
		{"success", `{"taskToken":"token","output":"` + strings.Repeat("x", 512<<10-2) + `"}`, `success "` + strings.Repeat("x", 512<<10-2) + `"`},
	} {
		a := f.do("POST", "/v1/tasks/"+c.path, c.body)
		if a.status != http.StatusNoContent || len(a.body) > 0 {
			t.Errorf("%s %.60s: %d %s", c.path, c.body, a.status, a.body)
		}
		if got := f.engine.heard(); got != c.said {
			t.Errorf("%s %.60s: the engine heard %.60q", c.path, c.body, got)
		}
	}
	for _, path := range []string{"success", "failure", "heartbeat"} {
		output := ""
		if path == "success" {
			output = `,"output":1`
		}
		post := func(body string) answer { return f.do("POST", "/v1/tasks/"+path, body) }
		f.refused(post(`{"taskToken":"nonsense"`+output+`}`), 422, "invalid_token")
		f.refused(post(`{"taskToken":"other"`+output+`}`), 404, "no_such_task")
		f.refused(post(`{"taskToken":"`+strings.Repeat("t", 1024)+`"`+output+`}`), 404, "no_such_task")
		f.refused(post(`{"taskToken":"`+strings.Repeat("t", 1025)+`"`+output+`}`), 422, "too_long")
		f.refused(post(`{"taskToken":7`+output+`}`), 422, "invalid_type")
		f.refused(post(`{"taskToken":"token","tokn":1`+output+`}`), 400, "unknown_field")
		f.refused(post(``), 400, "invalid_json")
		f.refused(post(`{`), 400, "invalid_json")
		f.refused(f.do("POST", "/v1/tasks/"+path, `{"taskToken":"token"`+output+`}`, "Content-Type: text/plain"), 415, "unsupported_media_type")
	}
	for body, pointer := range map[string]string{`{"taskToken":"token"}`: "/output", `{"output":1}`: "/taskToken"} {
		if p := f.refused(f.do("POST", "/v1/tasks/success", body), 422, "required"); len(p.Errors) != 1 || p.Errors[0].Pointer != pointer {
			t.Errorf("%s: %+v", body, p.Errors)
		}
	}
	f.refused(f.do("POST", "/v1/tasks/success", `{"taskToken":"token","output":"`+strings.Repeat("x", 512<<10-1)+`"}`), 413, "output_too_large")
	f.refused(f.do("POST", "/v1/tasks/failure", `{"taskToken":"token","error":"`+strings.Repeat("e", 257)+`"}`), 422, "too_long")
	f.refused(f.do("POST", "/v1/tasks/failure", `{"taskToken":"token","cause":"`+strings.Repeat("c", 32<<10+1)+`"}`), 422, "too_long")
}

// heard returns what the engine was told last.
func (e *fakeEngine) heard() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.said) == 0 {
		return ""
	}
	return e.said[len(e.said)-1]
}

// peerOf makes a fixture whose executions another node owns, and that node.
func peerOf(t *testing.T) (f, owner *fixture, peer *fakePeer) {
	t.Helper()
	f, owner = newFixture(t), newFixture(t)
	f.engine.away = "n2"
	peer = &fakePeer{owner: owner}
	f.node.peer = peer
	return f, owner, peer
}

// fakePeer asks another fixture over HTTP as a client that names its node does.
type fakePeer struct {
	owner *fixture
	err   error
}

func (p *fakePeer) post(path string, body any) answer {
	return p.owner.do("POST", path, string(mustJSON(p.owner, body)), "Serverledge-From: n1")
}

func (p *fakePeer) tell(path string, body any) error {
	if p.err != nil {
		return p.err
	}
	if a := p.post(path, body); a.status != http.StatusNoContent {
		return into[api.Problem](p.owner, a, a.status).Err()
	}
	return nil
}

func (p *fakePeer) SucceedTask(_ context.Context, in api.TaskSuccess) error {
	return p.tell("/v1/tasks/success", in)
}

func (p *fakePeer) FailTask(_ context.Context, in api.TaskFailure) error {
	return p.tell("/v1/tasks/failure", in)
}

func (p *fakePeer) BeatTask(_ context.Context, in api.TaskHeartbeat) error {
	return p.tell("/v1/tasks/heartbeat", in)
}

func (p *fakePeer) Stop(_ context.Context, id string, in api.StopRequest) (api.Execution, error) {
	a := p.post("/v1/executions/"+id+"/stop", in)
	if a.status != http.StatusOK {
		return api.Execution{}, into[api.Problem](p.owner, a, a.status).Err()
	}
	return into[api.Execution](p.owner, a, http.StatusOK), nil
}

// TestPassedOnToTheOwner: a node that does not own an execution asks the one
// that does, with what it was asked, and answers what that one answers.
func TestPassedOnToTheOwner(t *testing.T) {
	t.Parallel()
	f, owner, peer := peerOf(t)
	for _, c := range []struct{ path, body, said string }{
		{"success", `{"taskToken":"token","output":{"b":1.0}}`, `success {"b":1.0}`},
		{"failure", `{"taskToken":"token","error":"No","cause":"because"}`, "failure No because"},
		{"heartbeat", `{"taskToken":"token"}`, "beat"},
	} {
		path := "/v1/tasks/" + c.path
		if a := f.do("POST", path, c.body); a.status != http.StatusNoContent || owner.engine.heard() != c.said {
			t.Errorf("%s: %d %s, the owner heard %q", c.path, a.status, a.body, owner.engine.heard())
		}
		f.refused(f.do("POST", path, c.body, "Serverledge-From: n3"), 409, "owned_elsewhere")
		f.refused(f.do("POST", path, strings.Replace(c.body, `"token"`, `"other"`, 1)), 404, "no_such_task")
	}
	if len(f.engine.said) > 0 {
		t.Errorf("the node itself took %v", f.engine.said)
	}

	into[api.Workflow](owner, owner.do("PUT", "/v1/workflows/flow", string(mustJSON(t, api.Workflow{Name: "flow", Definition: definition}))), http.StatusCreated)
	x := into[api.Execution](owner, owner.do("POST", "/v1/workflows/flow/executions", ""), http.StatusOK)
	f.engine.kept[x.ID] = owner.engine.kept[x.ID] // both read the same store
	path := "/v1/executions/" + x.ID + "/stop"
	stopped := into[api.Execution](f, f.do("POST", path, `{"error":"Why","cause":"because"}`), http.StatusOK)
	if stopped.ID != x.ID || stopped.Status != "ABORTED" || stopped.Failure.Error != "Why" || owner.engine.heard() != "stop "+x.ID {
		t.Errorf("got %+v, the owner heard %q", stopped, owner.engine.heard())
	}
	f.refused(f.do("POST", path, "", "Serverledge-From: n2"), 409, "owned_elsewhere")

	// The owner has lost it too: that is the end of it.
	owner.engine.away = "n1"
	f.refused(f.do("POST", "/v1/tasks/heartbeat", `{"taskToken":"token"}`), 409, "owned_elsewhere")
	f.refused(f.do("POST", path, ""), 409, "owned_elsewhere")
	peer.err = fault.New(fault.Unavailable, "node_unreachable", "no node answers at 10.0.0.1:1323")
	p := f.refused(f.do("POST", "/v1/tasks/heartbeat", `{"taskToken":"token"}`), 503, "owner_unavailable")
	if !strings.Contains(p.Detail, "runs on node n2") || !strings.Contains(p.Detail, "10.0.0.1") || p.Hint == "" {
		t.Errorf("got %+v", p)
	}
	peer.err = fault.New(fault.Unknown, "outcome_unknown", "the connection was lost")
	f.refused(f.do("POST", "/v1/tasks/heartbeat", `{"taskToken":"token"}`), 502, "outcome_unknown")
	f.engine.away = "n7"
	f.refused(f.do("POST", "/v1/tasks/heartbeat", `{"taskToken":"token"}`), 503, "owner_unavailable")
}

// TestWork: a worker gets a task, or is told that there is none.
func TestWork(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var left time.Duration
	var found error
	task := &engine.ActivityTask{Token: "t1", Input: value.Raw([]byte(`{"n":1.0}`)), Execution: "x1", State: "By hand"}
	f.engine.work = func(_ context.Context, wait time.Duration) (*engine.ActivityTask, error) {
		left = wait
		return task, found
	}
	got := into[api.ActivityTask](f, f.do("POST", "/v1/activities/Hands_1/tasks?worker=me%20%C3%A9&wait=1m0s", ""), http.StatusOK)
	if got.TaskToken != "t1" || string(got.Input) != `{"n":1.0}` || got.Execution != "x1" || got.State != "By hand" {
		t.Errorf("got %+v", got)
	}
	if heard := f.engine.heard(); heard != "work default Hands_1 me é 1m0s" {
		t.Errorf("the engine heard %q", heard)
	}
	for query, want := range map[string]time.Duration{"": 30 * time.Second, "?wait=0s": 0, "?wait=1.5s": 1500 * time.Millisecond, "?wait=60s": time.Minute, "?worker=" + strings.Repeat("w", 80): 30 * time.Second} {
		if a := f.do("POST", "/v1/activities/hands/tasks"+query, "{}"); a.status != http.StatusOK || left != want {
			t.Errorf("%s: %d %s, waits for %s", query, a.status, a.body, left)
		}
	}
	for _, query := range []string{"wait=60.001s", "wait=-1s", "wait=", "wait=5", "wait=1s&wait=2s", "worker=" + strings.Repeat("w", 81), "worker=a%0Ab", "wrker=x"} {
		f.refused(f.do("POST", "/v1/activities/hands/tasks?"+query, ""), 400, "invalid_parameter")
	}
	f.refused(f.do("POST", "/v1/activities/a%2Fb/tasks", ""), 400, "invalid_path")
	f.refused(f.do("POST", "/v1/activities/hands/tasks", `{"wait":"5s"}`), 400, "unknown_field")
	f.refused(f.do("POST", "/v1/activities/hands/tasks", `[]`), 422, "invalid_type")
	task = nil
	if a := f.do("POST", "/v1/activities/hands/tasks", ""); a.status != http.StatusNoContent || len(a.body) > 0 {
		t.Errorf("without a task: %d %s", a.status, a.body)
	}
	found = fault.New(fault.Unavailable, "node_stopping", "the node is stopping")
	f.refused(f.do("POST", "/v1/activities/hands/tasks", ""), 503, "node_stopping")
}

// TestWorkerWhoHangsUp: the engine hears that the worker has gone, also after a
// body was sent.
func TestWorkerWhoHangsUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	asked, gone := make(chan struct{}), make(chan struct{})
	f.engine.work = func(ctx context.Context, _ time.Duration) (*engine.ActivityTask, error) {
		asked <- struct{}{}
		<-ctx.Done()
		gone <- struct{}{}
		return nil, context.Cause(ctx)
	}
	for _, body := range []string{"", "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"} {
		conn := f.dial()
		if body == "" {
			body = "Content-Length: 0\r\n\r\n"
		}
		if _, err := fmt.Fprintf(conn, "POST /v1/activities/hands/tasks?wait=60s HTTP/1.1\r\nHost: localhost\r\n%s", body); err != nil {
			t.Fatal(err)
		}
		<-asked
		_ = conn.Close()
		select {
		case <-gone:
		case <-time.After(10 * time.Second):
			t.Fatal("nobody tells the engine")
		}
	}
}

// TestMocksOfRequests: mocked answers are bound strictly, and a definition with
// them may call what no node can.
func TestMocksOfRequests(t *testing.T) {
	t.Parallel()
	var mocked []bool
	f := newFixture(t, func(o *Options) {
		compile := o.Compile
		o.Compile = func(language, definition string, v engine.Variant) (*dag.Graph, string, error) {
			mocked = append(mocked, v.Mocked)
			return compile(language, definition, v)
		}
	})
	into[api.Workflow](f, f.do("PUT", "/v1/workflows/flow", string(mustJSON(t, api.Workflow{Name: "flow", Definition: definition}))), http.StatusCreated)
	const good = `{"A/b":{"0":{"Return":{"z":1.0,"a":null}},"1-3":{"Throw":{"Error":"Busy","Cause":"later"}}},"C":{"0":{"Return":null}}}`
	for _, path := range []string{"/v1/workflows/flow/executions", "/v1/executions"} {
		with := func(mocks string) answer {
			body := `{"mocks":` + mocks + `}`
			if path == "/v1/executions" {
				body = `{"definition":` + string(mustJSON(t, definition)) + `,"mocks":` + mocks + `}`
			}
			return f.do("POST", path, body)
		}
		mocked = nil
		into[api.Execution](f, with(good), http.StatusOK)
		got := f.engine.last(t).Mocks
		first, second := got["A/b"][0], got["A/b"][1]
		if len(got) != 2 || len(got["A/b"]) != 2 || first.First != 0 || first.Last != 0 || first.Return.String() != `{"z":1.0,"a":null}` ||
			second.First != 1 || second.Last != 3 || second.Throw == nil || second.Throw.Error != "Busy" || second.Throw.Cause != "later" {
			t.Errorf("%s: the engine got %+v", path, got)
		}
		if path == "/v1/executions" && (len(mocked) != 1 || !mocked[0]) {
			t.Errorf("compiled with mocks: %v", mocked)
		}
		mocked = nil
		into[api.Execution](f, with(`{}`), http.StatusOK)
		if len(f.engine.last(t).Mocks) != 0 || path == "/v1/executions" && (len(mocked) != 1 || mocked[0]) {
			t.Errorf("without an answer: %+v, %v", f.engine.last(t).Mocks, mocked)
		}
		for mocks, want := range map[string]struct {
			code, pointer, says string
		}{
			`[]`:                                                  {"invalid_type", "/mocks", "object"},
			`{"A":1}`:                                             {"invalid_type", "/mocks/A", "object"},
			`{"A/b":{"0":1}}`:                                     {"invalid_type", "/mocks/A~1b/0", "object"},
			`{"A":{"0":{"Retrun":1}}}`:                            {"unknown_field", "/mocks/A/0/Retrun", `did you mean "Return"`},
			`{"A":{"0":{"Throw":{"Eror":"x"}}}}`:                  {"unknown_field", "/mocks/A/0/Throw/Eror", `did you mean "Error"`},
			`{"A":{"0":{"Throw":"x"}}}`:                           {"invalid_type", "/mocks/A/0/Throw", "object"},
			`{"A":{"0":{"Throw":{"Error":1}}}}`:                   {"invalid_type", "/mocks/A/0/Throw/Error", "string"},
			`{"A":{"x":{"Return":1}}}`:                            {"invalid_mock", "/mocks/A", `"x" is neither`},
			`{"A":{"2-1":{"Return":1}}}`:                          {"invalid_mock", "/mocks/A", `"2-1" is neither`},
			`{"A":{"0":{}}}`:                                      {"invalid_mock", "/mocks/A", "needs Return or Throw"},
			`{"A":{"0":{"Return":1,"Throw":{}}}}`:                 {"invalid_mock", "/mocks/A", "both"},
			`{"A":{"0-2":{"Return":1},"2":{"Return":1}}}`:         {"invalid_mock", "/mocks/A", "call 2 has two answers"},
			`{"A":{"0":{"Throw":{"Error":"` + long(257) + `"}}}}`: {"too_long", "/mocks/A/0/Throw/Error", "256"},
			`{"A":{"0":{"Throw":{"Cause":"` + long(32<<10+1) + `"}}}}`: {"too_long", "/mocks/A/0/Throw/Cause", "32768"},
		} {
			status := 422
			if want.code == "unknown_field" {
				status = 400
			}
			p := f.refused(with(mocks), status, want.code)
			if len(p.Errors) != 1 || p.Errors[0].Pointer != want.pointer || !strings.Contains(p.Errors[0].Detail, want.says) {
				t.Errorf("%s %.60s: %+v", path, mocks, p.Errors)
			}
		}
		into[api.Execution](f, with(`{"A":{"0":{"Throw":{"Error":"`+long(256)+`","Cause":"`+long(32<<10)+`"}}}}`), http.StatusOK)
	}
}

func long(n int) string { return strings.Repeat("x", n) }

// TestChildren: the items of a distributed Map are asked for by their parent.
func TestChildren(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("hello")
	x := into[api.InvocationResult](f, f.do("POST", "/v1/functions/hello/invocations", `{"async":true}`), http.StatusAccepted)
	f.engine.kept[x.Execution].Parent = "0001KAXXXXXXXXXXXXXXXXXX9999"
	list := into[api.ExecutionList](f, f.do("GET", "/v1/executions?parent=0001KAXXXXXXXXXXXXXXXXXX9999", ""), http.StatusOK)
	if f.engine.listed.Parent != "0001KAXXXXXXXXXXXXXXXXXX9999" || len(list.Executions) != 1 || list.Executions[0].Parent != f.engine.listed.Parent {
		t.Errorf("listed %+v by %+v", list, f.engine.listed)
	}
	for _, query := range []string{"parent=", "parent=a%2Fb", "parent=" + long(65)} {
		f.refused(f.do("GET", "/v1/executions?"+query, ""), 400, "invalid_parameter")
	}
}
