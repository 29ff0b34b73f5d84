// Command jsonataref measures the two Go libraries for JSONata that the module
// proxy serves, as a reference for ours: it reads {"expression", "document",
// "result"} from its input and prints, for each library that gives the result,
// how long one transformation takes with decoding and encoding, and without.
// It is a module of its own, so that the project does not depend on them.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"testing"

	blues "github.com/blues/jsonata-go"
	xiatechs "github.com/xiatechs/jsonata-go"
)

// figure is what is printed for a library.
type figure struct {
	Library string `json:"library"`
	// Whole is in nanoseconds from bytes to bytes, Alone for the evaluation.
	Whole  int64 `json:"whole"`
	Alone  int64 `json:"alone"`
	Allocs int64 `json:"allocs"`
}

type evaluator interface{ Eval(any) (any, error) }

func main() {
	var in struct {
		Expression string          `json:"expression"`
		Document   json.RawMessage `json:"document"`
		Result     json.RawMessage `json:"result"`
	}
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		fail(err)
	}
	b, err := blues.Compile(in.Expression)
	if err != nil {
		fail(err)
	}
	x, err := xiatechs.Compile(in.Expression)
	if err != nil {
		fail(err)
	}
	figures := []figure{}
	for name, e := range map[string]evaluator{"blues/jsonata-go 1.5.4": b, "xiatechs/jsonata-go 1.8.8": x} {
		if f, ok := measure(name, e, in.Document, in.Result); ok {
			figures = append(figures, f)
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(figures); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "jsonataref:", err)
	os.Exit(1)
}

// measure takes the figures of a library; ok is false when its result is
// another one.
func measure(name string, e evaluator, document, result []byte) (f figure, ok bool) {
	var want, got any
	if json.Unmarshal(result, &want) != nil {
		return f, false
	}
	text, err := transform(e, document)
	if err != nil || json.Unmarshal(text, &got) != nil || !reflect.DeepEqual(got, want) {
		fmt.Fprintf(os.Stderr, "jsonataref: %s gives %.200s, %v\n", name, text, err)
		return f, false
	}
	whole := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := transform(e, document); err != nil {
				b.Fatal(err)
			}
		}
	})
	var decoded any
	if json.Unmarshal(document, &decoded) != nil {
		return f, false
	}
	alone := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			if _, err := e.Eval(decoded); err != nil {
				b.Fatal(err)
			}
		}
	})
	return figure{name, whole.NsPerOp(), alone.NsPerOp(), whole.AllocsPerOp()}, true
}

func transform(e evaluator, document []byte) ([]byte, error) {
	var decoded any
	if err := json.Unmarshal(document, &decoded); err != nil {
		return nil, err
	}
	out, err := e.Eval(decoded)
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}
