package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/functions"
)

var intSignature = &functions.Signature{
	Inputs: []functions.Param{{Name: "n", Type: "Int"}}, Outputs: []functions.Param{{Name: "n", Type: "Int"}},
}

// chainOf is an ASL definition of n tasks in a row.
func chainOf(n int, function string) string {
	var states []string
	for i := 1; i <= n; i++ {
		next := `"End": true`
		if i < n {
			next = fmt.Sprintf(`"Next": "S%d"`, i+1)
		}
		states = append(states, fmt.Sprintf(`"S%d": {"Type": "Task", "Resource": %q, %s}`, i, function, next))
	}
	return `{"StartAt": "S1", "States": {` + strings.Join(states, ",") + `}}`
}

func (n *node) workflow(name, definition string) {
	n.t.Helper()
	if _, err := n.CreateWorkflow(n.t.Context(), api.Workflow{Name: name, Definition: definition}); err != nil {
		n.t.Fatal(err)
	}
}

// run runs a definition without registering it.
func (n *node) run(definition, input string) api.Execution {
	n.t.Helper()
	x, err := n.StartDefinition(n.t.Context(), api.StartExecution{Definition: definition, Input: json.RawMessage(input)})
	if err != nil {
		n.t.Fatalf("%v\n%s", err, definition)
	}
	return x
}

// TestWorkflowsMeanWhatTheySay has row 6: Fail fails, Or and IsPresent decide,
// floats and nested rules count, timeouts end, Parallel, Map, Wait, Retry and
// Catch work.
func TestWorkflowsMeanWhatTheySay(t *testing.T) {
	t.Parallel()
	n := start(t, "sandbox")
	n.example(api.Function{Name: "inc", Handler: "inc.handler", Signature: intSignature}, "inc.py")
	n.function(api.Function{Name: "fails", Handler: "hostile.fails"}, "hostile.py", hostile)
	n.function(api.Function{Name: "endless", Handler: "hostile.endless"}, "hostile.py", hostile)
	choice := func(rule string) string {
		return `{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[` + rule + `],"Default":"No"},
			"Yes":{"Type":"Pass","Result":"yes","End":true},"No":{"Type":"Pass","Result":"no","End":true}}}`
	}
	for name, c := range map[string]struct{ definition, input, status, output, error string }{
		"fail":        {`{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"Boom","Cause":"why"}}}`, `{}`, "FAILED", "", "Boom"},
		"or":          {choice(`{"Or":[{"Variable":"$.n","NumericEquals":1},{"Variable":"$.n","NumericEquals":2}],"Next":"Yes"}`), `{"n":3}`, "SUCCEEDED", `"no"`, ""},
		"float":       {choice(`{"Variable":"$.n","NumericGreaterThan":0.5,"Next":"Yes"}`), `{"n":0.75}`, "SUCCEEDED", `"yes"`, ""},
		"not present": {choice(`{"Variable":"$.x","IsPresent":false,"Next":"Yes"}`), `{"n":1}`, "SUCCEEDED", `"yes"`, ""},
		"nested":      {choice(`{"And":[{"Not":{"Variable":"$.n","NumericEquals":1}},{"Variable":"$.n","NumericLessThanPath":"$.m"}],"Next":"Yes"}`), `{"n":2,"m":3}`, "SUCCEEDED", `"yes"`, ""},
		"no match":    {strings.Replace(choice(`{"Variable":"$.n","NumericEquals":1,"Next":"Yes"}`), `,"Default":"No"`, `,"Default":"Yes"`, 1), `{"n":2}`, "SUCCEEDED", `"yes"`, ""},
		"timeout":     {`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"endless","TimeoutSeconds":1,"End":true}}}`, `{}`, "FAILED", "", "States.Timeout"},
		"whole":       {`{"StartAt":"T","TimeoutSeconds":1,"States":{"T":{"Type":"Task","Resource":"endless","End":true}}}`, `{}`, "TIMED_OUT", "", ""},
		"parallel":    {`{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"inc","End":true}}},{"StartAt":"B","States":{"B":{"Type":"Wait","Seconds":0,"End":true}}}]}}}`, `{"n":1}`, "SUCCEEDED", `[{"n":2},{"n":1}]`, ""},
		"map":         {`{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"MaxConcurrency":2,"ItemsPath":"$.list","ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"inc","End":true}}}}}}`, `{"list":[{"n":1},{"n":5},{"n":9}]}`, "SUCCEEDED", `[{"n":2},{"n":6},{"n":10}]`, ""},
		"catch":       {`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"fails","End":true,"Retry":[{"ErrorEquals":["ValueError"],"IntervalSeconds":1,"MaxAttempts":1}],"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.e","Next":"D"}]},"D":{"Type":"Pass","InputPath":"$.e.Error","End":true}}}`, `{"a":1}`, "SUCCEEDED", `"ValueError"`, ""},
		"uncaught":    {`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"fails","End":true}}}`, `{}`, "FAILED", "", "ValueError"},
		"no function": {`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"nobody","End":true}}}`, `{}`, "FAILED", "", "Function.NotFound"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := n.run(c.definition, c.input)
			if x.Status != c.status || c.output != "" && !same(string(x.Output), c.output) || c.error != "" && (x.Failure == nil || x.Failure.Error != c.error) {
				t.Errorf("got %s %s %+v, want %s %s %s", x.Status, x.Output, x.Failure, c.status, c.output, c.error)
			}
		})
	}
}

