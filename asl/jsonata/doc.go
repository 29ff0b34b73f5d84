// Package jsonata evaluates JSONata 2.0.6, the query and transformation
// language that the states of the Amazon States Language may use.
//
// An expression is compiled once: a lexer and an operator-precedence parser
// make a tree, shaping turns its dots, brackets and sorts into paths of steps
// (and finds what each % stands for), and the compiler makes immutable parts
// that evaluate themselves. Values stay JSON text until somebody looks inside.
// What an evaluation makes lies in arenas, which it leaves to the next one
// empty (shelf.go); bench_test.go has the expressions that measure all this.
//
// It is not a general library: it has no functions of the caller's, no
// asynchronous ones and no $eval, and it reads no clock and draws no chance but
// what Env gives it.
//
// The invariant: an evaluation depends on its arguments alone and ends within
// its Limits, whatever the expression and the input.
//
// # Differences from the reference implementation
//
//   - $eval does not exist. The functions of AWS do: $partition, $range, $hash,
//     $random with a seed, $uuid and $parse.
//   - Objects keep the order in which their keys came; in JavaScript, keys that
//     are whole numbers come first.
//   - A number from a document that is only passed on keeps its text, also
//     through $clone and transforms. An infinite result or NaN is D1001, not
//     null.
//   - Regular expressions are matched in linear time by package regexp:
//     backreferences and looking around are refused (S0303), \p{...} is known,
//     and . matches a whole code point.
//   - Powers are rounded correctly, as in Java; in Node the last digit may be
//     off.
//   - $length, $split and the like never cut a surrogate pair.
//   - What follows a call at the end of a function ([], {} and the predicates of
//     a block around it) holds; the reference forgets it. Tuples (@, #, %) keep
//     their variables after a sort, and may be part of several groups; in the
//     reference the values get lost.
//   - Partial application works for every function and checks the arguments.
//   - Items of an array and values of an object are evaluated in order, so that
//     of several errors the first is told.
//   - A date that JavaScript calls NaN is an error.
//   - What fails in the reference with an error of JavaScript, without a code,
//     has a code here or a sensible result.
//
// # Codes of our own
//
//	U1001 a limit is exceeded: Error.Limit says which
//	S0303 the regular expression is not valid or not supported
//	S0304 the regular expression or date picture is too large
//	T2014 a transform updates what is no object
//	D3150 $partition: the size is no positive integer
//	D3151 $range: the arguments are no integers, or the step is 0
//	D3152 $hash: unknown algorithm
//	D3153 $parse: the text is no JSON
package jsonata
