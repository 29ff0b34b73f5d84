package draw

import (
	"strings"

	"github.com/serverledge/serverledge/dag"
)

// outline lists the states of a graph and where they lead, level by level.
func outline(g *dag.Graph, o TextOptions) string {
	w := &outliner{face: cells{o.Plain}, arrow: "→"}
	if o.Plain {
		w.arrow = "->"
	}
	b := &builder{mark: o.Mark, left: boxesAtMost}
	w.level(b, "", g, "")
	return w.b.String()
}

type outliner struct {
	b     strings.Builder
	face  cells
	arrow string
}

func (w *outliner) level(b *builder, path string, g *dag.Graph, indent string) {
	if b.left -= len(g.States); b.left < 0 {
		w.line(indent + "...")
		return
	}
	v := &level{}
	index := make(map[string]int, len(g.States))
	for i, s := range g.States {
		index[s.Name] = i
		v.add(b.state(path, s))
	}
	for _, s := range g.States {
		if g.Start == "" {
			v.dataflow(g, s, index)
		} else {
			v.machine(s, index, -1)
		}
	}
	out := make([][]*Edge, len(v.boxes))
	for i := range v.edges {
		out[v.edges[i].From] = append(out[v.edges[i].From], &v.edges[i])
	}
	if g.Start != "" && len(g.States) > 1 {
		w.line(indent + w.arrow + " " + w.face.fit(g.Start, cellText))
	}
	for i, s := range g.States {
		w.state(&v.boxes[i], out[i], v.boxes, indent, g.Start != "" && len(g.States) > 1 && ends(s))
		if s.Body != nil {
			w.level(b, v.boxes[i].Path+"/Body", s.Body, indent+"    ")
		}
		for k, branch := range s.Branches {
			w.line(indent + "  branch " + number(k+1))
			w.level(b, branchPath(v.boxes[i].Path, k), branch, indent+"    ")
		}
	}
}

// state writes a state, and after it the ways that leave it: on its line when
// there is one that needs no words.
func (w *outliner) state(box *Box, out []*Edge, boxes []Box, indent string, last bool) {
	box.Title, box.Subtitle = w.face.fate(box.Status)+w.face.fit(box.Name, cellText), w.face.fit(box.Detail, cellText)
	text := indent + w.face.heading(box)
	if len(out) == 1 && out[0].Text == "" {
		w.line(text + " " + w.arrow + " " + w.face.fit(boxes[out[0].To].Name, cellText))
		return
	}
	if last {
		text += " " + w.arrow + " (end)"
	}
	w.line(text)
	for _, e := range out {
		words := ""
		if e.Text != "" {
			words = w.face.fit(e.Text, 2*cellLabel) + " "
		}
		w.line(indent + "  " + words + w.arrow + " " + w.face.fit(boxes[e.To].Name, cellText))
	}
}

func (w *outliner) line(text string) { w.b.WriteString(text + "\n") }
