package asl

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/serverledge/serverledge/asl/jsonpath"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/value"
)

// condition is what a rule of a Choice tests.
type condition interface {
	holds(s *scope) (bool, *dag.Failure)
}

type (
	allOf  []condition
	anyOf  []condition
	noneOf struct{ condition }
	// comparison compares the value of a path with a constant or with the
	// value of another path.
	comparison struct {
		variable *jsonpath.Path
		operator string
		constant value.Value
		other    *jsonpath.Path
		compare  func(a, b value.Value) bool
	}
	// never stands for a condition with problems.
	never struct{}
	// fixed is a Condition that is written as true or false.
	fixed bool
)

func (a allOf) holds(s *scope) (bool, *dag.Failure) {
	for _, c := range a {
		if ok, failure := c.holds(s); failure != nil || !ok {
			return false, failure
		}
	}
	return true, nil
}

func (a anyOf) holds(s *scope) (bool, *dag.Failure) {
	for _, c := range a {
		if ok, failure := c.holds(s); failure != nil || ok {
			return ok, failure
		}
	}
	return false, nil
}

func (n noneOf) holds(s *scope) (bool, *dag.Failure) {
	ok, failure := n.condition.holds(s)
	return !ok, failure
}

func (never) holds(*scope) (bool, *dag.Failure) { return false, nil }

func (f fixed) holds(*scope) (bool, *dag.Failure) { return bool(f), nil }

// holds makes an expression a condition: it must be true or false.
func (e *expression) holds(s *scope) (bool, *dag.Failure) {
	v, failure := e.typed(s, "boolean", func(v value.Value) bool { return v.Kind() == value.Bool })
	return v.Bool(), failure
}

func (c *comparison) holds(s *scope) (bool, *dag.Failure) {
	v, err := s.get(c.variable)
	if c.operator == "IsPresent" && (err == nil || isMissing(err)) {
		return (err == nil) == c.constant.Bool(), nil
	}
	if err != nil {
		return false, c.invalid(s, c.variable, err)
	}
	b := c.constant
	if c.other != nil {
		if b, err = s.get(c.other); err != nil {
			return false, c.invalid(s, c.other, err)
		}
	}
	return c.compare(v, b), nil
}

func isMissing(err error) bool {
	_, missing := errors.AsType[*jsonpath.MissingError](err)
	return missing
}

func (c *comparison) invalid(s *scope, p *jsonpath.Path, err error) *dag.Failure {
	if errors.Is(err, jsonpath.ErrTooMuch) {
		return runtime(s.State, "Invalid path '%s': %s", p, err)
	}
	return runtime(s.State, "Invalid path '%s': The choice state's condition path references an invalid value.", p)
}

// rules reads Choices.
func (o *object) rules(query language) []rule {
	n := o.required("Choices")
	if n == nil {
		return nil
	}
	list := o.list("Choices")
	if n.Kind == value.Array && len(list) == 0 {
		o.Errorf("006", n.At(), "%s: Choices is empty", o.what)
	}
	if o.node.Get("Default") == nil && len(list) > 0 {
		o.Warnf("032", o.start(), "%s has no Default: input that no rule matches fails with %s", o.what, dag.ErrorNoChoiceMatched)
	}
	var rules []rule
	for i, item := range list {
		r, ok := o.object(item, fmt.Sprintf("rule %d of %s", i, o.what))
		if !ok {
			continue
		}
		rules = append(rules, r.rule(query))
	}
	return rules
}

// rule reads one rule of a Choice.
func (o *object) rule(query language) rule {
	var r rule
	if query == jsonata {
		o.fields(query, "Condition", "Next", "Assign", "Output", "Comment")
		r.condition, r.label = o.query()
		r.shaped = o.template("Output", query, before)
	} else {
		r.condition = o.condition(true)
		r.label = labelOf(r.condition)
	}
	r.assign = o.assign(query, before)
	if o.required("Next") != nil {
		r.next = o.target("Next")
	}
	return r
}

// query reads the Condition of a rule in JSONata, with its text.
func (o *object) query() (condition, string) {
	n := o.required("Condition")
	switch {
	case n == nil:
	case n.Kind == value.Bool:
		return fixed(n.Bool), n.Value().String()
	case n.Kind != value.String:
		o.Errorf("005", n.At(), "%s: Condition must be a boolean or a JSONata expression, not %s", o.what, article(n.Kind))
	case !expressive(n.Text):
		o.Errorf("025", n.At(), "%s: Condition must be a boolean or a JSONata expression between {%% and %%}", o.what)
	default:
		if e := o.expression(n, "Condition", before); e != nil {
			return e, e.text
		}
	}
	return never{}, ""
}

