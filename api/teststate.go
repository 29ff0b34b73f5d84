package api

import "encoding/json"

// TestState is the body of POST /v1/test-state: one state of a definition in
// the Amazon States Language, to be run alone. Its fields are those of AWS's
// TestState; data stands as it is, not as texts that hold JSON.
type TestState struct {
	// Definition is that of one state or, with StateName, of a state machine.
	Definition string          `json:"definition"`
	StateName  string          `json:"stateName,omitempty"`
	Input      json.RawMessage `json:"input,omitempty"`
	// Context stands for the context object ($$, $states.context).
	Context json.RawMessage `json:"context,omitempty"`
	// Variables are those that earlier states have assigned.
	Variables json.RawMessage `json:"variables,omitempty"`
	// InspectionLevel is INFO, DEBUG or TRACE; INFO when empty.
	InspectionLevel    string                  `json:"inspectionLevel,omitempty"`
	Mock               *TestStateMock          `json:"mock,omitempty"`
	StateConfiguration *TestStateConfiguration `json:"stateConfiguration,omitempty"`
}

// TestStateMock answers for what a state calls: with one of Result and
// ErrorOutput.
type TestStateMock struct {
	Result      json.RawMessage `json:"result,omitempty"`
	ErrorOutput *TestStateError `json:"errorOutput,omitempty"`
	// FieldValidationMode says how Result is held against what the service would
	// answer: STRICT, PRESENT or NONE; STRICT when empty.
	FieldValidationMode string `json:"fieldValidationMode,omitempty"`
}

// TestStateError is a mocked failure.
type TestStateError struct {
	Error string `json:"error,omitempty"`
	Cause string `json:"cause,omitempty"`
}

// TestStateConfiguration puts a state into a situation.
type TestStateConfiguration struct {
	RetrierRetryCount        int    `json:"retrierRetryCount,omitempty"`
	MapIterationFailureCount int    `json:"mapIterationFailureCount,omitempty"`
	ErrorCausedByState       string `json:"errorCausedByState,omitempty"`
	// MapItemReaderData is JSON, or a text that holds an object of the format that
	// the ItemReader reads.
	MapItemReaderData json.RawMessage `json:"mapItemReaderData,omitempty"`
}

// TestStateResult is the answer of POST /v1/test-state.
type TestStateResult struct {
	// Status is SUCCEEDED, FAILED, RETRIABLE or CAUGHT_ERROR.
	Status         string          `json:"status"`
	Output         json.RawMessage `json:"output,omitempty"`
	Error          string          `json:"error,omitempty"`
	Cause          string          `json:"cause,omitempty"`
	NextState      string          `json:"nextState,omitempty"`
	InspectionData *InspectionData `json:"inspectionData,omitempty"`
}

// InspectionData is the data after each step of a state, in the order of the
// steps; what was not reached, or does not belong to the state, is not there.
type InspectionData struct {
	Input                      json.RawMessage         `json:"input,omitempty"`
	AfterInputPath             json.RawMessage         `json:"afterInputPath,omitempty"`
	AfterParameters            json.RawMessage         `json:"afterParameters,omitempty"`
	AfterArguments             json.RawMessage         `json:"afterArguments,omitempty"`
	AfterItemsPointer          json.RawMessage         `json:"afterItemsPointer,omitempty"`
	AfterItemsPath             json.RawMessage         `json:"afterItemsPath,omitempty"`
	AfterItemSelector          json.RawMessage         `json:"afterItemSelector,omitempty"`
	AfterItemBatcher           json.RawMessage         `json:"afterItemBatcher,omitempty"`
	MaxConcurrency             *int                    `json:"maxConcurrency,omitempty"`
	ToleratedFailureCount      *int                    `json:"toleratedFailureCount,omitempty"`
	ToleratedFailurePercentage *float64                `json:"toleratedFailurePercentage,omitempty"`
	Result                     json.RawMessage         `json:"result,omitempty"`
	AfterResultSelector        json.RawMessage         `json:"afterResultSelector,omitempty"`
	AfterResultPath            json.RawMessage         `json:"afterResultPath,omitempty"`
	Variables                  json.RawMessage         `json:"variables,omitempty"`
	ErrorDetails               *InspectionErrorDetails `json:"errorDetails,omitempty"`
}

// InspectionErrorDetails tells which Retry or Catch takes a failure.
type InspectionErrorDetails struct {
	RetryIndex                  *int `json:"retryIndex,omitempty"`
	RetryBackoffIntervalSeconds *int `json:"retryBackoffIntervalSeconds,omitempty"`
	CatchIndex                  *int `json:"catchIndex,omitempty"`
}
