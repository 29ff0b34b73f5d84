package server

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/functions"
)

const definition = `{"States":{"one":"inc","two":"double","three":"inc"}}`

func TestWorkflowLifecycle(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, name := range []string{"inc", "double", "flow"} { // one name for a function and a workflow: row 18
		f.register(name)
	}
	body := string(mustJSON(t, api.Workflow{Name: "flow", Definition: definition}))
	got := into[api.Workflow](f, f.do("POST", "/v1/workflows", body), http.StatusCreated)
	if got.Language != "asl" || got.Type != "STANDARD" || strings.Join(got.Functions, " ") != "double inc" || got.Version == "" {
		t.Errorf("got %+v", got)
	}
	f.refused(f.do("POST", "/v1/workflows", body), http.StatusConflict, "workflow_exists")
	f.refused(f.do("PUT", "/v1/workflows/flow", string(mustJSON(t, got)), `If-Match: "stale"`), http.StatusPreconditionFailed, "if_match")
	got.Type = "EXPRESS"
	put := into[api.Workflow](f, f.do("PUT", "/v1/workflows/flow", string(mustJSON(t, got)), `If-Match: "`+got.Version+`"`), http.StatusOK)
	if put.Type != "EXPRESS" || put.Version == got.Version {
		t.Errorf("after the update: %+v", put)
	}
	small := string(mustJSON(t, api.Workflow{Name: "other", Definition: `{"States":{"one":"inc"}}`, Language: "dag"}))
	into[api.Workflow](f, f.do("PUT", "/v1/workflows/other", small), http.StatusCreated)
	f.refused(f.do("PUT", "/v1/workflows/other", string(mustJSON(t, got))), 422, "invalid_name")
	if list := into[api.WorkflowList](f, f.do("GET", "/v1/workflows", ""), http.StatusOK); len(list.Workflows) != 2 {
		t.Errorf("listed %+v", list)
	}
	into[api.Workflow](f, f.do("GET", "/v1/workflows/FLOW", ""), http.StatusOK)
	f.refused(f.do("DELETE", "/v1/workflows/flow?functions=perhaps", ""), 400, "invalid_parameter")
	f.refused(f.do("DELETE", "/v1/workflows/flow", "", `If-Match: "stale"`), 412, "if_match")
	if a := f.do("DELETE", "/v1/workflows/flow?functions=true", ""); a.status != http.StatusNoContent {
		t.Errorf("deleting: %d %s", a.status, a.body)
	}
	// inc is used by other, double by nobody.
	if names := into[[]string](f, f.do("GET", "/functions", ""), http.StatusOK); strings.Join(names, " ") != "flow inc" {
		t.Errorf("left: %v", names)
	}
	f.refused(f.do("GET", "/v1/workflows/flow", ""), http.StatusNotFound, "workflow_not_found")
	f.refused(f.do("DELETE", "/v1/workflows/flow", ""), http.StatusNotFound, "workflow_not_found")
	f.refused(f.do("POST", "/v1/workflows/flow/executions", "{}"), http.StatusNotFound, "workflow_not_found")
	if a := f.do("DELETE", "/v1/workflows/other", ""); a.status != http.StatusNoContent {
		t.Errorf("deleting: %d", a.status)
	}
	if names := into[[]string](f, f.do("GET", "/functions", ""), http.StatusOK); strings.Join(names, " ") != "flow inc" {
		t.Errorf("left: %v", names)
	}
}

func TestBadWorkflows(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for body, want := range map[string]struct {
		status  int
		code    string
		pointer string
	}{
		`{"name":"w","definition":"{}"}`:                          {422, "invalid_definition", "/States"},
		`{"name":"w","definition":"{"}`:                           {422, "invalid_definition", "/States"},
		`{"name":"w","definition":""}`:                            {422, "invalid_definition", "/definition"},
		`{"name":"w"}`:                                            {422, "required", "/definition"},
		`{"name":"a/b","definition":"{\"States\":{}}"}`:           {422, "invalid_name", "/name"},
		`{"name":"","definition":"{\"States\":{}}"}`:              {422, "invalid_name", "/name"},
		`{"name":"w","definition":{"States":{}}}`:                 {422, "invalid_type", "/definition"},
		`{"name":"w","definition":"x","type":"FAST"}`:             {422, "invalid_value", "/type"},
		`{"name":"w","definition":"x","language":"cobol"}`:        {422, "invalid_value", "/language"},
		`{"name":"w","definition":"x","definitionn":"y"}`:         {400, "unknown_field", "/definitionn"},
		`{"name":"w","Name":"x","definition":"{\"States\":{} }"}`: {400, "unknown_field", "/Name"},
	} {
		p := f.refused(f.do("POST", "/v1/workflows", body), want.status, want.code)
		if len(p.Errors) != 1 || p.Errors[0].Pointer != want.pointer {
			t.Errorf("%s: %+v", body, p.Errors)
		}
	}
}

