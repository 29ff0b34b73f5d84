package jsonata

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
	return e.text(string(e.scratch[start:]))
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
