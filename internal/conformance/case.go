package main

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// testCase is one recorded case; see ../shared/cases/README.md.
type testCase struct {
	ID             string
	Kind           string
	WorkflowType   string
	Definition     json.RawMessage
	DefinitionText string
	Input          json.RawMessage
	InputText      string
	Functions      map[string]behaviour
	Mocks          map[string]map[string]mock
	Fixtures       struct{ S3 []object }
	Request        json.RawMessage
}

// behaviour is what a simulated function does.
type behaviour struct {
	Behaviour    string
	Value        json.RawMessage
	ErrorType    string
	ErrorMessage string
	Seconds      float64
	Bytes        int
}

// mock is one answer of a mocked state.
type mock struct {
	Return json.RawMessage
	Throw  *struct{ Error, Cause string }
}

// object is an object of the simulated S3.
type object struct{ Bucket, Key, Body string }

func (c *testCase) definition() string {
	if c.DefinitionText != "" {
		return c.DefinitionText
	}
	return string(c.Definition)
}

// input returns the input; its keys keep their order, and it may be any JSON.
func (c *testCase) input() (value.Value, error) {
	text := c.InputText
	if text == "" {
		text = string(c.Input)
	}
	if strings.TrimSpace(text) == "" {
		return value.EmptyObject, nil
	}
	return value.Parse([]byte(text))
}

// answer is what the adapter prints for a case.
type answer struct {
	ID      string          `json:"id"`
	Status  dag.Status      `json:"status,omitempty"`
	Output  json.RawMessage `json:"output,omitempty"`
	Error   *string         `json:"error,omitempty"`
	Cause   *string         `json:"cause,omitempty"`
	Invalid string          `json:"invalid,omitempty"`
	// History is what happened: the types of the events, in order.
	History []string `json:"history,omitempty"`
	// Answer is that of TestState.
	Answer json.RawMessage `json:"answer,omitempty"`
}

// invalid is the status of a definition that is refused.
const invalid dag.Status = "INVALID"

// took is how long a function runs that says nothing of it.
const took = 10 * time.Millisecond
