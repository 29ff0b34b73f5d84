package jsonpath

import (
	"strings"
	"unicode"

	"github.com/serverledge/serverledge/dag/value"
)

// nameRune tells whether r may be part of a variable's name.
func nameRune(r rune, inside bool) bool {
	return r == '_' || unicode.IsLetter(r) || inside && (unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Mc, r))
}

// expression is the condition of a filter: true or false of an element.
type expression interface {
	holds(e *evaluation, current value.Value) (bool, error)
}

func (e *evaluation) holds(x expression, current value.Value) (bool, error) {
	if err := e.spend(1); err != nil {
		return false, err
	}
	return x.holds(e, current)
}

type (
	all  []expression
	some []expression
	not  struct{ x expression }
	// exists holds when its path finds something.
	exists struct{ path operand }
	// relation compares two operands.
	relation struct {
		operator    string
		left, right operand
		pattern     *pattern // of =~
	}
)

func (a all) holds(e *evaluation, current value.Value) (bool, error) {
	for _, x := range a {
		if ok, err := e.holds(x, current); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

func (s some) holds(e *evaluation, current value.Value) (bool, error) {
	for _, x := range s {
		if ok, err := e.holds(x, current); err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}

func (n not) holds(e *evaluation, current value.Value) (bool, error) {
	ok, err := e.holds(n.x, current)
	return !ok, err
}

func (x exists) holds(e *evaluation, current value.Value) (bool, error) {
	v, err := x.path.value(e, current)
	if x.path.path != nil && !x.path.path.definite {
		return v.Len() > 0, err
	}
	return !v.IsAbsent(), err
}

// operand is a literal or a path on the element (@) or the document ($).
type operand struct {
	literal value.Value
	path    *Path
	current bool
}

// value returns the operand's value, absent when its path is missing.
func (o operand) value(e *evaluation, current value.Value) (value.Value, error) {
	if o.path == nil {
		return o.literal, nil
	}
	from := e.root
	if o.current {
		from = current
	}
	v, err := e.path(o.path, from)
	if err != nil && e.steps <= MaxSteps { // missing
		return value.Value{}, nil // a missing operand is no fault of a filter
	}
	return v, err
}

func (r relation) holds(e *evaluation, current value.Value) (bool, error) {
	left, err := r.left.value(e, current)
	if err != nil {
		return false, err
	}
	if r.pattern != nil {
		return r.pattern.matches(e, left)
	}
	right, err := r.right.value(e, current)
	if err != nil {
		return false, err
	}
	if err := e.spend((left.Len() + right.Len()) / 8); err != nil {
		return false, err
	}
	switch r.operator {
	case "==":
		return !left.IsAbsent() && value.Equal(left, right), nil
	case "!=":
		// What is not there is different from everything but null.
		if left.IsAbsent() || right.IsAbsent() {
			return left.Kind() != value.Null && right.Kind() != value.Null && left.Kind() != right.Kind(), nil
		}
		return !value.Equal(left, right), nil
	case "<", "<=", ">", ">=":
		return ordered(r.operator, left, right), nil
	case "empty":
		return right.Kind() == value.Bool && sized(left) && (size(left) == 0) == right.Bool(), nil
	case "size":
		n := size(right)
		if right.Kind() == value.Number {
			i, _ := right.Int()
			n = int(i)
		}
		return sized(left) && size(left) == n, nil
	case "contains":
		if left.Kind() == value.String {
			return right.Kind() == value.String && strings.Contains(left.Text(), right.Text()), nil
		}
		return e.member(left, right)
	}
	return e.sets(r.operator, left, right)
}

// sets evaluates the operators on arrays.
func (e *evaluation) sets(operator string, left, right value.Value) (bool, error) {
	switch operator {
	case "in":
		return e.member(right, left)
	case "nin":
		ok, err := e.member(right, left)
		return !ok, err
	}
	if left.Kind() != value.Array || right.Kind() != value.Array {
		return false, nil
	}
	shared := 0
	for _, x := range left.Elements() {
		ok, err := e.member(right, x)
		if err != nil {
			return false, err
		}
		if ok {
			shared++
		}
	}
	switch operator {
	case "subsetof":
		return shared == left.Len(), nil
	case "anyof":
		return shared > 0, nil
	}
	return shared == 0, nil // noneof
}

// member tells whether x is an element of an array.
func (e *evaluation) member(array, x value.Value) (bool, error) {
	if err := e.spend(array.Len()); err != nil || x.IsAbsent() {
		return false, err
	}
	for _, item := range array.Elements() {
		if value.Equal(item, x) {
			return true, nil
		}
	}
	return false, nil
}

// ordered compares numbers with numbers and strings with strings; anything
// else is not ordered.
func ordered(operator string, left, right value.Value) bool {
	var order int
	switch {
	case left.Kind() == value.Number && right.Kind() == value.Number:
		order = value.Compare(left, right)
	case left.Kind() == value.String && right.Kind() == value.String:
		order = strings.Compare(left.Text(), right.Text())
	default:
		return false
	}
	switch operator {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

func sized(v value.Value) bool { return v.Kind() == value.Array || v.Kind() == value.String }

func size(v value.Value) int {
	if v.Kind() == value.String {
		return len([]rune(v.Text()))
	}
	return v.Len()
}
