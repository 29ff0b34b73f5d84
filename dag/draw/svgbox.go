package draw

import "strings"

// box draws a state, a mark or a branch.
func (s *svg) box(b *Box) {
	switch b.Kind {
	case Start, End:
		s.mark(b)
		return
	case Branch:
		s.printf("<rect class=\"branch\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"8\"/>\n", b.X, b.Y, b.W, b.H)
		return
	case Task, Pass, Choice, Wait, Succeed, Fail, Parallel, Map:
	}
	class := "box " + string(b.Kind)
	if b.Container {
		class += " container"
	}
	if b.Distributed {
		class += " distributed"
	}
	if b.Status != Unknown {
		class += " s-" + strings.ReplaceAll(string(b.Status), "_", "-")
	}
	s.printf("<g class=\"%s\"><title>%s</title>", class, escape(b.describe()))
	if b.Distributed { // many of it
		s.printf("<rect class=\"card\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"10\"/>", b.X+4, b.Y+4, b.W, b.H)
	}
	s.printf("<rect class=\"card\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"10\"/>", b.X, b.Y, b.W, b.H)
	x, y := b.X+chipIn, b.Y+chipIn
	s.printf("<rect class=\"chip\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"7\"/>", x, y, chip, chip)
	s.printf("<path class=\"symbol\" transform=\"translate(%d %d)\" d=\"%s\"/>", x+chip/2-8, y+chip/2-8, symbol(b.Kind))
	x += chip + chipGap
	s.text("name", x, b.Y+21, b.Title)
	s.text("detail", x, b.Y+36, b.Subtitle)
	end := b.X + b.W - boxEnd
	if b.Container { // beside the title
		end = x + max(extent(b.Title, nameSize, true), extent(b.Subtitle, detailSize, false)) + 2*badgeGap + badgesWidth(b)
	}
	s.badges(b, end)
	s.status(b)
	s.printf("</g>\n")
}

// badges draws the badges of a box, up to end.
func (s *svg) badges(b *Box, end int) {
	x := end - badgesWidth(b)
	for _, text := range badges(b) {
		w := badgeWidth(text)
		s.printf("<rect class=\"badge\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"9\"/>", x, b.Y+(boxHeight-badgeHigh)/2, w, badgeHigh)
		s.text("mark", x+w/2, b.Y+boxHeight/2+4, text)
		x += w + badgeGap
	}
}

// status draws how a state has fared, in its corner.
func (s *svg) status(b *Box) {
	path := ""
	switch b.Status {
	case Succeeded:
		path = "M-3.5 .5l2.5 2.5 4.5-5"
	case Failed:
		path = "M-3-3l6 6M3-3l-6 6"
	case Running:
		path = "M-2.5-3.5l5 3.5-5 3.5z"
	case Unknown, Waiting:
		return
	}
	s.printf("<g class=\"status\" transform=\"translate(%d %d)\"><circle r=\"9\"/><path d=\"%s\"/></g>", b.X+b.W-2, b.Y+2, path)
}

// mark draws the start or the end of a level.
func (s *svg) mark(b *Box) {
	class := string(b.Kind)
	if b.Title != "" {
		s.printf("<g class=\"%s\"><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\"/>", class, b.X, b.Y, b.W, b.H, b.H/2)
		s.text("pill", b.X+b.W/2, b.Y+b.H/2+5, b.Title)
		s.printf("</g>\n")
		return
	}
	x, y, r := b.X+b.W/2, b.Y+b.H/2, b.W/2
	s.printf("<g class=\"%s\"><circle cx=\"%d\" cy=\"%d\" r=\"%d\"/>", class, x, y, r)
	if b.Kind == End {
		s.printf("<circle class=\"core\" cx=\"%d\" cy=\"%d\" r=\"%d\"/>", x, y, r-3)
	}
	s.printf("</g>\n")
}

// describe says in words what a box shows.
func (b *Box) describe() string {
	said := []string{b.Name}
	switch {
	case b.Kind == Task:
		said[0] += " (task): calls " + b.Detail
	case b.Detail != "":
		said[0] += " (" + strings.ToLower(b.Detail) + ")"
	}
	for _, part := range []struct {
		is   bool
		text string
	}{
		{b.Guarded, "has a condition"},
		{b.JoinAny, "starts when one of its needs is done"},
		{b.Callback, "waits for a callback"},
		{b.Retries == 1, "one retry"},
		{b.Retries > 1, number(b.Retries) + " retries"},
		{b.Status != Unknown, strings.ReplaceAll(string(b.Status), "_", " ")},
		{b.Count > 1, "entered " + number(b.Count) + " times"},
	} {
		if part.is {
			said = append(said, part.text)
		}
	}
	return strings.Join(said, ", ")
}
