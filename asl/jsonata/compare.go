package jsonata

import "strings"

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
	if left.kind != right.kind || left.kind != number && left.kind != str {
		return item{}, x.notOrdered(e, left, right)
	}
	var less, same bool
	if left.kind == number {
		a, b := left.float(), right.float()
		if a != a || b != b { // NaN
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

// notOrdered says why two sides cannot be compared, nil if one is undefined.
func (x *ordering) notOrdered(e *evaluation, left, right item) *Error {
	for _, side := range []item{left, right} {
		if side.kind != undefined && side.kind != str && side.kind != number {
			return x.blame(fail("T2010").of(e.shown(side)))
		}
	}
	if left.kind == undefined || right.kind == undefined {
		return nil
	}
	err := fail("T2009").of(e.shown(left))
	err.details.value2 = e.shown(right)
	return x.blame(err)
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
