// Package fault names the kinds of error that cross a boundary of Serverledge.
//
// A kind is found where the error happens, travels with %w, and is translated
// once, at the edge (package api holds the one table kind <-> HTTP status).
// A failing function is not a fault: it is a result (functions.Failure).
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind classifies an error. A Kind is itself an error, so that
// errors.Is(err, fault.NotFound) holds for every error that carries it.
type Kind string

// The kinds.
const (
	// Internal is a defect of ours; its text is not shown to clients.
	Internal Kind = "internal error"
	// Invalid is input that can never be accepted as it is.
	Invalid Kind = "invalid"
	// NotFound is a name or an id that nothing bears.
	NotFound Kind = "not found"
	// Exists is a name that is taken.
	Exists Kind = "already exists"
	// Conflict is a write whose precondition no longer holds.
	Conflict Kind = "conflict"
	// Exhausted is a lack of capacity or quota; trying later may help.
	Exhausted Kind = "exhausted"
	// Unavailable is a part (store, peer, Docker) that does not answer now.
	Unavailable Kind = "unavailable"
	// Denied is a refusal by policy or permission.
	Denied Kind = "denied"
	// Unimplemented is something that this node cannot do.
	Unimplemented Kind = "not implemented"
	// TooLarge is a document over a published limit.
	TooLarge Kind = "too large"
	// Timeout is a deadline that passed before there was an outcome.
	Timeout Kind = "timed out"
	// Unknown is work that may or may not have been done: it must not be
	// repeated by anyone but its caller.
	Unknown Kind = "outcome unknown"
	// Loop is a call that has used up its hops or came back to a node.
	Loop Kind = "offload loop"
)

// Error returns the kind's name.
func (k Kind) Error() string { return string(k) }

// Field is one fault in one place of a document.
type Field struct {
	// Pointer is the RFC 6901 pointer of the place, "" for the whole document.
	Pointer string `json:"pointer"`
	// Code is stable and made for programs, Detail is made for people.
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Error is an error with its kind and what a person needs to go on.
type Error struct {
	Kind Kind
	// Code is a stable snake_case identifier, for example "unknown_runtime".
	Code string
	// Detail says what is wrong, Hint what to do; Hint may be empty.
	Detail, Hint string
	// Fields lists every fault of a rejected document.
	Fields []Field
	// RetryAfter is when trying again makes sense; 0 is no statement.
	RetryAfter time.Duration
	// Cause is the error underneath, if any.
	Cause error
}

// New makes an error of a kind. The code is stable; the detail is formatted
// as by fmt.Errorf, and an argument under %w becomes the cause.
func New(kind Kind, code, format string, args ...any) *Error {
	text := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Code: code, Detail: text.Error(), Cause: errors.Unwrap(text)}
}

// WithHint returns a copy of e that says what to do.
func (e *Error) WithHint(format string, args ...any) *Error {
	c := *e
	c.Hint = fmt.Sprintf(format, args...)
	return &c
}

// WithRetryAfter returns a copy of e that says when to try again.
func (e *Error) WithRetryAfter(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// WithFields returns a copy of e that lists the faults of a document.
func (e *Error) WithFields(fields ...Field) *Error {
	c := *e
	c.Fields = fields
	return &c
}

// Error returns the detail.
func (e *Error) Error() string { return e.Detail }

// Unwrap returns the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

// KindOf returns the kind that err carries, Internal when it carries none.
// A passed context deadline is Timeout.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	if k, ok := errors.AsType[Kind](err); ok {
		return k
	}
	var t interface{ Timeout() bool }
	if errors.As(err, &t) && t.Timeout() {
		return Timeout
	}
	return Internal
}

// From returns err as an *Error: itself when it is one (with the context that
// was wrapped around it in Detail), else a new one of its kind.
func From(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		if text := err.Error(); text != e.Detail {
			c := *e
			c.Detail = text
			return &c
		}
		return e
	}
	kind := KindOf(err)
	return &Error{Kind: kind, Code: kind.code(), Detail: err.Error(), Cause: err}
}

// code is the code of an error that names none.
func (k Kind) code() string {
	out := []byte(k)
	for i, c := range out {
		if c == ' ' {
			out[i] = '_'
		}
	}
	return string(out)
}
