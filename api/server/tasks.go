package server

import (
	"context"
	"net/http"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/functions"
)

// How long a worker waits for a task of an activity.
const (
	defaultPoll = 30 * time.Second
	maxPoll     = 60 * time.Second
)

// maxWorker is the longest name of a worker.
const maxWorker = 80

func (s *Server) taskRoutes() []route {
	return []route{
		{http.MethodPost, api.RouteTaskSuccess, s.succeedTask},
		{http.MethodPost, api.RouteTaskFailure, s.failTask},
		{http.MethodPost, api.RouteTaskHeartbeat, s.beatTask},
		{http.MethodPost, api.RouteActivityTasks, s.work},
	}
}

// openTask reads what is told of a task, and binds its token.
func (s *Server) openTask(w http.ResponseWriter, r *http.Request, token *string) (*object, error) {
	v, err := s.readRequired(w, r, limitControl, false)
	if err != nil {
		return nil, err
	}
	o := openObject(v, false)
	o.text("taskToken", token, maxText)
	o.required("taskToken")
	return o, nil
}

// succeedTask ends the task of a token with its output.
func (s *Server) succeedTask(w http.ResponseWriter, r *http.Request) error {
	var in api.TaskSuccess
	o, err := s.openTask(w, r, &in.TaskToken)
	if err != nil {
		return err
	}
	output, _ := o.find("output")
	o.required("output")
	o.close()
	if err := o.err(); err != nil {
		return err
	}
	in.Output = raw(output)
	return s.told(w, s.atOwner(r,
		func(ctx context.Context) error { return s.Engine.SucceedTask(ctx, in.TaskToken, output) },
		func(ctx context.Context, peer Peer) error { return peer.SucceedTask(ctx, in) }))
}

// failTask ends the task of a token with a failure.
func (s *Server) failTask(w http.ResponseWriter, r *http.Request) error {
	var in api.TaskFailure
	o, err := s.openTask(w, r, &in.TaskToken)
	if err != nil {
		return err
	}
	o.text("error", &in.Error, maxError)
	o.text("cause", &in.Cause, maxCause)
	o.close()
	if err := o.err(); err != nil {
		return err
	}
	return s.told(w, s.atOwner(r,
		func(ctx context.Context) error {
			return s.Engine.FailTask(ctx, in.TaskToken, dag.Failure{Error: in.Error, Cause: in.Cause})
		},
		func(ctx context.Context, peer Peer) error { return peer.FailTask(ctx, in) }))
}

// beatTask says that the task of a token is alive.
func (s *Server) beatTask(w http.ResponseWriter, r *http.Request) error {
	var in api.TaskHeartbeat
	o, err := s.openTask(w, r, &in.TaskToken)
	if err != nil {
		return err
	}
	o.close()
	if err := o.err(); err != nil {
		return err
	}
	return s.told(w, s.atOwner(r,
		func(ctx context.Context) error { return s.Engine.BeatTask(ctx, in.TaskToken) },
		func(ctx context.Context, peer Peer) error { return peer.BeatTask(ctx, in) }))
}

// told answers that what was said of a task is written down.
func (s *Server) told(w http.ResponseWriter, err error) error {
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}

// work waits for a task of an activity, for a worker. A worker who goes before
// the answer is on its way leaves the task to the next one.
func (s *Server) work(w http.ResponseWriter, r *http.Request) error {
	name, err := pathName(r)
	if err != nil {
		return err
	}
	params, err := query(r, api.QueryWorker, api.QueryWait)
	if err != nil {
		return err
	}
	worker, wait, err := workOf(params)
	if err != nil {
		return err
	}
	v, err := s.read(w, r, limitControl, false)
	if err != nil {
		return err
	}
	if v.Kind() != value.Absent {
		o := openObject(v, false)
		o.close()
		if err := o.err(); err != nil {
			return err
		}
	}
	task, err := s.Engine.Work(r.Context(), functions.DefaultNamespace, name, worker, wait)
	switch {
	case err != nil:
		return err
	case task == nil:
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return s.answer(w, http.StatusOK, api.ActivityTask{TaskToken: task.Token, Input: raw(task.Input), Execution: task.Execution, State: task.State})
}

// workOf checks the parameters of a worker.
func workOf(params map[string]string) (worker string, wait time.Duration, err error) {
	worker, wait = params[api.QueryWorker], defaultPoll
	if len(worker) > maxWorker || !validText(worker) {
		return "", 0, badParameter("%s must have at most %d bytes, and no control characters", api.QueryWorker, maxWorker)
	}
	if text, ok := params[api.QueryWait]; ok {
		wait, err = time.ParseDuration(text)
		if err != nil || wait < 0 || wait > maxPoll {
			return "", 0, badParameter("%s must be a duration from 0s to %s", api.QueryWait, maxPoll)
		}
	}
	return worker, wait, nil
}
