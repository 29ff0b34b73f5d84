package asl

import (
	"strings"
	"time"

	"github.com/serverledge/serverledge/asl/jsonpath"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/value"
)

// greatest is the largest number that a field may hold.
const greatest = 99_999_999

// quantity is a number of the definition: fixed, read by a path or computed by
// an expression. The zero quantity is not there.
type quantity struct {
	field string // "MaxConcurrency" or "MaxConcurrencyPath"; empty: not there
	fixed value.Value
	path  *jsonpath.Path
	query *expression
}

// here tells whether the definition has the quantity.
func (q *quantity) here() bool { return q.field != "" }

// constant returns the number of a quantity that the definition fixes.
func (q *quantity) constant() (int64, bool) { return q.fixed.Int() }

// quantity reads a number: key, or for JSONPath key+"Path".
func (o *object) quantity(key string, least, most int64, query language) quantity {
	o.atMostOne(key, key+"Path")
	n := o.node.Get(key)
	switch {
	case n == nil && query == jsonata:
		return quantity{}
	case n == nil:
		if p := o.reference(key + "Path"); p != nil {
			return quantity{field: key + "Path", path: p}
		}
		return quantity{}
	case query == jsonata && n.Kind == value.String && expressive(n.Text):
		return quantity{field: key, query: o.expression(n, key, before)}
	}
	if i, ok := o.integer(key, least, most); ok {
		return quantity{field: key, fixed: value.OfInt(i)}
	}
	return quantity{}
}

// percentage reads a number from 0 to 100, not necessarily a whole one.
func (o *object) percentage(key string, query language) quantity {
	o.atMostOne(key, key+"Path")
	n := o.node.Get(key)
	switch {
	case n == nil && query == jsonata:
		return quantity{}
	case n == nil:
		if p := o.reference(key + "Path"); p != nil {
			return quantity{field: key + "Path", path: p}
		}
		return quantity{}
	case query == jsonata && n.Kind == value.String && expressive(n.Text):
		return quantity{field: key, query: o.expression(n, key, before)}
	}
	if n.Kind != value.Number {
		o.Errorf("005", n.At(), "%s: %s must be a number, not %s", o.what, key, article(n.Kind))
		return quantity{}
	}
	if v := n.Value(); v.Float() >= 0 && v.Float() <= 100 {
		return quantity{field: key, fixed: v}
	}
	o.Errorf("009", n.At(), "%s: %s must be between 0 and 100, not %s", o.what, key, source.Clip(n.Text))
	return quantity{}
}

// number computes the quantity, which must be a number of a kind.
func (q *quantity) number(s *scope, kind string, is func(value.Value) bool) (value.Value, *dag.Failure) {
	switch {
	case q.query != nil:
		return q.query.typed(s, kind, is)
	case q.path == nil:
		return q.fixed, nil
	}
	v, err := s.get(q.path)
	if err != nil {
		return v, runtime(s.State, "Invalid path '%s' : %s", q.path, err)
	}
	if v.Kind() == value.String { // AWS takes numbers in quotes
		if n, err := value.Parse([]byte(v.Text())); err == nil && n.Kind() == value.Number && is(n) {
			return n, nil
		}
	}
	if !is(v) {
		return v, runtime(s.State, "The %s field refers to value \"%s\" which is not a valid %s: %s", q.field, bare(v), kind, q.path)
	}
	return v, nil
}

// integer is whole, but what is larger than a field may hold counts as that.
func (q *quantity) integer(s *scope, least int64) (int64, *dag.Failure) {
	n, failure := q.whole(s, least)
	return min(n, greatest), failure
}

// whole computes the quantity, which must be a whole number from least on.
func (q *quantity) whole(s *scope, least int64) (int64, *dag.Failure) {
	v, failure := q.number(s, "integer", func(v value.Value) bool { _, ok := v.Int(); return ok })
	if failure != nil {
		return 0, failure
	}
	n, _ := v.Int()
	if n < least {
		text := "%s cannot be negative."
		if least > 0 {
			text = "%s must be positive."
		}
		return 0, q.outside(s, text)
	}
	return n, nil
}

// share computes the quantity, which must be a percentage.
func (q *quantity) share(s *scope) (float64, *dag.Failure) {
	v, failure := q.number(s, "float", func(v value.Value) bool { return v.Kind() == value.Number })
	if failure != nil {
		return 0, failure
	}
	f := v.Float()
	if !(f >= 0 && f <= 100) {
		return 0, q.outside(s, "%s must be between 0 and 100.")
	}
	return f, nil
}

// outside makes the failure of a number that is not within its bounds.
func (q *quantity) outside(s *scope, format string) *dag.Failure {
	if q.query != nil {
		return unfit(s.State, q.field, format, q.field)
	}
	return runtime(s.State, format, trimPath(q.field))
}

// seconds makes what computes a time limit: fixed, or a function.
func (q *quantity) seconds(look func(*dag.Scope) *scope) (time.Duration, dag.Span) {
	if i, ok := q.constant(); ok {
		return time.Duration(i) * time.Second, nil
	}
	if !q.here() {
		return 0, nil
	}
	return 0, func(d *dag.Scope) (time.Duration, *dag.Failure) {
		n, failure := q.integer(look(d), 1)
		return time.Duration(n) * time.Second, failure
	}
}

// trimPath names the field that a Path form stands for.
func trimPath(field string) string { return strings.TrimSuffix(field, "Path") }
