package jsonata_test

import "testing"

// Where we differ from the reference on purpose; doc.go says why.
func TestDifferences(t *testing.T) {
	t.Parallel()
	check(t, []row{
		// the order of keys
		{`{"b":1,"2":2,"a":3,"1":4}`, `{"b":1,"2":2,"a":3,"1":4}`},
		{`$keys({"b":1,"2":2,"a":3,"1":4})`, `["b","2","a","1"]`},
		// numbers that JSON lacks
		{`1/0`, `! D1001: Number out of range: null`},
		{`[0/0]`, `! D1001: Number out of range: null`},
		{`{"a":1/0}`, `! D1001: Number out of range: null`},
		{`$fromMillis(0, "[H]", "Z")`, `! D1001: Number out of range: null`},
		{`$fromMillis(1e17)`, `! D1001: Number out of range: null`},
		// code points
		{`$split("😀x", "")`, `["😀","x"]`},
		{`$match("😀x", /./).match`, `["😀","x"]`},
		{`$match("😀x", /x/).index`, `2`},
		{`$contains("é", /\p{L}/)`, `true`},
		{`"\uD83D\uDE00" = "😀"`, `true`},
		{`$length("\uD83D")`, `1`},
		{`"\uD83D"`, `"�"`},
		// what follows a call at the end of a function
		{`(function($x){ ($append($x, $x))[0] })([1,2])`, `1`},
		{`(function($x){ $append($x, $x){"n": $count($)} })([1,2])`, `{"n":4}`},
		{`(function($x){ $filter($x, function($v){ $v > 1 })[] })([1,2])`, `[2]`},
		// tuples after a sort, and in several groups
		{`shop.items@$i^($i.price){"all": $i.sku}`, `{"all":["c2","l1","c1","t1"]}`},
		{`shop.items^(price)#$i[$i < 2]^(>price).{"i": $i, "s": sku}`, `[{"i":1,"s":"l1"},{"i":0,"s":"c2"}]`},
		{`shop.items[0]#$i{"a": sku, "b": $i}`, `{"a":"l1","b":0}`},
		// partial application of any function
		{`($f := $string(?, true); $f([1]))`, "\"[\\n  1\\n]\""},
		{`(function($f){ $f(?, 2)(1) })($append)`, `[1,2]`},
		{`$map([1], $uppercase(?))`, `! T0410: Argument 1 of function "map" does not match function signature`},
		// an empty stream of tuples is an empty group
		{`shop.nothing@$x.y{"a": 1}`, `{"a":1}`},
		// the first error is told
		{`[1 + "a", $nope()]`, `! T2002: The right side of the "+" operator must evaluate to a number`},
		// errors of JavaScript
		{`{"a":1} ~> |a|{"b":1}|`, `! T2014: The transform expression can only update objects`},
		{`null()`, `! T1006: Attempted to invoke a non-function`},
		{`(function(){ $nope() })()`, `! T1006: Attempted to invoke a non-function`},
		{`$replace("aa", "a", function(){ "x" })`, `! D3012: Attempted to replace a matched string with a non-string value`},
		{`[function(){1}]`, `[""]`},
	})
}