// TestFailSaysSoOnTheOldRoute: a failed workflow is no success.
func TestFailSaysSoOnTheOldRoute(t *testing.T) {
	t.Parallel()
	n := start(t, "sandbox")
	n.workflow("broken", `{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"Boom"}}}`)
	if text, err := n.Compat().InvokeWorkflow(t.Context(), "broken", api.WorkflowInvokeRequest{}); err == nil && strings.Contains(string(text), `"Success":true`) {
		t.Errorf("a failed workflow answers %s", text)
	}
}

// TestCyclesEnd has row 20: a cycle neither kills nor pins the node.
func TestCyclesEnd(t *testing.T) {
	t.Parallel()
	n := start(t, "sandbox")
	spin := `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Choice","Choices":[{"Variable":"$.stop","IsPresent":true,"Next":"C"}],"Default":"A"},"C":{"Type":"Succeed"}}}`
	x := n.run(spin, `{}`)
	if x.Status != "FAILED" || x.Failure.Error != "States.Runtime" {
		t.Errorf("an endless cycle: %s %+v", x.Status, x.Failure)
	}
	if x := n.run(spin, `{"stop":1}`); x.Status != "SUCCEEDED" {
		t.Errorf("the same graph with an end: %s %+v", x.Status, x.Failure)
	}
	if _, err := n.CreateWorkflow(t.Context(), api.Workflow{Name: "nowhere", Definition: `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"A"}}}`}); err == nil {
		t.Error("a cycle without an end was registered")
	}
	if err := n.Healthy(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestOneNameForAFunctionAndAWorkflow has row 18.
func TestOneNameForAFunctionAndAWorkflow(t *testing.T) {
	t.Parallel()
	n := start(t, "sandbox")
	n.example(api.Function{Name: "both", Handler: "noop.handler"}, "noop.py")
	n.workflow("both", `{"StartAt":"P","States":{"P":{"Type":"Pass","Result":"workflow","End":true}}}`)
	for range 2 {
		n.must("both", `{}`)
		if x, err := n.Client.Start(t.Context(), "both", api.StartExecution{}); err != nil || string(x.Output) != `"workflow"` {
			t.Errorf("workflow: %s, %v", x.Output, err)
		}
	}
}

// TestShippedWorkflows runs the workflows of examples/.
func TestShippedWorkflows(t *testing.T) {
	t.Parallel()
	n := start(t, "sandbox")
	n.example(api.Function{Name: "inc", Handler: "inc.handler", Signature: intSignature}, "inc.py")
	for file, c := range map[string]struct{ input, output string }{
		"workflow-simple.json":           {`{"n":39}`, `{"n":42}`},
		"workflow-with-choice-task.json": {`{"n":"3"}`, ""},
	} {
		text, err := os.ReadFile(filepath.Join(root, "examples", file))
		if err != nil {
			t.Fatal(err)
		}
		x := n.run(string(text), c.input)
		if x.Status != "SUCCEEDED" && c.output != "" || c.output != "" && !same(string(x.Output), c.output) {
			t.Errorf("%s: %s %s %+v", file, x.Status, x.Output, x.Failure)
		}
	}
}
