package asl_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// A state that is tested alone tells each step of its data flow.
func TestProbe(t *testing.T) {
	t.Parallel()
	const task = `"Type":"Task","Resource":"f","End":true`
	const processor = `"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}`
	cases := []struct{ name, state, want string }{ // @ is the input
		{"a Task", task + `,"InputPath":"$.a","Parameters":{"p.$":"$"},"ResultSelector":{"s.$":"$[0]"},"ResultPath":"$.r","OutputPath":"$.r"`,
			`afterInputPath [1,2]; afterParameters {"p":[1,2]}; result [{"p":[1,2]}]; afterResultSelector {"s":{"p":[1,2]}}; afterResultPath {"a":[1,2],"n":2,"r":{"s":{"p":[1,2]}}}`},
		{"a Task that shapes nothing", task, `afterInputPath @; afterParameters @; result [@]; afterResultSelector [@]; afterResultPath [@]`},
		{"a Task of JSONata", `"QueryLanguage":"JSONata",` + task + `,"Arguments":"{% $states.input.n %}","Output":1`, `afterInputPath @; afterArguments 2; result [2]`},
		{"a Pass", `"Type":"Pass","End":true`, `afterInputPath @; afterParameters @; result @; afterResultSelector @; afterResultPath @`},
		{"a Map", `"Type":"Map","End":true,"ItemsPath":"$.a","ItemSelector":{"v.$":"$$.Map.Item.Value"},"MaxConcurrencyPath":"$.n","ToleratedFailureCountPath":"$.n","ToleratedFailurePercentage":7.5,` + processor,
			`afterInputPath @; afterParameters @; afterItemsPath [1,2]; maxConcurrency 2; toleratedFailureCount 2; toleratedFailurePercentage 7.5; afterItemSelector {"v":1}; afterItemSelector {"v":2}; result [{"v":1},{"v":2}]; afterResultSelector [{"v":1},{"v":2}]; afterResultPath [{"v":1},{"v":2}]`},
		{"a Map with batches", `"Type":"Map","End":true,"ItemsPath":"$.a","ItemBatcher":{"MaxItemsPerBatch":1},` + processor,
			`afterInputPath @; afterParameters @; afterItemsPath [1,2]; afterItemBatcher [{"Items":[1]},{"Items":[2]}]; maxConcurrency 0; result [{"Items":[1]},{"Items":[2]}]; afterResultSelector [{"Items":[1]},{"Items":[2]}]; afterResultPath [{"Items":[1]},{"Items":[2]}]`},
	}
	const input = `{"a":[1,2],"n":2}`
	for _, c := range cases {
		var saw []string
		probe := &asl.Probe{Saw: func(step asl.Step, v value.Value) { saw = append(saw, string(step)+" "+v.String()) }, Context: value.EmptyObject}
		p, err := asl.CompileState("{"+c.state+"}", "", "S", asl.Options{}, probe)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		g := &dag.Graph{Start: "S", States: []*dag.State{p.State}}
		if err := dag.Validate(g); err != nil {
			t.Fatal(err)
		}
		w := &world{functions: map[string]behaviour{"f": list}}
		if o := w.run(t, g, parse(t, input)); o.Status != dag.Completed {
			t.Errorf("%s: %+v", c.name, o.Failure)
		}
		if got, want := strings.Join(saw, "; "), strings.ReplaceAll(c.want, "@", input); got != want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, want)
		}
	}
}

