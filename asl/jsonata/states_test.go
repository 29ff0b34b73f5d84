package jsonata_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/asl/jsonata"
	"github.com/serverledge/serverledge/dag/value"
)

// The functions that AWS adds. Those of the rows that are also in its recorded
// executions are marked.
func TestStatesFunctions(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{`$partition([0], 1)`, `[[0]]`}, // recorded
		{`$partition([0], 5)`, `[[0]]`}, // recorded
		{`$partition([0,1,2], 1)`, `[[0],[1],[2]]`},
		{`$partition([0,1,2,3], 5)`, `[[0,1,2,3]]`}, // recorded
		{`$partition([1,2,3,4,5], 2)`, `[[1,2],[3,4],[5]]`},
		{`$partition([], 2)`, `[]`},
		{`$partition([[1],[2]], 1)`, `[[[1]],[[2]]]`},
		{`$partition(5, 1)`, `[[5]]`},
		{`$partition([1..5], 3)`, `[[1,2,3],[4,5]]`},
		{`$partition(nothing, 3)`, ``},
		{`$partition([1,2], 1e300)`, `[[1,2]]`},
		{`$partition([1], 0)`, `! D3150: Second argument of partition function must be a positive integer, got 0`},
		{`$partition([1], 1.5)`, `! D3150: Second argument of partition function must be a positive integer, got 1.5`},
		{`$partition([1], "1")`, `! T0410: Argument 2 of function "partition" does not match function signature`},
		{`$range(0, 9, 3)`, `[0,3,6,9]`}, // recorded
		{`$range(1, 9, 2)`, `[1,3,5,7,9]`},
		{`$range(1, 9, 9)`, `1`}, // recorded
		{`$range(5, 1, -2)`, `[5,3,1]`},
		{`$range(1, 5, -1)`, ``},
		{`$range(5, 1, 1)`, ``},
		{`$range(1, 1, 1)`, `1`},
		{`$range(-1, 1, 1)`, `[-1,0,1]`},
		{`[$range(1, 1, 1)]`, `[1]`},
		{`$range(nothing, 1, 1)`, ``},
		{`$range(1, 2, 0)`, `! D3151: Third argument of range function must not be 0`},
		{`$range(1, 2, 0.5)`, `! D3151: Arguments of range function must be integers, got 0.5`},
		{`$hash("input data", "SHA-1")`, `"aaff4a450a104cd177d28d18d74485e8cae074b7"`},
		{`$hash("", "MD5")`, `"d41d8cd98f00b204e9800998ecf8427e"`},
		{`$hash("abc", "SHA-256")`, `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`},
		{`$hash("abc")`, `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`},
		{`$length($hash("abc", "SHA-384"))`, `96`},
		{`$length($hash("abc", "SHA-512"))`, `128`},
		{`$hash({"a":[1]}, "MD5") = $hash('{"a":[1]}', "MD5")`, `true`},
		{`$hash(nothing, "MD5")`, ``},
		{`$hash("a", "SHA-2")`, `! D3152: Second argument of hash function must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512, got "SHA-2"`},
		{`$parse("1")`, `1`},   // recorded
		{`$parse("-0")`, `-0`}, // recorded, as 0, which is the same number
		{`$parse('[1, 2, "HelloWorld"]')`, `[1,2,"HelloWorld"]`},      // recorded
		{`$parse('{"Arg1": 1, "Arg2": []}')`, `{"Arg1":1,"Arg2":[]}`}, // recorded
		{`$parse('{"a":{"b":2}}').a.b`, `2`},
		{`$parse("null")`, `null`},
		{`$parse($string(shop)) = shop`, `true`},
		{`"[1]" ~> $parse`, `[1]`},
		{`$parse(nothing)`, ``},
		{`$parse()`, `! T0411: Context value is not a compatible type with argument 1 of function "parse"`},
		{`$parse("{")`, `! D3153: Argument of parse function is not valid JSON: expected a key in double quotes at byte 1`},
		{`$parse("")`, `! D3153: Argument of parse function is not valid JSON: the document ends too early at byte 0`},
		{`$random(7) = $random(7)`, `true`},
		{`$random(7) = $random(8)`, `false`},
		{`$random(7) >= 0 and $random(7) < 1`, `true`},
		{`$randomSeeded(1)`, `! T1006: Attempted to invoke a non-function`}, // recorded
		{`$eval("1")`, `! T1006: Attempted to invoke a non-function`},
		{`$type($eval)`, ``},
		{`$contains('hello$world', /^hello\$/)`, `true`},  // recorded
		{`$contains('hello$world', /^hello\ /)`, `false`}, // recorded
	})
}

// seeded returns an environment whose chance always starts in the same way.
func seeded(seed uint64) jsonata.Env {
	return jsonata.Env{Rand: func() *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }}
}

func TestChance(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`$random()`, `[1..5].$random()`, `$shuffle([1..100])`, `$uuid()`, `[$uuid(), $uuid()]`} {
		one, two, other := outcome(text, value.Value{}, seeded(1)), outcome(text, value.Value{}, seeded(1)), outcome(text, value.Value{}, seeded(2))
		if one != two || one == other || strings.HasPrefix(one, "!") {
			t.Errorf("%s: got %s and %s, and %s with another seed", text, one, two, other)
		}
		if first, second := outcome(text, value.Value{}, jsonata.Env{}), outcome(text, value.Value{}, jsonata.Env{}); first != second {
			t.Errorf("%s without a source: got %s and %s", text, first, second)
		}
	}
	checkWith(t, []row{
		{`$sort($shuffle([1..100])) = [1..100]`, "true"},
		{`$shuffle([1])`, "[1]"},
		{`$shuffle(5)`, "[5]"},
		{`$max([1..1000].$random()) < 1 and $min([1..1000].$random()) >= 0`, "true"},
		{`$random() = $random()`, "false"},
	}, value.Value{}, seeded(3))
	uuid := regexp.MustCompile(`^"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"$`)
	for seed := range uint64(50) {
		if got := outcome("$uuid()", value.Value{}, seeded(seed)); !uuid.MatchString(got) {
			t.Errorf("got %s", got)
		}
	}
	calls := 0
	env := jsonata.Env{Rand: func() *rand.Rand { calls++; return rand.New(rand.NewPCG(1, 1)) }}
	if got := outcome(`$count([$random(), $uuid(), $shuffle([1..3])])`, value.Value{}, env); got != "5" || calls != 1 {
		t.Errorf("got %s after %d calls", got, calls)
	}
	if got := outcome(`$random(1)`, value.Value{}, env); strings.HasPrefix(got, "!") || calls != 1 {
		t.Errorf("a seed of its own: got %s after %d calls", got, calls)
	}
}
