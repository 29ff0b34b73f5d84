package asl_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag"
)

// The benchmarks run whole executions of states that call nothing.

func BenchmarkPassChain(b *testing.B) {
	states := make([]string, 10)
	for i := range states {
		next := fmt.Sprintf(`"Next":"S%d"`, i+1)
		if i == len(states)-1 {
			next = `"End":true`
		}
		states[i] = fmt.Sprintf(`"S%d":{"Type":"Pass","Parameters":{"id.$":"$.id","n.$":"$.n","step":%d},%s}`, i, i, next)
	}
	benchmark(b, `{"StartAt":"S0","States":{`+strings.Join(states, ",")+`}}`)
}

func BenchmarkChoice(b *testing.B) {
	rules := make([]string, 20)
	for i := range rules {
		rules[i] = fmt.Sprintf(`{"And":[{"Variable":"$.n","IsPresent":true},{"Variable":"$.n","NumericEquals":%d}],"Next":"S"}`, i+1)
	}
	benchmark(b, `{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[`+strings.Join(rules, ",")+`],"Default":"S"},"S":{"Type":"Succeed"}}}`)
}

func benchmark(b *testing.B, definition string) {
	b.Helper()
	g, err := asl.Compile(definition, asl.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		x := dag.NewExecution(g)
		if _, err := x.Step(dag.Entry{Seq: 1, Event: dag.Started{Input: parse(b, `{"id":"A-17","customer":{"name":"Ann"},"n":20}`)}}); err != nil {
			b.Fatal(err)
		}
		if o, done := x.Done(); !done || o.Status != dag.Completed {
			b.Fatal(o)
		}
	}
}
