package jsonata

// path is a chain of steps. Each step is evaluated for each result of the one
// before it, and its results are put in a row.
type path struct {
	steps []step
	// absolute: the first step is a variable, so that the context is one item
	// even if it is an array.
	absolute bool
	// plain: all steps are names without anything more.
	plain bool
	// keep: a step was asked to keep arrays.
	keep bool
	// tuple: the path is part of a larger one that needs its variables.
	tuple    bool
	grouping *objectExpression
}

// step is one part of a path. Names of variables are 0 when there is none.
type step struct {
	x      expression // nil if it sorts
	name   string     // of the field, if x is just that
	field  bool
	sort   *sortStep
	stages []stageExpression

	constructed bool // it is an array constructor or a block that ends in one
	tuple       bool
	focus       int
	index       int
	ancestor    int
}

// stageExpression filters the results of a step, or numbers them.
type stageExpression struct {
	filter expression
	index  int
}

// results are what a step found: items in a row, or one array as it is.
type results struct {
	items []item
	whole item
}

func (r *results) none() bool { return r.whole.kind == undefined && len(r.items) == 0 }

// list returns the items, those of the array if there is one.
func (r *results) list(e *evaluation) ([]item, *Error) {
	if r.whole.kind == array {
		return e.elements(r.whole.node)
	}
	if r.whole.kind == undefined {
		return r.items, nil
	}
	// An array constructor with a predicate is one value by now. The reference
	// takes it for an array all the same: it sees nothing in it, unless it is a
	// string, which has characters.
	var items []item
	for rest := r.whole.text; r.whole.kind == str && rest != ""; {
		_, n := decodeRune(rest)
		items = append(items, ofText(rest[:n]))
		rest = rest[n:]
	}
	return items, e.grow(len(items) * itemSize)
}

func (x *path) eval(e *evaluation, in item, env *frame) (item, *Error) {
	if x.plain && in.kind == object {
		if it, ok := x.walk(e, in); ok {
			return it, nil
		}
	}
	r, tuples, isStream, err := x.follow(e, in, env)
	if err != nil {
		return item{}, err
	}
	var it item
	switch {
	case isStream && x.tuple:
		it = e.ofTuples(tuples)
	case isStream:
		items := make([]item, len(tuples))
		for i := range tuples {
			items[i] = tuples[i].item
		}
		if it, err = e.sequenceOf(items); err != nil {
			return item{}, err
		}
	case r.whole.kind != undefined:
		it = r.whole
	case len(r.items) == 1 && !x.keep && x.grouping == nil:
		return r.items[0], nil
	default:
		if it, err = e.sequenceOf(r.items); err != nil {
			return item{}, err
		}
	}
	if x.keep && it.kind == array {
		if it.has(constructed) && !it.has(sequence) {
			it = e.ofItems([]item{it}, sequence)
		}
		it.flags |= keep
	}
	if x.grouping == nil {
		return it, nil
	}
	if isStream {
		it = e.ofTuples(tuples)
	}
	return e.group(x.grouping, it, env)
}

// walk follows names from object to object. Where it meets an array, the
// general way is needed.
func (x *path) walk(e *evaluation, in item) (item, bool) {
	for i := range x.steps {
		e.steps--
		if in.kind != object {
			return item{}, in.kind != array
		}
		in = e.get(in.node, x.steps[i].name)
	}
	return in, !x.keep || in.kind == array
}

// follow takes the steps. Once a step has variables, there are tuples instead
// of results.
func (x *path) follow(e *evaluation, in item, env *frame) (r results, tuples []tuple, isStream bool, err *Error) {
	var input []item
	if in.kind == array && !x.absolute {
		if input, err = e.elements(in.node); err != nil {
			return r, nil, false, err
		}
	} else {
		input = []item{in}
	}
	first := true // no tuples yet
	for i := range x.steps {
		s := &x.steps[i]
		isStream = isStream || s.tuple
		last := i == len(x.steps)-1
		switch {
		case i == 0 && s.constructed:
			whole := in
			if in.kind != array || x.absolute {
				whole = e.ofItems(input, sequence)
			}
			r.whole, err = e.evaluate(s.x, whole, env)
			r.items = nil
		case s.sort != nil && !isStream && r.whole.kind != undefined && r.whole.kind != array:
			r.whole, err = e.filterAll(s.stages, r.whole, env) // there is nothing to sort
		case isStream:
			tuples, err = e.tupleStep(s, input, tuples, first, env)
			first = false
		default:
			r, err = e.step(s, input, env, last)
		}
		if err != nil {
			return r, nil, false, err
		}
		if !isStream && (r.none() || r.whole.kind == str && r.whole.text == "") || r.whole.kind == array && !isStream && e.size(r.whole.node) == 0 {
			break
		}
		if s.focus == 0 && (!isStream || first) {
			if input, err = r.list(e); err != nil {
				return r, nil, false, err
			}
		}
	}
	return r, tuples, isStream, nil
}

