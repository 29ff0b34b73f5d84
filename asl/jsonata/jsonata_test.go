package jsonata_test

import (
	"errors"
	"testing"
	"time"

	"github.com/serverledge/serverledge/asl/jsonata"
	"github.com/serverledge/serverledge/dag/value"
)

// document is what the tables of these tests are evaluated for.
const document = `{"shop":{"name":"Corner","open":true,"owner":null,"items":[
{"sku":"l1","name":"Lamp","price":30.5,"stock":3,"tags":["light","home"],"maker":{"id":1,"city":"Pisa"}},
{"sku":"c1","name":"Chair","price":45,"stock":0,"tags":["home"],"maker":{"id":2,"city":"Lyon"}},
{"sku":"c2","name":"Cup","price":4.25,"stock":12,"tags":[],"maker":{"id":1,"city":"Pisa"}},
{"sku":"t1","name":"Table","price":120,"stock":1,"maker":{"id":3,"city":"Oslo"}}],
"orders":[{"no":1,"lines":[{"sku":"l1","n":2},{"sku":"c2","n":6}]},{"no":2,"lines":[{"sku":"t1","n":1}]},{"no":3,"lines":{"sku":"c1","n":4}}]},
"grid":[[1,2],[3,[4,5]],[]],"one":[7],"none":[],"nest":{"a":[{"b":[{"c":1},{"c":2}]},{"b":[{"c":3}]}]},"two words":{"x.y":5},"and":1,"n":5}`

// row is an expression and its result as JSON, "" when it is undefined, "! "
// and the error when it fails.
type row struct{ text, want string }

// check evaluates the expressions of a table.
func check(t *testing.T, rows []row) {
	t.Helper()
	checkWith(t, rows, parse(t, document), jsonata.Env{})
}

func checkWith(t *testing.T, rows []row, input value.Value, env jsonata.Env) {
	t.Helper()
	for _, r := range rows {
		if got := outcome(r.text, input, env); got != r.want {
			t.Errorf("%s: got %s, want %s", r.text, got, r.want)
		}
	}
}

// outcome evaluates an expression and tells what came of it as a row does.
func outcome(text string, input value.Value, env jsonata.Env) string {
	got, err := evaluate(text, input, env)
	if err != nil {
		return "! " + err.Error()
	}
	return got.String()
}

func parse(tb testing.TB, text string) value.Value {
	tb.Helper()
	v, err := value.Parse([]byte(text))
	if err != nil {
		tb.Fatalf("parsing %s: %v", text, err)
	}
	return v
}

func evaluate(text string, input value.Value, env jsonata.Env) (value.Value, error) {
	x, err := jsonata.Compile(text)
	if err != nil {
		return value.Value{}, err
	}
	return x.Evaluate(input, env)
}

// codeOf returns the code of an error, "" when there is none.
func codeOf(err error) string {
	if problem, ok := errors.AsType[*jsonata.Error](err); ok {
		return problem.Code
	}
	if err != nil {
		return "not an Error: " + err.Error()
	}
	return ""
}

func TestInputs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, input, want string }{
		{"$", "", ""},
		{"$", "5", "5"},
		{"$", `"é\n"`, `"é\n"`},
		{"$", "null", "null"},
		{"$", "[1,[2]]", "[1,[2]]"},
		{"$", "[[]]", "[[]]"},
		{"$[0]", "[1,[2]]", "1"},
		{"$[1]", "[1,[2]]", "[2]"},
		{"$.a", `[{"a":1},{"a":2}]`, "[1,2]"},
		{"a", `[{"a":1},{"a":2}]`, "[1,2]"},
		{"a", `[{"a":1}]`, "1"},
		{"$count($)", "[1,2,3]", "3"},
		{"$string()", "[1]", `"[1]"`},
		{"$sum()", "[1,2]", `! T0410: Argument 1 of function "sum" does not match function signature`},
		{"*", "[1,2]", "[1,2]"},
		{"**", "[[1],2]", "[1,2]"},
		{"$$", "[1]", "[1]"},
		{"{'a': $}", "[1]", `{"a":[1]}`},
		{"a.b.c", "", ""},
		{"$x", "{}", ""},
	} {
		var input value.Value
		if c.input != "" {
			input = parse(t, c.input)
		}
		if got := outcome(c.text, input, jsonata.Env{}); got != c.want {
			t.Errorf("%s of %s: got %s, want %s", c.text, c.input, got, c.want)
		}
	}
}

