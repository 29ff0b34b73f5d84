package server

import (
	"errors"
	"net/http"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// compatInvoke serves POST /invoke/{name}. A function that fails is answered
// with 500, as clients expect, and with all that is known of the failure.
func (s *Server) compatInvoke(w http.ResponseWriter, r *http.Request) error {
	began := time.Now()
	name, err := pathName(r)
	if err != nil {
		return err
	}
	v, err := s.read(w, r, limitInvoke, true)
	if err != nil {
		return err
	}
	in, err := decodeInvoke(v)
	if err != nil {
		return err
	}
	req := &engine.Request{
		Namespace: functions.DefaultNamespace, Function: name, Level: engine.Express, Input: in.params,
		Class: in.class, MaxResponse: in.limit(), Output: in.returnOutput, Local: !in.offload, Hops: s.Hops,
	}
	if in.async {
		x, err := s.accept(r.Context(), req)
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
	result := resultOf(x)
	w.Header().Set(api.HeaderStart, startOf(result.Cold))
	return s.answer(w, statusOf(result.Failure == nil), compatResult(x.ID, result, time.Since(began)))
}

// limit is the response time that the caller asks for; 0 is none.
func (in *compatInvocation) limit() time.Duration {
	if in.maxResponse <= 0 {
		return 0
	}
	return time.Duration(in.maxResponse * float64(time.Second))
}

func statusOf(success bool) int {
	if success {
		return http.StatusOK
	}
	return http.StatusInternalServerError
}

// compatResult describes a result as existing clients expect.
func compatResult(id string, result *functions.Result, response time.Duration) *api.InvokeResponse {
	out := &api.InvokeResponse{
		Success: result.Failure == nil, Result: string(result.Output), ResponseTime: response.Seconds(),
		IsWarmStart: !result.Cold, InitTime: result.Init.Seconds(), QueueingTime: result.Queue.Seconds(),
		OffloadLatency: result.Offload.Seconds(), Duration: result.Duration.Seconds(), Output: result.Printed,
		SchedAction: result.Action, ExecutionArea: result.Area, ExecutionNode: result.Node,
		OutputTruncated: result.PrintedTruncated, Runtime: result.Runtime, Error: result.Failure, ReqId: id,
	}
	if result.Failure != nil {
		out.Result = ""
	}
	return out
}

// compatPoll serves GET /poll/{id}: the result of an asynchronous invocation of
// a function or a workflow, 404 while there is none.
func (s *Server) compatPoll(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	x, err := s.get(r.Context(), id)
	if err != nil {
		return err
	}
	switch {
	case x.Status == dag.Running:
		return fault.New(fault.NotFound, "no_result_yet", "execution %s has not ended yet", id).WithHint("ask again later")
	case x.Function != "":
		return s.answer(w, http.StatusOK, compatResult(x.ID, resultOf(x), x.Ended.Sub(x.Started)))
	default:
		return s.answer(w, http.StatusOK, compatWorkflowResult(x, x.Ended.Sub(x.Started)))
	}
}

// isInvalidID tells whether the store found that no id looks like that.
func isInvalidID(err error) bool {
	var e *fault.Error
	return errors.As(err, &e) && e.Code == "invalid_id"
}
