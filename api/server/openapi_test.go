package server

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/api/openapitest"
	"github.com/serverledge/serverledge/internal/fault"
)

// TestEveryRouteIsDescribed: the router and openapi.yaml have the same routes.
func TestEveryRouteIsDescribed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	document := openapitest.Document(t)
	var described, served []string
	for path, item := range document.Paths.Map() {
		for method := range item.Operations() {
			described = append(described, method+" "+path)
		}
	}
	err := chi.Walk(f.server.routes, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if method == http.MethodHead && slices.Contains(described, "GET "+route) {
			return nil
		}
		served = append(served, method+" "+route)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(described)
	slices.Sort(served)
	for _, route := range served {
		if !slices.Contains(described, route) {
			t.Errorf("%s is not described in openapi.yaml", route)
		}
	}
	for _, route := range described {
		if !slices.Contains(served, route) {
			t.Errorf("%s is described, but not served", route)
		}
	}
}

func TestNodeRoutes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	into[api.Health](f, f.do("GET", "/healthz", ""), http.StatusOK)
	into[api.Health](f, f.do("GET", "/readyz", ""), http.StatusOK)
	f.node.notReady = fault.New(fault.Unavailable, "store_unavailable", "etcd does not answer")
	f.refused(f.do("GET", "/readyz", ""), http.StatusServiceUnavailable, "store_unavailable")
	into[api.Health](f, f.do("GET", "/healthz", ""), http.StatusOK)
	if a := f.do("HEAD", "/healthz", ""); a.status != http.StatusOK || len(a.body) != 0 {
		t.Errorf("HEAD: %d %q", a.status, a.body)
	}
	if got := into[api.Node](f, f.do("GET", "/v1/status", ""), http.StatusOK); got.ID != "n1" {
		t.Errorf("got %+v", got)
	}
	if got := into[api.NodeList](f, f.do("GET", "/v1/nodes", ""), http.StatusOK); len(got.Nodes) != 1 {
		t.Errorf("got %+v", got)
	}
	into[api.StatusResponse](f, f.do("GET", "/status", ""), http.StatusOK)
	if a := f.do("GET", "/metrics", ""); string(a.body) != "up 1\n" {
		t.Errorf("got %q", a.body)
	}
	document := into[map[string]any](f, f.do("GET", "/openapi.json", ""), http.StatusOK)
	if version, _ := document["openapi"].(string); !strings.HasPrefix(version, "3.") {
		t.Errorf("got %v", document["openapi"])
	}
	quiet := newFixture(t, func(o *Options) { o.Metrics = nil })
	if a := quiet.with(quiet.plain, "GET", "/metrics", ""); a.status != http.StatusNotFound {
		t.Errorf("metrics are off, and answered %d", a.status)
	}
}
