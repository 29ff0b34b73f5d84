package mock_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/mock"
	"github.com/serverledge/serverledge/internal/fault"
)

const file = `{
  "StateMachines": {
    "Orders": {"TestCases": {"Happy": {"Pay": "PaySucceeds", "Ship": "Nothing"}, "Broken": {"Pay": "PayBusy"}, "Lost": {"Pay": "PaySuceeds"}}},
    "Returns": {"TestCases": {"Happy": {"Refund": "Nothing"}, "Typo": {"Refund": "Typo"}, "Wrong": {"Refund": "Wrong"}}}
  },
  "MockedResponses": {
    "PaySucceeds": {"0": {"Return": {"paid": 1.0}}},
    "PayBusy": {"0-1": {"Throw": {"Error": "Busy", "Cause": "try again"}}, "2": {"Return": "late"}},
    "Nothing": {"0": {"Return": null}},
    "Typo": {"0": {"Retrun": 1}},
    "Wrong": {"0": {"Throw": "Busy"}}
  }
}`

func TestCase(t *testing.T) {
	t.Parallel()
	answers, err := mock.Case([]byte(file), "Orders", "Happy")
	if err != nil || len(answers) != 2 || answers["Pay"][0].Return.String() != `{"paid":1.0}` || answers["Ship"][0].Return.String() != "null" {
		t.Errorf("got %+v, %v", answers, err)
	}
	answers, err = mock.Case([]byte(file), "", "Broken")
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []string{"Busy", "Busy", "", dag.ErrorRuntime} {
		answer, mocked := answers.Of("Pay", n)
		got := ""
		if answer.Throw != nil {
			got = answer.Throw.Error
		}
		if !mocked || got != want {
			t.Errorf("call %d: got %+v, want %q", n, answer, want)
		}
	}
	if _, mocked := answers.Of("Ship", 0); mocked {
		t.Error("a state that the case does not name is mocked")
	}
}

// TestBadCases: each error says what is wrong and what was perhaps meant.
func TestBadCases(t *testing.T) {
	t.Parallel()
	for of, c := range map[string]struct{ file, says, hint string }{
		"/Happy":        {file, `2 state machines have a test case "Happy"`, "MACHINE/CASE"},
		"/Hapy":         {file, `no test case "Hapy"`, `did you mean "Happy"?`},
		"Orders/Typo":   {file, `no test case "Typo"`, "it has Broken, Happy, Lost"},
		"Order/Happy":   {file, `no state machine "Order"`, `did you mean "Orders"?`},
		"/Lost":         {file, `state "Pay" wants the response "PaySuceeds"`, `did you mean "PaySucceeds"?`},
		"/Typo":         {file, `response "Typo": unknown field "Retrun"`, ""},
		"/Wrong":        {file, `response "Wrong": "Throw" must not be of type string`, ""},
		"/no JSON":      {`{"a":`, "is not JSON", ""},
		"/twice":        {`{"StateMachines":{},"StateMachines":{}}`, "is not JSON", ""},
		"/unknown":      {`{"StateMachine":{}}`, `unknown field "StateMachine"`, ""},
		"/wrong type":   {`{"StateMachines":[]}`, `"StateMachines" must not be of type array`, ""},
		"Nobody/Number": {`{}`, `no state machine "Nobody"`, ""},
	} {
		machine, name, _ := strings.Cut(of, "/")
		_, err := mock.Case([]byte(c.file), machine, name)
		e := fault.From(err)
		if e.Kind != fault.Invalid || e.Code != "invalid_mock" || !strings.Contains(e.Detail, c.says) || !strings.Contains(e.Hint, c.hint) {
			t.Errorf("%s: got %s (%s)", of, e.Detail, e.Hint)
		}
	}
}

// TestAnswersAreWrittenAndRead: an execution keeps its mocks in its header.
func TestAnswersAreWrittenAndRead(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"A":{"0":{"Return":null}}}`, `{"A":{"0":{"Throw":{}}}}`, `{"A":{}}`, `{}`,
		`{"A":{"0":{"Return":{"z":1.0,"a":[]}},"1-3":{"Throw":{"Error":"E","Cause":"c"}}},"B":{"7":{"Return":false}}}`,
	} {
		var answers mock.Answers
		if err := json.Unmarshal([]byte(text), &answers); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if again, err := json.Marshal(answers); err != nil || string(again) != text {
			t.Errorf("%s was written as %s, %v", text, again, err)
		}
	}
	for _, text := range []string{
		`{"A":{"0":{}}}`, `{"A":{"0":{"Return":1,"Throw":{}}}}`, `{"A":{"-1":{"Return":1}}}`, `{"A":{"1000001":{"Return":1}}}`,
		`{"A":{"0-1":{"Return":1},"1-2":{"Return":1}}}`, `{"A":{"2-1":{"Return":1}}}`, `{"A":{"0":{"return":1,"Other":2}}}`, `{"A":1}`,
	} {
		var answers mock.Answers
		if err := json.Unmarshal([]byte(text), &answers); err == nil {
			t.Errorf("%s was read as %+v", text, answers)
		}
	}
}
