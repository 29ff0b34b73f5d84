package asl_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/internal/fault"
)

// TestProblems gives each kind of problem once and looks at what is said and
// where: at stands for the first place of that snippet in the text.
func TestProblems(t *testing.T) {
	t.Parallel()
	const pass, task = `"Type":"Pass","End":true,`, `"Type":"Task","Resource":"f","End":true,`
	cases := []struct{ name, text, at, want string }{
		{"empty", "", ``, "ASL001"},
		{"syntax", "{\n  \"StartAt\" 1}", `1`, "ASL001"},
		{"YAML in braces", "{StartAt: A}", `S`, "ASL001 a definition that starts with { is read as JSON"},
		{"not an object", `[]`, `[`, "ASL005"},
		{"duplicate key", `{"StartAt":"A","States":{"A":{"Type":"Succeed"}},"StartAt":"A"}`, `"StartAt":"A"}`, "ASL002"},
		{"too deep", strings.Repeat("[", 64) + "[1", `[1`, "ASL003"},
		{"yaml alias cycle", "StartAt: &a [*a]", `&`, "ASL004"},
		{"yaml second document", "StartAt: A\nStates: {A: {Type: Succeed}}\n---\nx: 1", `-`, "ASL004"},
		{"yaml infinity", "StartAt: .inf", `.`, "ASL004"},
		{"Version", `{"Version":"2.0","StartAt":"A","States":{"A":{"Type":"Succeed"}}}`, `"2.0"`, "ASL009"},
		{"no StartAt", `{"States":{"A":{"Type":"Succeed"}}}`, `{`, "ASL006"},
		{"no States", `{"StartAt":"A"}`, `{`, "ASL006"},
		{"empty States", `{"StartAt":"A","States":{}}`, `{}`, "ASL006"},
		{"unknown StartAt", `{"StartAt":"a","States":{"A":{"Type":"Succeed"}}}`, `"a"`, `ASL012 did you mean "A"`},
		{"unknown Next", `{"StartAt":"NoWhere2","States":{"NoWhere2":{"Type":"Pass","Next":"Nowhere"}}}`, `"Nowhere"`, `ASL012 did you mean "NoWhere2"`},
		{"unknown field", one(pass + `"Coment":""`), `"Coment"`, `ASL007 did you mean "Comment"`},
		{"field of another state", one(pass + `"Resource":"f"`), `"Resource"`, "ASL007"},
		{"unknown Type", one(`"Type":"task","End":true`), `"task"`, `ASL010 did you mean "Task"`},
		{"no Type", one(`"End":true`), `{"E`, "ASL006"},
		{"wrong JSON type", one(`"Type":"Pass","End":"yes"`), `"yes"`, "ASL005"},
		{"End false", one(`"Type":"Pass","End":false`), `false`, "ASL009"},
		{"neither Next nor End", one(`"Type":"Pass"`), `{"T`, "ASL006"},
		{"bad path", one(pass + `"InputPath":"$.a[x]"`), `x`, "ASL020"},
		{"blank in path", one(pass + `"InputPath":"$.a b"`), ` `, "ASL020"},
		{"ResultPath of the context", one(pass + `"ResultPath":"$$.a"`), `"$$.a"`, "ASL021"},
		{"ResultPath no reference", one(pass + `"ResultPath":"$.a[*]"`), `$`, "ASL021"},
		{"variable", one(pass + `"InputPath":"$x"`), `"$x"`, "ASL028"},
		{"template path", one(pass + `"Parameters":{"a.$":"x"}`), `x`, "ASL022"},
		{"template type", one(pass + `"Parameters":{"a.$":1}`), `1`, "ASL023 take .$ away from the key to give a plain value"},
		{"template clash", one(pass + `"Parameters":{"a.$":"$","a":1}`), `"a.$"`, "ASL023"},
		{"unknown function", one(pass + `"Parameters":{"a.$":"States.Nope()"}`), `States.`, "ASL022"},
		{"arity", one(pass + `"Parameters":{"a.$":"States.MathAdd(1)"}`), `States.`, "ASL022"},
		{"literal of the wrong kind", one(pass + `"Parameters":{"a.$":"States.MathAdd('1', 2)"}`), `States.`, "ASL022"},
		{"path in a function", one(pass + `"Parameters":{"a.$":"States.Array($.a[)"}`), `)`, "ASL022"},
		{"variable in a function", one(pass + `"Parameters":{"a.$":"States.Array(States.Array($a))"}`), `"States.Array(States.Array($a))"`, "ASL028"},
		{"illegal escape", one(pass + `"Parameters":{"a.$":"States.Array('\\x')"}`), `"States.Array('\\x')"`, "ASL022"},
		{"nested too deep", one(pass + `"Parameters":{"a.$":"` + strings.Repeat("States.Array(", 11) + strings.Repeat(")", 11) + `"}`), `States.Array()`, "ASL022"},
		{"placeholders", one(pass + `"Parameters":{"a.$":"States.Format('{} {}', 1)"}`), `"States.Format('{} {}', 1)"`, "ASL022"},
		{"words", one(`"Type":"Fail","ErrorPath":"States.Array()"`), `"States.Array()"`, "ASL022"},
		{"Error twice", one(`"Type":"Fail","Error":"E","ErrorPath":"$.e"`), `"ErrorPath"`, "ASL008"},
		{"negative Seconds", one(`"Type":"Wait","End":true,"Seconds":-1`), `-1`, "ASL009"},
		{"Seconds too many", one(`"Type":"Wait","End":true,"Seconds":100000000`), `100000000`, "ASL009"},
		{"no wait", one(`"Type":"Wait","End":true`), `{"T`, "ASL006"},
		{"Timestamp", one(`"Type":"Wait","End":true,"Timestamp":"2026-13-01T00:00:00Z"`), `"2026-13-01T00:00:00Z"`, `ASL024 write T and a zone, for example "2030-01-31T12:00:00Z"`},
		{"timeout 0", one(task + `"TimeoutSeconds":0`), `0`, "ASL009"},
		{"heartbeat", one(task + `"TimeoutSeconds":5,"HeartbeatSeconds":5`), `5}`, "ASL009"},
		{"timeout twice", one(task + `"TimeoutSeconds":5,"TimeoutSecondsPath":"$.x"`), `"TimeoutSecondsPath"`, "ASL008"},
		{"service", one(`"Type":"Task","End":true,"Resource":"arn:aws:states:::sqs:sendMessage"`), `"arn:aws:states:::sqs:sendMessage"`, "ASL093 a Task calls a function, an activity, lambda:invoke, states:startExecution or http:invoke"},
		{"callback without parameters", one(`"Type":"Task","End":true,"Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken"`), `{"T`, "ASL006"},
		{"activity name", one(`"Type":"Task","End":true,"Resource":"arn:aws:states:r:1:activity:a/b"`), `"arn:aws:states:r:1:activity:a/b"`, "ASL009"},
		{"workflow name", one(`"Type":"Task","End":true,"Resource":"arn:aws:states:::states:startExecution","Parameters":{"StateMachineArn":"a/b"}`), `"a/b"`, "ASL009"},
		{"placeholder", one(`"Type":"Task","End":true,"Resource":"${Function}"`), `"${Function}"`, "ASL093"},
		{"function name", one(`"Type":"Task","End":true,"Resource":"a/b"`), `"a/b"`, "ASL009 a function is named by 1 to 63 letters, digits, '_', '.' and '-'"},
		{"alias", one(`"Type":"Task","End":true,"Resource":"arn:aws:lambda:r:1:function:f:prod"`), `"arn:aws:lambda:r:1:function:f:prod"`, "ASL037"},
		{"invoke nothing", one(`"Type":"Task","End":true,"Resource":"arn:aws:states:::lambda:invoke"`), `{"T`, "ASL006"},
		{"invoke an event", one(`"Type":"Task","End":true,"Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f","InvocationType":"Event"}`), `"Event"`, "ASL093"},
		{"BackoffRate", one(task + `"Retry":[{"ErrorEquals":["E"],"BackoffRate":0.5}]`), `0.5`, "ASL009"},
		{"BackoffRate beyond", one(task + `"Retry":[{"ErrorEquals":["E"],"BackoffRate":1e999}]`), `1e999`, "ASL009"},
		{"IntervalSeconds", one(task + `"Retry":[{"ErrorEquals":["E"],"IntervalSeconds":0}]`), `0`, "ASL009"},
		{"MaxAttempts", one(task + `"Retry":[{"ErrorEquals":["E"],"MaxAttempts":100000000}]`), `100000000`, "ASL009"},
		{"MaxDelaySeconds", one(task + `"Retry":[{"ErrorEquals":["E"],"IntervalSeconds":5,"MaxDelaySeconds":5}]`), `5}`, "ASL009"},
		{"MaxDelaySeconds beyond", one(task + `"Retry":[{"ErrorEquals":["E"],"MaxDelaySeconds":31622400}]`), `31622400`, "ASL009"},
		{"JitterStrategy", one(task + `"Retry":[{"ErrorEquals":["E"],"JitterStrategy":"full"}]`), `"full"`, `ASL009 did you mean "FULL"`},
		{"empty ErrorEquals", one(task + `"Retry":[{"ErrorEquals":[]}]`), `[]`, "ASL009"},
		{"ALL not alone", one(task + `"Retry":[{"ErrorEquals":["States.ALL","E"]}]`), `"States.ALL"`, "ASL033"},
		{"ALL not last", one(task + `"Retry":[{"ErrorEquals":["States.ALL"]},{"ErrorEquals":["E"]}]`), `"States.ALL"`, "ASL033"},
		{"no such error", one(task + `"Retry":[{"ErrorEquals":["State.ALL"]}]`), `"State.ALL"`, `ASL035 did you mean "States.ALL"`},
		{"Catch without Next", one(task + `"Catch":[{"ErrorEquals":["E"]}]`), `{"E`, "ASL006"},
		{"empty Branches", one(`"Type":"Parallel","End":true,"Branches":[]`), `[`, "ASL006"},
		{"no processor", one(`"Type":"Map","End":true`), `{"T`, "ASL006"},
		{"distributed", one(`"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED"},"StartAt":"A","States":{"A":{"Type":"Succeed"}}}`), `{"Mode"`, "ASL006"},
		{"Label", one(`"Type":"Map","End":true,"Label":"l","ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}`), `"Label"`, `ASL041 set "Mode": "DISTRIBUTED" in the ProcessorConfig of its ItemProcessor`},
		{"JSONata machine, JSONPath state", `{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Succeed","QueryLanguage":"JSONPath"}}}`, `"JSONPath"`, `ASL042`},
		{"JSONata not closed", one(pass + `"QueryLanguage":"JSONata","Output":"{% 1"`), `"{% 1"`, `ASL025`},
		{"variable in JSONata", one(pass + `"QueryLanguage":"JSONata","Output":"{% ($y := $states.input; $exists($x) ? $map($y, $string) : $y) %}"`), `$x`, `ASL028`},
		{"function in JSONata", one(pass + `"QueryLanguage":"JSONata","Output":"{% $sums([1]) %}"`), `$sums`, `ASL028`},
		{"JSONPath in JSONata", one(pass + `"QueryLanguage":"JSONata","InputPath":"$"`), `"InputPath"`, `ASL007`},
		{"JSONata field", one(pass + `"Output":"{% 1 %}"`), `"Output"`, `ASL007 set "QueryLanguage": "JSONata", or use the fields of JSONPath`},
		{"QueryLanguage", one(pass + `"QueryLanguage":"jsonpath"`), `"jsonpath"`, `ASL009 did you mean "JSONPath"`},
		{"Assign", one(pass + `"Assign":{"a.b":1}`), `"a.b"`, "ASL027 it has letters, digits and _, begins with no digit, and is written without $"},
		{"Assign states", one(pass + `"Assign":{"states":1}`), `"states"`, "ASL027"},
		{"Credentials", one(task + `"Credentials":{}`), `{}`, "ASL006"},
		{"Credentials have no effect", one(task + `"Credentials":{"RoleArn":"r"}`), `"Credentials"`, "ASL037"},
		{"no end", `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"A"}}}`, `{`, "ASL030"},
		{"unreachable", `{"StartAt":"A","States":{"A":{"Type":"Succeed"},"B":{"Type":"Succeed"}}}`, `"B"`, "ASL031"},
		{"no Default", `{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"S"}]},"S":{"Type":"Succeed"}}}`, `{"T`, "ASL032"},
		{"long name", `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"` + strings.Repeat("é", 81) + `"},"` + strings.Repeat("é", 81) + `":{"Type":"Succeed"}}}`, `"` + strings.Repeat("é", 81) + `":`, "ASL014"},
	}
	for _, c := range cases {
		problems := asl.Validate(c.text, asl.Options{})
		if len(problems) != 1 {
			t.Errorf("%s: %d problems, want 1: %+v", c.name, len(problems), problems)
			continue
		}
		p := problems[0]
		got := strings.TrimSpace(p.Code + " " + p.Hint)
		if line, column := place(c.text, c.at); p.Line != line || p.Column != column || got != c.want {
			t.Errorf("%s: got %d:%d %s (%s), want %d:%d %s", c.name, p.Line, p.Column, got, p.Message, line, column, c.want)
		}
		_, err := asl.Compile(c.text, asl.Options{})
		if refused := err != nil; refused != (p.Severity == source.Error || p.Code == "ASL093") {
			t.Errorf("%s: Compile says %v", c.name, err)
		}
		if err != nil && (!errors.Is(err, fault.Invalid) || fault.From(err).Fields[0].Code != p.Code || fault.From(err).Fields[0].Pointer != p.Pointer) {
			t.Errorf("%s: Compile says %+v", c.name, fault.From(err))
		}
	}
}

