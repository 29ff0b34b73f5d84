package asl_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// one wraps the fields of a state in a machine of that one state.
func one(fields string) string {
	return `{"StartAt":"S","States":{"S":{` + fields + `}}}`
}

func inc(input value.Value) (value.Value, *dag.Failure, time.Duration) {
	n, _ := input.Get("n").Int()
	return value.OfObject(value.Member{Key: "n", Value: value.OfInt(n + 1)}), nil, time.Second
}

func TestThreeTimesInc(t *testing.T) {
	t.Parallel()
	const definition = `
Comment: three times inc
StartAt: First
States:
  First: {Type: Task, Resource: inc, Next: Second}
  Second: {Type: Task, Resource: "arn:aws:lambda:eu-west-1:123456789012:function:inc", Next: Third}
  Third:
    Type: Task
    Resource: arn:aws:states:::lambda:invoke
    Parameters: {FunctionName: inc, Payload.$: $}
    OutputPath: $.Payload
    End: true
`
	w := &world{functions: map[string]behaviour{"inc": inc}}
	o := play(t, w, definition, `{"n":4}`)
	if ended(o) != `{"n":7}` {
		t.Errorf("got %s %+v", ended(o), o.Failure)
	}
	if want := []string{`inc {"n":4}`, `inc {"n":5}`, `inc {"n":6}`}; !slices.Equal(w.calls, want) {
		t.Errorf("calls %q, want %q", w.calls, want)
	}
}

// A Choice below 10 loops until it is not.
func TestLoop(t *testing.T) {
	t.Parallel()
	const definition = `{"StartAt":"Inc","States":{
		"Inc":{"Type":"Task","Resource":"inc","Next":"Below"},
		"Below":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericLessThan":10,"Next":"Inc"}],"Default":"Done"},
		"Done":{"Type":"Succeed"}}}`
	w := &world{functions: map[string]behaviour{"inc": inc}}
	if o := play(t, w, definition, `{"n":0}`); ended(o) != `{"n":10}` || len(w.calls) != 10 {
		t.Errorf("got %s after %d calls", ended(o), len(w.calls))
	}
}

