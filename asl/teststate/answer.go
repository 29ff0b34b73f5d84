package teststate

import (
	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// Status is how a tested state ended.
type Status string

// The statuses.
const (
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
	// Retriable failures are tried again by the state's Retry.
	Retriable Status = "RETRIABLE"
	// CaughtError says that the state's Catch has caught the failure.
	CaughtError Status = "CAUGHT_ERROR"
)

// Answer is what came of a test. Its JSON is that of AWS, but that data stands
// as it is, not as texts that hold JSON.
type Answer struct {
	Status Status      `json:"status"`
	Output value.Value `json:"output,omitzero"`
	Error  string      `json:"error,omitempty"`
	Cause  string      `json:"cause,omitempty"`
	// Next is the state that would follow; empty when none would.
	Next string `json:"nextState,omitempty"`
	// Inspection is nil at level Info.
	Inspection *Inspection `json:"inspectionData,omitempty"`
}

// Inspection is the data after each step of the way; what is absent is not
// shown for the state, or was not reached.
type Inspection struct {
	Input                      value.Value   `json:"input"`
	AfterInputPath             value.Value   `json:"afterInputPath,omitzero"`
	AfterParameters            value.Value   `json:"afterParameters,omitzero"`
	AfterArguments             value.Value   `json:"afterArguments,omitzero"`
	AfterItemsPointer          value.Value   `json:"afterItemsPointer,omitzero"`
	AfterItemsPath             value.Value   `json:"afterItemsPath,omitzero"`
	AfterItemSelector          value.Value   `json:"afterItemSelector,omitzero"`
	AfterItemBatcher           value.Value   `json:"afterItemBatcher,omitzero"`
	MaxConcurrency             value.Value   `json:"maxConcurrency,omitzero"`
	ToleratedFailureCount      value.Value   `json:"toleratedFailureCount,omitzero"`
	ToleratedFailurePercentage value.Value   `json:"toleratedFailurePercentage,omitzero"`
	Result                     value.Value   `json:"result,omitzero"`
	AfterResultSelector        value.Value   `json:"afterResultSelector,omitzero"`
	AfterResultPath            value.Value   `json:"afterResultPath,omitzero"`
	Variables                  value.Value   `json:"variables,omitzero"`
	ErrorDetails               *ErrorDetails `json:"errorDetails,omitempty"`
}

// ErrorDetails tell which Retry or Catch takes a failure.
type ErrorDetails struct {
	RetryIndex *int `json:"retryIndex,omitempty"`
	// RetryBackoffIntervalSeconds is how long the retry waits, in whole seconds.
	RetryBackoffIntervalSeconds *int `json:"retryBackoffIntervalSeconds,omitempty"`
	CatchIndex                  *int `json:"catchIndex,omitempty"`
}

// steps are what the probe of a state was told.
type steps struct {
	seen     map[asl.Step]value.Value
	selected []value.Value
}

func (s *steps) add(step asl.Step, v value.Value) {
	if step == asl.AfterItemSelector {
		s.selected = append(s.selected, v)
		return
	}
	s.seen[step] = v
}

// inspect makes the Inspection of a state: of the steps that it took those
// that AWS shows.
func (s *steps) inspect(p *asl.Specimen, input value.Value) *Inspection {
	shown := func(step asl.Step) value.Value {
		if !shows(p, step) {
			return value.Value{}
		}
		return s.seen[step]
	}
	i := &Inspection{
		Input:                      input,
		AfterInputPath:             shown(asl.AfterInputPath),
		AfterParameters:            shown(asl.AfterParameters),
		AfterArguments:             shown(asl.AfterArguments),
		AfterItemsPointer:          shown(afterItemsPointer),
		AfterItemsPath:             shown(asl.AfterItemsPath),
		AfterItemBatcher:           shown(asl.AfterItemBatcher),
		MaxConcurrency:             shown(asl.MaxConcurrency),
		ToleratedFailureCount:      shown(asl.ToleratedCount),
		ToleratedFailurePercentage: shown(asl.ToleratedPercentage),
		Result:                     shown(asl.Result),
		AfterResultSelector:        shown(asl.AfterResultSelector),
		AfterResultPath:            shown(asl.AfterResultPath),
	}
	if len(s.selected) > 0 {
		i.AfterItemSelector = value.OfArray(s.selected...)
	}
	return i
}

// afterItemsPointer is a step of the reader of a Map, which is played here.
const afterItemsPointer asl.Step = "afterItemsPointer"

// shows tells whether AWS shows a step of a state. Of what a Map goes by it
// shows all; for the rest the states differ, as recorded:
//
//	Task      all steps of its query language
//	Pass      no result unless it is fixed, and nothing before a fixed one
//	Parallel  nothing before its result, and not the result itself
//	Map       no parameters, and not the result itself
//	others    InputPath
func shows(p *asl.Specimen, step asl.Step) bool {
	switch step {
	case asl.AfterInputPath:
		return !p.JSONata && p.Kind != dag.Parallel && !p.Fixed
	case asl.AfterParameters:
		return p.Kind == dag.Task || p.Kind == dag.Pass && !p.Fixed
	case asl.AfterArguments:
		return p.Kind == dag.Task
	case asl.Result:
		return p.Kind == dag.Task || p.Fixed
	case asl.AfterResultSelector, asl.AfterResultPath:
		switch p.Kind {
		case dag.Task, dag.Pass, dag.Parallel, dag.Map:
			return true
		case dag.Choice, dag.Wait, dag.Succeed, dag.Fail:
			return false
		}
	default:
	}
	return true
}
