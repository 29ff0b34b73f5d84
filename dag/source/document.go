package source

import (
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/serverledge/serverledge/dag/value"
)

// MaxSize is the longest definition, in bytes.
const MaxSize = 1 << 20

// Document is a definition that was read.
type Document struct {
	Text string
	// Root is nil when the text could not be read to its end.
	Root *Node
	// YAML tells that the text was read as YAML, not as JSON.
	YAML bool

	lines []int // where each line starts
}

// Parse reads a definition. A text whose first visible character is { or [ is
// JSON, any other is YAML. What is wrong goes to the returned report, under
// codes of the given prefix: 001 for syntax, 002 for duplicate keys, 003 for
// limits, 004 for YAML that a definition may not use. Root is nil after
// problems of 001, 003 and 004.
func Parse(prefix, text string) *Report {
	d := &Document{Text: text}
	r := &Report{Document: d, prefix: prefix}
	if len(text) > MaxSize {
		d.lines = []int{0}
		r.Errorf("003", Place{}, "the definition has %d bytes, more than the %d allowed", len(text), MaxSize)
		return r
	}
	visible := strings.TrimLeft(text, " \t\r\n")
	d.YAML = visible == "" || visible[0] != '{' && visible[0] != '['
	d.lines = lineStarts(text, d.YAML)
	if visible == "" {
		r.Errorf("001", Place{}, "the definition is empty")
		return r
	}
	if d.YAML {
		d.Root = readYAML(r)
	} else {
		d.Root = readJSON(r)
	}
	return r
}

// lineStarts returns where the lines of a text start. YAML knows more line
// breaks than JSON.
func lineStarts(text string, yaml bool) []int {
	starts := []int{0}
	for i, c := range text {
		switch {
		case c == '\n':
			starts = append(starts, i+1)
		case yaml && c == '\r' && !strings.HasPrefix(text[i+1:], "\n"):
			starts = append(starts, i+1)
		case yaml && (c == '\u0085' || c == '\u2028' || c == '\u2029'):
			starts = append(starts, i+utf8.RuneLen(c))
		}
	}
	return starts
}

// Position returns the line and column of a byte offset, both counted from 1,
// columns in characters.
func (d *Document) Position(offset int) (line, column int) {
	offset = min(max(offset, 0), len(d.Text))
	line = sort.SearchInts(d.lines, offset+1)
	return line, utf8.RuneCountInString(d.Text[d.lines[line-1]:offset]) + 1
}

// lineStart returns the byte offset of a line (from 1).
func (d *Document) lineStart(line int) int {
	switch {
	case line < 1:
		return 0
	case line > len(d.lines):
		return len(d.Text)
	}
	return d.lines[line-1]
}

// skip returns the offset that lies some characters after another, at most at
// the end of its line.
func (d *Document) skip(at, characters int) int {
	for ; characters > 0 && at < len(d.Text) && d.Text[at] != '\n'; characters-- {
		_, size := utf8.DecodeRuneInString(d.Text[at:])
		at += size
	}
	return at
}

// Line returns the text of a line (from 1) without its end.
func (d *Document) Line(line int) string {
	if line < 1 || line > len(d.lines) {
		return ""
	}
	text := d.Text[d.lines[line-1]:]
	if line < len(d.lines) {
		text = text[:d.lines[line]-d.lines[line-1]]
	}
	return strings.TrimRight(text, "\r\n\u0085\u2028\u2029")
}

// Within returns the place of length bytes from offset of a string's content,
// or the whole string where its text has escapes.
func (d *Document) Within(n *Node, offset, length int) Place {
	for _, quote := range []int{0, 1} {
		from := n.start + quote
		if n.Kind == value.String && from <= len(d.Text) && strings.HasPrefix(d.Text[from:], n.Text) {
			start := from + min(max(offset, 0), len(n.Text))
			return Place{n, start, min(start+max(length, 1), from+len(n.Text))}
		}
	}
	return n.At()
}
