package server

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// invoke runs a function: a client's call, or one that another node passes on.
func (s *Server) invoke(w http.ResponseWriter, r *http.Request) error {
	began := time.Now()
	name, err := pathName(r)
	if err != nil {
		return err
	}
	v, err := s.read(w, r, limitInvoke, false)
	if err != nil {
		return err
	}
	in, err := decodeInvocation(v)
	if err != nil {
		return err
	}
	req := &engine.Request{
		Namespace: functions.DefaultNamespace, Function: name, Level: engine.Express, Input: in.input,
		Class: in.class, Output: in.output, Local: in.local, Hops: s.Hops,
	}
	if in.forwarded != nil {
		return s.invokeForwarded(w, r, began, req, in.forwarded)
	}
	if in.timeout > 0 {
		req.Deadline = began.Add(in.timeout)
	}
	key, err := idempotencyKey(r)
	if err != nil {
		return err
	}
	if key != "" {
		req.Name, req.Level = key, engine.Standard
	}
	if in.async || respondAsync(r) {
		return s.invokeAsync(w, r, req)
	}
	x, err := s.execute(r.Context(), req)
	s.nodeHeaders(w)
	if err != nil {
		return mismatch(err, key)
	}
	return s.answerResult(w, began, x.ID, resultOf(x))
}

// invokeAsync accepts a call: the answer follows the commit.
func (s *Server) invokeAsync(w http.ResponseWriter, r *http.Request, req *engine.Request) error {
	x, err := s.accept(r.Context(), req)
	s.nodeHeaders(w)
	if err != nil {
		return mismatch(err, req.Name)
	}
	w.Header().Set("Location", api.Path(api.RouteExecution, x.ID))
	return s.answer(w, http.StatusAccepted, api.InvocationResult{Execution: x.ID, Status: string(x.Status)})
}

// accept starts the asynchronous execution of a function that exists.
func (s *Server) accept(ctx context.Context, req *engine.Request) (*engine.Execution, error) {
	if _, err := s.Store.Function(ctx, req.Namespace, req.Function); err != nil {
		return nil, err
	}
	return s.Engine.Start(ctx, req)
}

// execute waits for an execution, until its deadline at most.
func (s *Server) execute(ctx context.Context, req *engine.Request) (*engine.Execution, error) {
	if !req.Deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, req.Deadline)
		defer cancel()
	}
	return s.Engine.Execute(ctx, req)
}

// invokeForwarded runs a call that another node passes on, once.
func (s *Server) invokeForwarded(w http.ResponseWriter, r *http.Request, began time.Time, req *engine.Request, f *api.Forwarded) error {
	if f.Hops < 0 || len(f.Visited) > maxHops || slices.Contains(f.Visited, s.self.ID) {
		return fault.New(fault.Loop, "offload_loop", "the call has been passed on too often, or came back").
			WithHint("run it where it is, or refuse it")
	}
	if f.RemainingMS < 0 {
		return fault.New(fault.Timeout, "deadline_exceeded", "the deadline of the call has passed; nothing was started")
	}
	req.Key, req.Attempt, req.Task, req.Hops, req.Visited = f.Key, f.Attempt, f.Task, f.Hops, f.Visited
	if f.RemainingMS > 0 {
		req.Deadline = began.Add(time.Duration(f.RemainingMS) * time.Millisecond)
	}
	run := func(ctx context.Context) (*functions.Result, error) {
		x, err := s.execute(ctx, req)
		if err != nil {
			return nil, err
		}
		return resultOf(x), nil
	}
	var result *functions.Result
	var err error
	if f.Key == "" {
		result, err = run(r.Context())
	} else {
		result, err = s.once.do(r.Context(), attempt{f.Key, f.Attempt}, run)
	}
	s.nodeHeaders(w)
	if err != nil {
		return err
	}
	return s.answerResult(w, began, f.Execution, result)
}

// answerResult answers what came of a call.
func (s *Server) answerResult(w http.ResponseWriter, began time.Time, id string, result *functions.Result) error {
	out := api.InvocationResult{
		Execution: id, Status: string(dag.Completed), Output: result.Output, Failure: result.Failure,
		Report:  report(result, time.Since(began)),
		Printed: result.Printed, PrintedTruncated: result.PrintedTruncated,
	}
	if result.Failure != nil {
		out.Status, out.Output = string(dag.Broken), nil
	}
	w.Header().Set(api.HeaderStart, startOf(result.Cold))
	return s.answer(w, http.StatusOK, out)
}

// resultOf returns the result of an execution of a function. One that is read
// back from the store, or that ended before its call did, has none of its own.
func resultOf(x *engine.Execution) *functions.Result {
	if x.Result != nil {
		return x.Result
	}
	result := &functions.Result{Output: x.Output.Bytes()}
	if x.Failure != nil {
		result.Output = nil
		result.Failure = &functions.Failure{Type: x.Failure.Error, Message: x.Failure.Cause}
	} else if result.Output == nil {
		result.Output = []byte("null")
	}
	return result
}

func report(result *functions.Result, response time.Duration) *api.Report {
	if result == nil {
		return nil
	}
	return &api.Report{
		Node: result.Node, Area: result.Area, Runtime: result.Runtime, Cold: result.Cold, Action: result.Action,
		Init: result.Init.Seconds(), Queue: result.Queue.Seconds(), Offload: result.Offload.Seconds(),
		Duration: result.Duration.Seconds(), Response: response.Seconds(),
	}
}

func startOf(cold bool) string {
	if cold {
		return "cold"
	}
	return "warm"
}

// nodeHeaders tells balancers how this node stands.
func (s *Server) nodeHeaders(w http.ResponseWriter) {
	memory, cpus := s.Pool.Free()
	h := w.Header()
	h.Set(api.HeaderNodeName, s.self.ID)
	h.Set(api.HeaderFreeMem, strconv.FormatInt(memory, 10))
	h.Set(api.HeaderFreeCPU, strconv.FormatFloat(cpus, 'f', -1, 64))
	h.Set(api.HeaderTimestamp, strconv.FormatInt(time.Now().Unix(), 10))
	h.Set(api.HeaderNodeArch, s.self.Architecture)
}
