package asl

import (
	"fmt"
	"strings"

	"github.com/serverledge/serverledge/asl/jsonpath"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// maxWork bounds the bytes that the functions of one evaluation go through.
const maxWork = 64 << 20

// bytesPerStep is how many of them are a step of work.
const bytesPerStep = 64

// call is an intrinsic function with its arguments.
type call struct {
	name      string
	text      string
	function  function
	arguments []argument
}

// argument is a template that may also be a literal string, whose escapes the
// text of States.Format needs.
type argument struct {
	template
	raw     string // of a literal string, between its quotes
	isRaw   bool
	isValue bool // a literal of any kind
}

// function is what the language offers under a name.
type function struct {
	least, most int // arguments
	words       bool
	// kinds restricts literal arguments, by place.
	kinds []value.Kind
	apply func(s *scope, args []value.Value) (value.Value, error)
}

func (c *call) fill(s *scope) (value.Value, *dag.Failure) {
	args := make([]value.Value, len(c.arguments))
	for i, a := range c.arguments {
		v, failure := a.fill(s)
		if failure != nil {
			return value.Value{}, failure
		}
		if i == 0 && a.isRaw && c.name == formatName {
			v = value.OfString(a.raw)
		}
		args[i] = v
		s.worked += v.Size() + 1
		s.Work(1 + v.Size()/bytesPerStep)
	}
	if s.worked > maxWork {
		return value.Value{}, c.failure(s, "the functions of the state go through too much data")
	}
	v, err := c.function.apply(s, args)
	if err != nil {
		return value.Value{}, c.failure(s, err.Error())
	}
	if !value.Fits(v, s.limits.Payload) {
		return value.Value{}, c.failure(s, fmt.Sprintf("the outcome is larger than %d bytes", s.limits.Payload))
	}
	return v, nil
}

func (c *call) failure(s *scope, detail string) *dag.Failure {
	return &dag.Failure{Error: errorIntrinsic, Cause: cause(s.State, "The function '%s' had the following error: %s", c.text, detail)}
}

// variables lists the variables that the arguments read.
func (c *call) variables() []string {
	var names []string
	for _, a := range c.arguments {
		switch t := a.template.(type) {
		case *call:
			names = append(names, t.variables()...)
		case pathTemplate:
			if t.path.Root() == jsonpath.Variable {
				names = append(names, t.path.VariableName())
			}
		}
	}
	return names
}

// placeholders counts the {} of a literal text of States.Format.
func (c *call) placeholders() (n int, ok bool) {
	if c.name != formatName || !c.arguments[0].isRaw {
		return 0, false
	}
	_, n = format(c.arguments[0].raw, nil)
	return n, true
}

// callParser reads intrinsic functions.
type callParser struct {
	text  string
	at    int
	field string
	most  int // how deep functions may nest
}

// parseCall reads the text of a field. Errors are *jsonpath.SyntaxError.
func (r *reader) parseCall(text, field string) (*call, error) {
	if len(text) > jsonpath.MaxLength {
		return nil, &jsonpath.SyntaxError{Detail: fmt.Sprintf("more than %d bytes", jsonpath.MaxLength)}
	}
	p := &callParser{text: text, field: field, most: r.options.Limits.Calls}
	c, err := p.call(1)
	if err != nil {
		return nil, err
	}
	if p.blank(); p.at < len(text) {
		return nil, p.fail("unexpected text after the function")
	}
	return c, nil
}

func (p *callParser) fail(format string, args ...any) error {
	return &jsonpath.SyntaxError{Offset: p.at, Detail: fmt.Sprintf(format, args...)}
}

func (p *callParser) blank() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *callParser) has(c byte) bool { return p.at < len(p.text) && p.text[p.at] == c }

