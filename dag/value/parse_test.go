package value

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func code(err error) string {
	if syntax, ok := errors.AsType[*SyntaxError](err); ok {
		return syntax.Code
	}
	if err != nil {
		return "not a SyntaxError: " + err.Error()
	}
	return ""
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, code string
		at         int
	}{
		{"", "invalid_json", 0},
		{"  ", "invalid_json", 2},
		{"nul", "invalid_json", 0},
		{"nulL", "invalid_json", 0},
		{"True", "invalid_json", 0},
		{"1 2", "invalid_json", 2},
		{"{} x", "invalid_json", 3},
		{"[1,]", "invalid_json", 3},
		{"[1 2]", "invalid_json", 3},
		{"[1", "invalid_json", 2},
		{"[", "invalid_json", 1},
		{"[,1]", "invalid_json", 1},
		{`{"a":1,}`, "invalid_json", 7},
		{`{"a" 1}`, "invalid_json", 5},
		{`{"a":}`, "invalid_json", 5},
		{`{a:1}`, "invalid_json", 1},
		{`{'a':1}`, "invalid_json", 1},
		{`{"a":1`, "invalid_json", 6},
		{`{"a":1]`, "invalid_json", 6},
		{"{1:2}", "invalid_json", 1},
		{"01", "invalid_json", 1},
		{"-", "invalid_json", 1},
		{"+1", "invalid_json", 0},
		{".5", "invalid_json", 0},
		{"1.", "invalid_json", 2},
		{"1e", "invalid_json", 2},
		{"1e+", "invalid_json", 3},
		{"NaN", "invalid_json", 0},
		{"-Infinity", "invalid_json", 1},
		{`"open`, "invalid_json", 5},
		{`"a\`, "invalid_json", 2},
		{`"\x41"`, "invalid_json", 1},
		{`"\u00g0"`, "invalid_json", 1},
		{`"\u12"`, "invalid_json", 1},
		{"\"tab\t\"", "invalid_json", 4},
		{"\"\x00\"", "invalid_json", 1},
		{"\"\xff\"", "invalid_json", 1},
		{"\"\xed\xa0\x80\"", "invalid_json", 1}, // a surrogate in UTF-8
		{`"\ud800"`, "invalid_json", 1},
		{`"\udc00"`, "invalid_json", 1},
		{`"\ud800\ud800"`, "invalid_json", 1},
		{`"\ud800x"`, "invalid_json", 1},
		{`"\udc00\ud800"`, "invalid_json", 1},
		{"\ufeff{}", "invalid_json", 0},
		{"// no\n1", "invalid_json", 0},
		{"\u00a01", "invalid_json", 0},
		{`{"a":1,"a":2}`, "duplicate_key", 7},
		{`{"a":1,"\u0061":2}`, "duplicate_key", 7},
		{`{"x":{"b":1,"c":2,"b":3}}`, "duplicate_key", 18},
		{`{"1":0,"2":0,"3":0,"4":0,"5":0,"6":0,"7":0,"8":0,"9":0,"1":0}`, "duplicate_key", 55},
		{`{"1":0,"2":0,"3":0,"4":0,"5":0,"6":0,"7":0,"8":0,"9":0,"9":0}`, "duplicate_key", 55},
		{`{"1":0,"2":0,"3":0,"4":0,"5":0,"6":0,"7":0,"8":0,"8":0}`, "duplicate_key", 49},
	} {
		v, err := Parse([]byte(c.text))
		if got := code(err); got != c.code || !v.IsAbsent() {
			t.Errorf("%q: got %s, %q, want %q", c.text, v, got, c.code)
			continue
		}
		var syntax *SyntaxError
		if errors.As(err, &syntax) && syntax.Offset != c.at {
			t.Errorf("%q: got offset %d, want %d (%v)", c.text, syntax.Offset, c.at, err)
		}
	}
}

func TestParseCompacts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		" 1 ":     "1",
		"\t{ }\n": "{}",
		" [ ] ":   "[]",
		`"a b"`:   `"a b"`,
		` { "a b" : " c\" d " , "e" : [ 1 , 2 , { } ] } `: `{"a b":" c\" d ","e":[1,2,{}]}`,
		`{"a":1}`:   `{"a":1}`,
		"[1,\r\n2]": "[1,2]",
		"[ 1]":      "[1]",
		"[1 ]":      "[1]",
	} {
		if got := parsed(t, text).String(); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func TestParseLimits(t *testing.T) {
	t.Parallel()
	nest := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	// An array of n-1 numbers is n tokens, with the array itself.
	flat := func(n int) string { return "[" + strings.Repeat("0,", n-2) + "0]" }
	// An object of m members is 1+2m tokens.
	keys := func(members int) string {
		var b strings.Builder
		b.WriteByte('{')
		for i := range members {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(OfString(OfInt(int64(i)).String()).String() + ":0")
		}
		return b.String() + "}"
	}
	for name, c := range map[string]struct{ text, want string }{
		"arrays at the limit":    {nest(MaxDepth), ""},
		"arrays past it":         {nest(MaxDepth + 1), "too_deep"},
		"objects at the limit":   {deep(MaxDepth), ""},
		"objects past it":        {deep(MaxDepth + 1), "too_deep"},
		"very deep":              {strings.Repeat("[", 1_000_000), "too_deep"},
		"tokens at the limit":    {flat(MaxTokens), ""},
		"tokens past it":         {flat(MaxTokens + 1), "too_many_tokens"},
		"keys below the limit":   {keys((MaxTokens - 1) / 2), ""},
		"keys past it":           {keys((MaxTokens-1)/2 + 1), "too_many_tokens"},
		"siblings are not depth": {"[" + strings.Repeat("[],", 1000) + "[]]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := Parse([]byte(c.text)); code(err) != c.want {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// FuzzParse holds Parse to encoding/json: what Parse takes is valid and keeps
// its meaning; what only Parse refuses has a reason that encoding/json does
// not know.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.50,-0e-1,"x\u00e9\ud83d\ude00",true,null,{}]}`, " [ ] ", `"\ud800"`, `{"a":1,"a":2}`, "\xff", "1e5 ", `{"a":{"b":[{"c":"d"}]}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		given := bytes.Clone(text)
		v, err := Parse(text)
		if !bytes.Equal(given, text) {
			t.Fatal("the text was changed")
		}
		valid := json.Valid(text)
		switch {
		case err == nil && !valid:
			t.Fatalf("%q was taken", text)
		case err != nil && valid:
			if c := code(err); c == "invalid_json" && utf8.Valid(text) && !strings.Contains(err.Error(), "surrogate") {
				t.Fatalf("%q was refused: %v", text, err)
			}
			return
		case err != nil:
			return
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, text); err != nil || compact.String() != v.String() {
			t.Fatalf("%q: got %s, want %s (%v)", text, v, &compact, err)
		}
		var want any
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		same(t, v, want)
		if long, err := Parse(append(append([]byte("[ \""+strings.Repeat("x", smallText)+"\" ,"), text...), " ]"...)); err == nil {
			if got, want := long.Outline().Spans, spansOf(long.String()); !slices.Equal(got, want) {
				t.Fatalf("%q: the spans are %v, want %v", text, got, want)
			}
		}
		if again := rebuild(v); again.String() != v.String() && !Equal(again, v) || !Equal(v, again) {
			t.Fatalf("taken apart and put together, %s is %s", v, again)
		}
	})
}

// same compares a Value with what encoding/json decodes.
func same(t *testing.T, v Value, want any) {
	t.Helper()
	switch want := want.(type) {
	case nil:
		if v.Kind() != Null {
			t.Fatalf("got %s, want null", v)
		}
	case bool:
		if v.Kind() != Bool || v.Bool() != want {
			t.Fatalf("got %s, want %v", v, want)
		}
	case json.Number:
		if v.Literal() != want.String() {
			t.Fatalf("got %s, want %s", v, want)
		}
	case string:
		if v.Kind() != String || v.Text() != want {
			t.Fatalf("got %q, want %q", v.Text(), want)
		}
	case []any:
		if v.Kind() != Array || v.Len() != len(want) {
			t.Fatalf("got %s, want %d elements", v, len(want))
		}
		for i, x := range v.Elements() {
			same(t, x, want[i])
		}
	case map[string]any:
		if v.Kind() != Object || v.Len() != len(want) {
			t.Fatalf("got %s, want %d members", v, len(want))
		}
		for k, x := range v.Members() {
			same(t, x, want[k])
			same(t, v.Get(k), want[k])
		}
	}
}

// rebuild makes v anew from its parts.
func rebuild(v Value) Value {
	switch v.Kind() {
	case Array:
		var items []Value
		for _, x := range v.Elements() {
			items = append(items, rebuild(x))
		}
		return OfArray(items...)
	case Object:
		var members []Member
		for k, x := range v.Members() {
			members = append(members, Member{k, rebuild(x)})
		}
		return OfObject(members...)
	case String:
		return OfString(v.Text())
	case Number:
		return OfNumber(v.Literal())
	case Absent, Null, Bool:
	}
	return v
}
