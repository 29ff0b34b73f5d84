package server

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

func (s *Server) compatWorkflowCreate(w http.ResponseWriter, r *http.Request) error {
	v, err := s.readRequired(w, r, 2*limitControl, true)
	if err != nil {
		return err
	}
	in, overwrite, err := decodeWorkflowCreate(v)
	if err == nil {
		err = s.putCompatWorkflow(r, in, overwrite)
	}
	if err != nil && errors.Is(err, fault.Invalid) {
		s.failAs(w, r, err, http.StatusBadRequest, "")
		return nil
	}
	if err != nil {
		return err
	}
	return s.answer(w, http.StatusOK, api.CreatedResponse{Created: in.Name})
}

func (s *Server) putCompatWorkflow(r *http.Request, in *api.Workflow, overwrite bool) error {
	flow, err := s.compile(in)
	if err != nil {
		return err
	}
	err = s.Store.CreateWorkflow(r.Context(), flow)
	if overwrite && errors.Is(err, fault.Exists) {
		return s.Store.UpdateWorkflow(r.Context(), flow)
	}
	return err
}

func (s *Server) compatWorkflows(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Store.Workflows(r.Context(), functions.DefaultNamespace)
	if err != nil {
		return err
	}
	names := make([]string, 0, len(list))
	for _, flow := range list {
		names = append(names, flow.Name)
	}
	return s.answer(w, http.StatusOK, names)
}

func (s *Server) compatWorkflowDelete(w http.ResponseWriter, r *http.Request) error {
	name, err := s.bodyName(w, r)
	if err != nil {
		return err
	}
	if err := s.Store.DeleteWorkflow(r.Context(), functions.DefaultNamespace, name); err != nil {
		return err
	}
	return s.answer(w, http.StatusOK, api.DeletedResponse{Deleted: name})
}

// compatWorkflowInvoke serves POST /workflow/invoke/{name}. A workflow that
// fails is answered with 500 and with all that is known of the failure.
func (s *Server) compatWorkflowInvoke(w http.ResponseWriter, r *http.Request) error {
	began := time.Now()
	name, err := pathName(r)
	if err != nil {
		return err
	}
	v, err := s.read(w, r, limitInvoke, true)
	if err != nil {
		return err
	}
	in, err := decodeWorkflowInvoke(v)
	if err != nil {
		return err
	}
	req, err := s.workflowRequest(r.Context(), name)
	if err != nil {
		return err
	}
	req.Input, req.Class, req.MaxResponse, req.Local = in.params, in.class, in.limit(), !in.offload
	if in.async {
		x, err := s.Engine.Start(r.Context(), req)
		s.nodeHeaders(w)
		if err != nil {
			return err
		}
		return s.answer(w, http.StatusOK, api.AsyncResponse{ReqId: x.ID})
	}
	x, err := s.Engine.Execute(r.Context(), req)
	s.nodeHeaders(w)
	if err != nil {
		return err
	}
	return s.answer(w, statusOf(x.Status == dag.Completed), compatWorkflowResult(x, time.Since(began)))
}

// compatWorkflowResult describes an ended execution as existing clients expect.
func compatWorkflowResult(x *engine.Execution, response time.Duration) *api.WorkflowInvokeResponse {
	out := &api.WorkflowInvokeResponse{
		Success: x.Status == dag.Completed, Reports: reports(x.Tasks), ResponseTime: response.Seconds(), ReqId: x.ID,
		Result: value.EmptyObject.Bytes(),
	}
	if out.Success && !x.Output.IsAbsent() {
		out.Result = raw(x.Output)
	}
	if !out.Success {
		out.Error = wireFailure(x)
	}
	return out
}

// reports gives each task its report: that of its last attempt. A state that
// ran several times has a number behind its name from the second time on.
func reports(tasks []engine.TaskReport) map[string]*api.InvokeResponse {
	out := map[string]*api.InvokeResponse{}
	keys := map[dag.ID]string{}
	times := map[string]int{}
	for i := range tasks {
		task := &tasks[i]
		key, known := keys[task.Activation]
		if !known {
			times[task.State]++
			key = "Function_" + task.State
			if n := times[task.State]; n > 1 {
				key += "_" + strconv.Itoa(n)
			}
			keys[task.Activation] = key
		}
		out[key] = compatReport(task)
	}
	return out
}

func compatReport(task *engine.TaskReport) *api.InvokeResponse {
	result := task.Result
	if result == nil {
		result = &functions.Result{}
	}
	out := compatResult("", result, task.Ended.Sub(task.Started))
	if task.Failure != nil {
		out.Success = false
		if out.Error == nil {
			out.Error = &functions.Failure{Type: task.Failure.Error, Message: task.Failure.Cause}
		}
	}
	return out
}
