package value

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
)

func parsed(tb testing.TB, text string) Value {
	tb.Helper()
	v, err := Parse([]byte(text))
	if err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return v
}

func TestKinds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"null": "null", "true": "boolean", "false": "boolean", "-1.5e3": "number", `"x"`: "string", "[1]": "array", "{}": "object"} {
		v := parsed(t, text)
		if got := v.Kind().String(); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
		if v.Kind() != v.Get("x").Kind() && !v.Get("x").IsAbsent() {
			t.Errorf("%s has a member x", text)
		}
	}
	var absent Value
	if absent.Kind() != Absent || !absent.IsAbsent() || !absent.IsZero() || absent.Bytes() != nil || absent.String() != "" || absent.Kind().String() != "absent" {
		t.Error("the zero Value is a document")
	}
	for _, v := range []Value{absent, NullValue, TrueValue, EmptyArray, EmptyObject, OfInt(1), OfString("s")} {
		if v.Kind() != Bool && v.Bool() || v.Kind() != String && v.Text() != "" || v.Kind() != Number && (v.Literal() != "" || v.Float() != 0) || v.Index(0).Kind() != Absent || v.Len() != 0 && v.Kind() != Array {
			t.Errorf("%s answers for a kind that it is not", v)
		}
	}
}

// Whatever is taken apart and looked at keeps its text.
func TestTextIsKept(t *testing.T) {
	t.Parallel()
	const text = `{"z":1.50,"a":{"y":-0,"b":1E+2},"n":123456789012345678901234567890,"s":"<é\u00e9\/&>"}`
	v := parsed(t, " "+strings.ReplaceAll(text, `,"a"`, " ,\n\t\"a\"")+"\r\n")
	for _, x := range v.Members() {
		for range x.Members() {
		}
		_ = x.Text() + x.Literal()
	}
	if v.String() != text || v.Size() != len(text) {
		t.Errorf("got %s, want %s", v, text)
	}
	if got := v.Get("n").Literal(); got != "123456789012345678901234567890" {
		t.Errorf("got %s", got)
	}
	if got := v.Get("s").Text(); got != "<éé/&>" {
		t.Errorf("got %q", got)
	}
	var keys []string
	for k := range v.Members() {
		keys = append(keys, k)
	}
	if !slices.Equal(keys, []string{"z", "a", "n", "s"}) {
		t.Errorf("got keys %q", keys)
	}
	if got, want := OfObject(Member{"new", v.Get("a").Get("b")}, Member{"old", v.Get("z")}).String(), `{"new":1E+2,"old":1.50}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestElements(t *testing.T) {
	t.Parallel()
	v := parsed(t, ` [ 1 , [ 2 , "]" ] , { "a\"" : [ ] } , "x,y" ] `)
	want := []string{"1", `[2,"]"]`, `{"a\"":[]}`, `"x,y"`}
	if v.Len() != 4 || v.String() != "["+strings.Join(want, ",")+"]" {
		t.Errorf("got %s", v)
	}
	for i, x := range v.Elements() {
		if x.String() != want[i] || v.Index(i).String() != want[i] {
			t.Errorf("element %d: got %s, want %s", i, x, want[i])
		}
		if i == 2 {
			break
		}
	}
	if !v.Index(-1).IsAbsent() || !v.Index(4).IsAbsent() || v.Index(2).Get(`a"`).Kind() != Array {
		t.Error("an element is not where it should be")
	}
	for range OfInt(1).Elements() {
		t.Error("a number has elements")
	}
	for range v.Members() {
		t.Error("an array has members")
	}
}

func TestLargeObjects(t *testing.T) {
	t.Parallel()
	for _, n := range []int{8, 9, 100} {
		var b strings.Builder
		b.WriteByte('{')
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(OfString(strings.Repeat("k", i+1)).String() + ":" + OfInt(int64(i)).String())
		}
		b.WriteByte('}')
		v := parsed(t, b.String())
		for i := range n {
			if got, _ := v.Get(strings.Repeat("k", i+1)).Int(); got != int64(i) {
				t.Fatalf("%d members: key %d has %d", n, i, got)
			}
		}
		if !v.Get("other").IsAbsent() {
			t.Errorf("%d members: there is another", n)
		}
	}
}

