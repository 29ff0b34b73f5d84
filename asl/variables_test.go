package asl_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag"
)

// chain makes a machine of states given as fields, one after the other; a state
// without End or Next leads to the following.
func chain(language string, states ...string) string {
	var b strings.Builder
	for i, fields := range states {
		if i > 0 {
			b.WriteByte(',')
		}
		way := ""
		switch {
		case strings.HasPrefix(fields, `"Type":"Succeed"`), strings.HasPrefix(fields, `"Type":"Choice"`), strings.HasPrefix(fields, `"Type":"Fail"`):
		case i == len(states)-1:
			way = `,"End":true`
		default:
			way = fmt.Sprintf(`,"Next":"S%d"`, i+1)
		}
		fmt.Fprintf(&b, `"S%d":{%s%s}`, i, fields, way)
	}
	return `{"QueryLanguage":"` + language + `","StartAt":"S0","States":{` + b.String() + `}}`
}

// Variables are read wherever a path or an expression stands.
func TestVariablesAreReadEverywhere(t *testing.T) {
	t.Parallel()
	const (
		set      = `"Type":"Pass","Assign":{"v":{"a":[5,6],"t":"x","s":2,"when":"2026-01-02T03:04:07Z"},"n":3,"k":"6"}`
		task     = `"Type":"Task","Resource":"f",`
		selected = `"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass"`
	)
	for fields, want := range map[string]string{
		`"Type":"Pass","Parameters":{"x.$":"$v","l":[{"y.$":"$v.a[0]"}],"z.$":"$n"}`:                                 `{"x":{"a":[5,6],"t":"x","s":2,"when":"2026-01-02T03:04:07Z"},"l":[{"y":5}],"z":3}`,
		`"Type":"Pass","Parameters":{"x.$":"$v.a[*]","y.$":"$v.a[?(@ > 5)]","z.$":"$v.no[*]"}`:                       `{"x":[5,6],"y":[6],"z":[]}`,
		`"Type":"Pass","Parameters":{"x.$":"States.MathAdd($n, $v.a[1])","y.$":"States.Format('{}-{}', $v.t, $.i)"}`: `{"x":9,"y":"x-1"}`,
		`"Type":"Pass","Parameters":{"x.$":"States.Array(States.ArrayLength($v.a), $$.State.Name)"}`:                 `{"x":[2,"S1"]}`,
		`"Type":"Pass","InputPath":"$v.a"`:                  `[5,6]`,
		`"Type":"Pass","OutputPath":"$n"`:                   `3`,
		task + `"Parameters":{"x.$":"$n"}`:                  `[{"x":3}]`,
		task + `"ResultSelector":{"r.$":"$[0]","x.$":"$n"}`: `{"r":{"i":1},"x":3}`,
		`"Type":"Parallel","Parameters":{"x.$":"$n"},"Branches":[{"StartAt":"B","States":{"B":{"Type":"Succeed"}}}]`: `[{"x":3}]`,
		`"Type":"Wait","SecondsPath":"$v.s"`:                                                                                   `{"i":1}`,
		`"Type":"Wait","TimestampPath":"$v.when"`:                                                                              `{"i":1}`,
		`"Type":"Succeed","InputPath":"$v.t"`:                                                                                  `"x"`,
		`"Type":"Fail","ErrorPath":"$v.t","CausePath":"States.Format('{}', $n)"`:                                               `!x 3`,
		`"Type":"Map","ItemsPath":"$v.a",` + selected + `,"End":true}}}`:                                                       `[5,6]`,
		`"Type":"Map","ItemsPath":"$v.a","ItemSelector":{"v.$":"$$.Map.Item.Value","n.$":"$n"},` + selected + `,"End":true}}}`: `[{"v":5,"n":3},{"v":6,"n":3}]`,
		`"Type":"Map","ItemsPath":"$v.a","MaxConcurrencyPath":"$n",` + selected + `,"Parameters":{"n.$":"$n"},"End":true}}}`:   `[{"n":3},{"n":3}]`,
		task + `"TimeoutSecondsPath":"$v.t"`:                                                                                   `!States.Runtime The TimeoutSecondsPath field refers to value "x" which is not a valid integer: $v.t`,
		`"Type":"Choice","Choices":[{"Variable":"$v.a[0]","NumericEquals":5,"Next":"S2"}],"Default":"S3"`:                      `"two"`,
		`"Type":"Choice","Choices":[{"Variable":"$.i","NumericGreaterThanPath":"$n","Next":"S2"}],"Default":"S3"`:              `"three"`,
		`"Type":"Choice","Choices":[{"Variable":"$no","IsPresent":true,"Next":"S2"}],"Default":"S3"`:                           `"three"`,
	} {
		states := []string{set, fields}
		if strings.Contains(fields, "Choice") {
			states = append(states, `"Type":"Pass","Result":"two","Next":"S4"`, `"Type":"Pass","Result":"three"`, `"Type":"Succeed"`)
		}
		definition := strings.ReplaceAll(chain("JSONPath", states...), `"Next":"S4","Next":"S3"`, `"Next":"S4"`)
		checkEnd(t, fields, play(t, &world{functions: map[string]behaviour{"f": list}}, definition, `{"i":1}`), want)
	}
	for fields, want := range map[string]string{
		`"Type":"Pass","Output":{"x":"{% $v.a[0] + $n %}","y":"{% $v.t & $states.input.i %}"}`:                                        `{"x":8,"y":"x1"}`,
		task + `"Arguments":"{% $n %}","Output":"{% $states.result[0] + $n %}"`:                                                       `6`,
		`"Type":"Wait","Seconds":"{% $v.s %}","Output":"{% $k %}"`:                                                                    `"6"`,
		`"Type":"Fail","Error":"{% $v.t %}","Cause":"{% $string($n) %}"`:                                                              `!x 3`,
		`"Type":"Map","Items":"{% $v.a %}","ItemSelector":"{% $n + $states.context.Map.Item.Value %}",` + selected + `,"End":true}}}`: `[8,9]`,
		`"Type":"Map","Items":"{% $v.a %}",` + selected + `,"Output":"{% $n %}","End":true}}}`:                                        `[3,3]`,
		`"Type":"Pass","Output":"{% ($n := 10; $n) %}"`:                                                                               `10`, // a variable of the expression
	} {
		checkEnd(t, fields, play(t, &world{functions: map[string]behaviour{"f": list}}, chain("JSONata", set, fields), `{"i":1}`), want)
	}
}

