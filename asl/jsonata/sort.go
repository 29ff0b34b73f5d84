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
		return e.ofItems(append([]item(nil), input...), sequence), nil
	}
	sorted, err := e.order(s, len(input), func(i int) (item, *frame) { return input[i], env })
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
	places, err := e.order(s, len(tuples), func(i int) (item, *frame) { return tuples[i].item, tuples[i].frame(env) })
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

// order returns the order of n items as places. The terms are evaluated once
// for each item, and only when a comparison needs them.
func (e *evaluation) order(s *sortStep, n int, get func(int) (item, *frame)) ([]int, *Error) {
	criteria := make([]criterion, n*len(s.by))
	if err := e.grow(len(criteria) * itemSize); err != nil {
		return nil, err
	}
	value := func(i, term int) (item, *Error) {
		c := &criteria[i*len(s.by)+term]
		if c.known {
			return c.value, nil
		}
		in, env := get(i)
		var err *Error
		c.value, err = e.evaluate(s.by[term], in, env)
		if c.value.kind == number {
			c.value = ofNumber(c.value.float())
		}
		c.known = true
		return c.value, err
	}
	places := make([]int, n)
	for i := range places {
		places[i] = i
	}
	return mergeSort(places, func(i, j int) (bool, *Error) {
		if err := e.spend(1); err != nil {
			return false, err
		}
		a, b := &criteria[i*len(s.by)], &criteria[j*len(s.by)]
		if a.known && b.known && a.value.kind == number && b.value.kind == number && (a.value.num < b.value.num || a.value.num > b.value.num) {
			return (a.value.num > b.value.num) != s.descending[0], nil
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
	return list, sortWith(list, make([]int, len(list)), after)
}

// sortWith sorts a list with the help of a second of the same length.
func sortWith(list, spare []int, after func(i, j int) (bool, *Error)) *Error {
	if len(list) < 2 {
		return nil
	}
	middle := len(list) / 2
	if err := sortWith(list[:middle], spare[:middle], after); err != nil {
		return err
	}
	if err := sortWith(list[middle:], spare[middle:], after); err != nil {
		return err
	}
	copy(spare, list)
	left, right := spare[:middle], spare[middle:]
	for i := range list {
		if len(left) > 0 && len(right) > 0 {
			swap, err := after(left[0], right[0])
			if err != nil {
				return err
			}
			if !swap {
				list[i], left = left[0], left[1:]
				continue
			}
		} else if len(left) > 0 {
			list[i], left = left[0], left[1:]
			continue
		}
		list[i], right = right[0], right[1:]
	}
	return nil
}
