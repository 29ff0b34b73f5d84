package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// fakeNode speaks the wire types and keeps what it is told. What an invocation
// does depends on the function's name.
type fakeNode struct {
	server *httptest.Server
	// arrived gets a value for each call that never returns.
	arrived chan struct{}
	leave   chan struct{}

	mu         sync.Mutex
	functions  map[string]api.Function
	packages   map[string]int
	uploads    int
	noPackages bool // the store of packages does not answer
	workflows  map[string]api.Workflow
	executions map[string]*api.Execution
	looks      map[string]int
	tasks      fakeTasks
}

func newFakeNode() *fakeNode {
	n := &fakeNode{
		arrived: make(chan struct{}, 16), leave: make(chan struct{}),
		functions: map[string]api.Function{}, packages: map[string]int{}, workflows: map[string]api.Workflow{},
		executions: map[string]*api.Execution{}, looks: map[string]int{},
	}
	for _, name := range []string{"echo", "hash_string", "raise", "busy", "gone", "denied", "late", "html", "garbage", "empty", "defect", "lost", "large", "evil", "hang"} {
		n.functions[name] = api.Function{Name: name, Runtime: "python310", MemoryMB: 128}
	}
	n.workflows["chain"] = api.Workflow{Name: "chain", Language: "asl", Type: "STANDARD", Functions: []string{"echo"}, Definition: "{}\n"}
	mux := http.NewServeMux()
	handle := func(pattern string, h func(w http.ResponseWriter, r *http.Request) error) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := h(w, r); err != nil {
				p := api.ProblemOf(err, r.URL.Path, "req-1")
				if p.RetryAfterMS > 0 {
					w.Header().Set(api.HeaderRetryAfter, "1")
				}
				send(w, p.Status, api.TypeProblem, p)
			}
		})
	}
	n.routeFunctions(handle)
	n.routeWorkflows(handle)
	n.routeTasks(handle)
	n.routeNodes(handle)
	n.server = httptest.NewServer(mux)
	return n
}

func (n *fakeNode) close() {
	close(n.leave)
	n.server.CloseClientConnections()
	n.server.Close()
}

type handler = func(w http.ResponseWriter, r *http.Request) error

