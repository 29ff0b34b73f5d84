package jsonpath

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// SyntaxError says what is wrong with a path, and where.
type SyntaxError struct {
	Offset int // in bytes
	Detail string
}

func (e *SyntaxError) Error() string { return e.Detail }

// Compile reads a path. Errors are *SyntaxError.
func Compile(text string) (*Path, error) {
	if len(text) > MaxLength {
		return nil, &SyntaxError{0, fmt.Sprintf("the path has %d bytes, more than the %d allowed", len(text), MaxLength)}
	}
	p := parser{text: text}
	path, err := p.path()
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(text[p.at:]) != "" {
		return nil, p.fail("unexpected %q in the path", p.rune())
	}
	return path, nil
}

// Prefix reads the longest path at the start of a text and returns it with
// its length: how an intrinsic function reads its arguments.
func Prefix(text string) (*Path, int, error) {
	p := parser{text: text, embedded: true}
	path, err := p.path()
	if err == nil && p.at > MaxLength {
		err = p.fail("the path has more than %d bytes", MaxLength)
	}
	return path, p.at, err
}

// parser reads one path. Embedded in an expression, a path ends where a name
// cannot go on.
type parser struct {
	text     string
	at       int
	depth    int
	embedded bool
}

func (p *parser) fail(format string, args ...any) error {
	return &SyntaxError{p.at, fmt.Sprintf(format, args...)}
}

func (p *parser) rune() rune {
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	return r
}

func (p *parser) has(prefix string) bool { return strings.HasPrefix(p.text[p.at:], prefix) }

// take skips a prefix when it is there.
func (p *parser) take(prefix string) bool {
	if p.has(prefix) {
		p.at += len(prefix)
		return true
	}
	return false
}

func (p *parser) blank() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// path reads a root and its steps.
func (p *parser) path() (*Path, error) {
	from := p.at
	path := &Path{}
	switch {
	case p.take("$$"):
		path.root = Context
	case p.take("$"):
		if path.variable = p.identifier(); path.variable != "" {
			path.root = Variable
		}
	default:
		return nil, p.fail("a path starts with $")
	}
	if err := p.steps(path); err != nil {
		return nil, err
	}
	path.text = p.text[from:p.at]
	path.classify()
	return path, nil
}

// identifier reads the name of a variable.
func (p *parser) identifier() string {
	from := p.at
	for p.at < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.at:])
		if !nameRune(r, p.at > from) {
			break
		}
		p.at += n
	}
	return p.text[from:p.at]
}

func (p *parser) steps(path *Path) error {
	for p.at < len(p.text) && path.function == "" {
		var s step
		var err error
		switch {
		case p.take(".."):
			if p.at == len(p.text) {
				return p.fail("a path cannot end with ..")
			}
			if p.has("[") {
				s, err = p.bracket()
			} else {
				s, err = p.dotted(path)
			}
			s.deep = true
		case p.take("."):
			if p.has("[") {
				s, err = p.bracket()
			} else {
				s, err = p.dotted(path)
			}
		case p.has("["):
			s, err = p.bracket()
		default:
			return nil
		}
		if err != nil {
			return err
		}
		if path.function == "" {
			path.steps = append(path.steps, s)
		}
	}
	return nil
}

// dotted reads what follows a dot: a name, a wildcard or a function.
func (p *parser) dotted(path *Path) (step, error) {
	if p.take("*") {
		return step{kind: stepWildcard}, nil
	}
	from := p.at
	for p.at < len(p.text) && !p.ends() {
		_, n := utf8.DecodeRuneInString(p.text[p.at:])
		p.at += n
	}
	name := p.text[from:p.at]
	if name == "" {
		if p.at < len(p.text) && p.text[p.at] == ' ' {
			return step{}, p.fail("a blank in a path; write ['my name'] for a name with blanks")
		}
		return step{}, p.fail("a name is missing after the dot")
	}
	if p.has("()") && isFunction(name) {
		p.at += 2
		path.function = name
		return step{}, nil
	}
	if p.has("(") {
		return step{}, p.fail("%q is not a function of a path", name)
	}
	return step{kind: stepNames, names: []string{name}}, nil
}

// ends tells whether a dotted name ends here.
func (p *parser) ends() bool {
	c := p.text[p.at]
	switch c {
	case '.', '[', '(', ' ', '\t', '\n', '\r':
		return true
	case ')', ',', ']', '=', '<', '>', '!', '&', '|':
		return p.embedded
	}
	return false
}

// bracket reads [...].
func (p *parser) bracket() (step, error) {
	p.at++
	p.blank()
	var s step
	var err error
	switch {
	case p.at >= len(p.text):
		return s, p.fail("[ is not closed")
	case p.take("*"):
		s.kind = stepWildcard
	case p.take("?"):
		s, err = p.filterStep()
	case p.has("'") || p.has(`"`):
		s, err = p.names()
	case p.has("("):
		s, err = p.fromEnd()
	default:
		s, err = p.indexes()
	}
	if err != nil {
		return s, err
	}
	p.blank()
	if !p.take("]") {
		if p.at >= len(p.text) {
			return s, p.fail("[ is not closed")
		}
		return s, p.fail("expected ] instead of %q", p.rune())
	}
	return s, nil
}

