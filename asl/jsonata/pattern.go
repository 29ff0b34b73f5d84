package jsonata

import (
	"fmt"
	"io"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// pattern is a regular expression, in the syntax of JavaScript but matched by
// package regexp: in linear time, and so without backreferences and without
// looking ahead or behind.
type pattern struct {
	source string
	first  *regexp.Regexp
	// later finds a match after a first character that is only looked at, so
	// that ^ and \b know what is before.
	later *regexp.Regexp
	cost  int // instructions of the program
	// longest is how many bytes a match may have, -1 if there is no bound. A
	// search looks no further than that beyond the match that it finds.
	longest int
}

// The codes of patterns that cannot be used.
const (
	codePattern         = "S0303" // it is not valid, or it has what package regexp lacks
	codePatternTooLarge = "S0304"
)

// compilePattern compiles a regular expression whose text starts at offset.
func compilePattern(source, flags string, offset int) (*pattern, *Error) {
	t := translator{source: source, ignoreCase: strings.Contains(flags, "i")}
	if err := t.translate(); err != nil {
		err.Offset += offset
		return nil, err.about(source)
	}
	text := t.out.String()
	prefix := "(?"
	if t.ignoreCase {
		prefix += "i"
	}
	if strings.Contains(flags, "m") {
		prefix += "m"
	}
	if prefix == "(?" {
		prefix = "(?:"
	} else {
		prefix += ":"
	}
	text = prefix + text + ")"
	refuse := func(code, format string, args ...any) (*pattern, *Error) {
		err := failAt(code, offset).about(source)
		err.Message = fmt.Sprintf(format, args...)
		return nil, err
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return refuse(codePattern, "The regular expression is not valid: %s", reason(err))
	}
	if programSize(parsed) > MaxPattern {
		return nil, tooLargePattern(source, offset)
	}
	p := &pattern{source: source, cost: programSize(parsed) + 4, longest: longestMatch(parsed)}
	if p.first, err = regexp.Compile(text); err != nil {
		return refuse(codePattern, "The regular expression is not valid: %s", reason(err))
	}
	if p.later, err = regexp.Compile(`\A(?s:.)(?s:.*?)(` + text + ")"); err != nil {
		return refuse(codePattern, "The regular expression is not valid: %s", reason(err))
	}
	return p, nil
}

func tooLargePattern(source string, offset int) *Error {
	err := failAt(codePatternTooLarge, offset).about(source)
	err.Message = fmt.Sprintf("The regular expressions are too large: more than %d instructions", MaxPattern)
	return err
}

// reason returns what package regexp has to say, without the text that it was
// given: it is not the one that was written.
func reason(err error) string {
	text := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
	text, _, _ = strings.Cut(text, ": `")
	return text
}

// programSize estimates the instructions of a pattern before it is compiled:
// repetitions are written out.
func programSize(r *syntax.Regexp) int {
	size := 1
	switch r.Op {
	case syntax.OpLiteral:
		size = len(r.Rune)
	case syntax.OpCharClass:
		size = 1 + len(r.Rune)/16
	case syntax.OpRepeat, syntax.OpConcat:
		size = 0
	default:
	}
	for _, part := range r.Sub {
		size = min(size+programSize(part), 10*MaxPattern)
	}
	if r.Op == syntax.OpRepeat {
		size = min(size*max(r.Min, r.Max, 1), 10*MaxPattern)
	}
	return max(size, 1)
}

// longestMatch returns how many bytes a match may have, -1 if there is no
// bound.
func longestMatch(r *syntax.Regexp) int {
	switch r.Op {
	case syntax.OpStar, syntax.OpPlus:
		return -1
	case syntax.OpLiteral:
		return utf8.UTFMax * len(r.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return utf8.UTFMax
	default:
	}
	total := 0
	for _, part := range r.Sub {
		n := longestMatch(part)
		switch {
		case n < 0:
			return -1
		case r.Op == syntax.OpAlternate:
			total = max(total, n)
		default:
			total += n
		}
	}
	if r.Op == syntax.OpRepeat {
		if r.Max < 0 {
			return -1
		}
		total *= r.Max
	}
	return total
}

// patternWork is how many instructions times bytes a step pays for.
const patternWork = 16

// find returns the places of the first match at or after from, nil when there
// is none.
func (p *pattern) find(e *evaluation, s string, from int) ([]int, *Error) {
	r, before := p.first, 0
	if from > 0 {
		r, before = p.later, from-1
		for before > 0 && s[before]&0xC0 == 0x80 {
			before--
		}
	}
	found, err := p.search(e, r, s[before:])
	if err != nil || found == nil || from == 0 {
		return found, err
	}
	found = found[2:]
	for i := range found {
		if found[i] >= 0 {
			found[i] += before
		}
	}
	return found, nil
}

// search finds the first match in s. What it reads is charged; it may be far
// more than up to the end of the match, if there is something to be tried
// first that could be longer.
func (p *pattern) search(e *evaluation, r *regexp.Regexp, s string) ([]int, *Error) {
	if p.longest < 0 && len(s) > 64 {
		in := &meter{e: e, s: s, cost: p.cost}
		found := r.FindReaderSubmatchIndex(in)
		if in.empty {
			return nil, exceeded("steps", "The evaluation takes more than %d steps", e.limit.Steps)
		}
		return found, e.spend(1 + in.at*p.cost/patternWork)
	}
	if len(s)/patternWork*p.cost > e.steps {
		return nil, exceeded("steps", "The evaluation takes more than %d steps", e.limit.Steps)
	}
	found := r.FindStringSubmatchIndex(s)
	read := len(s)
	if found != nil && p.longest >= 0 {
		read = min(read, found[1]+p.longest)
	}
	return found, e.spend(1 + read*p.cost/patternWork)
}

// meter gives a text to a search as long as there are steps to pay for it.
type meter struct {
	e     *evaluation
	s     string
	at    int
	cost  int
	empty bool // there were too few steps
}

// ReadRune implements io.RuneReader.
func (m *meter) ReadRune() (rune, int, error) {
	if m.at == len(m.s) {
		return 0, 0, io.EOF
	}
	if m.at*m.cost/patternWork > m.e.steps {
		m.empty = true
		return 0, 0, io.EOF
	}
	r, n := utf8.DecodeRuneInString(m.s[m.at:])
	m.at += n
	return r, n, nil
}
