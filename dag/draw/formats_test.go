package draw

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/serverledge/serverledge/dag"
)

// many are the graphs of testdata and random ones.
func many(tb testing.TB, seeds uint64) map[string]picture {
	tb.Helper()
	all := pictures()
	for seed := range seeds {
		direction := Down
		if seed%2 == 1 {
			direction = Right
		}
		all[fmt.Sprintf("seed %d", seed)] = picture{random(tb, seed), Options{Direction: direction}}
	}
	return all
}

func TestSVGIsXML(t *testing.T) {
	t.Parallel()
	for name, c := range many(t, 60) {
		text := SVG(c.graph, c.Options)
		dec := xml.NewDecoder(strings.NewReader(text))
		for {
			token, err := dec.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
				break
			}
			if start, ok := token.(xml.StartElement); ok && (start.Name.Local == "script" || start.Name.Local == "image") {
				t.Errorf("%s: it has the element %s", name, start.Name.Local)
			}
		}
		for _, foreign := range []string{"http:", "https:", "url("} {
			if n := strings.Count(text, foreign); n > strings.Count(text, "http://www.w3.org/2000/svg") {
				t.Errorf("%s: it refers to something else by %s", name, foreign)
			}
		}
	}
}

func TestDOTParses(t *testing.T) {
	t.Parallel()
	dot, err := exec.LookPath("dot")
	if err != nil {
		t.Skip("Graphviz is not installed: ", err)
	}
	for name, c := range many(t, 8) {
		cmd := exec.CommandContext(t.Context(), dot, "-Tplain")
		cmd.Stdin = strings.NewReader(DOT(c.graph, c.Options))
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil || stderr.Len() > 0 {
			t.Errorf("%s: %v: %s", name, err, stderr.String())
		}
		leaves := 0
		for _, b := range Layout(c.graph, c.Options).Boxes {
			if !b.Container {
				leaves++
			}
		}
		if got := strings.Count("\n"+string(out), "\nnode "); got != leaves {
			t.Errorf("%s: Graphviz finds %d nodes, want %d", name, got, leaves)
		}
	}
}

func TestMermaidIsBalanced(t *testing.T) {
	t.Parallel()
	for name, c := range many(t, 60) {
		open := 0
		for line := range strings.SplitSeq(Mermaid(c.graph, c.Options), "\n") {
			line = strings.TrimSpace(line)
			switch {
			case strings.HasPrefix(line, "subgraph "):
				open++
			case line == "end":
				open--
			}
			if open < 0 || strings.Count(line, `"`)%2 != 0 || strings.ContainsAny(line, "`%") {
				t.Errorf("%s: %d subgraphs are open at %q", name, open, line)
			}
		}
		if open != 0 {
			t.Errorf("%s: %d subgraphs are not closed", name, open)
		}
	}
}

func TestTextFitsAndIsPlain(t *testing.T) {
	t.Parallel()
	for name, c := range many(t, 60) {
		for _, width := range []int{0, 40, 80, 120} {
			o := TextOptions{Options: c.Options, Width: width, Plain: true}
			text := Text(c.graph, o)
			picture := text != outline(c.graph, o)
			for line := range strings.SplitSeq(text, "\n") {
				if picture && width > 0 && len(line) > width {
					t.Errorf("%s: more than %d columns: %q", name, width, line)
				}
				if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) {
					t.Errorf("%s: not ASCII: %q", name, line)
				}
			}
			o.Plain = false
			for line := range strings.SplitSeq(Text(c.graph, o), "\n") {
				if !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) {
					t.Errorf("%s: it steers the terminal: %q", name, line)
				}
			}
		}
	}
}

func TestDiagramIsJSON(t *testing.T) {
	t.Parallel()
	d := Layout(order(), Options{Mark: someMarks})
	raw, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var got Diagram
	if err := json.Unmarshal(raw, &got); err != nil || !reflect.DeepEqual(&got, d) {
		t.Errorf("JSON does not give the diagram back: %v", err)
	}
}

func TestNothingToDraw(t *testing.T) {
	t.Parallel()
	for _, g := range []*dag.Graph{nil, {}} {
		if d := Layout(g, Options{}); len(d.Boxes) > 0 || d.Direction != Down {
			t.Errorf("got %+v", d)
		}
		if text := SVG(g, Options{}) + Text(g, TextOptions{}) + Mermaid(g, Options{}) + DOT(g, Options{}); !strings.Contains(text, "flowchart") {
			t.Errorf("got %s", text)
		}
	}
}

// A graph may hold the same level many times: it is drawn up to a bound.
func TestGraphsThatUnfoldWithoutEnd(t *testing.T) {
	t.Parallel()
	g := machine(task("leaf", "f", ""))
	for range dag.MaxNesting {
		g = machine(parallel("twice", "", g, g))
	}
	if d := Layout(g, Options{}); len(d.Boxes) > 4*boxesAtMost {
		t.Errorf("got %d boxes", len(d.Boxes))
	}
	_ = Text(g, TextOptions{Width: 100})
	_ = outline(g, TextOptions{})
}
