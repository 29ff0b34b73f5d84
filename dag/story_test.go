package dag

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/dag/value"
)

var update = flag.Bool("update", false, "rewrite the answers of the stories and the golden journals")

// Stories: the lines of testdata/*.txt that are not indented happen, those
// that are indented are what the execution answers. After a review,
// `go test ./dag -run TestStories -update` writes the answers down.
//
//	graph NAME        of storygraphs_test.go
//	observe           shows transitions from here on
//	clock 5s          the clock, since the start
//	start JSON        ok 2/1 JSON     err 2/1 Name cause…     beat 2/1
//	fire 3            when it is due  fire 3 now              by the clock
//	abort Name        redrive         again                   the last event once more
//	crash             replay the journal, then what is outstanding
func TestStories(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := tellStory(t, string(want))
			if got == string(want) {
				return
			}
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			t.Errorf("the story went otherwise (go test ./dag -run TestStories -update):\n%s", firstDifference(got, string(want)))
		})
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range g {
		if i >= len(w) || g[i] != w[i] {
			from := max(0, i-3)
			return fmt.Sprintf("line %d\ngot:\n%s\nwant:\n%s", i+1, strings.Join(g[from:min(len(g), i+4)], "\n"), strings.Join(w[from:min(len(w), i+4)], "\n"))
		}
	}
	return "the story ends early"
}

// teller plays one story.
type teller struct {
	tb      testing.TB
	x       *Execution
	graph   *Graph
	now     time.Time
	timers  map[ID]time.Time
	journal []Entry
	out     strings.Builder
}

func tellStory(tb testing.TB, script string) string {
	tb.Helper()
	s := &teller{tb: tb, now: epoch, timers: map[ID]time.Time{}}
	for line := range strings.Lines(script) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "\t") {
			continue
		}
		fmt.Fprintln(&s.out, line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := s.happen(strings.Fields(line), line); err != nil {
			tb.Fatalf("%q: %v", line, err)
		}
	}
	return s.out.String()
}

func (s *teller) happen(words []string, line string) error {
	rest := func(n int) string { return strings.Join(strings.SplitN(line, " ", n+1)[n:], "") }
	switch words[0] {
	case "graph":
		build := storyGraphs[words[1]]
		if build == nil {
			return errors.New("there is no such graph")
		}
		s.graph = validated(s.tb, build())
		s.x, s.now, s.journal = NewExecution(s.graph), epoch, nil
		return nil
	case "observe":
		s.x.Observe(func(t Transition) { fmt.Fprintf(&s.out, "\t. %s\n", describe(t)) })
		return nil
	case "clock":
		d, err := time.ParseDuration(words[1])
		s.now = epoch.Add(d)
		return err
	case "crash":
		return s.crash()
	case "again":
		return s.step(s.journal[len(s.journal)-1].Event)
	case "start":
		return s.step(Started{Seed: 7, Input: value.Raw([]byte(rest(1))), Info: Info{ID: "x1", Name: "story"}})
	case "redrive":
		return s.step(Redriven{})
	case "abort":
		return s.step(Aborted{Failure: Failure{Error: words[1], Cause: strings.Join(words[2:], " ")}})
	case "fire":
		id, err := strconv.ParseUint(words[1], 10, 64)
		if due := s.timers[ID(id)]; due.After(s.now) && len(words) == 2 {
			s.now = due
		}
		if err != nil {
			return err
		}
		return s.step(Fired{Timer: ID(id)})
	}
	var act ID
	var attempt int
	if _, err := fmt.Sscanf(words[1], "%d/%d", &act, &attempt); err != nil {
		return err
	}
	switch words[0] {
	case "ok":
		return s.step(Succeeded{Activation: act, Attempt: attempt, Output: value.Raw([]byte(rest(2)))})
	case "err":
		return s.step(Failed{act, attempt, Failure{Error: words[2], Cause: strings.Join(words[3:], " ")}})
	case "beat":
		return s.step(Heartbeat{act, attempt})
	}
	return errors.New("nothing of this name happens")
}

func (s *teller) step(e Event) error {
	entry := Entry{Seq: s.x.Seq() + 1, At: s.now, Event: e}
	commands, err := s.x.Step(entry)
	if err != nil {
		return err
	}
	s.journal = append(s.journal, entry)
	s.show(commands)
	return nil
}

func (s *teller) show(commands []Command) {
	for _, c := range commands {
		if set, ok := c.(SetTimer); ok {
			s.timers[set.Timer] = set.At
		}
		fmt.Fprintf(&s.out, "\t%s\n", spell(c, s.now))
	}
}

// crash goes on with an execution that is rebuilt from the written journal.
func (s *teller) crash() error {
	x := NewExecution(s.graph)
	for _, e := range s.journal {
		text, err := EncodeEntry(e)
		if err != nil {
			return err
		}
		if e, err = DecodeEntry(text); err != nil {
			return err
		}
		if _, err := x.Step(e); err != nil {
			return err
		}
	}
	x.Observe(s.x.observe)
	s.x = x
	s.show(x.Outstanding())
	return nil
}

// spell writes a command as the stories have it, times relative to now.
func spell(c Command, now time.Time) string {
	switch c := c.(type) {
	case Invoke:
		text := fmt.Sprintf("invoke %d/%d %s(%s)", c.Activation, c.Attempt, c.Resource.Name, c.Input)
		if !c.Deadline.IsZero() {
			text += " within " + c.Deadline.Sub(now).String()
		}
		if c.Resource.Pattern == Callback {
			text += " callback"
		}
		if c.Taken {
			text += " taken"
		}
		return text
	case Cancel:
		return fmt.Sprintf("cancel %d/%d", c.Activation, c.Attempt)
	case SetTimer:
		return fmt.Sprintf("timer %d in %s", c.Timer, c.At.Sub(now))
	case ClearTimer:
		return fmt.Sprintf("clear %d", c.Timer)
	case Finish:
		if c.Outcome.Failure != nil {
			return fmt.Sprintf("finish %s %s", c.Outcome.Status, spellFailure(c.Outcome.Failure))
		}
		return fmt.Sprintf("finish %s %s", c.Outcome.Status, c.Outcome.Output)
	}
	return fmt.Sprintf("%#v", c)
}

func spellFailure(f *Failure) string {
	text := f.Error
	if f.Cause != "" {
		text += ": " + f.Cause
	}
	return text
}

func describe(t Transition) string {
	text := string(t.Kind)
	if t.State != "" {
		text += fmt.Sprintf(" %s %d/%d", t.State, t.Activation, t.Attempt)
	}
	if t.Parent != 0 || strings.HasPrefix(text, "MapIteration") {
		text += fmt.Sprintf(" [%d of %d]", t.Index, t.Parent)
	}
	if t.Length > 0 {
		text += fmt.Sprintf(" of %d", t.Length)
	}
	if !t.Value.IsAbsent() {
		text += " " + t.Value.String()
	}
	if t.Failure != nil {
		text += " " + spellFailure(t.Failure)
	}
	for _, b := range t.Assigned {
		text += fmt.Sprintf(" $%s=%s", b.Name, b.Value)
	}
	if !t.Until.IsZero() {
		text += " until " + t.Until.Sub(epoch).String()
	}
	return text
}
