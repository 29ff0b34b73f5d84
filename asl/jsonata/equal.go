package jsonata

// equal tells whether two items are the same value: numbers by value, objects
// without regard to order.
func (e *evaluation) equal(a, b item) (bool, *Error) {
	if a.kind != b.kind || a.kind != array && a.kind != object {
		e.steps -= len(a.text()) / bytesPerStep
		return identical(a, b), nil
	}
	if a.node == b.node || !e.changed && a.node.same(b.node) {
		return true, nil
	}
	if err := e.enter(); err != nil {
		return false, err
	}
	defer e.leave()
	if a.kind == object {
		return e.equalObjects(a.node, b.node)
	}
	if e.size(a.node) != e.size(b.node) {
		return false, nil
	}
	for i := range a.node.length() {
		e.steps--
		if same, err := e.equal(e.element(a.node, i), e.element(b.node, i)); err != nil || !same {
			return false, err
		}
	}
	return true, nil
}

func (e *evaluation) equalObjects(a, b *node) (bool, *Error) {
	if e.size(a) != e.size(b) {
		return false, nil
	}
	for i, key := range a.keys {
		e.steps--
		at := b.find(key)
		if at < 0 {
			return false, nil
		}
		if same, err := e.equal(a.items[i], b.items[at]); err != nil || !same {
			return false, err
		}
	}
	return true, nil
}