// fromEnd reads (@.length-1), the one script that paths of old definitions
// hold: an index that is counted from the end.
func (p *parser) fromEnd() (step, error) {
	m := regexp.MustCompile(`^\(\s*@\.length\s*-\s*([0-9]{1,9})\s*\)`).FindStringSubmatch(p.text[p.at:])
	if m == nil {
		return step{}, p.fail("a script is only (@.length-1), or another number")
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n == 0 {
		return step{}, p.fail("an index from the end is at least 1")
	}
	p.at += len(m[0])
	return step{kind: stepIndexes, indexes: []int{-n}}, nil
}

func (p *parser) names() (step, error) {
	s := step{kind: stepNames}
	for {
		p.blank()
		name, err := p.quoted()
		if err != nil {
			return s, err
		}
		s.names = append(s.names, name)
		p.blank()
		if !p.take(",") {
			return s, nil
		}
	}
}

// quoted reads a string in single or double quotes.
func (p *parser) quoted() (string, error) {
	if !p.has("'") && !p.has(`"`) {
		return "", p.fail("expected a name in quotes")
	}
	quote := p.text[p.at]
	start := p.at
	p.at++
	var b strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		p.at++
		switch {
		case c == quote:
			return b.String(), nil
		case c != '\\':
			b.WriteByte(c)
		case p.at >= len(p.text):
		default:
			if err := p.escape(&b, quote); err != nil {
				return "", err
			}
		}
	}
	p.at = start
	return "", p.fail("the quote is not closed")
}

// escape reads what follows a backslash. Before the quote that does not end
// the name it stands for itself, as on AWS.
func (p *parser) escape(b *strings.Builder, quote byte) error {
	c := p.text[p.at]
	p.at++
	switch c {
	case '\'', '"':
		if c != quote {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	case 'n':
		b.WriteByte('\n')
	case 't':
		b.WriteByte('\t')
	case 'r':
		b.WriteByte('\r')
	case 'b':
		b.WriteByte('\b')
	case 'f':
		b.WriteByte('\f')
	case 'u':
		if p.at+4 > len(p.text) {
			return p.fail(`\u needs four hexadecimal digits`)
		}
		n, err := strconv.ParseUint(p.text[p.at:p.at+4], 16, 16)
		if err != nil {
			return p.fail(`\u needs four hexadecimal digits`)
		}
		p.at += 4
		b.WriteRune(rune(n))
	default:
		b.WriteByte(c)
	}
	return nil
}

// indexes reads 1, 1,2 or 1:2:3.
func (p *parser) indexes() (step, error) {
	s := step{kind: stepIndexes}
	var parts []*int
	colons := 0
	for {
		n, err := p.integer()
		if err != nil {
			return s, err
		}
		parts = append(parts, n)
		p.blank()
		if p.take(":") {
			colons++
			p.blank()
			continue
		}
		if p.has(",") && colons == 0 {
			p.at++
			p.blank()
			continue
		}
		break
	}
	if colons == 0 {
		for _, n := range parts {
			if n == nil {
				return s, p.fail("expected a name in quotes, a number, *, or ?( ) between [ and ]")
			}
			s.indexes = append(s.indexes, *n)
		}
		return s, nil
	}
	if len(parts) != colons+1 || colons > 2 {
		return s, p.fail("a slice is [from:to] or [from:to:step]")
	}
	s.kind = stepSlice
	s.slice.from, s.slice.to = parts[0], parts[1]
	if colons == 2 {
		s.slice.by = parts[2]
		if parts[2] != nil && *parts[2] == 0 {
			return s, p.fail("the step of a slice cannot be 0")
		}
	}
	return s, nil
}

// integer reads a number, nil when there is none.
func (p *parser) integer() (*int, error) {
	from := p.at
	p.take("-")
	for p.at < len(p.text) && '0' <= p.text[p.at] && p.text[p.at] <= '9' {
		p.at++
	}
	if p.at == from {
		return nil, nil
	}
	n, err := strconv.ParseInt(p.text[from:p.at], 10, 32)
	if err != nil {
		p.at = from
		return nil, p.fail("an index is a whole number between -2147483648 and 2147483647")
	}
	i := int(n)
	return &i, nil
}

// definite tells whether steps lead to exactly one value.
func definite(steps []step) bool {
	for i, s := range steps {
		if s.deep {
			return false
		}
		switch s.kind {
		case stepNames:
			if len(s.names) > 1 && i < len(steps)-1 {
				return false
			}
		case stepIndexes:
			if len(s.indexes) > 1 {
				return false
			}
		case stepSlice, stepWildcard, stepFilter:
			return false
		}
	}
	return true
}
