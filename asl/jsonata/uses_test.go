package jsonata_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/asl/jsonata"
)

func compile(tb testing.TB, text string) *jsonata.Expression {
	tb.Helper()
	x, err := jsonata.Compile(text)
	if err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return x
}

// shown writes references as name.path@offset, with () when called and ! when
// built in.
func shown(list []jsonata.Reference) string {
	var all []string
	for _, r := range list {
		s := strings.Join(append([]string{r.Name}, r.Path...), ".")
		if r.Called {
			s += "()"
		}
		if r.Builtin {
			s += "!"
		}
		all = append(all, fmt.Sprintf("%s@%d", s, r.Offset))
	}
	return strings.Join(all, " ")
}

func TestReferences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{`1`, ""},
		{`$x`, "x@0"},
		{`$x + $y`, "x@0 y@5"},
		{`$states.input.a`, "states.input.a@0"},
		{`$states.input."a b".c`, "states.input.a b.c@0"},
		{`$states.result[0].x`, "states.result@0"},
		{`$states[0].x`, "states@0"},
		{`$states.*.x`, "states@0"},
		{`$states.(a.b)`, "states@0"},
		{`($states).a`, "states@1"},
		{`$states.a.b ~> $f`, "states.a.b@0 f@15"},
		{`$sum($x)`, "sum()!@0 x@5"},
		{`$nope($x)`, "nope()@0 x@6"},
		{`$map($x, $uppercase)`, "map()!@0 x@5 uppercase!@9"},
		{`$x ~> $map(function($v){ $v + $w })`, "x@0 map()!@6 w@30"},
		{`function($a){ $a & $b }`, "b@19"},
		{`($a := 1; $a + $b)`, "b@15"},
		{`($a := $a + 1; $a)`, "a@7"},
		{`($a; $a := 1; $a)`, "a@1"},
		{`(($a := 1); $a)`, "a@12"},
		{`($a := 1; ($b := $a; $b); $b)`, "b@26"},
		{`($f := function(){ $g() }; $g := function(){ $f() }; $f())`, ""},
		{`($f := function($n){ $n > 1 ? $f($n - 1) : $z })`, "z@43"},
		{`a[$x = 1].b^($y){$z: $w}`, "x@2 y@13 z@17 w@21"},
		{`a@$v.b#$i[$v = $i].{"v": $v, "w": $w}`, "w@34"},
		{`a@$v.b ~> $f($v)`, "f()@10 v@13"},
		{`|a|{"x": $p}, $q|`, "p@9 q@14"},
		{`$f(?, $x)`, "f()@0 x@6"},
		{`$x[$y]`, "x@0 y@3"},
		{`$f[$y](1)`, "f()@0 y@3"},
		{`$x{"a": $y}`, "x@0 y@8"},
		{`"é" & $x`, "x@7"},
		{`[1..$n]`, "n@4"},
		{`$c ? $t : $e`, "c@0 t@5 e@10"},
		{`-$x`, "x@1"},
		{`$$.a + $`, ""},
		{`{"a": $x, $k: 1}`, "x@6 k@10"},
		{`/* $no */ $yes /* $no */`, "yes@10"},
	} {
		if got := shown(compile(t, c.text).References()); got != c.want {
			t.Errorf("%s: got %q, want %q", c.text, got, c.want)
		}
	}
}

func TestAssigned(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{`$x`, ""},
		{`$x := 1`, "x@0"},
		{`($x := 1; $y := $z := 2)`, "x@1 y@10 z@16"},
		{`function(){ $x := 1 }`, "x@12"},
		{`a[$x := 1]`, "x@2"},
		{`$c ? $x := 1 : ($y := 2)`, "x@5 y@16"},
		{`$map($v, function($i){($s := $i; $s)})`, "s@23"},
	} {
		if got := shown(compile(t, c.text).Assigned()); got != c.want {
			t.Errorf("%s: got %q, want %q", c.text, got, c.want)
		}
	}
}

func TestInput(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{`1 + $x`, ""},
		{`$states.input.a`, ""},
		{`$states.input[a = 1].b`, ""},
		{`$states.input.(a + b)`, ""},
		{`$states.result[$ = 0]`, ""},
		{`$states.input^(price)`, ""},
		{`$states.input{name: price}`, ""},
		{`$states.input@$i.b[$i.x = y]`, ""},
		{`$map($states.input, function($v){ $v.a })`, ""},
		{`$states.input ~> |a|{"b": c}|`, ""},
		{`$`, "$@0"},
		{`$$`, "$$@0"},
		{`a`, "a@0"},
		{`a.b.c`, "a@0"},
		{`*`, "*@0"},
		{`**.x`, "**@0"},
		{`$x + a`, "a@5"},
		{`$.a`, "$.a@0"},
		{`$states.input[$$.x = 1]`, "$$.x@14"},
		{`[1, a]`, "a@4"},
		{`{"k": a}`, "a@6"},
		{`{k: 1}`, "k@1"},
		{`($x := 1; a)`, "a@10"},
		{`$x ? a : 1`, "a@5"},
		{`$sum(prices)`, "prices@5"},
		{`prices ~> $sum()`, "prices@0"},
		{`$x := a`, "a@6"},
		{"`a b`", "a b@0"},
		{`and`, "and@0"},
		{`b + a`, "b@0"},
		{`(a)[b].c`, "a@1"},
	} {
		got, ok := compile(t, c.text).Input()
		text := ""
		if ok {
			text = shown([]jsonata.Reference{got})
		}
		if text != c.want {
			t.Errorf("%s: got %q, want %q", c.text, text, c.want)
		}
	}
}
