package jsonata

import (
	"math"
	"strings"
)

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
	for i, side := range []item{left, right} {
		ok, err := e.isNumeric(side)
		if err == nil && !ok && side.kind != undefined {
			err = fail([]string{"T2001", "T2002"}[i]).of(e.shown(side))
		}
		if err != nil {
			return item{}, x.blame(err)
		}
	}
	if left.kind == undefined || right.kind == undefined {
		return item{}, nil
	}
	a, b := left.float(), right.float()
	switch x.symbol {
	case "+":
		a += b
	case "-":
		a -= b
	case "*":
		a *= b
	case "/":
		a /= b
	default:
		a = math.Mod(a, b)
	}
	return ofNumber(a), nil
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

// equality is = and !=.
type equality struct{ operator }

func (x *equality) eval(e *evaluation, in item, env *frame) (item, *Error) {
	left, right, err := x.sides(e, in, env)
	if err != nil {
		return item{}, err
	}
	if left.kind == undefined || right.kind == undefined {
		return ofBool(false), nil
	}
	same, err := e.equal(left, right)
	if err != nil {
		return item{}, x.blame(err)
	}
	return ofBool(same == (x.symbol == "=")), nil
}

// ordering is < <= > >=.
type ordering struct{ operator }

func (x *ordering) eval(e *evaluation, in item, env *frame) (item, *Error) {
	left, right, err := x.sides(e, in, env)
	if err != nil {
		return item{}, err
	}
	for _, side := range []item{left, right} {
		if side.kind != undefined && side.kind != str && side.kind != number {
			return item{}, x.blame(fail("T2010").of(e.shown(side)))
		}
	}
	if left.kind == undefined || right.kind == undefined {
		return item{}, nil
	}
	if left.kind != right.kind {
		err := fail("T2009").of(e.shown(left))
		err.details.value2 = e.shown(right)
		return item{}, x.blame(err)
	}
	var less, same bool
	if left.kind == number {
		a, b := left.float(), right.float()
		if math.IsNaN(a) || math.IsNaN(b) {
			return ofBool(false), nil
		}
		less, same = a < b, a == b
	} else {
		order := compareText(left.text, right.text)
		less, same = order < 0, order == 0
		e.steps -= min(len(left.text), len(right.text)) / bytesPerStep
	}
	switch x.symbol {
	case "<":
		return ofBool(less), nil
	case "<=":
		return ofBool(less || same), nil
	case ">":
		return ofBool(!less && !same), nil
	}
	return ofBool(!less), nil
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

// inclusion is in.
type inclusion struct{ operator }

func (x *inclusion) eval(e *evaluation, in item, env *frame) (item, *Error) {
	left, right, err := x.sides(e, in, env)
	if err != nil {
		return item{}, err
	}
	if left.kind == undefined || right.kind == undefined {
		return ofBool(false), nil
	}
	items := []item{right}
	if right.kind == array {
		if items, err = e.elements(right.node); err != nil {
			return item{}, x.blame(err)
		}
		if err := e.spend(len(items) / 8); err != nil {
			return item{}, x.blame(err)
		}
	}
	for _, it := range items {
		if identical(left, it) {
			return ofBool(true), nil
		}
	}
	return ofBool(false), nil
}

// identical tells whether two items are the same scalar or the same node.
func identical(a, b item) bool {
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case number:
		return a.float() == b.float()
	case boolean:
		return a.num == b.num
	case str:
		return a.text == b.text
	case array, object, callable:
		return a.node == b.node
	default:
		return true
	}
}

// concatenation is a & b & c.
type concatenation struct {
	parts   []expression
	offsets []int // of the operator before each part
}

func (x *concatenation) eval(e *evaluation, in item, env *frame) (item, *Error) {
	start := len(e.scratch)
	defer func() { e.scratch = e.scratch[:start] }()
	// the texts of a & b are made before c is evaluated
	var first item
	for i, part := range x.parts {
		it, err := e.evaluate(part, in, env)
		if err != nil {
			return item{}, err
		}
		if i == 0 {
			first = it
			continue
		}
		if i == 1 {
			err = e.write(first)
		}
		if err == nil {
			err = e.write(it)
		}
		if err != nil {
			err.Offset, err.details.placed = x.offsets[i], true
			return item{}, err.about("&")
		}
	}
	if err := e.grow(len(e.scratch) - start); err != nil {
		return item{}, err
	}
	return ofText(string(e.scratch[start:])), nil
}

// write appends the text of an item to the scratch.
func (e *evaluation) write(it item) *Error {
	switch it.kind {
	case undefined:
	case str:
		if err := e.room(len(e.scratch) + len(it.text)); err != nil {
			return err
		}
		e.scratch = append(e.scratch, it.text...)
	default:
		b, err := e.appendText(e.scratch, it, false)
		if err != nil {
			return err
		}
		e.scratch = b
	}
	return nil
}

// rangeExpression is from..to.
type rangeExpression struct{ operator }

// MaxRange is the longest array that from..to makes.
const MaxRange = 10_000_000

func (x *rangeExpression) eval(e *evaluation, in item, env *frame) (item, *Error) {
	left, right, err := x.sides(e, in, env)
	if err != nil {
		return item{}, err
	}
	for i, side := range []item{left, right} {
		if side.kind != undefined && !isInteger(side) {
			return item{}, x.blame(fail([]string{"T2003", "T2004"}[i]).of(e.shown(side)))
		}
	}
	if left.kind == undefined || right.kind == undefined {
		return item{}, nil
	}
	from, to := left.float(), right.float()
	if from > to {
		return item{}, nil
	}
	if to-from+1 > MaxRange {
		return item{}, x.blame(fail("D2014").of(formatNumber(to - from + 1)))
	}
	n := e.newNode()
	n.state, n.more = counted, &more{from: from, count: int(to - from + 1)}
	return item{kind: array, flags: sequence, node: n}, nil
}

func isInteger(it item) bool {
	if it.kind != number {
		return false
	}
	f := it.float()
	return f == math.Trunc(f) && !math.IsInf(f, 0)
}

// compareText orders strings by their UTF-16 units, as the reference does.
func compareText(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			// Only a character beyond the first plane, which begins with 0xF0 or
			// more, comes before one that begins with 0xEE or 0xEF.
			if a[i] >= 0xEE && b[i] >= 0xEE && (a[i] >= 0xF0) != (b[i] >= 0xF0) {
				return strings.Compare(b[i:], a[i:])
			}
			break
		}
	}
	return strings.Compare(a, b)
}
