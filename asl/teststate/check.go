package teststate

import (
	"slices"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/internal/fault"
)

// The texts of refusals are those of AWS, where AWS's are known: tests that
// were written for AWS look at them.

// check checks what a request says by itself.
func (r *Request) check() error {
	switch {
	case r.State != nil && *r.State == "":
		return invalid("invalid_state_name", "Invalid length for parameter stateName, value: 0, valid min length: 1")
	case r.Level != "" && !slices.Contains(Levels(), r.Level):
		return invalid("invalid_level", "the level must be INFO, DEBUG or TRACE, not %q", r.Level)
	case !r.Variables.IsAbsent() && r.Variables.Kind() != value.Object:
		return invalid("invalid_variables", "the variables must be an object with their names and values")
	case r.Configuration.RetrierRetryCount < 0 || r.Configuration.RetrierRetryCount > maxRetryCount:
		return invalid("invalid_configuration", "retrierRetryCount must be from 0 to %d", maxRetryCount)
	case r.Configuration.MapIterationFailureCount < 0:
		return invalid("invalid_configuration", "mapIterationFailureCount must not be negative")
	case r.Mock == nil:
		return nil
	}
	switch m := r.Mock; {
	case !m.Result.IsAbsent() && m.Failure != nil:
		return invalid("invalid_mock", "A test mock should have only one of the following fields: [result, errorOutput].")
	case m.Result.IsAbsent() && m.Failure == nil:
		return invalid("invalid_mock", "A test mock should have one of the following fields: [result, errorOutput].")
	case m.Mode != "" && !slices.Contains(Modes(), m.Mode):
		return invalid("invalid_mock", "fieldValidationMode must be STRICT, PRESENT or NONE, not %q", m.Mode)
	}
	return nil
}

// checkFor checks a request for the state that it names.
func (r *Request) checkFor(p *asl.Specimen) error {
	s := p.State
	inside := s.Kind == dag.Map || s.Kind == dag.Parallel
	switch {
	case r.Mock != nil && s.Kind != dag.Task && !inside:
		return invalid("invalid_mock", "State type '%s' is not supported when a mock is specified", s.Kind)
	case r.Mock == nil && inside:
		return invalid("mock_required", "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]").
			WithHint("give a mock: it answers for the items or the branches")
	}
	if err := checkContext(r.Context, s); err != nil {
		return err
	}
	if err := r.Configuration.checkFor(p); err != nil {
		return err
	}
	if r.Mock == nil || r.Mock.Failure != nil {
		return nil
	}
	result := r.Mock.Result
	switch {
	case s.Kind == dag.Map && s.Write != nil:
		if result.Kind() != value.Object {
			return invalid("invalid_mock", "Mocked result must be a JSON object.")
		}
	case inside && result.Kind() != value.Array:
		return invalid("invalid_mock", "Mocked result must be an array.")
	case s.Kind == dag.Task:
		return checkResult(s.Resource, result, r.Mock.Mode)
	}
	return nil
}

// checkFor checks a configuration for a state.
func (c Configuration) checkFor(p *asl.Specimen) error {
	switch {
	case c.MapIterationFailureCount > 0 && p.State.Kind != dag.Map:
		return invalid("invalid_configuration", "mapIterationFailureCount is for Map states only")
	case c.ErrorCausedByState != "" && !slices.Contains(p.Inner, c.ErrorCausedByState):
		return invalid("invalid_configuration", "errorCausedByState: the state has no state %q within it", c.ErrorCausedByState).
			WithHint("it names a state of a branch or of the item processor")
	case !c.MapItemReaderData.IsAbsent() && p.ReaderConfig.IsAbsent():
		return invalid("invalid_configuration", "mapItemReaderData is for Map states with an ItemReader only")
	}
	return nil
}

func invalid(code, format string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, code, format, args...)
}
