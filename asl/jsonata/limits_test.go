package jsonata_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/asl/jsonata"
	"github.com/serverledge/serverledge/dag/value"
)

// limitOf returns the limit that an evaluation exceeds, "" if none.
func limitOf(text string, input value.Value, limits jsonata.Limits) string {
	_, err := evaluate(text, input, jsonata.Env{Limits: limits})
	if err == nil {
		return ""
	}
	problem, ok := errors.AsType[*jsonata.Error](err)
	if !ok || problem.Code != "U1001" {
		return err.Error()
	}
	return problem.Limit
}

// Each limit holds at the value that an evaluation needs and not one below.
func TestSpentStepsAreTold(t *testing.T) {
	t.Parallel()
	input := parse(t, document)
	x := compile(t, `$sum(shop.items.(price * stock))`)
	spent := 0
	for range 2 {
		if _, err := x.Evaluate(input, jsonata.Env{Spent: &spent}); err != nil {
			t.Fatal(err)
		}
	}
	steps := spent / 2
	for limit, want := range map[int]string{steps: "", steps - 1: "steps"} {
		spent = 0
		_, err := x.Evaluate(input, jsonata.Env{Spent: &spent, Limits: jsonata.Limits{Steps: limit}})
		var e *jsonata.Error
		if got := errors.As(err, &e); got != (want != "") || got && e.Limit != want {
			t.Errorf("%d steps: got %v, want %q", limit, err, want)
		}
		if spent < limit || spent > steps {
			t.Errorf("%d steps: spent %d", limit, spent)
		}
	}
}

func TestLimitsAreExact(t *testing.T) {
	t.Parallel()
	input := parse(t, document)
	for _, text := range []string{
		`1`, `shop.items[price > 40].sku`, `$sum(shop.items.(price * stock))`, `($f := function($n){ $n = 0 ? 0 : 1 + $f($n - 1) }; $f(20))`,
		`$map([1..50], function($i){ {"a": $i, "b": [$i, $i]} })`, `$join([1..50].$string(), ", ")`, `$pad("", 1000, "ab") & "x"`,
		`$string(shop, true)`, `shop ~> |items|{"x": [1..5]}|`, `$split($pad("", 100, "a,"), /,/)`, `[1..30]^(>$)`, `$sort([5,4,3,2,1], function($a, $b){ $a > $b })`,
		`shop.items{maker.city: $string(price)}`, `shop.orders@$o.lines#$l.[$o.no, $l]`, `$fromMillis(0, "[Y] [MNn] [D1o]")`, `[[[[[[1]]]]]] = [[[[[[1]]]]]]`,
		`$formatNumber(12345.678, "#,##0.00")`, `$formatInteger(123, "w")`, `$replace("aaaa", /a/, "bb")`, `$distinct([1,1,[2],[2]])`, `$`,
	} {
		for _, limit := range []string{"steps", "depth", "size"} {
			holds := func(n int) bool {
				limits := jsonata.Limits{}
				switch limit {
				case "steps":
					limits.Steps = n
				case "depth":
					limits.Depth = n
				default:
					limits.Size = n
				}
				got := limitOf(text, input, limits)
				if got != "" && got != limit {
					t.Fatalf("%s with %s %d: got %q", text, limit, n, got)
				}
				return got == ""
			}
			low, high := 0, 1_000_000 // what is not enough, what is
			if !holds(high) {
				t.Fatalf("%s takes more than %d %s", text, high, limit)
			}
			for high-low > 1 {
				if middle := (low + high) / 2; holds(middle) {
					high = middle
				} else {
					low = middle
				}
			}
			if high > 1 && (holds(high-1) || !holds(high) || !holds(high+1)) {
				t.Errorf("%s: the bound of %s is not where it is: %d", text, limit, high)
			}
		}
	}
}

