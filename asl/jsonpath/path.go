// Package jsonpath is the flavour of JSONPath that the Amazon States Language
// uses: Jayway's, with the roots $ (the data), $$ (the context object) and
// $name (a variable).
//
// A definite path (names and single indexes only) has exactly one value or is
// missing, which is an error; an indefinite one (wildcard, descent, slice,
// list, filter) always has an array, empty when nothing matches. A Reference
// is a path that names one place, and can also write there.
//
// It is not RFC 9535: names may hold hyphens, ['a','b'] at the end of a path
// makes an object, a filter on an object tests the object itself. The
// invariant: paths are compiled once, never change, and an evaluation takes at
// most MaxSteps steps.
package jsonpath

import (
	"errors"
	"fmt"
	"strings"

	"github.com/serverledge/serverledge/dag/value"
)

// The limits.
const (
	// MaxLength is the longest path, in bytes.
	MaxLength = 10 << 10
	// MaxSteps bounds one evaluation (or those that share a count): visited values, and the work of regular
	// expressions in units of 64 instruction-bytes.
	MaxSteps = 200_000
	// maxDepth bounds how deep filters nest.
	maxDepth = 32
)

// Root says what a path starts from.
type Root uint8

// The roots.
const (
	Input    Root = iota // $
	Context              // $$
	Variable             // $name
)

// ErrTooMuch says that an evaluation was given up after MaxSteps steps.
var ErrTooMuch = errors.New("the path takes too many steps on this input")

// MissingError says that a definite path names nothing, and where it ends.
type MissingError struct{ Detail string }

func (e *MissingError) Error() string { return e.Detail }

// Path is a compiled path. It is immutable.
type Path struct {
	text     string
	root     Root
	variable string
	steps    []step
	function string // "", or the name of a trailing function such as length
	definite bool
	// reference paths consist of names and single indexes.
	reference bool
}

// step goes from one value to its parts.
type step struct {
	kind    stepKind
	names   []string
	indexes []int
	slice   slice
	filter  expression
	// deep applies the step to the value and everything below it.
	deep bool
}

type stepKind uint8

const (
	stepNames stepKind = iota
	stepIndexes
	stepSlice
	stepWildcard
	stepFilter
)

type slice struct{ from, to, by *int }

// String returns the path as it was written.
func (p *Path) String() string { return p.text }

// Root returns what the path starts from.
func (p *Path) Root() Root { return p.root }

// VariableName returns the name of the variable that the path starts from, if
// any.
func (p *Path) VariableName() string { return p.variable }

// IsReference tells whether the path consists of names and single indexes.
func (p *Path) IsReference() bool { return p.reference }

// classify notes what kind of path its steps make.
func (p *Path) classify() {
	p.definite = p.function != "" || definite(p.steps)
	p.reference = p.function == ""
	for _, s := range p.steps {
		if s.deep || s.kind != stepNames && s.kind != stepIndexes || len(s.names)+len(s.indexes) != 1 {
			p.reference = false
		}
	}
}

// Get evaluates the path on the document that its Root means; an absent one
// makes the path missing. spent counts the steps of several evaluations that
// share one bound; nil bounds this one alone. Errors are *MissingError, for a
// definite path only, and ErrTooMuch.
func (p *Path) Get(root value.Value, spent *int) (value.Value, error) {
	if p.reference && !root.IsAbsent() { // the usual case allocates nothing
		return p.walk(root)
	}
	e := evaluation{root: root}
	if spent == nil {
		return e.path(p, root)
	}
	e.steps = *spent
	v, err := e.path(p, root)
	*spent = e.steps
	return v, err
}

// path evaluates p on a value.
func (e *evaluation) path(p *Path, from value.Value) (value.Value, error) {
	if from.IsAbsent() {
		return p.missing("No results for path: " + p.shown(0))
	}
	if p.IsReference() {
		return p.walk(from)
	}
	found, err := e.collect(p.steps, from)
	if err != nil {
		return value.Value{}, err
	}
	if p.function != "" {
		return p.apply(found)
	}
	if !p.definite {
		return value.OfArray(found...), nil
	}
	if len(found) == 0 {
		return p.missing("No results for path: " + p.shown(len(p.steps)))
	}
	return found[0], nil
}

func (p *Path) missing(detail string) (value.Value, error) {
	if !p.definite {
		return value.EmptyArray, nil
	}
	return value.Value{}, &MissingError{detail}
}

// walk follows names and single indexes, telling precisely where they end.
func (p *Path) walk(v value.Value) (value.Value, error) {
	for i, s := range p.steps {
		var part value.Value
		if s.kind == stepNames {
			if v.Kind() != value.Object {
				return p.missing(fmt.Sprintf("Expected to find an object with property ['%s'] in path %s but found '%s'",
					s.names[0], p.shown(i), v.Kind()))
			}
			part = v.Get(s.names[0])
		} else {
			if v.Kind() != value.Array {
				return p.missing(fmt.Sprintf("Filter: [%d] can only be applied to arrays. Current context is: %s", s.indexes[0], p.shown(i)))
			}
			part = v.Index(at(s.indexes[0], v.Len()))
		}
		if part.IsAbsent() {
			if i < len(p.steps)-1 && s.kind == stepNames {
				return p.missing("Missing property in path " + p.shown(i+1))
			}
			return p.missing("No results for path: " + p.shown(i+1))
		}
		v = part
	}
	return v, nil
}

// at counts a negative index from the end.
func at(i, length int) int {
	if i < 0 {
		return i + length
	}
	return i
}

// shown returns the first n steps in bracket notation.
func (p *Path) shown(n int) string {
	var b strings.Builder
	switch p.root {
	case Input:
		b.WriteByte('$')
	case Context:
		b.WriteString("$$")
	case Variable:
		b.WriteString("$" + p.variable)
	}
	for _, s := range p.steps[:n] {
		switch s.kind {
		case stepNames:
			b.WriteString("['" + strings.Join(s.names, "','") + "']")
		case stepIndexes:
			b.WriteString(strings.ReplaceAll(fmt.Sprint(s.indexes), " ", ","))
		case stepSlice, stepWildcard, stepFilter:
			b.WriteString("[*]")
		}
	}
	return b.String()
}
