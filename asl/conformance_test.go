package asl_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/internal/fault"
)

const cases = "../../shared/cases/"

// recorded is a case recorded on AWS.
type recorded struct {
	ID             string
	Definition     json.RawMessage
	DefinitionText string
	Input          json.RawMessage
	InputText      string
	Functions      map[string]struct {
		Behaviour    string
		Value        json.RawMessage
		ErrorType    string
		ErrorMessage string
		Seconds      float64
		Bytes        int
	}
	Expect struct {
		Status    string
		Output    json.RawMessage
		Error     string
		Cause     any
		Valid     *bool
		Truncated bool
	}
	Wildcards []string
	Features  []string
	Needs     []string
	Oracle    string
	Suspect   any
}

func (c *recorded) definition() string {
	if c.DefinitionText != "" {
		return c.DefinitionText
	}
	return string(c.Definition)
}

func read(t *testing.T, pattern string) []recorded {
	t.Helper()
	files, _ := filepath.Glob(cases + pattern)
	if len(files) == 0 {
		t.Skip("the recorded cases are not here: " + cases + pattern)
	}
	all := make([]recorded, len(files))
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &all[i]); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	return all
}

// unsupported tells whether a definition is refused only for what the package
// says that it does not support.
func unsupported(err error) bool {
	if err == nil {
		return false
	}
	for _, f := range fault.From(err).Fields {
		if !strings.HasPrefix(f.Code, "ASL09") {
			return false
		}
	}
	return true
}

func (c *recorded) world() *world {
	w := &world{functions: make(map[string]behaviour)}
	for arn, f := range c.Functions {
		name := arn[strings.LastIndex(arn, ":")+1:]
		w.functions[name] = func(input value.Value) (value.Value, *dag.Failure, time.Duration) {
			took := time.Duration(f.Seconds * float64(time.Second))
			switch f.Behaviour {
			case "const":
				return value.Raw(f.Value), nil, took
			case "raise":
				cause := `{"errorMessage":"` + f.ErrorMessage + `","errorType":"` + f.ErrorType + `"}`
				return value.Value{}, &dag.Failure{Error: f.ErrorType, Cause: cause}, took
			case "large":
				return value.OfString(strings.Repeat("x", max(f.Bytes, 300_000))), nil, took
			}
			return input, nil, took
		}
	}
	return w
}

// TestRecordedExecutions tells how many of the recorded executions that need
// no more than JSONPath and functions go as they went on AWS.
func TestRecordedExecutions(t *testing.T) {
	t.Parallel()
	for _, class := range []string{"pure", "lambda"} {
		passed, refused, ran := 0, 0, 0
		for _, c := range read(t, "asl/execution/"+class+"/*.json") {
			if c.Suspect != nil && c.Suspect != false || c.Oracle != "aws" || slices.Contains(c.Features, "time-relative") {
				continue
			}
			g, err := asl.Compile(c.definition())
			if unsupported(err) {
				refused++
				continue
			}
			ran++
			if err != nil {
				t.Logf("%s %s: %v", class, c.ID, err)
				continue
			}
			text := c.InputText
			if text == "" {
				text = string(c.Input)
			}
			if text == "" {
				text = "{}"
			}
			if got, ok := c.matches(t, c.world().run(t, g, parse(t, text))); ok {
				passed++
			} else {
				t.Logf("%s %s: got %.300s, want %s %.300s %s %v", class, c.ID, got, c.Expect.Status, c.Expect.Output, c.Expect.Error, c.Expect.Cause)
			}
		}
		t.Logf("%s: %d of %d pass; %d more need what is not supported", class, passed, ran, refused)
		if passed*100 < ran*80 {
			t.Errorf("%s: only %d of %d pass", class, passed, ran)
		}
	}
}

func (c *recorded) matches(t *testing.T, o dag.Outcome) (string, bool) {
	t.Helper()
	if string(o.Status) != c.Expect.Status {
		if o.Failure != nil {
			return string(o.Status) + " " + o.Failure.Error + " " + o.Failure.Cause, false
		}
		return string(o.Status), false
	}
	if o.Status != dag.Completed {
		return o.Failure.Error + " " + o.Failure.Cause, o.Failure.Error == c.Expect.Error || c.Expect.Error == ""
	}
	if c.Expect.Truncated {
		return "", true
	}
	return o.Output.String(), same(o.Output, parse(t, string(c.Expect.Output)), c.Wildcards, "/output")
}

// same compares values, except at the pointers of the wildcards.
func same(got, want value.Value, wildcards []string, pointer string) bool {
	if slices.Contains(wildcards, pointer) {
		return true
	}
	if got.Kind() != want.Kind() || got.Len() != want.Len() {
		return false
	}
	switch want.Kind() {
	case value.Object:
		for key, v := range want.Members() {
			escaped := strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
			if !same(got.Get(key), v, wildcards, pointer+"/"+escaped) {
				return false
			}
		}
		return true
	case value.Array:
		for i, v := range want.Elements() {
			if !same(got.Index(i), v, wildcards, pointer+"/"+string(value.OfInt(int64(i)).Bytes())) {
				return false
			}
		}
		return true
	default:
		return value.Equal(got, want)
	}
}

// TestLinters tells how many definitions get the verdict that three linters,
// AWS itself and the authors of real workflows give. What is refused only for
// being unsupported counts as valid.
func TestLinters(t *testing.T) {
	t.Parallel()
	placeholder := regexp.MustCompile(`\$\{[A-Za-z0-9_.]+\}`)
	for _, set := range []string{"asl-validator", "statelint", "aws-asl-service", "definitions"} {
		text, err := os.ReadFile(cases + set + "/public.jsonl")
		if err != nil {
			t.Skipf("the definitions are not here: %v", err)
		}
		passed, all, whole := 0, 0, 0
		for line := range strings.Lines(string(text)) {
			var c struct {
				ID, Title      string
				Definition     json.RawMessage
				DefinitionText string
				Placeholders   bool
				JSONata        bool
				Expect         struct{ Valid *bool }
			}
			if err := json.Unmarshal([]byte(line), &c); err != nil {
				t.Fatal(err)
			}
			if c.Expect.Valid == nil {
				continue
			}
			definition := c.DefinitionText
			if definition == "" {
				definition = string(c.Definition)
			}
			if c.Placeholders {
				definition = placeholder.ReplaceAllString(definition, "placeholder")
			}
			all++
			_, err := asl.Compile(definition)
			if err == nil {
				whole++
			}
			if (err == nil || unsupported(err)) == *c.Expect.Valid {
				passed++
				continue
			}
			t.Logf("%s %s: want valid %t, got %v", c.ID, c.Title, *c.Expect.Valid, err)
			if err != nil {
				for _, f := range fault.From(err).Fields {
					t.Logf("    %s %s %s", f.Code, f.Pointer, f.Detail)
				}
			}
		}
		t.Logf("%s: %d of %d verdicts, %d can be run", set, passed, all, whole)
		if passed*100 < all*75 {
			t.Errorf("%s: only %d of %d verdicts", set, passed, all)
		}
	}
	passed, all := 0, 0
	for _, c := range read(t, "asl/validation/*/*.json") {
		all++
		_, err := asl.Compile(c.definition())
		if c.Expect.Valid != nil && (err == nil || unsupported(err)) == *c.Expect.Valid {
			passed++
		} else {
			t.Logf("%s: got %v", c.ID, err)
		}
	}
	t.Logf("AWS: %d of %d verdicts", passed, all)
}
