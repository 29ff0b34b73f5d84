package spec

import (
	"slices"
	"strings"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/value"
)

// maxNesting is how deep the data of a task may nest. What comes from outside
// nests less (value.MaxDepth).
const maxNesting = 500

type (
	// joined is a text with expressions in it.
	joined []expression
	object []field
	field  struct {
		key string
		x   expression
	}
	array []expression
)

func (j joined) eval(s *dag.Scope) (value.Value, *dag.Failure) {
	var b strings.Builder
	for _, x := range j {
		v, failure := present(x, s)
		if failure != nil {
			return v, failure
		}
		if v.Kind() == value.String {
			b.WriteString(v.Text())
		} else {
			b.WriteString(v.String())
		}
		if b.Len() > MaxPayload {
			return v, tooLarge()
		}
	}
	return value.OfString(b.String()), nil
}

func (o object) eval(s *dag.Scope) (value.Value, *dag.Failure) {
	members := make([]value.Member, len(o))
	size := 0
	for i, f := range o {
		v, failure := present(f.x, s)
		if failure != nil {
			return v, failure
		}
		if size += v.Size(); size > MaxPayload {
			return v, tooLarge()
		}
		members[i] = value.Member{Key: f.key, Value: v}
	}
	return value.OfObject(members...), nil
}

func (a array) eval(s *dag.Scope) (value.Value, *dag.Failure) {
	items := make([]value.Value, len(a))
	size := 0
	for i, x := range a {
		v, failure := present(x, s)
		if failure != nil {
			return v, failure
		}
		if size += v.Size(); size > MaxPayload {
			return v, tooLarge()
		}
		items[i] = v
	}
	return value.OfArray(items...), nil
}

// template compiles a value whose strings may hold ${expressions}. What holds
// none becomes one literal.
func (c *compiler) template(n *source.Node, used *names) expression {
	switch n.Kind {
	case value.String:
		return c.words(n, used)
	case value.Object:
		o := make(object, len(n.Members))
		for i, m := range n.Members {
			o[i] = field{m.Key, c.template(m.Value, used)}
		}
		if slices.ContainsFunc(o, func(f field) bool { return !isLiteral(f.x) }) {
			return o
		}
	case value.Array:
		a := make(array, len(n.Items))
		for i, item := range n.Items {
			a[i] = c.template(item, used)
		}
		if slices.ContainsFunc(a, func(x expression) bool { return !isLiteral(x) }) {
			return a
		}
	case value.Absent, value.Null, value.Bool, value.Number:
		return literal{n.Value()}
	}
	// Nothing in it is computed, but a $${ may have become ${.
	return literal{unescaped(n)}
}

func isLiteral(x expression) bool {
	_, ok := x.(literal)
	return ok
}

// unescaped returns a value without expressions, $${ read as ${.
func unescaped(n *source.Node) value.Value {
	switch n.Kind {
	case value.String:
		return value.OfString(strings.ReplaceAll(n.Text, "$${", "${"))
	case value.Object:
		members := make([]value.Member, len(n.Members))
		for i, m := range n.Members {
			members[i] = value.Member{Key: m.Key, Value: unescaped(m.Value)}
		}
		return value.OfObject(members...)
	case value.Array:
		items := make([]value.Value, len(n.Items))
		for i, item := range n.Items {
			items[i] = unescaped(item)
		}
		return value.OfArray(items...)
	case value.Absent, value.Null, value.Bool, value.Number:
	}
	return n.Value()
}

