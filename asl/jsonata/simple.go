package jsonata

// literal is a string, number, true, false or null.
type literal struct{ value item }

func (x *literal) eval(*evaluation, item, *frame) (item, *Error) { return x.value, nil }

// context is $: what the expression is evaluated for.
type context struct{}

func (context) eval(_ *evaluation, in item, _ *frame) (item, *Error) {
	if in.has(wrapper) {
		return in.node.items[0], nil
	}
	return in, nil
}

// variable is $name, and also the % of a path, whose value has a name of its
// own.
type variableExpression struct{ name int }

func (x *variableExpression) eval(e *evaluation, _ item, env *frame) (item, *Error) {
	return e.variable(x.name, env), nil
}

// bindExpression is $name := value.
type bindExpression struct {
	name  int
	value expression
}

func (x *bindExpression) eval(e *evaluation, in item, env *frame) (item, *Error) {
	it, err := e.evaluate(x.value, in, env)
	if err == nil {
		env.bind(x.name, it)
	}
	return it, err
}

// block is (a; b; c): the last one counts.
type block struct {
	parts []expression
	binds bool // it has variables of its own
}

func (x *block) eval(e *evaluation, in item, env *frame) (item, *Error) {
	if x.binds {
		env = &frame{parent: env}
	}
	var it item
	for _, part := range x.parts {
		var err *Error
		if it, err = e.evaluate(part, in, env); err != nil {
			return item{}, err
		}
	}
	return it, nil
}

// condition is a ? b : c.
type condition struct{ test, then, otherwise expression }

func (x *condition) eval(e *evaluation, in item, env *frame) (item, *Error) {
	test, err := e.evaluate(x.test, in, env)
	if err != nil {
		return item{}, err
	}
	yes, err := e.truth(test)
	if err != nil {
		return item{}, err
	}
	if yes {
		return e.evaluate(x.then, in, env)
	}
	if x.otherwise != nil {
		return e.evaluate(x.otherwise, in, env)
	}
	return item{}, nil
}

// refined is an expression, not a path, with what follows it: predicates, a
// grouping, [].
type refined struct {
	base       expression
	predicates []expression
	grouping   *objectExpression
	keepArray  bool
}

func (x *refined) eval(e *evaluation, in item, env *frame) (item, *Error) {
	it, err := x.base.eval(e, in, env)
	for i := 0; i < len(x.predicates) && err == nil && (i == 0 || it.kind != undefined); i++ {
		it, err = e.filter(x.predicates[i], it, env)
	}
	if err == nil && x.grouping != nil {
		it, err = e.group(x.grouping, it, env)
	}
	if x.keepArray && it.has(sequence) && !it.has(stream) {
		it.flags |= keep
	}
	return it, err
}

// wildcard is *: the values of an object, arrays in it flattened.
type wildcard struct{}

func (wildcard) eval(e *evaluation, in item, _ *frame) (item, *Error) {
	if in.has(wrapper) {
		in = in.node.items[0]
	}
	var values []item
	var err *Error
	switch in.kind {
	case object:
		e.open(in.node)
		values = in.node.items
	case array:
		if values, err = e.elements(in.node); err != nil {
			return item{}, err
		}
	default:
	}
	mark, f := len(e.stack), sequence
	for _, v := range values {
		if v.kind == array {
			f = 0 // then what was found is one array, even if it has one item
		}
		if err := e.flatten(v); err != nil {
			return item{}, err
		}
	}
	return e.ofItems(e.popped(mark), f), nil
}

// flatten pushes an item, or the items of an array however deep.
func (e *evaluation) flatten(it item) *Error {
	if it.kind != array {
		return e.push(it)
	}
	if err := e.enter(); err != nil {
		return err
	}
	defer e.leave()
	items, err := e.elements(it.node)
	for i := 0; i < len(items) && err == nil; i++ {
		err = e.flatten(items[i])
	}
	return err
}

// descendants is **: the item and all below it, without the arrays.
type descendants struct{}

func (descendants) eval(e *evaluation, in item, _ *frame) (item, *Error) {
	if in.kind == undefined {
		return item{}, nil
	}
	mark := len(e.stack)
	if err := e.descend(in); err != nil {
		return item{}, err
	}
	found := e.popped(mark)
	if len(found) == 1 {
		return found[0], nil
	}
	return e.ofItems(found, sequence), nil
}

func (e *evaluation) descend(it item) *Error {
	if err := e.enter(); err != nil {
		return err
	}
	defer e.leave()
	var items []item
	var err *Error
	switch it.kind {
	case array:
		items, err = e.elements(it.node)
	case object:
		e.open(it.node)
		items = it.node.items
		err = e.push(it)
	default:
		err = e.push(it)
	}
	for i := 0; i < len(items) && err == nil; i++ {
		err = e.descend(items[i])
	}
	return err
}
