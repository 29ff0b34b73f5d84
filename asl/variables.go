package asl

import (
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/value"
)

// maxVariableName is the longest name of a variable, in characters.
const maxVariableName = 80

// read notes that the state which is being read looks at a variable.
func (r *reader) read(name string, at source.Place) {
	if r.reading != nil {
		r.reading.reads = append(r.reading.reads, variable{name, at})
	}
}

// assign reads Assign; nil when it is not there.
func (o *object) assign(query language, at stage) *assignment {
	const key = "Assign"
	n := o.node.Get(key)
	if n == nil {
		return nil
	}
	if n.Kind != value.Object {
		o.Errorf("005", n.At(), "%s: Assign must be an object, not %s", o.what, article(n.Kind))
		return nil
	}
	a := &assignment{}
	for i := range n.Members {
		m := &n.Members[i]
		var t template
		name := m.Key
		if query == jsonata {
			t = o.jsonataTemplate(m.Value, key+"/"+m.Key, at)
		} else {
			t, name = o.templateMember(n, m)
		}
		if !isIdentifier(name) {
			o.Errorf("027", m.At(), "%s: %q is not the name of a variable", o.what, source.Clip(name)).Hint =
				"it has letters, digits and _, begins with no digit, and is written without $"
		}
		if length := utf8.RuneCountInString(name); length > maxVariableName {
			o.Errorf("027", m.At(), "%s: the name of a variable has %d characters, more than the %d allowed", o.what, length, maxVariableName)
		}
		if name == statesName {
			o.Errorf("027", m.At(), "%s: the name \"states\" is reserved and cannot be assigned", o.what)
		}
		a.variables = append(a.variables, variable{name, m.At()})
		a.values = append(a.values, t)
	}
	return a
}

// isIdentifier tells whether a text is an identifier as UAX #31 has it.
func isIdentifier(text string) bool {
	for i, c := range text {
		if c != '_' && !unicode.IsLetter(c) && (i == 0 || !unicode.In(c, unicode.Nd, unicode.Mn, unicode.Mc, unicode.Pc)) {
			return false
		}
	}
	return text != ""
}

// compile makes what computes the variables; nil of no assignment. The values
// see a scope that look makes.
func (a *assignment) compile(look func(*dag.Scope) *scope) dag.Assign {
	if a == nil || len(a.values) == 0 {
		return nil
	}
	return func(d *dag.Scope) ([]dag.Binding, *dag.Failure) {
		scope := look(d)
		bound := make([]dag.Binding, len(a.values))
		size := 0
		for i, t := range a.values {
			v, failure := t.fill(scope)
			if failure != nil {
				return nil, failure
			}
			if size += v.Size(); size > scope.limits.Variable {
				return nil, &dag.Failure{
					Error: dag.ErrorDataLimitExceeded,
					Cause: cause(d.State, "The variables that the state assigns have more than %d bytes.", scope.limits.Variable),
				}
			}
			bound[i] = dag.Binding{Name: a.variables[i].name, Value: v}
		}
		return bound, nil
	}
}

// assigned lists the variables that a state sets when it is left.
func (s *state) assigned() []variable {
	var all []variable
	add := func(a *assignment) {
		if a != nil {
			all = append(all, a.variables...)
		}
	}
	add(s.assign)
	for _, c := range s.catch {
		add(c.assign)
	}
	for _, c := range s.choices {
		add(c.assign)
	}
	return all
}

// checkVariables checks what a level assigns against what is taken by those
// around it, and what it reads against all that is visible.
func (r *reader) checkVariables(m *machine, taken, visible []string) {
	for _, s := range m.states {
		for _, v := range s.assigned() {
			if slices.Contains(taken, v.name) {
				r.Errorf("027", v.at, "the variable %q is assigned in an outer scope and cannot be assigned here", source.Clip(v.name)).Hint =
					"an inner scope only reads it; return the value as output, or take another name"
			}
			visible = append(visible, v.name)
		}
	}
	for i, s := range m.states {
		for _, v := range s.reads {
			if !slices.Contains(visible, v.name) {
				r.Warnf("028", v.at, "%s: no state assigns the variable $%s, or none whose scope reaches here", fmt.Sprintf("state %q", source.Clip(s.name)), source.Clip(v.name)).
					Suggest(v.name, visible)
			}
		}
		if len(s.branches) == 0 {
			continue
		}
		inner, seen := takenBeside(m, i, taken), slices.Clone(visible)
		if s.mapping != nil && s.mapping.distributed {
			inner, seen = nil, nil // its items are executions of their own
		}
		for _, b := range s.branches {
			r.checkVariables(b, inner, seen)
		}
	}
}

// takenBeside lists the variables that the states of a level assign, but for
// one: what a Parallel or a Map assigns is set after its branches are over, so
// they may have variables of the same names.
func takenBeside(m *machine, but int, taken []string) []string {
	all := slices.Clone(taken)
	for i, s := range m.states {
		if i == but {
			continue
		}
		for _, v := range s.assigned() {
			all = append(all, v.name)
		}
	}
	return all
}
