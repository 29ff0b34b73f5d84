package server

import (
	"slices"
	"strings"

	"github.com/serverledge/serverledge/asl/teststate"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// decodeTestState binds the body of POST /v1/test-state.
func decodeTestState(v value.Value) (*teststate.Request, error) {
	o := openObject(v, false)
	in := &teststate.Request{}
	o.text("definition", &in.Definition, maxDefinition)
	o.required("definition")
	if _, ok := o.find("stateName", value.String); ok {
		in.State = new(string)
		o.text("stateName", in.State, maxText)
	}
	in.Input, _ = o.find("input")
	in.Context, _ = o.find("context", value.Object)
	in.Variables, _ = o.find("variables", value.Object)
	in.Level = word(o, "inspectionLevel", teststate.Levels())
	if m := o.object("mock"); m != nil {
		in.Mock = decodeMock(m)
	}
	if c := o.object("stateConfiguration"); c != nil {
		const most = 1 << 30
		whole(c, "retrierRetryCount", &in.Configuration.RetrierRetryCount, 0, most)
		whole(c, "mapIterationFailureCount", &in.Configuration.MapIterationFailureCount, 0, most)
		c.text("errorCausedByState", &in.Configuration.ErrorCausedByState, maxText)
		in.Configuration.MapItemReaderData, _ = c.find("mapItemReaderData")
		c.close()
	}
	o.close()
	return in, o.err()
}

func decodeMock(o *object) *teststate.Mock {
	m := &teststate.Mock{Mode: word(o, "fieldValidationMode", teststate.Modes())}
	m.Result, _ = o.find("result")
	if e := o.object("errorOutput"); e != nil {
		m.Failure = &dag.Failure{}
		e.text("error", &m.Failure.Error, maxText)
		e.text("cause", &m.Failure.Cause, maxCause)
		e.close()
	}
	o.close()
	return m
}

// word binds a text that is one of some words; empty when it is not there.
func word[T ~string](o *object, name string, words []T) T {
	var text string
	o.text(name, &text, maxText)
	if text == "" || slices.Contains(words, T(text)) {
		return T(text)
	}
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = string(w)
	}
	o.bad(pointerTo(name), "invalid_value", "%s must be one of %s", name, strings.Join(all, ", "))
	return ""
}
