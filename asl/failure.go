package asl

import (
	"errors"
	"fmt"

	"github.com/serverledge/serverledge/asl/jsonpath"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/value"
)

// The error names of the language that the kernel does not know.
const (
	errorResultPath    = "States.ResultPathMatchFailure"
	errorParameterPath = "States.ParameterPathFailure"
	errorIntrinsic     = "States.IntrinsicFailure"
	errorTask          = "States.TaskFailed"
)

// maxShown bounds what a cause quotes of the data, in bytes.
const maxShown = 4 << 10

// runtime makes a failure that nothing catches: AWS reports all that goes
// wrong with a state's own paths like this.
func runtime(state dag.StateInfo, format string, args ...any) *dag.Failure {
	return &dag.Failure{Error: dag.ErrorRuntime, Cause: cause(state, format, args...), Fatal: true}
}

func cause(state dag.StateInfo, format string, args ...any) string {
	return origin(state) + fmt.Sprintf(format, args...)
}

// origin begins a cause: it tells where the failure arose.
func origin(state dag.StateInfo) string {
	return fmt.Sprintf("An error occurred while executing the state '%s' (entered at the event id #%d). ", state.Name, state.Event)
}

// shown quotes data for a cause.
func shown(v value.Value) string {
	text := v.String()
	if len(text) <= maxShown {
		return text
	}
	return source.Clip(text)
}

// bare quotes a string without its quotes.
func bare(v value.Value) string {
	if v.Kind() == value.String {
		return v.Text()
	}
	return shown(v)
}

// maxNesting is how deep the data of a state may nest. What comes from
// outside nests less (value.MaxDepth); only a loop of templates gets here.
const maxNesting = 500

// bounded checks that a value is within the limits of a state's data.
func (s *state) bounded(d *dag.Scope, v value.Value) (value.Value, *dag.Failure) {
	if !value.Fits(v, s.limits.Payload) {
		return value.Value{}, tooLarge(s.told())
	}
	if value.Depth(v) > maxNesting {
		return value.Value{}, runtime(d.State, "The data of the state is nested deeper than %d levels.", maxNesting)
	}
	return v, nil
}

// told is the name under which a state tells that its result is too large: that
// of what a Task calls.
func (s *state) told() string {
	switch {
	case s.task == nil:
		return s.name
	case s.task.resource.Service != "":
		return s.task.resource.Service
	}
	return s.task.text
}

func tooLarge(what string) *dag.Failure {
	return &dag.Failure{
		Error: dag.ErrorDataLimitExceeded,
		Cause: fmt.Sprintf("The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", what),
	}
}

// syntaxError returns the position that an error of package jsonpath knows.
func syntaxError(err error) (*jsonpath.SyntaxError, bool) {
	return errors.AsType[*jsonpath.SyntaxError](err)
}