// words compiles a string.
func (c *compiler) words(n *source.Node, used *names) expression {
	var parts joined
	var plain strings.Builder
	flush := func() {
		if plain.Len() > 0 {
			parts = append(parts, literal{value.OfString(plain.String())})
			plain.Reset()
		}
	}
	for at := 0; at < len(n.Text); {
		rest := n.Text[at:]
		switch {
		case strings.HasPrefix(rest, "$${"):
			plain.WriteString("${")
			at += len("$${")
		case strings.HasPrefix(rest, "${"):
			end := closing(rest)
			if end < 0 {
				c.Errorf("020", c.Document.Within(n, at, len("${")), "${ is not closed").Hint = "write $${ for a plain ${"
				return invalid{}
			}
			x := c.compile(n, at+len("${"), rest[len("${"):end], used)
			if at == 0 && end == len(n.Text)-1 {
				return x
			}
			flush()
			parts = append(parts, x)
			at += end + 1
		default:
			plain.WriteByte(n.Text[at])
			at++
		}
	}
	flush()
	switch {
	case len(parts) == 0:
		return literal{value.OfString("")}
	case len(parts) == 1 && isLiteral(parts[0]):
		return parts[0]
	}
	return parts
}

// closing finds the } that ends an expression, beyond any text in quotes.
func closing(text string) int {
	quote := byte(0)
	for i := len("${"); i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '}':
			return i
		}
	}
	return -1
}

// expression compiles a field that is an expression, in ${ } or bare.
func (c *compiler) expression(n *source.Node, used *names) expression {
	if n.Kind != value.String {
		return literal{n.Value()} // reported by the schema, unless it is a boolean
	}
	text, at := n.Text, 0
	if inner := strings.TrimSpace(text); strings.HasPrefix(inner, "${") && closing(inner) == len(inner)-1 {
		at = strings.Index(text, "${") + len("${")
		text = inner[len("${") : len(inner)-1]
	}
	return c.compile(n, at, text, used)
}

// compile reads the text of an expression, which stands at an offset of a
// string.
func (c *compiler) compile(n *source.Node, offset int, text string, used *names) expression {
	const longest = 10 << 10
	if len(text) > longest {
		c.Errorf("020", n.At(), "the expression has %d bytes, more than the %d allowed", len(text), longest)
		return invalid{}
	}
	p := parser{text: text, tasks: &c.tasks, used: used}
	x, err := p.whole()
	if err != nil {
		problem := c.Errorf(err.code, c.Document.Within(n, offset+err.offset, err.length), "%s", err.detail)
		problem.Hint = err.hint
		if err.meant != "" {
			problem.Suggest(err.meant, c.tasks.names)
		}
		return invalid{}
	}
	return x
}

// guard compiles when.
func (c *compiler) guard(n *source.Node, used *names) dag.Guard {
	x := c.expression(n, used)
	if l, ok := x.(literal); ok && l.value.Kind() != value.Bool && n.Kind == value.String {
		c.Errorf("020", n.At(), "when must be a condition, not a fixed value")
	}
	return func(s *dag.Scope) (bool, *dag.Failure) { return truth(x, s) }
}

// shaped makes the input of a task or the outcome of the workflow.
func shaped(x expression) dag.Shape {
	return func(s *dag.Scope) (value.Value, *dag.Failure) {
		v, failure := present(x, s)
		if failure != nil {
			return v, failure
		}
		return bounded(v)
	}
}

// items makes what a foreach goes through.
func items(x expression) dag.Shape {
	return func(s *dag.Scope) (value.Value, *dag.Failure) {
		v, failure := present(x, s)
		if failure != nil {
			return v, failure
		}
		if kind := v.Kind(); kind != value.Array && kind != value.Object {
			return v, runtime("foreach needs an array or an object, not a value of type %s", kind)
		}
		return v, nil
	}
}

// limited passes on a result that is not too large.
func limited(s *dag.Scope) (value.Value, *dag.Failure) { return bounded(s.Result) }

func bounded(v value.Value) (value.Value, *dag.Failure) {
	if !value.Fits(v, MaxPayload) {
		return value.Value{}, tooLarge()
	}
	if value.Depth(v) > maxNesting {
		return value.Value{}, runtime("the data nests deeper than %d levels", maxNesting)
	}
	return v, nil
}

func tooLarge() *dag.Failure {
	return &dag.Failure{Error: dag.ErrorDataLimitExceeded, Cause: "the data of the task is larger than 262144 bytes"}
}
