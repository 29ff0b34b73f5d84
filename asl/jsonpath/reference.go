package jsonpath

import (
	"errors"

	"github.com/serverledge/serverledge/dag/value"
)

// ErrMismatch says that a place cannot be written because what lies on the way
// is neither an object nor a long enough array.
var ErrMismatch = errors.New("the reference path does not match the input")

// Reference is a path of names and single indexes: it names one place.
type Reference struct{ path *Path }

// CompileReference reads a reference path. Errors are *SyntaxError.
func CompileReference(text string) (*Reference, error) {
	p, err := Compile(text)
	if err != nil {
		return nil, err
	}
	if !p.IsReference() {
		return nil, &SyntaxError{0, "a reference path may only hold names and single indexes (no @ , : ? * or ..)"}
	}
	return &Reference{p}, nil
}

// Path returns the reference as a path.
func (r *Reference) Path() *Path { return r.path }

// IsRoot tells whether the reference is the root alone.
func (r *Reference) IsRoot() bool { return len(r.path.steps) == 0 }

// Set returns a copy of doc that holds x at the place. Objects on the way are
// made where nothing is; an element of an array must be there. The error is
// ErrMismatch.
func (r *Reference) Set(doc, x value.Value) (value.Value, error) {
	return set(r.path.steps, doc, x)
}

func set(steps []step, doc, x value.Value) (value.Value, error) {
	if len(steps) == 0 {
		return x, nil
	}
	s := steps[0]
	if s.kind == stepNames {
		if kind := doc.Kind(); kind != value.Object && kind != value.Absent {
			return value.Value{}, ErrMismatch
		}
		part, err := set(steps[1:], doc.Get(s.names[0]), x)
		if err != nil {
			return value.Value{}, err
		}
		return doc.With(s.names[0], part), nil
	}
	i := at(s.indexes[0], doc.Len())
	old := doc.Index(i)
	if old.IsAbsent() {
		return value.Value{}, ErrMismatch
	}
	part, err := set(steps[1:], old, x)
	if err != nil {
		return value.Value{}, err
	}
	items := make([]value.Value, doc.Len())
	for j, item := range doc.Elements() {
		items[j] = item
	}
	items[i] = part
	return value.OfArray(items...), nil
}
