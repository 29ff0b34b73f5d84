package server

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/serverledge/serverledge/asl/teststate"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/functions"
)

// testState runs one state of a definition alone. Without a mock, a function
// that it calls is really called.
func (s *Server) testState(w http.ResponseWriter, r *http.Request) error {
	v, err := s.readRequired(w, r, limitInvoke, false)
	if err != nil {
		return err
	}
	in, err := decodeTestState(v)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), maxTest)
	defer cancel()
	now := time.Now()
	answer, err := teststate.Run(in, teststate.Options{
		Now: now, Seed: rand.Uint64(),
		Call: func(c dag.Invoke) (value.Value, *dag.Failure, error) { return s.callTask(ctx, now, c) },
	})
	if err != nil {
		return err
	}
	return s.answer(w, http.StatusOK, answer)
}

// maxTest is how long a test may take: as long as on AWS.
const maxTest = 5 * time.Minute

// callTask runs a workflow with the one Task that calls a function, so that
// what goes wrong has the names that it has for any task.
func (s *Server) callTask(ctx context.Context, now time.Time, c dag.Invoke) (value.Value, *dag.Failure, error) {
	task := []value.Member{
		{Key: "Type", Value: value.OfString("Task")}, {Key: "Resource", Value: value.OfString(c.Resource.Name)}, {Key: "End", Value: value.TrueValue},
	}
	if !c.Deadline.IsZero() {
		task = append(task, value.Member{Key: "TimeoutSeconds", Value: value.OfInt(int64(c.Deadline.Sub(now) / time.Second))})
	}
	const name = "Task"
	definition := value.OfObject(
		value.Member{Key: "StartAt", Value: value.OfString(name)},
		value.Member{Key: "States", Value: value.OfObject(value.Member{Key: name, Value: value.OfObject(task...)})},
	)
	x, err := s.Engine.Execute(ctx, &engine.Request{
		Namespace: functions.DefaultNamespace, Language: "asl", Definition: definition.String(), Level: engine.Express, Input: c.Input, Hops: s.Hops,
	})
	if err != nil {
		return value.Value{}, nil, err
	}
	return x.Output, x.Failure, nil
}
