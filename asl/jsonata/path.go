package jsonata

// path is a chain of steps. Each step is evaluated for each result of the one
// before it, and its results are put in a row.
type path struct {
	steps []step
	// absolute: the first step is a variable, so that the context is one item
	// even if it is an array.
	absolute bool
	// plain is how many steps, from the first, are nothing but names; the first
	// may also be a variable.
	plain int
	names []string // of the plain steps, "" for a variable
	// variable is the name of the variable, 0 for $.
	variable int
	// single: the path is one name and nothing more.
	single bool
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

func (x *path) eval(e *evaluation, in item, env *frame) (item, *Error) {
	if x.single && in.kind == object {
		e.steps--
		return e.get(in.node, x.names[0]), nil
	}
	walked := 0
	if x.plain > 0 && (x.absolute || in.kind == object) {
		at, n := x.walk(e, in, env)
		if n == len(x.steps) && x.grouping == nil && (!x.keep || at.kind == array) {
			return at, nil
		}
		if n > 0 && n < len(x.steps) {
			in, walked = at, n
		}
	}
	mark := len(e.stack)
	r, err := x.follow(e, in, env, walked)
	if err != nil {
		return item{}, err
	}
	if r.stream && x.tuple && x.grouping == nil {
		return e.ofTuples(r.tuples), nil
	}
	var it item
	switch {
	case r.stream:
		it = e.ofItems(itemsOf(r.tuples), sequence)
	case r.whole.kind != undefined:
		it = r.whole
	case len(r.items) == 1 && !x.keep && x.grouping == nil:
		it = r.items[0]
	case len(r.items) > 0:
		it = e.ofItems(append(make([]item, 0, len(r.items)), r.items...), sequence)
	}
	e.stack = e.stack[:mark]
	if x.keep && it.kind == array {
		if it.has(constructed) && !it.has(sequence) {
			it = e.ofItems([]item{it}, sequence)
		}
		it.flags |= keep
	}
	if x.grouping == nil {
		return it, nil
	}
	if r.stream {
		it = e.ofTuples(r.tuples)
	}
	return e.group(x.grouping, it, env)
}

// walk follows names from object to object. It returns where it comes to, and
// how many steps it took: where it meets an array, the general way is needed.
func (x *path) walk(e *evaluation, at item, env *frame) (item, int) {
	n := 0
	if x.absolute {
		if x.variable != 0 {
			at = e.variable(x.variable, env)
		} else if at.has(wrapper) {
			at = at.node.items[0]
		}
		at = at.collapsed()
		n++
	}
	for ; n < x.plain; n++ {
		e.steps--
		switch at.kind {
		case object:
			at = e.get(at.node, x.names[n])
		case array:
			if at.has(constructed) || at.has(wrapper) {
				return item{}, 0
			}
			return at, n
		default:
			return item{}, len(x.steps)
		}
	}
	return at, n
}

// results are what a step found: items in a row, one array as it is, or, once
// a step binds variables, tuples.
type results struct {
	items  []item // on the stack of the evaluation
	whole  item
	stream bool
	tuples []tuple
}

// none tells that there is nothing to go on with.
func (r *results) none(e *evaluation) bool {
	switch r.whole.kind {
	case array:
		return e.size(r.whole.node) == 0
	case str:
		return r.whole.text == ""
	default:
	}
	return r.whole.kind == undefined && len(r.items) == 0
}

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

// follow takes the steps from the given one on; the results remain on the
// stack.
func (x *path) follow(e *evaluation, in item, env *frame, from int) (results, *Error) {
	var r results
	var one [1]item
	input := one[:]
	mark := len(e.stack)
	switch {
	case in.kind == undefined && from > 0:
		return r, nil
	case in.kind == array && in.node.state == closed && from < x.plain && (!x.absolute || from > 0):
		var ok bool
		var err *Error
		if r, ok, err = e.gather(in.node, x.names[from:x.plain], x.plain == len(x.steps)); err != nil || ok && r.none(e) {
			return r, err
		}
		if ok {
			from = x.plain
			input, err = r.list(e)
		} else {
			input, err = e.elements(in.node)
		}
		if err != nil {
			return r, err
		}
	case in.kind == array && (!x.absolute || from > 0):
		var err *Error
		if input, err = e.elements(in.node); err != nil {
			return r, err
		}
	default:
		one[0] = in
	}
	streaming := false
	for i := from; i < len(x.steps); i++ {
		s := &x.steps[i]
		streaming = streaming || s.tuple
		var err *Error
		switch {
		case i == 0 && s.constructed:
			whole := in
			if in.kind != array || x.absolute {
				whole = e.ofItems([]item{in}, sequence)
			}
			r.whole, err = e.evaluate(s.x, whole, env)
		case streaming:
			r.tuples, err = e.tupleStep(s, input, r.tuples, !r.stream, env)
			r.stream = true
			if err != nil {
				return r, err
			}
			continue
		case s.sort != nil && r.whole.kind != undefined && r.whole.kind != array:
			r.whole, err = e.filterAll(s.stages, r.whole, env) // there is nothing to sort
		default:
			r, err = e.step(s, input, env, i == len(x.steps)-1)
			if start := len(e.stack) - len(r.items); start > mark { // over what was the input
				copy(e.stack[mark:], r.items)
				e.stack = e.stack[:mark+len(r.items)]
				r.items = e.stack[mark:]
			}
		}
		if err != nil || !streaming && r.none(e) {
			return r, err
		}
		if s.focus == 0 {
			if input, err = r.list(e); err != nil {
				return r, err
			}
		}
	}
	return r, nil
}

// step evaluates one step for all items and leaves the results on the stack.
func (e *evaluation) step(s *step, input []item, env *frame, last bool) (results, *Error) {
	if s.sort != nil {
		it, err := e.sort(s.sort, input, env)
		if err == nil {
			it, err = e.filterAll(s.stages, it, env)
		}
		return results{whole: it}, err
	}
	g := gathering{e: e, last: last}
	mark := len(e.stack)
	for _, in := range input {
		var it item
		var err *Error
		if s.field && in.kind == object {
			err = e.spend(1)
			it = e.get(in.node, s.name)
		} else {
			it, err = e.evaluate(s.x, in, env)
		}
		if err != nil {
			return results{}, err
		}
		if len(s.stages) > 0 {
			if it, err = e.filterAll(s.stages, it, env); err != nil {
				return results{}, err
			}
			if it.kind == undefined { // an empty result is also one
				err = g.add(e.ofItems(nil, sequence))
			}
		}
		if it.kind != undefined && err == nil {
			err = g.add(it)
		}
		if err != nil {
			return results{}, err
		}
	}
	return g.results(mark), nil
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