// TestData runs one state and looks at its output: the rows follow the list of
// common mistakes in the reference (section 18).
func TestData(t *testing.T) {
	t.Parallel()
	const task, pass = `"Type":"Task","Resource":"f","End":true,`, `"Type":"Pass","End":true,`
	cases := []struct{ name, fields, input, want string }{
		{"ResultPath goes into the raw input", task + `"InputPath":"$.a","ResultPath":"$.r"`, `{"a":1,"b":2}`, `{"a":1,"b":2,"r":[1]}`},
		{"InputPath null", pass + `"InputPath":null`, `{"a":1}`, `{}`},
		{"OutputPath null", pass + `"OutputPath":null`, `{"a":1}`, `{}`},
		{"ResultPath null", task + `"ResultPath":null`, `{"a":1}`, `{"a":1}`},
		{"ResultPath null, then OutputPath", task + `"ResultPath":null,"OutputPath":"$.a"`, `{"a":1}`, `1`},
		{"Result is no template", pass + `"Result":{"a.$":"$.x"}`, `{}`, `{"a.$":"$.x"}`},
		{"Result null", pass + `"Result":null`, `{"a":1}`, `null`},
		{"templates at any depth", pass + `"Parameters":{"a":{"b":[{"c.$":"$.x"},"$.x"]}}`, `{"x":5}`, `{"a":{"b":[{"c":5},"$.x"]}}`},
		{"missing in an indefinite path", pass + `"InputPath":"$.no[*].x"`, `{}`, `[]`},
		{"one in an indefinite path", pass + `"InputPath":"$.l[*].x"`, `{"l":[{"x":1}]}`, `[1]`},
		{"missing in a definite path", pass + `"InputPath":"$.no"`, `{}`, `!States.Runtime`},
		{"missing in a template", pass + `"Parameters":{"a.$":"$.no"}`, `{}`, `!States.Runtime`},
		{"all of the context", pass + `"Parameters":{"c.$":"$$.State.Name"}`, `{}`, `{"c":"S"}`},
		{"context as InputPath", pass + `"InputPath":"$$.Execution.Id"`, `{}`, `"e1"`},
		{"context dates", pass + `"InputPath":"$$.Execution.StartTime"`, `{}`, `"2026-01-02T03:04:05.000Z"`},
		{"ResultSelector", task + `"ResultSelector":{"first.$":"$[0]"}`, `{"a":1}`, `{"first":{"a":1}}`},
		{"ResultPath makes objects", pass + `"Result":1,"ResultPath":"$.a.b.c"`, `{"x":0}`, `{"x":0,"a":{"b":{"c":1}}}`},
		{"ResultPath into a string", pass + `"Result":1,"ResultPath":"$.a"`, `"text"`, `!States.ResultPathMatchFailure`},
		{"big numbers are kept", pass + `"Parameters":{"a.$":"$.x"}`, `{"x":12345678901234567890.10}`, `{"a":12345678901234567890.10}`},
		{"Fail", `"Type":"Fail","Error":"E","Cause":"c"`, `{}`, `!E`},
		{"Fail by path", `"Type":"Fail","ErrorPath":"$.e","CausePath":"States.Format('{}', $.e)"`, `{"e":"E"}`, `!E`},
		{"Fail with a number", `"Type":"Fail","ErrorPath":"$.e"`, `{"e":1}`, `!States.Runtime`},
		{"Succeed", `"Type":"Succeed","InputPath":"$.a","OutputPath":"$.b"`, `{"a":{"b":1}}`, `1`},
		{"Parallel", `"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}},
			{"StartAt":"B","States":{"B":{"Type":"Pass","Result":2,"End":true}}}],"ResultPath":"$.r"`, `{"x":1}`, `{"x":1,"r":[{"x":1},2]}`},
		{"Map", `"Type":"Map","End":true,"ItemsPath":"$.l","ItemSelector":{"v.$":"$$.Map.Item.Value","i.$":"$$.Map.Item.Index","x.$":"$.x"},
			"ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}`, `{"x":9,"l":[5,6]}`, `[{"v":5,"i":0,"x":9},{"v":6,"i":1,"x":9}]`},
		{"Map of no array", `"Type":"Map","End":true,"ItemsPath":"$.l","Iterator":{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}`, `{"l":5}`, `!States.Runtime`},
		{"MaxConcurrencyPath", `"Type":"Map","End":true,"ItemsPath":"$.l","MaxConcurrencyPath":"$.c","Iterator":{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}`, `{"l":[1],"c":"x"}`, `!States.Runtime`},
		{"Parameters and Result", pass + `"Parameters":{"p":1},"Result":{"r":2},"ResultPath":"$.x"`, `{"a":1}`, `{"a":1,"x":{"r":2}}`},
		{"the whole context", pass + `"InputPath":"$$","OutputPath":"$.StateMachine"`, `{}`, `{"Id":"flow","Name":"flow"}`},
		{"ResultPath replaces an element", pass + `"Result":9,"ResultPath":"$.l[1]"`, `{"l":[1,2]}`, `{"l":[1,9]}`},
		{"ResultPath beyond an array", pass + `"Result":9,"ResultPath":"$.l[2]"`, `{"l":[1,2]}`, `!States.ResultPathMatchFailure`},
		{"ResultPath through a number", pass + `"Result":9,"ResultPath":"$.a.b"`, `{"a":1}`, `!States.ResultPathMatchFailure`},
		{"Wait", `"Type":"Wait","Seconds":1,"End":true,"InputPath":"$.a","OutputPath":"$.b"`, `{"a":{"b":1}}`, `1`},
		{"Fail by the context", `"Type":"Fail","ErrorPath":"$$.State.Name","CausePath":"$$.Execution.Id"`, `{}`, `!S e1`},
		{"Parameters of Parallel", `"Type":"Parallel","InputPath":"$.a","Parameters":{"p.$":"$"},"End":true,"Branches":[{"StartAt":"A","States":{"A":{"Type":"Succeed"}}},{"StartAt":"B","States":{"B":{"Type":"Succeed","OutputPath":"$.p"}}}],
			"ResultSelector":{"r.$":"$"},"ResultPath":"$.x","OutputPath":"$.x.r"`, `{"a":1}`, `[{"p":1},1]`},
		{"the effective input of a Map", `"Type":"Map","InputPath":"$.m","ItemsPath":"$.l","ItemSelector":{"x.$":"$.x","v.$":"$$.Map.Item.Value"},"End":true,"ResultPath":"$.r","OutputPath":"$.r",
			"ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}`, `{"m":{"l":[1],"x":2}}`, `[{"x":2,"v":1}]`},
		{"the innermost item", `"Type":"Map","End":true,"ItemProcessor":{"StartAt":"M","States":{"M":{"Type":"Map","ItemSelector":{"v.$":"$$.Map.Item.Value"},"End":true,"ItemProcessor":{"StartAt":"A","States":{
			"A":{"Type":"Pass","Parameters":{"i.$":"$$.Map.Item.Index","v.$":"$.v"},"End":true}}},"ResultPath":"$[0]"}}}`, `[[5,6],[7]]`, `[[[{"i":0,"v":5},{"i":1,"v":6}],6],[[{"i":0,"v":7}]]]`},
		{"lambda:invoke", `"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"arn:aws:lambda:x:1:function:f:$LATEST"},"End":true,
			"ResultSelector":{"ExecutedVersion.$":"$.ExecutedVersion","Payload.$":"$.Payload","StatusCode.$":"$.StatusCode","Length.$":"$.SdkHttpMetadata.HttpHeaders.Content-Length"}`,
			`{"a":1}`, `{"ExecutedVersion":"$LATEST","Payload":[{}],"StatusCode":200,"Length":"4"}`},
		{"lambda:invoke by name in the input", `"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName.$":"$.f","Payload":1},"OutputPath":"$.Payload","End":true`,
			`{"f":"f"}`, `[1]`},
		{"a payload of null", `"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f","Payload":null},"OutputPath":"$.Payload","End":true`,
			`{}`, `[{}]`},
		{"a function that is not there", `"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName.$":"$.f"},"End":true`,
			`{"f":"a b"}`, `!Lambda.ResourceNotFoundException`},
	}
	for _, c := range cases {
		w := &world{functions: map[string]behaviour{"f": list}}
		checkEnd(t, c.name, play(t, w, one(c.fields), c.input), c.want)
	}
}

