package functions

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/serverledge/serverledge/internal/fault"
)

// CheckInput checks the input of a call against the declared inputs, and
// returns it with the strings that stand for declared values of another type
// converted: "2" for an Int becomes 2. All other bytes stay what they are;
// members that are not declared are passed on. A signature that declares no
// inputs (and a nil one) accepts any document. The error is fault.Invalid
// "invalid_input" and lists every parameter at fault.
func (s *Signature) CheckInput(doc json.RawMessage) (json.RawMessage, error) {
	if s == nil || len(s.Inputs) == 0 {
		return doc, nil
	}
	if len(bytes.TrimSpace(doc)) == 0 {
		doc = json.RawMessage("{}")
	}
	members, err := parseMembers(doc)
	if err != nil {
		return nil, fault.New(fault.Invalid, "invalid_input", "the input must be a JSON object with the declared parameters: %w", err).
			WithHint("the function takes %s", describe(s.Inputs))
	}
	out, faults := checkMembers(doc, members, s.Inputs, true)
	if len(faults) > 0 {
		return nil, fault.New(fault.Invalid, "invalid_input", "the input does not fit the signature: %s", details(faults)).
			WithFields(faults...).WithHint("the function takes %s", describe(s.Inputs))
	}
	return out, nil
}

// CheckOutput checks what a function returned against the declared outputs.
// Where one output is declared, a bare value (no object) is checked as that
// output, and returned as {name: value} if wrap is set, as it is otherwise.
// Nothing is converted. The error is fault.Invalid "invalid_output".
func (s *Signature) CheckOutput(doc json.RawMessage, wrap bool) (json.RawMessage, error) {
	if s == nil || len(s.Outputs) == 0 {
		return doc, nil
	}
	bad := func(faults ...fault.Field) error {
		return fault.New(fault.Invalid, "invalid_output", "the output does not fit the signature: %s", details(faults)).
			WithFields(faults...).WithHint("the signature declares %s", describe(s.Outputs))
	}
	if len(s.Outputs) == 1 && typeOf(doc) != "Object" {
		p := s.Outputs[0]
		if f := p.mismatch(doc); f != nil {
			return nil, bad(*f)
		}
		if !wrap {
			return doc, nil
		}
		return assemble([]member{{name: p.Name, value: doc}}), nil
	}
	members, err := parseMembers(doc)
	if err != nil {
		return nil, bad(fault.Field{Code: "type", Detail: err.Error()})
	}
	out, faults := checkMembers(doc, members, s.Outputs, false)
	if len(faults) > 0 {
		return nil, bad(faults...)
	}
	return out, nil
}

// checkMembers checks the members of an object against declarations; where
// convert is set it converts strings, and returns doc itself when there were
// none to convert.
func checkMembers(doc json.RawMessage, members []member, params []Param, convert bool) (json.RawMessage, []fault.Field) {
	var faults []fault.Field
	changed := false
	for _, p := range params {
		found := false
		for i := range members {
			if members[i].name != p.Name {
				continue
			}
			found = true
			k, _ := parseType(p.Type)
			if convert {
				value, did := k.convert(members[i].value)
				members[i].value, changed = value, changed || did
			}
			if f := p.mismatch(members[i].value); f != nil {
				faults = append(faults, *f)
			}
		}
		if !found {
			faults = append(faults, fault.Field{
				Pointer: p.pointer(), Code: "missing",
				Detail: fmt.Sprintf("%s (%s) is missing", p.Name, p.Type),
			})
		}
	}
	if !changed {
		return doc, faults
	}
	return assemble(members), faults
}

func (p Param) pointer() string {
	return "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(p.Name)
}

// mismatch returns how a value does not have the type of the parameter.
func (p Param) mismatch(value json.RawMessage) *fault.Field {
	k, ok := parseType(p.Type)
	if ok && k.matches(value) {
		return nil
	}
	return &fault.Field{
		Pointer: p.pointer(), Code: "type",
		Detail: fmt.Sprintf("%s must be %s, found %s", p.Name, p.Type, typeOf(value)),
	}
}

// matches tells whether a JSON value has the type.
func (k kind) matches(value json.RawMessage) bool {
	if k.arrays > 0 {
		elements, err := parseElements(value)
		if err != nil {
			return false
		}
		for _, e := range elements {
			if !k.element().matches(e) {
				return false
			}
		}
		return true
	}
	switch typeOf(value) {
	case "Int":
		return k.base == baseInt || k.base == baseFloat
	case "Float":
		return k.base == baseFloat
	case "Text":
		return k.base == baseText
	case "Bool":
		return k.base == baseBool
	default:
		return false
	}
}

