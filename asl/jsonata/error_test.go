package jsonata_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/asl/jsonata"
	"github.com/serverledge/serverledge/dag/value"
)

// Errors have the codes and messages of the reference, and point into the text.
func TestErrors(t *testing.T) {
	t.Parallel()
	input := value.EmptyObject
	for _, c := range []struct {
		text, want string
		offset     int
		token      string
	}{
		{`1 +`, `S0207: Unexpected end of expression`, 3, `(end)`},
		{`(1`, `S0203: Expected ")" before end of expression`, 2, `(end)`},
		{`[1,`, `S0203: Expected "]" before end of expression`, 3, `(end)`},
		{`[1,]`, `S0211: The symbol "]" cannot be used as a unary operator`, 3, `]`},
		{`{"a"`, `S0203: Expected ":" before end of expression`, 4, `(end)`},
		{`{"a":1,}`, `S0211: The symbol "}" cannot be used as a unary operator`, 7, `}`},
		{`{"a":1`, `S0203: Expected "}" before end of expression`, 6, `(end)`},
		{`a.`, `S0207: Unexpected end of expression`, 2, `(end)`},
		{`a[`, `S0203: Expected "]" before end of expression`, 2, `(end)`},
		{`a[1`, `S0203: Expected "]" before end of expression`, 3, `(end)`},
		{`1 2`, `S0201: Syntax error: 2`, 2, `2`},
		{`"abc`, `S0101: String literal must be terminated by a matching quote`, 0, ``},
		{`'abc`, `S0101: String literal must be terminated by a matching quote`, 0, ``},
		{`"\q"`, `S0103: Unsupported escape sequence: \"q"`, 2, `q`},
		{`"\u12"`, `S0104: The escape sequence \u must be followed by 4 hex digits`, 2, ``},
		{"`abc", "S0105: Quoted property name must be terminated with a backquote (`)", 0, ``},
		{`/* x`, `S0106: Comment has no closing tag`, 0, ``},
		{`/abc`, `S0302: No terminating / in regular expression`, 0, ``},
		{`//`, `S0301: Empty regular expressions are not allowed`, 1, ``},
		{`1e999`, `S0102: Number out of range: "1e999"`, 0, `1e999`},
		{`a := 1`, `S0212: The left side of := must be a variable name (start with $)`, 0, `a`},
		{`"x" := 2`, `S0212: The left side of := must be a variable name (start with $)`, 0, `x`},
		{`$f(1`, `S0203: Expected ")" before end of expression`, 4, `(end)`},
		{`$f(,)`, `S0211: The symbol "," cannot be used as a unary operator`, 3, `,`},
		{`function(a){1}`, `S0208: Parameter 1 of function definition must be a variable name (start with $)`, 9, `a`},
		{`function($a, 1){1}`, `S0208: Parameter 2 of function definition must be a variable name (start with $)`, 13, `1`},
		{`function($a)<n{$a}`, `S0202: Expected ">", got "{"`, 14, `{`},
		{`function($a)<(n<n>)>{$a}`, `S0402: Choice groups containing parameterized types are not supported`, 13, ``},
		{`function($a)<n<n>>{$a}`, `S0401: Type parameters can only be applied to functions and arrays`, 14, ``},
		{`function($a){$a`, `S0203: Expected "}" before end of expression`, 15, `(end)`},
		{`a.1`, `S0213: The literal value 1 cannot be used as a step within a path expression`, 2, ``},
		{`a.true`, `S0213: The literal value true cannot be used as a step within a path expression`, 2, ``},
		{`1.a`, `S0213: The literal value 1 cannot be used as a step within a path expression`, 0, ``},
		{`a@1`, `S0214: The right side of "@" must be a variable name (start with $)`, 2, `@`},
		{`a#b`, `S0214: The right side of "#" must be a variable name (start with $)`, 2, `#`},
		{`a[0]@$x`, `S0215: A context variable binding must precede any predicates on a step`, 4, ``},
		{`a^(b)@$x`, `S0216: A context variable binding must precede the 'order-by' clause on a step`, 5, ``},
		{`a{"b":1}{"c":2}`, `S0210: Each step can only have one grouping expression`, 8, ``},
		{`$x{"b":1}[0]`, `S0209: A predicate cannot follow a grouping expression in a step`, 9, ``},
		{`%`, `S0217: The object representing the 'parent' cannot be derived from this expression`, 0, `parent`},
		{`%.a`, `S0217: The object representing the 'parent' cannot be derived from this expression`, 0, `path`},
		{`a.%.%`, `S0217: The object representing the 'parent' cannot be derived from this expression`, 0, `path`},
		{`$x.%`, `S0217: The object representing the 'parent' cannot be derived from this expression`, 0, `variable`},
		{`!`, `S0204: Unknown operator: "!"`, 0, `!`},
		{`a ! b`, `S0204: Unknown operator: "!"`, 2, `!`},
		{`a ~ b`, `S0204: Unknown operator: "~"`, 2, `~`},
		{`*a`, `S0201: Syntax error: "a"`, 1, `a`},
		{`? 1`, `S0211: The symbol "?" cannot be used as a unary operator`, 0, `?`},
		{`a ? `, `S0207: Unexpected end of expression`, 4, `(end)`},
		{`a^b`, `S0202: Expected "(", got "b"`, 2, `b`},
		{`a^(b`, `S0203: Expected ")" before end of expression`, 4, `(end)`},
		{`|a|b`, `S0203: Expected "|" before end of expression`, 4, `(end)`},
		{`)`, `S0211: The symbol ")" cannot be used as a unary operator`, 0, `)`},
		{`a)`, `S0201: Syntax error: ")"`, 1, `)`},
		{`=`, `S0211: The symbol "=" cannot be used as a unary operator`, 0, `=`},
		{`a..b`, `S0201: Syntax error: ".."`, 1, `..`},
		{`[1..]`, `S0211: The symbol "]" cannot be used as a unary operator`, 4, `]`},
		{`and and`, `S0207: Unexpected end of expression`, 7, `(end)`},
		{`1 + "a"`, `T2002: The right side of the "+" operator must evaluate to a number`, 2, `+`},
		{`"a" + 1`, `T2001: The left side of the "+" operator must evaluate to a number`, 4, `+`},
		{`1 - null`, `T2002: The right side of the "-" operator must evaluate to a number`, 2, `-`},
		{`true * 2`, `T2001: The left side of the "*" operator must evaluate to a number`, 5, `*`},
		{`[1] / 2`, `T2001: The left side of the "/" operator must evaluate to a number`, 4, `/`},
		{`1 % {}`, `T2002: The right side of the "%" operator must evaluate to a number`, 2, `%`},
		{`1 < "a"`, `T2009: The values 1 and "a" either side of operator "<" must be of the same data type`, 2, `<`},
		{`"a" > 1`, `T2009: The values "a" and 1 either side of operator ">" must be of the same data type`, 4, `>`},
		{`true < 1`, `T2010: The expressions either side of operator "<" must evaluate to numeric or string values`, 5, `<`},
		{`1 <= null`, `T2010: The expressions either side of operator "<=" must evaluate to numeric or string values`, 2, `<=`},
		{`-"a"`, `D1002: Cannot negate a non-numeric value: "a"`, 0, `-`},
		{`-[1]`, `D1002: Cannot negate a non-numeric value: [1]`, 0, `-`},
		{`["a".."b"]`, `T2003: The left side of the range operator (..) must evaluate to an integer`, 4, `..`},
		{`[1.5..2]`, `T2003: The left side of the range operator (..) must evaluate to an integer`, 4, `..`},
		{`[1..2.5]`, `T2004: The right side of the range operator (..) must evaluate to an integer`, 2, `..`},
		{`[1..10000001]`, `D2014: The size of the sequence allocated by the range operator (..) must not exceed 1e6.  Attempted to allocate 10000001.`, 2, `..`},
		{`{1: 2}`, `T1003: Key in object structure must evaluate to a string; got: 1`, 0, ``},
		{`{null: 1}`, `T1003: Key in object structure must evaluate to a string; got: null`, 0, ``},
		{`{"a": 1, "a": 2}`, `D1009: Multiple key definitions evaluate to same key: "a"`, 0, ``},
		{`{"a": 1, $string("a"): 2}`, `D1009: Multiple key definitions evaluate to same key: "a"`, 0, ``},
		{`$nope()`, `T1006: Attempted to invoke a non-function`, 0, `nope`},
		{`$nope(?)`, `T1008: Attempted to partially apply a non-function`, 0, `nope`},
		{`uppercase("a")`, `T1005: Attempted to invoke a non-function. Did you mean $uppercase?`, 0, `uppercase`},
		{`uppercase(?)`, `T1007: Attempted to partially apply a non-function. Did you mean $uppercase?`, 0, `uppercase`},
		{`1(2)`, `T1006: Attempted to invoke a non-function`, 0, `1`},
		{`"a"()`, `T1006: Attempted to invoke a non-function`, 0, `a`},
		{`(1)(2)`, `T1006: Attempted to invoke a non-function`, 0, ``},
		{`$uppercase(1)`, `T0410: Argument 1 of function "uppercase" does not match function signature`, 0, `uppercase`},
		{`$uppercase("a", "b")`, `T0410: Argument 2 of function "uppercase" does not match function signature`, 0, `uppercase`},
		{`$uppercase()`, `T0411: Context value is not a compatible type with argument 1 of function "uppercase"`, 0, `uppercase`},
		{`$substring("a")`, `T0410: Argument 2 of function "substring" does not match function signature`, 0, `substring`},
		{`$substring("a", "b")`, `T0410: Argument 2 of function "substring" does not match function signature`, 0, `substring`},
		{`$length(1)`, `T0410: Argument 1 of function "length" does not match function signature`, 0, `length`},
		{`$sum("a")`, `T0412: Argument 1 of function "sum" must be an array of "numbers"`, 0, `sum`},
		{`$sum([1,"a"])`, `T0412: Argument 1 of function "sum" must be an array of "numbers"`, 0, `sum`},
		{`$join([1])`, `T0412: Argument 1 of function "join" must be an array of "strings"`, 0, `join`},
		{`$join(["a"], 1)`, `T0410: Argument 2 of function "join" does not match function signature`, 0, `join`},
		{`$power(2)`, `T0411: Context value is not a compatible type with argument 1 of function "power"`, 0, `power`},
		{`$power(10, 1000)`, `D3061: The power function has resulted in a value that cannot be represented as a JSON number: base=10, exponent=1000`, 0, `power`},
		{`$power(-8, 0.5)`, `D3061: The power function has resulted in a value that cannot be represented as a JSON number: base=-8, exponent=0.5`, 0, `power`},
		{`$sqrt(-1)`, `D3060: The sqrt function cannot be applied to a negative number: -1`, 0, `sqrt`},
		{`$number("x")`, `D3030: Unable to cast value to a number: "x"`, 0, `number`},
		{`$number("1e999")`, `D3030: Unable to cast value to a number: "1e999"`, 0, `number`},
		{`$number([1])`, `T0410: Argument 1 of function "number" does not match function signature`, 0, `number`},
		{`$round("1")`, `T0410: Argument 1 of function "round" does not match function signature`, 0, `round`},
		{`$formatBase(10, 1)`, `D3100: The radix of the formatBase function must be between 2 and 36.  It was given 1`, 0, `formatBase`},
		{`$formatBase(10, 37)`, `D3100: The radix of the formatBase function must be between 2 and 36.  It was given 37`, 0, `formatBase`},
		{`$split("a", ",", -1)`, `D3020: Third argument of split function must evaluate to a positive number`, 0, `split`},
		{`$split(1, ",")`, `T0410: Argument 1 of function "split" does not match function signature`, 0, `split`},
		{`$match("a", /a/, -1)`, `D3040: Third argument of match function must evaluate to a positive number`, 0, `match`},
		{`$match("a", "a")`, `T0410: Argument 2 of function "match" does not match function signature`, 0, `match`},
		{`$replace("a", "", "b")`, `D3010: Second argument of replace function cannot be an empty string`, 0, `replace`},
		{`$replace("a", "a", "b", -1)`, `D3011: Fourth argument of replace function must evaluate to a positive number`, 0, `replace`},
		{`$replace("a", /a/, function(){1})`, `D3012: Attempted to replace a matched string with a non-string value`, 0, `replace`},
		{`$replace("a", /a/)`, `T0411: Context value is not a compatible type with argument 1 of function "replace"`, 0, `replace`},
		{`$contains("a", 1)`, `T0410: Argument 2 of function "contains" does not match function signature`, 0, `contains`},
		{`$match("a", function(){1})`, `T1010: The matcher function argument passed to function "match" does not return the correct object structure`, 0, `match`},
		{`$match("aa", /x*/)`, `D1004: Regular expression matches zero length string`, 13, `match`},
		{`$split("aa", /x*/)`, `D1004: Regular expression matches zero length string`, 13, `split`},
		{`$reduce([1], function($a){1})`, `D3050: The second argument of reduce function must be a function with at least two arguments`, 0, `reduce`},
		{`$map([1], 1)`, `T0410: Argument 2 of function "map" does not match function signature`, 0, `map`},
		{`$filter([1])`, `T0410: Argument 2 of function "filter" does not match function signature`, 0, `filter`},
		{`$single([1,2], function(){true})`, `D3138: The $single() function expected exactly 1 matching result.  Instead it matched more.`, 0, `single`},
		{`$single([], function(){true})`, `D3139: The $single() function expected exactly 1 matching result.  Instead it matched 0.`, 0, `single`},
		{`$sort([1,"a"])`, `D3070: The single argument form of the sort function can only be applied to an array of strings or an array of numbers.  Use the second argument to specify a comparison function`, 0, `sort`},
		{`$sort([{}, {}])`, `D3070: The single argument form of the sort function can only be applied to an array of strings or an array of numbers.  Use the second argument to specify a comparison function`, 0, `sort`},
		{`[1,"a"]^($)`, `T2007: Type mismatch when comparing values 1 and "a" in order-by clause`, 7, ``},
		{`[true,false]^($)`, `T2008: The expressions within an order-by clause must evaluate to numeric or string values`, 12, ``},
		{`$each([1], function(){1})`, `T0410: Argument 1 of function "each" does not match function signature`, 0, `each`},
		{`$sift(1, function(){1})`, `T0410: Argument 1 of function "sift" does not match function signature`, 0, `sift`},
		{`$merge([1])`, `T0412: Argument 1 of function "merge" must be an array of "objects"`, 0, `merge`},
		{`$keys(1, 2)`, `T0410: Argument 2 of function "keys" does not match function signature`, 0, `keys`},
		{`$error("boom")`, `D3137: boom`, 0, `error`},
		{`$error()`, `D3137: $error() function evaluated`, 0, `error`},
		{`$assert(false, "no")`, `D3141: no`, 0, `assert`},
		{`$assert(false)`, `D3141: $assert() statement failed`, 0, `assert`},
		{`$assert(1)`, `T0410: Argument 1 of function "assert" does not match function signature`, 0, `assert`},
		{`$string(1/0)`, `D3001: Attempting to invoke string function on Infinity or NaN`, 0, `string`},
		{`$string([1/0])`, `D1001: Number out of range: null`, 0, `string`},
		{`1/0 + 1`, `D1001: Number out of range: null`, 4, `+`},
		{`1/0 > 0 and 1/0`, `D1001: Number out of range: null`, 8, `and`},
		{`"a" ~> 1`, `T2006: The right side of the function application operator ~> must be a function`, 4, ``},
		{`"a" ~> "b"`, `T2006: The right side of the function application operator ~> must be a function`, 4, ``},
		{`{"a":1} ~> |a|1|`, `T2011: The insert/update clause of the transform expression must evaluate to an object: 1`, 14, ``},
		{`{"a":{}} ~> |a|[1]|`, `T2011: The insert/update clause of the transform expression must evaluate to an object: [1]`, 15, ``},
		{`{"a":{}} ~> |a|{}, 1|`, `T2012: The delete clause of the transform expression must evaluate to a string or array of strings: 1`, 19, ``},
		{`{"a":{}} ~> |a|{}, [1]|`, `T2012: The delete clause of the transform expression must evaluate to a string or array of strings: [1]`, 19, ``},
		{`($clone := 1; {"a":1} ~> |a|{}|)`, `T2013: The transform expression clones the input object using the $clone() function.  This has been overridden in the current scope by a non-function.`, 25, ``},
		{`{} ~> |__proto__|{"a":1}|`, `D1010: Attempted to access the Javascript object prototype`, 6, ``},
		{`5 ~> |a|{}|`, `T0410: Argument 1 of function undefined does not match function signature`, 2, ``},
		{`$formatNumber(1, "")`, `D3085: The mantissa part of a sub-picture must contain at least one character that is either an 'optional digit character' or a member of the 'decimal digit family'`, 0, `formatNumber`},
		{`$formatNumber(1, "0;0;0")`, `D3080: The picture string must only contain a maximum of two sub-pictures`, 0, `formatNumber`},
		{`$formatNumber(1, "0.0.0")`, `D3081: The sub-picture must not contain more than one instance of the 'decimal-separator' character`, 0, `formatNumber`},
		{`$formatNumber(1, "0%%")`, `D3082: The sub-picture must not contain more than one instance of the 'percent' character`, 0, `formatNumber`},
		{`$formatNumber(1, "0‰‰")`, `D3083: The sub-picture must not contain more than one instance of the 'per-mille' character`, 0, `formatNumber`},
		{`$formatNumber(1, "0%‰")`, `D3084: The sub-picture must not contain both a 'percent' and a 'per-mille' character`, 0, `formatNumber`},
		{`$formatNumber(1, "#,.0")`, `D3087: The sub-picture must not contain a 'grouping-separator' character that appears adjacent to a 'decimal-separator' character`, 0, `formatNumber`},
		{`$formatNumber(1, "0,")`, `D3088: The sub-picture must not contain a 'grouping-separator' at the end of the integer part`, 0, `formatNumber`},
		{`$formatNumber(1, "0,,0")`, `D3089: The sub-picture must not contain two adjacent instances of the 'grouping-separator' character`, 0, `formatNumber`},
		{`$formatNumber(1, "0#")`, `D3090: The integer part of the sub-picture must not contain a member of the 'decimal digit family' that is followed by an instance of the 'optional digit character'`, 0, `formatNumber`},
		{`$formatNumber(1, "0.#0")`, `D3091: The fractional part of the sub-picture must not contain an instance of the 'optional digit character' that is followed by a member of the 'decimal digit family'`, 0, `formatNumber`},
		{`$formatNumber(1, "0.0%e0")`, `D3092: A sub-picture that contains a 'percent' or 'per-mille' character must not contain a character treated as an 'exponent-separator'`, 0, `formatNumber`},
		{`$formatNumber(1, "0.0e0#")`, `D3093: The exponent part of the sub-picture must comprise only of one or more characters that are members of the 'decimal digit family'`, 0, `formatNumber`},
		{`$formatNumber(1, "0x0")`, `D3086: The sub-picture must not contain a passive character that is preceded by an active character and that is followed by another active character`, 0, `formatNumber`},
		{`$formatNumber(1, "xyz.e")`, `D3093: The exponent part of the sub-picture must comprise only of one or more characters that are members of the 'decimal digit family'`, 0, `formatNumber`},
		{`$formatInteger(1, "Q")`, `D3130: Formatting or parsing an integer as a sequence starting with "Q" is not supported by this implementation`, 0, `formatInteger`},
		{`$formatInteger(1, "0٠")`, `D3131: In a decimal digit pattern, all digits must be from the same decimal group`, 0, `formatInteger`},
		{`$parseInteger("a", "#")`, `D3130: Formatting or parsing an integer as a sequence starting with "#" is not supported by this implementation`, 0, `parseInteger`},
		{`$fromMillis(1, "[Y")`, `D3135: No matching closing bracket ']' in date/time picture string`, 0, `fromMillis`},
		{`$fromMillis(1, "[q]")`, `D3132: Unknown component specifier "q" in date/time picture string`, 0, `fromMillis`},
		{`$fromMillis(1, "[YN]")`, `D3133: The 'name' modifier can only be applied to months and days in the date/time picture string, not "Y"`, 0, `fromMillis`},
		{`$fromMillis(1, "[Z00000]")`, `D3134: The timezone integer format specifier cannot have more than four digits`, 0, `fromMillis`},
		{`$toMillis("x")`, `D3110: The argument of the toMillis function must be an ISO 8601 formatted timestamp. Given "x"`, 0, `toMillis`},
		{`$toMillis("2018-13-01")`, `D3110: The argument of the toMillis function must be an ISO 8601 formatted timestamp. Given "2018-13-01"`, 0, `toMillis`},
		{`$toMillis("2018 1", "[Y] [H]")`, `D3136: The date/time picture string is missing specifiers required to parse the timestamp`, 0, `toMillis`},
		{`$toMillis("W10 2018", "W[W] [X]")`, `D3136: The date/time picture string is missing specifiers required to parse the timestamp`, 0, `toMillis`},
		{`$toMillis("a", "[YN]")`, `D3133: The 'name' modifier can only be applied to months and days in the date/time picture string, not "Y"`, 0, `toMillis`},
		{`$toMillis("a", "[Q]")`, `D3132: Unknown component specifier "Q" in date/time picture string`, 0, `toMillis`},
		{`$decodeUrlComponent("%")`, `D3140: Malformed URL passed to $decodeUrlComponent(): "%"`, 0, `decodeUrlComponent`},
		{`$decodeUrl("%E0%A4")`, `D3140: Malformed URL passed to $decodeUrl(): "%E0%A4"`, 0, `decodeUrl`},
		{`$encodeUrl("\uD800")`, `D3140: Malformed URL passed to $encodeUrl(): "�"`, 0, `encodeUrl`},
		{`(function($x)<n>{1})("a")`, `T0410: Argument 1 of function undefined does not match function signature`, 0, ``},
		{`(function($x)<n-:n>{1})()`, `T0411: Context value is not a compatible type with argument 1 of function undefined`, 0, ``},
		{`(function($x)<a<s>>{1})([1])`, `T0412: Argument 1 of function undefined must be an array of "strings"`, 0, ``},
		{`(function($x)<f>{1})(1)`, `T0410: Argument 1 of function undefined does not match function signature`, 0, ``},
		{`true and $uppercase(1)`, `T0410: Argument 1 of function "and" does not match function signature`, 5, `and`},
		{`(function(){ 1 + "a" })()`, `T2002: The right side of the "+" operator must evaluate to a number`, 15, `+`},
		{`$map(["a"], function($v){ $v + 1 })`, `T2001: The left side of the "+" operator must evaluate to a number`, 29, `+`},
		{`($f := function($n){ $n + $f($n + 1) }; 1 + null)`, `T2002: The right side of the "+" operator must evaluate to a number`, 42, `+`},
	} {
		got, err := evaluate(c.text, input, jsonata.Env{})
		problem, ok := errors.AsType[*jsonata.Error](err)
		if !ok || !got.IsAbsent() {
			t.Errorf("%s: got %s, %v, want %s", c.text, got, err, c.want)
			continue
		}
		if problem.Error() != c.want || problem.Offset != c.offset || problem.Token != c.token {
			t.Errorf("%s: got %v at %d about %q, want %s at %d about %q", c.text, err, problem.Offset, problem.Token, c.want, c.offset, c.token)
		}
		if problem.Limit != "" || problem.Message == "" || !strings.HasPrefix(c.want, problem.Code+": ") {
			t.Errorf("%s: the error is %+v", c.text, problem)
		}
	}
}

