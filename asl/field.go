package asl

import (
	"slices"
	"strings"

	"github.com/serverledge/serverledge/asl/jsonpath"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/value"
)

// reader turns the nodes of a definition into structs and notes problems.
type reader struct {
	*source.Report
	options Options
	names   map[string]source.Place // of every state so far
	query   language                // of the machine
	reading *state                  // the state that is being read
	depth   int
	told    bool // that there are too many states
}

// object is an object of the definition whose fields are being read.
type object struct {
	*reader
	node *source.Node
	what string // for messages: `state "A"`
}

// object checks that a node is an object; ok is false when it is not.
func (r *reader) object(n *source.Node, what string) (*object, bool) {
	if n.Kind != value.Object {
		r.Errorf("005", n.At(), "%s must be an object, not %s", what, article(n.Kind))
		return nil, false
	}
	return &object{r, n, what}, true
}

func article(k value.Kind) string {
	switch k {
	case value.Null:
		return "null"
	case value.Array, value.Object:
		return "an " + k.String()
	case value.Absent, value.Bool, value.Number, value.String:
	}
	return "a " + k.String()
}

// fields reports every field that is not among those known.
func (o *object) fields(query language, known ...string) {
	for i := range o.node.Members {
		m := &o.node.Members[i]
		if slices.Contains(known, m.Key) {
			if m.Key == "Comment" {
				o.text("Comment")
			}
			continue
		}
		switch {
		case query == jsonata && slices.Contains(pathFields(), m.Key):
			o.Errorf("007", m.At(), "%s: the field '%s' is not supported in JSONata, it belongs to JSONPath", o.what, m.Key)
		case query == jsonPath && slices.Contains(queryFields(), m.Key):
			o.Errorf("007", m.At(), "%s: the field '%s' is not supported in JSONPath, it belongs to JSONata", o.what, m.Key).Hint =
				`set "QueryLanguage": "JSONata", or use the fields of JSONPath`
		default:
			o.Errorf("007", m.At(), "%s: the field '%s' is not supported", o.what, source.Clip(m.Key)).Suggest(m.Key, known)
		}
	}
}

// pathFields are the fields of states that only JSONPath has.
func pathFields() []string {
	return []string{
		"InputPath", "OutputPath", "ResultPath", "Parameters", "ResultSelector", "Result", "TimeoutSecondsPath", "HeartbeatSecondsPath",
		"SecondsPath", "TimestampPath", "ErrorPath", "CausePath", "ItemsPath", "MaxConcurrencyPath", "ToleratedFailureCountPath",
		"ToleratedFailurePercentagePath", "Variable", "Iterator", "And", "Or", "Not", "MaxItemsPath", "MaxItemsPerBatchPath",
		"MaxInputBytesPerBatchPath",
	}
}

// queryFields are the fields that only JSONata has.
func queryFields() []string { return []string{"Arguments", "Output", "Items", "Condition"} }

// required returns a field that must be there.
func (o *object) required(key string) *source.Node {
	n := o.node.Get(key)
	if n == nil {
		o.Errorf("006", o.start(), "%s: the field '%s' is required but was missing", o.what, key)
	}
	return n
}

// start is the place of the object's opening.
func (o *object) start() source.Place { return o.node.At().First() }

// text returns a field that must be a string if it is there.
func (o *object) text(key string) (string, *source.Node) {
	n := o.node.Get(key)
	if n == nil {
		return "", nil
	}
	if n.Kind != value.String {
		o.Errorf("005", n.At(), "%s: %s must be a string, not %s", o.what, key, article(n.Kind))
		return "", nil
	}
	return n.Text, n
}

// target returns a field that names a state.
func (o *object) target(key string) target {
	name, n := o.text(key)
	if n == nil {
		return target{}
	}
	if name == "" {
		o.Errorf("012", n.At(), "%s: %s is empty", o.what, key)
	}
	return target{name, n.At()}
}

// integer returns a field that must be a whole number between two bounds; ok
// is false when it is not there or was reported.
func (o *object) integer(key string, least, most int64) (i int64, ok bool) {
	n := o.node.Get(key)
	if n == nil {
		return 0, false
	}
	if n.Kind != value.Number {
		o.Errorf("005", n.At(), "%s: %s must be a whole number, not %s", o.what, key, article(n.Kind))
		return 0, false
	}
	i, ok = n.Value().Int()
	if !ok || i < least || i > most {
		o.Errorf("009", n.At(), "%s: %s must be a whole number from %d to %d, not %s", o.what, key, least, most, source.Clip(n.Text))
		return 0, false
	}
	return i, true
}

// atMostOne reports all but one of some fields; it returns how many are there.
func (o *object) atMostOne(keys ...string) int {
	count := 0
	for _, key := range keys {
		m := o.node.Member(key)
		if m == nil {
			continue
		}
		if count++; count > 1 {
			o.Errorf("008", m.At(), "%s: only one of %s may be set", o.what, strings.Join(keys, ", "))
		}
	}
	return count
}

// path returns a field that must be a path if it is there.
func (o *object) path(key string) *jsonpath.Path {
	text, n := o.text(key)
	if n == nil {
		return nil
	}
	return o.compilePath(key, text, n)
}

// compilePath compiles the text of a field as a path.
func (o *object) compilePath(key, text string, n *source.Node) *jsonpath.Path {
	p, err := jsonpath.Compile(text)
	if err != nil {
		o.badPath("020", o.what+": "+key, n, err)
		return nil
	}
	if p.Root() == jsonpath.Variable {
		o.read(p.VariableName(), n.At())
	}
	return p
}

// badPath reports a path that does not compile, where it goes wrong.
func (r *reader) badPath(code, what string, n *source.Node, err error) {
	offset := 0
	if e, ok := syntaxError(err); ok {
		offset = e.Offset
	}
	r.Errorf(code, r.Document.Within(n, offset, 1), "%s: %s", what, err)
}

// reference returns a field that must be a reference path if it is there.
func (o *object) reference(key string) *jsonpath.Path {
	p := o.path(key)
	if p != nil && !p.IsReference() {
		n := o.node.Get(key)
		o.Errorf("021", n.At(), "%s: %s must be a reference path (names and single indexes only)", o.what, key)
		return nil
	}
	return p
}

// dataPath returns InputPath or OutputPath.
func (o *object) dataPath(key string) dataPath {
	n := o.node.Get(key)
	if n == nil {
		return dataPath{}
	}
	if n.Kind == value.Null {
		return dataPath{null: true}
	}
	p := o.path(key)
	if p != nil && p.Root() == jsonpath.Input && p.String() == "$" {
		p = nil
	}
	return dataPath{path: p}
}

// resultPath returns ResultPath.
func (o *object) resultPath() resultPath {
	const key = "ResultPath"
	n := o.node.Get(key)
	if n == nil {
		return resultPath{}
	}
	if n.Kind == value.Null {
		return resultPath{null: true}
	}
	text, n := o.text(key)
	if n == nil {
		return resultPath{}
	}
	ref, err := jsonpath.CompileReference(text)
	switch {
	case err != nil:
		code := "021"
		if _, bad := jsonpath.Compile(text); bad != nil {
			code = "020"
		}
		o.badPath(code, o.what+": "+key, n, err)
		return resultPath{}
	case ref.Path().Root() != jsonpath.Input:
		o.Errorf("021", n.At(), "%s: %s must start with a single $ and name a place of the input", o.what, key)
		return resultPath{}
	case ref.IsRoot():
		return resultPath{}
	}
	return resultPath{path: ref}
}