// What a state assigns: from what, and when it is seen.
func TestAssign(t *testing.T) {
	t.Parallel()
	const (
		task = `"Type":"Task","Resource":"f",`
		show = `"Type":"Pass","Parameters":{"in.$":"$","x.$":"$x"}`
		tell = `"Type":"Pass","Output":{"in":"{% $states.input %}","x":"{% $x %}"}`
	)
	cases := []struct {
		name, language, want string
		states               []string
	}{
		{"literals", "JSONPath", `{"in":{"i":1},"x":{"a":["$.i","{% 1 %}",null,true,1.50]}}`, []string{`"Type":"Pass","Assign":{"x":{"a":["$.i","{% 1 %}",null,true,1.50]}}`, show}},
		{"a template", "JSONPath", `{"in":{"i":1},"x":{"a":[{"b":1}],"c":"S0"}}`, []string{`"Type":"Pass","Assign":{"x":{"a":[{"b.$":"$.i"}],"c.$":"$$.State.Name"}}`, show}},
		{"a function", "JSONPath", `{"in":{"i":1},"x":3}`, []string{`"Type":"Pass","Assign":{"x.$":"States.MathAdd($.i, 2)"}`, show}},
		{"the result of a Task, before ResultSelector", "JSONPath", `{"in":"selected","x":[{"i":1}]}`,
			[]string{task + `"ResultSelector":{"r":"selected"},"OutputPath":"$.r","Assign":{"x.$":"$"}`, show}},
		{"the result of a Task, not the input", "JSONPath", `{"in":{"i":1},"x":1}`, []string{task + `"ResultPath":null,"Assign":{"x.$":"$[0].i"}`, show}},
		{"the result of a Map", "JSONPath", `{"in":{"i":1},"x":2}`,
			[]string{`"Type":"Map","ItemsPath":"$.l","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"ResultPath":null,"Assign":{"x.$":"$[1]"}`, show}},
		{"the result of a Parallel", "JSONPath", `{"in":{"i":1},"x":{"i":1}}`,
			[]string{`"Type":"Parallel","Branches":[{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}],"ResultPath":null,"Assign":{"x.$":"$[0]"}`, show}},
		{"the Result of a Pass", "JSONPath", `{"in":{"i":1},"x":7}`, []string{`"Type":"Pass","Result":{"r":7},"ResultPath":null,"Assign":{"x.$":"$.r"}`, show}},
		{"the Parameters of a Pass", "JSONPath", `{"in":{"i":1},"x":1}`, []string{`"Type":"Pass","Parameters":{"r.$":"$.i"},"ResultPath":null,"Assign":{"x.$":"$.r"}`, show}},
		{"the effective input of a Wait", "JSONPath", `{"in":2,"x":2}`, []string{`"Type":"Wait","Seconds":1,"InputPath":"$.l[1]","Assign":{"x.$":"$"}`, show}},
		{"old values only", "JSONPath", `{"in":{"i":1},"x":[1,42]}`, []string{`"Type":"Pass","Assign":{"x":1,"y":2}`, `"Type":"Pass","Assign":{"x":42,"y.$":"$x"}`, `"Type":"Pass","Assign":{"x.$":"States.Array($y, $x)"}`, show}},
		{"a swap", "JSONPath", `{"in":{"i":1},"x":2}`, []string{`"Type":"Pass","Assign":{"x":1,"y":2}`, `"Type":"Pass","Assign":{"x.$":"$y","y.$":"$x"}`, show}},
		{"not seen in the same state", "JSONPath", `{"in":{"r":1},"x":2}`, []string{`"Type":"Pass","Assign":{"x":1}`, `"Type":"Pass","Assign":{"x":2},"Parameters":{"r.$":"$x"}`, show}},
		{"literals of JSONata", "JSONata", `{"in":{"i":1},"x":{"a":["$.i",1,null]}}`, []string{`"Type":"Pass","Assign":{"x":{"a":["$.i","{% $states.input.i %}",null]}}`, tell}},
		{"old values of JSONata", "JSONata", `{"in":{"i":1},"x":[1,42]}`, []string{`"Type":"Pass","Assign":{"x":1,"y":2}`, `"Type":"Pass","Assign":{"x":42,"y":"{% $x %}"}`, `"Type":"Pass","Assign":{"x":"{% [$y, $x] %}"}`, tell}},
		{"Output and Assign see the same", "JSONata", `{"in":1,"x":2}`, []string{`"Type":"Pass","Assign":{"x":1}`, `"Type":"Pass","Assign":{"x":"{% $x + 1 %}"},"Output":"{% $x %}"`, tell}},
		{"result and input of JSONata", "JSONata", `{"in":0,"x":[{"i":1},{"i":1}]}`, []string{task + `"Assign":{"x":"{% [$states.result[0], $states.input] %}"},"Output":0`, tell}},
		{"null is a value", "JSONata", `{"in":{"i":1},"x":null}`, []string{`"Type":"Pass","Assign":{"x":"{% null %}"}`, tell}},
		{"names with letters of any script", "JSONata", `{"in":{"i":1},"x":9}`, []string{`"Type":"Pass","Assign":{"größe_1":4,"x_":5}`, `"Type":"Pass","Assign":{"x":"{% $größe_1 + $x_ %}"}`, tell}},
	}
	for _, c := range cases {
		w := &world{functions: map[string]behaviour{"f": list}}
		checkEnd(t, c.name, play(t, w, chain(c.language, c.states...), `{"i":1,"l":[1,2]}`), strings.ReplaceAll(c.want, `{"i":1}`, `{"i":1,"l":[1,2]}`))
	}
}

