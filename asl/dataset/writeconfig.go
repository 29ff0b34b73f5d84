package dataset

import (
	"github.com/serverledge/serverledge/dag/value"
)

// WriteTransformation says how much of a child execution is written.
type WriteTransformation string

// The transformations of a writer.
const (
	// Whole writes a record of the child execution.
	Whole WriteTransformation = "NONE"
	// Compact writes its output.
	Compact WriteTransformation = "COMPACT"
	// Flatten writes the elements of an output that is an array.
	Flatten WriteTransformation = "FLATTEN"
)

// OutputType says how the entries of a file are set down.
type OutputType string

// The output types.
const (
	OutputJSON  OutputType = "JSON"
	OutputJSONL OutputType = "JSONL"
)

// WriterConfig is a WriterConfig with all its fields evaluated. Its zero value
// is what AWS does without one: Whole and OutputJSON.
type WriterConfig struct {
	Transformation WriteTransformation
	OutputType     OutputType
}

// ParseWriterConfig reads an evaluated WriterConfig, of which Check has the last
// word. Errors are *ReadError.
func ParseWriterConfig(v value.Value) (WriterConfig, error) {
	var c WriterConfig
	if v.Kind() != value.Object {
		return c, wrong("WriterConfig must be an object, not %s.", v.Kind())
	}
	for key, field := range v.Members() {
		if field.Kind() != value.String {
			return c, wrong("%s must be a string, not %s.", clip(key), field.Kind())
		}
		switch key {
		case "Transformation":
			c.Transformation = WriteTransformation(field.Text())
		case "OutputType":
			c.OutputType = OutputType(field.Text())
		default:
			return c, wrong("WriterConfig has no field %q.", clip(key))
		}
	}
	return c, c.Check()
}

// Check tells whether the fields have values that they can have.
func (c WriterConfig) Check() error {
	if err := one("Transformation", c.Transformation, Whole, Compact, Flatten); err != nil {
		return err
	}
	return one("OutputType", c.OutputType, OutputJSON, OutputJSONL)
}
