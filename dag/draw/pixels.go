package draw

// pixels is the face of a picture on a screen.
type pixels struct{}

// The measures of boxes, in pixels.
const (
	nameSize   = 13
	detailSize = 11
	boxHeight  = 48
	boxLeast   = 120
	textMost   = 210 // how wide a name or detail may be
	labelMost  = 190
	labelHigh  = 20
	chip       = 30 // the square with the symbol
	chipIn     = 9  // from the border to it
	chipGap    = 10 // from it to the text
	boxEnd     = 14 // from the text to the border
	badgeHigh  = 18
	badgeGap   = 6
	markHigh   = 30 // start and end of the whole
	dot        = 12 // start and end of a level
)

func (pixels) gauge(d Direction) gauge {
	g := gauge{
		apart: 32, beside: 22, between: 16, near: 10,
		leave: 14, track: 12, arrive: 26, land: 10, arrow: 36, line: 12,
		margin: 20, pad: 18, head: 58, foot: 18, branch: 18, gutter: 14, rows: 14, row: 1200, shape: 3,
		crowd: 24, slope: 140, shift: 30, drop: 14,
	}
	if d == Right {
		g.apart, g.leave, g.arrive, g.arrow, g.shift, g.row = 22, 18, 30, 44, 12, 800
	}
	return g
}

func (pixels) box(b *Box) (w, h int) {
	if b.Kind == Start || b.Kind == End {
		if b.Title == "" {
			return dot, dot
		}
		return extent(b.Title, nameSize, true) + markHigh, markHigh
	}
	name := func(s string) int { return extent(s, nameSize, true) }
	small := func(s string) int { return extent(s, detailSize, false) }
	most := textMost
	if b.Container {
		most *= 2
	}
	b.Title = shorten(clean(b.Name), most, name)
	b.Subtitle = shorten(clean(brief(b.Detail)), most, small)
	w = chipIn + chip + chipGap + max(name(b.Title), small(b.Subtitle)) + boxEnd
	if marks := badgesWidth(b); marks > 0 {
		w += marks + badgeGap
	}
	return max(boxLeast, w+w%2), boxHeight
}

// badgesWidth is how wide the badges of a box are together.
func badgesWidth(b *Box) int {
	w := 0
	for i, text := range badges(b) {
		if i > 0 {
			w += badgeGap
		}
		w += badgeWidth(text)
	}
	return w
}

func badgeWidth(text string) int { return extent(text, detailSize, false) + 12 }

func (pixels) label(text string) (fits string, w, h int) {
	width := func(s string) int { return extent(s, detailSize, false) }
	fits = shorten(clean(text), labelMost, width)
	w = width(fits) + 14
	return fits, w + w%2, labelHigh
}