// One Assign runs: that of the rule or of the Catch that is taken, instead of
// the state's.
func TestWhichAssign(t *testing.T) {
	t.Parallel()
	const end = `"E":{"Type":"Pass","Parameters":{"x.$":"$x","y.$":"$y"},"End":true}`
	start := `{"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"x":0,"y":0},"Next":"S"},` + end + `,"S":`
	cases := []struct{ name, state, want string }{
		{"of the rule", `{"Type":"Choice","Choices":[{"Variable":"$.i","NumericEquals":1,"Assign":{"x.$":"$.i"},"Next":"E"}],"Assign":{"y":9},"Default":"E"}`, `{"x":1,"y":0}`},
		{"of the rule, which has none", `{"Type":"Choice","Choices":[{"Variable":"$.i","NumericEquals":1,"Next":"E"}],"Assign":{"y":9},"Default":"E"}`, `{"x":0,"y":0}`},
		{"of the Default", `{"Type":"Choice","InputPath":"$.i","Choices":[{"Variable":"$","NumericEquals":2,"Assign":{"x":8},"Next":"E"}],"Assign":{"y.$":"$"},"Default":"E"}`, `{"x":0,"y":1}`},
		{"of the Catch", `{"Type":"Task","Resource":"f","Assign":{"y":9},"Catch":[{"ErrorEquals":["E"],"Assign":{"x.$":"$.Cause"},"Next":"E"}],"End":true}`, `{"x":"because","y":0}`},
		{"of the Catch, which has none", `{"Type":"Task","Resource":"f","Assign":{"y":9},"Catch":[{"ErrorEquals":["E"],"Next":"E"}],"End":true}`, `{"x":0,"y":0}`},
		{"of a Catch with a ResultPath", `{"Type":"Task","Resource":"f","Catch":[{"ErrorEquals":["E"],"ResultPath":null,"Assign":{"x.$":"$","y.$":"$x"},"Next":"E"}],"End":true}`, `{"x":{"Error":"E","Cause":"because"},"y":0}`},
		{"of JSONata", `{"Type":"Choice","QueryLanguage":"JSONata","Choices":[{"Condition":"{% $x = 0 %}","Assign":{"x":"{% $x + 1 %}"},"Next":"S"}],"Assign":{"y":"{% $x %}"},"Default":"E"}`, `{"x":1,"y":1}`},
	}
	for _, c := range cases {
		w := &world{functions: map[string]behaviour{"f": fails("E", 0)}}
		checkEnd(t, c.name, play(t, w, start+c.state+`}}`, `{"i":1}`), c.want)
	}
}

