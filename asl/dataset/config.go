package dataset

import (
	"slices"
	"strings"

	"github.com/serverledge/serverledge/dag/value"
)

// The limits of reading, those of AWS where it has them.
const (
	// MaxItems is the most items that are read of a dataset; the rest is left.
	MaxItems = 100_000_000
	// MaxObject is the size of an object, and of what comes out of a compressed
	// one, in bytes.
	MaxObject = 10 << 30
	// MaxRecord is the size of one item as it stands in the object, in bytes: a
	// line, a row, an element.
	MaxRecord = 1 << 20
	// MaxHeader is the size of all headers of a CSV, in bytes.
	MaxHeader = 10 << 10
	// MaxAnswer is the size of all items that a Map gets of its reader, in bytes:
	// they are held at once.
	MaxAnswer = 64 << 20
)

// InputType says what an object holds.
type InputType string

// The input types.
const (
	CSV      InputType = "CSV"
	JSON     InputType = "JSON"
	JSONL    InputType = "JSONL"
	Parquet  InputType = "PARQUET"
	Manifest InputType = "MANIFEST"
)

// Transformation says whether the items of a listing are the objects' metadata
// or their contents.
type Transformation string

// The transformations of a reader.
const (
	Metadata       Transformation = "NONE"
	LoadAndFlatten Transformation = "LOAD_AND_FLATTEN"
)

// ManifestType says what kind of list of objects an object is.
type ManifestType string

// The manifest types.
const (
	AthenaData  ManifestType = "ATHENA_DATA"
	S3Inventory ManifestType = "S3_INVENTORY"
)

// HeaderLocation says where the names of a CSV's columns are.
type HeaderLocation string

// The locations of headers.
const (
	FirstRow HeaderLocation = "FIRST_ROW"
	Given    HeaderLocation = "GIVEN"
)

// Delimiter names what stands between the cells of a CSV.
type Delimiter string

// The delimiters.
const (
	Comma     Delimiter = "COMMA"
	Pipe      Delimiter = "PIPE"
	Semicolon Delimiter = "SEMICOLON"
	Space     Delimiter = "SPACE"
	Tab       Delimiter = "TAB"
)

// Config is a ReaderConfig with all its fields evaluated. The zero value of a
// field is its absence.
type Config struct {
	InputType      InputType
	Transformation Transformation
	ManifestType   ManifestType
	HeaderLocation HeaderLocation
	Headers        []string
	Delimiter      Delimiter
	ItemsPointer   string
	// MaxItems is 0 for no limit of the Map's own; the constant holds anyway.
	MaxItems int64
}

// one checks that an enumerated field has one of its values, or none.
func one[T ~string](field string, got T, values ...T) error {
	if got == "" || slices.Contains(values, got) {
		return nil
	}
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = string(v)
	}
	return wrong("%s must be one of %s, not %q.", field, strings.Join(names, ", "), clip(string(got)))
}

// clip shortens a text for an error.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}

// ParseConfig reads an evaluated ReaderConfig. Errors are *ReadError.
func ParseConfig(v value.Value) (Config, error) {
	var c Config
	if v.Kind() != value.Object {
		return c, wrong("ReaderConfig must be an object, not %s.", v.Kind())
	}
	for key, field := range v.Members() {
		if err := c.set(key, field); err != nil {
			return Config{}, err
		}
	}
	return c, nil
}

// set sets one field. Whether it is one of the values that it can have is for
// Check to say.
func (c *Config) set(key string, field value.Value) error {
	switch key {
	case "MaxItems":
		n, ok := field.Int()
		if !ok {
			return wrong("field MaxItems must be an integer")
		}
		c.MaxItems = n
		return nil
	case "CSVHeaders":
		if field.Kind() != value.Array {
			return wrong("CSVHeaders must be an array, not %s.", field.Kind())
		}
		c.Headers = make([]string, 0, field.Len())
		for i, h := range field.Elements() {
			if h.Kind() != value.String {
				return wrong("CSVHeaders must be strings; number %d is %s.", i, h.Kind())
			}
			c.Headers = append(c.Headers, h.Text())
		}
		return nil
	}
	if field.Kind() != value.String {
		return wrong("%s must be a string, not %s.", clip(key), field.Kind())
	}
	text := field.Text()
	switch key {
	case "InputType":
		c.InputType = InputType(text)
	case "Transformation":
		c.Transformation = Transformation(text)
	case "ManifestType":
		c.ManifestType = ManifestType(text)
	case "CSVHeaderLocation":
		c.HeaderLocation = HeaderLocation(text)
	case "CSVDelimiter":
		c.Delimiter = Delimiter(text)
	case "ItemsPointer":
		c.ItemsPointer = text
	default:
		return wrong("ReaderConfig has no field %q.", clip(key))
	}
	return nil
}