func TestCompatWorkflows(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	source := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	create := func(name, text string, overwrite bool) answer {
		return f.do("POST", "/workflow/create", fmt.Sprintf(`{"Name":%q,"ASLSrc":%q,"OverwriteIfExists":%v}`, name, source(text), overwrite))
	}
	if got := into[api.CreatedResponse](f, create("flow", definition, false), http.StatusOK); got.Created != "flow" {
		t.Errorf("got %+v", got)
	}
	f.refused(create("flow", definition, false), http.StatusConflict, "workflow_exists")
	into[api.CreatedResponse](f, create("flow", definition, true), http.StatusOK)
	f.refused(create("flow2", "{}", false), http.StatusBadRequest, "invalid_definition")
	f.refused(create("a/b", definition, false), http.StatusBadRequest, "invalid_name")
	f.refused(f.do("POST", "/workflow/create", `{"Name":"w","ASLSrc":"%%"}`), http.StatusBadRequest, "invalid_definition")
	f.refused(f.do("POST", "/workflow/create", `{"Name":"w"}`), http.StatusBadRequest, "invalid_definition")
	f.refused(f.do("POST", "/workflow/create", `{"Name":1}`), http.StatusBadRequest, "invalid_type")
	if names := into[[]string](f, f.do("GET", "/workflow/list", ""), http.StatusOK); strings.Join(names, " ") != "flow" {
		t.Errorf("listed %v", names)
	}

	body := `{"Params":{"n":1},"QoS":{"Class":1,"MaxRespT":2},"CanDoOffloading":true,"Async":false}`
	a := f.do("POST", "/workflow/invoke/Flow", body)
	got := into[api.WorkflowInvokeResponse](f, a, http.StatusOK)
	if !got.Success || string(got.Result) != `{"n":1}` || got.ResponseTime <= 0 || got.Error != nil {
		t.Errorf("got %s", a.body)
	}
	first, second := got.Reports["Function_one"], got.Reports["Function_one_2"]
	if len(got.Reports) != 2 || first == nil || !first.Success || second == nil || !second.Success {
		t.Errorf("reports: %s", a.body)
	}
	if req := f.engine.last(t); req.Workflow != "flow" || req.Definition != definition || req.Level != engine.Standard || req.Class != 1 || req.Local {
		t.Errorf("the engine got %+v", req)
	}
	into[api.WorkflowInvokeResponse](f, f.do("POST", "/workflow/invoke/flow", ""), http.StatusOK)
	f.refused(f.do("POST", "/workflow/invoke/nobody", ""), http.StatusNotFound, "workflow_not_found")
	f.refused(f.do("POST", "/workflow/invoke/flow", `{"QoS":{"Class":"x"}}`), 422, "invalid_type")

	id := into[api.AsyncResponse](f, f.do("POST", "/workflow/invoke/flow", `{"Async":true}`), http.StatusOK).ReqId
	if got := into[api.WorkflowInvokeResponse](f, f.do("GET", "/poll/"+id, ""), http.StatusOK); !got.Success || got.ReqId != id {
		t.Errorf("polled %+v", got)
	}
	f.engine.call = func(context.Context, *engine.Request) (*functions.Result, error) {
		return &functions.Result{Failure: &functions.Failure{Type: "Broken", Message: "because"}}, nil
	}
	failed := into[api.WorkflowInvokeResponse](f, f.do("POST", "/workflow/invoke/flow", ""), http.StatusInternalServerError)
	if failed.Success || failed.Error == nil || failed.Error.Error != "Broken" || failed.Error.Cause != "because" || string(failed.Result) != "{}" {
		t.Errorf("got %+v", failed)
	}
	into[api.DeletedResponse](f, f.do("POST", "/workflow/delete", `{"Name":"flow"}`), http.StatusOK)
	f.refused(f.do("POST", "/workflow/delete", `{"Name":"flow"}`), http.StatusNotFound, "workflow_not_found")
}