// A number that is only passed on keeps its text.
func TestNumbersKeepTheirText(t *testing.T) {
	t.Parallel()
	const text = `{"a":1.50,"b":[12345678901234567890.1,1E+2],"c":{"d":-0}}`
	checkWith(t, []row{
		{"$", text},
		{"a", "1.50"},
		{"b", "[12345678901234567890.1,1E+2]"},
		{"b[1]", "1E+2"},
		{"{'x': a, 'y': [b, 1.50]}", `{"x":1.50,"y":[12345678901234567890.1,1E+2,1.5]}`},
		{"$append(a, b)", "[1.50,12345678901234567890.1,1E+2]"},
		{"$map(b, function($v){ $v })", "[12345678901234567890.1,1E+2]"},
		{"$clone($)", text},
		{"$ ~> |c|{'e': 1}|", `{"a":1.50,"b":[12345678901234567890.1,1E+2],"c":{"d":-0,"e":1}}`},
		{"b[0] + 0", "12345678901234567000"},
		{"$string(a)", `"1.5"`},
		{"c.d = 0", "true"},
		{"$distinct([a, 1.5])", "[1.50]"},
	}, parse(t, text), jsonata.Env{})
}

func TestVariables(t *testing.T) {
	t.Parallel()
	asked := map[string]int{}
	env := jsonata.Env{Var: func(name string) (value.Value, bool) {
		asked[name]++
		switch name {
		case "x":
			return value.OfInt(5), true
		case "states":
			return value.OfObject(value.Member{Key: "input", Value: value.Raw([]byte(`{"a":[1,2],"b":{"c":"d"}}`))}, value.Member{Key: "n", Value: value.OfInt(1)}), true
		case "none":
			return value.Value{}, true
		case "uppercase":
			return value.OfString("mine"), true
		}
		return value.Value{}, false
	}}
	checkWith(t, []row{
		{"$x + $x", "10"},
		{"$states.input.a", "[1,2]"},
		{"$states.input.b.c & $states.n", `"d1"`},
		{"$states.input", `{"a":[1,2],"b":{"c":"d"}}`},
		{"$states", `{"input":{"a":[1,2],"b":{"c":"d"}},"n":1}`},
		{"$keys($states)", `["input","n"]`},
		{"$states.input.*.c", `"d"`},
		{"$states ~> |input|{'z':1}| ~> $lookup('n')", "1"},
		{"$none", ""},
		{"$unknown", ""},
		{"$uppercase", `"mine"`},
		{"($x := 1; $x)", "1"},
		{"($y := $x; $x := 1; $x + $y)", "6"},
		{"$lowercase('A')", `"a"`},
	}, value.Value{}, env)
	clear(asked)
	if _, err := evaluate("[1..9].($x + $y)", value.Value{}, env); err != nil || asked["x"] != 1 || asked["y"] != 1 {
		t.Errorf("got %v, asked %v", err, asked)
	}
	if _, err := evaluate("$uppercase('a')", value.Value{}, env); codeOf(err) != "T1006" {
		t.Errorf("got %v", err)
	}
}

func TestTimeOfEvaluation(t *testing.T) {
	t.Parallel()
	env := jsonata.Env{Now: time.Date(2024, 5, 6, 7, 8, 9, 123_456_789, time.FixedZone("", 7200))}
	checkWith(t, []row{
		{"$now()", `"2024-05-06T05:08:09.123Z"`},
		{"$now('[Y]/[M]/[D]')", `"2024/5/6"`},
		{"$now('[H01]:[m01] [z]', '+0200')", `"07:08 GMT+02:00"`},
		{"$millis()", "1714972089123"},
		{"$millis() = $toMillis($now())", "true"},
		{"$toMillis('10:30', '[H]:[m]') ~> $fromMillis()", `"2024-05-06T10:30:00.000Z"`},
	}, value.Value{}, env)
}

func TestFunctionResult(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"$sum", "function(){1}", "/a/", "|a|{}|", "$substring(?, 1)", "$trim ~> $uppercase", "($f := function(){1})"} {
		if got, err := evaluate(text, value.Value{}, jsonata.Env{}); !errors.Is(err, jsonata.ErrFunctionResult) || !got.IsAbsent() {
			t.Errorf("%s: got %s, %v", text, got, err)
		}
	}
}
