package jsonata

import "fmt"

// The limits of an expression as text.
const (
	// MaxLength is the longest expression, in bytes.
	MaxLength = 256 << 10
	// maxNesting bounds how deep brackets and prefixes nest.
	maxNesting = 1000
	// maxParents bounds the operators %: each looks for its parent among all
	// steps before it.
	maxParents = 500
	// MaxPattern bounds the regular expressions of an expression together, in
	// instructions of the compiled programs.
	MaxPattern = 5000
)

// Limits bound one evaluation. A field that is zero has its default.
type Limits struct {
	// Steps bounds the work: one for each part of the expression that is
	// evaluated, and more for what takes longer (text, arrays, patterns).
	Steps int
	// Depth bounds how deep evaluations and values nest.
	Depth int
	// Size bounds the bytes of all strings, arrays and objects that the
	// evaluation makes, and of its result.
	Size int
}

// The defaults. An evaluation that uses up its steps takes about a second.
const (
	DefaultSteps = 5_000_000
	DefaultDepth = 5_000
	DefaultSize  = 64 << 20
)

// bytesPerStep is how much text is read or written for the price of a step.
const bytesPerStep = 64

// What things count, in bytes: an element of an array or a member of an
// object, a string besides its characters, a function that an expression makes.
const (
	itemSize    = 40
	textSize    = 16
	closureSize = 256
)

func (l Limits) orDefaults() Limits {
	if l.Steps == 0 {
		l.Steps = DefaultSteps
	}
	if l.Depth == 0 {
		l.Depth = DefaultDepth
	}
	if l.Size == 0 {
		l.Size = DefaultSize
	}
	return l
}

// The codes of our own. Every exceeded limit has the same one.
const (
	codeLimit    = "U1001"
	codeNoObject = "T2014" // a transform is to update what is no object
)

func exceeded(limit, format string, args ...any) *Error {
	return &Error{Code: codeLimit, Limit: limit, Message: fmt.Sprintf(format, args...)}
}
