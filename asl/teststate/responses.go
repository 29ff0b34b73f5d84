package teststate

import (
	_ "embed" // the table
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// responses says what services answer; its head describes its form.
//
//go:embed responses.txt
var responses string

// checkResult holds a mocked result against what the service of a Task would
// answer. Services and operations that the table does not have are not checked,
// nor are callbacks, whose result comes from elsewhere.
func checkResult(r dag.Resource, result value.Value, mode Mode) error {
	if mode == None || r.Service == "" || r.Pattern == dag.Callback {
		return nil
	}
	table, line := find(r)
	if line == "" {
		return nil
	}
	c := checker{table: table, strict: mode != Present, sdk: strings.HasPrefix(r.Service, sdkPrefix)}
	if result.Kind() != value.Object {
		return invalid("invalid_mock", "Mocked result must be a JSON object.")
	}
	if fault := c.fields(line, result); fault != "" {
		return invalid("invalid_mock", "Mock result schema validation error: %s", fault)
	}
	return nil
}

// sdkPrefix begins the services that are called through the SDK of AWS.
const sdkPrefix = "aws-sdk:"

// section are lines of the table by what they are of.
type section map[string]string

// find returns the section of a service, and the fields that the operation of
// a resource answers; empty when the table does not have it.
func find(r dag.Resource) (section, string) {
	if own := open("optimized")[r.Service+":"+r.Action]; own != "" {
		return nil, own
	}
	service := strings.TrimPrefix(r.Service, sdkPrefix)
	switch service { // what integrations of Step Functions' own are called otherwise
	case "states":
		service = "sfn"
	case "events":
		service = "eventbridge"
	case "elasticmapreduce":
		service = "emr"
	}
	table := open(service)
	line := table[r.Action]
	if line != "" && !strings.Contains(line, ":") { // it says which other line holds
		line = table[line]
	}
	return table, line
}

// open reads a section of the table.
func open(service string) section {
	_, rest, found := strings.Cut(responses, "\n@"+service+"\n")
	if !found {
		return nil
	}
	rest, _, _ = strings.Cut(rest, "\n@")
	table := section{}
	for line := range strings.Lines(rest) {
		if name, fields, ok := strings.Cut(strings.TrimRight(line, "\n"), " = "); ok {
			table[name] = fields
		}
	}
	return table
}

// checker holds a value against lines of the table. What it finds wrong is a
// text; empty: nothing.
type checker struct {
	table       section
	strict, sdk bool
}

// fields checks an object: first that nothing is missing, then what is there.
func (c *checker) fields(line string, v value.Value) string {
	all := strings.Fields(line)
	for _, f := range all {
		if name, _, required := strings.Cut(f, "!:"); required && c.strict && v.Get(c.named(name)).IsAbsent() {
			return fmt.Sprintf("Required field '%s' is missing", c.named(name))
		}
	}
	for _, f := range all {
		name, kind, _ := strings.Cut(f, ":")
		name = c.named(strings.TrimSuffix(name, "!"))
		if x := v.Get(name); !x.IsAbsent() && x.Kind() != value.Null {
			if fault := c.value(name, kind, x); fault != "" {
				return fault
			}
		}
	}
	return ""
}

// value checks a value against a type of the table.
func (c *checker) value(name, kind string, v value.Value) string {
	must := func(k value.Kind, what string) string {
		if v.Kind() == k {
			return ""
		}
		return fmt.Sprintf("Field '%s' must be %s", name, what)
	}
	rest := kind[1:]
	switch kind[0] {
	case '*':
		return ""
	case 'b':
		return must(value.Bool, "a boolean")
	case 'o':
		return must(value.Object, "an object")
	case 's':
		if fault := must(value.String, "a string"); fault != "" {
			return fault
		}
		return within(name, "length", rest, float64(utf8.RuneCountInString(v.Text())))
	case 'n':
		if fault := must(value.Number, "a number"); fault != "" {
			return fault
		}
		return within(name, "value", rest, v.Float())
	case '[':
		if fault := must(value.Array, "an array"); fault != "" {
			return fault
		}
		inner, bounds := split(rest, "]")
		for _, item := range v.Elements() {
			if fault := c.value(name, inner, item); fault != "" {
				return fault
			}
		}
		return within(name, "length", bounds, float64(v.Len()))
	case '{':
		if fault := must(value.Object, "an object"); fault != "" {
			return fault
		}
		inner, _ := split(rest, "}")
		for key, item := range v.Members() {
			if fault := c.value(key, inner, item); fault != "" {
				return fault
			}
		}
		return ""
	}
	if fault := must(value.Object, "an object"); fault != "" {
		return fault
	}
	return c.fields(c.table[kind], v)
}

// split takes apart the inside of a list or a map, and its bounds.
func split(text, end string) (inner, bounds string) {
	i := strings.LastIndex(text, end)
	return text[:i], text[i+1:]
}

// within checks a number against bounds, as in "1..256".
func within(name, what, bounds string, n float64) string {
	low, high, _ := strings.Cut(bounds, "..")
	if least, err := strconv.ParseFloat(low, 64); err == nil && n < least {
		return fmt.Sprintf("Field '%s' is smaller than the minimum %s", name, what)
	}
	if most, err := strconv.ParseFloat(high, 64); err == nil && n > most {
		return fmt.Sprintf("Field '%s' exceeds the maximum %s", name, what)
	}
	return ""
}

// named is how Step Functions names a field. Through the SDK it is the name
// that the SDK for Java has, with a capital: of capitals at its begin all but
// the first are small, up to the one that begins a word.
func (c *checker) named(field string) string {
	if !c.sdk {
		return field
	}
	letters := []rune(field)
	for i := 1; i < len(letters) && unicode.IsUpper(letters[i]); i++ {
		if i+1 < len(letters) && unicode.IsLower(letters[i+1]) {
			break
		}
		letters[i] = unicode.ToLower(letters[i])
	}
	return string(letters)
}
