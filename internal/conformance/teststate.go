package main

import (
	"encoding/json"

	"github.com/serverledge/serverledge/asl/teststate"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/internal/fault"
)

// request is a call of AWS's TestState, in which data stands in texts.
type request struct {
	StateName       *string
	InspectionLevel teststate.Level
	Context         string
	Variables       string
	Mock            *struct {
		Result              *string
		ErrorOutput         *struct{ Error, Cause string }
		FieldValidationMode teststate.Mode
	}
	StateConfiguration struct {
		RetrierRetryCount, MapIterationFailureCount int
		ErrorCausedByState                          string
		MapItemReaderData                           *string
	}
}

// refusal is how AWS answers a request that is not right.
type refusal struct {
	Error struct {
		Code    string
		Message string
	}
}

// testState plays a test of one state; functions are simulated.
func (c *testCase) testState() answer {
	a := answer{ID: c.ID}
	var told any
	told, err := c.tested()
	if err != nil {
		var r refusal
		r.Error.Code, r.Error.Message = "ValidationException", fault.From(err).Error()
		if fault.From(err).Code == "mock_required" {
			r.Error.Code = "InvalidDefinition"
		}
		told = r
	}
	text, err := json.Marshal(told)
	if err != nil {
		return answer{ID: c.ID, Status: invalid, Invalid: err.Error()}
	}
	a.Answer = text
	return a
}

func (c *testCase) tested() (*teststate.Answer, error) {
	var in request
	if err := json.Unmarshal(c.Request, &in); err != nil {
		return nil, err
	}
	input, err := c.input()
	if err != nil {
		return nil, err
	}
	if input.Kind() == value.Null { // the request had none
		input = value.Value{}
	}
	r := &teststate.Request{
		Definition: c.definition(), State: in.StateName, Input: input, Level: in.InspectionLevel,
		Configuration: teststate.Configuration{
			RetrierRetryCount: in.StateConfiguration.RetrierRetryCount, MapIterationFailureCount: in.StateConfiguration.MapIterationFailureCount,
			ErrorCausedByState: in.StateConfiguration.ErrorCausedByState,
		},
	}
	if in.StateConfiguration.MapItemReaderData != nil {
		r.Configuration.MapItemReaderData = value.OfString(*in.StateConfiguration.MapItemReaderData)
	}
	if r.Context, err = parsed(in.Context, "Invalid Context object provided: "); err != nil {
		return nil, err
	}
	if r.Variables, err = parsed(in.Variables, "Invalid variables: "); err != nil {
		return nil, err
	}
	if m := in.Mock; m != nil {
		r.Mock = &teststate.Mock{Mode: m.FieldValidationMode}
		if m.ErrorOutput != nil {
			r.Mock.Failure = &dag.Failure{Error: m.ErrorOutput.Error, Cause: m.ErrorOutput.Cause}
		}
		if m.Result != nil {
			if r.Mock.Result, err = parsed(*m.Result, "Invalid mock result: "); err != nil {
				return nil, err
			}
		}
	}
	w := newWorld(c)
	const account = "111111111111" // as the recorder writes all of them
	return teststate.Run(r, teststate.Options{
		Now: w.now, Call: w.tests,
		Identity: teststate.Identity{
			Execution: "arn:aws:states:us-east-1:" + account + ":express:machine:execution", Name: "execution",
			MachineID: "arn:aws:states:us-east-1:" + account + ":stateMachine:machine", Machine: "machine",
			Role: "arn:aws:iam::" + account + ":role/role",
		},
	})
}

// parsed reads a text that holds JSON; empty is absent.
func parsed(text, what string) (value.Value, error) {
	if text == "" {
		return value.Value{}, nil
	}
	v, err := value.Parse([]byte(text))
	if err != nil {
		return v, fault.New(fault.Invalid, "invalid_json", "%s%w", what, err)
	}
	return v, nil
}

// tests answers for the functions that tests of a state call. The cases do not
// describe them: on AWS one greeted, and the one behind lambda:invoke gave back
// what it got.
func (w *world) tests(c dag.Invoke) (value.Value, *dag.Failure, error) {
	if len(w.c.Functions) == 0 {
		if c.Resource.Service == "" {
			return value.OfString("HelloWorld!"), nil, nil
		}
		return c.Input, nil, nil
	}
	output, failure, _ := w.function(c)
	return output, failure, nil
}