// place returns the line and column where a snippet first stands in a text.
func place(text, snippet string) (line, column int) {
	before := text[:strings.Index(text, snippet)]
	line = strings.Count(before, "\n") + 1
	return line, len([]rune(before[strings.LastIndex(before, "\n")+1:])) + 1
}

func TestChoiceProblems(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		`{"Variable":"$.a","NumericEquals":"1","Next":"S"}`:                   "ASL005",
		`{"Variable":"$.a","StringEqual":"1","Next":"S"}`:                     "ASL006 ASL007",
		`{"Variable":"$.a","Next":"S"}`:                                       "ASL006",
		`{"Variable":"$.a","IsNull":true,"IsString":true,"Next":"S"}`:         "ASL008",
		`{"Variable":"$.a","IsNull":true}`:                                    "ASL006",
		`{"Variable":"$.a","IsNull":true,"Next":"X"}`:                         "ASL012",
		`{"Variable":"$.a[","IsNull":true,"Next":"S"}`:                        "ASL020",
		`{"Variable":"$.a","TimestampEquals":"2026-01-01","Next":"S"}`:        "ASL024",
		`{"Variable":"$.a","StringMatches":"a\\b","Next":"S"}`:                "ASL009",
		`{"And":[],"Next":"S"}`:                                               "ASL009",
		`{"And":[{"Variable":"$.a","IsNull":true,"Next":"S"}],"Next":"S"}`:    "ASL007",
		`{"Not":[],"Next":"S"}`:                                               "ASL005",
		`{"And":[{"Variable":"$.a","IsNull":true}],"IsNull":true,"Next":"S"}`: "ASL008",
		`{"Condition":"{% true %}","Next":"S"}`:                               "ASL007",
		`{"Variable":"$.a","NumericEqualsPath":"States.Array()","Next":"S"}`:  "ASL020",
	} {
		text := `{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[` + rule + `],"Default":"S"},"S":{"Type":"Succeed"}}}`
		if got := codes(text, asl.Options{}); got != want {
			t.Errorf("%s: got %s, want %s", rule, got, want)
		}
	}
}

