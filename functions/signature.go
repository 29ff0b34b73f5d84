package functions

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/serverledge/serverledge/internal/fault"
)

// Signature declares the parameters that a function takes and what it returns.
// Types are Int, Float, Text, Bool and Array[T], nested at will.
type Signature struct {
	Inputs  []Param `json:"Inputs,omitempty"`
	Outputs []Param `json:"Outputs,omitempty"`
}

// Param is one named, typed value.
type Param struct {
	Name string `json:"Name"`
	Type string `json:"Type"`
}

// Limits of a signature.
const (
	// MaxParams is how many inputs, and how many outputs, there may be.
	MaxParams = 100
	// MaxArrayDepth is how deep arrays may be nested.
	MaxArrayDepth = 16
	// maxParamName is the longest name of a parameter, in bytes.
	maxParamName = 255
)

// ParseParam reads "name:Type", as the command line has it. The error is
// fault.Invalid "invalid_signature".
func ParseParam(text string) (Param, error) {
	name, kind, ok := strings.Cut(text, ":")
	if !ok {
		return Param{}, fault.New(fault.Invalid, "invalid_signature", "%s is not of the form name:Type", quoted(text)).
			WithHint("write for example n:Int; %s", typesHint)
	}
	p := Param{Name: strings.TrimSpace(name), Type: strings.TrimSpace(kind)}
	for _, f := range p.faults("", nil) {
		return Param{}, fault.New(fault.Invalid, "invalid_signature", "%s", f.Detail).WithHint("%s", typesHint)
	}
	return p, nil
}

const typesHint = "types are Int, Float, Text, Bool and Array[T]"

// Validate checks the declarations. The error is fault.Invalid
// "invalid_signature" and lists every fault, with pointers into the signature.
func (s *Signature) Validate() error {
	faults := s.faults("")
	if len(faults) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "invalid_signature", "the signature is not valid: %s", faults[0].Detail).
		WithFields(faults...).WithHint("%s", typesHint)
}

func (s *Signature) faults(at string) []fault.Field {
	if s == nil {
		return nil
	}
	var out []fault.Field
	for _, list := range []struct {
		at     string
		params []Param
	}{{at + "/Inputs", s.Inputs}, {at + "/Outputs", s.Outputs}} {
		if len(list.params) > MaxParams {
			out = append(out, fault.Field{
				Pointer: list.at, Code: "too_many",
				Detail: fmt.Sprintf("there are %d parameters, more than %d", len(list.params), MaxParams),
			})
			continue
		}
		seen := map[string]bool{}
		for i, p := range list.params {
			out = append(out, p.faults(fmt.Sprintf("%s/%d", list.at, i), seen)...)
			seen[p.Name] = true
		}
	}
	return out
}

// faults returns what is wrong with a parameter; seen has the names before it.
func (p Param) faults(at string, seen map[string]bool) []fault.Field {
	var out []fault.Field
	bad := func(where, code, format string, args ...any) {
		out = append(out, fault.Field{Pointer: at + where, Code: code, Detail: fmt.Sprintf(format, args...)})
	}
	switch {
	case p.Name == "":
		bad("/Name", "required", "a parameter has no name")
	case len(p.Name) > maxParamName || !printable(p.Name):
		bad("/Name", "invalid_name", "the parameter name %s is too long or has characters that cannot be printed", quoted(p.Name))
	case seen[p.Name]:
		bad("/Name", "duplicate", "the parameter %s is declared twice", quoted(p.Name))
	}
	if _, ok := parseType(p.Type); !ok {
		detail := fmt.Sprintf("the parameter %s has the unknown type %s", quoted(p.Name), quoted(p.Type))
		if near := fault.Suggest(p.Type, []string{"Int", "Float", "Text", "Bool"}); near != "" && len(p.Type) < 20 {
			detail += fmt.Sprintf("; did you mean %s?", near)
		}
		bad("/Type", "unknown_type", "%s", detail)
	}
	return out
}

func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// base is an elementary type.
type base string

const (
	baseInt   base = "Int"
	baseFloat base = "Float"
	baseText  base = "Text"
	baseBool  base = "Bool"
)

// kind is a type: an elementary one inside of a number of arrays.
type kind struct {
	arrays int
	base   base
}

func (k kind) String() string {
	return strings.Repeat("Array[", k.arrays) + string(k.base) + strings.Repeat("]", k.arrays)
}

// element is the type of the elements of an array.
func (k kind) element() kind { return kind{arrays: k.arrays - 1, base: k.base} }

func parseType(text string) (kind, bool) {
	var k kind
	for {
		inner, ok := strings.CutPrefix(text, "Array[")
		if !ok {
			break
		}
		if text, ok = strings.CutSuffix(inner, "]"); !ok || k.arrays == MaxArrayDepth {
			return kind{}, false
		}
		k.arrays++
	}
	k.base = base(text)
	switch k.base {
	case baseInt, baseFloat, baseText, baseBool:
		return k, true
	default:
		return kind{}, false
	}
}
