package dataset

import (
	"strconv"
	"time"

	"github.com/serverledge/serverledge/dag/value"
)

// Status is how a child execution ended, or that it never began.
type Status string

// The statuses.
const (
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
	TimedOut  Status = "TIMED_OUT"
	Aborted   Status = "ABORTED"
	// Pending is a child execution that the Map run ended before.
	Pending Status = "PENDING"
)

// group is the kind of file that a status belongs into.
func (s Status) group() Status {
	switch s {
	case Succeeded, Pending:
		return s
	case Failed, TimedOut, Aborted:
	}
	return Failed
}

// Record is what is written of a child execution.
type Record struct {
	ExecutionArn, StateMachineArn, Name string

	Status Status
	Input  value.Value
	// Output is absent unless it Succeeded.
	Output value.Value
	// Error and Cause are why it did not.
	Error, Cause string

	RedriveCount  int
	RedriveStatus string
	// RedriveReason is why it cannot be redriven.
	RedriveReason string

	Started, Stopped time.Time
}

// Entries returns what a transformation makes of a record. One that did not
// succeed is always written whole.
func (r Record) Entries(t WriteTransformation) []value.Value {
	if r.Status != Succeeded || t == Whole || t == "" {
		return []value.Value{r.whole()}
	}
	if t == Compact || r.Output.Kind() != value.Array {
		return []value.Value{r.Output}
	}
	entries := make([]value.Value, 0, r.Output.Len())
	for _, element := range r.Output.Elements() {
		entries = append(entries, element)
	}
	return entries
}

// whole writes all of a record, with its keys in the order of AWS, which is that
// of the alphabet.
func (r Record) whole() value.Value {
	var w members
	if r.Status == Pending {
		w.text("Input", r.Input.String())
		w.raw("InputDetails", `{"Included":true}`)
		w.text("Status", string(r.Status))
		return w.value()
	}
	if r.Cause != "" {
		w.text("Cause", r.Cause)
	}
	if r.Error != "" {
		w.text("Error", r.Error)
	}
	w.text("ExecutionArn", r.ExecutionArn)
	w.text("Input", r.Input.String())
	w.raw("InputDetails", `{"Included":true}`)
	w.text("Name", r.Name)
	if !r.Output.IsAbsent() {
		w.text("Output", r.Output.String())
	}
	w.raw("OutputDetails", `{"Included":true}`)
	w.raw("RedriveCount", strconv.Itoa(r.RedriveCount))
	if r.RedriveStatus != "" {
		w.text("RedriveStatus", r.RedriveStatus)
	}
	if r.RedriveReason != "" {
		w.text("RedriveStatusReason", r.RedriveReason)
	}
	w.text("StartDate", date(r.Started))
	w.text("StateMachineArn", r.StateMachineArn)
	w.text("Status", string(r.Status))
	w.text("StopDate", date(r.Stopped))
	return w.value()
}

// date writes a time as AWS does, to the millisecond.
func date(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// members writes an object.
type members struct{ b []byte }

func (w *members) raw(key, text string) {
	start := byte(',')
	if len(w.b) == 0 {
		start = '{'
	}
	w.b = append(value.AppendString(append(w.b, start), key), ':')
	w.b = append(w.b, text...)
}

func (w *members) text(key, text string) {
	w.raw(key, "")
	w.b = value.AppendString(w.b, text)
}

func (w *members) value() value.Value { return value.Raw(append(w.b, '}')) }
