package asl_test

import (
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// query wraps the fields of a state of JSONata in a machine of that one state.
func query(fields string) string { return one(`"QueryLanguage":"JSONata",` + fields) }

// TestJSONata runs one state and looks at its output; f answers with an array
// of what it gets.
func TestJSONata(t *testing.T) {
	t.Parallel()
	const (
		task     = `"Type":"Task","Resource":"f","End":true`
		pass     = `"Type":"Pass","End":true`
		branches = `"Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}]`
	)
	cases := []struct{ name, fields, input, want string }{
		{"Arguments", task + `,"Arguments":{"n":"{% $states.input.a + 1 %}","l":["{% $states.input.a %}","x",null],"o":{"k":"{% 'v' %}"}}`, `{"a":1}`, `[{"n":2,"l":[1,"x",null],"o":{"k":"v"}}]`},
		{"Arguments as one expression", task + `,"Arguments":"{% $states.input.a %}"`, `{"a":[1]}`, `[[1]]`},
		{"Arguments that are fixed", task + `,"Arguments":7`, `{"a":1}`, `[7]`},
		{"no Arguments", task, `{"a":1}`, `[{"a":1}]`},
		{"Arguments of Parallel", `"Type":"Parallel","End":true,"Arguments":{"b":"{% $states.input.a %}"},` + branches, `{"a":1}`, `[{"b":1}]`},
		{"Output of Parallel", `"Type":"Parallel","End":true,"Output":"{% $states.result[0].a + $states.input.a %}",` + branches, `{"a":1}`, `2`},
		{"Output sees result and input", task + `,"Arguments":2,"Output":{"r":"{% $states.result[0] %}","i":"{% $states.input %}"}`, `{"a":1}`, `{"r":2,"i":{"a":1}}`},
		{"no Output", task + `,"Arguments":2`, `{"a":1}`, `[2]`},
		{"Output null", task + `,"Output":null`, `{"a":1}`, `null`},
		{"Output of null", task + `,"Output":"{% null %}"`, `{"a":1}`, `null`},
		{"Output of Pass", pass + `,"Output":{"b":"{% $states.input.a %}"}`, `{"a":1}`, `{"b":1}`},
		{"Pass without Output", pass, `{"a":1}`, `{"a":1}`},
		{"Output of Wait", `"Type":"Wait","Seconds":0,"End":true,"Output":"{% $states.input.a %}"`, `{"a":1}`, `1`},
		{"Output of Succeed", `"Type":"Succeed","Output":["{% $states.input.a %}"]`, `{"a":1}`, `[1]`},
		{"Succeed without Output", `"Type":"Succeed"`, `{"a":1}`, `{"a":1}`},
		{"keys are no expressions", pass + `,"Output":{"{% 'k' %}":"{% 1 %}"}`, `{}`, `{"{% 'k' %}":1}`},
		{"other texts are no expressions", pass + `,"Output":["a {% 1 %} b","$states.input","{ % 1 % }","$.a",""]`, `{"a":1}`, `["a {% 1 %} b","$states.input","{ % 1 % }","$.a",""]`},
		{"keys of JSONPath are keys", pass + `,"Output":{"a.$":"$.a"}`, `{"a":1}`, `{"a.$":"$.a"}`},
		{"no blanks", pass + `,"Output":"{%1+1%}"`, `{}`, `2`},
		{"several lines", pass + `,"Output":"{%\n  1 +\n  1\n%}"`, `{}`, `2`},
		{"the context", pass + `,"Output":"{% $states.context.Execution.Id & $states.context.State.Name & $states.context.Execution.Input.a %}"`, `{"a":1}`, `"e1S1"`},
		{"all of $states", pass + `,"Output":"{% $keys($states) %}"`, `{}`, `["input","context"]`},
		{"all of $states after work", task + `,"Output":"{% $keys($states) %}"`, `{}`, `["input","context","result"]`},
		{"undefined in an object of an expression", pass + `,"Output":"{% {'a': $states.input.no, 'b': 1} %}"`, `{}`, `{"b":1}`},
		{"key order and large numbers are kept", pass + `,"Output":"{% $states.input %}"`, `{"b":12345678901234567890,"a":1.50}`, `{"b":12345678901234567890,"a":1.50}`},
		{"a sequence of one is its item", pass + `,"Output":"{% $states.input.l[n > 1].n %}"`, `{"l":[{"n":1},{"n":2}]}`, `2`},
		{"a sequence", pass + `,"Output":"{% $states.input.l.n %}"`, `{"l":[{"n":1},{"n":2}]}`, `[1,2]`},
		{"$partition", pass + `,"Output":"{% $partition([1,2,3], 2) %}"`, `{}`, `[[1,2],[3]]`},
		{"$partition of one", pass + `,"Output":"{% $partition([0], 1) %}"`, `{}`, `[[0]]`},
		{"$range", pass + `,"Output":"{% $range(1, 9, 4) %}"`, `{}`, `[1,5,9]`},
		{"$range of one", pass + `,"Output":"{% $range(1, 9, 9) %}"`, `{}`, `1`},
		{"$hash", pass + `,"Output":"{% $hash('a', 'SHA-1') %}"`, `{}`, `"86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"`},
		{"$parse", pass + `,"Output":"{% $parse('{\"a\": [1]}').a %}"`, `{}`, `[1]`},
		{"$uuid", pass + `,"Output":"{% $match($uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/).index %}"`, `{}`, `0`},
		{"$random", pass + `,"Output":"{% ($r := $random(); $r >= 0 and $r < 1 and $r != $random()) %}"`, `{}`, `true`},
		{"$random of a seed", pass + `,"Output":"{% $random(5) = $random(5) and $random(5) != $random(6) %}"`, `{}`, `true`},
		{"$now is the state's", pass + `,"Output":"{% $now() = $states.context.State.EnteredTime %}"`, `{}`, `true`},
		{"Fail", `"Type":"Fail","Error":"{% 'E' & $states.input.a %}","Cause":"{% 'for ' & $states.input.a %}"`, `{"a":1}`, `!E1 for 1`},
		{"Fail with fixed texts", `"Type":"Fail","Error":"E","Cause":"$.a"`, `{"a":1}`, `!E $.a`},
		{"Fail without anything", `"Type":"Fail"`, `{"a":1}`, `!none `},
	}
	for _, c := range cases {
		w := &world{functions: map[string]behaviour{"f": list}}
		checkEnd(t, c.name, play(t, w, query(c.fields), c.input), c.want)
	}
}

// Expressions fail the state with AWS's name and AWS's words.
func TestJSONataFailures(t *testing.T) {
	t.Parallel()
	const task, pass = `"Type":"Task","Resource":"f","End":true`, `"Type":"Pass","End":true`
	const processor = `"End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}`
	cases := []struct{ fields, want string }{
		{pass + `,"Output":"{% $states.input.no %}"`, "The JSONata expression '$states.input.no' specified for the field 'Output' returned nothing (undefined)."},
		{pass + `,"Output":{"result":["{% 1 %}","{%   $states.input.no\n %}"]}`, "The JSONata expression '$states.input.no' specified for the field 'Output/result[1]' returned nothing (undefined)."},
		{pass + `,"Output":{"result":"{% $randomSeeded(1) %}"}`, "The JSONata expression '$randomSeeded(1)' specified for the field 'Output/result' threw an error during evaluation. T1006: Attempted to invoke a non-function"},
		{pass + `,"Output":"{% $eval('1') %}"`, "The JSONata expression '$eval('1')' specified for the field 'Output' threw an error during evaluation. T1006: Attempted to invoke a non-function"},
		{pass + `,"Output":"{% function($x){$x} %}"`, "The JSONata expression 'function($x){$x}' specified for the field 'Output' returned an unsupported result type."},
		{pass + `,"Assign":{"x":"{% $states.input.no %}"}`, "The JSONata expression '$states.input.no' specified for the field 'Assign/x' returned nothing (undefined)."},
		{task + `,"Arguments":{"a":{"b":"{% $states.input.no %}"}}`, "The JSONata expression '$states.input.no' specified for the field 'Arguments/a/b' returned nothing (undefined)."},
		{task + `,"Output":{"b":"{% $states.result.no %}"}`, "The JSONata expression '$states.result.no' specified for the field 'Output/b' returned nothing (undefined)."},
		{task + `,"TimeoutSeconds":"{% 'x' %}"`, "The JSONata expression ''x'' specified for the field 'TimeoutSeconds' returned an unexpected result type. Expected 'integer', but was 'string' for value: \"x\""},
		{task + `,"TimeoutSeconds":"{% 0 %}"`, "TimeoutSeconds must be positive."},
		{task + `,"HeartbeatSeconds":"{% 1.5 %}"`, "The JSONata expression '1.5' specified for the field 'HeartbeatSeconds' returned an unexpected result type. Expected 'integer', but was 'number' for value: 1.5"},
		{task + `,"HeartbeatSeconds":"{% -1 %}"`, "HeartbeatSeconds must be positive."},
		{`"Type":"Wait","End":true,"Seconds":"{% -1 %}"`, "Seconds cannot be negative."},
		{`"Type":"Wait","End":true,"Seconds":"{% true %}"`, "The JSONata expression 'true' specified for the field 'Seconds' returned an unexpected result type. Expected 'integer', but was 'boolean' for value: true"},
		{`"Type":"Wait","End":true,"Timestamp":"{% 1 %}"`, "The JSONata expression '1' specified for the field 'Timestamp' returned an unexpected result type. Expected 'string', but was 'number' for value: 1"},
		{`"Type":"Wait","End":true,"Timestamp":"{% '2016-12-05 21:29:29Z' %}"`, "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: 2016-12-05 21:29:29Z"},
		{`"Type":"Fail","Error":"{% 1 %}"`, "The JSONata expression '1' specified for the field 'Error' returned an unexpected result type. Expected 'string', but was 'number' for value: 1"},
		{`"Type":"Fail","Cause":"{% $states.input.no %}"`, "The JSONata expression '$states.input.no' specified for the field 'Cause' returned nothing (undefined)."},
		{`"Type":"Map","Items":"{% 1 %}",` + processor, "The JSONata expression '1' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was 'number' for value: 1"},
		{`"Type":"Map","Items":"{% null %}",` + processor, "The JSONata expression 'null' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was 'null' for value: null"},
		{`"Type":"Map","Items":["{% $states.input.no %}"],` + processor, "The JSONata expression '$states.input.no' specified for the field 'Items[0]' returned nothing (undefined)."},
		{`"Type":"Map",` + strings.Replace(processor, `"End"`, `"ItemSelector":{"v":"{% $states.input.no %}"},"Items":[1],"End"`, 1), "The JSONata expression '$states.input.no' specified for the field 'ItemSelector/v' returned nothing (undefined)."},
		{`"Type":"Map","Items":[1],"MaxConcurrency":"{% 'x' %}",` + processor, "The JSONata expression ''x'' specified for the field 'MaxConcurrency' returned an unexpected result type. Expected 'integer', but was 'string' for value: \"x\""},
		{`"Type":"Map","Items":[1],"MaxConcurrency":"{% -1 %}",` + processor, "MaxConcurrency cannot be negative."},
	}
	for _, c := range cases {
		w := &world{functions: map[string]behaviour{"f": echo}}
		o := play(t, w, query(c.fields), `{"a":1}`)
		checkEnd(t, c.fields, o, "!States.QueryEvaluationError "+c.want)
		if o.Failure != nil && (o.Failure.Fatal || !strings.HasPrefix(o.Failure.Cause, "An error occurred while executing the state 'S' (entered at the event id #2). ")) {
			t.Errorf("%s: got %+v", c.fields, o.Failure)
		}
	}
	for input, want := range map[string]string{
		`1`:           `!States.QueryEvaluationError Map state input must be an array but was: 1`,
		`null`:        `!States.QueryEvaluationError Map state input must be an array but was: null`,
		`[1,2]`:       `[1,2]`,
		`[]`:          `[]`,
		`{"a":[1,2]}`: `[[1,2]]`, // since 2025 a Map goes through objects, too
	} {
		checkEnd(t, "a Map without Items over "+input, play(t, &world{}, query(`"Type":"Map",`+processor), input), want)
	}
}

// The fields that take a number, a date or a boolean take an expression.
func TestJSONataNumbersAndDates(t *testing.T) {
	t.Parallel()
	const task = `"Type":"Task","Resource":"f","End":true`
	cases := []struct {
		fields, want string
		took         time.Duration
	}{
		{task + `,"TimeoutSeconds":"{% $states.input.n %}"`, "!States.Timeout", 3 * time.Second},
		{task + `,"TimeoutSeconds":7,"HeartbeatSeconds":"{% $states.input.n %}"`, "!States.Timeout", 3 * time.Second},
		{task + `,"TimeoutSeconds":"{% $states.input.n %}","HeartbeatSeconds":7`, "!States.Timeout", 3 * time.Second},
		{`"Type":"Wait","End":true,"Seconds":"{% $states.input.n %}"`, `{"n":3}`, 3 * time.Second},
		{`"Type":"Wait","End":true,"Seconds":"{% 0 %}"`, `{"n":3}`, 0},
		{`"Type":"Wait","End":true,"Seconds":4`, `{"n":3}`, 4 * time.Second},
		{`"Type":"Wait","End":true,"Timestamp":"{% '2026-01-02T03:04:0' & (5 + $states.input.n) & '.5Z' %}"`, `{"n":3}`, 3500 * time.Millisecond},
		{`"Type":"Wait","End":true,"Timestamp":"2026-01-02T04:04:09+01:00"`, `{"n":3}`, 4 * time.Second},
		{`"Type":"Wait","End":true,"Timestamp":"{% '2001-01-01T00:00:00Z' %}"`, `{"n":3}`, 0},
		{`"Type":"Wait","End":true,"Timestamp":"{% '9999-12-31T23:59:59Z' %}"`, `!States.Runtime Wait state delay is too long.`, 0},
		{`"Type":"Wait","End":true,"Seconds":"{% 2147483647 %}"`, `{"n":3}`, (1<<31 - 1) * time.Second},
		{`"Type":"Wait","End":true,"Seconds":"{% 2147483648 %}"`, `!States.Runtime Wait state delay is too long.`, 0},
		{`"Type":"Wait","End":true,"Seconds":"{% 1e18 %}"`, `!States.Runtime Wait state delay is too long.`, 0},
	}
	for _, c := range cases {
		w := &world{functions: map[string]behaviour{"f": slow}}
		checkEnd(t, c.fields, play(t, w, query(c.fields), `{"n":3}`), c.want)
		if took := w.now.Sub(epoch); took != c.took {
			t.Errorf("%s: took %s, want %s", c.fields, took, c.took)
		}
	}
}

func TestJSONataChoice(t *testing.T) {
	t.Parallel()
	cases := []struct{ choices, want string }{
		{`{"Condition":"{% $states.input.n = 1 %}","Next":"Y"}`, `{"to":"Y","got":{"n":1}}`},
		{`{"Condition":"{% $states.input.n > 1 %}","Next":"Y"}`, `{"to":"N","got":"default"}`},
		{`{"Condition":true,"Next":"Y"}`, `{"to":"Y","got":{"n":1}}`},
		{`{"Condition":false,"Next":"Y"}`, `{"to":"N","got":"default"}`},
		{`{"Condition":"{% false %}","Next":"N"},{"Condition":"{% $states.input.n in [1,2] %}","Next":"Y"},{"Condition":true,"Next":"N"}`, `{"to":"Y","got":{"n":1}}`},
		{`{"Condition":true,"Output":{"m":"{% $states.input.n + 1 %}"},"Next":"Y"}`, `{"to":"Y","got":{"m":2}}`},
		{`{"Condition":false,"Output":"mine","Next":"Y"}`, `{"to":"N","got":"default"}`},
		{`{"Condition":true,"Output":null,"Next":"Y"}`, `{"to":"Y","got":null}`},
		{`{"Condition":"{% $states.context.State.Name = 'C' %}","Comment":"why","Next":"Y"}`, `{"to":"Y","got":{"n":1}}`},
		{`{"Condition":"{% 1 %}","Next":"Y"}`, `!States.QueryEvaluationError The JSONata expression '1' specified for the field 'Condition' returned an unexpected result type. Expected 'boolean', but was 'number' for value: 1`},
		{`{"Condition":"{% $states.input.no %}","Next":"Y"}`, `!States.QueryEvaluationError The JSONata expression '$states.input.no' specified for the field 'Condition' returned nothing (undefined).`},
		{`{"Condition":true,"Next":"Y"},{"Condition":"{% $states.input.no %}","Next":"Y"}`, `{"to":"Y","got":{"n":1}}`}, // never looked at
		{`{"Condition":true,"Output":"{% $states.input.no %}","Next":"Y"}`, `!States.QueryEvaluationError The JSONata expression '$states.input.no' specified for the field 'Output' returned nothing (undefined).`},
	}
	for _, c := range cases {
		definition := `{"QueryLanguage":"JSONata","StartAt":"C","States":{"C":{"Type":"Choice","Choices":[` + c.choices + `],"Default":"N","Output":"default"},
			"Y":{"Type":"Pass","Output":{"to":"Y","got":"{% $states.input %}"},"End":true},"N":{"Type":"Pass","Output":{"to":"N","got":"{% $states.input %}"},"End":true}}}`
		checkEnd(t, c.choices, play(t, &world{}, definition, `{"n":1}`), c.want)
	}
}

func TestJSONataMap(t *testing.T) {
	t.Parallel()
	const processor = `"Type":"Map","End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Task","Resource":"f","End":true}}}`
	const told = `{% $states.context.Map.Item.Key & $states.context.Map.Item.Index & $states.context.Map.Item.Source %}`
	cases := []struct {
		fields, want string
		most         int
	}{
		{`"Items":"{% $states.input.l %}"`, `[[5],[6],[7]]`, 3},
		{`"Items":[1,"{% $states.input.n %}","x"]`, `[[1],[2],["x"]]`, 3},
		{`"Items":[1]`, `[[1]]`, 1},
		{`"Items":{"a":1,"b":"{% $states.input.n %}"}`, `[[1],[2]]`, 2},
		{`"Items":"{% {'a': 1, 'b': 2} %}","ItemSelector":"` + told + `"`, `[["a0STATE_DATA"],["b1STATE_DATA"]]`, 2},
		{`"Items":"{% $states.input.l %}","ItemSelector":{"v":"{% $states.context.Map.Item.Value * $states.input.n %}","i":"{% $states.context.Map.Item.Index %}"}`,
			`[[{"v":10,"i":0}],[{"v":12,"i":1}],[{"v":14,"i":2}]]`, 3},
		{`"Items":"{% $states.input.l %}","MaxConcurrency":1`, `[[5],[6],[7]]`, 1},
		{`"Items":"{% $states.input.l %}","MaxConcurrency":"{% $states.input.n %}"`, `[[5],[6],[7]]`, 2},
		{`"Items":"{% $states.input.l %}","MaxConcurrency":"{% 0 %}"`, `[[5],[6],[7]]`, 3},
		{`"Items":"{% $states.input.l %}","Output":"{% $count($states.result) + $states.input.n %}"`, `5`, 3},
		{`"Items":"{% [] %}"`, `[]`, 0},
	}
	for _, c := range cases {
		w := &world{functions: map[string]behaviour{"f": func(v value.Value) (value.Value, *dag.Failure, time.Duration) {
			return value.OfArray(v), nil, time.Second
		}}}
		definition := strings.Replace(query(processor+","+c.fields), `"StartAt":"S"`, `"QueryLanguage":"JSONata","StartAt":"S"`, 1)
		checkEnd(t, c.fields, play(t, w, definition, `{"l":[5,6,7],"n":2}`), c.want)
		if w.most != c.most {
			t.Errorf("%s: %d items were under way at a time, want %d", c.fields, w.most, c.most)
		}
	}
}

// What goes wrong in a Task is caught, also in its expressions; a Catch shapes
// and assigns with the error output.
func TestJSONataCatch(t *testing.T) {
	t.Parallel()
	catch := func(fields string) string { return `"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"` + fields + `}]` }
	cases := []struct{ name, fields, want string }{
		{"the error output", catch(``), `{"got":{"Error":"E","Cause":"because"}}`},
		{"Output", catch(`,"Output":{"e":"{% $states.errorOutput.Error %}","i":"{% $states.input.a %}"}`), `{"got":{"e":"E","i":1}}`},
		{"Output that is fixed", catch(`,"Output":"sorry"`), `{"got":"sorry"}`},
		{"all of $states", catch(`,"Output":"{% $keys($states) %}"`), `{"got":["input","context","errorOutput"]}`},
		{"no result", catch(`,"Output":"{% {'r': $states.result} %}"`), `{"got":{}}`},
		{"Assign", catch(`,"Assign":{"v":"{% $states.errorOutput.Cause & $states.input.a %}"},"Output":null`), `{"got":null,"v":"because1"}`},
		{"instead of the state's Assign and Output", `"Assign":{"v":"mine"},"Output":"mine",` + catch(``), `{"got":{"Error":"E","Cause":"because"}}`},
		{"the first that matches", `"Catch":[{"ErrorEquals":["F"],"Next":"C","Output":1},{"ErrorEquals":["E"],"Next":"C","Output":2},{"ErrorEquals":["States.ALL"],"Next":"C","Output":3}]`, `{"got":2}`},
		{"Arguments", `"Arguments":"{% $states.input.no %}",` + catch(`,"Output":"{% $states.errorOutput.Error %}"`), `{"got":"States.QueryEvaluationError"}`},
		{"an expression by name", `"TimeoutSeconds":"{% 'x' %}","Catch":[{"ErrorEquals":["States.QueryEvaluationError"],"Next":"C","Output":1}]`, `{"got":1}`},
		{"a Catch that fails", catch(`,"Output":"{% $states.input.no %}"`),
			"!States.QueryEvaluationError The JSONata expression '$states.input.no' specified for the field 'Output' returned nothing (undefined)."},
		{"an Assign of a Catch that fails", catch(`,"Assign":{"v":"{% $states.input.no %}"}`),
			"!States.QueryEvaluationError The JSONata expression '$states.input.no' specified for the field 'Assign/v' returned nothing (undefined)."},
	}
	for _, c := range cases {
		definition := `{"QueryLanguage":"JSONata","StartAt":"T","States":{"T":{"Type":"Task","Resource":"f","End":true,` + c.fields + `},
			"C":{"Type":"Pass","Output":"{% {'got': $states.input, 'v': $v} %}","End":true}}}`
		w := &world{functions: map[string]behaviour{"f": fails("E", 0)}}
		checkEnd(t, c.name, play(t, w, definition, `{"a":1}`), c.want)
	}
	retried := query(`"Type":"Task","Resource":"f","End":true,"Output":"{% $states.context.State.RetryCount = 2 ? $states.context.State.RetryCount : $no %}",
		"Retry":[{"ErrorEquals":["States.QueryEvaluationError"],"IntervalSeconds":1,"BackoffRate":1}]`)
	w := &world{functions: map[string]behaviour{"f": echo}}
	checkEnd(t, "an Output that is retried", play(t, w, retried, `{}`), `2`)
	if len(w.calls) != 3 || w.now.Sub(epoch) != 2*time.Second {
		t.Errorf("an Output that is retried: %d calls in %s", len(w.calls), w.now.Sub(epoch))
	}
}

// States of one machine may have different query languages; what is nested has
// that of the machine.
func TestMixedLanguages(t *testing.T) {
	t.Parallel()
	const definition = `{"StartAt":"A","States":{
		"A":{"Type":"Pass","QueryLanguage":"JSONata","Output":{"n":"{% $states.input.n + 1 %}","a.$":"$.n"},"Assign":{"v":"{% $states.input.n %}"},"Next":"B"},
		"B":{"Type":"Pass","Parameters":{"n.$":"$.n","text":"{% $states.input.n %}","v.$":"$v"},"Next":"M"},
		"M":{"Type":"Map","QueryLanguage":"JSONata","Items":"{% [$states.input] %}","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","Parameters":{"i.$":"$.n","o":"{% 1 %}","v.$":"$v"},"End":true}}},
			"Output":{"m":"{% $states.result %}","v":"{% $v %}"},"End":true}}}`
	checkEnd(t, "a machine of JSONPath", play(t, &world{}, definition, `{"n":1}`), `{"m":[{"i":2,"o":"{% 1 %}","v":1}],"v":1}`)
	for text, want := range map[string]string{
		`{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","QueryLanguage":"JSONPath","End":true}}}`:                                                                                      "ASL042",
		`{"QueryLanguage":"JSONata","StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","QueryLanguage":"JSONPath","End":true}}}],"End":true}}}`:           "ASL042",
		`{"QueryLanguage":"JSONata","StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","Output":"{% 1 %}","End":true}}}],"End":true}}}`:                   "",
		`{"StartAt":"P","States":{"P":{"Type":"Parallel","QueryLanguage":"JSONata","Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","Output":"{% 1 %}","End":true}}}],"End":true}}}`:                   "ASL007",
		`{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}],"End":true}}}`:                                      "ASL007",
		`{"QueryLanguage":"JSONPath","StartAt":"A","States":{"A":{"Type":"Pass","QueryLanguage":"JSONPath","InputPath":"$","Next":"B"},"B":{"Type":"Pass","QueryLanguage":"JSONata","Output":1,"End":true}}}`: "",
	} {
		if got := codes(text, asl.Options{}); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// What is wrong with expressions is told before anything runs.
func TestJSONataProblems(t *testing.T) {
	t.Parallel()
	const (
		task   = `"Type":"Task","Resource":"f","End":true`
		pass   = `"Type":"Pass","End":true`
		choice = `"Type":"Choice","Choices":[`
	)
	for fields, want := range map[string]string{
		// $states
		pass + `,"Output":"{% $states.result %}"`:                                                       "ASL025",
		pass + `,"Assign":{"a":"{% $states.result %}"}`:                                                 "ASL025",
		pass + `,"Output":"{% $states.errorOutput %}"`:                                                  "ASL025",
		pass + `,"Output":"{% $states.inpt %}"`:                                                         "ASL026",
		task + `,"Arguments":"{% $states.result %}"`:                                                    "ASL025",
		task + `,"TimeoutSeconds":"{% $states.result %}"`:                                               "ASL025",
		task + `,"Output":"{% $states.result %}","Assign":{"a":"{% $states.result %}"}`:                 "",
		task + `,"Output":"{% $states.errorOutput %}"`:                                                  "ASL025",
		task + `,"Assign":{"a":"{% $states.errorOutput %}"}`:                                            "ASL025",
		task + `,"Catch":[{"ErrorEquals":["E"],"Next":"S","Output":"{% $states.errorOutput %}"}]`:       "",
		task + `,"Catch":[{"ErrorEquals":["E"],"Next":"S","Assign":{"a":"{% $states.errorOutput %}"}}]`: "",
		task + `,"Catch":[{"ErrorEquals":["E"],"Next":"S","Output":"{% $states.result %}"}]`:            "ASL026",
		choice + `{"Condition":"{% $states.result %}","Next":"S"}],"Default":"S"`:                       "ASL030 ASL025",
		choice + `{"Condition":true,"Next":"S","Output":"{% $states.errorOutput %}"}],"Default":"S"`:    "ASL030 ASL025",
		`"Type":"Wait","End":true,"Seconds":"{% $states.result %}"`:                                     "ASL025",
		`"Type":"Wait","End":true,"Timestamp":"{% $states.result %}"`:                                   "ASL025",
		`"Type":"Fail","Cause":"{% $states.errorOutput %}"`:                                             "ASL025",
		`"Type":"Succeed","Output":"{% $states.result %}"`:                                              "ASL025",
		pass + `,"Output":"{% ($states := 1; 1) %}"`:                                                    "ASL025",
		pass + `,"Output":"{% a.b %}"`:                                                                  "ASL026",
		pass + `,"Output":"{% $ %}"`:                                                                    "ASL026",
		pass + `,"Output":"{% $states.input.l[$.a = a] %}"`:                                             "", // within a predicate there is a document
		pass + `,"Output":"{% $states.input.l.a %}"`:                                                    "",
		// delimiters and syntax
		pass + `,"Output":"{% 1"`:       "ASL025",
		pass + `,"Output":"1 %}"`:       "ASL025",
		pass + `,"Output":" {% 1 %}"`:   "ASL025",
		pass + `,"Output":"{% 1 %} "`:   "ASL025",
		pass + `,"Output":"{%%}"`:       "ASL025",
		pass + `,"Output":"{%}"`:        "ASL025",
		pass + `,"Output":"{% 1 + %}"`:  "ASL025",
		pass + `,"Output":["{% ( %}"]`:  "ASL025",
		pass + `,"Assign":{"a":"{% ("}`: "ASL025",
		// values
		task + `,"TimeoutSeconds":"x"`:                                        "ASL005",
		task + `,"TimeoutSeconds":"{% x"`:                                     "ASL025",
		task + `,"TimeoutSeconds":0`:                                          "ASL009",
		`"Type":"Wait","End":true,"Seconds":"3"`:                              "ASL005",
		`"Type":"Wait","End":true,"Timestamp":"{% ("`:                         "ASL025",
		`"Type":"Wait","End":true,"Timestamp":"soon"`:                         "ASL024",
		`"Type":"Wait","End":true,"Seconds":1,"Timestamp":"{% 1 %}"`:          "ASL008",
		`"Type":"Fail","Error":1`:                                             "ASL005",
		`"Type":"Fail","Error":"{% ("`:                                        "ASL025",
		choice + `{"Condition":1,"Next":"S"}],"Default":"S"`:                  "ASL030 ASL005",
		choice + `{"Condition":"true","Next":"S"}],"Default":"S"`:             "ASL030 ASL025",
		choice + `{"Condition":"{% (","Next":"S"}],"Default":"S"`:             "ASL030 ASL025",
		choice + `{"Next":"S"}],"Default":"S"`:                                "ASL030 ASL006",
		choice + `{"Variable":"$.a","IsNull":true,"Next":"S"}],"Default":"S"`: "ASL030 ASL006 ASL007 ASL007",
		// fields of JSONPath
		pass + `,"InputPath":"$"`:            "ASL007",
		pass + `,"Result":1`:                 "ASL007",
		pass + `,"Parameters":{}`:            "ASL007",
		task + `,"ResultPath":"$"`:           "ASL007",
		task + `,"ResultSelector":{}`:        "ASL007",
		task + `,"TimeoutSecondsPath":"$.a"`: "ASL007",
		task + `,"Catch":[{"ErrorEquals":["E"],"Next":"S","ResultPath":"$.a"}]`: "ASL007",
		`"Type":"Fail","ErrorPath":"$.a"`:                                       "ASL007",
		`"Type":"Wait","End":true,"Seconds":1,"Output":1,"OutputPath":"$"`:      "ASL007",
	} {
		if got := codes(query(fields), asl.Options{}); got != want {
			t.Errorf("%s: got %s, want %s", fields, got, want)
		}
	}
	for fields, want := range map[string]string{
		`"Items":1`: "ASL005", `"Items":"x"`: "ASL005", `"Items":"{% ("`: "ASL025", `"Items":"{% $states.result %}"`: "ASL025", `"ItemsPath":"$"`: "ASL007",
		`"ItemSelector":"{% $states.result %}"`: "ASL025", `"Items":[],"MaxConcurrency":"{% $states.result %}"`: "ASL025", `"Items":[],"MaxConcurrency":-1`: "ASL009",
		`"Parameters":{}`: "ASL007", `"Items":{},"Output":"{% $states.result %}"`: "",
	} {
		text := query(`"Type":"Map","End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Succeed"}}},` + fields)
		if got := codes(text, asl.Options{}); got != want {
			t.Errorf("%s: got %s, want %s", fields, got, want)
		}
	}
}
