package spec

import (
	_ "embed" // the schema
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/value"
)

// Schema is the JSON Schema (draft 2020-12) of the notation.
//
//go:embed schema.json
var Schema string // embedding needs a variable; nobody writes it

// conform checks a definition against the schema and reports what is wrong.
func (c *compiler) conform(root *source.Node) {
	const name = "dag.json"
	schema, err := jsonschema.CompileString(name, Schema)
	if err != nil {
		panic("spec: the embedded schema is not valid: " + err.Error())
	}
	if invalid, ok := errors.AsType[*jsonschema.ValidationError](schema.Validate(root.Any())); ok {
		c.leaves(root, invalid)
	}
}

// leaves reports the innermost causes, which are what a person can act on.
func (c *compiler) leaves(root *source.Node, e *jsonschema.ValidationError) {
	if len(e.Causes) > 0 {
		for _, cause := range e.Causes {
			c.leaves(root, cause)
		}
		return
	}
	if strings.Contains(e.KeywordLocation, "/propertyNames") {
		return // the names of tasks are checked one by one
	}
	n := root.Find(e.InstanceLocation)
	if n == nil {
		n = root
	}
	what := describe(e.InstanceLocation)
	switch e.KeywordLocation[strings.LastIndexByte(e.KeywordLocation, '/')+1:] {
	case "additionalProperties":
		c.unknownFields(n, e.InstanceLocation, what)
	case "required":
		c.Errorf("006", n.At().First(), "%s: %s", what, e.Message)
	case "type":
		c.Errorf("005", n.At(), "%s: %s", what, e.Message)
	case "pattern": // only durations have one, besides names
		c.Errorf("009", n.At(), "%s must be a duration, for example 500ms, 30s, 5m or 1h30m, not %q", what, source.Clip(n.Text))
	default:
		c.Errorf("009", n.At(), "%s: %s", what, source.Clip(e.Message))
	}
}

// describe names a place of a definition for a person.
func describe(pointer string) string {
	parts := strings.Split(pointer, "/")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(strings.ReplaceAll(p, "~1", "/"), "~0", "~")
	}
	switch {
	case len(parts) < 2:
		return "the definition"
	case parts[1] == "tasks" && len(parts) == 3:
		return fmt.Sprintf("task %q", source.Clip(parts[2]))
	case parts[1] == "tasks" && len(parts) > 3:
		return fmt.Sprintf("task %q: %s", source.Clip(parts[2]), source.Clip(strings.Join(parts[3:], ".")))
	}
	return source.Clip(strings.Join(parts[1:], "."))
}

// unknownFields reports each field of an object that the schema does not know.
func (c *compiler) unknownFields(n *source.Node, pointer, what string) {
	known := properties(pointer)
	for i := range n.Members {
		m := &n.Members[i]
		if !slices.Contains(known, m.Key) {
			c.Errorf("007", m.At(), "%s has an unknown field %q", what, source.Clip(m.Key)).Suggest(m.Key, known)
		}
	}
}

// properties lists the fields that the schema gives to the object at a pointer.
func properties(pointer string) []string {
	var schema struct {
		Properties map[string]json.RawMessage
		Defs       map[string]struct{ Properties map[string]json.RawMessage } `json:"$defs"`
	}
	if err := json.Unmarshal([]byte(Schema), &schema); err != nil {
		panic("spec: the embedded schema is not JSON: " + err.Error())
	}
	fields := schema.Properties
	switch strings.Count(pointer, "/") {
	case 2:
		fields = schema.Defs["task"].Properties
	case 3:
		fields = schema.Defs["retry"].Properties
	}
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// text returns a field when it is a string; other types the schema reports.
func text(n *source.Node, key string) (string, *source.Node) {
	if f := n.Get(key); f != nil && f.Kind == value.String {
		return f.Text, f
	}
	return "", nil
}
