package main

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// recordedEvent is an event of the history of a case.
type recordedEvent struct {
	Type    string
	details value.Value // the member that is called after the type
}

func (e *recordedEvent) UnmarshalJSON(text []byte) error {
	type plain recordedEvent
	if err := json.Unmarshal(text, (*plain)(e)); err != nil {
		return err
	}
	v, err := value.Parse(text)
	for key, d := range v.Members() {
		if strings.HasSuffix(key, "EventDetails") {
			e.details = d
		}
	}
	return err
}

// tape is what services, workers and other executions answered on AWS, in the
// order of the recorded history. It plays the part of what a case does not
// describe: they are no part of the engine.
type tape []recordedEvent

// events returns what comes of a call, and takes it off the tape. A call that
// timed out has no answer.
func (t *tape) events(cmd dag.Invoke) []dag.Event {
	var events []dag.Event
	for i, e := range *t {
		switch e.Type {
		case "ActivityStarted":
			events = append(events, dag.Heartbeat{Activation: cmd.Activation, Attempt: cmd.Attempt})
			continue
		case "TaskSucceeded", "ActivitySucceeded":
			// a history tells an output that is a text as JSON in a text
			output := e.details.Get("output")
			if v, err := value.Parse([]byte(output.Text())); output.Kind() == value.String && err == nil {
				output = v
			}
			events = append(events, dag.Succeeded{Activation: cmd.Activation, Attempt: cmd.Attempt, Output: output, Whole: true})
		case "TaskFailed", "TaskSubmitFailed", "ActivityFailed":
			events = append(events, dag.Failed{Activation: cmd.Activation, Attempt: cmd.Attempt, Failure: dag.Failure{
				Error: e.details.Get("error").Text(), Cause: e.details.Get("cause").Text(),
			}})
		case "TaskTimedOut", "ActivityTimedOut":
		default:
			continue
		}
		*t = (*t)[i+1:]
		break
	}
	return events
}

// play has the tape answer a call, if it can.
func (w *world) play(cmd dag.Invoke, at func(time.Duration, dag.Event)) bool {
	if w.tape == nil || cmd.Resource.Kind == dag.FunctionResource || cmd.Resource.Kind == dag.ChildResource {
		return false
	}
	for i, e := range w.tape.events(cmd) {
		at(time.Duration(i+1)*took, e)
	}
	return true
}