func TestIntrinsics(t *testing.T) {
	t.Parallel()
	const input = `{"s":"a,b c","l":[1,2,2,"x",{"k":[1]},{"k":[1.0]}],"n":3,"o":{"a":{"x":1},"b":1},"p":{"a":{"y":2}},"e":"","t":"{}-{}"}`
	cases := []struct{ call, want string }{
		{`States.Format('{}-{} \\{\\}', $.n, $.s)`, `"3-a,b c {}"`},
		{`States.Format($.t, 1, null)`, `"1-null"`},
		{`States.Format('{}', $.o)`, `"{a={x=1}, b=1}"`},
		{`States.Format('it\\'s {}', true)`, `"it's true"`},
		{`States.StringToJson('{\"a\": 1}')`, `{"a":1}`},
		{`States.StringToJson($.e)`, `null`},
		{`States.StringToJson('-0')`, `0`},
		{`States.StringToJson('{')`, `!States.IntrinsicFailure`},
		{`States.StringToJson($.n)`, `!States.IntrinsicFailure`},
		{`States.JsonToString($.o)`, `"{\"a\":{\"x\":1},\"b\":1}"`},
		{`States.Array()`, `[]`},
		{`States.Array( 1 , 'x',$.n , States.Array(null) )  `, `[1,"x",3,[null]]`},
		{`States.ArrayPartition($.l, 4)`, `[[1,2,2,"x"],[{"k":[1]},{"k":[1.0]}]]`},
		{`States.ArrayPartition($.l, 0)`, `!States.IntrinsicFailure`},
		{`States.ArrayContains($.l, States.StringToJson('{\"k\":[1]}'))`, `true`},
		{`States.ArrayContains($.l, 4)`, `false`},
		{`States.ArrayRange(1, 9, 4)`, `[1,5,9]`},
		{`States.ArrayRange(3, 1, -1)`, `[3,2,1]`},
		{`States.ArrayRange(1, 2, 0)`, `!States.IntrinsicFailure`},
		{`States.ArrayLength(States.ArrayRange(1, 1000, 1))`, `1000`},
		{`States.ArrayRange(1, 1001, 1)`, `!States.IntrinsicFailure`},
		{`States.ArrayRange(0, 1000000000, 1)`, `!States.IntrinsicFailure`},
		{`States.ArrayGetItem($.l, 3)`, `"x"`},
		{`States.ArrayGetItem($.l, 6)`, `!States.IntrinsicFailure`},
		{`States.ArrayUnique($.l)`, `[1,2,"x",{"k":[1]}]`},
		{`States.Base64Encode('hi')`, `"aGk="`},
		{`States.Base64Decode('aGk=')`, `"hi"`},
		{`States.Base64Decode('%')`, `!States.IntrinsicFailure`},
		{`States.Hash('a', 'SHA-1')`, `"86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"`},
		{`States.Hash($.l[0], 'MD5')`, `"c4ca4238a0b923820dcc509a6f75849b"`},
		{`States.Hash('a', 'X')`, `!States.IntrinsicFailure`},
		{`States.JsonMerge($.o, $.p, false)`, `{"a":{"y":2},"b":1}`},
		{`States.JsonMerge($.o, $.p, true)`, `{"a":{"x":1,"y":2},"b":1}`},
		{`States.MathAdd(1.49, 1.5)`, `3`},
		{`States.MathAdd(-0.5, 0.5)`, `1`},
		{`States.MathAdd(-1.5, -1.51)`, `-3`},
		{`States.MathAdd(-2.5, 0)`, `-2`},
		{`States.MathAdd($.n, -4)`, `-1`},
		{`States.MathRandom(5, 6)`, `5`},
		{`States.MathRandom(6, 6)`, `!States.IntrinsicFailure`},
		{`States.StringSplit($.s, ', ')`, `["a","b","c"]`},
		{`States.StringSplit(',,,,', ',')`, `[]`},
		{`States.ArrayLength($.no)`, `!States.Runtime`},
		{`States.ArrayLength($.no[*])`, `0`},
	}
	for _, c := range cases {
		o := play(t, &world{}, one(`"Type":"Pass","End":true,"Parameters":{"r.$":"`+strings.ReplaceAll(c.call, `\`+`"`, `\"`)+`"}`), input)
		got := ended(o)
		if o.Status == dag.Completed {
			got = o.Output.Get("r").String()
		}
		if got != c.want {
			t.Errorf("%s: got %s %+v, want %s", c.call, got, o.Failure, c.want)
		}
	}
}

// Random intrinsics draw the same in every replay, and one seed draws the same.
func TestIntrinsicChance(t *testing.T) {
	t.Parallel()
	definition := one(`"Type":"Pass","End":true,"Parameters":{"u.$":"States.UUID()","v.$":"States.UUID()",
		"r.$":"States.MathRandom(0, 1000000)","s.$":"States.MathRandom(0, 1000000, 5)","t.$":"States.MathRandom(0, 1000000, 5)"}`)
	a, b := play(t, &world{}, definition, `{}`), play(t, &world{}, definition, `{}`)
	if ended(a) != ended(b) {
		t.Errorf("two replays differ: %s and %s", ended(a), ended(b))
	}
	u, v := a.Output.Get("u").Text(), a.Output.Get("v").Text()
	if u == v || len(u) != 36 || u[14] != '4' || !strings.ContainsRune("89ab", rune(u[19])) {
		t.Errorf("UUIDs %s and %s", u, v)
	}
	if !value.Equal(a.Output.Get("s"), a.Output.Get("t")) {
		t.Errorf("one seed drew %s and %s", a.Output.Get("s"), a.Output.Get("t"))
	}
}

func TestChoice(t *testing.T) {
	t.Parallel()
	cases := []struct{ rule, v, want string }{
		{`"NumericEquals":1`, `1.0`, "yes"},
		{`"NumericEquals":1`, `true`, "no"},
		{`"NumericEquals":0`, `""`, "no"},
		{`"NumericEquals":0`, `null`, "no"},
		{`"NumericLessThanEquals":3`, `3`, "yes"},
		{`"NumericGreaterThanPath":"$.w"`, `6`, "yes"},
		{`"NumericGreaterThanPath":"$.none"`, `6`, "!States.Runtime"},
		{`"BooleanEquals":true`, `1`, "no"},
		{`"BooleanEquals":false`, `false`, "yes"},
		{`"StringEquals":"a"`, `"a"`, "yes"},
		{`"StringEquals":"a"`, `"A"`, "no"},
		{`"StringLessThan":"b"`, `"a"`, "yes"},
		{`"StringLessThan":"b"`, `1`, "no"},
		{`"StringLessThan":"\uffee"`, `"\ud83d\ude00"`, "yes"}, // by UTF-16 units
		{`"StringMatches":"log-*.txt"`, `"log-1.txt"`, "yes"},
		{`"StringMatches":"log-*.txt"`, `"log-1.txt.gz"`, "no"},
		{`"StringMatches":"a*b*c"`, `"abc"`, "yes"},
		{`"StringMatches":"a*a"`, `"a"`, "no"},
		{`"StringMatches":"a[b]?"`, `"ab"`, "no"},
		{`"StringMatches":"a\\*"`, `"a*"`, "yes"},
		{`"StringMatches":"a\\*"`, `"ab"`, "no"},
		{`"StringMatches":"*"`, `""`, "yes"},
		{`"StringMatches":"a*b*c"`, `"acbc"`, "yes"},
		{`"StringMatches":"a*b*c"`, `"acc"`, "no"},
		{`"StringMatches":"a*"`, `"ba"`, "no"},
		{`"StringMatches":"a\\\\b"`, `"a\\b"`, "yes"},
		{`"StringMatches":"*1*"`, `1`, "no"},
		{`"TimestampEquals":"2026-01-01T00:00:00Z"`, `"2026-01-01T01:00:00.000+01:00"`, "yes"},
		{`"TimestampLessThan":"2026-01-01T00:00:00Z"`, `"2025-12-31"`, "no"},
		{`"IsPresent":true`, `null`, "yes"},
		{`"IsNull":false`, `0`, "yes"},
		{`"IsNumeric":true`, `"1"`, "no"},
		{`"IsTimestamp":true`, `"2026-01-01t00:00:00z"`, "no"},
		{`"IsTimestamp":true`, `"2026-01-01T00:00:00.123456789123Z"`, "yes"},
		{`"IsString":false`, `1`, "yes"},
		{`"IsBoolean":true`, `false`, "yes"},
		{`"IsBoolean":true`, `"false"`, "no"},
		{`"IsNull":true`, `null`, "yes"},
		{`"IsTimestamp":false`, `5`, "yes"},
		{`"IsPresent":false`, `null`, "no"},
		{`"BooleanEqualsPath":"$.t"`, `true`, "yes"},
		{`"BooleanEqualsPath":"$.t"`, `false`, "no"},
		{`"BooleanEqualsPath":"$.w"`, `true`, "no"},
		{`"StringEqualsPath":"$.w"`, `5`, "no"},
		{`"StringEqualsPath":"$.s"`, `"m"`, "yes"},
	}
	// Every relation of numbers, texts and dates, below, at and above.
	for kind, values := range map[string][4]string{
		"Numeric": {`7`, `6.9`, `7.0`, `1e1`}, "String": {`"m"`, `"Z"`, `"m"`, `"ma"`},
		"Timestamp": {`"2026-01-02T00:00:00Z"`, `"2026-01-02T00:59:59+01:00"`, `"2026-01-02T01:00:00.0+01:00"`, `"2026-01-01T23:00:00-01:30"`},
	} {
		for relation, want := range map[string][3]string{
			"Equals": {"no", "yes", "no"}, "LessThan": {"yes", "no", "no"}, "GreaterThan": {"no", "no", "yes"}, "LessThanEquals": {"yes", "yes", "no"}, "GreaterThanEquals": {"no", "yes", "yes"},
		} {
			for i, w := range want {
				cases = append(cases, struct{ rule, v, want string }{`"` + kind + relation + `":` + values[0], values[i+1], w},
					struct{ rule, v, want string }{`"` + kind + relation + `Path":"$.` + kind + `"`, values[i+1], w})
			}
			for _, other := range []string{`null`, `true`, `[]`, `{}`, `"x"`, `1`} {
				if kind == "String" && other == `"x"` || kind == "Numeric" && other == `1` {
					continue
				}
				cases = append(cases, struct{ rule, v, want string }{`"` + kind + relation + `":` + values[0], other, "no"})
			}
		}
	}
	for _, c := range cases {
		definition := `{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.v",` + c.rule + `,"Next":"Y"}],"Default":"N"},
			"Y":{"Type":"Pass","Result":"yes","End":true},"N":{"Type":"Pass","Result":"no","End":true}}}`
		o := play(t, &world{}, definition, `{"v":`+c.v+`,"w":5,"t":true,"s":"m","Numeric":7,"String":"m","Timestamp":"2026-01-02T00:00:00Z"}`)
		if got := strings.Trim(ended(o), `"`); got != c.want {
			t.Errorf("%s of %s: got %s %+v, want %s", c.rule, c.v, got, o.Failure, c.want)
		}
	}
}

