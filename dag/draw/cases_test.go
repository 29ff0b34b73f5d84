package draw

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag"
)

// The real workflows lie beside the project and are read in place.
const cases = "../../../shared/cases/"

// TestRealDefinitions draws definitions of real projects. Those that use what
// is not supported, or hold placeholders, are read for their shape alone.
func TestRealDefinitions(t *testing.T) {
	t.Parallel()
	f, err := os.Open(cases + "definitions/public.jsonl")
	if err != nil {
		t.Skip("the definitions are not here: ", err)
	}
	defer f.Close()
	compiled, shaped, left := 0, 0, 0
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var c struct {
			ID             string
			Definition     json.RawMessage
			DefinitionText string
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		text := c.DefinitionText
		if text == "" {
			text = string(c.Definition)
		}
		g, err := asl.Compile(text, asl.Options{Mocked: true})
		if err == nil {
			compiled++
		} else if g = shape([]byte(text)); g != nil {
			shaped++
		} else {
			left++
			continue
		}
		for _, direction := range []Direction{Down, Right} {
			checkAll(t, c.ID, g, Options{Direction: direction})
		}
	}
	t.Logf("%d compiled, %d read for their shape, %d left out", compiled, shaped, left)
	if err := lines.Err(); err != nil || compiled+shaped == 0 {
		t.Errorf("nothing was drawn: %v", err)
	}
}

// shape reads what a picture shows of a definition in JSON; nil if it cannot.
func shape(text []byte) *dag.Graph {
	type level struct {
		StartAt string
		States  json.RawMessage
	}
	var l level
	if json.Unmarshal(text, &l) != nil || l.States == nil {
		return nil
	}
	g := &dag.Graph{Start: l.StartAt}
	dec := json.NewDecoder(bytes.NewReader(l.States)) // keeps the order
	if _, err := dec.Token(); err != nil {
		return nil
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil
		}
		var s struct {
			Type, Resource, Next, Default string
			Choices                       []struct{ Next string }
			Catch                         []struct {
				ErrorEquals []string
				Next        string
			}
			Branches                []json.RawMessage
			Iterator, ItemProcessor json.RawMessage
		}
		if dec.Decode(&s) != nil {
			return nil
		}
		d := &dag.State{Name: fmt.Sprint(name), Next: s.Next, Default: s.Default, Resource: dag.Resource{Name: s.Resource}}
		for kind := dag.Task; kind <= dag.Map; kind++ {
			if strings.EqualFold(string(kindOf(kind)), s.Type) {
				d.Kind = kind
			}
		}
		for _, c := range s.Choices {
			d.Cases = append(d.Cases, dag.Case{Next: c.Next})
		}
		for _, c := range s.Catch {
			d.Catch = append(d.Catch, dag.Catch{Errors: c.ErrorEquals, Next: c.Next})
		}
		for _, b := range s.Branches {
			if branch := shape(b); branch != nil {
				d.Branches = append(d.Branches, branch)
			}
		}
		if d.Kind == dag.Map {
			d.Body = shape(append(s.Iterator, s.ItemProcessor...))
		}
		g.States = append(g.States, d)
	}
	return g
}

// scientific reads recorded workflows as dataflow graphs.
func scientific(tb testing.TB) map[string]*dag.Graph {
	tb.Helper()
	files, _ := filepath.Glob(cases + "dag/*.json")
	if len(files) == 0 {
		tb.Skip("the recorded workflows are not here")
	}
	out := map[string]*dag.Graph{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		var recorded struct{ Tasks [][]any }
		if err := json.Unmarshal(raw, &recorded); err != nil {
			tb.Fatalf("%s: %v", file, err)
		}
		g := &dag.Graph{}
		for _, task := range recorded.Tasks {
			s := &dag.State{Name: fmt.Sprintf("t%v", task[0]), Resource: dag.Resource{Name: fmt.Sprint(task[1])}}
			parents, _ := task[5].([]any)
			for _, parent := range parents {
				s.Needs = append(s.Needs, fmt.Sprintf("t%v", parent))
			}
			g.States = append(g.States, s)
		}
		if err := dag.Validate(g); err != nil {
			tb.Fatalf("%s: %v", file, err)
		}
		out[filepath.Base(file)] = g
	}
	return out
}

func TestScientificWorkflows(t *testing.T) {
	t.Parallel()
	for name, g := range scientific(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, direction := range []Direction{Down, Right} {
				checkAll(t, name, g, Options{Direction: direction})
			}
		})
	}
}