// convert returns the value that a string stands for when the type is not
// Text, and whether there was anything to convert. What cannot be converted
// stays what it is, for matches to find.
func (k kind) convert(value json.RawMessage) (json.RawMessage, bool) {
	if k.arrays > 0 {
		changed := false
		if typeOf(value) == "Text" {
			text := unquote(value)
			if typeOf([]byte(text)) != "Array" || !json.Valid([]byte(text)) {
				return value, false
			}
			value, changed = json.RawMessage(strings.TrimSpace(text)), true
		}
		elements, err := parseElements(value)
		if err != nil {
			return value, changed
		}
		inner := false
		for i := range elements {
			e, did := k.element().convert(elements[i])
			elements[i], inner = e, inner || did
		}
		if inner {
			value = assembleArray(elements)
		}
		return value, changed || inner
	}
	if k.base == baseText || typeOf(value) != "Text" {
		return value, false
	}
	text := strings.TrimSpace(unquote(value))
	if k.base == baseBool {
		text = strings.ToLower(text) // "True", as Python prints it
	}
	if !json.Valid([]byte(text)) || !k.matches(json.RawMessage(text)) {
		return value, false
	}
	return json.RawMessage(text), true
}

// typeOf names the type of a JSON value as messages and signatures do. A
// number is an Int when its value is whole, however it is written.
func typeOf(value json.RawMessage) string {
	text := bytes.TrimSpace(value)
	if len(text) == 0 {
		return "nothing"
	}
	switch text[0] {
	case '{':
		return "Object"
	case '[':
		return "Array"
	case '"':
		return "Text"
	case 't', 'f':
		return "Bool"
	case 'n':
		return "null"
	}
	if !bytes.ContainsAny(text, ".eE") {
		return "Int"
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err == nil && f == math.Trunc(f) {
		return "Int"
	}
	return "Float"
}

// unquote returns the text of a JSON string.
func unquote(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) != nil {
		return ""
	}
	return text
}

func describe(params []Param) string {
	var list []string
	for _, p := range params {
		list = append(list, p.Name+":"+p.Type)
	}
	return strings.Join(list, ", ")
}

func details(faults []fault.Field) string {
	var list []string
	for _, f := range faults {
		list = append(list, f.Detail)
	}
	return strings.Join(list, "; ")
}

// member is one member of an object, its value untouched.
type member struct {
	name  string
	value json.RawMessage
}

// parseMembers returns the members of an object in their order.
func parseMembers(doc json.RawMessage) ([]member, error) {
	if kind := typeOf(doc); kind != "Object" {
		return nil, fmt.Errorf("expected an object, found %s", kind)
	}
	d := json.NewDecoder(bytes.NewReader(doc))
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("reading the object: %w", err)
	}
	var out []member
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("reading the object: %w", err)
		}
		m := member{}
		m.name, _ = token.(string) // the decoder gives nothing else here
		if err := d.Decode(&m.value); err != nil {
			return nil, fmt.Errorf("reading the member %s: %w", quoted(m.name), err)
		}
		out = append(out, m)
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("reading the object: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something behind the object")
	}
	return out, nil
}

func parseElements(doc json.RawMessage) ([]json.RawMessage, error) {
	var out []json.RawMessage
	if typeOf(doc) != "Array" {
		return nil, fmt.Errorf("expected an array, found %s", typeOf(doc))
	}
	if err := json.Unmarshal(doc, &out); err != nil {
		return nil, fmt.Errorf("reading the array: %w", err)
	}
	return out, nil
}

// assemble writes an object of members whose values are JSON already.
func assemble(members []member) json.RawMessage {
	out := []byte{'{'}
	for i, m := range members {
		if i > 0 {
			out = append(out, ',')
		}
		name, _ := json.Marshal(m.name) //nolint:errchkjson // a string always has a JSON form
		out = append(append(append(out, name...), ':'), m.value...)
	}
	return append(out, '}')
}

func assembleArray(elements []json.RawMessage) json.RawMessage {
	out := []byte{'['}
	for i, e := range elements {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, e...)
	}
	return append(out, ']')
}
