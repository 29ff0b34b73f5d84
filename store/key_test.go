//nolint:thelper // what runs on each driver is a test and reports in its own lines
package store_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/store"
)

// TestWordsInKeys names everything after the words that a graphical client
// searches all keys for: no key has them but those that the client is meant to
// find.
func TestWordsInKeys(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d store.Driver) {
		s, ctx := open(t, d), t.Context()
		const name = "my-function-registry"
		n := node("registry-Function", "t")
		n.Area, n.Architecture = "function-area", "functionregistry"
		r, err := s.Register(ctx, n, 0)
		must(t, err)
		data, digest := content(10, 1)
		must(t, s.PutPackage(ctx, digest, bytes.NewReader(data)))
		f := fn(name, 64)
		f.Namespace, f.Package = "Registry_function", digest
		must(t, s.CreateFunction(ctx, f))
		must(t, s.CreateWorkflow(ctx, &store.Workflow{Namespace: f.Namespace, Name: name}))
		x := id("00", 1)
		_, err = s.ClaimName(ctx, f.Namespace, name, "function registry REGISTRY", x, "h")
		must(t, err)
		must(t, s.Begin(ctx, x, "function-registry", nil, entries(1, 1)...))

		found := map[string]int{}
		for _, key := range append(keys(t, d, "/"), keys(t, d, "registry/")...) {
			lower := strings.ToLower(key)
			switch {
			case strings.HasPrefix(key, "/sl/v1/function/"):
				found["function"]++
				if strings.Contains(lower, "registry") {
					t.Errorf("a function's key: %s", key)
				}
			case strings.HasPrefix(key, "registry/"):
				found["registry"]++
				if strings.Contains(lower, "function") || len(strings.Split(key, "/")) != 4 {
					t.Errorf("a node's key: %s", key)
				}
			case strings.Contains(lower, "registry") || strings.Contains(lower, "function"):
				t.Errorf("key: %s", key)
			default:
				found["other"]++
			}
		}
		if found["function"] != 1 || found["registry"] != 1 || found["other"] < 8 {
			t.Errorf("keys: %v", found)
		}

		// And everything is found again under its name.
		if _, err := s.Function(ctx, f.Namespace, name); err != nil {
			t.Error(err)
		}
		if _, err := s.Workflow(ctx, f.Namespace, name); err != nil {
			t.Error(err)
		}
		if ids, err := s.Unfinished(ctx, "function-registry"); err != nil || len(ids) != 1 {
			t.Errorf("unfinished: %v, %v", ids, err)
		}
		if got := live(t, s); got != n.ID {
			t.Errorf("nodes: %q", got)
		}
		must(t, r.Close(ctx))
	})
}

// TestFunctionJSON reads a function as existing clients do.
func TestFunctionJSON(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d store.Driver) {
		s := open(t, d)
		must(t, s.CreateFunction(t.Context(), fn("Hello", 600)))
		page, err := d.Range(t.Context(), store.Query{Key: "/sl/v1/function/default/hello"})
		must(t, err)
		var got struct {
			Name      string
			MemoryMB  int
			CPUDemand float64
		}
		must(t, json.Unmarshal(page.KVs[0].Value, &got))
		if got.Name != "Hello" || got.MemoryMB != 600 || got.CPUDemand != 0.5 {
			t.Errorf("got %+v", got)
		}
	})
}