// What would not end, or would not fit, is stopped by the limit that it is
// about.
func TestRunaways(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, limit string }{
		{`($f := function($n){ $f($n) }; $f(1))`, "steps"},
		{`($f := function($n){ $n ? $f($n) : 0 }; $f(1))`, "steps"},
		{`($f := function($n){ ($x := $n; $f($x)) }; $f(1))`, "steps"},
		{`($f := function($n){ $g($n) }; $g := function($n){ $f($n) }; $f(1))`, "steps"},
		{`($f := function($n){ 1 + $f($n) }; $f(1))`, "depth"},
		{`($f := function($n){ [$f($n)] }; $f(1))`, "depth"},
		{`($f := function($n){ $map([1], function($x){ 1 + $f($x) }) }; $f(1))`, "depth"},
		{`$reduce([1..100000], function($a, $b){ [[$a]] }, 1)`, "depth"},
		{`$string($reduce([1..100000], function($a, $b){ [[$a]] }, 1))`, "depth"},
		{`($f := function($g, $n){ $n = 0 ? $g : $f($g ~> $uppercase, $n - 1) }; $f($lowercase, 20000)("a"))`, "depth"},
		{`[1..10000000]`, "size"},
		{`[1..10000000].($)`, "size"},
		{`$map([1..10000000], function($x){ $x })`, "size"},
		{`$filter([1..10000000], function($x){ false })`, "steps"},
		{`$pad("", 1000000000000)`, "size"},
		{`$pad("", 100000000)`, "size"},
		{`($f := function($s, $n){ $n = 0 ? $s : $f($s & $s, $n - 1) }; $f("aaaaaaaa", 60))`, "size"},
		{`($f := function($s, $n){ $n = 0 ? $s : $f($append($s, $s), $n - 1) }; $f([1], 60))`, "size"},
		{`($f := function($s, $n){ $n = 0 ? $s : $f({"a": $s, "b": $s}, $n - 1) }; $string($f(1, 60)))`, "steps"},
		{`($f := function($s, $n){ $n = 0 ? $s : $f({"a": $s, "b": $s}, $n - 1) }; $f(1, 60) = $f(1, 60))`, "steps"},
		{`($f := function($s, $n){ $n = 0 ? $s : $f({"a": $s, "b": $s}, $n - 1) }; $count($f(1, 60).**))`, "size"},
		{`($f := function($s, $n){ $n = 0 ? $s : $f([[$s], [$s]], $n - 1) }; $boolean($f([0], 60)))`, "steps"},
		{`$replace($pad("", 100000, "a"), "a", $pad("", 10000))`, "size"},
		{`$replace($pad("", 100000, "a"), /a/, $pad("", 10000))`, "size"},
		{`$split($pad("", 10000000), "")`, "size"},
		{`$contains($pad("", 1000000, "a"), /(a?){500}b/)`, "steps"},
		{`$split($pad("", 100000, "a"), /a*?b|a/)`, "steps"},
		{`$formatInteger(1e300, "I")`, "size"},
		{`$range(1, 1000000000, 1)`, "size"},
		{`$distinct($map([1..100000], function($i){ {"a": $i} }))`, "steps"},
		{`{"a": {"b": {}}} ~> |a|{"b": $, "c": $}|`, "depth"},
		{`$map([1..1000000], function($i){ function(){ $i } })`, "size"},
		{`$map([1..100000], function($i){ $hash($pad("", 100000)) })`, "size"},
		{`[1..1000000]@$a.[1..1000000]@$b.[$a, $b]`, "size"},
	} {
		if got := limitOf(c.text, value.EmptyObject, jsonata.Limits{}); got != c.limit {
			t.Errorf("%s: got %q, want %q", c.text, got, c.limit)
		}
	}
}

// A message says which limit it was and where.
func TestLimitMessages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limits jsonata.Limits
		text   string
		want   string
		offset int
	}{
		{jsonata.Limits{Steps: 100}, `($f := function(){ $f() }; $f())`, "U1001: The evaluation takes more than 100 steps", 19},
		{jsonata.Limits{Depth: 50}, `($f := function(){ 1 + $f() }; $f())`, "U1001: The evaluation nests deeper than 50 levels", 23},
		{jsonata.Limits{Size: 1000}, `1 & $pad("", 2000)`, "U1001: The evaluation makes more than 1000 bytes", 4},
	} {
		_, err := evaluate(c.text, value.Value{}, jsonata.Env{Limits: c.limits})
		problem, ok := errors.AsType[*jsonata.Error](err)
		if !ok || problem.Error() != c.want || problem.Offset != c.offset {
			t.Errorf("%s: got %v, %+v, want %s at %d", c.text, err, problem, c.want, c.offset)
		}
	}
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	asked := 0
	env := jsonata.Env{Interrupt: func() bool { asked++; return asked == 3 }}
	_, err := evaluate(`$sum([1..200000].($ * 2))`, value.Value{}, env)
	problem, ok := errors.AsType[*jsonata.Error](err)
	if !ok || problem.Limit != "interrupt" || asked != 3 {
		t.Errorf("got %v after %d questions", err, asked)
	}
	asked = 5
	if got, err := evaluate(`$sum([1..2000].($ * 2))`, value.Value{}, env); err != nil || got.String() != "4002000" || asked == 5 {
		t.Errorf("got %s, %v after %d questions", got, err, asked-5)
	}
}

