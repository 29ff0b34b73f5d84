package server

import (
	"context"
	"net/http"
	"strconv"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// maxPage is the largest page of a list.
const maxPage = 1000

func (s *Server) executionRoutes() []route {
	return []route{
		{http.MethodGet, api.RouteExecutions, s.listExecutions},
		{http.MethodPost, api.RouteExecutions, s.startDefinition},
		{http.MethodGet, api.RouteExecution, s.getExecution},
		{http.MethodGet, api.RouteHistory, s.history},
		{http.MethodPost, api.RouteStop, s.stop},
	}
}

// startWorkflow starts an execution of a registered workflow.
func (s *Server) startWorkflow(w http.ResponseWriter, r *http.Request) error {
	name, err := pathName(r)
	if err != nil {
		return err
	}
	v, err := s.read(w, r, limitInvoke, false)
	if err != nil {
		return err
	}
	in, err := decodeStart(v, false)
	if err != nil {
		return err
	}
	req, err := s.workflowRequest(r.Context(), name)
	if err != nil {
		return err
	}
	return s.start(w, r, req, in)
}

// startDefinition runs a definition that comes along.
func (s *Server) startDefinition(w http.ResponseWriter, r *http.Request) error {
	v, err := s.readRequired(w, r, limitInvoke, false)
	if err != nil {
		return err
	}
	in, err := decodeStart(v, true)
	if err != nil {
		return err
	}
	_, language, err := s.graph(in.Language, in.Definition, engine.Variant{Express: in.Type == string(engine.Express), Mocked: len(in.mocks) > 0})
	if err != nil {
		return err
	}
	req := &engine.Request{
		Namespace: functions.DefaultNamespace, Language: language, Definition: in.Definition, Level: engine.Standard, Hops: s.Hops,
	}
	return s.start(w, r, req, in)
}

// workflowRequest makes the request of an execution of a registered workflow.
func (s *Server) workflowRequest(ctx context.Context, name string) (*engine.Request, error) {
	flow, err := s.Store.Workflow(ctx, functions.DefaultNamespace, name)
	if err != nil {
		return nil, err
	}
	return &engine.Request{
		Namespace: flow.Namespace, Workflow: flow.Name, Language: flow.Language, Definition: flow.Definition,
		Version: flow.Version, Level: engine.Level(flow.Type), Hops: s.Hops,
	}, nil
}

// start runs an execution to its end, or accepts it when nobody waits.
func (s *Server) start(w http.ResponseWriter, r *http.Request, req *engine.Request, in *start) error {
	req.Input, req.Class, req.Name, req.Mocks = in.input, in.Class, in.Name, in.mocks
	if in.Type != "" {
		req.Level = engine.Level(in.Type)
	}
	key, err := idempotencyKey(r)
	if err != nil {
		return err
	}
	if key != "" && in.Name != "" {
		return fault.New(fault.Invalid, "invalid_request", "an execution has a name or an idempotency key, not both")
	}
	if key != "" {
		req.Name = key
	}
	if in.Async || respondAsync(r) {
		if req.Level == engine.Express {
			return fault.New(fault.Invalid, "express_async", "an EXPRESS execution is kept nowhere, so nobody could ask for its outcome").
				WithHint("wait for it, or start it as STANDARD")
		}
		x, err := s.Engine.Start(r.Context(), req)
		s.nodeHeaders(w)
		if err != nil {
			return mismatch(err, req.Name)
		}
		w.Header().Set("Location", api.Path(api.RouteExecution, x.ID))
		return s.answer(w, http.StatusAccepted, wireExecution(x))
	}
	ctx := r.Context()
	if in.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, in.timeout)
		defer cancel()
	}
	x, err := s.Engine.Execute(ctx, req)
	s.nodeHeaders(w)
	if err != nil {
		return mismatch(err, req.Name)
	}
	return s.answer(w, http.StatusOK, wireExecution(x))
}

func (s *Server) listExecutions(w http.ResponseWriter, r *http.Request) error {
	params, err := query(r, api.QueryWorkflow, api.QueryParent, api.QueryStatus, api.QueryLimit, api.QueryCursor)
	if err != nil {
		return err
	}
	filter, err := filterOf(params)
	if err != nil {
		return err
	}
	page, next, err := s.Engine.List(r.Context(), filter)
	if isInvalidID(err) {
		return badParameter("the cursor is not one that a list gave")
	}
	if err != nil {
		return err
	}
	out := api.ExecutionList{Executions: make([]api.Execution, 0, len(page)), Next: next}
	for _, x := range page {
		out.Executions = append(out.Executions, wireExecution(x))
	}
	return s.answer(w, http.StatusOK, out)
}

