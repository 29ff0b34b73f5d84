package main

import (
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// entry is one line of the index of the cases.
type entry struct {
	ID, Kind, Class, File, Oracle string
	Suspect                       bool
	Features                      []string
}

// recorded is what a case says of how it went on AWS.
type recorded struct {
	Expect struct {
		Status    string
		Output    json.RawMessage
		Error     *string
		Truncated bool
		Answer    json.RawMessage
	}
	Wildcards []string
	History   tape
	Source    struct{ Test string }
}

// function is the test that the case comes from, without its parameters.
func (r *recorded) function() string {
	name := r.Source.Test
	if i := strings.IndexByte(name, '['); i >= 0 {
		name = name[:i]
	}
	return name[strings.LastIndex(name, "::")+2:]
}

// index returns the recorded cases of some classes that can be judged; the test
// is skipped when they are not there.
func index(t *testing.T, kind string, classes ...string) []entry {
	t.Helper()
	text, err := os.ReadFile(cases + "asl/index.json")
	if err != nil {
		t.Skipf("the recorded cases are not here: %v", err)
	}
	var all []entry
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(e entry) bool {
		slow := slices.ContainsFunc(e.Features, func(f string) bool { return strings.HasPrefix(f, "slow") || f == "time-relative" })
		return e.Kind != kind || !slices.Contains(classes, e.Class) || e.Suspect || e.Oracle != "aws" || slow
	})
}

// play plays a case and returns what came of it beside what was recorded.
func play(t *testing.T, e entry) (answer, *recorded) {
	t.Helper()
	text, err := os.ReadFile(cases + "asl/" + e.File)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorded{}
	if err := json.Unmarshal(text, r); err != nil {
		t.Fatalf("%s: %v", e.File, err)
	}
	return answerTo(text), r
}

// Executions end as they ended on AWS, and most of them tell the same history.
func TestRecordedExecutions(t *testing.T) {
	t.Parallel()
	passed, told, histories := 0, 0, 0
	functions, failed := map[string]bool{}, map[string]bool{}
	all := index(t, "execution", "pure", "lambda", "mock", "s3")
	for _, e := range all {
		a, r := play(t, e)
		functions[r.function()] = true
		if r.agrees(t, a) {
			passed++
		} else {
			failed[r.function()] = true
			t.Logf("%s %s: got %s %.200s %s, want %s %.200s %s", e.Class, e.ID, a.Status, a.Output, deref(a.Error), r.Expect.Status, r.Expect.Output, deref(r.Expect.Error))
		}
		if len(r.History) == 0 {
			continue
		}
		histories++
		if r.tells(a) {
			told++
		} else {
			t.Logf("%s %s: history %v", e.Class, e.ID, a.History)
		}
	}
	t.Logf("executions: passed %d of %d; test functions: %d of %d; histories: %d of %d", passed, len(all), len(functions)-len(failed), len(functions), told, histories)
	if passed*100 < len(all)*98 || (len(functions)-len(failed))*100 < len(functions)*98 {
		t.Error("fewer than 98 of 100 executions or test functions")
	}
	if told*100 < histories*95 {
		t.Error("fewer than 95 of 100 histories")
	}
}

// What a case of a service wants of the world outside is not described: the
// recorded answers of that world are played, and the rest is the engine's.
func TestRecordedServices(t *testing.T) {
	t.Parallel()
	all := index(t, "execution", "service")
	passed, told := 0, 0
	for _, e := range all {
		text, err := os.ReadFile(cases + "asl/" + e.File)
		if err != nil {
			t.Fatal(err)
		}
		var c testCase
		var r recorded
		if err := errors.Join(json.Unmarshal(text, &c), json.Unmarshal(text, &r)); err != nil {
			t.Fatalf("%s: %v", e.File, err)
		}
		a := c.execute(append(tape{}, r.History...))
		ok, same := r.agrees(t, a), r.tells(a)
		passed, told = passed+count(ok), told+count(same)
		if !ok || !same {
			t.Logf("%s: got %s %.200s %s %v, want %s %.200s %s", e.ID, a.Status, a.Output, deref(a.Error), a.History, r.Expect.Status, r.Expect.Output, deref(r.Expect.Error))
		}
	}
	t.Logf("services: passed %d of %d; histories: %d", passed, len(all), told)
	if passed*100 < len(all)*90 || told*100 < len(all)*90 {
		t.Error("fewer than 90 of 100")
	}
}

func count(ok bool) int {
	if ok {
		return 1
	}
	return 0
}

func deref(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// tells compares the history: types and order.
func (r *recorded) tells(a answer) bool {
	return slices.EqualFunc(r.History, a.History, func(want recordedEvent, got string) bool { return want.Type == got })
}

// agrees compares status, output and error, as run_cases.py does.
func (r *recorded) agrees(t *testing.T, a answer) bool {
	t.Helper()
	if string(a.Status) != r.Expect.Status {
		return false
	}
	if a.Status != dag.Completed {
		return matches(deref(r.Expect.Error), deref(a.Error))
	}
	if r.Expect.Truncated {
		return true
	}
	got, err := value.Parse(a.Output)
	if err != nil {
		t.Fatal(err)
	}
	want, err := value.Parse(r.Expect.Output)
	if err != nil {
		t.Fatal(err)
	}
	return same(got, want, r.Wildcards, "/output")
}

// matches compares with a recorded text, in which <placeholders> stand for
// anything.
func matches(pattern, text string) bool {
	var b strings.Builder
	at := 0
	for _, m := range regexp.MustCompile(`<[A-Za-z_][\w .:\-]*>`).FindAllStringIndex(pattern, -1) {
		b.WriteString(regexp.QuoteMeta(pattern[at:m[0]]) + "(?s:.*?)")
		at = m[1]
	}
	b.WriteString(regexp.QuoteMeta(pattern[at:]))
	return regexp.MustCompile(`\A` + b.String() + `\z`).MatchString(text)
}

// same compares values, except at the pointers of the wildcards.
func same(got, want value.Value, wildcards []string, pointer string) bool {
	if slices.Contains(wildcards, pointer) || slices.Contains(wildcards, pointer+"/") {
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
			if !same(got.Index(i), v, wildcards, pointer+"/"+value.OfInt(int64(i)).String()) {
				return false
			}
		}
		return true
	default:
		return value.Equal(got, want)
	}
}