// step evaluates one step for all items.
func (e *evaluation) step(s *step, input []item, env *frame, last bool) (results, *Error) {
	if s.sort != nil {
		it, err := e.sort(s.sort, input, env)
		if err == nil {
			it, err = e.filterAll(s.stages, it, env)
		}
		return results{whole: it}, err
	}
	mark := len(e.stack)
	defer func() { e.stack = e.stack[:mark] }()
	arrays, count := false, 0
	for _, in := range input {
		var it item
		if s.field && in.kind == object {
			if err := e.spend(1); err != nil {
				return results{}, err
			}
			it = e.get(in.node, s.name)
		} else {
			var err *Error
			if it, err = e.evaluate(s.x, in, env); err != nil {
				return results{}, err
			}
		}
		if len(s.stages) > 0 {
			count++ // even an empty one is a result
			var err *Error
			if it, err = e.filterAll(s.stages, it, env); err != nil {
				return results{}, err
			}
		}
		if it.kind != undefined {
			e.stack = append(e.stack, it)
			arrays = arrays || it.kind == array
		}
	}
	found := e.stack[mark:]
	if len(found) == 0 {
		return results{}, nil
	}
	if last && max(len(found), count) == 1 && found[0].kind == array && !found[0].has(sequence) {
		return results{whole: found[0]}, nil
	}
	if !arrays {
		err := e.room(len(found) * itemSize)
		return results{items: append(make([]item, 0, len(found)), found...)}, err
	}
	return e.inRow(found)
}

// filterAll applies the predicates of a step, as long as something is left.
func (e *evaluation) filterAll(stages []stageExpression, it item, env *frame) (item, *Error) {
	for i := range stages {
		var err *Error
		if it, err = e.filter(stages[i].filter, it, env); err != nil || it.kind == undefined {
			return item{}, err
		}
	}
	return it, nil
}

// inRow flattens arrays by one level, save those that stay one item.
func (e *evaluation) inRow(found []item) (results, *Error) {
	count := 0
	for _, it := range found {
		if it.kind == array && !it.has(constructed) {
			count += e.size(it.node)
		} else {
			count++
		}
	}
	if err := e.grow(count * itemSize); err != nil {
		return results{}, err
	}
	items := make([]item, 0, count)
	for _, it := range found {
		if it.kind != array || it.has(constructed) {
			items = append(items, it)
			continue
		}
		inner, err := e.elements(it.node)
		if err != nil {
			return results{}, err
		}
		items = append(items, inner...)
	}
	return results{items: items}, nil
}

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
		found, err := e.lookupAll(in, name, nil)
		if err != nil {
			return item{}, err
		}
		return e.sequenceOf(found)
	default:
		return item{}, nil
	}
}

func (e *evaluation) lookupAll(in item, name string, found []item) ([]item, *Error) {
	if err := e.enter(); err != nil {
		return nil, err
	}
	defer e.leave()
	items, err := e.elements(in.node)
	if err != nil {
		return nil, err
	}
	for _, it := range items {
		switch it.kind {
		case array:
			found, err = e.lookupAll(it, name, found)
		case object:
			e.steps--
			switch v := e.get(it.node, name); v.kind {
			case undefined:
			case array:
				var inner []item
				if inner, err = e.elements(v.node); err == nil {
					found = append(found, inner...)
				}
			default:
				found = append(found, v)
			}
		default:
		}
		if err == nil {
			err = e.room(len(found) * itemSize)
		}
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}
