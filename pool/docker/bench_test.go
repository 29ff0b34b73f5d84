package docker

import (
	"testing"

	"github.com/serverledge/serverledge/functions"
)

// BenchmarkColdStart is Start of a prepared Python function, and its Stop.
func BenchmarkColdStart(b *testing.B) {
	daemon(b)
	packages, f := python(b, "def handler(p, c): return p\n")
	d := open(b, options(b, packages))
	for b.Loop() {
		i, err := d.Start(b.Context(), f)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := i.Stop(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkWarmCall is one call on a warm Python instance.
func BenchmarkWarmCall(b *testing.B) {
	daemon(b)
	packages, f := python(b, "def handler(p, c): return p\n")
	d := open(b, options(b, packages))
	i := start(b, d, f)
	c := &functions.Call{Input: []byte(`{"a":2,"b":"hello"}`)}
	b.ReportAllocs()
	for b.Loop() {
		if r, err := i.Invoke(b.Context(), c); err != nil || r.Failure != nil {
			b.Fatal(r, err)
		}
	}
}
