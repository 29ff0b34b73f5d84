package draw

import (
	"fmt"
	"strings"

	"github.com/serverledge/serverledge/dag"
)

// DOT writes a graph in the language of Graphviz, which lays it out itself.
// Containers are clusters.
func DOT(g *dag.Graph, o Options) string { return Layout(g, o).DOT() }

// DOT writes the boxes and edges of the diagram in the language of Graphviz.
func (d *Diagram) DOT() string {
	w := &dotWriter{d: d, children: d.children()}
	w.b.WriteString("digraph workflow {\n")
	if d.Direction == Right {
		w.b.WriteString("  rankdir=LR;\n")
	}
	w.b.WriteString("  compound=true;\n" +
		"  graph [fontname=\"Helvetica\", style=\"rounded\", color=\"#c3cde0\"];\n" +
		"  node [fontname=\"Helvetica\", shape=box, style=\"rounded,filled\", fillcolor=\"#ffffff\", color=\"#8492ab\"];\n" +
		"  edge [fontname=\"Helvetica\", fontsize=11, color=\"#8492ab\"];\n")
	w.boxes(-1, "  ")
	for i := range d.Edges {
		w.edge(&d.Edges[i])
	}
	w.b.WriteString("}\n")
	return w.b.String()
}

// children lists the boxes in each box; those at the top are in -1.
func (d *Diagram) children() map[int][]int {
	out := map[int][]int{}
	for i := range d.Boxes {
		out[d.Boxes[i].Parent] = append(out[d.Boxes[i].Parent], i)
	}
	return out
}

type dotWriter struct {
	b        strings.Builder
	d        *Diagram
	children map[int][]int
}

func (w *dotWriter) boxes(parent int, indent string) {
	for _, i := range w.children[parent] {
		b := &w.d.Boxes[i]
		if !b.Container {
			fmt.Fprintf(&w.b, "%sn%d [%s];\n", indent, i, dotLook(b))
			continue
		}
		fmt.Fprintf(&w.b, "%ssubgraph cluster_%d {\n", indent, i)
		if b.Kind == Branch {
			fmt.Fprintf(&w.b, "%s  label=\"\"; style=\"rounded,dashed\";\n", indent)
		} else {
			fmt.Fprintf(&w.b, "%s  label=%s; color=%s; style=rounded;\n", indent, dotQuote(strings.Join(b.lines(), " ")), dotQuote(colour(b.Kind)))
		}
		w.boxes(i, indent+"  ")
		fmt.Fprintf(&w.b, "%s}\n", indent)
	}
}

// dotLook lists the attributes of a box.
func dotLook(b *Box) string {
	switch b.Kind {
	case Start:
		return `shape=circle, style=filled, fillcolor="#2b3750", label="", width=0.2`
	case End:
		return `shape=doublecircle, style=filled, fillcolor="#2b3750", label="", width=0.15`
	case Choice:
		return fmt.Sprintf("shape=diamond, style=filled, color=%s, label=%s", dotQuote(colour(b.Kind)), dotQuote(strings.Join(b.lines(), "\n")))
	case Task, Pass, Wait, Succeed, Fail, Parallel, Map, Branch:
	}
	look := fmt.Sprintf("color=%s, label=%s", dotQuote(colour(b.Kind)), dotQuote(strings.Join(b.lines(), "\n")))
	if fill := fillColour(b.Status); fill != "" {
		look += ", fillcolor=" + dotQuote(fill)
	}
	return look
}

// edge writes an edge; one of a container is one of a box inside, and is cut at
// the container's border.
func (w *dotWriter) edge(e *Edge) {
	var more []string
	from, to := e.From, e.To
	for boxes := w.children[from]; len(boxes) > 0; boxes = w.children[from] {
		from = boxes[len(boxes)-1]
	}
	for boxes := w.children[to]; len(boxes) > 0; boxes = w.children[to] {
		to = boxes[0]
	}
	if from != e.From {
		more = append(more, fmt.Sprintf("ltail=cluster_%d", e.From))
	}
	if to != e.To {
		more = append(more, fmt.Sprintf("lhead=cluster_%d", e.To))
	}
	if e.Text != "" {
		more = append(more, "label="+dotQuote(clean(e.Text)))
	}
	if e.Kind == Catch {
		more = append(more, `style=dashed, color="#d04a52"`)
	}
	fmt.Fprintf(&w.b, "  n%d -> n%d", from, to)
	if len(more) > 0 {
		fmt.Fprintf(&w.b, " [%s]", strings.Join(more, ", "))
	}
	w.b.WriteString(";\n")
}

// dotQuote quotes a text. In labels Graphviz knows escapes that begin with a
// backslash, and the entities of HTML.
func dotQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "&", "&amp;").Replace(s) + `"`
}

// lines are the texts of a box: its name with its badges, and what it calls or
// is. They are not shortened.
func (b *Box) lines() []string {
	first := clean(b.Name)
	if marks := badges(b); len(marks) > 0 {
		first += " [" + strings.Join(marks, ", ") + "]"
	}
	second := clean(brief(b.Detail))
	switch {
	case second == "" || second == first:
		return []string{first}
	case b.Container:
		second = "(" + second + ")"
	}
	return []string{first, second}
}

// colour is the colour of a kind of state.
func colour(k Kind) string {
	switch k {
	case Pass:
		return "#64748b"
	case Choice:
		return "#c2700a"
	case Wait:
		return "#7c4ddb"
	case Succeed:
		return "#15803d"
	case Fail:
		return "#cc2b37"
	case Parallel:
		return "#0e7490"
	case Map:
		return "#b8257a"
	case Task, Start, End, Branch:
	}
	return "#3563e9"
}

// fillColour is that of a state by how it has fared, "" if it says nothing.
func fillColour(s Status) string {
	switch s {
	case Succeeded:
		return "#dcf5e3"
	case Failed:
		return "#fbdfe1"
	case Running:
		return "#dfe8fd"
	case Waiting:
		return "#eeeeee"
	case Unknown:
	}
	return ""
}
