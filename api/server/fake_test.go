package server

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/api/openapitest"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/history"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/functions/pack"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store"
	"github.com/serverledge/serverledge/store/memory"
)

// The real parts fit.
var (
	_ Engine = (*engine.Engine)(nil)
	_ Store  = (*store.Store)(nil)
)

// fakeEngine answers for the engine: an execution is over when call returns.
type fakeEngine struct {
	store *store.Store
	// call runs a function; the default returns its input.
	call func(ctx context.Context, r *engine.Request) (*functions.Result, error)

	mu       sync.Mutex
	requests []*engine.Request
	kept     map[string]*engine.Execution
	names    map[string]string
	listed   engine.Filter
	// away is the node that owns everything; "" when this one does.
	away string
	// said is what was told of tasks, work what the next worker gets.
	said []string
	work func(ctx context.Context, wait time.Duration) (*engine.ActivityTask, error)
}

// tell keeps what is said of a task, of which there is one: "token".
func (e *fakeEngine) tell(token, text string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case token == "nonsense":
		return fault.New(fault.Invalid, "invalid_token", "%q is not a task token", token)
	case e.away != "":
		return fault.New(fault.Conflict, "owned_elsewhere", "%w", &engine.ElsewhereError{Execution: "x1", Owner: e.away})
	case token != "token":
		return fault.New(fault.NotFound, "no_such_task", "the token names no task that is waiting")
	}
	e.said = append(e.said, text)
	return nil
}

func (e *fakeEngine) SucceedTask(_ context.Context, token string, output value.Value) error {
	if output.Size() > 512<<10 {
		return fault.New(fault.TooLarge, "output_too_large", "the output is too large")
	}
	return e.tell(token, "success "+output.String())
}

func (e *fakeEngine) FailTask(_ context.Context, token string, f dag.Failure) error {
	return e.tell(token, "failure "+f.Error+" "+f.Cause)
}

func (e *fakeEngine) BeatTask(_ context.Context, token string) error { return e.tell(token, "beat") }

func (e *fakeEngine) Work(ctx context.Context, namespace, name, worker string, wait time.Duration) (*engine.ActivityTask, error) {
	if err := e.tell("token", strings.Join([]string{"work", namespace, name, worker, wait.String()}, " ")); err != nil {
		return nil, err
	}
	return e.work(ctx, wait)
}

func (e *fakeEngine) run(ctx context.Context, r *engine.Request) (*engine.Execution, error) {
	e.mu.Lock()
	e.requests = append(e.requests, r)
	number := len(e.requests)
	e.mu.Unlock()
	if r.Function != "" {
		if _, err := e.store.Function(ctx, r.Namespace, r.Function); err != nil {
			return nil, err
		}
	}
	call := e.call
	if call == nil {
		call = func(_ context.Context, r *engine.Request) (*functions.Result, error) {
			out := r.Input.Bytes()
			if out == nil {
				out = []byte("{}")
			}
			return &functions.Result{Output: out, Node: "n1", Area: "here", Runtime: "Python 3.11.2", Duration: time.Millisecond}, nil
		}
	}
	result, err := call(ctx, r)
	if err != nil {
		return nil, err
	}
	x := &engine.Execution{
		ID: fmt.Sprintf("0001KAXXXXXXXXXXXXXXXXXX%04d", number), Namespace: r.Namespace, Name: r.Name, Function: r.Function, Workflow: r.Workflow,
		Level: r.Level, Input: r.Input, Status: dag.Completed, Output: value.Raw(result.Output),
		Started: time.Now(), Ended: time.Now().Add(time.Millisecond), Owner: "n1",
	}
	if result.Failure != nil {
		x.Status, x.Failure, x.Output = dag.Broken, &dag.Failure{Error: result.Failure.Type, Cause: result.Failure.Message}, value.Value{}
	}
	if r.Function != "" {
		x.Result = result
	} else {
		x.Tasks = []engine.TaskReport{
			{State: "one", Function: "inc", Activation: 2, Attempt: 1, Failure: &dag.Failure{Error: "Flaky"}},
			{State: "one", Function: "inc", Activation: 2, Attempt: 2, Result: result, Started: x.Started, Ended: x.Ended},
			{State: "one", Function: "inc", Activation: 5, Attempt: 1, Result: result, Started: x.Started, Ended: x.Ended},
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.kept[x.ID] = x
	return x, nil
}

func (e *fakeEngine) named(ctx context.Context, r *engine.Request) (*engine.Execution, error) {
	if r.Name == "" {
		return e.run(ctx, r)
	}
	name := r.Function + r.Workflow + "/" + r.Name
	e.mu.Lock()
	old := e.kept[e.names[name]]
	e.mu.Unlock()
	if old != nil {
		if !value.Equal(old.Input, r.Input) {
			return nil, fault.New(fault.Conflict, "name_taken", "the name is taken with another input")
		}
		return old, nil
	}
	x, err := e.run(ctx, r)
	if err == nil {
		e.mu.Lock()
		e.names[name] = x.ID
		e.mu.Unlock()
	}
	return x, err
}

func (e *fakeEngine) Execute(ctx context.Context, r *engine.Request) (*engine.Execution, error) {
	return e.named(ctx, r)
}

func (e *fakeEngine) Start(ctx context.Context, r *engine.Request) (*engine.Execution, error) {
	durable := *r
	durable.Level = engine.Standard
	x, err := e.named(ctx, &durable)
	if err != nil {
		return nil, err
	}
	accepted := *x
	accepted.Status, accepted.Output, accepted.Ended, accepted.Result, accepted.Tasks = dag.Running, value.Value{}, time.Time{}, nil, nil
	return &accepted, nil
}

func (e *fakeEngine) Get(_ context.Context, id string) (*engine.Execution, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(id) != 28 {
		return nil, fault.New(fault.Invalid, "invalid_id", "%q is not an id", id)
	}
	if x := e.kept[id]; x != nil {
		return x, nil
	}
	return nil, fault.New(fault.NotFound, "execution_not_found", "there is no execution %s", id)
}

func (e *fakeEngine) List(_ context.Context, f engine.Filter) (page []*engine.Execution, next string, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.listed = f
	if f.After == "tampered" {
		return nil, "", fault.New(fault.Invalid, "invalid_id", "no id")
	}
	for _, x := range e.kept {
		page = append(page, x)
	}
	return page, "", nil
}

func (e *fakeEngine) History(ctx context.Context, id string) ([]history.Event, error) {
	if _, err := e.Get(ctx, id); err != nil {
		return nil, err
	}
	return []history.Event{{ID: 1, At: time.Now(), Type: "ExecutionStarted", Details: value.EmptyObject}}, nil
}

func (e *fakeEngine) Stop(ctx context.Context, id string, f dag.Failure) (*engine.Execution, error) {
	x, err := e.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := e.tell("token", "stop "+id); err != nil {
		return nil, err
	}
	stopped := *x
	stopped.Status, stopped.Failure = dag.Stopped, &f
	return &stopped, nil
}

// count returns how many executions were asked for.
func (e *fakeEngine) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.requests)
}

