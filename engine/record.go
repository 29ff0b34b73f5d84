package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/mock"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/functions"
)

// record is what is written once when a standard execution begins: all that
// another process needs, beside the journal, to go on with it.
type record struct {
	ID          string        `json:"id"`
	Namespace   string        `json:"namespace"`
	Name        string        `json:"name,omitempty"`
	Function    string        `json:"function,omitempty"`
	Workflow    string        `json:"workflow,omitempty"`
	Language    string        `json:"language,omitempty"`
	Definition  string        `json:"definition,omitempty"`
	Version     string        `json:"version,omitempty"`
	Level       Level         `json:"level"`
	Owner       string        `json:"owner"`
	Started     time.Time     `json:"started"`
	Input       value.Value   `json:"input,omitzero"`
	Deadline    time.Time     `json:"deadline,omitzero"`
	Class       int           `json:"class,omitempty"`
	MaxResponse time.Duration `json:"maxResponse,omitempty"`
	Output      bool          `json:"output,omitempty"`
	Local       bool          `json:"local,omitempty"`
	Mocks       mock.Answers  `json:"mocks,omitempty"`
	Limits      string        `json:"limits,omitempty"`
	Depth       int           `json:"depth,omitempty"`
	// Parent and Map are set for an item of a distributed Map: it executes the
	// body of that Map of its parent's definition.
	Parent string `json:"parent,omitempty"`
	Map    string `json:"map,omitempty"`
}

// summary is what is written once when a standard execution ends.
type summary struct {
	Status  dag.Status   `json:"status"`
	Output  value.Value  `json:"output,omitzero"`
	Failure *dag.Failure `json:"failure,omitempty"`
	Ended   time.Time    `json:"ended"`
}

// note is what is remembered of how an attempt of a task went, beside its
// outcome: where it ran and how long.
type note struct {
	State    string             `json:"state,omitempty"`
	Function string             `json:"function,omitempty"`
	Started  time.Time          `json:"started,omitzero"`
	Node     string             `json:"node,omitempty"`
	Area     string             `json:"area,omitempty"`
	Runtime  string             `json:"runtime,omitempty"`
	Cold     bool               `json:"cold,omitempty"`
	Action   string             `json:"action,omitempty"`
	Init     time.Duration      `json:"init,omitempty"`
	Queue    time.Duration      `json:"queue,omitempty"`
	Offload  time.Duration      `json:"offload,omitempty"`
	Duration time.Duration      `json:"duration,omitempty"`
	Printed  string             `json:"printed,omitempty"`
	Cut      bool               `json:"cut,omitempty"` // Printed is not all
	Failure  *functions.Failure `json:"failure,omitempty"`
}

// The bounds of what goes into the journal beside results: with them every
// entry and every summary fits into one record of the store.
const (
	maxNoteText = 16 << 10 // printed text, and the trace of a failure
	maxCause    = 32 << 10
	maxError    = 256
	maxSummary  = 768 << 10
)

// clip cuts a text to a number of bytes, at a rune, and says so.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	const mark = " [cut]"
	return strings.ToValidUTF8(text[:most-len(mark)], "") + mark
}

// clipFailure bounds a failure.
func clipFailure(f dag.Failure) dag.Failure {
	f.Error, f.Cause = clip(f.Error, maxError), clip(f.Cause, maxCause)
	return f
}

// clipOwn bounds the failure of a function: its trace loses its first lines.
func clipOwn(f *functions.Failure) *functions.Failure {
	if f == nil {
		return nil
	}
	c := functions.Failure{Type: clip(f.Type, maxError), Message: clip(f.Message, maxNoteText)}
	size := 0
	for i, line := range slices.Backward(f.Trace) {
		if size += len(line); size > maxNoteText {
			break
		}
		c.Trace = f.Trace[i:]
	}
	return &c
}

// summaryOf makes the summary of an outcome. An output that the store cannot
// hold makes a failure of it.
func summaryOf(o dag.Outcome, at time.Time) *summary {
	s := &summary{Status: o.Status, Output: o.Output, Ended: at}
	if o.Failure != nil {
		f := clipFailure(*o.Failure)
		s.Failure = &f
	}
	if size := o.Output.Size(); size > maxSummary {
		s.Status, s.Output, s.Failure = dag.Broken, value.Value{}, tooLarge("output of the execution", size, maxSummary)
	}
	return s
}

