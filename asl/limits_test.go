package asl_test

import (
	"strings"
	"testing"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag"
)

// Each limit holds at its value and not one beyond.
func TestLimits(t *testing.T) {
	t.Parallel()
	pass := func(call string) string {
		return one(`"Type":"Pass","End":true,"OutputPath":null,"Parameters":{"r.$":"` + call + `"}`)
	}
	const processor = `"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","OutputPath":null,"End":true}}}`
	text := func(n int) string { return `"` + strings.Repeat("x", n-2) + `"` }
	const data, intrinsic = "!States.DataLimitExceeded", "!States.IntrinsicFailure"
	cases := []struct {
		name           string
		limits         asl.Limits
		at, beyond     string
		inputs         [2]string // at and beyond; {} when empty
		want, exceeded string    // the code of a problem begins with "ASL"
	}{
		{"the output of a Pass", asl.Limits{Payload: 20}, one(`"Type":"Pass","End":true,"Result":` + text(20)), one(`"Type":"Pass","End":true,"Result":` + text(21)), [2]string{}, text(20), data},
		{"Parameters", asl.Limits{Payload: 20}, one(`"Type":"Pass","End":true,"Parameters":{"r.$":"$.x"}`), "", [2]string{`{"x":` + text(14) + `}`, `{"x":` + text(15) + `}`}, `{"r":` + text(14) + `}`, data},
		{"Parameters of a Task", asl.Limits{Payload: 20}, one(`"Type":"Task","Resource":"f","End":true,"Parameters":{"r":[` + text(12) + `]}`), one(`"Type":"Task","Resource":"f","End":true,"Parameters":{"r":[` + text(13) + `]}`), [2]string{}, `{"r":[` + text(12) + `]}`, data},
		{"the result of a Task", asl.Limits{Payload: 20}, one(`"Type":"Task","Resource":"f","End":true,"ResultPath":null`), "", [2]string{text(20), text(21)}, text(20), data},
		{"the output with a ResultPath", asl.Limits{Payload: 29}, one(`"Type":"Pass","Result":` + text(10) + `,"ResultPath":"$.r","End":true`), one(`"Type":"Pass","Result":` + text(11) + `,"ResultPath":"$.r","End":true`), [2]string{`{"x":12345678}`, `{"x":12345678}`}, `{"x":12345678,"r":` + text(10) + `}`, data},
		{"Output of JSONata", asl.Limits{Payload: 20}, query(`"Type":"Pass","End":true,"Output":"{% $states.input & 'x' %}"`), "", [2]string{text(19), text(20)}, text(20), data},
		{"the result for JSONata", asl.Limits{Payload: 20}, query(`"Type":"Task","Resource":"f","End":true,"Output":1`), "", [2]string{text(20), text(21)}, `1`, data},
		{"ItemSelector", asl.Limits{Payload: 29}, one(`"Type":"Map","End":true,"ItemSelector":{"a":` + text(10) + `,"v.$":"$$.Map.Item.Value"},` + processor), "", [2]string{`[12345678]`, `[123456789]`}, `[{}]`, data},
		{"the result of a function", asl.Limits{Payload: 25}, pass("States.ArrayLength(States.Array($.a, $.a))"), "", [2]string{`{"a":"xxxxxxxxx"}`, `{"a":"xxxxxxxxxx"}`}, `{}`, intrinsic},
		{"the result of Map and Parallel", asl.Limits{Payload: 24}, one(`"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":{"Type":"Succeed"}}},{"StartAt":"B","States":{"B":{"Type":"Succeed"}}}],"OutputPath":null`), "", [2]string{`"12345678"`, `"123456789"`}, `{}`, data},
		{"the result of Map and Parallel for JSONata", asl.Limits{Payload: 24}, query(`"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":{"Type":"Succeed"}}},{"StartAt":"B","States":{"B":{"Type":"Succeed"}}}],"Output":1`), "", [2]string{`"12345678"`, `"123456789"`}, `1`, data},
		{"the name of a state", asl.Limits{Name: 3}, `{"StartAt":"äbc","States":{"äbc":{"Type":"Succeed"}}}`, `{"StartAt":"äbcd","States":{"äbcd":{"Type":"Succeed"}}}`, [2]string{}, `{}`, "ASL014"},
		{"a label", asl.Limits{Label: 3}, distributed(`"Label":"äbc","ItemsPath":"$.l"`), distributed(`"Label":"äbcd","ItemsPath":"$.l"`), [2]string{`{"l":[]}`, ""}, `[]`, "ASL014"},
		{"a batch", asl.Limits{Payload: 20}, distributed(`"ItemsPath":"$.l","ItemBatcher":{"MaxInputBytesPerBatch":20}`), distributed(`"ItemsPath":"$.l","ItemBatcher":{"MaxInputBytesPerBatch":21}`), [2]string{`{"l":[]}`, ""}, `[]`, "ASL009"},
		{"a range", asl.Limits{Range: 3}, pass("States.ArrayRange(1, 7, 3)"), pass("States.ArrayRange(1, 10, 3)"), [2]string{}, `{}`, intrinsic},
		{"a range downwards", asl.Limits{Range: 3}, pass("States.ArrayRange(3, 1, -1)"), pass("States.ArrayRange(3, 0, -1)"), [2]string{}, `{}`, intrinsic},
		{"Base64Encode", asl.Limits{Coded: 4}, pass("States.Base64Encode('äbcd')"), pass("States.Base64Encode('äbcde')"), [2]string{}, `{}`, intrinsic},
		{"Base64Decode", asl.Limits{Coded: 4}, pass("States.Base64Decode('aGk=')"), pass("States.Base64Decode('aGkhaGk=')"), [2]string{}, `{}`, intrinsic},
		{"Hash", asl.Limits{Coded: 4}, pass("States.Hash($.a, 'MD5')"), "", [2]string{`{"a":1234}`, `{"a":12345}`}, `{}`, intrinsic},
		{"nested functions", asl.Limits{Calls: 2}, pass("States.Array(States.Array())"), pass("States.Array(States.Array(States.Array()))"), [2]string{}, `{}`, "ASL022"},
		{"the variables of an Assign", asl.Limits{Variable: 10}, one(`"Type":"Pass","End":true,"Assign":{"a":` + text(10) + `}`), one(`"Type":"Pass","End":true,"Assign":{"a":` + text(11) + `}`), [2]string{}, `{}`, data},
		{"transitions", asl.Limits{Execution: dag.Limits{Transitions: 2}}, chain("JSONPath", `"Type":"Pass"`, `"Type":"Pass"`), chain("JSONPath", `"Type":"Pass"`, `"Type":"Pass"`, `"Type":"Pass"`), [2]string{}, `{}`, "!States.Runtime"},
		{"entries", asl.Limits{Execution: dag.Limits{Entries: 3}}, chain("JSONPath", `"Type":"Task","Resource":"f"`, `"Type":"Task","Resource":"f"`), chain("JSONPath", `"Type":"Task","Resource":"f"`, `"Type":"Task","Resource":"f"`, `"Type":"Task","Resource":"f"`), [2]string{}, `{}`, "!States.Runtime"},
		{"all variables", asl.Limits{Execution: dag.Limits{Variables: 10}}, one(`"Type":"Pass","End":true,"Assign":{"a":` + text(10) + `}`), one(`"Type":"Pass","End":true,"Assign":{"a":` + text(11) + `}`), [2]string{}, `{}`, "!States.Runtime"},
	}
	for _, c := range cases {
		for i, definition := range []string{c.at, c.beyond} {
			if definition == "" {
				definition = c.at
			}
			input, want := c.inputs[i], []string{c.want, c.exceeded}[i]
			if input == "" {
				input = `{}`
			}
			options := asl.Options{Limits: c.limits}
			if strings.HasPrefix(want, "ASL") {
				if got := codes(definition, options); got != want {
					t.Errorf("%s, one beyond: got %s, want %s", c.name, got, want)
				}
				continue
			}
			w := &world{functions: map[string]behaviour{"f": echo}, options: options}
			checkEnd(t, c.name, play(t, w, definition, input), want)
		}
	}
}

