package server

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/functions"
)

// BenchmarkInvoke is what the server adds to a warm call.
func BenchmarkInvoke(b *testing.B) {
	f := newFixture(b)
	f.register("hello")
	f.engine.call = func(context.Context, *engine.Request) (*functions.Result, error) {
		return &functions.Result{Output: json.RawMessage(`{"ok":true}`), Node: "n1", Runtime: "Python 3.11.2"}, nil
	}
	for name, path := range map[string]string{"compat": "/invoke/hello", "v1": "/v1/functions/hello/invocations"} {
		body := map[string]string{"compat": `{"Params":{"a":"2"},"CanDoOffloading":true}`, "v1": `{"input":{"a":"2"}}`}[name]
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if got := serve(f.server, path, body); got.Code != http.StatusOK {
					b.Fatal(got.Code)
				}
			}
		})
	}
}
