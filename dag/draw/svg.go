package draw

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/serverledge/serverledge/dag"
)

// SVG draws a graph as a picture that stands alone: no script, no font, no
// image from elsewhere. It follows the reader's choice of light or dark.
func SVG(g *dag.Graph, o Options) string { return Layout(g, o).SVG(o.Title) }

// SVG draws the diagram; the title names it for those who cannot see it.
func (d *Diagram) SVG(title string) string {
	if title == "" {
		title = "Workflow"
	}
	s := &svg{down: d.Direction != Right}
	w, h := max(d.Width, 1), max(d.Height, 1)
	s.printf("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"t d\">\n", w, h, w, h)
	s.printf("<title id=\"t\">%s</title>\n<desc id=\"d\">%s</desc>\n", escape(title), d.summary())
	s.b.WriteString(svgStyle)
	s.printf("<rect class=\"bg\" width=\"%d\" height=\"%d\" rx=\"10\"/>\n", w, h)
	for i := range d.Boxes {
		if d.Boxes[i].Container {
			s.box(&d.Boxes[i])
		}
	}
	for _, dashes := range []bool{true, false} { // where both are, the full line shows
		for i := range d.Edges {
			if e := &d.Edges[i]; dashes == (e.Kind == Catch) {
				s.edge(e)
			}
		}
	}
	for i := range d.Boxes {
		if !d.Boxes[i].Container {
			s.box(&d.Boxes[i])
		}
	}
	for i := range d.Edges {
		s.label(&d.Edges[i])
	}
	s.b.WriteString("</svg>\n")
	return s.b.String()
}

// summary says how much there is to see.
func (d *Diagram) summary() string {
	states := 0
	for i := range d.Boxes {
		if d.Boxes[i].Path != "" && d.Boxes[i].Kind != Branch {
			states++
		}
	}
	if states == 1 {
		return "A workflow with one state."
	}
	return "A workflow with " + strconv.Itoa(states) + " states."
}

type svg struct {
	b    strings.Builder
	down bool
}

func (s *svg) printf(format string, args ...any) { fmt.Fprintf(&s.b, format, args...) }

// text writes a line of text.
func (s *svg) text(class string, x, y int, text string) {
	s.printf("<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>", class, x, y, escape(text))
}

// escape makes a text safe inside elements and attributes.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\"", "&quot;", "'", "&#39;").Replace(clean(s))
}
