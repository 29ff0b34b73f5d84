package asl_test

import (
	"strings"
	"testing"

	"github.com/serverledge/serverledge/asl"
)

// Functions get arguments of any type from paths; those they cannot work with
// fail the state by their name.
func TestArgumentsOfFunctions(t *testing.T) {
	t.Parallel()
	const input = `{"s":"x","n":3,"l":[1],"o":{"a":[1,{"b":"c"}],"d":null},"t":true,"z":null,"big":1e300,"bin":"gA==","one":1.0,"e":""}`
	fn := func(name string, arguments ...string) string {
		return "States." + name + "(" + strings.Join(arguments, ", ") + ")"
	}
	for _, call := range []string{
		fn("Format", "$.n"), fn("Format", "$.s", "1"), fn("Format", "'{}'"),
		fn("StringToJson", "$.o"), fn("ArrayPartition", "$.s", "1"), fn("ArrayPartition", "$.l", "$.s"), fn("ArrayPartition", "$.l", "-1"),
		fn("ArrayContains", "$.s", "1"), fn("ArrayRange", "$.s", "1", "1"), fn("ArrayRange", "1", "$.l", "1"), fn("ArrayRange", "1", "2", "$.z"), fn("ArrayRange", "1", "2", "0.4"),
		fn("ArrayGetItem", "$.o", "0"), fn("ArrayGetItem", "$.l", "$.s"), fn("ArrayGetItem", "$.l", "1"), fn("ArrayGetItem", "$.l", "-1"), fn("ArrayLength", "$.s"), fn("ArrayUnique", "$.o"),
		fn("Base64Encode", "$.n"), fn("Base64Decode", "$.l"), fn("Base64Decode", "$.bin"), fn("Hash", "$.s", "$.n"), fn("Hash", "$.s", "'md5'"),
		fn("JsonMerge", "$.l", "$.o", "false"), fn("JsonMerge", "$.o", "$.s", "false"), fn("JsonMerge", "$.o", "$.o", "$.n"),
		fn("MathRandom", "$.s", "1"), fn("MathRandom", "1", "$.s"), fn("MathRandom", "2", "1"), fn("MathRandom", "1", "2", "$.s"), fn("MathAdd", "$.s", "1"), fn("MathAdd", "1", "$.t"), fn("MathAdd", "$.big", "1"),
		fn("StringSplit", "$.n", "','"), fn("StringSplit", "$.s", "$.n"),
	} {
		checkEnd(t, call, play(t, &world{}, one(`"Type":"Pass","End":true,"Parameters":{"r.$":"`+call+`"}`), input), `!States.IntrinsicFailure`)
	}
	for call, want := range map[string]string{
		fn("Format", "'{}|{}|{}|{}'", "$.o", "$.l", "$.t", "$.z"):                               `"{a=[1, {b=c}], d=null}|[1]|true|null"`,
		fn("Format", `'a{b}{'`):                                                                 `"a{b}{"`,
		fn("StringToJson", "$.e"):                                                               `null`,
		fn("JsonToString", "$.s"):                                                               `"\"x\""`,
		fn("ArrayPartition", "States.Array()", "4"):                                             `[]`,
		fn("ArrayPartition", "States.ArrayRange(1, 4, 1)", "1.5"):                               `[[1,2],[3,4]]`,
		fn("ArrayContains", "$.l", "$.one"):                                                     `true`,
		fn("ArrayContains", "States.Array($.o)", "$.o"):                                         `true`,
		fn("ArrayContains", "States.Array('1')", "1"):                                           `false`,
		fn("ArrayRange", "1", "1", "5"):                                                         `[1]`,
		fn("ArrayRange", "2", "1", "1"):                                                         `[]`,
		fn("ArrayRange", "1", "2", "-1"):                                                        `[]`,
		fn("ArrayRange", "-2", "2", "2"):                                                        `[-2,0,2]`,
		fn("ArrayUnique", "States.Array(1, '1', $.one, true, null, true, null, '1', $.l, $.l)"): `[1,"1",true,null,[1]]`,
		fn("Hash", "'a'", "'SHA-256'"):                                                          `"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"`,
		fn("Hash", "'a'", "'SHA-384'"):                                                          `"54a59b9f22b0b80880d8427e548b7c23abd873486e1f035dce9cd697e85175033caa88e6d57bc35efae0b5afd3145f31"`,
		fn("Hash", "'a'", "'SHA-512'"):                                                          `"1f40fc92da241694750979ee6cf582f2d5d7d28e18335de05abc54d0560e0f5302860c652bf08d560252aa5e74210546f369fbbbce8c12cfc7957b2652fe9a75"`,
		fn("Hash", "$.l", "'MD5'"):                                                              `"35dba5d75538a9bbe0b4da4422759a0e"`, // of [1]
		fn("JsonMerge", "$.o", "States.StringToJson('{\\\"a\\\":2,\\\"e\\\":3}')", "false"):     `{"a":2,"d":null,"e":3}`,
		fn("MathAdd", "2.5", "0"):                                                               `3`,
		fn("MathAdd", "9007199254740990", "1"):                                                  `9007199254740991`,
		fn("StringSplit", "'a.b+c'", "'+.'"):                                                    `["a","b","c"]`,
		fn("StringSplit", "'äöü'", "'ö'"):                                                       `["ä","ü"]`,
		fn("StringSplit", "'ab'", "''"):                                                         `["ab"]`,
		fn("Array", `'it\\'s'`, `'a\\\\b'`):                                                     `["it's","a\\b"]`,
		fn("Array", " $$.State.Name ", "$.l[0]"):                                                `["S",1]`,
	} {
		checkEnd(t, call, play(t, &world{}, one(`"Type":"Pass","End":true,"OutputPath":"$.r","Parameters":{"r.$":"`+call+`"}`), input), want)
	}
	o := play(t, &world{}, one(`"Type":"Pass","End":true,"Parameters":{"r.$":"States.ArrayGetItem($.l, 5)"}`), input)
	checkEnd(t, "the cause", o, `!States.IntrinsicFailure The function 'States.ArrayGetItem($.l, 5)' had the following error: there is no item 5 in an array of 1`)
}

