package mock_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/mock"
	"github.com/serverledge/serverledge/internal/fault"
)

const file = `{
  "StateMachines": {
    "Orders": {"TestCases": {
      "Paid": {"Charge": "Charged", "Ship": "ShippedAtLast"},
      "Refused": {"Charge": "CardRefused"},
      "Dangling": {"Charge": "Chargd"}
    }},
    "Returns": {"TestCases": {"Refused": {"Refund": "CardRefused"}}}
  },
  "MockedResponses": {
    "Charged": {"0": {"Return": {"id": 7, "sum": 1.50}}},
    "CardRefused": {"0": {"Throw": {"Error": "CardRefused", "Cause": "no money"}}},
    "ShippedAtLast": {"0-1": {"Throw": {"Error": "Busy"}}, "2": {"Return": null}}
  }
}`

func TestCase(t *testing.T) {
	t.Parallel()
	answers, err := mock.Case([]byte(file), "", "Paid")
	if err != nil {
		t.Fatal(err)
	}
	call := dag.Invoke{Activation: 3, Attempt: 2}
	for _, c := range []struct {
		state  string
		n      int
		mocked bool
		want   dag.Event
	}{
		{"Charge", 0, true, dag.Succeeded{Activation: 3, Attempt: 2, Whole: true}},
		{"Ship", 0, true, dag.Failed{Activation: 3, Attempt: 2, Failure: dag.Failure{Error: "Busy"}}},
		{"Ship", 1, true, dag.Failed{Activation: 3, Attempt: 2, Failure: dag.Failure{Error: "Busy"}}},
		{"Ship", 2, true, dag.Succeeded{Activation: 3, Attempt: 2, Whole: true}},
		{"Other", 0, false, nil},
	} {
		answer, mocked := answers.Of(c.state, c.n)
		if mocked != c.mocked {
			t.Errorf("%s: mocked is %t", c.state, mocked)
		}
		if !mocked {
			continue
		}
		got := answer.Event(call)
		if s, ok := got.(dag.Succeeded); ok { // the values are compared below
			s.Output = dag.Succeeded{}.Output
			got = s
		}
		if got != c.want {
			t.Errorf("%s %d: got %+v", c.state, c.n, got)
		}
	}
	charged, _ := answers.Of("Charge", 0)
	if got := charged.Return.String(); got != `{"id":7,"sum":1.50}` {
		t.Errorf("got %s", got)
	}
	beyond, mocked := answers.Of("Ship", 3)
	if !mocked || beyond.Throw == nil || !beyond.Throw.Fatal || !strings.Contains(beyond.Throw.Cause, "call 3 of state 'Ship'") {
		t.Errorf("beyond the last answer: %+v", beyond)
	}
	if answers, err = mock.Case([]byte(file), "Returns", "Refused"); err != nil || len(answers) != 1 || answers["Refund"] == nil {
		t.Errorf("by machine: %v, %v", answers, err)
	}
}

// Answers keep their meaning through JSON: an execution carries them.
func TestAnswersAreJSON(t *testing.T) {
	t.Parallel()
	answers, err := mock.Case([]byte(file), "Orders", "Paid")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(answers)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"Charge":{"0":{"Return":{"id":7,"sum":1.50}}},"Ship":{"0-1":{"Throw":{"Error":"Busy"}},"2":{"Return":null}}}`
	if string(text) != want {
		t.Errorf("got %s", text)
	}
	var again mock.Answers
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	if twice, err := json.Marshal(again); err != nil || string(twice) != want {
		t.Errorf("read again: %s, %v", twice, err)
	}
}

func TestCaseRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, machine, testCase, want, hint string }{
		"no JSON":       {"{", "", "Paid", "not JSON", ""},
		"unknown field": {`{"StateMachine":{}}`, "", "Paid", "unknown field", ""},
		"no case":       {file, "", "Paidd", `no test case "Paidd"`, `did you mean "Paid"?`},
		"ambiguous":     {file, "", "Refused", "2 state machines have a test case", "FILE#MACHINE/CASE"},
		"no machine":    {file, "Order", "Paid", `no state machine "Order"`, `did you mean "Orders"?`},
		"dangling":      {file, "Orders", "Dangling", `wants the response "Chargd"`, `did you mean "Charged"?`},
		"both":          {strings.Replace(file, `{"Return": null}`, `{"Return": 1, "Throw": {}}`, 1), "", "Paid", "both Return and Throw", ""},
		"neither":       {strings.Replace(file, `{"Return": null}`, `{}`, 1), "", "Paid", "needs Return or Throw", ""},
		"no number":     {strings.Replace(file, `"0-1"`, `"first"`, 1), "", "Paid", `"first" is neither`, ""},
		"backwards":     {strings.Replace(file, `"0-1"`, `"1-0"`, 1), "", "Paid", `"1-0" is neither`, ""},
		"misspelt":      {strings.Replace(file, `"Return": null`, `"Retrun": null`, 1), "", "Paid", `response "ShippedAtLast": unknown field "Retrun"`, ""},
		"no object":     {strings.Replace(file, `{"Error": "Busy"}`, `"Busy"`, 1), "", "Paid", `response "ShippedAtLast": "Throw" must not be of type string`, ""},
		"wrong type":    {`{"StateMachines":[]}`, "", "Paid", `"StateMachines" must not be of type array`, ""},
		"twice":         {strings.Replace(file, `"0-1"`, `"0-2"`, 1), "", "Paid", "call 2 has two answers", ""},
	} {
		_, err := mock.Case([]byte(c.file), c.machine, c.testCase)
		if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) || !strings.Contains(fault.From(err).Hint, c.hint) {
			t.Errorf("%s: got %v (%s)", name, err, fault.From(err).Hint)
		}
	}
}