// What JavaScript can do with regular expressions and package regexp cannot is
// told when the expression is compiled.
func TestPatternsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, code, part string
		offset           int
	}{
		{`/(a)\1/`, "S0303", "refers back", 4},
		{`/(?<n>a)\k<n>/`, "S0303", "refers back", 8},
		{`1 + /a(?=b)/`, "S0303", "looks ahead", 6},
		{`/a(?!b)/`, "S0303", "looks ahead", 2},
		{`/(?<=a)b/`, "S0303", "looks behind", 1},
		{`/(?<!a)b/`, "S0303", "looks behind", 1},
		{`/(?i)a/`, "S0303", "unknown kind", 1},
		{`/[a/`, "S0302", "No terminating", 0},
		{`/a**/`, "S0303", "not valid", 1},
		{`/[b-a]/`, "S0303", "not valid", 1},
		{`/a{1001}/`, "S0303", "not valid", 1},
		{`/(a{1000}){1000}/`, "S0303", "not valid", 1},
		{`/(abcdef){900}/`, "S0304", "too large", 1},
		{`$f(/a{999}/, /b{999}/, /c{999}/, /d{999}/, /e{999}/)`, "S0304", "too large", 44},
	} {
		_, err := jsonata.Compile(c.text)
		problem, ok := errors.AsType[*jsonata.Error](err)
		if !ok || problem.Code != c.code || !strings.Contains(problem.Message, c.part) || problem.Offset != c.offset {
			t.Errorf("%s: got %v, %+v, want %s at %d: ...%s...", c.text, err, problem, c.code, c.offset, c.part)
		}
	}
}

// An expression that is refused says what its own text says, not the one that
// package regexp was given.
func TestPatternErrorsShowWhatWasWritten(t *testing.T) {
	t.Parallel()
	_, err := jsonata.Compile(`$match(a, /[b-a]/i)`)
	if err == nil || strings.Contains(err.Error(), "(?") || strings.Contains(err.Error(), "x{") {
		t.Errorf("got %v", err)
	}
}

// A value in a message is cut when it is long.
func TestLongValuesInMessages(t *testing.T) {
	t.Parallel()
	_, err := evaluate(`-$pad("", 100000, "é")`, value.Value{}, jsonata.Env{})
	if err == nil || len(err.Error()) > 5000 || !strings.HasSuffix(err.Error(), "...") {
		t.Errorf("got %d bytes", len(err.Error()))
	}
}
