package jsonata

import "strings"

// infix makes a tree of an operator and what is on its left, reading what
// belongs to it.
func (p *parser) infix(t token, left *tree) (*tree, *Error) {
	n := &tree{kind: treeBinary, value: t.text, offset: t.offset, left: left}
	var err *Error
	switch t.text {
	case "(":
		return n, p.call(n)
	case "[":
		if p.now.is("]") {
			step := left
			for step.kind == treeBinary && step.value == "[" {
				step = step.left
			}
			step.keepArray = true
			return left, p.advance(false)
		}
		if n.right, err = p.expression(0); err != nil {
			return nil, err
		}
		return n, p.expect("]", true)
	case "{":
		n.pairs, err = p.pairs()
	case "^":
		n.terms, err = p.terms()
	case "?":
		n.kind, n.condition, n.left = treeCondition, left, nil
		if n.then, err = p.expression(0); err != nil || !p.now.is(":") {
			return n, err
		}
		if err = p.advance(false); err != nil {
			return nil, err
		}
		n.otherwise, err = p.expression(0)
	case ":=":
		if left.kind != treeVariable {
			return nil, failAt("S0212", left.offset).about(left.value)
		}
		n.right, err = p.expression(9) // the right one of two binds first
	case "@", "#":
		if n.right, err = p.expression(80); err != nil {
			return nil, err
		}
		if n.right.kind != treeVariable {
			return nil, failAt("S0214", n.right.offset).about(t.text)
		}
	default:
		n.right, err = p.expression(bindingPower(t))
	}
	return n, err
}

// terms reads the criteria of a sort.
func (p *parser) terms() ([]term, *Error) {
	if err := p.expect("(", false); err != nil {
		return nil, err
	}
	var terms []term
	for {
		var one term
		if p.now.is("<") || p.now.is(">") {
			one.descending = p.now.is(">")
			if err := p.advance(false); err != nil {
				return nil, err
			}
		}
		var err *Error
		if one.by, err = p.expression(0); err != nil {
			return nil, err
		}
		terms = append(terms, one)
		if !p.now.is(",") {
			return terms, p.expect(")", false)
		}
		if err := p.advance(false); err != nil {
			return nil, err
		}
	}
}

// call reads arguments. A call of "function" is the definition of one.
func (p *parser) call(n *tree) *Error {
	n.kind, n.procedure, n.left = treeCall, n.left, nil
	n.offset = n.procedure.offset // what is called, not the bracket
	var err *Error
	n.items, err = p.list(")", func() (*tree, *Error) {
		if !p.now.is("?") {
			return p.expression(0)
		}
		n.kind = treePartial
		hole := &tree{kind: treePlaceholder, value: "?", offset: p.now.offset}
		return hole, p.advance(false)
	})
	if err != nil {
		return err
	}
	if n.procedure.kind != treeName || n.procedure.value != "function" && n.procedure.value != "λ" {
		return nil
	}
	for i, parameter := range n.items {
		if parameter.kind != treeVariable {
			return failAt("S0208", parameter.offset).about(parameter.value).of(formatNumber(float64(i + 1)))
		}
	}
	n.kind = treeLambda
	if p.now.is("<") {
		if err := p.signature(n); err != nil {
			return err
		}
	}
	if err := p.expect("{", false); err != nil {
		return err
	}
	if n.body, err = p.expression(0); err != nil {
		return err
	}
	return p.expect("}", false)
}

// signature reads <...> after the parameters of a function.
func (p *parser) signature(n *tree) *Error {
	offset, depth := p.now.offset, 1
	var text strings.Builder
	text.WriteByte('<')
	for depth > 0 && !p.now.is("{") && p.now.kind != tokenEnd {
		if err := p.advance(false); err != nil {
			return err
		}
		switch {
		case p.now.is(">"):
			depth--
		case p.now.is("<"):
			depth++
		}
		if p.now.kind == tokenNumber {
			text.WriteString(formatNumber(p.now.number))
		} else {
			text.WriteString(p.now.text)
		}
	}
	if err := p.expect(">", false); err != nil {
		return err
	}
	var err *Error
	n.signature, err = parseSignature(text.String())
	if err != nil {
		err.Offset += offset
	}
	return err
}