func TestExecutions(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	into[api.Workflow](f, f.do("PUT", "/v1/workflows/flow", string(mustJSON(t, api.Workflow{Name: "flow", Definition: definition}))), http.StatusCreated)
	const path = "/v1/workflows/flow/executions"
	got := into[api.Execution](f, f.do("POST", path, `{"input":[1,2],"name":"mine","class":3,"timeout":"10s"}`), http.StatusOK)
	if got.Status != "SUCCEEDED" || got.Name != "mine" || got.Workflow != "flow" || string(got.Output) != "[1,2]" || len(got.Tasks) != 3 {
		t.Errorf("got %+v", got)
	}
	again := into[api.Execution](f, f.do("POST", path, `{"input":[1,2],"name":"mine"}`), http.StatusOK)
	if again.ID != got.ID {
		t.Errorf("%s, then %s", got.ID, again.ID)
	}
	f.refused(f.do("POST", path, `{"input":[3],"name":"mine"}`), http.StatusConflict, "name_taken")
	f.refused(f.do("POST", path, `{"input":[3],"name":"mine"}`, "Idempotency-Key: k"), 422, "invalid_request")
	f.refused(f.do("POST", path, `{"name":"idem:x"}`), 422, "invalid_name")
	f.refused(f.do("POST", path, `{"definition":"x"}`), 400, "unknown_field")
	keyed := into[api.Execution](f, f.do("POST", path, `{}`, "Idempotency-Key: k"), http.StatusOK)
	if a := into[api.Execution](f, f.do("POST", path, `{}`, "Idempotency-Key: k"), http.StatusOK); a.ID != keyed.ID || a.Name != "" {
		t.Errorf("%s, then %s (%s)", keyed.ID, a.ID, a.Name)
	}
	f.refused(f.do("POST", path, `{"input":1}`, "Idempotency-Key: k"), 422, "idempotency_mismatch")

	a := f.do("POST", path, "", "Prefer: respond-async")
	accepted := into[api.Execution](f, a, http.StatusAccepted)
	if accepted.Status != "RUNNING" || a.header.Get("Location") != "/v1/executions/"+accepted.ID {
		t.Errorf("accepted %+v, %v", accepted, a.header)
	}
	f.refused(f.do("POST", path, `{"async":true,"type":"EXPRESS"}`), 422, "express_async")
	into[api.Execution](f, f.do("POST", path, `{"type":"EXPRESS"}`), http.StatusOK)
	if f.engine.last(t).Level != engine.Express {
		t.Error("the type of the request does not count")
	}

	run := into[api.Execution](f, f.do("POST", "/v1/executions", string(mustJSON(t, map[string]any{"definition": definition, "input": 7}))), http.StatusOK)
	if req := f.engine.last(t); req.Language != "asl" || req.Definition != definition || req.Workflow != "" || string(run.Output) != "7" {
		t.Errorf("got %+v, the engine %+v", run, req)
	}
	f.refused(f.do("POST", "/v1/executions", `{"input":7}`), 422, "required")
	f.refused(f.do("POST", "/v1/executions", `{"definition":"nonsense"}`), 422, "invalid_definition")
	f.refused(f.do("POST", "/v1/executions", ``), 400, "invalid_json")

	history := into[api.History](f, f.do("GET", "/v1/executions/"+got.ID+"/history", ""), http.StatusOK)
	if len(history.Events) != 1 {
		t.Errorf("got %+v", history)
	}
	stopped := into[api.Execution](f, f.do("POST", "/v1/executions/"+got.ID+"/stop", `{"error":"Why","cause":"because"}`), http.StatusOK)
	if stopped.Status != "ABORTED" || stopped.Failure.Error != "Why" {
		t.Errorf("got %+v", stopped)
	}
	into[api.Execution](f, f.do("POST", "/v1/executions/"+got.ID+"/stop", ""), http.StatusOK)
	f.refused(f.do("POST", "/v1/executions/"+got.ID+"/stop", `{"error":"`+strings.Repeat("e", 257)+`"}`), 422, "too_long")
	for _, id := range []string{strings.Repeat("0", 28), "short"} {
		f.refused(f.do("GET", "/v1/executions/"+id, ""), http.StatusNotFound, "execution_not_found")
		f.refused(f.do("GET", "/v1/executions/"+id+"/history", ""), http.StatusNotFound, "execution_not_found")
		f.refused(f.do("POST", "/v1/executions/"+id+"/stop", ""), http.StatusNotFound, "execution_not_found")
	}
}

// TestListExecutions is B-019.
func TestListExecutions(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("hello")
	into[api.InvocationResult](f, f.do("POST", "/v1/functions/hello/invocations", `{"async":true}`), http.StatusAccepted)
	list := into[api.ExecutionList](f, f.do("GET", "/v1/executions?limit=1000&status=RUNNING&workflow=flow&cursor=0001KA", ""), http.StatusOK)
	want := engine.Filter{Namespace: "default", Workflow: "flow", Status: dag.Running, Limit: 1000, After: "0001KA"}
	if len(list.Executions) != 1 || f.engine.listed != want {
		t.Errorf("listed %+v by %+v", list, f.engine.listed)
	}
	into[api.ExecutionList](f, f.do("GET", "/v1/executions?limit=1", ""), http.StatusOK)
	for _, query := range []string{
		"limit=0", "limit=-1", "limit=1001", "limit=1e9", "limit=", "limit=x", "limit=1&limit=2", "cursor=tampered", "cursor=a%2Fb", "cursor=",
		"status=DONE", "status=", "workflow=a%2Fb", "lmit=3", "a=%zz", "limit=1;status=RUNNING",
	} {
		f.refused(f.do("GET", "/v1/executions?"+query, ""), http.StatusBadRequest, "invalid_parameter")
	}
	f.refused(f.do("GET", "/v1/functions?limit=3", ""), http.StatusBadRequest, "invalid_parameter")
}
