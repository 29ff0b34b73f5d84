package source

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// widest is how many characters of a line an excerpt shows.
const widest = 120

// Format prints problems for a person: one line each, with the line of the
// text that it is about and a mark below the place. It ends with a count.
//
//	wf.json:4:33: error[ASL012]: state "A": Next refers to unknown state "Nowhere"
//	  4 |     "A": {"Type": "Task", "Next": "Nowhere"}
//	    |                                   ^^^^^^^^^ did you mean "NoWhere2"?
//	1 problem (1 error, 0 warnings)
func Format(file, text string, problems []Problem) string {
	d := &Document{Text: text, lines: lineStarts(text, false)}
	var b strings.Builder
	errors := 0
	for i := range problems {
		p := &problems[i]
		if p.Severity == Error {
			errors++
		}
		fmt.Fprintf(&b, "%s:%d:%d: %s[%s]: %s\n", file, p.Line, p.Column, p.Severity, p.Code, p.Message)
		excerpt(&b, d, p)
	}
	fmt.Fprintf(&b, "%s (%s, %s)\n", count(len(problems), "problem"), count(errors, "error"),
		count(len(problems)-errors, "warning"))
	return b.String()
}

// excerpt shows the line of a problem with carets below its place.
func excerpt(b *strings.Builder, d *Document, p *Problem) {
	line := []rune(d.Line(p.Line))
	from := 0
	if p.Column-1 > widest/2 {
		from = min(p.Column-1-widest/2, len(line))
	}
	shown := line[from:min(from+widest, len(line))]
	number := fmt.Sprintf("%3d", p.Line)
	fmt.Fprintf(b, "%s | %s\n", number, printable(shown))
	fmt.Fprintf(b, "%s | ", strings.Repeat(" ", utf8.RuneCountInString(number)))
	for i := range min(p.Column-1-from, len(shown)) {
		if shown[i] == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteByte(' ')
		}
	}
	room := max(1, len(shown)-(p.Column-1-from))
	b.WriteString(strings.Repeat("^", min(max(1, p.Length), room)))
	switch {
	case strings.HasPrefix(p.Hint, "did you mean "):
		b.WriteString(" " + p.Hint + "?")
	case p.Hint != "":
		b.WriteString(" " + p.Hint)
	}
	b.WriteByte('\n')
}

// printable replaces what would move the cursor of a terminal.
func printable(line []rune) string {
	out := make([]rune, len(line))
	for i, c := range line {
		if c < ' ' && c != '\t' || c == 0x7f || c >= 0x80 && c < 0xa0 || c == utf8.RuneError {
			c = '?'
		}
		out[i] = c
	}
	return string(out)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