func tooLarge(what string, size, most int) *dag.Failure {
	return &dag.Failure{
		Error: dag.ErrorDataLimitExceeded, Cause: fmt.Sprintf("the %s has %d bytes; at most %d are kept", what, size, most),
	}
}

func noteOf(t *TaskReport) json.RawMessage {
	n := note{State: t.State, Function: t.Function, Started: t.Started}
	if r := t.Result; r != nil {
		n.Node, n.Area, n.Runtime, n.Cold, n.Action = r.Node, r.Area, r.Runtime, r.Cold, r.Action
		n.Init, n.Queue, n.Offload, n.Duration = r.Init, r.Queue, r.Offload, r.Duration
		n.Cut = r.PrintedTruncated || len(r.Printed) > maxNoteText
		n.Printed, n.Failure = clip(r.Printed, maxNoteText), clipOwn(r.Failure)
	}
	text, err := json.Marshal(n)
	if err != nil {
		return nil // strings and numbers always marshal
	}
	return text
}

// reportOf is the inverse of noteOf for an entry that ended an attempt.
func reportOf(entry dag.Entry) (TaskReport, bool) {
	t := TaskReport{Ended: entry.At}
	switch ev := entry.Event.(type) {
	case dag.Succeeded:
		t.Activation, t.Attempt = ev.Activation, ev.Attempt
	case dag.Failed:
		t.Activation, t.Attempt, t.Failure = ev.Activation, ev.Attempt, &ev.Failure
	default:
		return t, false
	}
	var n note
	if json.Unmarshal(entry.Note, &n) != nil || n.State == "" {
		return t, false
	}
	t.State, t.Function, t.Started = n.State, n.Function, n.Started
	t.Result = &functions.Result{
		Node: n.Node, Area: n.Area, Runtime: n.Runtime, Cold: n.Cold, Action: n.Action, Failure: n.Failure,
		Init: n.Init, Queue: n.Queue, Offload: n.Offload, Duration: n.Duration, Printed: n.Printed, PrintedTruncated: n.Cut,
	}
	return t, true
}

// describe puts a record together with what is known of its end.
func (rec *record) describe() *Execution {
	return &Execution{
		ID: rec.ID, Namespace: rec.Namespace, Name: rec.Name,
		Function: rec.Function, Workflow: rec.Workflow, Language: rec.Language, Version: rec.Version,
		Level: rec.Level, Status: dag.Running, Input: rec.Input, Started: rec.Started, Owner: rec.Owner, Parent: rec.Parent,
	}
}

func (x *Execution) close(s *summary) {
	x.Status, x.Output, x.Failure, x.Ended = s.Status, s.Output, s.Failure, s.Ended
}

// attachResult gives the execution of a function the result of its only task.
func (x *Execution) attachResult() {
	if x.Function == "" || x.Result != nil || len(x.Tasks) == 0 {
		return
	}
	last := x.Tasks[len(x.Tasks)-1].Result
	if last == nil {
		return
	}
	result := *last
	if x.Status == dag.Completed {
		result.Output = json.RawMessage(x.Output.Bytes())
	}
	x.Result = &result
}

// stored reads back what Journal returned.
func stored(header, sum []byte, entries []dag.Entry) (*Execution, *record, error) {
	var rec record
	if err := json.Unmarshal(header, &rec); err != nil {
		return nil, nil, fmt.Errorf("reading the header of an execution: %w", err)
	}
	x := rec.describe()
	for _, entry := range entries {
		if t, ok := reportOf(entry); ok {
			x.Tasks = append(x.Tasks, t)
		}
	}
	if sum != nil {
		var s summary
		if err := json.Unmarshal(sum, &s); err != nil {
			return nil, nil, fmt.Errorf("reading the summary of execution %s: %w", rec.ID, err)
		}
		x.close(&s)
	}
	x.attachResult()
	return x, &rec, nil
}

// encode codes a document as it is: without the escapes for HTML that
// json.Marshal makes, so that values keep their bytes.
func encode(document any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(document); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
