package jsonata

import "math"

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
