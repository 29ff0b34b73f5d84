package jsonata

import "math"

// callExpression is f(a, b).
type callExpression struct {
	procedure expression
	args      []expression
	offset    int
	name      string // of what is called, for messages
	field     int    // the variable that was perhaps meant, if what is called is a name without $
	tail      bool   // the call is the result of a function
}

func (x *callExpression) eval(e *evaluation, in item, env *frame) (item, *Error) {
	return x.call(e, in, env)
}

// call evaluates the arguments after those that are given, and calls.
func (x *callExpression) call(e *evaluation, in item, env *frame, given ...item) (item, *Error) {
	f, err := e.evaluate(x.procedure, in, env)
	if err != nil {
		return item{}, err
	}
	if f.kind == undefined && x.field != 0 && isSet(e.variable(x.field, env)) {
		return item{}, failAt("T1005", x.offset).about(e.x.names[x.field].text)
	}
	mark := len(e.stack)
	e.stack = append(e.stack, given...)
	for _, arg := range x.args {
		it, err := e.evaluate(arg, in, env)
		if err != nil {
			return item{}, err
		}
		if !x.tail { // an argument of a call that is left to be made is not marked, as in the reference
			it = asArgument(it)
		}
		e.stack = append(e.stack, it)
	}
	args := e.stack[mark:]
	if x.tail {
		e.next = tailCall{f, e.popped(mark), x.name, x.offset}
		return item{kind: tail}, nil
	}
	it, err := e.apply(f, args, in, x.name, x.offset)
	e.stack = e.stack[:mark]
	return it, err
}

// isSet tells whether an item is true for JavaScript.
func isSet(it item) bool {
	switch it.kind {
	case undefined, null:
		return false
	case boolean:
		return it.num == 1
	case number:
		f := it.float()
		return f != 0 && !math.IsNaN(f)
	case str:
		return it.text != ""
	default:
		return true
	}
}

// partialExpression is f(a, ?).
type partialExpression struct {
	procedure expression
	args      []expression // nil for ?
	offset    int
	name      string
	field     int
}

func (x *partialExpression) eval(e *evaluation, in item, env *frame) (item, *Error) {
	args := make([]item, len(x.args))
	for i, arg := range x.args {
		if arg == nil {
			continue
		}
		var err *Error
		if args[i], err = e.evaluate(arg, in, env); err != nil {
			return item{}, err
		}
	}
	f, err := e.evaluate(x.procedure, in, env)
	if err != nil {
		return item{}, err
	}
	if f.kind == undefined && x.field != 0 && isSet(e.variable(x.field, env)) {
		return item{}, failAt("T1007", x.offset).about(e.x.names[x.field].text)
	}
	if f.kind != callable {
		return item{}, failAt("T1008", x.offset).about(x.name)
	}
	if err := e.grow(closureSize); err != nil {
		return item{}, err
	}
	if c, ok := f.node.more.call.(*closure); ok {
		return e.ofFunction(x.closure(c, args)), nil
	}
	p := &partial{function: f.node.more.call, args: args}
	for i, arg := range x.args {
		if arg == nil {
			p.holes = append(p.holes, i)
		}
	}
	return e.ofFunction(p), nil
}

// closure binds the parameters that were given; those with a ? remain.
func (x *partialExpression) closure(c *closure, args []item) *closure {
	env := &frame{parent: c.env}
	open := &lambda{body: c.body, kept: c.kept, distinct: c.distinct}
	for i, name := range c.parameters {
		if i < len(args) && x.args[i] == nil {
			open.parameters = append(open.parameters, name)
		} else {
			env.bind(name, at(args, i))
		}
	}
	return &closure{lambda: open, in: c.in, env: env}
}

// partial is a function of the library with some of its arguments.
type partial struct {
	function
	args  []item
	holes []int
}

func (f *partial) arity() int { return len(f.holes) }

func (f *partial) sign() *signature { return nil }

func (f *partial) invoke(e *evaluation, args []item) (item, *Error) {
	all := append([]item(nil), f.args...)
	for i, hole := range f.holes {
		all[hole] = at(args, i)
	}
	if s := f.function.sign(); s != nil {
		if err := s.check(all); err != nil {
			return item{}, err
		}
	}
	return f.function.invoke(e, all)
}

// applyExpression is left ~> right: a call with left as first argument, or the
// function that does one after the other.
type applyExpression struct {
	left   expression
	call   *callExpression // the right side if it is a call
	right  expression
	offset int
}

func (x *applyExpression) eval(e *evaluation, in item, env *frame) (item, *Error) {
	left, err := e.evaluate(x.left, in, env)
	if err != nil {
		return item{}, err
	}
	if x.call != nil {
		return x.call.call(e, in, env, left)
	}
	f, err := e.evaluate(x.right, in, env)
	if err != nil {
		return item{}, err
	}
	if f.kind != callable {
		return item{}, failAt("T2006", x.offset).of(e.shown(f))
	}
	if left.kind == callable {
		if err := e.grow(closureSize); err != nil {
			return item{}, err
		}
		return e.ofFunction(&chained{asArgument(left), asArgument(f)}), nil
	}
	return e.apply(f, []item{left}, item{kind: null}, f.builtinName(), x.offset)
}