func send(w http.ResponseWriter, status int, media string, doc any) {
	text, ok := doc.(string)
	if !ok {
		b, _ := json.Marshal(doc)
		text = string(b)
	}
	w.Header().Set("Content-Type", media)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

func ok(w http.ResponseWriter, doc any) error {
	send(w, http.StatusOK, api.TypeJSON, doc)
	return nil
}

func notFound(what, name string) error {
	return fault.New(fault.NotFound, what+"_not_found", "%s %q is not registered", what, name)
}

func decode(r *http.Request, doc any) error {
	if err := json.NewDecoder(r.Body).Decode(doc); err != nil && !errors.Is(err, io.EOF) {
		return fault.New(fault.Invalid, "invalid_json", "%w", err)
	}
	return nil
}

func (n *fakeNode) routeFunctions(handle func(string, handler)) {
	put := func(w http.ResponseWriter, r *http.Request) error {
		var f api.Function
		if err := decode(r, &f); err != nil {
			return err
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		if _, taken := n.functions[f.Name]; taken && r.Method == http.MethodPost {
			return fault.New(fault.Exists, "function_exists", "function %q is already registered", f.Name)
		}
		if f.Runtime == "python999" {
			return fault.New(fault.Unimplemented, "runtime_not_available", "this node has no Python 3.99").WithHint("python310")
		}
		if n.packages[f.Package] == 0 && f.Image == "" {
			return fault.New(fault.Invalid, "unknown_package", "the package is unknown").
				WithFields(fault.Field{Pointer: "/package", Code: "unknown", Detail: "upload it first"})
		}
		f.Version, f.Created = "v1", time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
		n.functions[f.Name] = f
		send(w, http.StatusCreated, api.TypeJSON, f)
		return nil
	}
	handle("POST "+api.RouteFunctions, put)
	handle("PUT "+api.RouteFunction, put)
	handle("GET "+api.RouteFunctions, func(w http.ResponseWriter, _ *http.Request) error {
		list := api.FunctionList{}
		for _, name := range n.names() {
			list.Functions = append(list.Functions, n.functions[name])
		}
		return ok(w, list)
	})
	handle("GET "+api.RouteFunction, func(w http.ResponseWriter, r *http.Request) error {
		f, err := n.function(r.PathValue("name"))
		if err != nil {
			return err
		}
		return ok(w, f)
	})
	handle("DELETE "+api.RouteFunction, func(w http.ResponseWriter, r *http.Request) error {
		if err := n.remove(r.PathValue("name")); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
	handle("POST "+api.CompatDelete, func(w http.ResponseWriter, r *http.Request) error {
		var in api.NameRequest
		if err := decode(r, &in); err != nil {
			return err
		}
		if err := n.remove(in.Name); err != nil {
			return err
		}
		return ok(w, api.DeletedResponse{Deleted: in.Name})
	})
	handle("HEAD "+api.RoutePackage, func(w http.ResponseWriter, r *http.Request) error {
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.noPackages {
			return fault.New(fault.Unavailable, "store_unavailable", "the store does not answer")
		}
		if n.packages[r.PathValue("digest")] == 0 {
			return notFound("package", r.PathValue("digest"))
		}
		return nil
	})
	handle("PUT "+api.RoutePackage, func(w http.ResponseWriter, r *http.Request) error {
		size, _ := io.Copy(io.Discard, r.Body)
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.noPackages {
			return fault.New(fault.Unavailable, "store_unavailable", "the store does not answer")
		}
		n.packages[r.PathValue("digest")] = int(size)
		n.uploads++
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
	handle("GET "+api.CompatFunction, func(w http.ResponseWriter, _ *http.Request) error { return ok(w, n.names()) })
	handle("POST "+api.CompatPrewarm, func(w http.ResponseWriter, r *http.Request) error {
		var in api.PrewarmRequest
		if err := decode(r, &in); err != nil {
			return err
		}
		if _, err := n.function(in.Function); err != nil {
			return err
		}
		return ok(w, api.PrewarmResponse{Prewarmed: in.Instances})
	})
	handle("POST "+api.RoutePrewarm, func(w http.ResponseWriter, r *http.Request) error {
		var in api.PrewarmV1
		if err := decode(r, &in); err != nil {
			return err
		}
		return ok(w, api.PrewarmResponse{Prewarmed: int64(in.Instances)})
	})
	handle("POST "+api.RouteInvocations, n.invocation)
	handle("POST "+api.CompatInvoke, n.compatInvocation)
	handle("GET "+api.CompatPoll, func(w http.ResponseWriter, r *http.Request) error {
		if r.PathValue("id") == "raised" {
			return ok(w, api.InvokeResponse{Error: &functions.Failure{Type: "ValueError", Message: "no"}})
		}
		if r.PathValue("id") != "done" {
			return fault.New(fault.NotFound, "no_result", "there is no result yet")
		}
		return ok(w, api.InvokeResponse{Success: true, Result: `{"n":1}`})
	})
}

func (n *fakeNode) names() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	names := make([]string, 0, len(n.functions))
	for name := range n.functions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (n *fakeNode) function(name string) (api.Function, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f, found := n.functions[name]
	if !found {
		return f, notFound("function", name)
	}
	return f, nil
}

func (n *fakeNode) remove(name string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, found := n.functions[name]; !found {
		return notFound("function", name)
	}
	delete(n.functions, name)
	return nil
}

// behave does what the function's name says when that is no result.
func (n *fakeNode) behave(w http.ResponseWriter, r *http.Request, name string) (done bool, err error) {
	if _, err := n.function(name); err != nil {
		return true, err
	}
	switch name {
	case "busy":
		return true, fault.New(fault.Exhausted, "queue_full", "no memory is left and the queue is full").
			WithRetryAfter(time.Second).WithHint("try again in 1s")
	case "gone":
		return true, fault.New(fault.Unavailable, "store_unavailable", "the store does not answer")
	case "denied":
		return true, fault.New(fault.Denied, "forbidden", "this is not for you")
	case "late":
		return true, fault.New(fault.Timeout, "timed_out", "the deadline has passed")
	case "html":
		send(w, http.StatusBadGateway, "text/html", "<html><h1>502 Bad Gateway</h1></html>")
	case "garbage":
		send(w, http.StatusOK, api.TypeJSON, `{"Success": tr`)
	case "empty":
		send(w, http.StatusOK, "", "")
	case "defect":
		return true, errors.New("nil map in secret.go:17")
	case "lost":
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return true, err
		}
		_ = conn.Close()
	case "hang":
		_, _ = io.Copy(io.Discard, r.Body)
		n.arrived <- struct{}{}
		select {
		case <-n.leave:
		case <-r.Context().Done():
		}
	default:
		return false, nil
	}
	return true, nil
}

func (n *fakeNode) invocation(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if done, err := n.behave(w, r, name); done {
		return err
	}
	var in api.Invocation
	if err := decode(r, &in); err != nil {
		return err
	}
	if in.Async {
		send(w, http.StatusAccepted, api.TypeJSON, api.InvocationResult{Execution: n.begin("", name, nil), Status: "RUNNING"})
		return nil
	}
	out := api.InvocationResult{
		Execution: "e-1", Status: "SUCCEEDED", Output: in.Input,
		Report: &api.Report{Node: "edge-1", Runtime: "Python 3.11.2", Cold: true, Duration: 0.0015},
	}
	if in.Output {
		out.Printed = "line one\nline two\n"
	}
	switch name {
	case "raise":
		out.Status, out.Output = "FAILED", nil
		out.Failure = &functions.Failure{Type: "ValueError", Message: "no luck", Trace: []string{`File "f.py", line 2`}}
	case "evil":
		out.Output, out.Printed = nil, "\x1b]0;owned\x07\x1b[2J\n"
		out.Failure = &functions.Failure{Type: "Evil", Message: "\x1b[31mred\u009b\n\u202eback"}
	}
	return ok(w, out)
}

func (n *fakeNode) compatInvocation(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if done, err := n.behave(w, r, name); done {
		return err
	}
	var in api.InvokeRequest
	if err := decode(r, &in); err != nil {
		return err
	}
	if in.Async {
		return ok(w, api.AsyncResponse{ReqId: "r-1"})
	}
	out := api.InvokeResponse{
		Success: true, Result: string(in.Params), ExecutionNode: "edge-1",
		SchedAction: fmt.Sprintf("%v/%d/%g/%v", in.CanDoOffloading, in.QoSClass, in.QoSMaxRespT, in.ReturnOutput),
	}
	status := http.StatusOK
	switch name {
	case "raise":
		out = api.InvokeResponse{Error: &functions.Failure{Type: "ValueError", Message: "no luck"}}
		if r.Header.Get("X-Status") == "" {
			status = http.StatusInternalServerError
		}
	case "large":
		out.Result = strings.Repeat("x", 1<<20)
	}
	send(w, status, api.TypeJSON, out)
	return nil
}

// begin starts an execution that ends at its third look, or never for hang.
func (n *fakeNode) begin(workflow, function string, input json.RawMessage) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	id := fmt.Sprintf("x-%d", len(n.executions)+1)
	n.executions[id] = &api.Execution{
		ID: id, Workflow: workflow, Function: function, Status: "RUNNING", Type: "STANDARD", Input: input,
		Started: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC),
	}
	return id
}

func finish(e *api.Execution) {
	e.Ended = e.Started.Add(1500 * time.Millisecond)
	e.Tasks = []api.TaskReport{{State: "One", Function: "echo", Attempt: 1, Report: api.Report{Node: "edge-1", Duration: 0.001}}}
	if strings.Contains(string(e.Input), "fail") {
		e.Status, e.Failure = "FAILED", &api.ExecutionFailed{Error: "States.TaskFailed", Cause: "no luck"}
		e.Tasks[0].Failure = e.Failure
		return
	}
	e.Status, e.Output = "SUCCEEDED", json.RawMessage(`{"n":3}`)
}

func (n *fakeNode) look(id string) (api.Execution, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	e := n.executions[id]
	if e == nil {
		return api.Execution{}, notFound("execution", id)
	}
	if n.looks[id]++; n.looks[id] == 3 && !strings.Contains(string(e.Input), "hang") {
		finish(e)
	}
	if strings.Contains(string(e.Input), "hang") && n.looks[id] >= 2 {
		select {
		case n.arrived <- struct{}{}:
		default:
		}
	}
	return *e, nil
}

func (n *fakeNode) routeWorkflows(handle func(string, handler)) {
	put := func(w http.ResponseWriter, r *http.Request) error {
		var in api.Workflow
		if err := decode(r, &in); err != nil {
			return err
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		if _, taken := n.workflows[in.Name]; taken && r.Method == http.MethodPost {
			return fault.New(fault.Exists, "workflow_exists", "workflow %q is already registered", in.Name)
		}
		if !strings.Contains(in.Definition, "States") && !strings.Contains(in.Definition, "tasks") {
			return fault.New(fault.Invalid, "invalid_workflow", "the definition has 1 problem").
				WithFields(fault.Field{Pointer: "/States", Code: "ASL002", Detail: "States is missing"})
		}
		in.Language, in.Version = "asl", "v1"
		if strings.Contains(in.Definition, "tasks") {
			in.Language = "dag"
		}
		n.workflows[in.Name] = in
		send(w, http.StatusCreated, api.TypeJSON, in)
		return nil
	}
	handle("POST "+api.RouteWorkflows, put)
	handle("PUT "+api.RouteWorkflow, put)
	handle("GET "+api.RouteWorkflows, func(w http.ResponseWriter, _ *http.Request) error {
		n.mu.Lock()
		defer n.mu.Unlock()
		list := api.WorkflowList{}
		for _, name := range n.workflowNames() {
			list.Workflows = append(list.Workflows, n.workflows[name])
		}
		return ok(w, list)
	})
	handle("GET "+api.CompatWorkflowList, func(w http.ResponseWriter, _ *http.Request) error {
		n.mu.Lock()
		defer n.mu.Unlock()
		return ok(w, n.workflowNames())
	})
	handle("GET "+api.RouteWorkflow, func(w http.ResponseWriter, r *http.Request) error {
		f, err := n.workflow(r.PathValue("name"))
		if err != nil {
			return err
		}
		return ok(w, f)
	})
	handle("DELETE "+api.RouteWorkflow, func(w http.ResponseWriter, r *http.Request) error {
		f, err := n.workflow(r.PathValue("name"))
		if err != nil {
			return err
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.workflows, f.Name)
		if r.URL.Query().Get(api.QueryFunctions) == "true" {
			for _, name := range f.Functions {
				delete(n.functions, name)
			}
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
	handle("POST "+api.CompatWorkflowDelete, func(w http.ResponseWriter, r *http.Request) error {
		var in api.NameRequest
		if err := decode(r, &in); err != nil {
			return err
		}
		if _, err := n.workflow(in.Name); err != nil {
			return err
		}
		return ok(w, api.DeletedResponse{Deleted: in.Name})
	})
	handle("POST "+api.CompatWorkflowInvoke, func(w http.ResponseWriter, r *http.Request) error {
		if _, err := n.workflow(r.PathValue("name")); err != nil {
			return err
		}
		var in api.WorkflowInvokeRequest
		if err := decode(r, &in); err != nil {
			return err
		}
		if in.Async {
			return ok(w, api.AsyncResponse{ReqId: "r-2"})
		}
		if strings.Contains(string(in.Params), "fail") {
			send(w, http.StatusInternalServerError, api.TypeJSON,
				api.WorkflowInvokeResponse{Error: &api.ExecutionFailed{Error: "States.TaskFailed", Cause: "no luck"}})
			return nil
		}
		return ok(w, api.WorkflowInvokeResponse{Success: true, Result: in.Params, ResponseTime: in.QoS.MaxRespT, SchedulingTime: float64(in.QoS.Class)})
	})
	start := func(w http.ResponseWriter, r *http.Request) error {
		name := r.PathValue("name")
		if name != "" {
			if _, err := n.workflow(name); err != nil {
				return err
			}
		}
		var in api.StartExecution
		if err := decode(r, &in); err != nil {
			return err
		}
		id := n.begin(name, "", in.Input)
		n.mu.Lock()
		defer n.mu.Unlock()
		e := n.executions[id]
		e.Name = in.Name
		if in.Mocks != nil {
			e.Input = in.Mocks // the scripts look at it
		}
		if in.Async {
			send(w, http.StatusAccepted, api.TypeJSON, e)
			return nil
		}
		finish(e)
		return ok(w, e)
	}
	handle("POST "+api.RouteWorkflowExecutions, start)
	handle("POST "+api.RouteExecutions, start)
	handle("POST "+api.RouteTestState, func(w http.ResponseWriter, r *http.Request) error {
		var in api.TestState
		if err := decode(r, &in); err != nil {
			return err
		}
		return ok(w, api.TestStateResult{Status: "SUCCEEDED", Output: in.Input, NextState: "Called"})
	})
	n.routeExecutions(handle)
}

func (n *fakeNode) workflowNames() []string {
	names := make([]string, 0, len(n.workflows))
	for name := range n.workflows {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (n *fakeNode) workflow(name string) (api.Workflow, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	w, found := n.workflows[name]
	if !found {
		return w, notFound("workflow", name)
	}
	return w, nil
}

func (n *fakeNode) routeExecutions(handle func(string, handler)) {
	handle("GET "+api.RouteExecutions, func(w http.ResponseWriter, r *http.Request) error {
		n.mu.Lock()
		defer n.mu.Unlock()
		list := api.ExecutionList{}
		for i := len(n.executions); i > 0; i-- {
			e := n.executions[fmt.Sprintf("x-%d", i)]
			if s := r.URL.Query().Get(api.QueryStatus); (s == "" || s == e.Status) && r.URL.Query().Get(api.QueryParent) == e.Parent {
				list.Executions = append(list.Executions, *e)
			}
		}
		return ok(w, list)
	})
	handle("GET "+api.RouteExecution, func(w http.ResponseWriter, r *http.Request) error {
		e, err := n.look(r.PathValue("id"))
		if err != nil {
			return err
		}
		return ok(w, e)
	})
	handle("GET "+api.RouteHistory, func(w http.ResponseWriter, r *http.Request) error {
		at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
		h := api.History{Events: []api.HistoryEvent{{ID: 1, At: at, Type: "ExecutionStarted"}}}
		n.mu.Lock()
		defer n.mu.Unlock()
		if e := n.executions[r.PathValue("id")]; e == nil {
			return notFound("execution", r.PathValue("id"))
		} else if e.Status != "RUNNING" {
			h.Events = append(h.Events, api.HistoryEvent{ID: 2, At: at.Add(time.Second), Type: "LambdaFunctionSucceeded", State: "One", Details: json.RawMessage(`{"output":{"n":3}}`)})
		}
		return ok(w, h)
	})
	handle("POST "+api.RouteStop, func(w http.ResponseWriter, r *http.Request) error {
		var in api.StopRequest
		if err := decode(r, &in); err != nil {
			return err
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		e := n.executions[r.PathValue("id")]
		if e == nil {
			return notFound("execution", r.PathValue("id"))
		}
		if e.Status != "RUNNING" {
			return fault.New(fault.Conflict, "execution_ended", "execution %s has ended", e.ID)
		}
		e.Status, e.Failure = "ABORTED", &api.ExecutionFailed{Error: in.Error, Cause: in.Cause}
		return ok(w, e)
	})
}

func (n *fakeNode) routeNodes(handle func(string, handler)) {
	self := api.Node{
		ID: "edge-1", Area: "rome", Address: "127.0.0.1:1323", Self: true, Status: "ready", Driver: "docker",
		Runtimes: map[string]string{"python": "Python 3.11.2"}, MemoryMB: 1024, FreeMemoryMB: 896, CPUs: 2, FreeCPUs: 1.5,
	}
	other := api.Node{ID: "cloud\x1b[2J", Area: "cloud", Address: "10.0.0.1:1323", Status: "ready"}
	handle("GET "+api.RouteNodes, func(w http.ResponseWriter, _ *http.Request) error {
		return ok(w, api.NodeList{Nodes: []api.Node{self, other}})
	})
	handle("GET "+api.RouteStatus, func(w http.ResponseWriter, _ *http.Request) error { return ok(w, self) })
	handle("GET "+api.CompatStatus, func(w http.ResponseWriter, _ *http.Request) error {
		return ok(w, api.StatusResponse{
			Node: "edge-1", AvailableMemMB: 896, TotalMemory: 1024, AvailableWarmContainers: map[string]int{"echo": 2}, Driver: "docker",
		})
	})
	handle("GET /files/{name}", func(w http.ResponseWriter, r *http.Request) error {
		switch r.PathValue("name") {
		case "hello.py":
			_, _ = io.WriteString(w, "def handler(params, context):\n    return params\n")
		case "moved.py":
			http.Redirect(w, r, "/files/hello.py", http.StatusFound)
		case "huge.py":
			for range 65 {
				_, _ = w.Write(make([]byte, 1<<20)) // who has enough hangs up
			}
		default:
			http.NotFound(w, r)
		}
		return nil
	})
	handle("POST /lose-packages", func(w http.ResponseWriter, _ *http.Request) error {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.noPackages = true
		return ok(w, true)
	})
	handle("GET /uploads", func(w http.ResponseWriter, _ *http.Request) error {
		n.mu.Lock()
		defer n.mu.Unlock()
		return ok(w, n.uploads)
	})
}
