package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/internal/fault"
)

// cases is where the recorded cases lie.
const cases = "../../../shared/cases/"

// verdict is a definition that somebody has judged.
type verdict struct {
	ID, Title      string
	Definition     json.RawMessage
	DefinitionText string
	Placeholders   bool
	WorkflowType   string
	Expect         struct{ Valid *bool }
}

// text returns the definition, its placeholders filled in.
func (v *verdict) text() string {
	text := v.DefinitionText
	if text == "" {
		text = string(v.Definition)
	}
	if v.Placeholders {
		text = regexp.MustCompile(`\$\{([A-Za-z0-9_.:-]+)\}`).ReplaceAllString(text, "placeholder-$1")
	}
	return text
}

// lines reads a file of JSON lines; the test is skipped when it is not there.
func lines[T any](t *testing.T, file string) []T {
	t.Helper()
	text, err := os.ReadFile(cases + file)
	if err != nil {
		t.Skipf("the cases are not here: %v", err)
	}
	var all []T
	for line := range strings.Lines(string(text)) {
		var one T
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, one)
	}
	return all
}

// The verdicts that we do not share, with the reason.
var disputed = map[string]string{
	"aws-asl-service/022":                       "two states of one name: the specification and AWS refuse them, its editor does not look into other levels",
	"aws-asl-service/102":                       "the same in YAML",
	"aws-asl-service/118":                       "arguments of an intrinsic function without commas: the grammar of the specification wants them",
	"asl-validator/valid-map-noconfig.asl.json": "an inline Map with a reader, which would never read",
	"coinbase-step/examples/builder.json":       "a Type that does not exist (\"Success\") and a Default that leads nowhere",
	"coinbase-step/examples/step_deployer.json": "a Type that does not exist (\"Success\") and a Next that leads nowhere",
	"floe/examples/everything.asl":              "two states of one name",
	"floe/examples/set-credential.asl":          "a ResultPath that floe has and AWS has not: $.Credentials outside of the input",
	"floe/examples/workflow.asl":                "a field that only floe has: Secrets",
	"workflows-collection/shared-fallback-state-jsonata/statemachine/statemachine.asl.json": "QueryLanguage stands among the States, so they are JSONPath states with fields of JSONata",
}

// Three linters, AWS's own editor and the authors of real workflows judge
// definitions; we share at least 95 of 100 verdicts of each linter, and all of
// the authors' that are not disputed.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, set := range []string{"asl-validator", "statelint", "aws-asl-service", "definitions"} {
		all := lines[verdict](t, set+"/public.jsonl")
		passed, judged, known := 0, 0, 0
		for _, v := range all {
			if v.Expect.Valid == nil {
				continue
			}
			judged++
			problems := asl.Validate(v.text(), asl.Options{})
			if valid(problems) == *v.Expect.Valid {
				passed++
			} else if disputed[v.ID] != "" {
				known++
			} else {
				t.Logf("%s %s: want valid %t, got %v", v.ID, v.Title, *v.Expect.Valid, first(problems))
			}
			if *v.Expect.Valid && v.DefinitionText == "" {
				if _, err := asl.Compile(v.text(), asl.Options{Mocked: true}); (err == nil) != valid(problems) {
					t.Errorf("%s: Validate and Compile differ: %v", v.ID, err)
				}
			}
		}
		t.Logf("%s: passed %d of %d; %d are disputed", set, passed, judged, known)
		if set == "definitions" && passed+known < judged || set != "definitions" && passed*100 < judged*95 {
			t.Errorf("%s: only %d of %d verdicts", set, passed, judged)
		}
	}
}

func valid(problems []asl.Problem) bool {
	for _, p := range problems {
		if p.Severity == source.Error {
			return false
		}
	}
	return true
}

func first(problems []asl.Problem) string {
	for _, p := range problems {
		if p.Severity == source.Error {
			return p.Code + " " + p.Pointer + " " + p.Message
		}
	}
	return "no error"
}

// AWS's verdicts on definitions, all of them.
func TestRecordedValidation(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(cases + "asl/validation/*/*.json")
	if err != nil || len(files) == 0 {
		t.Skip("the recorded cases are not here")
	}
	passed := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var v verdict
		if err := json.Unmarshal(text, &v); err != nil {
			t.Fatal(err)
		}
		_, err = asl.Compile(v.text(), asl.Options{Express: v.WorkflowType == "EXPRESS", Mocked: true})
		if (err == nil) == *v.Expect.Valid {
			passed++
			continue
		}
		t.Errorf("%s: want valid %t, got %v", v.ID, *v.Expect.Valid, err)
		if err != nil {
			t.Log(fault.From(err).Fields)
		}
	}
	t.Logf("validation: passed %d of %d", passed, len(files))
}