// operators lists the names of all comparisons.
func operators() []string {
	names := []string{"StringMatches", "BooleanEquals", "BooleanEqualsPath"}
	for _, kind := range []string{"String", "Numeric", "Timestamp"} {
		for _, relation := range []string{"Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"} {
			names = append(names, kind+relation, kind+relation+"Path")
		}
	}
	for _, kind := range []string{"Null", "Present", "Numeric", "String", "Boolean", "Timestamp"} {
		names = append(names, "Is"+kind)
	}
	return names
}

// condition reads a rule or a part of one. It never returns nil.
func (o *object) condition(top bool) condition {
	known := concat([]string{"And", "Or", "Not", "Variable", "Comment"}, operators())
	if top {
		known = append(known, "Next", "Assign")
	}
	o.fields(jsonPath, known...)
	if m := o.node.Member("Next"); m != nil && !top {
		return never{} // reported as a field that cannot be here
	}
	switch o.atMostOne("And", "Or", "Not", "Variable") {
	case 0:
		if o.node.Get("Condition") == nil {
			o.Errorf("006", o.start(), "%s needs Variable with a comparison, or And, Or, Not", o.what)
		}
		return never{}
	case 1:
	default:
		return never{}
	}
	if o.node.Get("Variable") != nil {
		return o.comparison()
	}
	for _, m := range o.node.Members {
		if slices.Contains(operators(), m.Key) {
			o.Errorf("008", m.At(), "%s: %s needs a Variable and cannot stand beside And, Or, Not", o.what, m.Key)
		}
	}
	if n := o.node.Get("Not"); n != nil {
		if c, ok := o.object(n, "Not of "+o.what); ok {
			return noneOf{c.condition(false)}
		}
		return never{}
	}
	if o.node.Get("And") != nil {
		return allOf(o.conditions("And"))
	}
	return anyOf(o.conditions("Or"))
}

func (o *object) conditions(key string) []condition {
	list := o.list(key)
	if len(list) == 0 && o.node.Get(key).Kind == value.Array {
		o.Errorf("009", o.node.Get(key).At(), "%s: %s is empty", o.what, key)
	}
	var all []condition
	for i, item := range list {
		if c, ok := o.object(item, fmt.Sprintf("%s %d of %s", key, i, o.what)); ok {
			all = append(all, c.condition(false))
		}
	}
	return all
}

// comparison reads Variable with its one operator.
func (o *object) comparison() condition {
	c := &comparison{variable: o.path("Variable")}
	var operator *source.Member
	for i := range o.node.Members {
		m := &o.node.Members[i]
		if !slices.Contains(operators(), m.Key) {
			continue
		}
		if operator != nil {
			o.Errorf("008", m.At(), "%s: a rule has one comparison, here are %s and %s", o.what, operator.Key, m.Key)
			return never{}
		}
		operator = m
	}
	if operator == nil {
		o.Errorf("006", o.start(), "%s needs a comparison such as StringEquals", o.what)
		return never{}
	}
	c.operator = operator.Key
	base, byPath := strings.CutSuffix(c.operator, "Path")
	c.compare = comparer(base)
	if byPath {
		c.other = o.path(c.operator)
		if c.other == nil || c.variable == nil {
			return never{}
		}
		return c
	}
	c.constant = operator.Value.Value()
	if !o.operand(c.operator, operator.Value) || c.variable == nil {
		return never{}
	}
	return c
}

// operand checks the type of what a comparison compares with.
func (o *object) operand(operator string, n *source.Node) bool {
	kind := value.String
	switch {
	case strings.HasPrefix(operator, "Is"), strings.HasPrefix(operator, "Boolean"):
		kind = value.Bool
	case strings.HasPrefix(operator, "Numeric"):
		kind = value.Number
	}
	if n.Kind != kind {
		o.Errorf("005", n.At(), "%s: %s must be %s, not %s", o.what, operator, article(kind), article(n.Kind))
		return false
	}
	if strings.HasPrefix(operator, "Timestamp") {
		if _, ok := parseTimestamp(n.Text); !ok {
			o.Errorf("024", n.At(), "%s: %s must be a date as in RFC 3339, with T and a zone, not %q", o.what, operator, source.Clip(n.Text))
			return false
		}
	}
	if operator == "StringMatches" && !soundPattern(n.Text) {
		o.Errorf("009", n.At(), "%s: the backslash of StringMatches must stand before * or another backslash", o.what)
		return false
	}
	return true
}
