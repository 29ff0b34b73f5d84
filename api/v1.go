package api

import (
	"encoding/json"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// The resources of /v1. Durations are Go duration strings ("1m30s").

// Problem is an RFC 9457 error (application/problem+json).
type Problem struct {
	Type         string        `json:"type"`
	Title        string        `json:"title"`
	Status       int           `json:"status"`
	Detail       string        `json:"detail"`
	Hint         string        `json:"hint,omitempty"`
	Instance     string        `json:"instance,omitempty"`
	Code         string        `json:"code"`
	RequestID    string        `json:"request_id,omitempty"`
	Errors       []fault.Field `json:"errors,omitempty"`
	RetryAfterMS int64         `json:"retry_after_ms,omitempty"`
}

// Function is a registered function (POST, PUT and GET /v1/functions...).
type Function struct {
	Name           string               `json:"name"`
	Runtime        string               `json:"runtime"`
	Handler        string               `json:"handler,omitempty"`
	MemoryMB       int                  `json:"memoryMB,omitempty"`
	CPU            float64              `json:"cpu,omitempty"`
	MaxConcurrency int                  `json:"maxConcurrency,omitempty"`
	Timeout        string               `json:"timeout,omitempty"`
	Image          string               `json:"image,omitempty"`
	Env            map[string]string    `json:"env,omitempty"`
	Signature      *functions.Signature `json:"signature,omitempty"`
	// Package is the SHA-256 of the code, uploaded before by PUT
	// /v1/packages/{digest}.
	Package string `json:"package,omitempty"`
	// Answers only.
	Version string    `json:"version,omitempty"`
	Created time.Time `json:"created,omitzero"`
}

// FunctionList is the answer of GET /v1/functions.
type FunctionList struct {
	Functions []Function `json:"functions"`
}

// Invocation is the body of POST /v1/functions/{name}/invocations.
type Invocation struct {
	Input json.RawMessage `json:"input,omitempty"`
	Async bool            `json:"async,omitempty"`
	// Output asks for what the function prints.
	Output bool `json:"output,omitempty"`
	// Timeout is how long the caller waits.
	Timeout string `json:"timeout,omitempty"`
	Class   int    `json:"class,omitempty"`
	// Local forbids to offload.
	Local bool `json:"local,omitempty"`
	// Between nodes only.
	Forwarded *Forwarded `json:"forwarded,omitempty"`
}

// Forwarded is what a node tells another one about a call that it passes on.
type Forwarded struct {
	Key       string   `json:"key"`
	Attempt   int      `json:"attempt"`
	Execution string   `json:"execution"`
	Hops      int      `json:"hops"`
	Visited   []string `json:"visited"`
	Task      bool     `json:"task,omitempty"`
	// RemainingMS is the time left until the deadline; 0 is none.
	RemainingMS int64 `json:"remainingMS,omitempty"`
}

// InvocationResult is the answer to a synchronous invocation; Execution alone
// is the answer (202) to an asynchronous one.
type InvocationResult struct {
	Execution        string             `json:"execution"`
	Status           string             `json:"status"`
	Output           json.RawMessage    `json:"output,omitempty"`
	Failure          *functions.Failure `json:"failure,omitempty"`
	Report           *Report            `json:"report,omitempty"`
	Printed          string             `json:"printed,omitempty"`
	PrintedTruncated bool               `json:"printedTruncated,omitempty"`
}

// Report tells where and how a task ran. Times are in seconds.
type Report struct {
	Node     string  `json:"node,omitempty"`
	Area     string  `json:"area,omitempty"`
	Runtime  string  `json:"runtime,omitempty"`
	Cold     bool    `json:"cold"`
	Action   string  `json:"action,omitempty"`
	Init     float64 `json:"init"`
	Queue    float64 `json:"queue"`
	Offload  float64 `json:"offload"`
	Duration float64 `json:"duration"`
	Response float64 `json:"response"`
}

// Workflow is a registered workflow.
type Workflow struct {
	Name string `json:"name"`
	// Language is "asl" or "dag"; empty in a request lets the node find out.
	Language string `json:"language,omitempty"`
	// Definition is the source, JSON or YAML text.
	Definition string `json:"definition"`
	// Type is STANDARD or EXPRESS; STANDARD when empty.
	Type string `json:"type,omitempty"`
	// Answers only.
	Version   string    `json:"version,omitempty"`
	Functions []string  `json:"functions,omitempty"`
	Created   time.Time `json:"created,omitzero"`
}

// WorkflowList is the answer of GET /v1/workflows.
type WorkflowList struct {
	Workflows []Workflow `json:"workflows"`
}

// StartExecution is the body of POST /v1/workflows/{name}/executions and, with
// Definition set, of POST /v1/executions (run a definition without registering).
type StartExecution struct {
	Input json.RawMessage `json:"input,omitempty"`
	// Name names the execution; same name and input give the same execution.
	Name  string `json:"name,omitempty"`
	Async bool   `json:"async,omitempty"`
	// Type overrides the workflow's STANDARD or EXPRESS.
	Type       string `json:"type,omitempty"`
	Class      int    `json:"class,omitempty"`
	Timeout    string `json:"timeout,omitempty"`
	Definition string `json:"definition,omitempty"`
	Language   string `json:"language,omitempty"`
	// Mocks answers for the states that it names, as Step Functions Local has it:
	// {"State": {"0": {"Return": …}, "1-3": {"Throw": {"Error": …, "Cause": …}}}}.
	Mocks json.RawMessage `json:"mocks,omitempty"`
}

// Execution describes an execution.
type Execution struct {
	ID       string           `json:"id"`
	Name     string           `json:"name,omitempty"`
	Workflow string           `json:"workflow,omitempty"`
	Function string           `json:"function,omitempty"`
	Status   string           `json:"status"`
	Type     string           `json:"type"`
	Input    json.RawMessage  `json:"input,omitempty"`
	Output   json.RawMessage  `json:"output,omitempty"`
	Failure  *ExecutionFailed `json:"failure,omitempty"`
	Started  time.Time        `json:"started,omitzero"`
	Ended    time.Time        `json:"ended,omitzero"`
	Owner    string           `json:"owner,omitempty"`
	// Parent is the execution whose distributed Map this one is an item of.
	Parent string       `json:"parent,omitempty"`
	Tasks  []TaskReport `json:"tasks,omitempty"`
}

// TaskReport is the report of one attempt of a task.
type TaskReport struct {
	State    string           `json:"state"`
	Function string           `json:"function"`
	Attempt  int              `json:"attempt"`
	Failure  *ExecutionFailed `json:"failure,omitempty"`
	Report
}

// ExecutionList is the answer of GET /v1/executions.
type ExecutionList struct {
	Executions []Execution `json:"executions"`
	// Next is the cursor of the next page; empty on the last one.
	Next string `json:"next,omitempty"`
}

// History is the answer of GET /v1/executions/{id}/history.
type History struct {
	Events []HistoryEvent `json:"events"`
}

// HistoryEvent is one event of an execution, derived from its journal.
type HistoryEvent struct {
	ID      int             `json:"id"`
	At      time.Time       `json:"at"`
	Type    string          `json:"type"`
	State   string          `json:"state,omitempty"`
	Details json.RawMessage `json:"details,omitempty"`
}

// StopRequest is the body of POST /v1/executions/{id}/stop.
type StopRequest struct {
	Error string `json:"error,omitempty"`
	Cause string `json:"cause,omitempty"`
}

// Node is a registered node.
type Node struct {
	ID           string            `json:"id"`
	Area         string            `json:"area"`
	Address      string            `json:"address"`
	Architecture string            `json:"architecture,omitempty"`
	Self         bool              `json:"self,omitempty"`
	Status       string            `json:"status"`
	Driver       string            `json:"driver,omitempty"`
	Runtimes     map[string]string `json:"runtimes,omitempty"`
	MemoryMB     int64             `json:"memoryMB,omitempty"`
	FreeMemoryMB int64             `json:"freeMemoryMB,omitempty"`
	CPUs         float64           `json:"cpus,omitempty"`
	FreeCPUs     float64           `json:"freeCPUs,omitempty"`
	Policy       string            `json:"policy,omitempty"`
	Version      string            `json:"version,omitempty"`
}

// NodeList is the answer of GET /v1/nodes.
type NodeList struct {
	Nodes []Node `json:"nodes"`
}

// PrewarmV1 is the body of POST /v1/functions/{name}/prewarm.
type PrewarmV1 struct {
	Instances int  `json:"instances"`
	ForcePull bool `json:"forcePull,omitempty"`
}
