package dag

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/dag/value"
)

func TestEntriesKeepTheirBytes(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 6, 7, 8, 9, 123456789, time.FixedZone("x", 3600))
	doc := value.Raw([]byte(`{"z":1.50,"a":"<&>\u2028","big":123456789012345678901234567890}`))
	for name, event := range map[string]Event{
		"started": Started{Seed: 1<<64 - 1, Input: doc, Info: Info{ID: "i", Name: "n", Workflow: "w", Start: at, Redrives: 2}},
		"bare":    Started{},
		"ok":      Succeeded{Activation: 1<<64 - 1, Attempt: 3, Output: doc},
		"whole":   Succeeded{Activation: 1, Attempt: 1, Output: doc, Whole: true},
		"none":    Succeeded{Activation: 1, Attempt: 1, Output: value.Value{}},
		"failed":  Failed{1, 2, Failure{Error: "E \xff\"", Cause: "<c>\n\u2028", Fatal: true}},
		"fired":   Fired{9},
		"beat":    Heartbeat{4, 5},
		"aborted": Aborted{Failure{Error: "a"}},
		"again":   Redriven{},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, note := range []string{"", `{"node":"a<b"}`, "null"} {
				entry := Entry{Seq: 7, At: at, Event: event}
				if note != "" {
					entry.Note = json.RawMessage(note)
				}
				text, err := EncodeEntry(entry)
				if err != nil {
					t.Fatal(err)
				}
				back, err := DecodeEntry(text)
				if err != nil {
					t.Fatalf("%s: %v", text, err)
				}
				again, err := EncodeEntry(back)
				if err != nil || string(again) != string(text) {
					t.Errorf("got %s (%v), want %s", again, err, text)
				}
				if !back.At.Equal(at) || back.Seq != 7 || string(back.Note) != note {
					t.Errorf("got %v %d %s of %s", back.At, back.Seq, back.Note, text)
				}
				if f, ok := event.(Failed); ok && back.Event != f {
					t.Errorf("got %#v, want %#v", back.Event, f)
				}
			}
		})
	}
}

func TestEntriesWithinADocument(t *testing.T) {
	t.Parallel()
	text, err := json.MarshalIndent(map[string]any{"entries": []Entry{{Seq: 1, At: epoch, Event: Started{Seed: 5, Input: value.OfInt(3)}}}}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Entries []Entry }
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	if s, ok := doc.Entries[0].Event.(Started); !ok || s.Seed != 5 || s.Input.String() != "3" {
		t.Errorf("got %#v", doc.Entries[0].Event)
	}
}

func TestDecodeEntryRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:                     "not JSON",
		`{"seq":1`:             "not JSON",
		`[]`:                   "seq",
		`{"seq":-1}`:           "seq",
		`{"seq":1,"at":"now"}`: "at is not a date",
		`{"seq":1,"at":"2026-01-01T00:00:00Z","type":"leapt"}`:                                    `type is "leapt"`,
		`{"seq":1,"at":"2026-01-01T00:00:00Z","type":"started","kernel":3,"seed":"1"}`:            "kernel 2",
		`{"seq":1,"at":"2026-01-01T00:00:00Z","type":"started","kernel":1,"seed":1}`:              "seed",
		`{"seq":1,"at":"2026-01-01T00:00:00Z","type":"fired","timer":1.5}`:                        "timer",
		`{"seq":1,"at":"2026-01-01T00:00:00Z","type":"failed","activation":1,"attempt":1}`:        "no failure",
		`{"seq":1,"at":"2026-01-01T00:00:00Z","type":"succeeded","activation":1,"attempt":"one"}`: "attempt",
		`{"seq":1,"at":"2026-01-01T00:00:00Z","type":"succeeded","activation":"one","attempt":1}`: "activation",
	} {
		if _, err := DecodeEntry([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
	if _, err := EncodeEntry(Entry{Seq: 1}); err == nil {
		t.Error("an entry without an event was coded")
	}
	if _, err := EncodeEntry(Entry{Seq: 1, Event: Redriven{}, Note: json.RawMessage("{")}); err == nil {
		t.Error("a note that is no JSON was coded")
	}
}

// The golden journals were written by the kernel whose number they bear. They
// must unfold as ever: if one does not, raise Kernel and keep the old way.
func TestGoldenJournals(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/journals/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden journals: %v", err)
	}
	for _, file := range files {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		x := NewExecution(validated(t, storyGraphs["everything"]()))
		var got strings.Builder
		for line := range strings.Lines(string(want)) {
			if strings.HasPrefix(line, "\t") {
				continue
			}
			got.WriteString(line)
			entry, err := DecodeEntry([]byte(line))
			if err != nil {
				t.Fatal(err)
			}
			commands, err := x.Step(entry)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range commands {
				got.WriteString("\t" + spell(c, epoch) + "\n")
			}
		}
		if got.String() == string(want) {
			continue
		}
		if *update {
			if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		t.Errorf("%s unfolds otherwise\n%s", file, firstDifference(got.String(), string(want)))
	}
}
