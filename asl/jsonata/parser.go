package jsonata

// parser reads an expression by operator precedence (Pratt): a token in first
// place stands for itself or is a prefix; the operators that follow take what
// is on their left as long as they bind tighter than the surroundings.
type parser struct {
	lex     lexer
	now     token // the token to be read next
	depth   int
	parents int // the operators % so far
}

// parse reads a whole text.
func parse(text string) (*tree, *Error) {
	p := parser{lex: lexer{text: text}}
	if err := p.advance(false); err != nil {
		return nil, err
	}
	t, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if p.now.kind != tokenEnd {
		return nil, p.unexpected("S0201", p.now)
	}
	return t, nil
}

// unexpected makes an error about a token.
func (p *parser) unexpected(code string, t token) *Error {
	err := failAt(code, t.offset).about(t.text)
	switch t.kind {
	case tokenEnd:
		err.Token = "(end)"
	case tokenNumber:
		err.Token = formatNumber(t.number)
	case tokenOperator, tokenName, tokenVariable, tokenString, tokenConstant, tokenRegex:
	}
	err.details.token = t.shown()
	return err
}

// advance reads the next token.
func (p *parser) advance(afterOperand bool) *Error {
	t, err := p.lex.next(afterOperand)
	if err == nil && (t.is("!") || t.is("~")) { // they end a name and are nothing by themselves
		err = p.unexpected("S0204", t)
	}
	p.now = t
	return err
}

// expect passes over an operator that must be there.
func (p *parser) expect(operator string, afterOperand bool) *Error {
	if !p.now.is(operator) {
		code := "S0202"
		if p.now.kind == tokenEnd {
			code = "S0203"
		}
		return p.unexpected(code, p.now).of(quoted(operator))
	}
	return p.advance(afterOperand)
}

// bindingPower tells how tightly a token binds what is on its left.
func bindingPower(t token) int {
	if t.kind != tokenOperator {
		return 0
	}
	switch t.text {
	case "[", "(", "@", "#":
		return 80
	case ".":
		return 75
	case "{":
		return 70
	case "*", "/", "%":
		return 60
	case "+", "-", "&":
		return 50
	case "=", "<", ">", "!=", "<=", ">=", "in", "~>", "^":
		return 40
	case "and":
		return 30
	case "or":
		return 25
	case "?":
		return 20
	case ":=":
		return 10
	}
	return 0
}

// expression reads on while operators bind tighter than the given power.
func (p *parser) expression(power int) (*tree, *Error) {
	if p.depth++; p.depth > maxNesting {
		return nil, exceeded("depth", "The expression nests deeper than %d levels", maxNesting).at(p.now.offset)
	}
	defer func() { p.depth-- }()
	t := p.now
	if err := p.advance(true); err != nil {
		return nil, err
	}
	left, err := p.prefix(t)
	if err != nil {
		return nil, err
	}
	for power < bindingPower(p.now) {
		t = p.now
		if err := p.advance(false); err != nil {
			return nil, err
		}
		if left, err = p.infix(t, left); err != nil {
			return nil, err
		}
	}
	return left, nil
}

// list reads expressions between commas up to a closing token.
func (p *parser) list(closing string, item func() (*tree, *Error)) ([]*tree, *Error) {
	var items []*tree
	for !p.now.is(closing) {
		t, err := item()
		if err != nil {
			return nil, err
		}
		items = append(items, t)
		if !p.now.is(",") {
			break
		}
		if err := p.advance(false); err != nil {
			return nil, err
		}
		if p.now.is(closing) { // a comma promises another item
			return nil, p.unexpected("S0211", p.now)
		}
	}
	return items, p.expect(closing, true)
}
