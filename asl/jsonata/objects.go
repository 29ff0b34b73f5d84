package jsonata

// keys is $keys: of an object, or of all objects in an array.
func keys(e *evaluation, args []item) (item, *Error) {
	found, seen, err := e.keysOf(args[0], nil, nil)
	if err != nil {
		return item{}, err
	}
	items := make([]item, len(found))
	for i, key := range found {
		items[i] = ofText(key)
	}
	if err := e.grow(len(seen) * itemSize); err != nil {
		return item{}, err
	}
	return e.results(items)
}

func (e *evaluation) keysOf(it item, found []string, seen map[string]bool) ([]string, map[string]bool, *Error) {
	switch it.kind {
	case object:
		e.open(it.node)
		if err := e.spend(len(it.node.keys) / 4); err != nil {
			return nil, nil, err
		}
		if seen == nil {
			return it.node.keys, nil, nil
		}
		for _, key := range it.node.keys {
			if !seen[key] {
				seen[key] = true
				found = append(found, key)
			}
		}
	case array:
		if err := e.enter(); err != nil {
			return nil, nil, err
		}
		defer e.leave()
		items, err := e.elements(it.node)
		if err != nil {
			return nil, nil, err
		}
		if seen == nil {
			seen = map[string]bool{}
		}
		for _, element := range items {
			if found, seen, err = e.keysOf(element, found, seen); err != nil {
				return nil, nil, err
			}
		}
	default:
	}
	return found, seen, e.spend(1)
}

// lookup is $lookup.
func lookup(e *evaluation, args []item) (item, *Error) {
	key := at(args, 1)
	if key.kind != str {
		return item{}, nil
	}
	return e.lookup(args[0], key.text)
}

// spread is $spread: an object of one member for each member.
func spread(e *evaluation, args []item) (item, *Error) {
	it := args[0]
	if it.kind != array && it.kind != object {
		return it, nil
	}
	found, err := e.spreadInto(it, nil)
	if err != nil {
		return item{}, err
	}
	if it.kind == object || e.size(it.node) == 0 {
		return e.results(found)
	}
	return e.made(found)
}

func (e *evaluation) spreadInto(it item, found []item) ([]item, *Error) {
	if err := e.enter(); err != nil {
		return nil, err
	}
	defer e.leave()
	switch it.kind {
	case object:
		e.open(it.node)
		if err := e.grow(len(it.node.keys) * 4 * itemSize); err != nil {
			return nil, err
		}
		for i, key := range it.node.keys {
			one, n := e.ofObject(1)
			n.put(key, it.node.items[i])
			found = append(found, one)
		}
		return found, nil
	case array:
		items, err := e.elements(it.node)
		for i := 0; i < len(items) && err == nil; i++ {
			found, err = e.spreadInto(items[i], found)
		}
		return found, err
	case undefined:
		return found, nil
	default:
		return append(found, it), nil
	}
}

// merge is $merge: the members of all objects in one; the last of a key wins.
func merge(e *evaluation, args []item) (item, *Error) {
	if args[0].kind != array {
		return item{}, nil
	}
	items, err := e.elements(args[0].node)
	if err != nil {
		return item{}, err
	}
	result, n := e.ofObject(fewKeys)
	for _, it := range items {
		if it.kind != object {
			continue
		}
		e.open(it.node)
		if err := e.grow(len(it.node.keys) * itemSize); err != nil {
			return item{}, err
		}
		if err := e.spend(len(it.node.keys)); err != nil {
			return item{}, err
		}
		for i, key := range it.node.keys {
			n.put(key, it.node.items[i])
		}
	}
	return result, nil
}

// clone is $clone: a copy that a transform may change.
func clone(e *evaluation, args []item) (item, *Error) {
	it := args[0]
	if it.has(wrapper) {
		it = it.node.items[0]
	}
	return e.copied(it)
}

// copied copies an item with all below it. A function becomes "".
func (e *evaluation) copied(it item) (item, *Error) {
	switch it.kind {
	case callable:
		return ofText(""), nil
	case number:
		if it.text == "" { // what comes from a document stays as it is
			it.num = rounded15(it.num)
		}
		return it, nil
	case array, object:
	default:
		return it, nil
	}
	if err := e.enter(); err != nil {
		return item{}, err
	}
	defer e.leave()
	var items []item
	var err *Error
	if it.kind == array {
		items, err = e.elements(it.node)
	} else {
		e.open(it.node)
		items = it.node.items
	}
	if err == nil {
		err = e.grow(len(items) * 2 * itemSize)
	}
	if err != nil {
		return item{}, err
	}
	n := e.newNode()
	n.items = make([]item, len(items))
	for i := range items {
		if n.items[i], err = e.copied(items[i]); err != nil {
			return item{}, err
		}
	}
	if it.kind == object {
		n.keys = append([]string(nil), it.node.keys...)
		n.setIndex()
	}
	return item{kind: it.kind, node: n}, nil
}

// raise is $error.
func raise(_ *evaluation, args []item) (item, *Error) {
	return item{}, told("D3137", at(args, 0), "$error() function evaluated")
}

// assert is $assert.
func assert(_ *evaluation, args []item) (item, *Error) {
	if args[0].isTrue() {
		return item{}, nil
	}
	return item{}, told("D3141", at(args, 1), "$assert() statement failed")
}

// told makes an error with a message of its own.
func told(code string, message item, otherwise string) *Error {
	err := fail(code)
	err.details.text = otherwise
	if message.text != "" {
		err.details.text = message.text
	}
	return err
}