func TestFunctionProblems(t *testing.T) {
	t.Parallel()
	for call, want := range map[string]string{
		"States.Array(": "the function is not closed", "States.Array('a": "the quote is not closed", `States.Array('a\\`: "a backslash must stand before", `States.Array('\\n')`: "a backslash must stand before",
		"States.Array() x": "unexpected text after the function", "States.Array(1 2)": "expected , or )", "States.Array(1,)": "expected a path", "States.Array(x)": "expected a path",
		"States.Array": "expected a path ($...) or a function", "": "expected a path ($...) or a function", "x": "expected a path ($...) or a function", " $.a": "expected a path ($...) or a function",
		"states.array()": `there is no function "states.array"`, "States.MathAdd(1)": "2 arguments", "States.MathRandom(1)": "2 or 3 arguments", "States.Format()": "at least 1 argument",
		"States.ArrayLength()": "1 argument", "States.UUID(1)": "0 arguments", "States.MathAdd('1', 2)": "argument 1 of States.MathAdd must be a number, not a string",
		"States.StringSplit('a', null)": "argument 2 of States.StringSplit must be a string, not null", "States.JsonMerge($.a, $.b, 'x')": "argument 3 of States.JsonMerge must be a bool",
		"States.Array($.a[)": "", "States.Array({})": "expected a path", "States.Array(" + strings.Repeat("1,", 6000) + "1)": "more than 10240 bytes",
	} {
		problems := asl.Validate(one(`"Type":"Pass","End":true,"Parameters":{"r.$":"`+call+`"}`), asl.Options{})
		if len(problems) != 1 || problems[0].Code != "ASL022" || !strings.Contains(problems[0].Message, want) {
			t.Errorf("%.40s: got %+v, want %s", call, problems, want)
		}
	}
	// Fail wants functions that give texts.
	for call, want := range map[string]string{
		"States.Format('{}', $.a)": "", "States.JsonToString($.a)": "", "States.ArrayGetItem($.a, 0)": "", "States.Base64Encode($.a)": "", "States.Base64Decode($.a)": "", "States.Hash($.a, 'MD5')": "", "States.UUID()": "",
		"States.ArrayLength($.a)": "ASL022", "States.MathAdd(1, 2)": "ASL022", "States.StringToJson($.a)": "ASL022", "States.StringSplit($.a, ',')": "ASL022", "States.JsonMerge($.a, $.b, false)": "ASL022",
		"$.a": "", "$$.State.Name": "", "$v": "ASL028", "$.a[": "ASL020", "text": "ASL022",
	} {
		if got := codes(one(`"Type":"Fail","ErrorPath":"`+call+`"`), asl.Options{}); got != want {
			t.Errorf("ErrorPath %s: got %s, want %s", call, got, want)
		}
	}
}
