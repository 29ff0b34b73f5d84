package asl

import (
	"github.com/serverledge/serverledge/asl/jsonpath"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// in makes the effective input: InputPath, then Parameters. Nil is identity.
func (s *state) in() dag.Shape {
	input, parameters := s.input, s.parameters
	invoke := s.kind == dag.Task && s.task.invoke
	if invoke && parameters == nil {
		parameters = literal{value.EmptyObject}
	}
	if input == (dataPath{}) && parameters == nil {
		return nil
	}
	return func(d *dag.Scope) (value.Value, *dag.Failure) {
		scope := look(d, d.Input)
		v, failure := input.apply(scope, d.Input)
		if failure != nil {
			return value.Value{}, failure
		}
		if parameters != nil {
			scope.document = v
			if v, failure = parameters.fill(scope); failure != nil {
				return value.Value{}, failure
			}
		}
		if invoke {
			v = payload(v)
		}
		return bounded(d, v)
	}
}

// payload is what a function gets by lambda:invoke. A string that is a JSON
// text counts as that JSON: the integration sends it as it is.
func payload(v value.Value) value.Value {
	if v.Kind() == value.String {
		if parsed, err := value.Parse([]byte(v.Text())); err == nil {
			return parsed
		}
	}
	return v
}

// apply evaluates InputPath or OutputPath on a document.
func (p dataPath) apply(s *scope, document value.Value) (value.Value, *dag.Failure) {
	switch {
	case p.null:
		return value.EmptyObject, nil
	case p.path == nil:
		return document, nil
	}
	s.document = document
	v, err := s.get(p.path)
	if err != nil {
		return value.Value{}, runtime(s.State.Name, "Invalid path '%s' : %s", p.path, err)
	}
	return v, nil
}

// out makes the output of a state: of its result, ResultSelector, ResultPath
// into the raw input, and OutputPath. Nil is identity.
func (s *state) out() dag.Shape {
	switch s.kind {
	case dag.Choice, dag.Wait, dag.Succeed:
		if s.output == (dataPath{}) {
			return nil
		}
	case dag.Pass:
		if s.output == (dataPath{}) && s.resultPath == (resultPath{}) && s.result.IsAbsent() {
			return nil
		}
	case dag.Fail:
		return nil
	case dag.Task, dag.Parallel, dag.Map:
	}
	wrap := s.kind == dag.Task && s.task.invoke
	selector, place, output, fixed := s.resultSelector, s.resultPath, s.output, s.result
	return func(d *dag.Scope) (value.Value, *dag.Failure) {
		v := d.Result
		if !value.Fits(v, MaxPayload) {
			if wrap {
				return value.Value{}, tooLarge("lambda")
			}
			return value.Value{}, tooLarge(d.State.Name)
		}
		if !fixed.IsAbsent() {
			v = fixed
		}
		if wrap {
			v = invoked(v)
		}
		scope := look(d, v)
		var failure *dag.Failure
		if selector != nil {
			if v, failure = selector.fill(scope); failure != nil {
				return value.Value{}, failure
			}
		}
		if v, failure = place.apply(d, v); failure != nil {
			return value.Value{}, failure
		}
		if v, failure = output.apply(scope, v); failure != nil {
			return value.Value{}, failure
		}
		return bounded(d, v)
	}
}

// invoked wraps a function's result as lambda:invoke does.
func invoked(result value.Value) value.Value {
	return value.OfObject(
		member("ExecutedVersion", value.OfString("$LATEST")),
		member("Payload", result),
		member("StatusCode", value.OfInt(200)),
	)
}

// apply puts a result into the raw input.
func (p resultPath) apply(d *dag.Scope, result value.Value) (value.Value, *dag.Failure) {
	switch {
	case p.null:
		return d.Input, nil
	case p.path == nil:
		return result, nil
	}
	v, err := p.path.Set(d.Input, result)
	if err != nil {
		return value.Value{}, mismatch(d, p.path)
	}
	return v, nil
}

func mismatch(d *dag.Scope, path *jsonpath.Reference) *dag.Failure {
	return &dag.Failure{
		Error: errorResultPath,
		Cause: cause(d.State.Name, "Unable to apply step \"%s\" to input %s", path.Path(), shown(d.Input)),
	}
}

// out makes what a catcher passes on: the error output, at ResultPath of the
// raw input. Nil is the error output itself.
func (c *catcher) out() dag.Shape {
	place := c.resultPath
	if place == (resultPath{}) {
		return nil
	}
	return func(d *dag.Scope) (value.Value, *dag.Failure) {
		v, failure := place.apply(d, d.Result)
		if failure != nil {
			return value.Value{}, failure
		}
		return bounded(d, v)
	}
}
