package server

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

const taskState = `{"Type":"Task","Resource":"inc","InputPath":"$.in","ResultPath":"$.out","TimeoutSeconds":7,"Next":"N",
	"Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":5}]}`

func TestTestState(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	test := func(in api.TestState) api.TestStateResult {
		t.Helper()
		return into[api.TestStateResult](f, f.do("POST", "/v1/test-state", string(mustJSON(t, in))), http.StatusOK)
	}
	got := test(api.TestState{
		Definition: taskState, Input: json.RawMessage(`{"in":1}`), InspectionLevel: "DEBUG", Variables: json.RawMessage(`{"v":1}`),
		Mock: &api.TestStateMock{Result: json.RawMessage(`2`)},
	})
	if got.Status != "SUCCEEDED" || string(got.Output) != `{"in":1,"out":2}` || got.NextState != "N" ||
		string(got.InspectionData.AfterParameters) != "1" || string(got.InspectionData.Variables) != `{"v":1}` {
		t.Errorf("got %+v %+v", got, got.InspectionData)
	}
	got = test(api.TestState{
		Definition: taskState, Input: json.RawMessage(`{"in":1}`), InspectionLevel: "TRACE",
		Mock:               &api.TestStateMock{ErrorOutput: &api.TestStateError{Error: "Busy", Cause: "c"}},
		StateConfiguration: &api.TestStateConfiguration{RetrierRetryCount: 1},
	})
	if got.Status != "RETRIABLE" || got.Error != "Busy" || *got.InspectionData.ErrorDetails.RetryBackoffIntervalSeconds != 10 || *got.InspectionData.ErrorDetails.RetryIndex != 0 {
		t.Errorf("got %+v %+v", got, got.InspectionData)
	}
	got = test(api.TestState{
		Definition: `{"StartAt":"M","States":{"M":{"Type":"Map","ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSON"}},
			"ItemSelector":{"v.$":"$$.Map.Item.Value"},"ToleratedFailurePercentage":50,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},
			"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"End":true}}}`,
		StateName: "M", InspectionLevel: "DEBUG", Context: json.RawMessage(`{}`),
		Mock: &api.TestStateMock{Result: json.RawMessage(`[]`), FieldValidationMode: "NONE"},
		StateConfiguration: &api.TestStateConfiguration{
			MapIterationFailureCount: 2, ErrorCausedByState: "I", MapItemReaderData: json.RawMessage(`[1,2,3]`),
		},
	})
	if got.Status != "FAILED" || got.Error != "States.ExceedToleratedFailureThreshold" || *got.InspectionData.ToleratedFailurePercentage != 50 ||
		*got.InspectionData.MaxConcurrency != 0 || string(got.InspectionData.AfterItemSelector) != `[{"v":1},{"v":2},{"v":3}]` {
		t.Errorf("got %+v %+v", got, got.InspectionData)
	}
	if f.engine.count() != 0 {
		t.Errorf("the engine was asked for %d executions", f.engine.count())
	}
}

// Without a mock the function is called, as a task of its own.
func TestTestStateCalls(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	body := string(mustJSON(t, api.TestState{Definition: taskState, Input: json.RawMessage(`{"in":{"n":1}}`)}))
	got := into[api.TestStateResult](f, f.do("POST", "/v1/test-state", body), http.StatusOK)
	if got.Status != "SUCCEEDED" || string(got.Output) != `{"in":{"n":1},"out":{"n":1}}` {
		t.Errorf("got %+v", got)
	}
	r := f.engine.last(t)
	if r.Level != engine.Express || r.Definition != `{"StartAt":"Task","States":{"Task":{"Type":"Task","Resource":"inc","End":true,"TimeoutSeconds":7}}}` || r.Input.String() != `{"n":1}` {
		t.Errorf("the engine got %+v", r)
	}
	f.engine.call = func(context.Context, *engine.Request) (*functions.Result, error) {
		return &functions.Result{Failure: &functions.Failure{Type: "Busy", Message: "m"}}, nil
	}
	if got := into[api.TestStateResult](f, f.do("POST", "/v1/test-state", body), http.StatusOK); got.Status != "RETRIABLE" || got.Error != "Busy" {
		t.Errorf("got %+v", got)
	}
	f.engine.call = func(context.Context, *engine.Request) (*functions.Result, error) {
		return nil, fault.New(fault.Unavailable, "draining", "the node is stopping")
	}
	f.refused(f.do("POST", "/v1/test-state", body), http.StatusServiceUnavailable, "draining")
}

func TestBadTestState(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	with := func(more string) string {
		return `{"definition":"{\"Type\":\"Task\",\"Resource\":\"f\",\"End\":true}"` + more + `}`
	}
	for body, want := range map[string]struct {
		status        int
		code, pointer string
	}{
		`{}`:                                          {422, "required", "/definition"},
		`{"definition":""}`:                           {422, "invalid_definition", ""},
		`{"definition":"{"}`:                          {422, "invalid_definition", ""},
		`{"definition":{"Type":"x"}}`:                 {422, "invalid_type", "/definition"},
		with(`,"more":1`):                             {400, "unknown_field", "/more"},
		with(`,"stateName":""`):                       {422, "invalid_state_name", ""},
		with(`,"stateName":"A"`):                      {422, "state_not_found", ""},
		with(`,"context":"{}"`):                       {422, "invalid_type", "/context"},
		with(`,"context":{"Map":{}}`):                 {422, "invalid_context", ""},
		with(`,"variables":[]`):                       {422, "invalid_type", "/variables"},
		with(`,"inspectionLevel":"X"`):                {422, "invalid_value", "/inspectionLevel"},
		with(`,"mock":{}`):                            {422, "invalid_mock", ""},
		with(`,"mock":1`):                             {422, "invalid_type", "/mock"},
		with(`,"mock":{"result":1,"errorOutput":{}}`): {422, "invalid_mock", ""},
		with(`,"mock":{"result":1,"fieldValidationMode":"X"}`):                                                {422, "invalid_value", "/mock/fieldValidationMode"},
		with(`,"mock":{"errorOutput":{"error":1}}`):                                                           {422, "invalid_type", "/mock/errorOutput/error"},
		with(`,"stateConfiguration":{"retrierRetryCount":-1}`):                                                {422, "out_of_range", "/stateConfiguration/retrierRetryCount"},
		with(`,"mock":{"result":1},"stateConfiguration":{"retrierRetryCount":1001}`):                          {422, "invalid_configuration", ""},
		with(`,"stateConfiguration":{"more":1}`):                                                              {400, "unknown_field", "/stateConfiguration/more"},
		`{"definition":"{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::sqs:sendMessage\",\"End\":true}"}`: {422, "mock_required", ""},
		`{"definition":"{\"Type\":\"Succeed\"}","mock":{"result":1}}`:                                         {422, "invalid_mock", ""},
	} {
		p := f.refused(f.do("POST", "/v1/test-state", body), want.status, want.code)
		if want.pointer != "" && (len(p.Errors) == 0 || p.Errors[0].Pointer != want.pointer) {
			t.Errorf("%s: %+v", body, p)
		}
	}
	f.refused(f.do("POST", "/v1/test-state", ""), 400, "invalid_json")
	p := f.refused(f.do("POST", "/v1/test-state", `{"definition":"{\"Type\":\"Pass\",\"Next\":1}"}`), 422, "invalid_definition")
	if len(p.Errors) == 0 || !strings.Contains(p.Errors[0].Detail, "Next") {
		t.Errorf("the faults are not told: %+v", p)
	}
}