// An inner scope reads the variables around it and keeps its own to itself.
func TestScopes(t *testing.T) {
	t.Parallel()
	const definition = `{"QueryLanguage":"%s","StartAt":"A","States":{
		"A":{"Type":"Pass","Assign":{"out":1},"Next":"P"},
		"P":{"Type":"Parallel","Branches":[
			{"StartAt":"B1","States":{"B1":{"Type":"Pass","Assign":{"own":%s},"Next":"B2"},"B2":{"Type":"Pass",%s,"End":true}}},
			{"StartAt":"C1","States":{"C1":{"Type":"Pass","Assign":{"own":20},"Next":"C2"},"C2":{"Type":"Wait","Seconds":1,"Next":"C3"},"C3":{"Type":"Pass",%s,"End":true}}}],
			"Assign":{"own":3},"Next":"Z"},
		"Z":{"Type":"Pass",%s,"End":true}}}`
	const show = `"Parameters":{"in.$":"$","out.$":"$out","own.$":"$own"}`
	const tell = `"Output":"{% {'in': $states.input, 'out': $out, 'own': $own} %}"`
	const want = `{"in":[{"in":{},"out":1,"own":10},{"in":{},"out":1,"own":20}],"out":1,"own":3}`
	checkEnd(t, "JSONPath", play(t, &world{}, fmt.Sprintf(definition, "JSONPath", `10`, show, show, show), `{}`), want)
	checkEnd(t, "JSONata", play(t, &world{}, fmt.Sprintf(definition, "JSONata", `"{% $out * 10 %}"`, tell, tell, tell), `{}`), want)

	items := func(mode string) string {
		return `{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"out":1},"Next":"M"},
			"M":{"Type":"Map","Items":[1,2],"ItemProcessor":{` + mode + `"StartAt":"I","States":{
				"I":{"Type":"Pass","Output":"{% {'before': $own, 'out': $out, 'v': $states.input} %}","Assign":{"own":"{% $states.input %}"},"Next":"J"},
				"J":{"Type":"Pass","Output":"{% $merge([$states.input, {'own': $own}]) %}","End":true}}},
				"Output":"{% {'items': $states.result, 'own': $own} %}","End":true}}}`
	}
	checkEnd(t, "iterations", play(t, &world{}, items(""), `{}`), `{"items":[{"out":1,"v":1,"own":1},{"out":1,"v":2,"own":2}]}`)
	checkEnd(t, "executions of their own", play(t, &world{}, items(`"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},`), `{}`),
		`{"items":[{"v":1,"own":1},{"v":2,"own":2}]}`)

	const caught = `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"B","States":{"B":{"Type":"Pass","Assign":{"own":1},"Next":"F"},"F":{"Type":"Fail","Error":"E"}}}],
		"Catch":[{"ErrorEquals":["E"],"Assign":{"e.$":"$.Error"},"Next":"Z"}],"End":true},"Z":{"Type":"Pass","Parameters":{"e.$":"$e"},"End":true}}}`
	checkEnd(t, "a Catch writes the outer scope", play(t, &world{}, caught, `{}`), `{"e":"E"}`)
	vanished := strings.Replace(caught, `"e.$":"$e"}`, `"own.$":"$own"}`, 1)
	checkEnd(t, "inner variables vanish", play(t, &world{}, vanished, `{}`), `!States.Runtime The JSONPath '$own' specified for the field 'own.$' could not be found in the input '{"Error":"E"}'`)
}

