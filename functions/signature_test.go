package functions

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/internal/fault"
)

func TestParseParam(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"Int", "Float", "Text", "Bool", "Array[Int]", "Array[Array[Text]]"} {
		got, err := ParseParam("n:" + kind)
		if err != nil || got != (Param{Name: "n", Type: kind}) {
			t.Errorf("ParseParam(n:%s) = %+v, %v", kind, got, err)
		}
	}
	for _, text := range []string{"", "n", "n:", ":Int", "n:int", "n:Array", "n:Array[]", "n:Array[Int", "n:Int]", "n:Array[Int]]", "a\nb:Int", "n:Int:Int"} {
		_, err := ParseParam(text)
		if e := (*fault.Error)(nil); !errors.As(err, &e) || e.Code != "invalid_signature" {
			t.Errorf("ParseParam(%q) = %v, want invalid_signature", text, err)
		}
	}
}

func TestSignatureValidate(t *testing.T) {
	t.Parallel()
	nested := func(n int) string { return strings.Repeat("Array[", n) + "Int" + strings.Repeat("]", n) }
	many := func(n int) (out []Param) {
		for i := range n {
			out = append(out, Param{Name: strings.Repeat("x", i+1), Type: "Int"})
		}
		return out
	}
	good := []*Signature{
		nil, {}, {Inputs: many(MaxParams)}, {Inputs: []Param{{"n", nested(MaxArrayDepth)}}},
		{Inputs: []Param{{"n", "Int"}}, Outputs: []Param{{"n", "Int"}}},
	}
	for i, s := range good {
		if err := s.Validate(); err != nil {
			t.Errorf("good %d: %v", i, err)
		}
	}
	for _, c := range []struct {
		s       *Signature
		pointer string
	}{
		{&Signature{Inputs: []Param{{"n", "Int"}, {"n", "Text"}}}, "/Inputs/1/Name"},
		{&Signature{Outputs: []Param{{"n", "Integer"}}}, "/Outputs/0/Type"},
		{&Signature{Outputs: []Param{{"", "Int"}}}, "/Outputs/0/Name"},
		{&Signature{Inputs: []Param{{"n", nested(MaxArrayDepth + 1)}}}, "/Inputs/0/Type"},
		{&Signature{Inputs: many(MaxParams + 1)}, "/Inputs"},
	} {
		err := c.s.Validate()
		e := fault.From(err)
		if e.Kind != fault.Invalid || len(e.Fields) != 1 || e.Fields[0].Pointer != c.pointer {
			t.Errorf("Validate = %v %+v, want one fault at %s", err, e.Fields, c.pointer)
		}
	}
}

func TestCheckInput(t *testing.T) {
	t.Parallel()
	s := &Signature{Inputs: []Param{{"n", "Int"}, {"f", "Float"}, {"t", "Text"}, {"b", "Bool"}, {"a", "Array[Int]"}, {"aa", "Array[Array[Float]]"}}}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		// Nothing to convert: not a byte changes.
		`{"n": 123456789012345678901234567890, "f":1.50, "t":"2","b":true , "a":[1, 2],"aa":[[1,2.5],[]],"x":{"y": 1e400}}`: "",
		// Strings are converted, the rest keeps its bytes and its place.
		`{"x":"7","n":"2","f":"2.50","t":"2","b":"True","a":"[1, 2]","aa":[["1.0"],[2e0]]}`: `{"x":"7","n":2,"f":2.50,"t":"2","b":true,"a":[1, 2],"aa":[[1.0],[2e0]]}`,
		`{"n":" -9007199254740993 ","f":1,"t":"","b":false,"a":"[\"1\"]","aa":[]}`:          `{"n":-9007199254740993,"f":1,"t":"","b":false,"a":[1],"aa":[]}`,
		`{"n":2.0,"f":"1","t":"","b":false,"a":[],"aa":[],"k\u00e9\"":null}`:                `{"n":2.0,"f":1,"t":"","b":false,"a":[],"aa":[],"ké\"":null}`,
	} {
		if want == "" {
			want = in
		}
		got, err := s.CheckInput(json.RawMessage(in))
		if err != nil || string(got) != want {
			t.Errorf("CheckInput(%s)\n got %s, %v\nwant %s", in, got, err, want)
		}
	}
}

