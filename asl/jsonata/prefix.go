package jsonata

// prefix makes a tree of a token in first place, reading what belongs to it.
func (p *parser) prefix(t token) (*tree, *Error) {
	n := &tree{value: t.text, offset: t.offset}
	switch t.kind {
	case tokenEnd:
		n.kind = treeEnd
	case tokenName:
		n.kind = treeName
	case tokenVariable:
		n.kind = treeVariable
	case tokenString:
		n.kind = treeString
	case tokenNumber:
		n.kind, n.number = treeNumber, t.number
	case tokenConstant:
		n.kind = treeConstant
	case tokenRegex:
		n.kind, n.regex = treeRegex, t.regex
	case tokenOperator:
		return n, p.prefixOperator(n, t)
	}
	return n, nil
}

func (p *parser) prefixOperator(n *tree, t token) *Error {
	var err *Error
	switch t.text {
	case "and", "or", "in":
		n.kind = treeKeyword
	case "*":
		n.kind = treeWildcard
	case "**":
		n.kind = treeDescendants
	case "%":
		n.kind = treeParent
		if p.parents++; p.parents > maxParents {
			err = exceeded("size", "The expression has more than %d operators %%", maxParents).at(t.offset)
		}
	case "-":
		n.kind = treeNegation
		n.left, err = p.expression(70)
	case "(":
		n.kind = treeBlock
		n.items, err = p.block()
	case "[":
		n.kind = treeArray
		n.items, err = p.list("]", p.arrayItem)
	case "{":
		n.kind = treeObject
		n.pairs, err = p.pairs()
	case "|":
		n.kind = treeTransform
		err = p.transform(n)
	default:
		err = p.unexpected("S0211", t)
	}
	return err
}

// block reads expressions between semicolons.
func (p *parser) block() ([]*tree, *Error) {
	var items []*tree
	for !p.now.is(")") {
		t, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		items = append(items, t)
		if !p.now.is(";") {
			break
		}
		if err := p.advance(false); err != nil {
			return nil, err
		}
	}
	return items, p.expect(")", true)
}

// arrayItem reads an expression or a range.
func (p *parser) arrayItem() (*tree, *Error) {
	from, err := p.expression(0)
	if err != nil || !p.now.is("..") {
		return from, err
	}
	n := &tree{kind: treeBinary, value: "..", offset: p.now.offset, left: from}
	if err := p.advance(false); err != nil {
		return nil, err
	}
	n.right, err = p.expression(0)
	return n, err
}

// pairs reads keys and values up to the closing brace.
func (p *parser) pairs() ([]pair, *Error) {
	var pairs []pair
	for !p.now.is("}") {
		key, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		if err := p.expect(":", false); err != nil {
			return nil, err
		}
		value, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, pair{key, value})
		if !p.now.is(",") {
			break
		}
		if err := p.advance(false); err != nil {
			return nil, err
		}
		if p.now.is("}") { // a comma promises another pair
			return nil, p.unexpected("S0211", p.now)
		}
	}
	return pairs, p.expect("}", true)
}

// transform reads |pattern|update| or |pattern|update,removal|.
func (p *parser) transform(n *tree) *Error {
	var err *Error
	if n.pattern, err = p.expression(0); err != nil {
		return err
	}
	if err = p.expect("|", false); err != nil {
		return err
	}
	if n.update, err = p.expression(0); err != nil {
		return err
	}
	if p.now.is(",") {
		if err = p.advance(false); err != nil {
			return err
		}
		if n.removal, err = p.expression(0); err != nil {
			return err
		}
	}
	return p.expect("|", false)
}
