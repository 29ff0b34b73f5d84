package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/asl/jsonata"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// order is the document of a small order.
const order = `{"id":"A-17","customer":{"name":"Ann","since":2019},"lines":[{"sku":"apple","quantity":12,"price":0.5},{"sku":"melon","quantity":2,"price":3}],"n":20}`

// language measures what it costs to run a definition: whole executions
// without functions, from the bytes of their input on. The reference is
// encoding/json, decoding the same bytes.
func language(ctx context.Context, root, _ string, _ time.Duration) ([]row, error) {
	items := "[" + strings.TrimSuffix(strings.Repeat(order+",", 1000), ",") + "]"
	var rows []row
	for _, m := range []struct{ name, definition, input, goal string }{
		{"language: ten Pass states with paths / decoding the input", chain(), order, ""},
		{"language: Choice, the last of 20 rules / decoding the input", choice(), order, ""},
		{"language: Map of 1,000 Pass states / decoding the input", each(), items, ""},
	} {
		g, err := asl.Compile(m.definition, asl.Options{Limits: asl.Limits{Payload: 1 << 20}})
		if err != nil {
			return nil, err
		}
		ours, err := bench(func() error { return run(g, m.input) })
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		reference, err := bench(func() error { return decode(m.input) })
		if err != nil {
			return nil, err
		}
		rows = append(rows, compare(m.name, ours, reference, m.goal))
	}
	more, err := transformation(ctx, root)
	return append(rows, more...), err
}

// chain is ten Pass states that hand on a part of their input.
func chain() string {
	states := make([]string, 10)
	for i := range states {
		next := `"Next":"S` + strconv.Itoa(i+1) + `"`
		if i == len(states)-1 {
			next = `"End":true`
		}
		states[i] = fmt.Sprintf(`"S%d":{"Type":"Pass","Parameters":{"id.$":"$.id","n.$":"$.n","step":%d},%s}`, i, i, next)
	}
	return `{"StartAt":"S0","States":{` + strings.Join(states, ",") + `}}`
}

// choice is a Choice whose last rule matches.
func choice() string {
	rules := make([]string, 20)
	for i := range rules {
		rules[i] = fmt.Sprintf(`{"And":[{"Variable":"$.n","IsPresent":true},{"Variable":"$.n","NumericEquals":%d}],"Next":"S"}`, i+1)
	}
	return `{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[` + strings.Join(rules, ",") + `],"Default":"S"},"S":{"Type":"Succeed"}}}`
}

// each is a Map whose items are reduced to their id.
func each() string {
	return `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","Parameters":{"id.$":"$.id"},"End":true}}}}}}`
}

// run executes a machine without tasks.
func run(g *dag.Graph, input string) error {
	in, err := value.Parse([]byte(input))
	if err != nil {
		return err
	}
	x := dag.NewExecution(g)
	if _, err := x.Step(dag.Entry{Seq: 1, Event: dag.Started{Input: in}}); err != nil {
		return err
	}
	if o, done := x.Done(); !done || o.Status != dag.Completed || len(o.Output.Bytes()) == 0 {
		return fmt.Errorf("it ended as %s: %+v", o.Status, o.Failure)
	}
	return nil
}

func decode(text string) error {
	var doc any
	return json.Unmarshal([]byte(text), &doc)
}

// bench measures a piece of work.
func bench(work func() error) (testing.BenchmarkResult, error) {
	var err error
	result := testing.Benchmark(func(b *testing.B) {
		b.Helper()
		b.ReportAllocs()
		for b.Loop() {
			if err == nil {
				err = work()
			}
		}
	})
	return result, err
}

func compare(name string, ours, reference testing.BenchmarkResult, goal string) row {
	return row{
		name: name, goal: goal,
		figure:    fmt.Sprintf("%.1f µs, %d allocations", micros(ours.NsPerOp()), ours.AllocsPerOp()),
		reference: fmt.Sprintf("%.1f µs, %d allocations", micros(reference.NsPerOp()), reference.AllocsPerOp()),
		ratio:     fmt.Sprintf("%.2f", float64(ours.NsPerOp())/float64(reference.NsPerOp())),
	}
}

