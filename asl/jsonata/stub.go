// Package jsonata is a stub until the real one lands.
package jsonata

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/serverledge/serverledge/dag/value"
)

var ErrFunctionResult = errors.New("function")

type Error struct {
	Code, Token, Message string
	Offset               int
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

type Reference struct {
	Name   string
	Path   []string
	Offset int
}
type Env struct {
	Var  func(string) (value.Value, bool)
	Now  time.Time
	Rand func() *rand.Rand
}
type Expression struct{}

func Compile(string) (*Expression, error) {
	return nil, &Error{Code: "S0000", Message: "JSONata is not supported yet"}
}
func (x *Expression) Evaluate(value.Value, Env) (value.Value, error) {
	return value.Value{}, &Error{Code: "STUB"}
}
func (x *Expression) References() []Reference  { return nil }
func (x *Expression) Assigned() []Reference    { return nil }
func (x *Expression) Input() (Reference, bool) { return Reference{}, false }