// What a test knows of a state before it runs, and which states it refuses.
func TestCompileState(t *testing.T) {
	t.Parallel()
	const machine = `{"StartAt":"A","States":{"A":{"Type":"Pass","Result":1,"Next":"P"},"P":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"B","States":{"B":{"Type":"Map","QueryLanguage":"JSONata","End":true,
		"ToleratedFailureCount":1,"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","Arguments":{},"ReaderConfig":{"InputType":"JSON"}},
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"C","States":{"C":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","End":true}}}}}}]}}}`
	for name, want := range map[string]struct {
		kind                      dag.StateKind
		jsonata, fixed, tolerates bool
		reader                    string
		inner                     []string
	}{
		"A": {kind: dag.Pass, fixed: true}, "P": {kind: dag.Parallel, inner: []string{"B", "C"}}, "C": {kind: dag.Task},
		"B": {kind: dag.Map, jsonata: true, tolerates: true, reader: `{"InputType":"JSON"}`, inner: []string{"C"}},
	} {
		p, err := asl.CompileState(machine, name, "", asl.Options{}, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		reader := ""
		if !p.ReaderConfig.IsAbsent() {
			reader = p.ReaderConfig.String()
		}
		if p.State.Name != name || p.Kind != want.kind || p.JSONata != want.jsonata || p.Fixed != want.fixed || p.Tolerates != want.tolerates || reader != want.reader || !slices.Equal(p.Inner, want.inner) {
			t.Errorf("%s: got %+v", name, p)
		}
	}
	for text, c := range map[string]struct{ name, want string }{
		``:                                   {"", "empty"},
		machine:                              {"", "name the state to test"},
		machine + " ":                        {"Z", "State not found in definition"},
		`{"Type":"Pass","End":true}`:         {"A", "State not found in definition"},
		`{"Type":"Pass"}`:                    {"", "needs either Next or End"},
		`{"Type":"Pass","End":true,"Odd":1}`: {"", "'Odd' is not supported"},
		strings.Replace(machine, `"P"`, `"Q"`, 1):                                                                          {"A", "unknown state"},
		`{"Type":"Parallel","End":true,"Branches":[{"StartAt":"X","States":{"B":{"Type":"Succeed"}}}]}`:                    {"", "unknown state"},
		`{"Type":"Parallel","End":true,"Assign":{"a.b":1},"Branches":[{"StartAt":"B","States":{"B":{"Type":"Succeed"}}}]}`: {"", "not the name of a variable"},
	} {
		if _, err := asl.CompileState(text, c.name, "S", asl.Options{}, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60s: got %v, want %s", text, err, c.want)
		}
	}
	if _, err := asl.CompileState(`{"Type":"Pass","Next":"anywhere"}`, "", "S", asl.Options{}, nil); err != nil {
		t.Errorf("a state that leads to another: %v", err)
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	const cause = "An error occurred while executing the state 'S' (entered at the event id #2). It fell."
	for _, c := range []struct {
		state string
		event int
		want  string
	}{{"S", 2, "It fell."}, {"T", 2, cause}, {"S", 3, cause}} {
		if got := asl.Plain(cause, c.state, c.event); got != c.want {
			t.Errorf("%s at %d: got %s", c.state, c.event, got)
		}
	}
	if got := asl.Plain("x", "S", 2); got != "x" {
		t.Errorf("got %s", got)
	}
}

// The rules of a Choice are labelled with what they say.
func TestLabels(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		`"Variable":"$.a","NumericLessThanEquals":1`: `$.a <= 1`, `"Variable":"$.a","NumericGreaterThanEqualsPath":"$.b"`: `$.a >= $.b`, `"Variable":"$.a","StringEquals":"x"`: `$.a == "x"`,
		`"Variable":"$.a","StringLessThan":"x"`: `$.a < "x"`, `"Variable":"$.a","TimestampGreaterThan":"2026-01-02T00:00:00Z"`: `$.a > "2026-01-02T00:00:00Z"`, `"Variable":"$.a","StringMatches":"x*"`: `$.a matches "x*"`,
		`"Variable":"$.a","IsPresent":true`: `$.a is present`, `"Variable":"$.a","IsNull":false`: `$.a is not null`, `"Variable":"$.a","BooleanEquals":true`: `$.a == true`,
		`"Not":{"Variable":"$.a","IsNull":true}`: `not ($.a is null)`,
		`"Or":[{"And":[{"Variable":"$.a","IsNull":true},{"Variable":"$.b","IsNull":true}]},{"Variable":"$.c","IsNull":true}]`:         `($.a is null and $.b is null) or $.c is null`,
		`"And":[{"Or":[{"Variable":"$.a","IsNull":true},{"Variable":"$.b","IsNull":true}]},{"Not":{"Variable":"$.c","IsNull":true}}]`: `($.a is null or $.b is null) and not ($.c is null)`,
	} {
		g, err := asl.Compile(`{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{`+rule+`,"Next":"S"}],"Default":"S"},"S":{"Type":"Succeed"}}}`, asl.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := g.States[0].Cases[0].Label; got != want {
			t.Errorf("%s: got %s, want %s", rule, got, want)
		}
	}
	for condition, want := range map[string]string{`"{%  $states.input.a = 1 %}"`: `$states.input.a = 1`, `true`: `true`} {
		g, err := asl.Compile(`{"QueryLanguage":"JSONata","StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Condition":`+condition+`,"Next":"S"}],"Default":"S"},"S":{"Type":"Succeed"}}}`, asl.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := g.States[0].Cases[0].Label; got != want {
			t.Errorf("%s: got %s, want %s", condition, got, want)
		}
	}
}
