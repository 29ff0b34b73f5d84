package source_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/internal/fault"
)

func TestParseYAML(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a: 1":                        `{"a":1}`,
		"a: 1.50":                     `{"a":1.50}`,
		"a: 0x10":                     `{"a":16}`,
		"a: 1_000":                    `{"a":1000}`,
		"a: +1":                       `{"a":1}`,
		"a: .5":                       `{"a":0.5}`,
		"a: yes":                      `{"a":"yes"}`,
		"a: true":                     `{"a":true}`,
		"a: ~":                        `{"a":null}`,
		"a:":                          `{"a":null}`,
		"a: 2026-01-01":               `{"a":"2026-01-01"}`,
		"a: '1'":                      `{"a":"1"}`,
		"1: x":                        `{"1":"x"}`,
		"a: &x [1]\nb: *x":            `{"a":[1],"b":[1]}`,
		"- a\n- {b: c}":               `["a",{"b":"c"}]`,
		"a: |\n  x\n  y\n":            `{"a":"x\ny\n"}`,
		"a: 123456789012345678901234": `{"a":123456789012345678901234}`,
	} {
		r := source.Parse("X", text)
		if r.Failed() {
			t.Errorf("%q: %+v", text, r.Problems())
			continue
		}
		if got := r.Document.Root.Value().String(); got != want || !r.Document.YAML {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"a: .nan", "a: !!binary aGk=", "? [a]\n: b", "a: *x", "a: &b {<<: *b}", "\ta: b", "a: b: c", "a: \x01"} {
		if r := source.Parse("X", text); !r.Failed() || r.Document.Root != nil {
			t.Errorf("%q: should be refused", text)
		}
	}
}

// JSON that a YAML library refuses, or reads otherwise.
func TestParseJSON(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("k", 1100)
	text := `{"\/":"\ud83d\ude00","` + long + `":[1e2,null,true,{}]}`
	r := source.Parse("X", text)
	if r.Failed() || r.Document.YAML {
		t.Fatalf("%+v", r.Problems())
	}
	if got := r.Document.Root.Value().String(); got != `{"/":"😀","`+long+`":[1e2,null,true,{}]}` {
		t.Errorf("got %s", got)
	}
	if n := r.Document.Root.Find("/~1"); n == nil || n.Text != "😀" || n.Pointer() != "/~1" {
		t.Errorf("the pointer /~1 finds %+v", n)
	}
	if n := r.Document.Root.Find("/" + long + "/2"); n == nil || !n.Bool || n.Pointer() != "/"+long+"/2" {
		t.Errorf("the pointer to an element finds %+v", n)
	}
	if n := r.Document.Root.Find("/x/y"); n != nil {
		t.Errorf("a pointer to nothing finds %+v", n)
	}
}

// Columns count characters, offsets bytes; every line break counts.
func TestPositions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{\"é\":1,\"é\":2}":              "1:8@8 002",
		"{\r\n \"a\":1,\n\t\"a\":2}":     "3:2@12 002",
		"a: 1\r\na: 2":                   "2:1@6 002",
		"é: [1, .inf]":                   "1:8@8 004",
		"a: 1\rb: 2\ra: 3":               "3:1@10 002",
		"{\"a\":1} x":                    "1:9@8 001",
		"{\"a\":\"\xff\"}":               "1:7@6 001",
		"{\"a\":" + "[1,}":               "1:9@8 001",
		strings.Repeat(" ", 1<<20) + "a": "1:1@0 003",
	} {
		r := source.Parse("", text)
		problems := r.Problems()
		if len(problems) != 1 {
			t.Errorf("%.40q: %d problems: %+v", text, len(problems), problems)
			continue
		}
		p := problems[0]
		if got := fmt.Sprintf("%d:%d@%d %s", p.Line, p.Column, p.Offset, p.Code); got != want {
			t.Errorf("%.40q: got %s (%s), want %s", text, got, p.Message, want)
		}
	}
}

// No more than MaxProblems are told, and the fault lists the errors only.
func TestReport(t *testing.T) {
	t.Parallel()
	r := source.Parse("X", `{"a":1}`)
	if r.Fault() != nil {
		t.Errorf("a sound document has the fault %v", r.Fault())
	}
	at := r.Document.Root.At()
	r.Warnf("100", at, "beware")
	if r.Failed() || r.Fault() != nil {
		t.Error("a warning is taken for an error")
	}
	for i := range source.MaxProblems + 5 {
		r.Errorf("200", at, "error %d", i).Suggest("nam", []string{"name"})
	}
	if got := len(r.Problems()); got != source.MaxProblems {
		t.Errorf("%d problems are told", got)
	}
	err := r.Fault()
	var f *fault.Error
	if !errors.Is(err, fault.Invalid) || !errors.As(err, &f) || len(f.Fields) != source.MaxProblems-1 ||
		f.Fields[0].Detail != `1:1: error 0 (did you mean "name")` || f.Hint != `did you mean "name"` {
		t.Errorf("the fault is %+v", f)
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	text := "{\n\t\"a\": 1, \"\x1b[31m\": 2}\n" + strings.Repeat("x", 300)
	got := source.Format("f", text, []source.Problem{
		{Code: "X001", Severity: source.Warning, Line: 2, Column: 2, Length: 3, Message: "m"},
		{Code: "X002", Severity: source.Error, Line: 3, Column: 200, Length: 500, Message: "n", Hint: "do this"},
		{Code: "X003", Severity: source.Error, Line: 9, Column: 9, Message: "beyond the text"},
	})
	want := "f:2:2: warning[X001]: m\n" +
		"  2 | \t\"a\": 1, \"?[31m\": 2}\n" +
		"    | \t^^^\n" +
		"f:3:200: error[X002]: n\n" +
		"  3 | " + strings.Repeat("x", 120) + "\n" +
		"    | " + strings.Repeat(" ", 60) + strings.Repeat("^", 60) + " do this\n" +
		"f:9:9: error[X003]: beyond the text\n" +
		"  9 | \n" +
		"    | ^\n" +
		"3 problems (2 errors, 1 warning)\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestDetect(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]source.Language{
		`{"StartAt":"A"}`: source.ASL, "States: {}": source.ASL, "tasks: {}": source.DAG, `{"tasks":{}}`: source.DAG,
		"a: 1": "", "": "", "{": "", "[]": "",
	} {
		got, err := source.Detect(text)
		if got != want || (err != nil) != (want == "") || err != nil && !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
}

func TestIsFunctionName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"f": true, "_a.b-C9": true, strings.Repeat("x", 63): true, strings.Repeat("x", 64): false,
		"": false, ".a": false, "-a": false, "a/b": false, "é": false, "a b": false,
	} {
		if got := source.IsFunctionName(name); got != want {
			t.Errorf("%q: got %t", name, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("a: &x [1, *x]\n")
	f.Add(`{"a":{"b":[1,"\u00e9"]},"a":1}`)
	f.Fuzz(func(t *testing.T, text string) {
		r := source.Parse("X", text)
		if r.Document.Root == nil && !r.Failed() {
			t.Fatalf("%q: neither read nor refused", text)
		}
		source.Format("f", text, r.Problems())
	})
}
