package draw

import "strings"

// cells is the face of a picture made of letters. Its unit is the column and
// the line of a terminal.
type cells struct{ plain bool }

// The measures of boxes, in columns.
const (
	cellText  = 32 // how wide a name or detail may be
	cellLabel = 26
	cellBox   = 9 // the least width of a box
	cellHigh  = 4
	cellFrame = 4 // a border and a blank on both sides
)

func (cells) gauge(d Direction) gauge {
	g := gauge{
		apart: 3, beside: 2, between: 1, near: 1,
		leave: 0, track: 1, arrive: 2, land: 1, arrow: 1, line: 0,
		pad: 2, head: 1, foot: 1, gutter: 3, rows: 1, row: 1 << 30, thick: 1, crowd: 60, shift: 2, drop: 1,
	}
	if d == Right {
		g.apart, g.beside, g.between, g.shift = 1, 1, 1, 1
		g.gutter, g.rows = 1, 3
		g.leave, g.track, g.arrive, g.land, g.arrow, g.line = 1, 2, 4, 2, 4, 1
	}
	return g
}

func (c cells) box(b *Box) (w, h int) {
	if b.Kind == Start || b.Kind == End {
		return 1, 1
	}
	b.Title = c.fate(b.Status) + c.fit(b.Name, cellText)
	b.Subtitle = c.fit(brief(b.Detail), cellText)
	top, bottom := columns(b.Title), columns(b.Subtitle)
	if marks := columns(c.badges(b)); marks > 0 {
		bottom += 2 + marks
	}
	w = max(top, bottom) + cellFrame
	if b.Container { // one line, in the border
		w = columns(c.heading(b)) + cellFrame + 2
	}
	w = max(w, cellBox)
	return w + 1 - w%2, cellHigh
}

// fate says in a letter how a state has fared, with a blank after it.
func (c cells) fate(s Status) string {
	fine, plain := "", ""
	switch s {
	case Succeeded:
		fine, plain = "✓ ", "+ "
	case Failed:
		fine, plain = "✗ ", "! "
	case Running:
		fine, plain = "▶ ", "> "
	case Waiting:
		fine, plain = "○ ", "- "
	case Unknown:
	}
	if c.plain {
		return plain
	}
	return fine
}

// fit makes a text fit; plain texts have no letters beyond ASCII.
func (c cells) fit(s string, most int) string {
	s = clean(s)
	if !c.plain {
		return shorten(s, most, columns)
	}
	s = strings.Map(func(r rune) rune {
		if r > '~' {
			return '?'
		}
		return r
	}, s)
	if len(s) > most {
		return s[:most-2] + ".."
	}
	return s
}

// badges are the badges of a box in one text.
func (c cells) badges(b *Box) string {
	text := strings.Join(badges(b), " ")
	if c.plain {
		return strings.NewReplacer("↻", "retry", "× ", "x").Replace(text)
	}
	return text
}

// heading is the title of a container, with all that is said of it.
func (c cells) heading(b *Box) string {
	text := b.Title
	if b.Subtitle != "" {
		text += " (" + b.Subtitle + ")"
	}
	if marks := c.badges(b); marks != "" {
		text += " " + marks
	}
	return text
}

func (c cells) label(text string) (fits string, w, h int) {
	fits = c.fit(text, cellLabel)
	w = columns(fits) + 2
	return fits, w + 1 - w%2, 1
}
