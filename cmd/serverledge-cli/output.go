package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"gopkg.in/yaml.v3"

	"github.com/serverledge/serverledge/internal/fault"
)

// sink is stdout; it remembers the first error.
type sink struct {
	w   io.Writer
	err error
}

// Write writes until the first error.
func (s *sink) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.w.Write(p)
	s.err = err
	return n, err
}

// formats lists what --format takes.
func formats() []string {
	return []string{"table", "wide", "json", "jsonl", "yaml", "csv", "name"}
}

func (a *app) checkFormat() error {
	if a.format == "" || slices.Contains(formats(), a.format) {
		return nil
	}
	err := usage("there is no format %q; there are %s", a.format, strings.Join(formats(), ", "))
	err.near = fault.Suggest(a.format, formats())
	return err
}

// view is something to show, in whichever format.
type view struct {
	// doc is the whole answer, items its elements when it is a list.
	doc   any
	items []any
	// columns head the rows; the last `extra` of them show only in wide and csv.
	columns []string
	extra   int
	rows    [][]string
	// names are the rows' names.
	names []string
	// details replace the table when one thing is shown.
	details [][2]string
	// then follows the table on a terminal.
	then *view
}

// show prints a view in the format that was asked for.
func (a *app) show(v view) error {
	format := a.format
	if format == "" {
		format = "json"
		if a.outTerm {
			format = "table"
		}
	}
	switch format {
	case "table", "wide":
		a.showTable(v, format == "wide")
		return nil
	case "jsonl":
		return a.showLines(v)
	case "yaml":
		return a.showYAML(v.doc)
	case "csv":
		var b strings.Builder
		w := csv.NewWriter(&b)
		_ = w.Write(lower(v.columns))
		_ = w.WriteAll(v.rows)
		a.print(b.String())
		return nil
	case "name":
		for _, name := range v.names {
			a.print(name + "\n")
		}
		return nil
	default:
		return a.showJSON(v.doc, "  ")
	}
}

// print writes to stdout, with control characters visible on a terminal. What
// cannot be written is reported at the end.
func (a *app) print(s string) {
	if a.outTerm {
		s = visible(s, "\n\t")
	}
	_, _ = io.WriteString(a.out, s)
}

// showJSON prints a document indented; raw text keeps the order of its keys
// and its numbers.
func (a *app) showJSON(doc any, indent string) error {
	raw, ok := doc.(json.RawMessage)
	if !ok {
		var err error
		if raw, err = marshal(doc); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", indent); err != nil {
		return cannot(err, "show the answer")
	}
	b.WriteByte('\n')
	a.print(b.String())
	return nil
}

// marshal is json.Marshal without the escapes meant for HTML.
func marshal(doc any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(doc); err != nil {
		return nil, cannot(err, "show the answer")
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

func (a *app) showLines(v view) error {
	items := v.items
	if items == nil {
		items = []any{v.doc}
	}
	for _, item := range items {
		line, err := marshal(item)
		if err != nil {
			return err
		}
		a.print(string(line) + "\n")
	}
	return nil
}

// showYAML prints a document as YAML, in the order of its JSON form.
func (a *app) showYAML(doc any) error {
	raw, err := marshal(doc)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	node, err := yamlNode(dec)
	if err != nil {
		return cannot(err, "show the answer")
	}
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(node); err != nil {
		return cannot(err, "show the answer")
	}
	a.print(b.String())
	return nil
}

// yamlNode reads one JSON value as a YAML node.
func yamlNode(dec *json.Decoder) (*yaml.Node, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		node := &yaml.Node{}
		if number, isNumber := token.(json.Number); isNumber {
			*node = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!float", Value: number.String()}
			if !strings.ContainsAny(number.String(), ".eE") {
				node.Tag = "!!int"
			}
			return node, nil
		}
		return node, node.Encode(token)
	}
	node := &yaml.Node{Kind: yaml.SequenceNode}
	if delim == '{' {
		node.Kind = yaml.MappingNode
	}
	for dec.More() {
		child, err := yamlNode(dec)
		if err != nil {
			return nil, err
		}
		node.Content = append(node.Content, child)
	}
	if len(node.Content) == 0 {
		node.Style = yaml.FlowStyle
	}
	_, err = dec.Token()
	return node, err
}

// showTable prints for a person.
func (a *app) showTable(v view, wide bool) {
	if v.details != nil {
		a.showDetails(v.details)
	} else {
		a.showRows(v, wide)
	}
	if v.then != nil && len(v.then.rows) > 0 {
		a.print("\n")
		a.showTable(*v.then, wide)
	}
}

func (a *app) showDetails(details [][2]string) {
	w := a.table()
	for _, line := range details {
		if line[1] != "" {
			w.AppendRow(table.Row{line[0], a.cell(line[0], line[1])})
		}
	}
	_, _ = io.WriteString(a.out, trimLines(w.Render())+"\n")
}

func (a *app) showRows(v view, wide bool) {
	n := len(v.columns)
	if !wide {
		n -= v.extra
	}
	w := a.table()
	w.AppendHeader(cells(v.columns[:n], func(_ int, s string) string { return s }))
	for _, row := range v.rows {
		w.AppendRow(cells(row[:n], func(i int, s string) string { return a.cell(v.columns[i], s) }))
	}
	_, _ = io.WriteString(a.out, trimLines(w.Render())+"\n")
}

func cells(values []string, f func(int, string) string) table.Row {
	row := make(table.Row, len(values))
	for i, s := range values {
		row[i] = f(i, s)
	}
	return row
}

// table is a table without lines, in columns that are two blanks apart.
func (a *app) table() table.Writer {
	w := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Format.Header = text.FormatDefault
	w.SetStyle(style)
	return w
}

// cell makes text safe for a table, and colours a status.
func (a *app) cell(column, s string) string {
	s = visible(s, "")
	if !strings.EqualFold(column, "status") || !a.colours(a.outTerm) {
		return s
	}
	var colour string
	switch s {
	case "SUCCEEDED", "ready", "up", "alive":
		colour = "32"
	case "RETRIABLE", "CAUGHT_ERROR":
		colour = "33"
	case "RUNNING":
		colour = "36"
	case "FAILED", "ABORTED", "TIMED_OUT", "down":
		colour = "31"
	default:
		return s
	}
	return "\x1b[" + colour + "m" + s + "\x1b[0m"
}

func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

func lower(values []string) []string {
	out := make([]string, len(values))
	for i, s := range values {
		out[i] = strings.ToLower(s)
	}
	return out
}