// Whatever stands where something else belongs is told.
func TestStructureProblems(t *testing.T) {
	t.Parallel()
	const inner = `{"StartAt":"I","States":{"I":{"Type":"Succeed"}}}`
	for text, want := range map[string]string{
		`{"StartAt":1,"States":{"A":{"Type":"Succeed"}}}`: "ASL005", `{"StartAt":"","States":{"A":{"Type":"Succeed"}}}`: "ASL012", `{"StartAt":"A","States":[]}`: "ASL005", `{"StartAt":"A","States":{"A":1}}`: "ASL005",
		`{"StartAt":"","States":{"":{"Type":"Succeed"}}}`: "ASL012 ASL014", `{"StartAt":"A","States":{"A":{"Type":1}}}`: "ASL005", `{}`: "ASL006", `1`: "ASL005", `{"Comment":1,"StartAt":"A","States":{"A":{"Type":"Succeed"}}}`: "ASL005",
		`{"TimeoutSeconds":0,"StartAt":"A","States":{"A":{"Type":"Succeed"}}}`: "ASL009", `{"Version":1.0,"StartAt":"A","States":{"A":{"Type":"Succeed"}}}`: "ASL005", `{"Version":"1.0","StartAt":"A","States":{"A":{"Type":"Succeed"}}}`: "",
		one(`"Type":"Pass","Next":"S","End":true`): "ASL008", one(`"Type":"Pass","Next":1`): "ASL005", one(`"Type":"Succeed","End":true`): "ASL007", one(`"Type":"Fail","InputPath":"$"`): "ASL007",
		one(`"Type":"Pass","End":true,"Comment":1`): "ASL005", one(`"Type":"Pass","End":true,"InputPath":1`): "ASL005", one(`"Type":"Pass","End":true,"ResultPath":"$"`): "", one(`"Type":"Pass","End":true,"ResultPath":"$v"`): "ASL021",
		one(`"Type":"Wait","End":true,"Seconds":1,"TimestampPath":"$.a"`): "ASL008", one(`"Type":"Wait","End":true,"SecondsPath":1`): "ASL005", one(`"Type":"Wait","End":true,"SecondsPath":"$.a[0,1]"`): "ASL021", one(`"Type":"Wait","End":true,"Seconds":99999999`): "",
		one(`"Type":"Fail","Cause":"c","CausePath":"$.c"`): "ASL008", one(`"Type":"Fail","CausePath":1`): "ASL005",
		one(`"Type":"Parallel","End":true`): "ASL006", one(`"Type":"Parallel","End":true,"Branches":{}`): "ASL005", one(`"Type":"Parallel","End":true,"Branches":[1]`): "ASL005", one(`"Type":"Parallel","End":true,"Branches":[` + inner + `]`): "",
		one(`"Type":"Parallel","End":true,"Branches":[` + inner + `,` + inner + `]`): "ASL014", one(`"Type":"Parallel","End":true,"Branches":[{"StartAt":"S","States":{"I":{"Type":"Succeed"}}}]`): "ASL012",
		one(`"Type":"Parallel","End":true,"Branches":[{"StartAt":"I","States":{"I":{"Type":"Pass","Next":"S"}}}]`): "ASL012", one(`"Type":"Parallel","End":true,"Branches":[{"TimeoutSeconds":1,` + inner[1:] + `]`): "ASL007",
		one(`"Type":"Map","End":true,"ItemProcessor":1`): "ASL005", one(`"Type":"Map","End":true,"Iterator":` + inner): "", one(`"Type":"Map","End":true,"ItemsPath":"$","ItemProcessor":` + inner): "", one(`"Type":"Map","End":true,"ItemsPath":1,"ItemProcessor":` + inner): "ASL005",
		one(`"Type":"Choice"`): "ASL006 ASL030", one(`"Type":"Choice","Choices":{},"Default":"S"`): "ASL005 ASL030", one(`"Type":"Choice","Choices":[],"Default":"S"`): "ASL006 ASL030", one(`"Type":"Choice","Choices":[1],"Default":"S"`): "ASL005 ASL030",
		`{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"And":[{"Variable":"$.a","IsNull":true}],"Or":[{"Variable":"$.a","IsNull":true}],"Next":"S"}],"Default":"S"},"S":{"Type":"Succeed"}}}`: "ASL008",
	} {
		got := strings.Fields(codes(text, asl.Options{}))
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// All problems of a definition are told at once, in order of place, and the
// report shows the lines.
func TestReport(t *testing.T) {
	t.Parallel()
	const text = `{
  "StartAt": "A",
  "States": {
    "A": {"Type": "Task", "Resource": "f", "Next": "Nowhere"},
    "NoWhere2": {"Type": "Pass", "InputPath": "$.é[", "End": true}
  }
}`
	problems := asl.Validate(text, asl.Options{})
	got := source.Format("wf.json", text, problems)
	expected := `wf.json:4:52: error[ASL012]: state "A": Next refers to unknown state "Nowhere"
  4 |     "A": {"Type": "Task", "Resource": "f", "Next": "Nowhere"},
    |                                                    ^^^^^^^^^ did you mean "NoWhere2"?
wf.json:5:5: warning[ASL031]: state "NoWhere2" cannot be reached from StartAt
  5 |     "NoWhere2": {"Type": "Pass", "InputPath": "$.é[", "End": true}
    |     ^^^^^^^^^^
wf.json:5:52: error[ASL020]: Pass state "NoWhere2": InputPath: [ is not closed
  5 |     "NoWhere2": {"Type": "Pass", "InputPath": "$.é[", "End": true}
    |                                                    ^
3 problems (2 errors, 1 warning)
`
	if got != expected {
		t.Errorf("got\n%s\nwant\n%s", got, expected)
	}
	_, err := asl.Compile(text, asl.Options{})
	var f *fault.Error
	if !errors.As(err, &f) || len(f.Fields) != 2 || f.Fields[0].Pointer != "/States/A/Next" || !strings.HasPrefix(f.Fields[0].Detail, "4:52: ") {
		t.Errorf("Compile says %+v", f)
	}
}

// YAML gives the same graph as JSON, and problems with their places in the YAML.
func TestYAML(t *testing.T) {
	t.Parallel()
	problems := asl.Validate("# é comment\nStartAt: A\nStates:\n  A:\n    Type: Wait\n    Timestamp: 2026-01-01T00:00:00Z\n    Next: \"B é\"\n  B:\n    Type: Succeed\n", asl.Options{})
	var got []string
	for _, p := range problems {
		got = append(got, fmt.Sprintf("%d:%d+%d %s", p.Line, p.Column, p.Length, p.Code))
	}
	if want := []string{"7:11+5 ASL012", "8:3+1 ASL031"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDefinitionLimits(t *testing.T) {
	t.Parallel()
	chain := func(n int) string {
		var b strings.Builder
		b.WriteString(`{"StartAt":"s0","States":{`)
		for i := range n - 1 {
			fmt.Fprintf(&b, `"s%d":{"Type":"Pass","Next":"s%d"},`, i, i+1)
		}
		fmt.Fprintf(&b, `"s%d":{"Type":"Succeed"}}}`, n-1)
		return b.String()
	}
	nest := func(levels int) string {
		text := `"StartAt":"s0","States":{"s0":{"Type":"Succeed"}}`
		for i := range levels {
			text = fmt.Sprintf(`"StartAt":"p%d","States":{"p%d":{"Type":"Parallel","End":true,"Branches":[{%s}]}}`, i, i, text)
		}
		return "{" + text + "}"
	}
	wide := func(branches int) string {
		var b strings.Builder
		b.WriteString("StartAt: P\nStates:\n  P:\n    Type: Parallel\n    End: true\n    Branches:\n")
		for i := range branches {
			fmt.Fprintf(&b, "      - {StartAt: a%d, States: {a%d: {Type: Succeed}}}\n", i, i)
		}
		return b.String()
	}
	sized := func(n int) string {
		text := chain(1)
		return text + strings.Repeat(" ", n-len(text))
	}
	cases := []struct {
		name, ok, beyond, code string
	}{
		{"states", chain(asl.MaxStates), chain(asl.MaxStates + 1), "ASL003"},
		{"nesting", nest(asl.MaxNesting), nest(asl.MaxNesting + 1), "ASL003"},
		{"branches", wide(asl.MaxStates - 1), wide(asl.MaxStates), "ASL003"},
		{"size", sized(source.MaxSize), sized(source.MaxSize + 1), "ASL003"},
	}
	for _, c := range cases {
		if problems := asl.Validate(c.ok, asl.Options{}); len(problems) != 0 {
			t.Errorf("%s at the limit: %+v", c.name, problems[0])
		}
		problems := asl.Validate(c.beyond, asl.Options{})
		if !slices.ContainsFunc(problems, func(p asl.Problem) bool { return p.Code == c.code }) {
			t.Errorf("%s beyond the limit: %d problems, none is %s", c.name, len(problems), c.code)
		}
	}
}

// Documents made to cost much are dealt with all the same.
func TestValidateIsBounded(t *testing.T) {
	t.Parallel()
	var targets strings.Builder
	for i := range 4900 {
		fmt.Fprintf(&targets, `"%s%04d":{"Type":"Pass","Next":"%s%04dx"},`, strings.Repeat("n", 70), i, strings.Repeat("n", 70), i)
	}
	for name, text := range map[string]string{
		"targets":    `{"StartAt":"A","States":{` + targets.String() + `"A":{"Type":"Succeed"}}}`,
		"duplicates": "{" + strings.Repeat(`"":0,`, 190_000) + `"":0}`,
		"fields":     one(strings.Repeat(`"Typ":"Pass",`, 70_000) + `"Type":"Pass"`),
		"rules":      one(`"Type":"Choice","Choices":[` + strings.Repeat(`{"Variable":"$","IsNull":1},`, 30_000) + `{}]`),
		"nots":       one(`"Type":"Choice","Choices":[` + strings.Repeat(`{"Not":`, 30) + "1" + strings.Repeat("}", 30) + "]"),
		"flow":       "StartAt: " + strings.Repeat("[", 1<<19),
		"paths":      one(`"Type":"Pass","Parameters":{"a.$":"$` + strings.Repeat("[?(@", 2000) + `"}`),
	} {
		if problems := asl.Validate(text, asl.Options{}); len(problems) == 0 || len(problems) > source.MaxProblems {
			t.Errorf("%s: %d problems", name, len(problems))
		}
	}
}

func FuzzValidate(f *testing.F) {
	f.Add(one(`"Type":"Pass","End":true,"Parameters":{"a.$":"States.Format('{}', $.x[?(@.y == 1)])"}`))
	f.Add(one(`"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName.$":"$.f","Payload.$":"$$"},"Next":"S","Retry":[{"ErrorEquals":["States.ALL"]}]`))
	f.Add("StartAt: &a A\nStates:\n  A: {Type: Wait, Seconds: 0x10, Next: *a}\n")
	f.Add(`{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Not":{"Variable":"$.a","StringMatches":"a*"},"Next":"C"}]}}}}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		failed := false
		for _, p := range asl.Validate(text, asl.Options{}) {
			failed = failed || p.Severity == source.Error
			if p.Line < 1 || p.Column < 1 || p.Offset < 0 || p.Offset > len(text) || p.Message == "" {
				t.Fatalf("%q: problem %+v", text, p)
			}
		}
		source.Format("f", text, asl.Validate(text, asl.Options{}))
		if _, err := asl.Compile(text, asl.Options{}); (err != nil) != failed {
			t.Fatalf("%q: Validate says %t, Compile %v", text, failed, err)
		}
	})
}