func TestChoiceCombinations(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		`"Variable":"$.no","StringEquals":"x"`:                                                         "!States.Runtime",
		`"Variable":"$.no","IsPresent":false`:                                                          "yes",
		`"And":[{"Variable":"$.no","IsPresent":true},{"Variable":"$.no","StringEquals":"x"}]`:          "no", // short-circuit
		`"Or":[{"Variable":"$.v","IsPresent":true},{"Variable":"$.no","StringEquals":"x"}]`:            "yes",
		`"Not":{"Variable":"$.v","NumericEquals":2}`:                                                   "yes",
		`"Not":{"And":[{"Variable":"$.v","IsNumeric":true},{"Not":{"Variable":"$.v","IsNull":true}}]}`: "no",
		`"Variable":"$$.Execution.Id","StringEquals":"e1"`:                                             "yes",
	} {
		definition := `{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{` + rule + `,"Next":"Y"}],"Default":"N"},
			"Y":{"Type":"Pass","Result":"yes","End":true},"N":{"Type":"Pass","Result":"no","End":true}}}`
		if o := play(t, &world{}, definition, `{"v":1}`); strings.Trim(ended(o), `"`) != want {
			t.Errorf("%s: got %s %+v, want %s", rule, ended(o), o.Failure, want)
		}
	}
	shaped := `{"StartAt":"C","States":{"C":{"Type":"Choice","InputPath":"$.a","OutputPath":"$.b","Choices":[{"Variable":"$.b","NumericEquals":1,"Assign":{"x.$":"$"},"Next":"S"}],"Default":"S"},
		"S":{"Type":"Pass","Parameters":{"in.$":"$","x.$":"$x"},"End":true}}}`
	checkEnd(t, "the paths of a Choice", play(t, &world{}, shaped, `{"a":{"b":1}}`), `{"in":1,"x":{"b":1}}`)
	none := `{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.v","IsNull":true,"Next":"Y"}]},"Y":{"Type":"Succeed"}}}`
	if o := play(t, &world{}, none, `{"v":1}`); ended(o) != "!States.NoChoiceMatched" {
		t.Errorf("no match and no Default: got %s", ended(o))
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	cases := []struct {
		field, v string
		want     string // the time that passes, or an error
	}{
		{`"Seconds":7`, `0`, "7s"},
		{`"Seconds":0`, `0`, "0s"},
		{`"SecondsPath":"$.v"`, `5`, "5s"},
		{`"SecondsPath":"$.v"`, `-1`, "!States.Runtime"},
		{`"SecondsPath":"$.v"`, `1.5`, "!States.Runtime"},
		{`"SecondsPath":"$.v"`, `1000000000000`, "!States.Runtime"},
		{`"SecondsPath":"$.w"`, `1`, "!States.Runtime"},
		{`"Timestamp":"2026-01-02T03:05:05Z"`, `0`, "1m0s"},
		{`"Timestamp":"2001-01-02T03:05:05Z"`, `0`, "0s"},
		{`"TimestampPath":"$.v"`, `"2026-01-02T04:04:06+01:00"`, "1s"},
		{`"TimestampPath":"$.v"`, `"2026-01-02 03:05:05Z"`, "!States.Runtime"},
		{`"TimestampPath":"$.v"`, `"2026-01-02T03:05:05"`, "!States.Runtime"},
		{`"TimestampPath":"$.v"`, `"9999-12-31T23:59:59Z"`, "!States.Runtime"},
		{`"TimestampPath":"$.v"`, `5`, "!States.Runtime"},
		{`"TimestampPath":"$.w"`, `5`, "!States.Runtime"},
		{`"TimestampPath":"$.v"`, `"2094-01-20T06:18:12Z"`, (1<<31*time.Second - time.Second).String()}, // 2^31-1 seconds
		{`"TimestampPath":"$.v"`, `"2094-01-20T06:18:13Z"`, "!States.Runtime"},
		{`"SecondsPath":"$.v"`, `2147483647`, (1<<31*time.Second - time.Second).String()},
		{`"SecondsPath":"$.v"`, `2147483648`, "!States.Runtime"},
	}
	for _, c := range cases {
		w := &world{}
		o := play(t, w, one(`"Type":"Wait","End":true,`+c.field), `{"v":`+c.v+`}`)
		got := ended(o)
		if o.Status == dag.Completed {
			got = w.now.Sub(epoch).String()
		}
		if got != c.want {
			t.Errorf("%s of %s: got %s %+v, want %s", c.field, c.v, got, o.Failure, c.want)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	large := func(value.Value) (value.Value, *dag.Failure, time.Duration) {
		return value.OfString(strings.Repeat("x", maxPayload-1)), nil, 0
	}
	const next = `"Next":"Caught"`
	cases := []struct {
		name, fields string
		f            behaviour
		want         string
		calls        int
		took         time.Duration
	}{
		{"catch all", `"Catch":[{"ErrorEquals":["States.ALL"],` + next + `}]`, fails("E", 0), `{"Error":"E","Cause":"because"}`, 1, 0},
		{"catch into the raw input", `"InputPath":"$.a","ResultSelector":{"x.$":"$.no"},"OutputPath":"$.no","Catch":[{"ErrorEquals":["E"],"ResultPath":"$.err",` + next + `}]`,
			fails("E", 0), `{"a":1,"err":{"Error":"E","Cause":"because"}}`, 1, 0},
		{"catch and drop", `"Catch":[{"ErrorEquals":["E"],"ResultPath":null,` + next + `}]`, fails("E", 0), `{"a":1}`, 1, 0},
		{"names are exact", `"Catch":[{"ErrorEquals":["e"],` + next + `}]`, fails("E", 0), `!E`, 1, 0},
		{"retry with backoff", `"Retry":[{"ErrorEquals":["E"],"IntervalSeconds":2,"MaxAttempts":3,"BackoffRate":3,"MaxDelaySeconds":10}]`, fails("E", 0), `!E`, 4, 18 * time.Second},
		{"retry by default", `"Retry":[{"ErrorEquals":["States.TaskFailed"]}]`, fails("E", 0), `!E`, 4, 7 * time.Second},
		{"the first retrier decides", `"Retry":[{"ErrorEquals":["E"],"MaxAttempts":0},{"ErrorEquals":["States.ALL"]}]`, fails("E", 0), `!E`, 1, 0},
		{"timeout", `"TimeoutSeconds":5`, slow, `!States.Timeout`, 1, 5 * time.Second},
		{"timeout by path", `"TimeoutSecondsPath":"$.a"`, slow, `!States.Timeout`, 1, time.Second},
		{"timeout by a bad path", `"TimeoutSecondsPath":"$.no"`, slow, `!States.Runtime`, 0, 0},
		{"TaskFailed is no timeout", `"TimeoutSeconds":5,"Retry":[{"ErrorEquals":["States.TaskFailed"]}]`, slow, `!States.Timeout`, 1, 5 * time.Second},
		{"heartbeat", `"TimeoutSeconds":50,"HeartbeatSeconds":5,"Catch":[{"ErrorEquals":["States.HeartbeatTimeout"],` + next + `}]`, slow, `{"Error":"States.Timeout"}`, 1, 5 * time.Second},
		{"Runtime is not caught", `"OutputPath":"$.no","Catch":[{"ErrorEquals":["States.Runtime"],` + next + `},{"ErrorEquals":["States.ALL"],` + next + `}]`, slow, `!States.Runtime`, 1, time.Hour},
		{"too large, not by ALL", `"Catch":[{"ErrorEquals":["States.ALL"],` + next + `}]`, large, `!States.DataLimitExceeded`, 1, 0},
		{"too large, by name", `"ResultPath":"$.r","Catch":[{"ErrorEquals":["States.DataLimitExceeded"],"ResultPath":null,` + next + `}]`, large, `{"a":1}`, 1, 0},
	}
	for _, c := range cases {
		way := `"End":true`
		definition := `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"f",` + way + `,` + c.fields + `},"Caught":{"Type":"Pass","End":true}}}`
		w := &world{functions: map[string]behaviour{"f": c.f}}
		o := play(t, w, definition, `{"a":1}`)
		if got := ended(o); got != c.want || len(w.calls) != c.calls || w.now.Sub(epoch) != c.took {
			t.Errorf("%s: got %s after %d calls and %s, want %s after %d and %s (%+v)",
				c.name, got, len(w.calls), w.now.Sub(epoch), c.want, c.calls, c.took, o.Failure)
		}
	}
	w := &world{functions: map[string]behaviour{"f": slow}}
	if o := play(t, w, `{"TimeoutSeconds":9,"StartAt":"T","States":{"T":{"Type":"Task","Resource":"f","End":true,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"T"}]}}}`, `{}`); ended(o) != "TIMED_OUT" {
		t.Errorf("the whole machine times out: got %s", ended(o))
	}
}

// The data of a state may have MaxPayload bytes, not one more; and a loop
// cannot nest it without end.
func TestDataLimits(t *testing.T) {
	t.Parallel()
	for extra, want := range map[int]dag.Status{0: dag.Completed, 1: dag.Broken} {
		// The output is {"r":"yyy"}.
		input := `{"x":"` + strings.Repeat("y", maxPayload-len(`{"r":""}`)+extra) + `"}`
		o := play(t, &world{}, one(`"Type":"Pass","End":true,"Parameters":{"r.$":"$.x"}`), input)
		if o.Status != want || o.Failure != nil && o.Failure.Error != dag.ErrorDataLimitExceeded {
			t.Errorf("%d bytes too many: got %s %+v", extra, o.Status, o.Failure)
		}
	}
	var parts []string
	for range 2000 {
		parts = append(parts, "$.x")
	}
	call := "States.Array(" + strings.Join(parts, ",") + ")"
	o := play(t, &world{}, one(`"Type":"Pass","End":true,"Parameters":{"r.$":"States.ArrayLength(`+call+`)"}`), `{"x":"`+strings.Repeat("y", 100_000)+`"}`)
	if ended(o) != "!States.IntrinsicFailure" {
		t.Errorf("functions on 300 MB: got %.100s", ended(o))
	}
	lengths := "States.Array(" + strings.TrimSuffix(strings.Repeat("States.ArrayLength($),", 400), ",") + ")"
	o = play(t, &world{}, one(`"Type":"Pass","End":true,"Parameters":{"r.$":"`+lengths+`"}`), `["`+strings.Repeat("y", 250_000)+`"]`)
	if ended(o) != "!States.IntrinsicFailure" || !strings.Contains(o.Failure.Cause, "too much data") {
		t.Errorf("functions on 100 MB in small parts: got %.100s", ended(o))
	}
	// The paths of one evaluation share their steps.
	ones := "[" + strings.Repeat("1,", 29_999) + "1]"
	six, seven := strings.Repeat(`{"n.$":"$[?(@ > 1)]"},`, 6), strings.Repeat(`{"n.$":"$[?(@ > 1)]"},`, 7)
	checkEnd(t, "paths of many steps", play(t, &world{}, one(`"Type":"Pass","End":true,"OutputPath":null,"Parameters":{"r":[`+strings.TrimSuffix(six, ",")+`]}`), ones), `{}`)
	o = play(t, &world{}, one(`"Type":"Pass","End":true,"OutputPath":null,"Parameters":{"r":[`+strings.TrimSuffix(seven, ",")+`]}`), ones)
	if ended(o) != "!States.Runtime" || !strings.Contains(o.Failure.Cause, "too many steps") {
		t.Errorf("paths of too many steps: got %s %+v", ended(o), o.Failure)
	}
	rules := strings.Repeat(`{"Variable":"$[?(@ > 1)]","IsPresent":true},`, 7)
	o = play(t, &world{}, `{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"And":[`+strings.TrimSuffix(rules, ",")+`],"Next":"D"}],"Default":"D"},"D":{"Type":"Succeed"}}}`, ones)
	if ended(o) != "!States.Runtime" || !strings.Contains(o.Failure.Cause, "too many steps") {
		t.Errorf("a rule of too many steps: got %.100s %+v", ended(o), o.Failure)
	}
	loop := `{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"a.$":"$"},"Next":"A"},"B":{"Type":"Succeed"}}}`
	loop = strings.Replace(loop, `"Next":"A"}`, `"Next":"C"},"C":{"Type":"Choice","Choices":[{"Variable":"$.stop","IsPresent":true,"Next":"B"}],"Default":"A"}`, 1)
	if o := play(t, &world{}, loop, `{}`); ended(o) != "!States.Runtime" || !strings.Contains(o.Failure.Cause, "nested deeper") {
		t.Errorf("a loop that nests: got %s %+v", ended(o), o.Failure)
	}
}

func TestCausesFollowAWS(t *testing.T) {
	t.Parallel()
	for fields, want := range map[string]string{
		`"Type":"Pass","End":true,"InputPath":"$.x"`:          "Invalid path '$.x' : No results for path: $['x']",
		`"Type":"Pass","End":true,"OutputPath":"$.no.x"`:      "Invalid path '$.no.x' : Missing property in path $['no']",
		`"Type":"Pass","End":true,"Parameters":{"f.$":"$.x"}`: "The JSONPath '$.x' specified for the field 'f.$' could not be found in the input '{\"p\":-1}'",
		`"Type":"Wait","End":true,"SecondsPath":"$.p"`:        "The SecondsPath parameter references a negative value: $.p == -1",
		`"Type":"Wait","End":true,"SecondsPath":"$.q"`:        "The SecondsPath parameter does not reference an input value: $.q",
		`"Type":"Wait","End":true,"TimestampPath":"$.p"`:      "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: $.p == -1",
		`"Type":"Fail","ErrorPath":"$.e"`:                     "The JSONPath '$.e' specified for the field 'ErrorPath' could not be found in the input '{\"p\":-1}'",
	} {
		o := play(t, &world{}, one(fields), `{"p":-1}`)
		if cause := fmt.Sprintf("An error occurred while executing the state 'S' (entered at the event id #2). %s", want); o.Failure == nil || o.Failure.Cause != cause || !o.Failure.Fatal {
			t.Errorf("%s: got %+v, want %s", fields, o.Failure, cause)
		}
	}
}

// All expressions that are evaluated without a wait in between share one budget,
// so that no definition holds a node up: neither by a loop nor by many items.
func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	for name, definition := range map[string]string{
		"expressions": `{"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","Items":"{% [1..1000] %}","End":true,"ItemProcessor":{"StartAt":"A","States":{
			"A":{"Type":"Pass","Output":"{% $sum([1..2000]) %}","End":true}}}}}}`,
		"paths": `{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.many","End":true,"ItemProcessor":{"StartAt":"A","States":{
			"A":{"Type":"Pass","Parameters":{"x.$":"$$.Execution.Input.many[?(@ > 0)]"},"ResultPath":null,"End":true}}}}}}`,
		"functions": `{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.many","End":true,"ItemProcessor":{"StartAt":"A","States":{
			"A":{"Type":"Pass","Parameters":{"x.$":"States.JsonToString($$.Execution.Input.many)"},"ResultPath":null,"End":true}}}}}}`,
	} {
		g, err := asl.Compile(definition, asl.Options{Limits: asl.Limits{Execution: dag.Limits{Work: 25_000}}})
		if err != nil {
			t.Fatal(err)
		}
		w := &world{}
		o := w.run(t, g, parse(t, `{"many":[`+strings.Repeat("1,", 999)+`1]}`))
		if o.Failure == nil || !strings.Contains(o.Failure.Cause, "more than 25000 units of work") {
			t.Errorf("%s: got %s %v", name, o.Status, o.Failure)
		}
	}
}
