package jsonata

import "math"

// operator is what the two sides of a binary operator have in common.
type operator struct {
	left, right expression
	symbol      string
	offset      int
}

// sides evaluates both sides.
func (x *operator) sides(e *evaluation, in item, env *frame) (left, right item, err *Error) {
	if left, err = e.evaluate(x.left, in, env); err != nil {
		return left, right, err
	}
	if constant, ok := x.right.(*literal); ok {
		return left, constant.value, nil
	}
	right, err = e.evaluate(x.right, in, env)
	return left, right, err
}

// blame gives an error of the operator itself its place.
func (x *operator) blame(err *Error) *Error {
	err.Offset, err.details.placed = x.offset, true
	return err.about(x.symbol)
}

// isNumeric tells whether an item is a number to reckon with. An infinite one
// is an error.
func (e *evaluation) isNumeric(it item) (bool, *Error) {
	if it.kind != number {
		return false, nil
	}
	f := it.float()
	if math.IsInf(f, 0) {
		return false, fail("D1001").of("null")
	}
	return !math.IsNaN(f), nil
}

// arithmetic is + - * / %.
type arithmetic struct{ operator }

func (x *arithmetic) eval(e *evaluation, in item, env *frame) (item, *Error) {
	left, right, err := x.sides(e, in, env)
	if err != nil {
		return item{}, err
	}
	if left.kind != number || right.kind != number {
		return item{}, x.notNumbers(e, left, right)
	}
	a, b := left.float(), right.float()
	if a-a != 0 || b-b != 0 { // infinite or no number
		if err := x.notNumbers(e, left, right); err != nil {
			return item{}, err
		}
	}
	switch x.symbol[0] {
	case '+':
		a += b
	case '-':
		a -= b
	case '*':
		a *= b
	case '/':
		a /= b
	default:
		a = math.Mod(a, b)
	}
	return ofNumber(a), nil
}

// notNumbers says which of two sides is no number to reckon with, nil if they
// are at most undefined.
func (x *arithmetic) notNumbers(e *evaluation, left, right item) *Error {
	for i, side := range []item{left, right} {
		ok, err := e.isNumeric(side)
		if err == nil && !ok && side.kind != undefined {
			err = fail([]string{"T2001", "T2002"}[i]).of(e.shown(side))
		}
		if err != nil {
			return x.blame(err)
		}
	}
	return nil
}

// negation is the minus of one number.
type negation struct {
	operand expression
	offset  int
}

func (x *negation) eval(e *evaluation, in item, env *frame) (item, *Error) {
	it, err := e.evaluate(x.operand, in, env)
	if err != nil || it.kind == undefined {
		return item{}, err
	}
	ok, err := e.isNumeric(it)
	if err != nil {
		return item{}, err
	}
	if !ok {
		return item{}, failAt("D1002", x.offset).about("-").of(e.shown(it))
	}
	return ofNumber(-it.float()), nil
}

// logic is and, or. The right side is evaluated only when it matters; an error
// in it is told as one of the operator, as the reference does.
type logic struct{ operator }

func (x *logic) eval(e *evaluation, in item, env *frame) (item, *Error) {
	left, err := e.evaluate(x.left, in, env)
	if err != nil {
		return item{}, err
	}
	yes, err := e.truth(left)
	if err == nil && yes == (x.symbol == "and") {
		var right item
		if right, err = e.evaluate(x.right, in, env); err == nil {
			yes, err = e.truth(right)
		}
	}
	if err != nil {
		return item{}, x.blame(err)
	}
	return ofBool(yes), nil
}
