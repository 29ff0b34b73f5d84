package jsonata

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/serverledge/serverledge/dag/value"
)

// Expression is a compiled expression. It is immutable and may be evaluated by
// several goroutines at once.
type Expression struct {
	text  string
	root  expression
	names []name
	uses  uses
}

// name is a variable of an expression.
type name struct {
	text    string
	bound   bool     // the expression itself gives it a value somewhere
	library *builtin // what it is if nobody gives it a value
}

// Env is what an evaluation gets besides its input.
type Env struct {
	// Var returns the value of a variable that the expression does not bind
	// itself. It goes before the functions of the library. An evaluation asks
	// for a name at most once.
	Var func(name string) (value.Value, bool)
	// Now is the time of $now, $millis and of dates without a year.
	Now time.Time
	// Rand returns the source of $random, $shuffle and $uuid; it is called at
	// most once. Without it the source always starts in the same way.
	Rand func() *rand.Rand
	// Limits bound the evaluation.
	Limits Limits
	// Spent, unless nil, grows by the steps that the evaluation takes, also by those
	// of one that fails.
	Spent *int
	// Interrupt is asked now and then whether to give up. It may be nil.
	Interrupt func() bool
}

// ErrFunctionResult says that the result is a function, which is no value.
var ErrFunctionResult = errors.New("the result of the expression is a function")

// Compile reads an expression. Errors are *Error.
func Compile(text string) (*Expression, error) {
	if len(text) > MaxLength {
		return nil, exceeded("size", "The expression has more than %d bytes", MaxLength)
	}
	t, err := parse(text)
	if err == nil {
		t, err = t.shaped()
	}
	if err == nil && (t.kind == treeParent || t.seeking != nil) {
		err = failAt("S0217", t.offset).about(t.kindName())
	}
	if err != nil {
		return nil, err.finish()
	}
	c := compiler{names: []name{{}}, numbers: map[string]int{}}
	x := &Expression{text: text, root: c.compile(t)}
	x.names = c.names
	x.uses = usesOf(t)
	return x, nil
}

// String returns the expression as it was written.
func (x *Expression) String() string { return x.text }

// Evaluate evaluates the expression for an input. An absent input is
// undefined, an undefined result is absent. The errors are *Error and
// ErrFunctionResult.
func (x *Expression) Evaluate(input value.Value, env Env) (value.Value, error) {
	e := &evaluation{x: x, env: env, limit: env.Limits.orDefaults()}
	if e.globals = e.fewGlobals[:]; len(x.names) > len(e.fewGlobals) {
		e.globals = make([]global, len(x.names))
	}
	e.slab = e.nodes[:]
	e.steps, e.left = e.limit.Steps, e.limit.Size
	e.stack = e.start[:0]
	if env.Interrupt != nil {
		e.watch = max(0, e.steps-pollEvery)
	}
	in := e.ofInput(input)
	if e.root = in; in.kind == array {
		in = e.ofItems([]item{in}, sequence|wrapper)
	}
	if env.Spent != nil {
		defer func() { *env.Spent += e.limit.Steps - e.steps }()
	}
	it, err := e.evaluate(x.root, in, &e.top)
	if err == nil && it.kind == callable {
		return value.Value{}, ErrFunctionResult
	}
	var result value.Value
	if err == nil {
		result, err = e.valueOf(it)
	}
	if err == nil { // what was spent without looking
		err = e.look()
	}
	if err != nil {
		return value.Value{}, err.finish()
	}
	return result, nil
}

// ofInput makes an item of the input.
func (e *evaluation) ofInput(v value.Value) item {
	it := item{kind: object}
	switch v.Kind() {
	case value.Array:
		it.kind = array
	case value.Object:
	default:
		return e.ofValue(v)
	}
	it.node, e.input.value = e.newNode(), v
	it.node.state, it.node.more = unread, &e.input
	return it
}

// chance returns the source of random numbers.
func (e *evaluation) chance() *rand.Rand {
	if e.random == nil && e.env.Rand != nil {
		e.random = e.env.Rand()
	}
	if e.random == nil {
		e.random = rand.New(rand.NewPCG(0, 0))
	}
	return e.random
}
