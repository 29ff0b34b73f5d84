package jsonata

import "math"

// filter keeps the items for which a predicate holds, or those at the
// positions that it names. What is no array counts as one item.
func (e *evaluation) filter(x expression, in item, env *frame) (item, *Error) {
	if in.kind == array && in.has(stream) && in.node.state == joined {
		kept, err := e.filterTuples(x, in.node.more.tuples, env)
		return e.ofTuples(kept), err
	}
	one := [1]item{in}
	n, items := 1, one[:]
	if in.kind == array {
		if n = e.size(in.node); in.node.state != counted {
			items = in.node.items
		}
	}
	at := func(i int) item {
		if in.kind == array && in.node.state == counted {
			return e.element(in.node, i)
		}
		return items[i]
	}
	if lit, ok := x.(*literal); ok && lit.value.kind == number {
		i, ok := position(lit.value.float(), n)
		if !ok || at(i).kind == undefined {
			return item{}, nil
		}
		if it := at(i); it.kind == array {
			return it, nil
		}
		return e.ofItems([]item{at(i)}, sequence), nil
	}
	mark := len(e.stack)
	for i := range n {
		it := at(i)
		result, err := e.evaluate(x, it, env)
		if err != nil {
			return item{}, err
		}
		times := int(result.num)
		if result.kind != boolean {
			if times, err = e.selects(result, i, n); err != nil {
				return item{}, err
			}
		}
		for range times {
			if err := e.push(it); err != nil {
				return item{}, err
			}
		}
	}
	if len(e.stack) == mark {
		return item{}, nil
	}
	return e.ofItems(e.popped(mark), sequence), nil
}

// position returns the index that a number stands for among n items: rounded
// down, and counted from the end when it is negative.
func position(f float64, n int) (int, bool) {
	f = math.Floor(f)
	if f < 0 {
		f += float64(n)
	}
	return int(f), f >= 0 && f < float64(n)
}

// selects returns how often the result of a predicate selects item i of n: a
// number, or each number of an array, selects by position; anything else by
// its truth.
func (e *evaluation) selects(result item, i, n int) (int, *Error) {
	numeric, err := e.isNumeric(result)
	if err != nil {
		return 0, err
	}
	if numeric {
		if at, ok := position(result.float(), n); ok && at == i {
			return 1, nil
		}
		return 0, nil
	}
	if result.kind == array {
		positions, all, err := e.numbers(result)
		if err != nil {
			return 0, err
		}
		if all {
			times := 0
			for _, p := range positions {
				if at, ok := position(p.float(), n); ok && at == i {
					times++
				}
			}
			return times, nil
		}
	}
	yes, err := e.truth(result)
	if err != nil || !yes {
		return 0, err
	}
	return 1, nil
}

// numbers returns the elements of an array and whether all are numbers.
func (e *evaluation) numbers(it item) ([]item, bool, *Error) {
	items, err := e.elements(it.node)
	if err != nil {
		return nil, false, err
	}
	if err := e.spend(len(items) / 4); err != nil {
		return nil, false, err
	}
	for _, it := range items {
		if ok, err := e.isNumeric(it); err != nil || !ok {
			return nil, false, err
		}
	}
	return items, true, nil
}

// truth returns what a condition makes of an item; undefined is false.
func (e *evaluation) truth(it item) (bool, *Error) {
	switch it.kind {
	case boolean:
		return it.num == 1, nil
	case str:
		return it.text != "", nil
	case number:
		ok, err := e.isNumeric(it)
		return ok && it.float() != 0, err
	case object:
		return e.size(it.node) > 0, nil
	case callable:
		// A function is true where it is itself the condition, but not as an argument.
		_, native := it.node.more.call.(*matcher)
		return !native && !it.has(passed), nil
	case array:
		return e.anyTruth(it)
	case undefined, null, tail:
	}
	return false, nil
}

// anyTruth tells whether an element of an array is true.
func (e *evaluation) anyTruth(it item) (bool, *Error) {
	if err := e.enter(); err != nil {
		return false, err
	}
	defer e.leave()
	if it.node.state == counted {
		return it.node.more.count > 1 || it.node.more.from != 0, nil
	}
	e.open(it.node)
	for _, element := range it.node.items {
		e.steps--
		if yes, err := e.truth(element); yes || err != nil {
			return yes, err
		}
	}
	return false, nil
}
