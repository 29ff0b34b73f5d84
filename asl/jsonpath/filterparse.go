package jsonpath

import (
	"encoding/json"
	"strings"

	"github.com/serverledge/serverledge/dag/value"
)

// operators, longer ones before their beginnings.
func operators() []string {
	return []string{"==", "!=", "<=", ">=", "=~", "<", ">", "subsetof", "noneof", "anyof", "contains", "empty", "size", "nin", "in"}
}

// filterStep reads (expression) after the question mark.
func (p *parser) filterStep() (step, error) {
	p.blank()
	if !p.has("(") {
		return step{}, p.fail("a filter is written [?( ... )]")
	}
	x, err := p.unary()
	return step{kind: stepFilter, filter: x}, err
}

// deeper guards the recursion of nested expressions.
func (p *parser) deeper() error {
	if p.depth++; p.depth > maxDepth {
		return p.fail("filters nest deeper than %d levels", maxDepth)
	}
	return nil
}

func (p *parser) or() (expression, error) {
	var xs some
	for {
		x, err := p.and()
		if err != nil {
			return nil, err
		}
		xs = append(xs, x)
		p.blank()
		if !p.take("||") {
			break
		}
	}
	if len(xs) == 1 {
		return xs[0], nil
	}
	return xs, nil
}

func (p *parser) and() (expression, error) {
	var xs all
	for {
		x, err := p.unary()
		if err != nil {
			return nil, err
		}
		xs = append(xs, x)
		p.blank()
		if !p.take("&&") {
			break
		}
	}
	if len(xs) == 1 {
		return xs[0], nil
	}
	return xs, nil
}

func (p *parser) unary() (expression, error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	p.blank()
	switch {
	case p.has("!") && !p.has("!="):
		p.at++
		x, err := p.unary()
		return not{x}, err
	case p.take("("):
		x, err := p.or()
		if err != nil {
			return nil, err
		}
		p.blank()
		if !p.take(")") {
			return nil, p.fail("( is not closed")
		}
		return x, nil
	}
	return p.relation()
}

func (p *parser) relation() (expression, error) {
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	p.blank()
	operator := ""
	for _, o := range operators() {
		if p.take(o) {
			operator = o
			break
		}
	}
	if operator == "" {
		if left.path == nil {
			return nil, p.fail("a comparison is missing")
		}
		return exists{left}, nil
	}
	p.blank()
	r := relation{operator: operator, left: left}
	if operator == "=~" {
		r.pattern, err = p.pattern()
		return r, err
	}
	r.right, err = p.operand()
	return r, err
}

// operand reads a path or a literal.
func (p *parser) operand() (operand, error) {
	p.blank()
	switch {
	case p.at >= len(p.text):
		return operand{}, p.fail("the filter ends too early")
	case p.has("@"), p.has("$"):
		return p.operandPath()
	case p.has("'") || p.has(`"`):
		s, err := p.quoted()
		return operand{literal: value.OfString(s)}, err
	}
	if p.has("[") {
		return p.list()
	}
	// A bare word is a string: published workflows that run on AWS rely on it.
	switch word := p.identifier(); word {
	case "":
	case "true":
		return operand{literal: value.TrueValue}, nil
	case "false":
		return operand{literal: value.FalseValue}, nil
	case "null":
		return operand{literal: value.NullValue}, nil
	default:
		return operand{literal: value.OfString(word)}, nil
	}
	// A number: let the JSON reader find its end.
	decoder := json.NewDecoder(strings.NewReader(p.text[p.at:numberEnd(p.text, p.at)]))
	decoder.UseNumber()
	var n json.Number
	if err := decoder.Decode(&n); err != nil || int(decoder.InputOffset()) != numberEnd(p.text, p.at)-p.at {
		return operand{}, p.fail("expected a path, a number, a text in quotes, true, false or null")
	}
	p.at = numberEnd(p.text, p.at)
	return operand{literal: value.OfNumber(n.String())}, nil
}

func numberEnd(text string, at int) int {
	for at < len(text) && strings.IndexByte("+-.0123456789eE", text[at]) >= 0 {
		at++
	}
	return at
}

// operandPath reads @... or $... inside a filter.
func (p *parser) operandPath() (operand, error) {
	o := operand{current: p.has("@"), path: &Path{}}
	from, outer := p.at, p.embedded
	p.at++
	p.embedded = true
	err := p.steps(o.path)
	p.embedded = outer
	if err != nil {
		return o, err
	}
	o.path.text = p.text[from:p.at]
	o.path.classify()
	return o, nil
}

// list reads [1,'a',true].
func (p *parser) list() (operand, error) {
	if err := p.deeper(); err != nil {
		return operand{}, err
	}
	defer func() { p.depth-- }()
	p.at++
	var items []value.Value
	for {
		p.blank()
		if len(items) == 0 && p.take("]") {
			break
		}
		o, err := p.operand()
		if err != nil {
			return o, err
		}
		if o.path != nil {
			return o, p.fail("a list in a filter holds plain values")
		}
		items = append(items, o.literal)
		p.blank()
		if p.take("]") {
			break
		}
		if !p.take(",") {
			return o, p.fail("expected , or ] in a list")
		}
	}
	return operand{literal: value.OfArray(items...)}, nil
}
