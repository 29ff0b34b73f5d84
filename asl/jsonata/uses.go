package jsonata

import "slices"

// Reference is a place in an expression where a variable, or the input
// document, is used.
type Reference struct {
	// Name is the name of the variable; of the input document it is $, $$ or
	// what is taken from it: a field, * or **.
	Name string
	// Path are the fields that follow at once: of $states.result.x they are
	// result and x.
	Path []string
	// Offset is where the reference stands in the text, in bytes.
	Offset int
	// Called tells that the variable is called as a function, and Builtin that
	// the library has a function of that name, which it is unless the variable
	// has a value.
	Called, Builtin bool
}

// References returns the uses of variables that the expression does not bind
// itself, in the order of the text. A name counts as bound after $name := in
// the same block, the same function or around it; within a function it also
// counts as bound by what comes later, as when functions call each other.
func (x *Expression) References() []Reference { return slices.Clone(x.uses.free) }

// Assigned returns the places where the expression binds a variable with :=,
// at any level, in the order of the text.
func (x *Expression) Assigned() []Reference { return slices.Clone(x.uses.assigned) }

// Input returns the first use of the input document: $$ anywhere, and $ or a
// field, * or ** where nothing but the input can be meant. Within paths,
// predicates, groupings, sort terms, transforms and functions the context is
// something else and does not count.
func (x *Expression) Input() (Reference, bool) {
	if len(x.uses.input) == 0 {
		return Reference{}, false
	}
	return x.uses.input[0], true
}

// uses is what is known of an expression without evaluating it.
type uses struct{ free, assigned, input []Reference }

// scope are the names that a block, function or path binds.
type scope struct {
	parent   *scope
	names    map[string]bool // bound so far
	later    map[string]bool // bound anywhere in it
	function bool
}

func (s *scope) inner() *scope {
	return &scope{parent: s, names: map[string]bool{}, later: map[string]bool{}}
}

// binds tells whether a name is bound here. What surrounds a function may bind
// it later, before the function is called.
func (s *scope) binds(name string) bool {
	late := false
	for ; s != nil; s = s.parent {
		if s.names[name] || late && s.later[name] {
			return true
		}
		late = late || s.function
	}
	return false
}

// walker collects uses.
type walker struct {
	uses
	paths map[*tree][]string // the fields that follow a variable, found at its path
}

func usesOf(t *tree) uses {
	w := &walker{paths: map[*tree][]string{}}
	root := (*scope)(nil).inner()
	root.expect(t)
	w.walk(t, root, true)
	for _, list := range [][]Reference{w.free, w.assigned, w.input} {
		slices.SortStableFunc(list, func(a, b Reference) int { return a.Offset - b.Offset })
	}
	return w.uses
}

// expect notes the names that t binds in this scope, not those within blocks
// and functions of it.
func (s *scope) expect(t *tree) {
	switch {
	case t == nil || t.kind == treeBlock || t.kind == treeLambda:
		return
	case t.kind == treeBind:
		s.later[t.left.value] = true
	}
	t.parts(func(part *tree, _ bool) { s.expect(part) })
}

// parts calls f with each part of a tree in the order of evaluation, and tells
// whether the part is evaluated for the same context as the whole.
func (t *tree) parts(f func(part *tree, same bool)) {
	some := func(same bool, parts ...*tree) {
		for _, part := range parts {
			if part != nil {
				f(part, same)
			}
		}
	}
	pairs := func(same bool, pairs []pair) {
		for _, p := range pairs {
			some(same, p.key)
		}
		for _, p := range pairs {
			some(same, p.value)
		}
	}
	switch t.kind {
	case treePath:
		for i, step := range t.steps {
			some(i == 0, step)
		}
	case treeSort:
		for _, term := range t.terms {
			some(false, term.by)
		}
	case treeBind:
		some(true, t.right)
	case treeTransform:
		some(false, t.pattern, t.update, t.removal)
	case treeLambda:
		some(false, t.body)
	default:
		some(true, t.left, t.right, t.procedure)
		some(true, t.items...)
		pairs(true, t.pairs)
		some(true, t.condition, t.then, t.otherwise)
	}
	for _, stages := range [][]stage{t.predicates, t.stages} {
		for _, s := range stages {
			some(false, s.filter)
		}
	}
	if t.grouping != nil {
		pairs(false, t.grouping.pairs)
	}
}

