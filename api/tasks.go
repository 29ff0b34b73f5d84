package api

import "encoding/json"

// What outside systems say of tasks that wait for them. A task token is what
// such a system was given: by the function of a callback task, or with the task
// of an activity.

// TaskSuccess is the body of POST /v1/tasks/success.
type TaskSuccess struct {
	TaskToken string          `json:"taskToken"`
	Output    json.RawMessage `json:"output"`
}

// TaskFailure is the body of POST /v1/tasks/failure.
type TaskFailure struct {
	TaskToken string `json:"taskToken"`
	Error     string `json:"error,omitempty"`
	Cause     string `json:"cause,omitempty"`
}

// TaskHeartbeat is the body of POST /v1/tasks/heartbeat.
type TaskHeartbeat struct {
	TaskToken string `json:"taskToken"`
}

// ActivityTask is the answer of POST /v1/activities/{name}/tasks: a task that
// the worker who asked now has.
type ActivityTask struct {
	TaskToken string          `json:"taskToken"`
	Input     json.RawMessage `json:"input"`
	// Execution and State say where the task belongs.
	Execution string `json:"execution"`
	State     string `json:"state"`
}