func micros(ns int64) float64 { return float64(ns) / 1e3 }

// The typical transformation: it filters, computes, groups nothing and builds
// new objects.
const transform = `orders[status = "open"].{"id": id, "customer": customer.name, "total": $sum(lines.(price * quantity)), "skus": lines.sku}`

// orders is what is transformed: twenty orders, half of them open.
func orders() string {
	all := make([]string, 20)
	for i := range all {
		status := []string{"open", "closed"}[i%2]
		all[i] = fmt.Sprintf(`{"id":"o%d","status":%q,"customer":{"name":"Ann %d","since":2019},"lines":[{"sku":"apple","quantity":12,"price":0.5},{"sku":"melon","quantity":%d,"price":3}]}`, i, status, i, i+1)
	}
	return `{"orders":[` + strings.Join(all, ",") + `]}`
}

// transformation compares our JSONata with the libraries that Go has, and with
// the decoding of its document.
func transformation(ctx context.Context, root string) ([]row, error) {
	document := orders()
	text := []byte(document) // as the other libraries get it
	x, err := jsonata.Compile(transform)
	if err != nil {
		return nil, err
	}
	evaluate := func(in value.Value) ([]byte, error) {
		out, err := x.Evaluate(in, jsonata.Env{})
		return out.Bytes(), err
	}
	result := []byte(nil)
	whole, err := bench(func() error {
		in, err := value.Parse(text)
		if err == nil {
			result, err = evaluate(in)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	in, err := value.Parse(text)
	if err != nil {
		return nil, err
	}
	alone, err := bench(func() error {
		_, err := evaluate(in)
		return err
	})
	if err != nil {
		return nil, err
	}
	decoding, err := bench(func() error { return decode(document) })
	if err != nil {
		return nil, err
	}
	rows := []row{compare("JSONata: a transformation, from bytes to bytes / decoding its document", whole, decoding, "")}
	libraries, err := reference(ctx, root, document, result)
	if err != nil {
		return nil, err
	}
	for _, l := range libraries {
		rows = append(rows, row{
			name:   "JSONata: the same / " + l.Library,
			figure: fmt.Sprintf("%.1f µs, %d allocations; evaluation alone %.1f µs", micros(whole.NsPerOp()), whole.AllocsPerOp(), micros(alone.NsPerOp())),
			reference: fmt.Sprintf("%.1f µs, %d allocations; evaluation alone %.1f µs",
				micros(l.Whole), l.Allocs, micros(l.Alone)),
			ratio: fmt.Sprintf("%.1f times as fast; alone %.1f", float64(l.Whole)/float64(whole.NsPerOp()), float64(l.Alone)/float64(alone.NsPerOp())),
			goal:  "at least 3 times as fast",
		})
	}
	return rows, nil
}

// library is what tools/jsonataref tells of one.
type library struct {
	Library              string
	Whole, Alone, Allocs int64
}

// reference measures the other libraries in this run.
func reference(ctx context.Context, root, document string, result []byte) ([]library, error) {
	in, err := json.Marshal(map[string]any{"expression": transform, "document": json.RawMessage(document), "result": json.RawMessage(result)})
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "go", "run", ".")
	cmd.Dir = filepath.Join(root, "tools", "jsonataref")
	cmd.Stdin = bytes.NewReader(in)
	var told bytes.Buffer
	cmd.Stderr = &told
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("measuring other libraries for JSONata: %w\n%s", err, told.Bytes())
	}
	var libraries []library
	if err := json.Unmarshal(out, &libraries); err != nil {
		return nil, err
	}
	if len(libraries) == 0 {
		return nil, fmt.Errorf("no other library gives our result: %s", told.Bytes())
	}
	return libraries, nil
}
