package jsonata

// fieldExpression is a name: the member of an object, or those of all objects
// in an array.
type fieldExpression struct{ name string }

func (x *fieldExpression) eval(e *evaluation, in item, _ *frame) (item, *Error) {
	return e.lookup(in, x.name)
}

// lookup returns what an item has under a name.
func (e *evaluation) lookup(in item, name string) (item, *Error) {
	switch in.kind {
	case object:
		return e.get(in.node, name), nil
	case array:
		mark := len(e.stack)
		if err := e.lookupAll(in, name); err != nil {
			return item{}, err
		}
		return e.ofItems(e.popped(mark), sequence), nil
	default:
		return item{}, nil
	}
}

// lookupAll pushes what the objects in an array, however deep, have under a
// name.
func (e *evaluation) lookupAll(in item, name string) *Error {
	if err := e.enter(); err != nil {
		return err
	}
	defer e.leave()
	items, err := e.elements(in.node)
	if err != nil {
		return err
	}
	if err := e.spend(len(items)); err != nil {
		return err
	}
	for _, it := range items {
		switch it.kind {
		case array:
			err = e.lookupAll(it, name)
		case object:
			switch v := e.get(it.node, name); v.kind {
			case undefined:
			case array:
				var inner []item
				if inner, err = e.elements(v.node); err == nil {
					err = e.pushAll(inner)
				}
			default:
				err = e.push(v)
			}
		default:
		}
		if err != nil {
			return err
		}
	}
	return nil
}
