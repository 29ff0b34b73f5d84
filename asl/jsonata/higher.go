package jsonata

// forEach calls a function with each element of an array, its index and the
// array, as far as the function declares them.
func (e *evaluation) forEach(list, f item, use func(i int, element, result item) *Error) *Error {
	var args [3]item
	args[2] = list
	for i := range e.size(list.node) {
		args[0], args[1] = e.element(list.node, i), ofNumber(float64(i))
		element := args[0]
		result, err := e.callWith(f, args[:])
		if err == nil {
			err = use(i, element, result)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mapItems is $map.
func mapItems(e *evaluation, args []item) (item, *Error) {
	if args[0].kind != array {
		return item{}, nil
	}
	mark := len(e.stack)
	err := e.forEach(args[0], at(args, 1), func(_ int, _, result item) *Error {
		if result.kind != undefined {
			return e.push(result)
		}
		return nil
	})
	if err != nil {
		return item{}, err
	}
	return e.ofItems(e.popped(mark), sequence), nil
}

// filterItems is $filter.
func filterItems(e *evaluation, args []item) (item, *Error) {
	if args[0].kind != array {
		return item{}, nil
	}
	mark := len(e.stack)
	err := e.forEach(args[0], at(args, 1), func(_ int, element, result item) *Error {
		yes, err := e.truth(result)
		if err == nil && yes {
			err = e.push(element)
		}
		return err
	})
	if err != nil {
		return item{}, err
	}
	return e.ofItems(e.popped(mark), sequence), nil
}

// single is $single: the one element for which the function is true.
func single(e *evaluation, args []item) (item, *Error) {
	if args[0].kind != array {
		return item{}, nil
	}
	found := 0
	var only item
	note := func(i int, element, result item) *Error {
		yes, err := e.truth(result)
		if err != nil || !yes {
			return err
		}
		if found++; found > 1 {
			err := fail("D3138")
			err.details.index = i
			return err
		}
		only = element
		return nil
	}
	if f := at(args, 1); f.kind != undefined {
		if err := e.forEach(args[0], f, note); err != nil {
			return item{}, err
		}
	} else {
		for i := range e.size(args[0].node) {
			if err := note(i, e.element(args[0].node, i), ofBool(true)); err != nil {
				return item{}, err
			}
		}
	}
	if found == 0 {
		return item{}, fail("D3139")
	}
	return only, nil
}

// reduce is $reduce.
func reduce(e *evaluation, args []item) (item, *Error) {
	list, f, result := args[0], at(args, 1), at(args, 2)
	if list.kind != array {
		return item{}, nil
	}
	arity := 0
	if f.kind == callable {
		arity = f.node.more.call.arity()
	}
	if arity < 2 {
		return item{}, fail("D3050")
	}
	n, i := e.size(list.node), 0
	if result.kind == undefined && n > 0 {
		result, i = e.element(list.node, 0), 1
	}
	var all [4]item
	for ; i < n; i++ {
		all = [4]item{result, e.element(list.node, i), ofNumber(float64(i)), list}
		var err *Error
		if result, err = e.callWith(f, all[:]); err != nil {
			return item{}, err
		}
	}
	return result, nil
}

// members calls a function with each value of an object, its key and the
// object, as far as the function declares them.
func (e *evaluation) forMembers(of, f item, use func(key string, value, result item) *Error) *Error {
	e.open(of.node)
	var args [3]item
	args[2] = of
	for i := range of.node.keys {
		key, value := of.node.keys[i], of.node.items[i]
		args[0], args[1] = value, ofText(key)
		result, err := e.callWith(f, args[:])
		if err == nil {
			err = use(key, value, result)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// each is $each.
func each(e *evaluation, args []item) (item, *Error) {
	mark := len(e.stack)
	if args[0].kind == object {
		err := e.forMembers(args[0], at(args, 1), func(_ string, _, result item) *Error {
			if result.kind != undefined {
				return e.push(result)
			}
			return nil
		})
		if err != nil {
			return item{}, err
		}
	}
	return e.ofItems(e.popped(mark), sequence), nil
}

// sift is $sift: the members for which the function is true.
func sift(e *evaluation, args []item) (item, *Error) {
	if args[0].kind != object {
		return item{}, nil
	}
	kept, n := e.ofObject(0)
	err := e.forMembers(args[0], at(args, 1), func(key string, value, result item) *Error {
		yes, err := e.truth(result)
		if yes {
			n.put(key, value)
		}
		return err
	})
	if err != nil || len(n.keys) == 0 {
		return item{}, err
	}
	return kept, e.grow(len(n.keys) * 2 * itemSize)
}
