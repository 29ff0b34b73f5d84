package jsonata

import "github.com/serverledge/serverledge/dag/value"

// transformExpression is |pattern|update, removal|: a function that returns a
// changed copy of an object.
type transformExpression struct {
	pattern, update, removal expression
	offset                   int
	updateOffset             int
	removalOffset            int
	clone                    int // the variable $clone, which makes the copy
	// prototype: the pattern is a name that in JavaScript means what all objects
	// have in common.
	prototype string
	signature *signature
}

func (x *transformExpression) eval(e *evaluation, _ item, env *frame) (item, *Error) {
	if err := e.grow(closureSize); err != nil {
		return item{}, err
	}
	return e.ofFunction(&transformer{x, env}), nil
}

// transformer is a transform with the variables of where it was written.
type transformer struct {
	*transformExpression
	env *frame
}

func (f *transformer) arity() int { return 1 }

func (f *transformer) sign() *signature { return f.signature }

func (f *transformer) invoke(e *evaluation, args []item) (item, *Error) {
	if at(args, 0).kind == undefined {
		return item{}, nil
	}
	cloner := e.variable(f.clone, f.env)
	if cloner.kind != callable {
		return item{}, failAt("T2013", f.offset)
	}
	changed, err := e.call(cloner, args[0])
	if err != nil {
		return item{}, err
	}
	found, err := e.evaluate(f.pattern, changed, f.env)
	if err != nil {
		return item{}, err
	}
	matches := []item{found}
	switch {
	case found.kind == array:
		if matches, err = e.elements(found.node); err != nil {
			return item{}, err
		}
	case found.kind == undefined && f.prototype != "" && changed.kind == object:
		return item{}, failAt("D1010", f.offset)
	case found.kind == undefined:
		return changed, nil
	}
	for _, m := range matches {
		if m.kind == callable {
			return item{}, failAt("D1010", f.offset)
		}
		if err := f.change(e, m); err != nil {
			return item{}, err
		}
	}
	return changed, nil
}

// change updates one match in place.
func (f *transformer) change(e *evaluation, match item) *Error {
	update, err := e.evaluate(f.update, match, f.env)
	if err != nil {
		return err
	}
	if update.kind != undefined {
		if update.kind != object {
			return failAt("T2011", f.updateOffset).of(e.shown(update))
		}
		if err := f.put(e, match, update); err != nil {
			return err
		}
	}
	if f.removal == nil {
		return nil
	}
	removal, err := e.evaluate(f.removal, match, f.env)
	if err != nil || removal.kind == undefined {
		return err
	}
	names := []item{removal}
	if removal.kind == array {
		if names, err = e.elements(removal.node); err != nil {
			return err
		}
	}
	for _, name := range names {
		if name.kind != str {
			return failAt("T2012", f.removalOffset).of(e.shown(removal))
		}
	}
	for _, name := range names {
		if err := e.spend(1); err != nil {
			return err
		}
		if match.kind == object {
			e.touch(match.node)
			if err := e.spend(len(match.node.keys) / 8); err != nil {
				return err
			}
			match.node.remove(name.text)
		}
	}
	return nil
}

// put sets the members of an update.
func (f *transformer) put(e *evaluation, match, update item) *Error {
	e.open(update.node)
	if match.kind != object {
		if match.kind == array || len(update.node.keys) == 0 {
			return nil // the members of an array are not seen
		}
		err := failAt(codeNoObject, f.updateOffset)
		err.Message = "The transform expression can only update objects"
		return err
	}
	e.touch(match.node)
	if err := e.grow(len(update.node.keys) * 2 * itemSize); err != nil {
		return err
	}
	for i, key := range update.node.keys {
		if v := update.node.items[i]; v.kind != undefined {
			match.node.put(key, v)
		}
	}
	return nil
}

// touch prepares a node for a change.
func (e *evaluation) touch(n *node) {
	e.open(n)
	if n.doc != nil || n.more != nil && !n.more.value.IsAbsent() {
		n.doc = nil
		if n.more != nil {
			n.more.value = value.Value{}
		}
		e.changed = true // what holds the node has a text that is no longer true
	}
}