// filterOf checks the parameters of a list of executions.
func filterOf(params map[string]string) (engine.Filter, error) {
	f := engine.Filter{Namespace: functions.DefaultNamespace}
	if text, ok := params[api.QueryLimit]; ok {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxPage {
			return f, badParameter("%s must be a number from 1 to %d", api.QueryLimit, maxPage)
		}
		f.Limit = n
	}
	if cursor, ok := params[api.QueryCursor]; ok {
		if !plainID(cursor) {
			return f, badParameter("the cursor is not one that a list gave")
		}
		f.After = cursor
	}
	if name, ok := params[api.QueryWorkflow]; ok {
		if functions.ValidName(name) != nil {
			return f, badParameter("%s must be the name of a workflow", api.QueryWorkflow)
		}
		f.Workflow = name
	}
	if parent, ok := params[api.QueryParent]; ok {
		if !plainID(parent) {
			return f, badParameter("%s must be the id of an execution", api.QueryParent)
		}
		f.Parent = parent
	}
	if status, ok := params[api.QueryStatus]; ok {
		f.Status = dag.Status(status)
		switch f.Status {
		case dag.Running, dag.Completed, dag.Broken, dag.TimedOut, dag.Stopped:
		default:
			return f, badParameter("%s must be one of %s, %s, %s, %s, %s", api.QueryStatus,
				dag.Running, dag.Completed, dag.Broken, dag.TimedOut, dag.Stopped)
		}
	}
	return f, nil
}

func (s *Server) getExecution(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	x, err := s.get(r.Context(), id)
	if err != nil {
		return err
	}
	return s.answer(w, http.StatusOK, wireExecution(x))
}

// get describes an execution; what cannot be an id is the id of none.
func (s *Server) get(ctx context.Context, id string) (*engine.Execution, error) {
	x, err := s.Engine.Get(ctx, id)
	return x, unknownID(err, id)
}

func unknownID(err error, id string) error {
	if isInvalidID(err) {
		return fault.New(fault.NotFound, "execution_not_found", "there is no execution %s", id)
	}
	return err
}

func (s *Server) history(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	events, err := s.Engine.History(r.Context(), id)
	if err != nil {
		return unknownID(err, id)
	}
	out := api.History{Events: make([]api.HistoryEvent, 0, len(events))}
	for _, e := range events {
		out.Events = append(out.Events, api.HistoryEvent{ID: e.ID, At: e.At, Type: e.Type, State: e.State, Details: raw(e.Details)})
	}
	return s.answer(w, http.StatusOK, out)
}

func (s *Server) stop(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v, err := s.read(w, r, limitControl, false)
	if err != nil {
		return err
	}
	in, err := decodeStop(v)
	if err != nil {
		return err
	}
	var out api.Execution
	err = s.atOwner(r, func(ctx context.Context) error {
		x, err := s.Engine.Stop(ctx, id, dag.Failure{Error: in.Error, Cause: in.Cause})
		if err == nil {
			out = wireExecution(x)
		}
		return err
	}, func(ctx context.Context, peer Peer) error {
		var err error
		out, err = peer.Stop(ctx, id, in)
		return err
	})
	if err != nil {
		return unknownID(err, id)
	}
	return s.answer(w, http.StatusOK, out)
}

func wireExecution(x *engine.Execution) api.Execution {
	out := api.Execution{
		ID: x.ID, Name: shownName(x.Name), Workflow: x.Workflow, Function: x.Function, Status: string(x.Status),
		Type: string(x.Level), Input: raw(x.Input), Output: output(x), Started: x.Started, Ended: x.Ended, Owner: x.Owner,
		Parent: x.Parent,
	}
	if x.Status != dag.Completed && x.Status != dag.Running {
		out.Failure = wireFailure(x)
	}
	for i := range x.Tasks {
		task := &x.Tasks[i]
		line := api.TaskReport{State: task.State, Function: task.Function, Attempt: task.Attempt}
		if task.Failure != nil {
			line.Failure = &api.ExecutionFailed{Error: task.Failure.Error, Cause: task.Failure.Cause}
		}
		if r := report(task.Result, task.Ended.Sub(task.Started)); r != nil {
			line.Report = *r
		} else {
			line.Response = max(0, task.Ended.Sub(task.Started)).Seconds()
		}
		out.Tasks = append(out.Tasks, line)
	}
	return out
}

// output is absent unless the execution has succeeded.
func output(x *engine.Execution) []byte {
	if x.Status != dag.Completed {
		return nil
	}
	if x.Output.IsAbsent() {
		return value.NullValue.Bytes()
	}
	return raw(x.Output)
}

func wireFailure(x *engine.Execution) *api.ExecutionFailed {
	if x.Failure == nil {
		return &api.ExecutionFailed{}
	}
	return &api.ExecutionFailed{Error: x.Failure.Error, Cause: x.Failure.Cause}
}
