package pool_test

import (
	"testing"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/pool"
	"github.com/serverledge/serverledge/pool/pooltest"
)

func BenchmarkWarm(b *testing.B) {
	catalog := &pooltest.Catalog{}
	catalog.Put(functions.Function{Name: "f"})
	p := pool.New(&pooltest.Driver{}, catalog, pool.Options{MemoryMB: 1024})
	defer func() { _ = p.Close(b.Context()) }()
	call := &functions.Call{Function: "f", Input: []byte(`{}`)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Invoke(b.Context(), call); err != nil {
			b.Fatal(err)
		}
	}
}
