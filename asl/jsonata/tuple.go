package jsonata

import "slices"

// tuple is an item of a path with the variables that its steps bound: those of
// @ and #, and the parents that some % asks for.
type tuple struct {
	item item
	vars []binding
}

// itemsOf returns the items of tuples.
func itemsOf(tuples []tuple) []item {
	items := make([]item, len(tuples))
	for i := range tuples {
		items[i] = tuples[i].item
	}
	return items
}

// with returns the variables with one more. Tuples share their variables, so
// they are copied.
func with(vars []binding, name int, value item) []binding {
	for i := range vars {
		if vars[i].name == name {
			vars = append([]binding(nil), vars...)
			vars[i].value = value
			return vars
		}
	}
	return append(slices.Clip(vars), binding{name, value})
}

// frame makes the variables of a tuple visible.
func (t *tuple) frame(parent *frame) *frame {
	return &frame{parent: parent, vars: t.vars, shared: true}
}

// ofTuples makes the array of a path that is a step of a larger one.
func (e *evaluation) ofTuples(tuples []tuple) item {
	n := e.newNode()
	n.state, n.more = joined, &more{tuples: tuples}
	return item{kind: array, flags: sequence | stream, node: n}
}

// objectOf shows a tuple as the object that it is in the reference, in case
// an expression gets to see one.
func (e *evaluation) objectOf(t *tuple) item {
	it, n := e.ofObject(len(t.vars) + 1)
	n.put("@", t.item)
	for _, v := range t.vars {
		n.put(e.x.names[v.name].text, v.value)
	}
	return it
}

// tupleStep evaluates one step for all tuples; the first such step of a path
// makes tuples of items.
func (e *evaluation) tupleStep(s *step, input []item, tuples []tuple, first bool, env *frame) ([]tuple, *Error) {
	var found []tuple
	var err *Error
	switch {
	case s.sort != nil && !first:
		found, err = e.sortTuples(s.sort, tuples, env)
	case s.sort != nil:
		found, err = e.sortedTuples(s, input, env)
	default:
		if first {
			tuples = make([]tuple, len(input))
			for i, in := range input {
				tuples[i].item = in
			}
		}
		for i := range tuples {
			if found, err = e.expand(s, &tuples[i], env, found); err != nil {
				return nil, err
			}
		}
	}
	for i := 0; i < len(s.stages) && err == nil; i++ {
		if stage := s.stages[i]; stage.index != 0 {
			enumerate(found, stage.index)
		} else {
			found, err = e.filterTuples(stage.filter, found, env)
		}
	}
	return found, err
}

// sortedTuples makes tuples of sorted items.
func (e *evaluation) sortedTuples(s *step, input []item, env *frame) ([]tuple, *Error) {
	it, err := e.sort(s.sort, input, env)
	if err != nil {
		return nil, err
	}
	items, err := e.elements(it.node)
	if err != nil {
		return nil, err
	}
	found := make([]tuple, len(items))
	for i := range items {
		found[i].item = items[i]
	}
	if s.index != 0 {
		enumerate(found, s.index)
	}
	return found, nil
}

// enumerate binds a variable to the positions of tuples.
func enumerate(tuples []tuple, name int) {
	for i := range tuples {
		tuples[i].vars = with(tuples[i].vars, name, ofNumber(float64(i)))
	}
}

// expand appends the tuples that a step makes of one tuple.
func (e *evaluation) expand(s *step, t *tuple, env *frame, found []tuple) ([]tuple, *Error) {
	it, err := e.evaluate(s.x, t.item, t.frame(env))
	if err != nil || it.kind == undefined {
		return found, err
	}
	if it.has(stream) && it.kind == array && it.node.state == joined {
		for _, inner := range it.node.more.tuples {
			vars := t.vars
			for _, v := range inner.vars {
				vars = with(vars, v.name, v.value)
			}
			found = append(found, tuple{inner.item, vars})
		}
		return found, e.growTuples(len(it.node.more.tuples), len(t.vars)+1)
	}
	items := []item{it}
	if it.kind == array {
		if items, err = e.elements(it.node); err != nil {
			return nil, err
		}
	}
	if err := e.growTuples(len(items), len(t.vars)+3); err != nil {
		return nil, err
	}
	for i, it := range items {
		next := tuple{it, t.vars}
		if s.focus != 0 {
			next.vars = with(next.vars, s.focus, it)
			next.item = t.item
		}
		if s.index != 0 {
			next.vars = with(next.vars, s.index, ofNumber(float64(i)))
		}
		if s.ancestor != 0 {
			next.vars = with(next.vars, s.ancestor, t.item)
		}
		found = append(found, next)
	}
	return found, nil
}

// growTuples charges for tuples with so many variables each.
func (e *evaluation) growTuples(count, vars int) *Error {
	return e.grow(count * (vars + 1) * 2 * itemSize)
}

// filterTuples keeps the tuples for which a predicate holds, or those at the
// positions that it names.
func (e *evaluation) filterTuples(x expression, tuples []tuple, env *frame) ([]tuple, *Error) {
	if lit, ok := x.(*literal); ok && lit.value.kind == number {
		at, ok := position(lit.value.float(), len(tuples))
		if !ok {
			return nil, nil
		}
		return tuples[at : at+1 : at+1], nil
	}
	var kept []tuple
	for i := range tuples {
		t := &tuples[i]
		result, err := e.evaluate(x, t.item, t.frame(env))
		if err != nil {
			return nil, err
		}
		times, err := e.selects(result, i, len(tuples))
		if err != nil {
			return nil, err
		}
		for range times {
			kept = append(kept, *t)
		}
	}
	return kept, nil
}

// reduced merges the tuples of one group into one: a variable gets all the
// values that it has in them.
func (e *evaluation) reduced(tuples []tuple) (tuple, *Error) {
	if len(tuples) == 1 {
		return tuples[0], nil
	}
	if err := e.growTuples(len(tuples), len(tuples[0].vars)); err != nil {
		return tuple{}, err
	}
	collect := func(value func(*tuple) (item, bool)) (item, *Error) {
		var all collector
		for i := range tuples {
			if v, ok := value(&tuples[i]); ok {
				if err := all.add(e, v); err != nil {
					return item{}, err
				}
			}
		}
		return all.item(e), nil
	}
	var merged tuple
	var err *Error
	if merged.item, err = collect(func(t *tuple) (item, bool) { return t.item, true }); err != nil {
		return tuple{}, err
	}
	for i := range tuples {
		for _, v := range tuples[i].vars {
			if _, done := (&frame{vars: merged.vars}).lookup(e, v.name); done {
				continue
			}
			values, err := collect(func(t *tuple) (item, bool) { return (&frame{vars: t.vars}).lookup(e, v.name) })
			if err != nil {
				return tuple{}, err
			}
			merged.vars = append(merged.vars, binding{v.name, values})
		}
	}
	return merged, nil
}
