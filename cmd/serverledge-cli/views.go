package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/serverledge/serverledge/api"
)

// Each resource has one set of columns, and a list of details for a single one.

func functionsView(doc any, list ...api.Function) view {
	v := view{
		doc: doc, items: items(list), extra: 5,
		columns: []string{"NAME", "RUNTIME", "HANDLER", "MEMORY", "TIMEOUT", "CPU", "CONCURRENCY", "IMAGE", "VERSION", "CREATED"},
	}
	for _, f := range list {
		v.names = append(v.names, f.Name)
		v.rows = append(v.rows, []string{
			f.Name, f.Runtime, f.Handler, megabytes(int64(f.MemoryMB)), f.Timeout, decimal(f.CPU),
			number(int64(max(1, f.MaxConcurrency))), f.Image, f.Version, stamp(f.Created),
		})
	}
	return v
}

func functionView(f *api.Function) view {
	v := functionsView(f, *f)
	v.details = details(v)
	for _, name := range slices.Sorted(maps.Keys(f.Env)) {
		v.details = append(v.details, [2]string{"env", name + "=" + f.Env[name]})
	}
	if f.Signature != nil {
		for _, p := range f.Signature.Inputs {
			v.details = append(v.details, [2]string{"input", p.Name + ":" + p.Type})
		}
		for _, p := range f.Signature.Outputs {
			v.details = append(v.details, [2]string{"output", p.Name + ":" + p.Type})
		}
	}
	return v
}

func workflowsView(doc any, list ...api.Workflow) view {
	v := view{
		doc: doc, items: items(list), extra: 2,
		columns: []string{"NAME", "LANGUAGE", "TYPE", "FUNCTIONS", "VERSION", "CREATED"},
	}
	for _, w := range list {
		v.names = append(v.names, w.Name)
		v.rows = append(v.rows, []string{w.Name, w.Language, w.Type, strings.Join(w.Functions, ","), w.Version, stamp(w.Created)})
	}
	return v
}

func workflowView(w *api.Workflow) view {
	v := workflowsView(w, *w)
	v.details = append(details(v), [2]string{"definition", fmt.Sprintf("%d bytes (--definition prints it)", len(w.Definition))})
	return v
}

func executionsView(list *api.ExecutionList) view {
	return executionRows(list, list.Executions)
}

func executionRows(doc any, list []api.Execution) view {
	v := view{
		doc: doc, items: items(list), extra: 3,
		columns: []string{"ID", "OF", "STATUS", "STARTED", "TOOK", "NAME", "TYPE", "OWNER"},
	}
	for i := range list {
		e := &list[i]
		v.names = append(v.names, e.ID)
		v.rows = append(v.rows, []string{
			e.ID, nameOr(e.Workflow, e.Function), e.Status, stamp(e.Started), took(e), e.Name, e.Type, e.Owner,
		})
	}
	return v
}

func executionView(e *api.Execution) view {
	v := executionRows(e, []api.Execution{*e})
	v.details = details(v)
	if f := e.Failure; f != nil {
		v.details = append(v.details, [2]string{"error", f.Error}, [2]string{"cause", f.Cause})
	}
	v.details = append(v.details, [2]string{"parent", e.Parent}, [2]string{"output", compact(e.Output)})
	tasks := view{columns: []string{"STATE", "FUNCTION", "TRY", "NODE", "START", "DURATION", "ERROR"}}
	for i := range e.Tasks {
		t := &e.Tasks[i]
		failed := ""
		if t.Failure != nil {
			failed = t.Failure.Error
		}
		tasks.rows = append(tasks.rows, []string{
			t.State, t.Function, number(int64(t.Attempt)), t.Node, startOf(&t.Report), span(t.Duration), failed,
		})
	}
	v.then = &tasks
	return v
}

func historyView(h *api.History) view {
	v := view{doc: h, items: items(h.Events), extra: 1, columns: []string{"ID", "AT", "TYPE", "STATE", "DETAILS"}}
	for i := range h.Events {
		v.rows = append(v.rows, eventRow(&h.Events[i]))
		v.names = append(v.names, strconv.Itoa(h.Events[i].ID))
	}
	return v
}

func eventRow(e *api.HistoryEvent) []string {
	return []string{strconv.Itoa(e.ID), e.At.Format("15:04:05.000"), e.Type, e.State, compact(e.Details)}
}

// showEvent prints one event on a line.
func (a *app) showEvent(e *api.HistoryEvent) error {
	if a.format == "jsonl" || a.format == "json" || a.format == "" && !a.outTerm {
		line, err := marshal(e)
		if err != nil {
			return err
		}
		a.print(string(line) + "\n")
		return nil
	}
	a.print(strings.TrimRight(visible(strings.Join(eventRow(e), "  "), ""), " ") + "\n")
	return nil
}

