package jsonata

import (
	"strconv"
	"strings"

	"github.com/serverledge/serverledge/dag/value"
)

// Error says why an expression cannot be compiled, or why its evaluation
// failed. The codes and messages are those of the reference implementation;
// doc.go lists the few that are our own.
type Error struct {
	Code    string
	Message string
	// Offset is where the cause stands in the text of the expression, in bytes.
	Offset int
	// Token is the operator, the name or the text that the error is about.
	Token string
	// Limit is "steps", "depth", "size" or "interrupt" when a bound of the
	// evaluation was exceeded.
	Limit string

	details details
}

// details are what a message is made of. The values are JSON texts; an empty
// one is undefined.
type details struct {
	placed   bool // Offset is set
	token    string
	value    string
	value2   string
	index    int
	kind     string
	exponent string
	text     string // the message of $error and $assert
	function string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// fail makes an error that does not know its place yet.
func fail(code string) *Error { return &Error{Code: code} }

// failAt makes an error with its place.
func failAt(code string, offset int) *Error {
	return &Error{Code: code, Offset: offset, details: details{placed: true}}
}

// at sets the place unless there is one, or the place is not known (-1).
func (e *Error) at(offset int) *Error {
	if !e.details.placed && offset >= 0 {
		e.Offset, e.details.placed = offset, true
	}
	return e
}

// about sets the token, whether or not there is one.
func (e *Error) about(token string) *Error {
	e.Token = token
	e.details.token = quoted(token)
	return e
}

// of sets the value, given as JSON text.
func (e *Error) of(value string) *Error {
	e.details.value = value
	return e
}

// quoted returns a string as JSON.
func quoted(s string) string { return string(value.AppendString(nil, s)) }

// finish writes the message.
func (e *Error) finish() *Error {
	if e.Message != "" {
		return e
	}
	d := e.details
	orUndefined := func(text string) string {
		if text == "" {
			return "undefined"
		}
		return text
	}
	e.Message = strings.NewReplacer(
		"{token}", orUndefined(d.token),
		"{name}", e.Token,
		"{value}", orUndefined(d.value),
		"{value2}", orUndefined(d.value2),
		"{index}", strconv.Itoa(d.index),
		"{type}", orUndefined(d.kind),
		"{exponent}", orUndefined(d.exponent),
		"{text}", d.text,
		"{function}", d.function,
	).Replace(messageOf(e.Code))
	return e
}
