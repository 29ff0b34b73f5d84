package sandbox_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/serverledge/serverledge/functions"
)

// noop is a folder of Packages with one function that does nothing.
type noop struct{ dir string }

func (n noop) Dir(context.Context, string) (string, error) { return n.dir, nil }

func newNoop(tb testing.TB) noop {
	tb.Helper()
	n := noop{tb.TempDir()}
	for name, text := range map[string]string{
		"noop.py": "def handler(params, context): return params\n",
		"noop.js": "module.exports = (params) => params;",
		"noop":    "#!/bin/sh\ncat\n",
	} {
		if err := os.WriteFile(filepath.Join(n.dir, name), []byte(text), 0o755); err != nil { //nolint:gosec // a program
			tb.Fatal(err)
		}
	}
	return n
}

func (noop) functions() map[string]*functions.Function {
	return map[string]*functions.Function{
		"python": {Name: "noop", Runtime: "python3", Handler: "noop.handler", MemoryMB: 128, Package: "p"},
		"nodejs": {Name: "noop", Runtime: "nodejs17", Handler: "noop", MemoryMB: 128, Package: "p"},
		"binary": {Name: "noop", Runtime: "binary", Handler: "noop", MemoryMB: 128, Package: "p"},
	}
}

// BenchmarkWarmCall is the hop from the node into a warm instance and back.
func BenchmarkWarmCall(b *testing.B) {
	n := newNoop(b)
	d := newDriver(b, b.TempDir(), n)
	defer func() { _ = d.Close(context.WithoutCancel(b.Context())) }()
	for language, f := range n.functions() {
		b.Run(language, func(b *testing.B) {
			i, err := d.Start(b.Context(), f)
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = i.Stop(context.WithoutCancel(b.Context())) }()
			c := &functions.Call{Key: "execution/1", Attempt: 1, Execution: "execution", Input: json.RawMessage(`{"a":2,"b":"hello"}`)}
			b.ReportAllocs()
			for b.Loop() {
				if r, err := i.Invoke(b.Context(), c); err != nil || r.Failure != nil {
					b.Fatal(r, err)
				}
			}
		})
	}
}

// BenchmarkColdStart is from nothing to an instance that is ready.
func BenchmarkColdStart(b *testing.B) {
	n := newNoop(b)
	d := newDriver(b, b.TempDir(), n)
	defer func() { _ = d.Close(context.WithoutCancel(b.Context())) }()
	for language, f := range n.functions() {
		b.Run(language, func(b *testing.B) {
			for b.Loop() {
				i, err := d.Start(b.Context(), f)
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if err := i.Stop(context.WithoutCancel(b.Context())); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}