func nodesView(doc any, list ...api.Node) view {
	v := view{
		doc: doc, items: items(list), extra: 4,
		columns: []string{"ID", "AREA", "STATUS", "ADDRESS", "MEMORY", "CPUS", "DRIVER", "ARCHITECTURE", "POLICY", "VERSION"},
	}
	for i := range list {
		n := &list[i]
		id := n.ID
		if n.Self && len(list) > 1 {
			id += " *"
		}
		v.names = append(v.names, n.ID)
		v.rows = append(v.rows, []string{
			id, n.Area, n.Status, n.Address, shareOf(n.Self, number(n.FreeMemoryMB), number(n.MemoryMB), " MB"),
			shareOf(n.Self, decimal(n.FreeCPUs), decimal(n.CPUs), ""), n.Driver, n.Architecture, n.Policy, n.Version,
		})
	}
	return v
}

func nodeView(n *api.Node) view {
	v := nodesView(n, *n)
	v.details = append(details(v), runtimes(n.Runtimes)...)
	return v
}

func statusView(s *api.StatusResponse) view {
	v := view{doc: s}
	v.details = [][2]string{
		{"node", s.Node}, {"area", s.Area}, {"url", s.Url}, {"version", s.Version}, {"driver", s.Driver}, {"policy", s.Policy},
		{"memory", share(number(s.AvailableMemMB), number(s.TotalMemory), " MB")},
		{"cpus", share(decimal(s.AvailableCPUs), decimal(s.TotalCPU), "")},
		{"calls", fmt.Sprintf("%d running, %d waiting", s.Busy, s.Queue)},
	}
	for _, name := range slices.Sorted(maps.Keys(s.AvailableWarmContainers)) {
		v.details = append(v.details, [2]string{"warm", fmt.Sprintf("%s: %d", name, s.AvailableWarmContainers[name])})
	}
	v.details = append(v.details, runtimes(s.Runtimes)...)
	return v
}

func runtimes(m map[string]string) [][2]string {
	var out [][2]string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		text := name
		if m[name] != "" {
			text += ": " + m[name]
		}
		out = append(out, [2]string{"runtime", text})
	}
	return out
}

func invocationView(r *api.InvocationResult) view {
	v := view{
		doc: r, columns: []string{"EXECUTION", "STATUS", "OUTPUT", "NODE", "START", "DURATION"}, names: []string{r.Execution},
	}
	row := []string{r.Execution, r.Status, compact(r.Output), "", "", ""}
	if p := r.Report; p != nil {
		row[3], row[4], row[5] = p.Node, startOf(p), span(p.Duration)
	}
	v.rows = [][]string{row}
	v.details = details(v)
	if p := r.Report; p != nil {
		v.details = append(v.details, [2]string{"runtime", p.Runtime})
	}
	for line := range strings.Lines(r.Printed) {
		v.details = append(v.details, [2]string{"printed", strings.TrimRight(line, "\n")})
	}
	return v
}

// deletedView says that something is gone.
func deletedView(name string) view {
	return single(api.DeletedResponse{Deleted: name}, name, "deleted", name)
}

// single is a view of one value.
func single(doc any, name, label, value string) view {
	return view{
		doc: doc, names: []string{name}, columns: []string{strings.ToUpper(label)}, rows: [][]string{{value}},
		details: [][2]string{{label, value}},
	}
}

// details turns the first row into lines.
func details(v view) [][2]string {
	var out [][2]string
	for i, value := range v.rows[0] {
		out = append(out, [2]string{strings.ToLower(v.columns[i]), value})
	}
	return out
}

func items[T any](list []T) []any {
	out := make([]any, len(list))
	for i := range list {
		out[i] = list[i]
	}
	return out
}

func startOf(r *api.Report) string {
	text := "warm"
	if r.Cold {
		text = "cold"
	}
	if r.Action == "O" {
		text += ", offloaded"
	}
	return text
}

// share is "free of all".
func share(free, all, unit string) string {
	if all == "" || all == "0" {
		return ""
	}
	return nameOr(free, "0") + " of " + all + unit + " free"
}

// shareOf is "free of all" of a node that tells of itself, and only "all" of
// another one: what is free there is not known.
func shareOf(self bool, free, all, unit string) string {
	if self {
		return share(free, all, unit)
	}
	return all + unit
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func decimal(f float64) string {
	if f == 0 {
		return ""
	}
	return strconv.FormatFloat(f, 'g', 4, 64)
}

func megabytes(n int64) string {
	if n == 0 {
		return ""
	}
	return number(n) + " MB"
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

func took(e *api.Execution) string {
	if e.Ended.IsZero() || e.Started.IsZero() {
		return ""
	}
	return span(e.Ended.Sub(e.Started).Seconds())
}

// span is a time in seconds, for people.
func span(seconds float64) string {
	return time.Duration(seconds * float64(time.Second)).Round(10 * time.Microsecond).String()
}
