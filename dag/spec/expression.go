package spec

import (
	"fmt"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// expression computes a value; absent means that there is none.
type expression interface {
	eval(s *dag.Scope) (value.Value, *dag.Failure)
}

type (
	literal struct{ value value.Value }
	// invalid stands for an expression with problems; it is never evaluated.
	invalid struct{}
	// path is a name with members and elements below it.
	path struct {
		text  string
		name  string
		steps []step
		// lenient paths are null where their task was skipped.
		lenient bool
	}
	step struct {
		key   string
		index int
		isKey bool
	}
	has       struct{ path path }
	otherwise struct{ first, second expression }
	compared  struct {
		operator    string
		left, right expression
	}
	both    []expression
	either  []expression
	negated struct{ x expression }
)

func (l literal) eval(*dag.Scope) (value.Value, *dag.Failure) { return l.value, nil }

func (invalid) eval(*dag.Scope) (value.Value, *dag.Failure) { return value.NullValue, nil }

func (p path) eval(s *dag.Scope) (value.Value, *dag.Failure) {
	v := named(s, p.name)
	for _, step := range p.steps {
		if step.isKey {
			v = v.Get(step.key)
			continue
		}
		i := step.index
		if i < 0 {
			i += v.Len()
		}
		v = v.Index(i)
	}
	return v, nil
}

// named returns what a name stands for.
func named(s *dag.Scope, name string) value.Value {
	switch name {
	case "input":
		return s.Input
	case "item", "index", "key":
		switch {
		case s.Item == nil:
		case name == "item":
			return s.Item.Value
		case name == "index":
			return value.OfInt(int64(s.Item.Index))
		case s.Item.Key != "":
			return value.OfString(s.Item.Key)
		}
		return value.Value{}
	}
	v, _ := s.Output(name)
	return v
}

func (h has) eval(s *dag.Scope) (value.Value, *dag.Failure) {
	v, failure := h.path.eval(s)
	return value.OfBool(!v.IsAbsent()), failure
}

func (o otherwise) eval(s *dag.Scope) (value.Value, *dag.Failure) {
	v, failure := o.first.eval(s)
	if failure != nil || !v.IsAbsent() && v.Kind() != value.Null {
		return v, failure
	}
	return o.second.eval(s)
}

func (c compared) eval(s *dag.Scope) (value.Value, *dag.Failure) {
	left, failure := present(c.left, s)
	if failure != nil {
		return value.Value{}, failure
	}
	right, failure := present(c.right, s)
	if failure != nil {
		return value.Value{}, failure
	}
	switch c.operator {
	case "==":
		return value.OfBool(value.Equal(left, right)), nil
	case "!=":
		return value.OfBool(!value.Equal(left, right)), nil
	}
	order, ok := ordered(left, right)
	if !ok {
		return value.Value{}, runtime("%s cannot compare a value of type %s with one of type %s", c.operator, left.Kind(), right.Kind())
	}
	switch c.operator {
	case "<":
		return value.OfBool(order < 0), nil
	case "<=":
		return value.OfBool(order <= 0), nil
	case ">":
		return value.OfBool(order > 0), nil
	}
	return value.OfBool(order >= 0), nil
}

// ordered compares two numbers or two strings.
func ordered(a, b value.Value) (int, bool) {
	switch {
	case a.Kind() == value.Number && b.Kind() == value.Number:
		return value.Compare(a, b), true
	case a.Kind() == value.String && b.Kind() == value.String:
		switch x, y := a.Text(), b.Text(); {
		case x < y:
			return -1, true
		case x > y:
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

func (b both) eval(s *dag.Scope) (value.Value, *dag.Failure) {
	for _, x := range b {
		if ok, failure := truth(x, s); failure != nil || !ok {
			return value.FalseValue, failure
		}
	}
	return value.TrueValue, nil
}

func (e either) eval(s *dag.Scope) (value.Value, *dag.Failure) {
	for _, x := range e {
		if ok, failure := truth(x, s); failure != nil || ok {
			return value.OfBool(ok), failure
		}
	}
	return value.FalseValue, nil
}

func (n negated) eval(s *dag.Scope) (value.Value, *dag.Failure) {
	ok, failure := truth(n.x, s)
	return value.OfBool(!ok), failure
}

// truth evaluates an expression that must be true or false.
func truth(x expression, s *dag.Scope) (bool, *dag.Failure) {
	v, failure := present(x, s)
	if failure != nil {
		return false, failure
	}
	if v.Kind() != value.Bool {
		return false, runtime("a condition must be true or false, not of type %s", v.Kind())
	}
	return v.Bool(), nil
}

// present evaluates an expression that must have a value.
func present(x expression, s *dag.Scope) (value.Value, *dag.Failure) {
	v, failure := x.eval(s)
	if failure == nil && v.IsAbsent() {
		if excused(x, s) {
			return value.NullValue, nil
		}
		return v, runtime("%s has no value", describeMissing(x, s))
	}
	return v, failure
}

// excused tells whether a missing value counts as null.
func excused(x expression, s *dag.Scope) bool {
	switch x := x.(type) {
	case path:
		return x.lenient && s.Skipped(x.name)
	case otherwise:
		return excused(x.second, s)
	}
	return false
}

// describeMissing says what has no value.
func describeMissing(x expression, s *dag.Scope) string {
	switch x := x.(type) {
	case path:
		if s.Skipped(x.name) {
			return fmt.Sprintf("%s (the task %s was skipped)", x.text, x.name)
		}
		return x.text
	case otherwise:
		return describeMissing(x.second, s)
	}
	return "the expression"
}

// runtime makes a failure that retrying cannot help.
func runtime(format string, args ...any) *dag.Failure {
	return &dag.Failure{Error: dag.ErrorRuntime, Cause: fmt.Sprintf(format, args...), Fatal: true}
}