// Long and deep expressions are refused or evaluated, and neither takes long.
func TestLongExpressions(t *testing.T) {
	t.Parallel()
	const many = 60_000
	repeat := strings.Repeat
	for i, c := range []struct{ text, code string }{
		{"1" + repeat("+1", jsonata.MaxLength/2-1), "U1001"},
		{"1" + repeat("&1", jsonata.MaxLength/2-1), ""},
		{`"` + repeat("a", jsonata.MaxLength-2) + `"`, ""},
		{`"` + repeat("a", jsonata.MaxLength-1) + `"`, "U1001"},
		{"a" + repeat(".a", many), ""},
		{"a" + repeat("[0]", many), ""},
		{"a" + repeat("[]", many), ""},
		{"a" + repeat("^(a)", many), ""},
		{"a" + repeat("@$a", many), ""},
		{"[" + repeat("1,", many) + "1]", ""},
		{"(" + repeat("1;", many) + "1)", ""},
		{"(" + repeat("$a:=1;", many/2) + "$a)", ""},
		{repeat("(", 900) + "1" + repeat(")", 900), ""},
		{repeat("(", 1100) + "1" + repeat(")", 1100), "U1001"},
		{repeat("[", many) + repeat("]", many), "U1001"},
		{repeat("{a:", many), "U1001"},
		{repeat("-", many) + "1", "U1001"},
		{repeat("$f(", many), "U1001"},
		{repeat("a[", many), "U1001"},
		{repeat("a?", many), "U1001"},
		{repeat("$a:=", many) + "1", "U1001"},
		{repeat("function(){", many/8), "U1001"},
		{repeat("|", many), "U1001"},
		{repeat(".", many), "S0211"},
		{"a" + repeat(".a", 400) + repeat(".%", 400), ""},
		{"a" + repeat(".a", 600) + repeat(".%", 600), "U1001"},
		{repeat("%.", 400) + "a", "S0217"},
		{"/" + repeat("(", many) + "/", "S0302"},
		{"/" + repeat("(a", 300) + repeat(")", 300) + "/", ""},
		{"/" + repeat("(a", 1200) + repeat(")", 1200) + "/", "S0303"},
	} {
		_, err := evaluate(c.text, value.EmptyObject, jsonata.Env{})
		if errors.Is(err, jsonata.ErrFunctionResult) {
			err = nil
		}
		if got := codeOf(err); got != c.code {
			t.Errorf("case %d, %.20q: got %v, want %q", i, c.text, err, c.code)
		}
	}
}

// The depth limit is for the stack: the deepest evaluations stay within it.
func TestDeepestEvaluations(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`($f := function($n){ $n = 0 ? 0 : 1 + $f($n - 1) }; $f(%d))`,
		`($f := function($n){ $n = 0 ? [] : [$f($n - 1)] }; $f(%d))`,
		`($f := function($n){ $n = 0 ? 0 : $map([$n], function($x){ 1 + $f($x - 1) }) }; $f(%d))`,
		`($f := function($n){ $n = 0 ? 0 : {"a": $f($n - 1)}.a }; $f(%d))`,
		`($f := function($n){ $n = 0 ? 0 : [1][$f($n - 1) = 0] ? 0 }; $f(%d))`,
		`($f := function($n){ $n = 0 ? 0 : $sort([1,2], function($a, $b){ $f($n - 1) > 0 }) ? 0 }; $f(%d))`,
	} {
		good, bad := 100, 100_000
		if got := limitOf(fmt.Sprintf(text, good), value.EmptyObject, jsonata.Limits{}); got != "" {
			t.Errorf("%s with %d: got %q", text, good, got)
		}
		if got := limitOf(fmt.Sprintf(text, bad), value.EmptyObject, jsonata.Limits{}); got != "depth" && got != "steps" {
			t.Errorf("%s with %d: got %q", text, bad, got)
		}
	}
}