func (p *callParser) call(depth int) (*call, error) {
	if depth > p.most {
		return nil, p.fail("functions nest deeper than %d levels", p.most)
	}
	start := p.at
	for p.at < len(p.text) && isNameByte(p.text[p.at]) {
		p.at++
	}
	c := &call{name: p.text[start:p.at]}
	if c.name == "" || !p.has('(') {
		p.at = start
		return nil, p.fail("expected a path ($...) or a function (States...)")
	}
	var known bool
	if c.function, known = functions(c.name); !known {
		p.at = start
		return nil, p.fail("there is no function %q", c.name)
	}
	p.at++
	if err := p.arguments(c, depth); err != nil {
		return nil, err
	}
	c.text = p.text[start:p.at]
	if n := len(c.arguments); n < c.function.least || n > c.function.most {
		p.at = start
		return nil, p.fail("%s takes %s, not %d", c.name, arity(c.function), n)
	}
	for i, a := range c.arguments {
		kinds := c.function.kinds
		if i >= len(kinds) || kinds[i] == value.Absent || !a.isValue {
			continue
		}
		if l, ok := a.template.(literal); ok && l.value.Kind() != kinds[i] {
			p.at = start
			return nil, p.fail("argument %d of %s must be %s, not %s", i+1, c.name, article(kinds[i]), article(l.value.Kind()))
		}
	}
	return c, nil
}

func arity(f function) string {
	switch {
	case f.least == f.most && f.least == 1:
		return "1 argument"
	case f.least == f.most:
		return fmt.Sprintf("%d arguments", f.least)
	case f.most == anyNumber:
		return fmt.Sprintf("at least %d arguments", f.least)
	}
	return fmt.Sprintf("%d or %d arguments", f.least, f.most)
}

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_'
}

// arguments reads what stands between the brackets, and the closing one.
func (p *callParser) arguments(c *call, depth int) error {
	p.blank()
	if p.has(')') {
		p.at++
		return nil
	}
	for {
		p.blank()
		a, err := p.argument(depth)
		if err != nil {
			return err
		}
		c.arguments = append(c.arguments, a)
		p.blank()
		switch {
		case p.has(','):
			p.at++
		case p.has(')'):
			p.at++
			return nil
		default:
			return p.fail("expected , or ) after an argument of %s", c.name)
		}
	}
}

func (p *callParser) argument(depth int) (argument, error) {
	switch {
	case p.at >= len(p.text):
		return argument{}, p.fail("the function is not closed")
	case p.has('$'):
		path, n, err := jsonpath.Prefix(p.text[p.at:])
		if err != nil {
			if e, ok := syntaxError(err); ok {
				return argument{}, &jsonpath.SyntaxError{Offset: p.at + e.Offset, Detail: e.Detail}
			}
			return argument{}, err
		}
		p.at += n
		return argument{template: pathTemplate{path, p.field}}, nil
	case p.has('\''):
		return p.quoted()
	}
	start := p.at
	for p.at < len(p.text) && strings.IndexByte(",() \t\r\n", p.text[p.at]) < 0 {
		p.at++
	}
	word := p.text[start:p.at]
	if p.has('(') {
		p.at = start
		c, err := p.call(depth + 1)
		return argument{template: c}, err
	}
	if v, err := value.Parse([]byte(word)); err == nil {
		switch v.Kind() {
		case value.Number, value.Bool, value.Null:
			return argument{template: literal{v}, isValue: true}, nil
		case value.Absent, value.String, value.Array, value.Object:
		}
	}
	p.at = start
	return argument{}, p.fail("expected a path, a function, a number, null, true, false or a text in single quotes")
}

// quoted reads a text in single quotes; \' \{ \} and \\ are its escapes.
func (p *callParser) quoted() (argument, error) {
	start := p.at
	p.at++
	var b strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		switch c {
		case '\'':
			p.at++
			return argument{template: literal{value.OfString(b.String())}, raw: p.text[start+1 : p.at-1], isRaw: true, isValue: true}, nil
		case '\\':
			if p.at+1 >= len(p.text) || strings.IndexByte(`'{}\`, p.text[p.at+1]) < 0 {
				return argument{}, p.fail(`a backslash must stand before ', {, } or another backslash`)
			}
			p.at++
			c = p.text[p.at]
		}
		b.WriteByte(c)
		p.at++
	}
	p.at = start
	return argument{}, p.fail("the quote is not closed")
}