// Reading a variable that has no value fails the state: in JSONPath for good.
func TestUndefinedVariables(t *testing.T) {
	t.Parallel()
	const caught = `,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}],"End":true},"C":{"Type":"Pass","End":true}}}`
	const task = `"StartAt":"T","States":{"T":{"Type":"Task","Resource":"f",`
	for definition, want := range map[string]string{
		`{` + task + `"Parameters":{"a.$":"$no"}` + caught:                               `!States.Runtime The JSONPath '$no' specified for the field 'a.$' could not be found in the input '{}'`,
		`{` + task + `"InputPath":"$no.x"` + caught:                                      `!States.Runtime`,
		`{` + task + `"Assign":{"x.$":"$no"}` + caught:                                   `!States.Runtime`,
		`{` + task + `"TimeoutSecondsPath":"$no"` + caught:                               `!States.Runtime`,
		`{"QueryLanguage":"JSONata",` + task + `"Arguments":"{% $no %}"` + caught:        `{"Error":"States.QueryEvaluationError","Cause":"An error occurred while executing the state 'T' (entered at the event id #2). The JSONata expression '$no' specified for the field 'Arguments' returned nothing (undefined)."}`,
		`{"QueryLanguage":"JSONata",` + task + `"Arguments":"{% {'a': $no} %}"` + caught: `{}`,
		`{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$no","IsNull":true,"Next":"D"}],"Default":"D"},"D":{"Type":"Succeed"}}}`: `!States.Runtime Invalid path '$no': The choice state's condition path references an invalid value.`,
	} {
		checkEnd(t, definition, play(t, &world{functions: map[string]behaviour{"f": echo}}, definition, `{}`), want)
	}
}

