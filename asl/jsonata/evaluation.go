package jsonata

import (
	"math/rand/v2"
	"slices"
)

// expression is a part of a compiled expression. It is immutable.
type expression interface {
	// eval yields what the part has for a context and variables. A sequence may
	// come uncollapsed; evaluate collapses it.
	eval(e *evaluation, in item, env *frame) (item, *Error)
}

// evaluation is the state of one Evaluate.
type evaluation struct {
	x       *Expression
	env     Env
	root    item
	globals []global

	steps int // that are left
	watch int // below which somebody wants to look at the steps
	depth int
	left  int // bytes that may still be made
	limit Limits

	free     []*frame // that can be used again
	slab     []node
	slabSize int
	stack    []item   // for results whose number is not known yet
	scratch  []byte   // for text that is put together
	changed  bool     // a transform changed what has a text
	next     tailCall // the call that a tail item stands for
	random   *rand.Rand
	pictures map[string]*datePicture
	dates    map[string]*dateMatcher
	words    map[string]float64 // what the words of numbers stand for, once it was needed

	// The beginnings of what grows, so that small evaluations need no more.
	top        frame
	fewGlobals [4]global
	start      [16]item
	nodes      [4]node
	first      text
	fewSpans   [8]span
	input      more
}

// global is a variable that no part of the expression binds, once it was
// looked up.
type global struct {
	known bool
	value item
}

// pollEvery is after how many steps the caller's Interrupt is asked.
const pollEvery = 4096

// evaluate evaluates a part, within the limits, and collapses its result.
func (e *evaluation) evaluate(x expression, in item, env *frame) (item, *Error) {
	if e.steps--; e.steps < e.watch {
		if err := e.look(); err != nil {
			return item{}, err
		}
	}
	if e.depth++; e.depth > e.limit.Depth {
		return item{}, e.tooDeep()
	}
	it, err := x.eval(e, in, env)
	e.depth--
	if it.flags&sequence != 0 {
		it = it.collapsed()
	}
	return it, err
}

// look checks the steps and asks the caller whether to go on.
func (e *evaluation) look() *Error {
	if e.steps < 0 {
		return exceeded("steps", "The evaluation takes more than %d steps", e.limit.Steps)
	}
	if e.env.Interrupt != nil {
		if e.env.Interrupt() {
			return exceeded("interrupt", "The evaluation was interrupted")
		}
		e.watch = max(0, e.steps-pollEvery)
	}
	return nil
}

// spend takes steps for work about to be done.
func (e *evaluation) spend(n int) *Error {
	if e.steps -= n; e.steps < e.watch {
		return e.look()
	}
	return nil
}

// grow takes bytes, and the steps that it takes to make them.
func (e *evaluation) grow(bytes int) *Error {
	if e.left -= bytes; e.left < 0 {
		return e.tooLarge()
	}
	return e.spend(bytes / bytesPerStep)
}

// room tells whether so many bytes are left, before they are made.
func (e *evaluation) room(bytes int) *Error {
	if bytes > e.left {
		return e.tooLarge()
	}
	return nil
}

// push puts an item on the stack, where items are gathered whose number is not
// known yet.
func (e *evaluation) push(it item) *Error {
	e.stack = append(e.stack, it)
	if e.left -= itemSize; e.left < 0 {
		return e.tooLarge()
	}
	return nil
}

// expect makes room on the stack for so many items, within reason.
func (e *evaluation) expect(n int) { e.stack = slices.Grow(e.stack, min(n, 256)) }

// pushAll puts items on the stack.
func (e *evaluation) pushAll(items []item) *Error {
	if err := e.grow(len(items) * itemSize); err != nil {
		return err
	}
	e.stack = append(e.stack, items...)
	return nil
}

// popped takes the items above a mark off the stack.
func (e *evaluation) popped(mark int) []item {
	if len(e.stack) == mark {
		return nil
	}
	items := make([]item, len(e.stack)-mark)
	copy(items, e.stack[mark:])
	e.stack = e.stack[:mark]
	return items
}

// text makes an item of a text that was just put together.
func (e *evaluation) text(s string) (item, *Error) { return ofText(s), e.grow(len(s) + textSize) }

func (e *evaluation) tooLarge() *Error {
	return exceeded("size", "The evaluation makes more than %d bytes", e.limit.Size)
}

func (e *evaluation) tooDeep() *Error {
	return exceeded("depth", "The evaluation nests deeper than %d levels", e.limit.Depth)
}

// enter goes one level down into a value; leave goes up again.
func (e *evaluation) enter() *Error {
	if e.depth++; e.depth > e.limit.Depth {
		return e.tooDeep()
	}
	return e.spend(1)
}

func (e *evaluation) leave() { e.depth-- }
