package functions

import (
	"errors"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/internal/fault"
)

func TestParseRuntime(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Runtime{
		"python38":    {Language: "python", Min: "3.8"},
		"python310":   {Language: "python", Min: "3.10"},
		"python3.11":  {Language: "python", Min: "3.11"},
		"python3":     {Language: "python", Min: "3"},
		"Python312":   {Language: "python", Min: "3.12"},
		"python312ml": {Language: "python", Min: "3.12", Flavour: "ml"},
		"python314":   {Language: "python", Min: "3.14"},
		"nodejs17":    {Language: "nodejs", Min: "17"},
		"nodejs17ng":  {Language: "nodejs", Min: "17"},
		"nodejs20.3":  {Language: "nodejs", Min: "20.3"},
		"go125":       {Language: "binary", Flavour: "go"},
		"java21":      {Language: "java", Min: "21"},
		"custom":      {Language: "custom"},
		"binary":      {Language: "binary"},
	} {
		want.Name = name
		if got, err := ParseRuntime(name); err != nil || got != want {
			t.Errorf("ParseRuntime(%q) = %+v, %v, want %+v", name, got, err, want)
		}
	}
	for _, name := range KnownRuntimes() {
		if _, err := ParseRuntime(name); err != nil {
			t.Errorf("the known runtime %q: %v", name, err)
		}
	}
}

func TestParseRuntimeRefuses(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"", "python", "python27", "python3.", "python3.x", "python310ng", "python399999", "nodejs", "nodejs17ml", "nodejs17..1",
		"java", "java21ng", "go", "go2", "custom1", "binary2", "310", "ruby33", "python 310", strings.Repeat("9", 1000),
	} {
		_, err := ParseRuntime(name)
		var e *fault.Error
		if !errors.As(err, &e) || e.Kind != fault.Invalid || e.Code != "unknown_runtime" || !strings.Contains(e.Hint, "nodejs17ng") {
			t.Errorf("ParseRuntime(%.40q) = %v, want unknown_runtime with the known ones", name, err)
		}
	}
	_, err := ParseRuntime("pyhton310")
	if e := fault.From(err); !strings.Contains(e.Hint, `"python310"`) {
		t.Errorf("no suggestion for pyhton310: %q", e.Hint)
	}
}

func TestSatisfied(t *testing.T) {
	t.Parallel()
	here := map[string]string{"python": "3.11.2", "nodejs": "18.13.0", "binary": ""}
	for name, want := range map[string]bool{
		"python38": true, "python310": true, "python311": true, "python3.11": true, "python312": false, "python312ml": false,
		"nodejs17": true, "nodejs17ng": true, "nodejs18": true, "nodejs18.14": false, "nodejs20": false,
		"go125": true, "binary": true, "custom": false, "java21": false,
	} {
		r, err := ParseRuntime(name)
		if err != nil {
			t.Fatal(err)
		}
		err = r.Satisfied(here)
		if (err == nil) != want {
			t.Errorf("%s.Satisfied = %v, want %t", name, err, want)
		}
		if e := (*fault.Error)(nil); !want && (!errors.As(err, &e) || e.Kind != fault.Unimplemented ||
			e.Code != "runtime_not_available" || !strings.Contains(e.Detail, "python 3.11.2")) {
			t.Errorf("%s.Satisfied = %v, want runtime_not_available with what there is", name, err)
		}
	}
	python := Runtime{Name: "python310", Language: "python", Min: "3.10"}
	for version, want := range map[string]bool{"4.0": false, "3.10": true, "3.10.0rc1": true, "3.9.18": false, "": true, "junk": false, "3": false} {
		if err := python.Satisfied(map[string]string{"python": version}); (err == nil) != want {
			t.Errorf("python310 on %q: %v, want %t", version, err, want)
		}
	}
}
