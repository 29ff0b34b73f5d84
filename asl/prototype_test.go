package asl_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// What the research prototype makes of definitions, line by line of its report
// (section 6), and what they mean: a row each.
func TestWhatThePrototypeGetsWrong(t *testing.T) {
	t.Parallel()
	choice := func(rule string) string {
		return `{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[` + rule + `],"Default":"No"},
			"Yes":{"Type":"Pass","Result":"yes","End":true},"No":{"Type":"Pass","Result":"no","End":true}}}`
	}
	states := func(text string) string { return `{"StartAt":"A","States":{` + text + `}}` }
	for name, c := range map[string]struct{ definition, input, want string }{
		// what works there
		"task chain":   {states(`"A":{"Type":"Task","Resource":"inc","Next":"B"},"B":{"Type":"Task","Resource":"inc","End":true}`), `{"n":1}`, `{"n":3}`},
		"integer rule": {choice(`{"Variable":"$.n","NumericEquals":2,"Next":"Yes"}`), `{"n":2}`, `"yes"`},
		"string rule":  {choice(`{"Variable":"$.s","StringEquals":"x","Next":"Yes"}`), `{"s":"y"}`, `"no"`},
		"succeed":      {states(`"A":{"Type":"Succeed"}`), `{"n":1}`, `{"n":1}`},
		// what answers 500 there
		"Parallel":        {states(`"A":{"Type":"Parallel","Branches":[{"StartAt":"B","States":{"B":{"Type":"Task","Resource":"inc","End":true}}},{"StartAt":"C","States":{"C":{"Type":"Succeed"}}}],"End":true}`), `{"n":1}`, `[{"n":2},{"n":1}]`},
		"Map":             {states(`"A":{"Type":"Map","ItemProcessor":{"StartAt":"B","States":{"B":{"Type":"Task","Resource":"inc","End":true}}},"End":true}`), `[{"n":1},{"n":2}]`, `[{"n":2},{"n":3}]`},
		"Pass":            {states(`"A":{"Type":"Pass","Result":5,"ResultPath":"$.r","End":true}`), `{"n":1}`, `{"n":1,"r":5}`},
		"Wait":            {states(`"A":{"Type":"Wait","Seconds":3,"End":true}`), `{"n":1}`, `{"n":1}`},
		"Retry":           {states(`"A":{"Type":"Task","Resource":"flaky","Retry":[{"ErrorEquals":["Busy"]}],"End":true}`), `{}`, `"at last"`},
		"Catch":           {states(`"A":{"Type":"Task","Resource":"broken","Catch":[{"ErrorEquals":["Broken"],"Next":"B"}],"End":true},"B":{"Type":"Pass","Result":"caught","End":true}`), `{}`, `"caught"`},
		"no Default":      {states(`"A":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericEquals":1,"Next":"B"}]},"B":{"Type":"Succeed"}`), `{"n":2}`, "!States.NoChoiceMatched"},
		"endless cycle":   {states(`"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Choice","Choices":[{"Variable":"$.stop","IsPresent":true,"Next":"C"}],"Default":"A"},"C":{"Type":"Succeed"}`), `{}`, "!States.Runtime"},
		"cycle that ends": {states(`"A":{"Type":"Task","Resource":"inc","Next":"B"},"B":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericLessThan":5,"Next":"A"}],"Default":"C"},"C":{"Type":"Succeed"}`), `{"n":0}`, `{"n":5}`},
		// what is wrong there without a word
		"Or is not always true": {choice(`{"Or":[{"Variable":"$.n","NumericEquals":1},{"Variable":"$.n","NumericEquals":2}],"Next":"Yes"}`), `{"n":3}`, `"no"`},
		"float operand":         {choice(`{"Variable":"$.n","NumericGreaterThan":0.5,"Next":"Yes"}`), `{"n":0.75}`, `"yes"`},
		"rule with a Comment":   {choice(`{"Comment":"why","Variable":"$.n","NumericEquals":1,"Next":"Yes"}`), `{"n":1}`, `"yes"`},
		"nested And":            {choice(`{"And":[{"Or":[{"Variable":"$.n","NumericEquals":1},{"Variable":"$.n","NumericEquals":2}]},{"Not":{"Variable":"$.m","IsNull":true}}],"Next":"Yes"}`), `{"n":2,"m":1}`, `"yes"`},
		"nested Or":             {choice(`{"Or":[{"And":[{"Variable":"$.n","NumericEquals":1},{"Variable":"$.m","NumericEquals":1}]}],"Next":"Yes"}`), `{"n":1,"m":2}`, `"no"`},
		"Path operand":          {choice(`{"Variable":"$.n","NumericLessThanPath":"$.m","Next":"Yes"}`), `{"n":2,"m":3}`, `"yes"`},
		"IsPresent false":       {choice(`{"Variable":"$.x","IsPresent":false,"Next":"Yes"}`), `{"x":1}`, `"no"`},
		"TimeoutSeconds":        {states(`"A":{"Type":"Task","Resource":"slow","TimeoutSeconds":5,"End":true}`), `{}`, "!States.Timeout"},
		"machine timeout":       {`{"TimeoutSeconds":5,"StartAt":"A","States":{"A":{"Type":"Task","Resource":"slow","End":true}}}`, `{}`, "TIMED_OUT"},
		"Parameters":            {states(`"A":{"Type":"Task","Resource":"inc","Parameters":{"n.$":"$.m"},"End":true}`), `{"m":4}`, `{"n":5}`},
		"ResultPath":            {states(`"A":{"Type":"Task","Resource":"inc","ResultPath":"$.r","End":true}`), `{"n":1}`, `{"n":1,"r":{"n":2}}`},
		"Fail":                  {states(`"A":{"Type":"Fail","Error":"Boom","Cause":"why"}`), `{}`, "!Boom"},
	} {
		tries := 0
		w := &world{functions: map[string]behaviour{
			"inc": inc,
			"flaky": func(value.Value) (value.Value, *dag.Failure, time.Duration) {
				if tries++; tries < 3 {
					return value.Value{}, &dag.Failure{Error: "Busy"}, 0
				}
				return value.OfString("at last"), nil, 0
			},
			"broken": fails("Broken", 0),
			"slow":   slow,
		}}
		if got := ended(play(t, w, c.definition, c.input)); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
	if _, err := asl.Compile(states(`"A":{"Type":"Pass","Next":"Nowhere"}`), asl.Options{}); err == nil || !strings.Contains(err.Error(), "Nowhere") {
		t.Errorf("an unknown Next: %v", err)
	}
}

// Choices in a row do not grow: there the tasks behind k of them become 2^k.
func TestChoicesInARow(t *testing.T) {
	t.Parallel()
	const k = 40
	var b strings.Builder
	for i := range k {
		fmt.Fprintf(&b, `"C%d":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericEquals":%d,"Next":"T%d"}],"Default":"C%d"},"T%d":{"Type":"Task","Resource":"inc","Next":"C%d"},`, i, i, i, i+1, i, i+1)
	}
	definition := fmt.Sprintf(`{"StartAt":"C0","States":{%s"C%d":{"Type":"Succeed"}}}`, b.String(), k)
	g, err := asl.Compile(definition, asl.Options{})
	if err != nil || len(g.States) != 2*k+1 {
		t.Fatalf("%d states, %v", len(g.States), err)
	}
	w := &world{functions: map[string]behaviour{"inc": inc}}
	if got := ended(play(t, w, definition, `{"n":0}`)); got != fmt.Sprintf(`{"n":%d}`, k) || len(w.calls) != k {
		t.Errorf("got %s after %d calls", got, len(w.calls))
	}
}
