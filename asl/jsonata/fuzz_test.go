package jsonata_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/asl/jsonata"
	"github.com/serverledge/serverledge/dag/value"
)

// seeds are expressions from which the fuzzers start.
func seeds(f *testing.F, add func(text string)) {
	f.Helper()
	for _, text := range []string{
		ambitious, `a.b[0].c`, `$x := 1`, `a@$v.b#$i[$i > 1]^(>c){d: e}`, `**.%.*`, `function($a)<s-(nb)?a<s>:x>{ $a }`, `|a|{"b":c},["d"]|`,
		`$match(a, /[a-z]+(\d{1,3})?\s$/im)`, `a ~> $f(?, 1) ~> |b|{}|`, "`a b`.\"c\".'d'", `[1..3, -4e2] & /* c */ null`, `a ? b : c ? d`, `$$.a and $ in [b]`,
		`$formatNumber(a, "#,##0.0#;(0)", {"zero-digit": "0"})`, `$fromMillis(0, "[Y0001]-[MNn,3-3] [D1o] [h]:[m01][PN] [Z01:01t] [W] [x]", "+0530")`,
		`$toMillis("1st May 2020", "[D1o] [MNn] [Y]")`, `$formatInteger(1234, "Ww;o") & $parseInteger("MMXX", "I")`, `"\u00e9\ud83d\ude00\\"`,
		`$replace("abc", /(b)(c)?/, "$2$1$0$$")`, `$split("a1b", /\d/) ~> $join("-")`, `$sort([3,1], function($a,$b){$a<$b})`, `$reduce([1..5], function($a,$b){$a*$b})`,
		`$pad("x", -5, "ab")`, `$number("0x1F") % 7 / 2`, `$spread({"a":1}) ~> $merge`, `$zip([1],[2])[0][1]`, `$distinct([1,[1],{"a":1}])`, `$string({"a":[1]}, true)`,
		`$encodeUrl("a b") & $decodeUrl("%20") & $base64decode("YQ==")`, `$hash("a", "MD5") & $uuid() & $parse("[1]")`, `$single([1], function($x){$x=1})`, `{"a":{"b":1}}.a.b[]`,
	} {
		add(text)
	}
}

// Whatever the text, compiling ends with an expression or with an Error that
// points into the text; what is known of an expression points into it, too.
func FuzzCompile(f *testing.F) {
	seeds(f, func(text string) { f.Add(text) })
	f.Fuzz(func(t *testing.T, text string) {
		x, err := jsonata.Compile(text)
		if err != nil {
			problem, ok := errors.AsType[*jsonata.Error](err)
			if !ok || problem.Code == "" || problem.Message == "" || problem.Offset < 0 || problem.Offset > len(text) {
				t.Fatalf("%q: got %v, %+v", text, err, problem)
			}
			return
		}
		if x.String() != text {
			t.Errorf("%q became %q", text, x)
		}
		for _, list := range [][]jsonata.Reference{x.References(), x.Assigned()} {
			for _, r := range list {
				if r.Offset < 0 || !strings.HasPrefix(text[r.Offset:], "$"+r.Name) {
					t.Errorf("%q: there is no $%s at %d", text, r.Name, r.Offset)
				}
			}
		}
		if r, ok := x.Input(); ok && (r.Offset < 0 || r.Offset >= len(text)) {
			t.Errorf("%q: the input is not used at %d", text, r.Offset)
		}
	})
}

// Whatever the expression and the input, an evaluation ends within its limits,
// and a second one tells the same.
func FuzzEvaluate(f *testing.F) {
	seeds(f, func(text string) { f.Add(text, document) })
	f.Add(`a.b`, `{"a":[{"b":1},[{"b":"\n"}]]}`)
	f.Fuzz(func(t *testing.T, text, data string) {
		input, err := value.Parse([]byte(data))
		if err != nil {
			return
		}
		x, err := jsonata.Compile(text)
		if err != nil {
			return
		}
		env := seeded(1)
		env.Now = time.Unix(1_700_000_000, 0)
		env.Limits = jsonata.Limits{Steps: 20_000, Depth: 200, Size: 1 << 20}
		env.Var = func(name string) (value.Value, bool) { return input, name == "x" }
		got, err := x.Evaluate(input, env)
		if err != nil && !errors.Is(err, jsonata.ErrFunctionResult) {
			problem, ok := errors.AsType[*jsonata.Error](err)
			if !ok || problem.Code == "" || problem.Message == "" || problem.Offset < 0 || problem.Offset > len(text) {
				t.Fatalf("%q: got %v, %+v", text, err, problem)
			}
		}
		if err == nil && !got.IsAbsent() && got.Size() > env.Limits.Size+len(data) {
			t.Errorf("%q: the result has %d bytes", text, got.Size())
		}
		if err == nil && !got.IsAbsent() && value.Depth(got) <= value.MaxDepth {
			if _, err := value.Parse(got.Bytes()); err != nil {
				t.Errorf("%q: the result %s is not valid: %v", text, got, err)
			}
		}
		if input.String() != mustParse(data).String() {
			t.Errorf("%q changed its input to %s", text, input)
		}
		again, errAgain := x.Evaluate(mustParse(data), env)
		if got.String() != again.String() || (err == nil) != (errAgain == nil) || err != nil && err.Error() != errAgain.Error() {
			t.Errorf("%q: got %s, %v and then %s, %v", text, got, err, again, errAgain)
		}
	})
}

func mustParse(text string) value.Value {
	v, err := value.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return v
}
