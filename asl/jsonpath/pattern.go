package jsonpath

import (
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/serverledge/serverledge/dag/value"
)

// The cost of a regular expression is its program times its input: both are
// bounded, as RE2 is linear but not free.
const (
	maxPattern = 1 << 10
	maxProgram = 10_000
	costUnit   = 64
)

// pattern is the right side of =~; it matches whole strings.
type pattern struct {
	expression *regexp.Regexp
	program    int
}

// pattern reads /.../flags.
func (p *parser) pattern() (*pattern, error) {
	start := p.at
	if !p.take("/") {
		return nil, p.fail("a pattern is written /.../")
	}
	var b strings.Builder
	closed := false
	for p.at < len(p.text) && !closed {
		c := p.text[p.at]
		p.at++
		switch {
		case c == '/':
			closed = true
		case c == '\\' && p.has("/"):
			p.at++
			b.WriteByte('/')
		case c == '\\' && p.at < len(p.text):
			b.WriteByte(c)
			b.WriteByte(p.text[p.at])
			p.at++
		default:
			b.WriteByte(c)
		}
	}
	if !closed {
		return nil, p.fail("the pattern is not closed")
	}
	from := p.at
	for p.at < len(p.text) && strings.IndexByte("ims", p.text[p.at]) >= 0 {
		p.at++
	}
	flags := p.text[from:p.at]
	text := "(?:" + b.String() + ")"
	if flags != "" {
		text = "(?" + flags + ":" + b.String() + ")"
	}
	end := p.at
	p.at = start
	if len(text) > maxPattern {
		return nil, p.fail("the pattern is longer than %d bytes", maxPattern)
	}
	tree, err := syntax.Parse(`\A`+text+`\z`, syntax.Perl)
	if err != nil {
		return nil, p.fail("the pattern is not valid: %s", err)
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil || len(program.Inst) > maxProgram {
		return nil, p.fail("the pattern is too complex")
	}
	re, err := regexp.Compile(`\A` + text + `\z`)
	if err != nil {
		return nil, p.fail("the pattern is not valid: %s", err)
	}
	p.at = end
	return &pattern{re, len(program.Inst)}, nil
}

func (p *pattern) matches(e *evaluation, v value.Value) (bool, error) {
	if v.Kind() != value.String {
		return false, nil
	}
	text := v.Text()
	if err := e.spend(1 + len(text)*p.program/costUnit); err != nil {
		return false, err
	}
	return p.expression.MatchString(text), nil
}
