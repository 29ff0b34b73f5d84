package jsonata_test

import (
	"sync"
	"testing"

	"github.com/serverledge/serverledge/asl/jsonata"
)

// ambitious uses most of what an evaluation keeps: compiled patterns, lambdas,
// constants, transforms, grouping, chance.
const ambitious = `(
	$total := function($o){ $sum($o.lines.(n * $lookup($price, sku))) };
	$price := $merge(shop.items.{sku: price});
	$known := shop ~> |items[stock = 0]|{"stock": -1, "tags": ["gone"]}, "price"|;
	{
		"totals": shop.orders.{"no": no, "total": $total($)},
		"cities": shop.items{maker.city: [name]},
		"names": $join(shop.items^(>price).name.$replace(/([aeiou])/i, "<$1>"), ", "),
		"known": $known.items[stock < 0],
		"lines": shop.orders@$o.lines.{"o": $o.no, "sku": sku, "of": %.no},
		"when": $fromMillis($millis(), "[FNn] [D1o] [MNn]") & $formatNumber(1234.5, "#,##0.00"),
		"chance": [$random(), $uuid(), $shuffle([1..5])],
		"loop": ($f := function($n, $s){ $n = 0 ? $s : $f($n - 1, $s + $n) }; $f(100, 0))
	}
)`

// Equal arguments give equal results, however often.
func TestEvaluationIsDeterministic(t *testing.T) {
	t.Parallel()
	input := parse(t, document)
	x := compile(t, ambitious)
	first, err := x.Evaluate(input, seeded(1))
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		again, err := compile(t, ambitious).Evaluate(parse(t, document), seeded(1))
		if err != nil || again.String() != first.String() {
			t.Fatalf("got %s, %v, and before %s", again, err, first)
		}
		if again, err = x.Evaluate(input, seeded(1)); err != nil || again.String() != first.String() {
			t.Fatalf("got %s, %v, and before %s", again, err, first)
		}
	}
	if input.String() != parse(t, document).String() {
		t.Error("the input was changed")
	}
}

// One expression and one input serve several goroutines; go test -race watches.
func TestConcurrentEvaluation(t *testing.T) {
	t.Parallel()
	input := parse(t, document)
	x := compile(t, ambitious)
	want, err := x.Evaluate(parse(t, document), seeded(1))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				got, err := x.Evaluate(input, seeded(1))
				if err != nil || got.String() != want.String() {
					t.Errorf("got %s, %v", got, err)
				}
				if len(x.References()) != 11 || len(x.Assigned()) != 4 {
					t.Errorf("got %v, %v", x.References(), x.Assigned())
				}
			}
		})
	}
	all.Wait()
}

// A transform changes a copy, even of what the expression itself made.
func TestTransformsChangeCopies(t *testing.T) {
	t.Parallel()
	checkWith(t, []row{
		{`($x := {"a": {"b": 1}}; $y := $x ~> |a|{"b": 2}|; [$x.a.b, $y.a.b])`, `[1,2]`},
		{`($y := $ ~> |a|{"b": 2}, "c"|; [$$, $y])`, `[{"a":{"b":1,"c":[1]}},{"a":{"b":2}}]`},
		{`($y := $ ~> |a|{"d": $$.a}|; $y)`, `{"a":{"b":1,"c":[1],"d":{"b":1,"c":[1]}}}`},
		{`($y := $ ~> |$$.a|{"b": 3}|; [$y, a.b])`, `[{"a":{"b":1,"c":[1]}},3]`}, // a pattern that leads out of the copy
		{`($t := |a|{"b": b + 1}|; ($ ~> $t ~> $t).a.b)`, `3`},
		{`$map([1..3], function($i){ {"a": {"n": $i}} ~> |a|{"m": n}| }).a.m`, `[1,2,3]`},
		{`({"a": "x"} ~> |$|{"b": "y"}, "a"|)`, `{"b":"y"}`},
	}, parse(t, `{"a":{"b":1,"c":[1]}}`), jsonata.Env{})
}
