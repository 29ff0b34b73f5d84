package jsonata

// function is what an item of kind callable can do.
type function interface {
	// arity is how many arguments the function declares.
	arity() int
	// sign is what the arguments must look like, nil when anything goes.
	sign() *signature
	// invoke calls the function with arguments that suit the signature. It may
	// return a tail item: the call that is left to make.
	invoke(e *evaluation, args []item) (item, *Error)
}

// ofFunction makes an item of a function.
func (e *evaluation) ofFunction(f function) item {
	n := e.newNode()
	n.more = &more{call: f}
	return item{kind: callable, node: n}
}

// tailCall is a call that a function leaves to its caller.
type tailCall struct {
	function item
	args     []item
	name     string
	offset   int
}

// apply calls a function. A function whose result is a call makes way for that
// call, so that loops written as recursion need no depth. The context stands
// in for an argument that the signature allows to leave out.
func (e *evaluation) apply(f item, args []item, context item, name string, offset int) (item, *Error) {
	if e.depth++; e.depth > e.limit.Depth {
		return item{}, e.tooDeep().at(offset)
	}
	for {
		it, err := e.applyOnce(f, args, context)
		if err != nil {
			if err.Token == "" && name != "" {
				err = err.about(name)
			}
			return item{}, err.at(offset)
		}
		if it.kind != tail {
			e.depth--
			return it, nil
		}
		f, args, name, offset = e.next.function, e.next.args, e.next.name, e.next.offset
		e.next = tailCall{}
	}
}

func (e *evaluation) applyOnce(f item, args []item, context item) (item, *Error) {
	if err := e.spend(1); err != nil {
		return item{}, err
	}
	if f.kind != callable {
		return item{}, fail("T1006")
	}
	if c, ok := f.node.more.call.(*closure); ok && c.signature == nil {
		return c.invoke(e, args)
	}
	call := f.node.more.call
	if s := call.sign(); s != nil && !s.exact(args) {
		var err *Error
		if args, err = s.validate(e, args, context); err != nil {
			return item{}, err
		}
	}
	return call.invoke(e, args)
}

// call calls a function on behalf of another: there is no context.
func (e *evaluation) call(f item, args ...item) (item, *Error) {
	return e.apply(f, args, item{kind: null}, f.builtinName(), -1)
}

// builtinName returns the name of a function of the library, "" of another.
func (it item) builtinName() string {
	if it.kind == callable {
		if b, ok := it.node.more.call.(*builtin); ok {
			return b.name
		}
	}
	return ""
}

// callWith calls a function with the first of the arguments and with as many
// of the others as it declares.
func (e *evaluation) callWith(f item, args []item) (item, *Error) {
	n := 1
	if f.kind == callable {
		n = max(1, min(len(args), f.node.more.call.arity()))
	}
	return e.apply(f, args[:n], item{kind: null}, f.builtinName(), -1)
}

// lambda is function($a, $b)<signature>{ body }.
type lambda struct {
	parameters []int
	signature  *signature
	body       expression
	// kept tells that a function within the body may keep the variables of a
	// call beyond its end.
	kept bool
	// distinct tells that no two parameters have the same name.
	distinct bool
}

func (x *lambda) eval(e *evaluation, in item, env *frame) (item, *Error) {
	if err := e.grow(closureSize); err != nil {
		return item{}, err
	}
	return e.ofFunction(&closure{lambda: x, in: in, env: env}), nil
}

// closure is a lambda with the context and the variables of where it was
// written.
type closure struct {
	*lambda
	in  item
	env *frame
}

func (f *closure) arity() int { return len(f.parameters) }

func (f *closure) sign() *signature { return f.signature }

func (f *closure) invoke(e *evaluation, args []item) (item, *Error) {
	env := e.newFrame(f.env)
	for i, name := range f.parameters {
		if f.distinct {
			env.vars = append(env.vars, binding{name, at(args, i)})
		} else {
			env.bind(name, at(args, i))
		}
	}
	it, err := e.evaluate(f.body, f.in, env)
	if !f.kept {
		e.free = append(e.free, env)
	}
	return it, err
}

// newFrame returns a frame, perhaps that of a call that is over.
func (e *evaluation) newFrame(parent *frame) *frame {
	n := len(e.free)
	if n == 0 {
		f := &frame{parent: parent}
		f.vars = f.few[:0]
		return f
	}
	f := e.free[n-1]
	e.free = e.free[:n-1]
	f.parent, f.vars = parent, f.vars[:0]
	return f
}

// chained is f ~> g: a function of one argument.
type chained struct{ first, second item }

func (f *chained) arity() int { return 1 }

func (f *chained) sign() *signature { return nil }

func (f *chained) invoke(e *evaluation, args []item) (item, *Error) {
	it, err := e.apply(f.first, []item{asArgument(at(args, 0))}, item{kind: null}, "f", -1)
	if err != nil {
		return item{}, err
	}
	e.next = tailCall{function: f.second, args: []item{it.collapsed()}, name: "g", offset: -1}
	return item{kind: tail}, nil
}

// at returns an argument, undefined when it was not given.
func at(args []item, i int) item {
	if i < len(args) {
		return args[i]
	}
	return item{}
}

// asArgument marks a function that is handed over.
func asArgument(it item) item {
	if it.kind == callable {
		it.flags |= passed
	}
	return it
}