// last returns the last request.
func (e *fakeEngine) last(tb testing.TB) *engine.Request {
	tb.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.requests) == 0 {
		tb.Fatal("the engine was not asked")
	}
	return e.requests[len(e.requests)-1]
}

type fakePool struct{ refuse error }

func (p *fakePool) Check(f *functions.Function) error {
	if f.MemoryMB > 8192 {
		return fault.New(fault.Invalid, "insufficient_capacity", "no node has %d MB", f.MemoryMB)
	}
	return p.refuse
}

func (p *fakePool) Prewarm(_ context.Context, _ *functions.Function, n int, _ bool) (int, error) {
	return n, nil
}

func (p *fakePool) Free() (memoryMB int64, cpus float64) { return 1000, 1.5 }

type fakeNode struct {
	notReady error
	// peer is the other node "n2", or lost is why it cannot be asked.
	peer Peer
	lost error
}

func (n *fakeNode) Peer(_ context.Context, id string) (Peer, error) {
	if id != "n2" {
		return nil, fault.New(fault.Unavailable, "node_not_registered", "node %s is not registered now", id)
	}
	return n.peer, n.lost
}

func (n *fakeNode) Self() api.Node {
	return api.Node{ID: "n1", Area: "here", Address: "http://127.0.0.1:1323", Architecture: "amd64", Self: true, Status: "ready"}
}

func (n *fakeNode) Status() api.StatusResponse {
	return api.StatusResponse{Url: "http://127.0.0.1:1323", Node: "n1", Area: "here"}
}

func (n *fakeNode) Nodes(context.Context) ([]api.Node, error) { return []api.Node{n.Self()}, nil }

func (n *fakeNode) Ready(context.Context) error { return n.notReady }

// compileFake knows definitions that are JSON objects with States.
func compileFake(language, definition string, _ engine.Variant) (*dag.Graph, string, error) {
	v, err := value.Parse([]byte(definition))
	if err != nil || v.Get("States").Kind() != value.Object {
		return nil, "", fault.New(fault.Invalid, "invalid_json", "the definition is not valid").
			WithFields(fault.Field{Pointer: "/States", Code: "ASL001", Detail: "3:7 no States"})
	}
	if language == "" {
		language = "asl"
	}
	g := &dag.Graph{Start: "one"}
	for name, state := range v.Get("States").Members() {
		g.States = append(g.States, &dag.State{Name: name, Kind: dag.Parallel, Branches: []*dag.Graph{{States: []*dag.State{{Resource: dag.Resource{Name: state.Text()}}}}}})
	}
	return g, language, nil
}

// fixture is a server over a real store in memory and a fake engine.
type fixture struct {
	testing.TB
	server  *Server
	engine  *fakeEngine
	pool    *fakePool
	node    *fakeNode
	store   *store.Store
	logs    *syncBuffer
	http    *httptest.Server
	checked *openapitest.Transport
	client  *http.Client // checks every exchange
	plain   *http.Client
}