// The limits of AWS are those of the zero Options.
func TestLimitsOfAWS(t *testing.T) {
	t.Parallel()
	state := func(n int) string {
		name := strings.Repeat("ä", n)
		return `{"StartAt":"` + name + `","States":{"` + name + `":{"Type":"Succeed"}}}`
	}
	nested := func(n int) string {
		return one(`"Type":"Pass","End":true,"Parameters":{"r.$":"` + strings.Repeat("States.Array(", n) + strings.Repeat(")", n) + `"}`)
	}
	for name, c := range map[string]struct{ at, beyond, code string }{
		"names":            {state(80), state(81), "ASL014"},
		"nested functions": {nested(10), nested(11), "ASL022"},
	} {
		if got := codes(c.at, asl.Options{}); got != "" {
			t.Errorf("%s: %s", name, got)
		}
		if got := codes(c.beyond, asl.Options{}); got != c.code {
			t.Errorf("%s, one beyond: %s", name, got)
		}
	}
	for _, function := range []string{"States.Base64Encode($)", "States.Hash($, 'SHA-512')"} {
		definition := one(`"Type":"Pass","End":true,"OutputPath":null,"Parameters":{"r.$":"` + function + `"}`)
		checkEnd(t, function, play(t, &world{}, definition, `"`+strings.Repeat("ä", 10_000)+`"`), `{}`)
		checkEnd(t, function, play(t, &world{}, definition, `"`+strings.Repeat("ä", 10_001)+`"`), `!States.IntrinsicFailure`)
	}
}

