package asl

import (
	"errors"
	"fmt"
	"strings"

	"github.com/serverledge/serverledge/asl/jsonpath"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/value"
)

// template is a value with holes: paths and intrinsic functions under keys
// that end in ".$".
type template interface {
	fill(s *scope) (value.Value, *dag.Failure)
}

type (
	literal        struct{ value value.Value }
	objectTemplate []templateMember
	arrayTemplate  []template
	templateMember struct {
		key      string
		template template
	}
	// pathTemplate is a path; field names where it stands, for causes.
	pathTemplate struct {
		path  *jsonpath.Path
		field string
	}
)

func (l literal) fill(*scope) (value.Value, *dag.Failure) { return l.value, nil }

func (o objectTemplate) fill(s *scope) (value.Value, *dag.Failure) {
	members := make([]value.Member, len(o))
	size := 0
	for i, m := range o {
		v, failure := m.template.fill(s)
		if failure != nil {
			return value.Value{}, failure
		}
		if size += v.Size(); size > s.limits.Payload {
			return value.Value{}, tooLarge(s.State.Name)
		}
		members[i] = value.Member{Key: m.key, Value: v}
	}
	return value.OfObject(members...), nil
}

func (a arrayTemplate) fill(s *scope) (value.Value, *dag.Failure) {
	items := make([]value.Value, len(a))
	size := 0
	for i, t := range a {
		v, failure := t.fill(s)
		if failure != nil {
			return value.Value{}, failure
		}
		if size += v.Size(); size > s.limits.Payload {
			return value.Value{}, tooLarge(s.State.Name)
		}
		items[i] = v
	}
	return value.OfArray(items...), nil
}

func (p pathTemplate) fill(s *scope) (value.Value, *dag.Failure) {
	v, err := s.get(p.path)
	switch {
	case errors.Is(err, jsonpath.ErrTooMuch):
		return value.Value{}, runtime(s.State, "Invalid path '%s' : %s", p.path, err)
	case err != nil:
		return value.Value{}, runtime(s.State, "The JSONPath '%s' specified for the field '%s' could not be found in the input '%s'",
			p.path, p.field, shown(s.document))
	}
	return v, nil
}

// template reads a payload template of JSONPath, or a value with expressions
// of JSONata; nil when the field is not there.
func (o *object) template(key string, query language, at stage) template {
	n := o.node.Get(key)
	switch {
	case n == nil:
		return nil
	case query == jsonata:
		return o.jsonataTemplate(n, key, at)
	}
	return o.compileTemplate(n)
}

// jsonataTemplate makes a template of a node with expressions in any string;
// field names the node for causes.
func (o *object) jsonataTemplate(n *source.Node, field string, at stage) template {
	switch n.Kind {
	case value.String:
		if expressive(n.Text) {
			if e := o.expression(n, field, at); e != nil {
				return e
			}
		}
	case value.Object:
		t := make(objectTemplate, len(n.Members))
		fixed := true
		for i, m := range n.Members {
			part := o.jsonataTemplate(m.Value, field+"/"+m.Key, at)
			_, plain := part.(literal)
			fixed = fixed && plain
			t[i] = templateMember{m.Key, part}
		}
		if !fixed {
			return t
		}
	case value.Array:
		t := make(arrayTemplate, len(n.Items))
		fixed := true
		for i, item := range n.Items {
			part := o.jsonataTemplate(item, fmt.Sprintf("%s[%d]", field, i), at)
			_, plain := part.(literal)
			fixed = fixed && plain
			t[i] = part
		}
		if !fixed {
			return t
		}
	case value.Absent, value.Null, value.Bool, value.Number:
	}
	return literal{n.Value()}
}

// compileTemplate makes a template of a node. Whatever has no hole in it
// becomes one literal.
func (o *object) compileTemplate(n *source.Node) template {
	switch n.Kind {
	case value.Object:
		t := make(objectTemplate, 0, len(n.Members))
		fixed := true
		for i := range n.Members {
			m := &n.Members[i]
			part, key := o.templateMember(n, m)
			_, plain := part.(literal)
			fixed = fixed && plain && key == m.Key
			t = append(t, templateMember{key, part})
		}
		if !fixed {
			return t
		}
	case value.Array:
		t := make(arrayTemplate, 0, len(n.Items))
		fixed := true
		for _, item := range n.Items {
			part := o.compileTemplate(item)
			_, plain := part.(literal)
			fixed = fixed && plain
			t = append(t, part)
		}
		if !fixed {
			return t
		}
	case value.Absent, value.Null, value.Bool, value.Number, value.String:
	}
	return literal{n.Value()}
}

// templateMember compiles one member and returns the key that it gets.
func (o *object) templateMember(n *source.Node, m *source.Member) (template, string) {
	key, dynamic := strings.CutSuffix(m.Key, ".$")
	if !dynamic {
		return o.compileTemplate(m.Value), m.Key
	}
	if n.Get(key) != nil {
		o.Errorf("023", m.At(), "%s: the key %q is set both with and without .$", o.what, source.Clip(key))
	}
	if m.Value.Kind != value.String {
		o.Errorf("023", m.Value.At(), "%s: %q must be a path or an intrinsic function, not %s", o.what, source.Clip(m.Key), article(m.Value.Kind)).
			Hint = "take .$ away from the key to give a plain value"
		return literal{value.NullValue}, key
	}
	return o.dynamic(m.Key, m.Value.Text, m.Value, false), key
}

// dynamic compiles a path or an intrinsic function. Where words are wanted,
// only functions that return a string will do.
func (o *object) dynamic(field, text string, n *source.Node, wantWords bool) template {
	if strings.HasPrefix(text, "$") {
		if p := o.compilePath(field, text, n); p != nil {
			return pathTemplate{p, field}
		}
		return literal{value.NullValue}
	}
	call, err := o.parseCall(text, field)
	if err != nil {
		o.badPath("022", o.what+": the value for the field '"+source.Clip(field)+"' must be a valid JSONPath or a valid intrinsic function call", n, err)
		return literal{value.NullValue}
	}
	for _, name := range call.variables() {
		o.read(name, n.At())
	}
	if wantWords && !call.function.words {
		o.Errorf("022", n.At(), "%s: %s needs a function that returns a string, %s does not", o.what, field, call.name)
	}
	if placeholders, ok := call.placeholders(); ok && placeholders != len(call.arguments)-1 {
		o.Warnf("022", n.At(), "%s: %s: the text has %d {} for %d values", o.what, field, placeholders, len(call.arguments)-1)
	}
	return call
}