func TestCheckInputRefuses(t *testing.T) {
	t.Parallel()
	one := func(kind string) *Signature { return &Signature{Inputs: []Param{{"n", kind}}} }
	for _, c := range []struct{ kind, in, want string }{
		{"Int", ``, "n (Int) is missing"},
		{"Int", `{}`, "n (Int) is missing"},
		{"Int", `{"N":1}`, "n (Int) is missing"},
		{"Int", `{"n":1.5}`, "n must be Int, found Float"},
		{"Int", `{"n":"1.5"}`, "n must be Int, found Text"},
		{"Int", `{"n":"two"}`, "n must be Int, found Text"},
		{"Int", `{"n":""}`, "n must be Int, found Text"},
		{"Int", `{"n":"1 2"}`, "n must be Int, found Text"},
		{"Int", `{"n":"true"}`, "n must be Int, found Text"},
		{"Int", `{"n":null}`, "n must be Int, found null"},
		{"Int", `{"n":{}}`, "n must be Int, found Object"},
		{"Int", `{"n":[1]}`, "n must be Int, found Array"},
		{"Float", `{"n":"NaN"}`, "n must be Float, found Text"},
		{"Text", `{"n":1}`, "n must be Text, found Int"},
		{"Bool", `{"n":1}`, "n must be Bool, found Int"},
		{"Bool", `{"n":"yes"}`, "n must be Bool, found Text"},
		{"Array[Int]", `{"n":[1,"x"]}`, "n must be Array[Int], found Array"},
		{"Array[Int]", `{"n":"[1"}`, "n must be Array[Int], found Text"},
		{"Array[Int]", `{"n":1}`, "n must be Array[Int], found Int"},
		{"Int", `{"n":1,"n":"x"}`, "n must be Int, found Text"},
		{"Int", `[1]`, "found Array"},
		{"Int", `null`, "found null"},
		{"Int", `{"n":1} {}`, "something behind"},
		{"Int", `{"n":1`, "reading the object"},
	} {
		_, err := one(c.kind).CheckInput(json.RawMessage(c.in))
		e := (*fault.Error)(nil)
		if !errors.As(err, &e) || e.Kind != fault.Invalid || e.Code != "invalid_input" || !strings.Contains(e.Detail, c.want) {
			t.Errorf("CheckInput(%s, %s) = %v, want %q", c.kind, c.in, err, c.want)
		}
	}
	two := &Signature{Inputs: []Param{{"a/b", "Int"}, {"c", "Text"}}}
	_, err := two.CheckInput(json.RawMessage(`{"a/b":"x","c":1}`))
	if e := fault.From(err); len(e.Fields) != 2 || e.Fields[0].Pointer != "/a~1b" {
		t.Errorf("fields = %+v, want both", e.Fields)
	}
}

func TestCheckInputWithoutDeclarations(t *testing.T) {
	t.Parallel()
	for _, s := range []*Signature{nil, {}, {Outputs: []Param{{"n", "Int"}}}} {
		if got, err := s.CheckInput(json.RawMessage(`"any"`)); err != nil || string(got) != `"any"` {
			t.Errorf("CheckInput = %s, %v", got, err)
		}
	}
}

func TestCheckOutput(t *testing.T) {
	t.Parallel()
	one := &Signature{Outputs: []Param{{"n", "Int"}}}
	two := &Signature{Outputs: []Param{{"n", "Int"}, {"t", "Text"}}}
	for _, c := range []struct {
		s        *Signature
		in       string
		wrap     bool
		want     string
		mismatch string
	}{
		{nil, `7`, true, `7`, ""},
		{&Signature{}, `7`, true, `7`, ""},
		{one, `7`, true, `{"n":7}`, ""},
		{one, `7`, false, `7`, ""},
		{one, `{"n":7, "x":1}`, true, `{"n":7, "x":1}`, ""},
		{one, `{"n":7, "x":1}`, false, `{"n":7, "x":1}`, ""},
		{one, `"7"`, true, "", "n must be Int, found Text"},
		{one, `null`, false, "", "n must be Int, found null"},
		{one, `{"m":7}`, true, "", "n (Int) is missing"},
		{one, `{"n":"7"}`, true, "", "n must be Int, found Text"},
		{&Signature{Outputs: []Param{{"l", "Array[Text]"}}}, `["a"]`, true, `{"l":["a"]}`, ""},
		{two, `{"n":7,"t":""}`, true, `{"n":7,"t":""}`, ""},
		{two, `7`, true, "", "expected an object, found Int"},
		{two, ``, true, "", "expected an object, found nothing"},
	} {
		got, err := c.s.CheckOutput(json.RawMessage(c.in), c.wrap)
		if c.mismatch == "" {
			if err != nil || string(got) != c.want {
				t.Errorf("CheckOutput(%s, %t) = %s, %v, want %s", c.in, c.wrap, got, err, c.want)
			}
			continue
		}
		if e := fault.From(err); err == nil || e.Code != "invalid_output" || !strings.Contains(e.Detail, c.mismatch) {
			t.Errorf("CheckOutput(%s, %t) = %s, %v, want %q", c.in, c.wrap, got, err, c.mismatch)
		}
	}
}

func FuzzCheckInput(f *testing.F) {
	f.Add(`{"n":"2","a":"[1,[2]]"}`)
	f.Add(`{"n":2`)
	f.Fuzz(func(t *testing.T, doc string) {
		s := &Signature{Inputs: []Param{{"n", "Int"}, {"a", "Array[Array[Text]]"}}}
		out, err := s.CheckInput(json.RawMessage(doc))
		if err != nil {
			return
		}
		if !json.Valid(out) {
			t.Fatalf("%q became %q, which is not JSON", doc, out)
		}
		if again, err := s.CheckInput(out); err != nil || string(again) != string(out) {
			t.Fatalf("%q is not stable: %q, %v", out, again, err)
		}
	})
}
