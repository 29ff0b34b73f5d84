package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/asl/teststate"
)

// showTest shows what came of a test: to a person the way of the data.
func (a *app) showTest(r *api.TestStateResult, state string) error {
	failed := r.Status == string(teststate.Failed)
	switch {
	case a.format == "" && a.outTerm, a.format == "table", a.format == "wide":
		a.showWay(r, state)
	default:
		v := view{doc: r, columns: []string{"STEP", "DATA"}}
		if r.NextState != "" {
			v.names = []string{r.NextState}
		}
		for _, s := range wayOf(r) {
			v.rows = append(v.rows, []string{s.name, string(s.data)})
		}
		if err := a.show(v); err != nil {
			return err
		}
		if failed {
			a.sayf("%s: %s\n", nameOr(r.Error, r.Status), r.Cause)
		}
	}
	if failed {
		return exitError(exitWorkflow)
	}
	return nil
}

// step is one step of the way of the data.
type step struct {
	name string
	data json.RawMessage
}

// wayOf lists the steps that there are, from the input to the output.
func wayOf(r *api.TestStateResult) []step {
	var way []step
	add := func(name string, data json.RawMessage) {
		if data != nil {
			way = append(way, step{name, data})
		}
	}
	number := func(name string, data any) {
		if text, err := marshal(data); err == nil && string(text) != "null" {
			add(name, text)
		}
	}
	if i := r.InspectionData; i != nil {
		add("input", i.Input)
		add("InputPath", i.AfterInputPath)
		add("Parameters", i.AfterParameters)
		add("Arguments", i.AfterArguments)
		add("ItemsPointer", i.AfterItemsPointer)
		add("ItemsPath", i.AfterItemsPath)
		add("ItemSelector", i.AfterItemSelector)
		add("ItemBatcher", i.AfterItemBatcher)
		number("MaxConcurrency", i.MaxConcurrency)
		number("tolerated items", i.ToleratedFailureCount)
		number("tolerated %", i.ToleratedFailurePercentage)
		add("result", i.Result)
		add("ResultSelector", i.AfterResultSelector)
		add("ResultPath", i.AfterResultPath)
		add("variables", i.Variables)
	}
	add("output", r.Output)
	return way
}

// The widths of the picture: of the names, and of data that stands on the line
// of its name.
const (
	nameWidth = 20
	dataWidth = 96
)

// showWay draws the way of the data, the steps below each other.
func (a *app) showWay(r *api.TestStateResult, state string) {
	var b strings.Builder
	line := func(name, text string) {
		switch {
		case text == "":
		case text[0] == '\n':
			b.WriteString(name + text + "\n")
		default:
			fmt.Fprintf(&b, "%-*s%s\n", nameWidth, name, text)
		}
	}
	line("state", state)
	for _, s := range wayOf(r) {
		name := s.name
		switch name {
		case "input", "output", "variables":
		default:
			name = "  ▼ " + name
		}
		line(name, laidOut(s.data))
	}
	line("error", r.Error)
	line("cause", r.Cause)
	if i := r.InspectionData; i != nil && i.ErrorDetails != nil {
		d := i.ErrorDetails
		if d.RetryIndex != nil && d.RetryBackoffIntervalSeconds != nil {
			line("retried by", fmt.Sprintf("Retry[%d], after %d s", *d.RetryIndex, *d.RetryBackoffIntervalSeconds))
		}
		if d.CatchIndex != nil {
			line("caught by", fmt.Sprintf("Catch[%d]", *d.CatchIndex))
		}
	}
	line("next", r.NextState)
	a.print(b.String())
	a.print(fmt.Sprintf("%-*s", nameWidth, "status"))
	_, _ = a.out.Write([]byte(a.cell("status", r.Status) + "\n")) // with its colour
}

// laidOut lays JSON out for the picture: on the line, or on lines of its own
// when it is long.
func laidOut(data json.RawMessage) string {
	var b bytes.Buffer
	if err := json.Compact(&b, data); err != nil {
		return string(data)
	}
	if b.Len() <= dataWidth {
		return b.String()
	}
	b.Reset()
	b.WriteByte('\n')
	const margin = "      "
	b.WriteString(margin)
	if err := json.Indent(&b, data, margin, "  "); err != nil {
		return string(data)
	}
	return b.String()
}
