package jsonata

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
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
		return refuse(codePatternTooLarge, "The regular expression is too large: more than %d instructions", MaxPattern)
	}
	p := &pattern{source: source, cost: programSize(parsed) + 4}
	if p.first, err = regexp.Compile(text); err != nil {
		return refuse(codePattern, "The regular expression is not valid: %s", reason(err))
	}
	if p.later, err = regexp.Compile(`\A(?s:.)(?s:.*?)(` + text + ")"); err != nil {
		return refuse(codePattern, "The regular expression is not valid: %s", reason(err))
	}
	return p, nil
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
	size := 1 + len(r.Rune)/2
	for _, part := range r.Sub {
		size = min(size+programSize(part), 10*MaxPattern)
	}
	if r.Op == syntax.OpRepeat {
		size = min(size*max(r.Min, r.Max, 1), 10*MaxPattern)
	}
	return size
}

// patternWork is how many instructions times bytes a step pays for.
const patternWork = 16

// find returns the places of the first match at or after from, nil when there
// is none.
func (p *pattern) find(e *evaluation, s string, from int) ([]int, *Error) {
	if work := (len(s) - from) / patternWork * p.cost; work > e.steps {
		return nil, exceeded("steps", "The evaluation takes more than %d steps", e.limit.Steps)
	}
	if from == 0 {
		found := p.first.FindStringSubmatchIndex(s)
		return found, p.charge(e, found, s, 0)
	}
	before := from - 1
	for before > 0 && s[before]&0xC0 == 0x80 {
		before--
	}
	found := p.later.FindStringSubmatchIndex(s[before:])
	if found == nil {
		return nil, p.charge(e, nil, s, from)
	}
	found = found[2:]
	for i := range found {
		if found[i] >= 0 {
			found[i] += before
		}
	}
	return found, p.charge(e, found, s, from)
}

func (p *pattern) charge(e *evaluation, found []int, s string, from int) *Error {
	end := len(s)
	if found != nil {
		end = found[1]
	}
	return e.spend(1 + (end-from)*p.cost/patternWork)
}