// walk collects the uses in t; top tells that its context is the input.
func (w *walker) walk(t *tree, s *scope, top bool) {
	switch t.kind {
	case treeName, treeWildcard, treeDescendants:
		if top {
			w.input = append(w.input, Reference{Name: t.value, Offset: t.offset})
		}
	case treeVariable:
		w.variable(t, s, top, false)
	case treeBind:
		w.walk(t.right, s, top)
		s.names[t.left.value] = true
		w.assigned = append(w.assigned, Reference{Name: t.left.value, Offset: t.left.offset})
		return
	case treeBlock:
		inner := s.inner()
		for _, item := range t.items {
			inner.expect(item)
		}
		for _, item := range t.items {
			w.walk(item, inner, top)
		}
		t.following(func(part *tree) { w.walk(part, s, false) })
		return
	case treeLambda:
		inner := s.inner()
		inner.function = true
		inner.expect(t.body)
		for _, p := range t.items {
			inner.names[p.value] = true
		}
		w.walk(t.body, inner, false)
		t.following(func(part *tree) { w.walk(part, s, false) })
		return
	case treePath:
		w.path(t, s, top)
		return
	case treeCall, treePartial:
		if t.procedure.kind == treeVariable {
			w.variable(t.procedure, s, top, true)
			t.procedure.following(func(part *tree) { w.walk(part, s, false) })
			called := *t
			called.procedure = nil
			called.parts(func(part *tree, same bool) { w.walk(part, s, top && same) })
			return
		}
	default:
	}
	t.parts(func(part *tree, same bool) { w.walk(part, s, top && same) })
}

// following calls f with the predicates and the grouping after a tree.
func (t *tree) following(f func(*tree)) {
	after := tree{kind: treeString, shape: shape{predicates: t.predicates, stages: t.stages, grouping: t.grouping}}
	after.parts(func(part *tree, _ bool) { f(part) })
}

// path walks the steps of a path; those after one that binds a variable see
// the variable.
func (w *walker) path(t *tree, s *scope, top bool) {
	inner := s.inner()
	inner.later = s.later // a := in a step belongs to what is around
	inner.names = map[string]bool{}
	if first := t.steps[0]; first.kind == treeVariable {
		w.paths[first] = fieldsAfter(t.steps)
	}
	for i, step := range t.steps {
		for _, name := range []string{step.focus, step.index} {
			if name != "" {
				inner.names[name] = true
			}
		}
		for _, stage := range step.stages {
			if stage.index != "" {
				inner.names[stage.index] = true
			}
		}
		w.walk(step, inner, top && i == 0)
	}
	t.following(func(part *tree) { w.walk(part, inner, false) })
	for name := range inner.names { // what a step bound with := remains bound
		if s.later[name] {
			s.names[name] = true
		}
	}
}

// fieldsAfter returns the names that follow the first step of a path, up to
// the first step that is more than a name.
func fieldsAfter(steps []*tree) []string {
	var fields []string
	for i, step := range steps {
		if i > 0 {
			if step.kind != treeName {
				break
			}
			fields = append(fields, step.value)
		}
		if step.predicates != nil || step.stages != nil || step.grouping != nil || step.focus != "" || step.index != "" {
			break
		}
	}
	return fields
}

// variable notes a use of a variable.
func (w *walker) variable(t *tree, s *scope, top, called bool) {
	r := Reference{Name: t.value, Path: w.paths[t], Offset: t.offset, Called: called}
	switch {
	case t.value == "$" && !s.binds("$"):
		r.Name = "$$"
		w.input = append(w.input, r)
	case t.value == "":
		if top {
			r.Name = "$"
			w.input = append(w.input, r)
		}
	case !s.binds(t.value):
		r.Builtin = library(t.value) != nil
		w.free = append(w.free, r)
	}
}
