package jsonata

// sortStep is ^(a, >b).
type sortStep struct {
	by         []expression
	descending []bool
	offset     int
}

// sort orders items. One item alone is returned as it came.
func (e *evaluation) sort(s *sortStep, input []item, env *frame) (item, *Error) {
	if len(input) < 2 {
		return e.ofItems(input, sequence), nil
	}
	tuples := make([]tuple, len(input))
	for i, in := range input {
		tuples[i].item = in
	}
	sorted, err := e.order(s, tuples, func(*tuple) *frame { return env })
	if err != nil {
		return item{}, err
	}
	items := make([]item, len(sorted))
	for i, at := range sorted {
		items[i] = input[at]
	}
	return e.ofItems(items, 0), e.grow(len(items) * itemSize)
}

func (e *evaluation) sortTuples(s *sortStep, tuples []tuple, env *frame) ([]tuple, *Error) {
	if len(tuples) < 2 {
		return tuples, nil
	}
	places, err := e.order(s, tuples, func(t *tuple) *frame { return t.frame(env) })
	if err != nil {
		return nil, err
	}
	sorted := make([]tuple, len(tuples))
	for i, at := range places {
		sorted[i] = tuples[at]
	}
	return sorted, e.growTuples(len(sorted), 0)
}

// criterion is the value of a term for an item, once it was evaluated.
type criterion struct {
	known bool
	value item
}

// order returns the order of tuples as places. The terms are evaluated once
// for each item, and only when a comparison needs them.
func (e *evaluation) order(s *sortStep, tuples []tuple, frame func(*tuple) *frame) ([]int, *Error) {
	criteria := make([]criterion, len(tuples)*len(s.by))
	if err := e.grow(len(criteria) * itemSize); err != nil {
		return nil, err
	}
	value := func(i, term int) (item, *Error) {
		c := &criteria[i*len(s.by)+term]
		if c.known {
			return c.value, nil
		}
		var err *Error
		c.value, err = e.evaluate(s.by[term], tuples[i].item, frame(&tuples[i]))
		if c.value.kind == number {
			c.value = ofNumber(c.value.float())
		}
		c.known = true
		return c.value, err
	}
	places := make([]int, len(tuples))
	for i := range places {
		places[i] = i
	}
	return mergeSort(places, func(i, j int) (bool, *Error) {
		if err := e.spend(1); err != nil {
			return false, err
		}
		for term := range s.by {
			a, err := value(i, term)
			if err != nil {
				return false, err
			}
			b, err := value(j, term)
			if err != nil {
				return false, err
			}
			order, err := e.compare(s, a, b)
			if err != nil {
				return false, err
			}
			if a.kind != undefined && b.kind != undefined && s.descending[term] {
				order = -order
			}
			if order != 0 {
				return order > 0, nil
			}
		}
		return false, nil
	})
}

// compare orders two criteria; undefined comes last.
func (e *evaluation) compare(s *sortStep, a, b item) (int, *Error) {
	switch {
	case a.kind == undefined && b.kind == undefined:
		return 0, nil
	case a.kind == undefined:
		return 1, nil
	case b.kind == undefined:
		return -1, nil
	}
	for _, it := range []item{a, b} {
		if it.kind != str && it.kind != number {
			return 0, failAt("T2008", s.offset).of(e.shown(it))
		}
	}
	if a.kind != b.kind {
		err := failAt("T2007", s.offset).of(e.shown(a))
		err.details.value2 = e.shown(b)
		return 0, err
	}
	if a.kind == str {
		return compareText(a.text, b.text), nil
	}
	switch {
	case a.num == b.num:
		return 0, nil
	case a.num < b.num:
		return -1, nil
	}
	return 1, nil
}

// mergeSort sorts stably: after says that its first argument, which stands
// before the second, belongs after it. Any answers of after lead to an end.
func mergeSort(list []int, after func(i, j int) (bool, *Error)) ([]int, *Error) {
	if len(list) < 2 {
		return list, nil
	}
	middle := len(list) / 2
	left, err := mergeSort(list[:middle:middle], after)
	if err != nil {
		return nil, err
	}
	right, err := mergeSort(list[middle:], after)
	if err != nil {
		return nil, err
	}
	merged := make([]int, 0, len(list))
	for len(left) > 0 && len(right) > 0 {
		swap, err := after(left[0], right[0])
		if err != nil {
			return nil, err
		}
		if swap {
			merged, right = append(merged, right[0]), right[1:]
		} else {
			merged, left = append(merged, left[0]), left[1:]
		}
	}
	return append(append(merged, left...), right...), nil
}
