package asl

import (
	"errors"
	"fmt"
	"strings"

	query "github.com/serverledge/serverledge/asl/jsonata"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/value"
)

// errorQuery is the name of what goes wrong in a JSONata expression.
const errorQuery = "States.QueryEvaluationError"

// statesName is the reserved variable that holds input, context and so on.
const statesName = "states"

// expression is a JSONata expression of a definition.
type expression struct {
	compiled *query.Expression
	text     string // without its delimiters and the blanks around it
	field    string // where it stands, for causes: "Arguments/FunctionName"
	// whole says that it looks at more of $states than its input.
	whole bool
}

// sizeFactor is how many times the largest payload an evaluation may make on the
// way to its result.
const sizeFactor = 64

// eval computes the value of an expression; absent when it is undefined.
func (e *expression) eval(s *scope) (value.Value, *dag.Failure) {
	spent := 0
	v, err := e.compiled.Evaluate(value.Value{}, query.Env{
		Limits: query.Limits{Steps: max(1, min(query.DefaultSteps, s.Left())), Size: sizeFactor * s.limits.Payload},
		Spent:  &spent,
		Var: func(name string) (value.Value, bool) {
			if name == statesName {
				return s.reserved(e.whole), true
			}
			return s.Var(name)
		},
		Now:  s.Now(),
		Rand: s.Rand,
	})
	if failure := s.Work(spent); failure != nil {
		return value.Value{}, failure
	}
	switch {
	case err == nil:
		return v, nil
	case errors.Is(err, query.ErrFunctionResult):
		return value.Value{}, e.failure(s, "returned an unsupported result type.")
	}
	return value.Value{}, e.failure(s, "threw an error during evaluation. %s", err)
}

// fill computes the value of an expression that must have one.
func (e *expression) fill(s *scope) (value.Value, *dag.Failure) {
	v, failure := e.eval(s)
	if failure == nil && v.IsAbsent() {
		failure = e.failure(s, "returned nothing (undefined).")
	}
	return v, failure
}

// typed computes the value of an expression that must be of a type.
func (e *expression) typed(s *scope, kind string, is func(value.Value) bool) (value.Value, *dag.Failure) {
	v, failure := e.fill(s)
	if failure == nil && !is(v) {
		failure = e.failure(s, "returned an unexpected result type. Expected '%s', but was '%s' for value: %s", kind, v.Kind(), shown(v))
	}
	return v, failure
}

func (e *expression) failure(s *scope, format string, args ...any) *dag.Failure {
	text := fmt.Sprintf("The JSONata expression '%s' specified for the field '%s' ", e.text, e.field) + fmt.Sprintf(format, args...)
	return unfit(s.State, e.field, "%s", text)
}

// reserved makes $states; without more than the input unless the whole of it
// is wanted.
func (s *scope) reserved(whole bool) value.Value {
	if !whole {
		return value.OfObject(member("input", s.Input))
	}
	if s.states.IsAbsent() {
		members := []value.Member{member("input", s.Input), member("context", s.context())}
		switch s.stage {
		case before:
		case after:
			members = append(members, member("result", s.Result))
		case caught:
			members = append(members, member("errorOutput", s.Result))
		}
		s.states = value.OfObject(members...)
	}
	return s.states
}

// unfit makes the failure of an expression, or of what came of it.
func unfit(state dag.StateInfo, field, format string, args ...any) *dag.Failure {
	return &dag.Failure{Error: errorQuery, Cause: cause(state, format, args...), Evaluation: true, Field: field}
}

// delimited tells whether a text is an expression, and takes its delimiters
// off. A text with only one of them is none.
func delimited(text string) (inner string, offset int, ok bool) {
	inner, opened := strings.CutPrefix(text, "{%")
	inner, closed := strings.CutSuffix(inner, "%}")
	if !opened || !closed {
		return "", 0, false
	}
	trimmed := strings.TrimLeft(inner, " \t\r\n")
	return strings.TrimRight(trimmed, " \t\r\n"), 2 + len(inner) - len(trimmed), true
}

// expressive tells whether a text is meant as an expression.
func expressive(text string) bool {
	return strings.HasPrefix(text, "{%") || strings.HasSuffix(text, "%}")
}

// expression compiles a text that is meant as an expression; nil when it was
// reported.
func (o *object) expression(n *source.Node, field string, at stage) *expression {
	text, offset, ok := delimited(n.Text)
	if !ok {
		o.Errorf("025", n.At(), "%s: %s: a JSONata expression stands between {%% and %%}", o.what, field)
		return nil
	}
	compiled, err := query.Compile(text)
	if err != nil {
		place := n.At()
		if e, ok := errors.AsType[*query.Error](err); ok {
			place = o.Document.Within(n, offset+e.Offset, max(1, len(e.Token)))
		}
		o.Errorf("025", place, "%s: %s: %s", o.what, field, err)
		return nil
	}
	e := &expression{compiled: compiled, text: text, field: field}
	o.checkExpression(e, n, offset, at)
	return e
}

// checkExpression checks what an expression looks at and assigns.
func (o *object) checkExpression(e *expression, n *source.Node, offset int, at stage) {
	for _, r := range e.compiled.References() {
		place := o.Document.Within(n, offset+r.Offset, len(r.Name)+1)
		if r.Name != statesName {
			if !r.Builtin {
				o.read(r.Name, place)
			}
			continue
		}
		e.whole = e.whole || len(r.Path) == 0 || r.Path[0] != "input"
		if len(r.Path) == 0 {
			continue
		}
		switch field := r.Path[0]; {
		case field == "input", field == "context":
		case field == "result" && at == after, field == "errorOutput" && at == caught:
		case field == "result" && at == caught: // AWS's editor lets it pass
			o.Warnf("026", place, "%s: %s: there is no $states.result in a Catch", o.what, e.field).Hint = "use $states.errorOutput"
		case field == "result", field == "errorOutput":
			o.Errorf("025", place, "%s: %s: $states.%s is not available here", o.what, e.field, field).Hint =
				"$states.result is there in Output and Assign of Task, Parallel and Map, $states.errorOutput in those of a Catch"
		default:
			o.Warnf("026", place, "%s: %s: there is no $states.%s", o.what, e.field, source.Clip(field)).
				Suggest(field, []string{"input", "context", "result", "errorOutput"})
		}
	}
	for _, a := range e.compiled.Assigned() {
		if a.Name == statesName {
			o.Errorf("025", o.Document.Within(n, offset+a.Offset, len(a.Name)+1), "%s: %s: $states is reserved and cannot be assigned", o.what, e.field)
		}
	}
	if r, ok := e.compiled.Input(); ok {
		o.Warnf("026", o.Document.Within(n, offset+r.Offset, max(1, len(r.Name))), "%s: %s: there is no document for %q to look into, it is undefined", o.what, e.field, source.Clip(r.Name)).Hint =
			"write $states.input for the input of the state"
	}
}