// What an inner scope assigned is gone with it, and so are its bytes.
func TestVariablesOfInnerScopesVanish(t *testing.T) {
	t.Parallel()
	const inner = `{"StartAt":"I","States":{"I":{"Type":"Pass","Assign":{"own":"0123456789"},"Next":"J"},"J":{"Type":"Task","Resource":"f","End":true}}}`
	for name, c := range map[string]struct{ state, want string }{
		"items in turn":       {`"Type":"Map","MaxConcurrency":1,"ItemProcessor":` + inner, `{"late":"0123456789"}`},
		"items at a time":     {`"Type":"Map","MaxConcurrency":3,"ItemProcessor":` + inner, `!States.Runtime`},
		"a branch":            {`"Type":"Parallel","Branches":[` + inner + `]`, `{"late":"0123456789"}`},
		"branches once more":  {`"Type":"Parallel","Retry":[{"ErrorEquals":["E"],"MaxAttempts":5}],"Branches":[` + inner + `]`, `{"late":"0123456789"}`},
		"branches that break": {`"Type":"Parallel","Catch":[{"ErrorEquals":["E"],"Next":"Z"}],"Branches":[{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[` + inner + `]}}}]`, `{"late":"0123456789"}`},
	} {
		f := echo
		switch name {
		case "branches once more":
			f = turns("E", "E", "E")
		case "branches that break":
			f = fails("E", 0)
		}
		definition := `{"StartAt":"S","States":{"S":{` + c.state + `,"ResultPath":null,"Next":"Z"},"Z":{"Type":"Pass","Assign":{"late":"0123456789","more":"0123456789"},"Next":"Y"},"Y":{"Type":"Pass","Parameters":{"late.$":"$late"},"End":true}}}`
		w := &world{functions: map[string]behaviour{"f": f}, options: asl.Options{Limits: asl.Limits{Execution: dag.Limits{Variables: 24}}}}
		checkEnd(t, name, play(t, w, definition, `[1,2,3]`), c.want)
	}
}
