package draw

import (
	"fmt"
	"strings"

	"github.com/serverledge/serverledge/dag"
)

// Mermaid writes a graph as a flowchart of Mermaid, which lays it out itself:
// documents on GitHub show it. Containers are subgraphs.
func Mermaid(g *dag.Graph, o Options) string { return Layout(g, o).Mermaid() }

// Mermaid writes the boxes and edges of the diagram as a flowchart of Mermaid.
func (d *Diagram) Mermaid() string {
	w := &mermaidWriter{d: d, children: d.children(), direction: "TB"}
	if d.Direction == Right {
		w.direction = "LR"
	}
	w.printf("flowchart %s\n", w.direction)
	w.boxes(-1, "  ")
	for i := range d.Edges {
		e := &d.Edges[i]
		arrow := "-->"
		if e.Kind == Catch {
			arrow = "-.->"
		}
		if e.Text != "" {
			arrow += "|" + mermaidQuote(clean(e.Text)) + "|"
		}
		w.printf("  n%d %s n%d\n", e.From, arrow, e.To)
	}
	w.classes()
	return w.b.String()
}

type mermaidWriter struct {
	b         strings.Builder
	d         *Diagram
	children  map[int][]int
	direction string
}

func (w *mermaidWriter) printf(format string, args ...any) { fmt.Fprintf(&w.b, format, args...) }

func (w *mermaidWriter) boxes(parent int, indent string) {
	for _, i := range w.children[parent] {
		b := &w.d.Boxes[i]
		if !b.Container {
			before, after := mermaidShape(b.Kind)
			text := make([]string, 0, 2)
			for _, line := range b.lines() {
				text = append(text, mermaidEscape(line))
			}
			if b.Kind == Start || b.Kind == End {
				text = []string{" "}
			}
			w.printf("%sn%d%s\"%s\"%s\n", indent, i, before, strings.Join(text, "<br/>"), after)
			continue
		}
		title := " "
		if b.Kind != Branch {
			title = strings.Join(b.lines(), " ")
		}
		w.printf("%ssubgraph n%d[%s]\n%s  direction %s\n", indent, i, mermaidQuote(title), indent, w.direction)
		w.boxes(i, indent+"  ")
		w.printf("%send\n", indent)
	}
}

func mermaidShape(k Kind) (before, after string) {
	switch k {
	case Start:
		return "((", "))"
	case End:
		return "(((", ")))"
	case Choice:
		return "{", "}"
	case Wait:
		return "(", ")"
	case Succeed, Fail:
		return "([", "])"
	case Task, Pass, Parallel, Map, Branch:
	}
	return "[", "]"
}

// classes gives boxes the colours of their kinds and of how they have fared.
func (w *mermaidWriter) classes() {
	for _, k := range []Kind{Task, Pass, Choice, Wait, Succeed, Fail, Parallel, Map} {
		w.class(string(k), "stroke:"+colour(k), func(b *Box) bool { return b.Kind == k })
	}
	w.class("mark", "fill:#2b3750,stroke:#2b3750,color:#fff", func(b *Box) bool { return b.Kind == Start || b.Kind == End })
	w.class("branch", "stroke-dasharray:3 3", func(b *Box) bool { return b.Kind == Branch })
	for _, s := range []Status{Succeeded, Failed, Running, Waiting} {
		w.class("s_"+string(s), "fill:"+fillColour(s)+",color:#1b2433", func(b *Box) bool { return b.Status == s })
	}
}

// class gives some boxes a look; nothing if there is none.
func (w *mermaidWriter) class(name, look string, has func(*Box) bool) {
	var ids []string
	for i := range w.d.Boxes {
		if has(&w.d.Boxes[i]) {
			ids = append(ids, fmt.Sprintf("n%d", i))
		}
	}
	if len(ids) > 0 {
		w.printf("  classDef %s %s\n  class %s %s\n", name, look, strings.Join(ids, ","), name)
	}
}

func mermaidQuote(s string) string { return `"` + mermaidEscape(s) + `"` }

// mermaidEscape writes the letters that mean something to Mermaid between
// quotes, or to HTML or Markdown, as entities of Mermaid: # stands for &#.
func mermaidEscape(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\"#&<>`%\\$*_~", r) {
			fmt.Fprintf(&b, "#%d;", r)
			if r == '\\' || r == '$' { // \n and $$ mean something as entities too: part them
				b.WriteString("#8203;")
			}
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
