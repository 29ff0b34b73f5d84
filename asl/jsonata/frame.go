package jsonata

// binding is a variable with its value. Names are numbers: the compiler gives
// each name of an expression one.
type binding struct {
	name  int
	value item
}

// frame holds the variables of a block, a call or a tuple.
type frame struct {
	parent *frame
	vars   []binding
	// shared says that vars belong to a tuple and must not be written.
	shared bool
	few    [2]binding
}

// lookup finds the innermost binding of a name.
func (f *frame) lookup(e *evaluation, name int) (item, bool) {
	for ; f != nil; f = f.parent {
		for i := range f.vars {
			if f.vars[i].name == name {
				return f.vars[i].value, true
			}
		}
		e.steps-- // long chains of frames can be made
	}
	return item{}, false
}

// bind sets a variable of this frame.
func (f *frame) bind(name int, value item) {
	if f.shared {
		f.vars, f.shared = append(make([]binding, 0, len(f.vars)+1), f.vars...), false
	}
	for i := range f.vars {
		if f.vars[i].name == name {
			f.vars[i].value = value
			return
		}
	}
	if f.vars == nil {
		f.vars = f.few[:0]
	}
	f.vars = append(f.vars, binding{name, value})
}

// variable looks a name up: in the frames if the expression binds it
// somewhere, then among what the caller and the library have.
func (e *evaluation) variable(name int, env *frame) item {
	if e.x.names[name].bound {
		if it, ok := env.lookup(e, name); ok {
			return it
		}
	}
	g := &e.globals[name]
	if !g.known {
		g.known, g.value = true, e.global(name)
	}
	return g.value
}

// global asks the caller for a variable and then the library for a function.
func (e *evaluation) global(name int) item {
	n := &e.x.names[name]
	if n.text == "$" {
		return e.root
	}
	if e.env.Var != nil {
		if v, ok := e.env.Var(n.text); ok {
			it := e.ofValue(v)
			if it.kind == object {
				it.node.state = variable
			}
			return it
		}
	}
	if n.library != nil {
		return e.ofFunction(n.library)
	}
	return item{}
}