func TestOfObject(t *testing.T) {
	t.Parallel()
	members := []Member{{"b", OfInt(1)}, {"a", Value{}}, {"c", OfInt(2)}, {"b", OfInt(3)}}
	if got, want := OfObject(slices.Clone(members)...).String(), `{"b":3,"c":2}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for i := range 10 {
		members = append(members, Member{string(rune('k' + i)), OfInt(int64(i))})
	}
	got := OfObject(members...)
	if !strings.HasPrefix(got.String(), `{"b":3,"c":2,"k":0,`) || got.Len() != 12 || got.Get("t").String() != "9" || !got.Get("a").IsAbsent() {
		t.Errorf("got %s", got)
	}
	if got := OfArray(OfInt(1), Value{}).String(); got != "[1,null]" {
		t.Errorf("got %s", got)
	}
}

func TestWith(t *testing.T) {
	t.Parallel()
	v := parsed(t, `{"a":1,"b":2}`)
	for _, c := range []struct{ got, want string }{
		{v.With("a", OfInt(9)).String(), `{"a":9,"b":2}`},
		{v.With("c", OfInt(3)).String(), `{"a":1,"b":2,"c":3}`},
		{v.With("a", Value{}).String(), `{"b":2}`},
		{v.With("c", Value{}).String(), `{"a":1,"b":2}`},
		{OfInt(5).With("a", TrueValue).String(), `{"a":true}`},
		{Value{}.With("a", NullValue).String(), `{"a":null}`},
		{v.String(), `{"a":1,"b":2}`},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}

func TestInt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"0": 0, "-0": 0, "1.0": 1, "1e2": 100, "-15E-1": 0, "1.5e1": 15, "9223372036854775807": math.MaxInt64, "-9223372036854775808": math.MinInt64,
		"9223372036854775807.0": math.MaxInt64, "100e-2": 1,
	} {
		got, ok := parsed(t, text).Int()
		if fractional := text == "-15E-1"; ok == fractional || got != want {
			t.Errorf("%s: got %d, %v", text, got, ok)
		}
	}
	for _, text := range []string{"9223372036854775808", "-9223372036854775809", "1e19", "0.1", "1e999999999", "1e-999999999", "1e-999999", "1e-401", `"1"`, "true", "null"} {
		if got, ok := parsed(t, text).Int(); ok {
			t.Errorf("%s: got %d", text, got)
		}
	}
	if got := parsed(t, "1.25e2").Float(); got != 125 {
		t.Errorf("got %v", got)
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		x    any
		want string
	}{
		{nil, "null"}, {true, "true"}, {"<>\u2028", "\"<>\u2028\""}, {3, "3"}, {2.5, "2.5"}, {json.Number("1.50"), "1.50"},
		{json.RawMessage(`{"b": 1}`), `{"b":1}`}, {[]any{1, "a"}, `[1,"a"]`}, {map[string]any{"b": 1, "a": nil}, `{"a":null,"b":1}`},
		{OfInt(4), "4"}, {struct{ A int }{1}, `{"A":1}`},
	} {
		if got, err := Of(c.x); err != nil || got.String() != c.want {
			t.Errorf("%v: got %s, %v, want %s", c.x, got, err, c.want)
		}
	}
	if _, err := Of(func() {}); err == nil {
		t.Error("a function became a document")
	}
	for f, want := range map[float64]string{1: "1", 0.1: "0.1", 1e21: "1e+21", math.Inf(1): "null", math.NaN(): "null"} {
		if got := OfFloat(f).String(); got != want {
			t.Errorf("%v: got %s, want %s", f, got, want)
		}
	}
}

func TestStrings(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "plain", "\"\\/\b\f\n\r\t\x00\x1f\x7f", "é\u2028😀<&>"} {
		text := OfString(s).String()
		var back string
		if err := json.Unmarshal([]byte(text), &back); err != nil || back != s {
			t.Errorf("%q is written %s, which reads %q (%v)", s, text, back, err)
		}
		if got := parsed(t, text).Text(); got != s {
			t.Errorf("%s: got %q, want %q", text, got, s)
		}
	}
	for text, want := range map[string]string{`"\u0041\u00e9\ud83d\ude00\/"`: "Aé😀/", `"\"\\\b\f\n\r\t"`: "\"\\\b\f\n\r\t", `"\uFFFF\u0000"`: "\uffff\x00"} {
		if got := parsed(t, text).Text(); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	same := [][2]string{
		{"1", "1.0"}, {"1", "1e0"}, {"0", "-0"}, {"100", "1E2"}, {`"a"`, `"\u0061"`}, {`{"a":1,"b":[2]}`, `{"b":[2.0],"a":1}`}, {"[]", "[ ]"}, {"null", "null"},
		{"123456789012345678901234567890", "123456789012345678901234567890.0"}, {"true", "true"},
	}
	for _, c := range same {
		if !Equal(parsed(t, c[0]), parsed(t, c[1])) || !Equal(parsed(t, c[1]), parsed(t, c[0])) {
			t.Errorf("%s and %s differ", c[0], c[1])
		}
	}
	differ := [][2]string{
		{"1", "2"}, {"1", `"1"`}, {"1", "true"}, {"0", "null"}, {"[1,2]", "[2,1]"}, {"[1]", "[1,1]"}, {`{"a":1}`, `{"b":1}`}, {`{"a":1}`, `{"a":1,"b":1}`}, {`{"a":null}`, `{"b":null}`},
		{"123456789012345678901234567890", "123456789012345678901234567891"}, {"9007199254740993", "9007199254740992"}, {"0.1", "0.10000000000000001"}, {"true", "false"}, {`"a"`, `"A"`}, {"{}", "[]"},
	}
	for _, c := range differ {
		if Equal(parsed(t, c[0]), parsed(t, c[1])) || Equal(parsed(t, c[1]), parsed(t, c[0])) {
			t.Errorf("%s and %s are equal", c[0], c[1])
		}
	}
	if v := parsed(t, "[1]"); !Equal(v, v) || Equal(Value{}, NullValue) || !Equal(Value{}, Value{}) {
		t.Error("absent and itself are not as they should be")
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	rising := []string{"-1e500", "-1e400", "-9223372036854775809", "-9223372036854775808", "-2", "-1.5", "-1e-400", "0", "1e-400", "0.1", "0.10000000000000001", "1", "1.5", "9007199254740992", "9007199254740993", "9223372036854775807", "9223372036854775808", "1e400"}
	for i, a := range rising {
		for j, b := range rising {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if i < 1 && j < 2 || i < 2 && j < 1 { // beyond exactness and beyond float64: they count as equal
				continue
			}
			if got := Compare(parsed(t, a), parsed(t, b)); got != want {
				t.Errorf("%s and %s: got %d, want %d", a, b, got, want)
			}
		}
	}
	if Compare(OfString("a"), OfString("b")) != 0 {
		t.Error("strings are compared as numbers")
	}
	if Compare(parsed(t, "1e999999999"), parsed(t, "1e-999999999")) != 1 {
		t.Error("huge exponents are compared wrongly")
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	var doc struct {
		A Value `json:"a"`
		B Value `json:"b,omitzero"`
		C Value `json:"c"`
	}
	if err := json.Unmarshal([]byte(`{"a": {"z": 1.50, "y": [ ]}, "c": null}`), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.A.String() != `{"z":1.50,"y":[]}` || !doc.B.IsAbsent() || doc.C.Kind() != Null {
		t.Errorf("got %s %s %s", doc.A, doc.B, doc.C)
	}
	doc.C = Value{}
	if text, err := json.Marshal(doc); err != nil || string(text) != `{"a":{"z":1.50,"y":[]},"c":null}` {
		t.Errorf("got %s, %v", text, err)
	}
	var v Value
	if err := v.UnmarshalJSON([]byte("{")); err == nil {
		t.Error("half a document was taken")
	}
	if !Raw(nil).IsAbsent() {
		t.Error("no text is a document")
	}
}

// A Value is decoded lazily, and may be by several goroutines at once; go test
// -race watches.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	v := parsed(t, `{"a":[1,{"b":"c"}],"d":2}`)
	made := OfObject(Member{"x", v}, Member{"y", OfArray(v.Get("d"))})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if v.Get("a").Index(1).Get("b").Text() != "c" || made.Get("y").Index(0).Literal() != "2" || made.String() != `{"x":{"a":[1,{"b":"c"}],"d":2},"y":[2]}` || !Equal(made.Get("x"), v) {
				t.Error("a value differs between goroutines")
			}
		})
	}
	wg.Wait()
}
