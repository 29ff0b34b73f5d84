package jsonata

// kind is the type of an item.
type kind uint8

const (
	undefined kind = iota
	null
	boolean
	number
	str
	array
	object
	callable
	tail // a call that the caller is to make; its node has the function and the arguments
)

// flags say how an array came about, which decides whether it is one value or
// several. They belong to the item and not to the node that it shares with
// others.
type flags uint8

const (
	// sequence: the array holds results; one result stands for itself, none is undefined.
	sequence flags = 1 << iota
	// keep: the sequence remains an array even with one item.
	keep
	// constructed: the array was written at an end of a path; as a result of a step it is one item.
	constructed
	// wrapper: the sequence has the input document, which is an array, as its one item.
	wrapper
	// stream: the array consists of tuples.
	stream
	// passed: the function was handed over as an argument.
	passed
)

// item is a value during an evaluation. What comes from a document is not
// decoded before somebody looks at it: a number has its literal in text, an
// array or object has a node that knows its JSON text.
//
// It is kept to four words in four fields: the compiler holds what is larger in
// memory, not in registers.
type item struct {
	tag
	num  float64 // of a number without literal; 1 or 0 of a boolean
	ref  *string // the text of a string, the literal of a number
	node *node
}

// tag says what an item is and how it came about.
type tag struct {
	kind  kind
	flags flags
}

func ofKind(k kind) item { return item{tag: tag{kind: k}} }

func ofBool(b bool) item {
	if b {
		return item{tag: tag{kind: boolean}, num: 1}
	}
	return item{tag: tag{kind: boolean}}
}

func ofNumber(f float64) item { return item{tag: tag{kind: number}, num: f} }

// ofText makes a string. Where many are made, those of an evaluation take less.
func ofText(s string) item { return item{tag: tag{kind: str}, ref: &s} }

// ofNode makes an array, object or function.
func ofNode(k kind, f flags, n *node) item { return item{tag: tag{k, f}, node: n} }

// text returns the characters of a string or the literal of a number, "" for
// what has none.
func (it item) text() string {
	if it.ref == nil {
		return ""
	}
	return *it.ref
}

// float returns what a number stands for.
func (it item) float() float64 {
	if it.ref == nil {
		return it.num
	}
	return parseFloat(*it.ref)
}

// isTrue tells whether the item is the boolean true.
func (it item) isTrue() bool { return it.kind == boolean && it.num == 1 }

// has tells whether all the given flags are set.
func (it item) has(f flags) bool { return it.flags&f == f }

// collapsed returns what a finished expression yields: a sequence of one
// result is that result, an empty one is undefined.
func (it item) collapsed() item {
	if !it.has(sequence) || it.has(stream) {
		return it
	}
	switch n := it.node; {
	case n.state != open:
		if n.length() == 1 && !it.has(keep) {
			return ofNumber(n.more.from)
		}
		return it
	case len(n.items) == 0:
		return item{}
	case len(n.items) == 1 && !it.has(keep):
		return n.items[0]
	}
	return it
}
