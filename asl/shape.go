package asl

import (
	"github.com/serverledge/serverledge/asl/jsonpath"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// in makes the effective input: InputPath, then Parameters; or Arguments. Nil
// is identity.
func (s *state) in() dag.Shape {
	input, parameters := s.input, s.parameters
	if parameters == nil && s.kind == dag.Task && s.task.resource.Service != "" {
		parameters = literal{value.EmptyObject}
	}
	if input == (dataPath{}) && parameters == nil && s.probe == nil {
		return nil
	}
	filled := AfterParameters
	if s.query == jsonata {
		filled = AfterArguments
	}
	return func(d *dag.Scope) (value.Value, *dag.Failure) {
		scope := s.look(d, d.Input)
		v, failure := input.apply(scope, d.Input)
		if failure != nil {
			return value.Value{}, failure
		}
		s.saw(AfterInputPath, v)
		if parameters != nil {
			scope.document = v
			if v, failure = parameters.fill(scope); failure != nil {
				return value.Value{}, failure
			}
		}
		s.saw(filled, v)
		return s.bounded(d, v)
	}
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
		return value.Value{}, runtime(s.State, "Invalid path '%s' : %s", p.path, err)
	}
	return v, nil
}

// out makes the output of a state. Nil is identity.
func (s *state) out() dag.Shape {
	if s.kind == dag.Fail {
		return nil
	}
	if s.query == jsonata {
		return s.shape(s.shaped)
	}
	switch s.kind {
	case dag.Choice, dag.Wait, dag.Succeed:
		if s.output == (dataPath{}) {
			return nil
		}
	case dag.Pass:
		if s.output == (dataPath{}) && s.resultPath == (resultPath{}) && s.result.IsAbsent() && s.probe == nil {
			return nil
		}
	case dag.Task, dag.Parallel, dag.Map, dag.Fail:
	}
	selector, place, output := s.resultSelector, s.resultPath, s.output
	return func(d *dag.Scope) (value.Value, *dag.Failure) {
		v := s.resultOf(d)
		s.saw(Result, v)
		if !value.Fits(v, s.limits.Payload) {
			return value.Value{}, tooLarge(s.told())
		}
		scope := s.look(d, v)
		var failure *dag.Failure
		if selector != nil {
			if v, failure = selector.fill(scope); failure != nil {
				return value.Value{}, failure
			}
		}
		s.saw(AfterResultSelector, v)
		if v, failure = place.apply(d, v); failure != nil {
			return value.Value{}, failure
		}
		s.saw(AfterResultPath, v)
		if v, failure = output.apply(scope, v); failure != nil {
			return value.Value{}, failure
		}
		return s.bounded(d, v)
	}
}

// resultOf returns the result of a state's work; of a Pass it may be fixed.
func (s *state) resultOf(d *dag.Scope) value.Value {
	if !s.result.IsAbsent() {
		return s.result
	}
	return d.Result
}

// shape makes the output that a template of JSONata gives. Nil is identity:
// the result of the state's work.
func (s *state) shape(t template) dag.Shape {
	if t == nil && (s.kind == dag.Choice || s.kind == dag.Wait || s.kind == dag.Succeed || s.kind == dag.Pass) {
		return nil
	}
	return func(d *dag.Scope) (value.Value, *dag.Failure) {
		s.saw(Result, d.Result)
		if !value.Fits(d.Result, s.limits.Payload) {
			return value.Value{}, tooLarge(s.told())
		}
		if t == nil {
			return d.Result, nil
		}
		v, failure := t.fill(s.lookBack(d, value.Value{}))
		if failure != nil {
			return value.Value{}, failure
		}
		return s.bounded(d, v)
	}
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
		Cause: cause(d.State, "Unable to apply step \"%s\" to input %s", path.Path(), shown(d.Input)),
	}
}

// out makes what a catcher passes on: the error output, at ResultPath of the
// raw input or as Output says. Nil is the error output itself.
func (c *catcher) out(s *state) dag.Shape {
	place, shaped := c.resultPath, c.shaped
	if place == (resultPath{}) && shaped == nil {
		return nil
	}
	return func(d *dag.Scope) (value.Value, *dag.Failure) {
		var v value.Value
		var failure *dag.Failure
		if shaped != nil {
			v, failure = shaped.fill(s.lookAtError(d))
		} else {
			v, failure = place.apply(d, d.Result)
		}
		if failure != nil {
			return value.Value{}, failure
		}
		return s.bounded(d, v)
	}
}

// lookAtError makes the scope of a catcher.
func (s *state) lookAtError(d *dag.Scope) *scope {
	scope := s.look(d, d.Result)
	scope.stage = caught
	return scope
}

// assigns makes what sets the variables of a state. JSONPath sees the result of
// its work: that of a Choice or a Wait is its effective input.
func (s *state) assigns() dag.Assign {
	return s.assign.compile(func(d *dag.Scope) *scope { return s.lookBack(d, s.resultOf(d)) })
}