// syncBuffer is a log that several goroutines write.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func newFixture(tb testing.TB, change ...func(*Options)) *fixture {
	tb.Helper()
	f := &fixture{TB: tb, pool: &fakePool{}, node: &fakeNode{}, logs: &syncBuffer{}}
	f.store = store.New(memory.New(), store.Options{})
	f.engine = &fakeEngine{store: f.store, kept: map[string]*engine.Execution{}, names: map[string]string{}}
	log := slog.New(slog.NewJSONHandler(f.logs, &slog.HandlerOptions{Level: slog.LevelInfo}))
	o := Options{
		Engine: f.engine, Store: f.store, Pool: f.pool, Node: f.node, Compile: compileFake, Log: log,
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; version=0.0.4")
			_, _ = io.WriteString(w, "up 1\n")
		}),
	}
	for _, c := range change {
		c(&o)
	}
	s, err := New(o)
	if err != nil {
		tb.Fatal(err)
	}
	f.server = s
	f.http = httptest.NewUnstartedServer(s)
	f.http.Config = HTTP(s, log)
	f.http.Start()
	f.checked = openapitest.New(tb, f.http.Client().Transport)
	f.client = &http.Client{Transport: f.checked}
	f.plain = f.http.Client()
	tb.Cleanup(func() {
		f.http.Close()
		_ = s.Close()
		_ = f.store.Close()
	})
	return f
}

// answer is an HTTP answer that was read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// do sends a request; header lines are "Name: value". The exchange is held
// against openapi.yaml.
func (f *fixture) do(method, path, body string, header ...string) answer {
	f.Helper()
	return f.with(f.client, method, path, body, header...)
}

func (f *fixture) with(client *http.Client, method, path, body string, header ...string) answer {
	f.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(f.Context(), method, f.http.URL+path, content)
	if err != nil {
		f.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, line := range header {
		name, text, _ := strings.Cut(line, ": ")
		switch {
		case name == "Host":
			r.Host = text
		case text == "":
			r.Header.Del(name)
		default:
			r.Header.Set(name, text)
		}
	}
	resp, err := client.Do(r)
	if err != nil {
		f.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		f.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, text}
}

// refused asserts a problem with a status and a code, and what every problem
// has.
func (f *fixture) refused(a answer, status int, code string) api.Problem {
	f.Helper()
	var p api.Problem
	if err := json.Unmarshal(a.body, &p); err != nil {
		f.Errorf("answered %d with no problem: %.200s", a.status, a.body)
		return p
	}
	if a.status != status || p.Code != code {
		f.Errorf("got %d %s (%s), want %d %s", a.status, p.Code, p.Detail, status, code)
	}
	if p.Status != a.status || a.header.Get("Content-Type") != api.TypeProblem || p.RequestID == "" || p.RequestID != a.header.Get(api.HeaderRequestID) {
		f.Errorf("the problem is not whole: %+v, %v", p, a.header)
	}
	for _, leak := range []string{"goroutine", "json:", "*json", "Go struct", ".go:", "/work/", "engine.", "server."} {
		if strings.Contains(string(a.body), leak) {
			f.Errorf("the problem shows %q: %s", leak, a.body)
		}
	}
	if (status == 429 || status == 503) && (a.header.Get("Retry-After") == "" || p.RetryAfterMS <= 0) {
		f.Errorf("%d without Retry-After: %v %+v", status, a.header, p)
	}
	return p
}

// into decodes an answer of a status.
func into[T any](f *fixture, a answer, status int) T {
	f.Helper()
	var out T
	if a.status != status {
		f.Fatalf("answered %d, want %d: %.300s", a.status, status, a.body)
	}
	if err := json.Unmarshal(a.body, &out); err != nil {
		f.Fatalf("%v: %.300s", err, a.body)
	}
	return out
}

// tarOf makes an archive of one file.
func tarOf(tb testing.TB, name, content string) []byte {
	tb.Helper()
	var b bytes.Buffer
	out := tar.NewWriter(&b)
	err := errors.Join(
		out.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(content))}),
		func() error { _, err := io.WriteString(out, content); return err }(),
		out.Close(),
	)
	if err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// register puts a package and a function over the API.
func (f *fixture) register(name string) {
	f.Helper()
	digest := f.upload(tarOf(f, "hello.py", "def handler(p, c): return p\n"))
	body := fmt.Sprintf(`{"name":%q,"runtime":"python310","handler":"hello.handler","package":%q}`, name, digest)
	if a := f.do("POST", "/v1/functions", body); a.status != http.StatusCreated {
		f.Fatalf("registering %s: %d %s", name, a.status, a.body)
	}
}

func (f *fixture) upload(archive []byte) string {
	f.Helper()
	digest := pack.Digest(archive)
	if a := f.do("PUT", "/v1/packages/"+digest, string(archive), "Content-Type: application/octet-stream"); a.status != http.StatusNoContent {
		f.Fatalf("uploading: %d %s", a.status, a.body)
	}
	return digest
}
