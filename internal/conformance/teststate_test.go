package main

import (
	"encoding/json"
	"errors"
	"iter"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/asl/teststate"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/internal/fault"
)

// Tests of single states answer as AWS's TestState did.
func TestRecordedTestState(t *testing.T) {
	t.Parallel()
	all := index(t, "test_state", "pure", "lambda", "s3", "service", "mock")
	passed := 0
	for _, e := range all {
		a, r := play(t, e)
		var want value.Value
		if err := json.Unmarshal(r.Expect.Answer, &want); err != nil {
			t.Fatalf("%s: %v", e.ID, err)
		}
		var got value.Value
		if len(a.Answer) > 0 {
			if err := json.Unmarshal(a.Answer, &got); err != nil {
				t.Fatalf("%s: %v", e.ID, err)
			}
		}
		if differs := answers(got, want, r.Wildcards); differs == "" {
			passed++
		} else {
			t.Logf("%s: %s\n got %.1500s\nwant %.1500s", e.ID, differs, got, want)
		}
	}
	t.Logf("test_state: passed %d of %d", passed, len(all))
	if passed*100 < len(all)*95 {
		t.Errorf("test_state: only %d of %d cases", passed, len(all))
	}
}

// answers tells where an answer differs from the recorded one; empty: nowhere.
func answers(got, want value.Value, wild []string) string {
	if message, refused := message(want); refused {
		text := got.Get("Error").Get("Message").Text()
		if text == "" || !strings.HasSuffix(message, text) {
			return "it is not refused with " + strconv.Quote(message)
		}
		if code := want.Get("Error").Get("Code").Text(); code != "" && code != got.Get("Error").Get("Code").Text() {
			return "it is not refused as " + code
		}
		return ""
	}
	for _, key := range []string{"status", "output", "error", "cause", "nextState", "inspectionData"} {
		if place := differ("/"+key, got.Get(key), want.Get(key), wild); place != "" {
			return place + " differs"
		}
	}
	return ""
}

// message is what AWS refused a request with.
func message(want value.Value) (text string, refused bool) {
	if v := want.Get("exception_value"); !v.IsAbsent() {
		return v.Text(), true
	}
	v := want.Get("Error").Get("Message")
	return v.Text(), !v.IsAbsent()
}

// differ returns the first place in which two values differ. The recorder keeps
// what is no object as a text that holds it.
func differ(place string, got, want value.Value, wild []string) string {
	for _, w := range wild {
		if place == strings.TrimPrefix(w, "/answer") {
			return ""
		}
	}
	if want.Kind() == value.String && got.Kind() != value.String {
		if inner, err := value.Parse([]byte(want.Text())); err == nil {
			want = inner
		}
	}
	switch want.Kind() {
	case value.String:
		if like(want.Text(), got, place) {
			return ""
		}
	case value.Array:
		if got.Kind() != value.Array || got.Len() != want.Len() {
			return place
		}
		for i, w := range want.Elements() {
			if p := differ(place+"/"+strconv.Itoa(i), got.Index(i), w, wild); p != "" {
				return p
			}
		}
		return ""
	case value.Object:
		if got.Kind() != value.Object {
			return place
		}
		for key := range got.Members() {
			if want.Get(key).IsAbsent() {
				return place + "/" + key
			}
		}
		for key, w := range want.Members() {
			if p := differ(place+"/"+key, got.Get(key), w, wild); p != "" {
				return p
			}
		}
		return ""
	default:
		if value.Equal(got, want) {
			return ""
		}
	}
	return place
}

// placeholder is how the recorder writes what differs from run to run. It does
// so to the names of headers and to ids as a whole, and to every date.
var placeholder = regexp.MustCompile(`<[a-zA-Z][a-zA-Z0-9_:]*>`)

// like tells whether a value is as a recorded text says.
func like(want string, got value.Value, place string) bool {
	key := place[strings.LastIndexByte(place, '/')+1:]
	if want == "date" || want == key && (strings.HasPrefix(strings.ToLower(key), "x-am") || key == "RequestId") {
		return true // an array of one, too
	}
	if got.Kind() != value.String {
		return false
	}
	text := got.Text()
	if want == text || want == got.String() {
		return true
	}
	pattern := regexp.QuoteMeta(want)
	pattern = placeholder.ReplaceAllString(pattern, `.*`)
	ok, err := regexp.MatchString(`^(?s:`+pattern+`)$`, text)
	return err == nil && ok
}

// Every state of every real definition can be tested alone: it ends somehow,
// whatever little it gets.
func TestEveryStateAlone(t *testing.T) {
	t.Parallel()
	tested, refused := 0, map[string]int{}
	for _, v := range lines[verdict](t, "definitions/public.jsonl") {
		if v.DefinitionText != "" || disputed[v.ID] != "" {
			continue
		}
		definition, err := value.Parse([]byte(v.text()))
		if err != nil {
			t.Fatalf("%s: %v", v.ID, err)
		}
		for name, kind := range states(definition) {
			r := &teststate.Request{Definition: v.text(), State: &name, Level: teststate.Trace}
			switch kind {
			case "Task":
				r.Mock = &teststate.Mock{Result: value.EmptyObject, Mode: teststate.None}
			case "Map", "Parallel":
				r.Mock = &teststate.Mock{Failure: &dag.Failure{Error: "Odd"}}
			}
			_, err := teststate.Run(r, teststate.Options{})
			if err != nil && !errors.Is(err, fault.Invalid) {
				t.Errorf("%s %q: %v", v.ID, name, err)
			}
			if err != nil {
				refused[err.Error()]++
				continue
			}
			tested++
		}
	}
	t.Logf("tested %d states alone, refused %v", tested, refused)
	if tested < 100 {
		t.Errorf("only %d states could be tested", tested)
	}
}

// states yields the states of a definition, at any level, with their types.
func states(definition value.Value) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		var visit func(v value.Value) bool
		visit = func(v value.Value) bool {
			for name, s := range v.Get("States").Members() {
				if !yield(name, s.Get("Type").Text()) || !visit(s.Get("Iterator")) || !visit(s.Get("ItemProcessor")) {
					return false
				}
				for _, b := range s.Get("Branches").Elements() {
					if !visit(b) {
						return false
					}
				}
			}
			return true
		}
		visit(definition)
	}
}
