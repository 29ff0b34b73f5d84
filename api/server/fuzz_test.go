package server

import (
	"net/http"
	"testing"

	"github.com/serverledge/serverledge/api"
)

// fuzz sends any body to some routes: the answers are 2xx or 4xx, a refusal is
// a problem, and nothing panics (B-045).
func fuzz(f *testing.F, paths ...string) {
	f.Helper()
	x := newFixture(f)
	x.register("hello")
	for _, body := range truncations() {
		f.Add([]byte(body))
	}
	for _, body := range []string{"", "null", "[]", `{"Params":null}`, "\xff", `{"name":1e400}`, `{"":{"":[]}}`, `{"TarFunctionCode":"====","Name":"a","Runtime":"java21","MemoryMB":1,"Handler":"a.B::c"}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, path := range paths {
			got := serve(x.server, path, string(body))
			if got.Code < 200 || got.Code >= 500 || got.Code >= 300 && got.Code < 400 {
				t.Errorf("%s with %q: %d %s", path, body, got.Code, got.Body)
			}
			if kind := got.Header().Get("Content-Type"); got.Code >= http.StatusBadRequest && kind != api.TypeProblem {
				t.Errorf("%s with %q: %d of type %s", path, body, got.Code, kind)
			}
		}
		if n := x.server.Panics(); n != 0 {
			t.Fatalf("%d panics with %q", n, body)
		}
	})
}

func FuzzInvoke(f *testing.F) {
	fuzz(f, "/invoke/hello", "/v1/functions/hello/invocations", "/workflow/invoke/hello")
}

func FuzzCreate(f *testing.F) {
	fuzz(f, "/create", "/update", "/delete", "/prewarm", "/v1/functions", "/workflow/create", "/v1/workflows", "/v1/executions")
}