func TestVariableProblems(t *testing.T) {
	t.Parallel()
	name := func(n int) string { return strings.Repeat("ä", n) }
	for assign, want := range map[string]string{
		`{}`: "", `{"a":1,"_b2":2,"Ünï":3}`: "", `{"` + name(80) + `":1}`: "", `{"` + name(81) + `":1}`: "ASL027",
		`{"x.y":1}`: "ASL027", `{"x[0]":1}`: "ASL027", `{"1x":1}`: "ASL027", `{"":1}`: "ASL027", `{"a b":1}`: "ASL027", `{"$a":1}`: "ASL027", `{"a-b":1}`: "ASL027",
		`{"states":1}`: "ASL027", `{"states.$":"$"}`: "ASL027", `{"States":1}`: "", `{"a.$":"$.x"}`: "", `{"a.b.$":"$.x"}`: "ASL027", `{"a.$":1}`: "ASL023", `{"a.$":"$","a":1}`: "ASL023",
		`{"a.$":"$["}`: "ASL020", `{"a.$":"States.No()"}`: "ASL022", `[]`: "ASL005", `null`: "ASL005", `"{% {} %}"`: "ASL005",
	} {
		if got := codes(one(`"Type":"Pass","End":true,"Assign":`+assign), asl.Options{}); got != want {
			t.Errorf("%s: got %s, want %s", assign, got, want)
		}
	}
	for _, state := range []string{`"Type":"Succeed"`, `"Type":"Fail"`} {
		if got := codes(one(state+`,"Assign":{"a":1}`), asl.Options{}); got != "ASL007" {
			t.Errorf("%s: got %s", state, got)
		}
	}
	branch := func(inner string) string {
		return `{"Type":"Parallel","Branches":[{"StartAt":"B","States":{"B":{"Type":"Pass",` + inner + `,"End":true}}}],"Next":"Z"}`
	}
	machine := func(state, last string) string {
		return `{"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"out":1},"Next":"P"},"P":` + state + `,"Z":{"Type":"Pass",` + last + `,"End":true}}}`
	}
	distributed := `{"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"B","States":{"B":{"Type":"Pass",%s,"End":true}}},"Next":"Z"}`
	for name, c := range map[string]struct{ text, want string }{
		"an outer variable is read":                   {machine(branch(`"Parameters":{"a.$":"$out"}`), `"InputPath":"$out"`), ""},
		"an outer variable is assigned":               {machine(branch(`"Assign":{"out":2}`), `"InputPath":"$out"`), "ASL027"},
		"an outer variable that is assigned later":    {machine(branch(`"Assign":{"late":2}`), `"Assign":{"late":1}`), "ASL027"},
		"an inner variable is read outside":           {machine(branch(`"Assign":{"own":2}`), `"InputPath":"$own"`), "ASL028"},
		"what nobody assigns":                         {machine(branch(`"InputPath":"$no"`), `"InputPath":"$"`), "ASL028"},
		"a distributed Map reads an outer variable":   {machine(fmt.Sprintf(distributed, `"InputPath":"$out"`), `"InputPath":"$"`), "ASL028"},
		"a distributed Map assigns an outer variable": {machine(fmt.Sprintf(distributed, `"Assign":{"out":2}`), `"InputPath":"$"`), ""},
		"a rule assigns, a nested state reads":        {`{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Assign":{"x":1},"Next":"P"}],"Default":"P"},"P":` + branch(`"InputPath":"$x"`) + `,"Z":{"Type":"Succeed"}}}`, ""},
		"a Catch assigns, a nested state assigns":     {`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"f","Catch":[{"ErrorEquals":["E"],"Assign":{"x":1},"Next":"P"}],"Next":"P"},"P":` + branch(`"Assign":{"x":1}`) + `,"Z":{"Type":"Succeed"}}}`, "ASL027"},
		"two levels down":                             {machine(`{"Type":"Parallel","Branches":[{"StartAt":"Q","States":{"Q":`+strings.Replace(branch(`"Assign":{"out":2}`), `"Next":"Z"`, `"End":true`, 1)+`}}],"Next":"Z"}`, `"InputPath":"$out"`), "ASL027"},
		"beside each other":                           {`{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"x":1},"End":true}}},{"StartAt":"B","States":{"B":{"Type":"Pass","Assign":{"x":2},"End":true}}}],"End":true}}}`, ""},
		"one branch reads what the other assigns":     {`{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"x":1},"End":true}}},{"StartAt":"B","States":{"B":{"Type":"Pass","InputPath":"$x","End":true}}}],"End":true}}}`, "ASL028"},
		"in an expression":                            {query(`"Type":"Pass","End":true,"Output":"{% $no + 1 %}"`), "ASL028"},
		"a variable of the expression":                {query(`"Type":"Pass","End":true,"Output":"{% ($a := 1; $map([1], function($b) { $a + $b })) %}"`), ""},
		"functions of the library":                    {query(`"Type":"Pass","End":true,"Output":"{% $map([1], $string) ~> $join(',') %}"`), ""},
		"a function that is not there":                {query(`"Type":"Pass","End":true,"Output":"{% $maps([1]) %}"`), "ASL028"},
	} {
		if got := codes(c.text, asl.Options{}); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// Variables may have so many bytes, and one more fails the state or, of all of
// them together, the execution.
func TestVariableLimits(t *testing.T) {
	t.Parallel()
	limits := asl.Limits{Variable: 20, Execution: dag.Limits{Variables: 30}}
	text := func(n int) string { return `"` + strings.Repeat("x", n-2) + `"` }
	set := func(name string, n int) string { return `"Type":"Pass","Assign":{"` + name + `":` + text(n) + `}` }
	cases := []struct {
		name, want string
		states     []string
	}{
		{"one value", `{}`, []string{set("a", 20)}},
		{"one value beyond", `!States.DataLimitExceeded`, []string{set("a", 21)}},
		{"one Assign", `{}`, []string{`"Type":"Pass","Assign":{"a":` + text(10) + `,"b":` + text(10) + `}`}},
		{"one Assign beyond", `!States.DataLimitExceeded`, []string{`"Type":"Pass","Assign":{"a":` + text(10) + `,"b":` + text(11) + `}`}},
		{"all", `{}`, []string{set("a", 20), set("b", 10)}},
		{"all beyond", `!States.Runtime`, []string{set("a", 20), set("b", 11)}},
		{"what is replaced does not count", `{}`, []string{set("a", 20), set("a", 20), set("a", 20), set("b", 10)}},
		{"a Catch by name", `{"caught":true}`, []string{`"Type":"Task","Resource":"f","Assign":{"a":` + text(21) + `},"Catch":[{"ErrorEquals":["States.DataLimitExceeded"],"Next":"S1"}]`, `"Type":"Pass","Result":{"caught":true}`}},
		{"an Assign of a Catch", `!States.DataLimitExceeded`, []string{`"Type":"Task","Resource":"no","Catch":[{"ErrorEquals":["States.ALL"],"Assign":{"a":` + text(21) + `},"Next":"S1"}]`, `"Type":"Pass"`}},
	}
	for _, c := range cases {
		w := &world{functions: map[string]behaviour{"f": echo}, options: asl.Options{Limits: limits}}
		checkEnd(t, c.name, play(t, w, chain("JSONPath", c.states...), `{}`), c.want)
	}
	for extra, want := range map[int]string{0: `{}`, 1: `!States.DataLimitExceeded The variables that the state assigns have more than 262144 bytes.`} { // AWS's numbers
		definition := one(`"Type":"Pass","End":true,"Assign":{"a.$":"$","b":1},"OutputPath":null`)
		checkEnd(t, fmt.Sprintf("%d bytes too many", extra), play(t, &world{}, definition, text(maxPayload-1+extra)), want)
	}
}
