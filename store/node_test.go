//nolint:thelper // what runs on each driver is a test and reports in its own lines
package store_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store"
)

func node(id, token string) store.Node {
	return store.Node{ID: id, Area: "ROME", Architecture: "amd64", IP: "127.0.0.1", APIPort: 1323, UDPPort: 9876, Token: token, Runtimes: []string{"python311"}}
}

// live lists the ids that a store knows.
func live(t *testing.T, s *store.Store) string {
	t.Helper()
	list, err := s.Nodes(t.Context())
	must(t, err)
	var out []string
	for _, n := range list {
		out = append(out, n.ID)
	}
	return strings.Join(out, " ")
}

func values(t *testing.T, d store.Driver, prefix string) string {
	t.Helper()
	page, err := d.Range(t.Context(), store.Query{Prefix: prefix})
	must(t, err)
	var out []string
	for _, kv := range page.KVs {
		out = append(out, fmt.Sprintf("%s=%s", kv.Key, kv.Value))
	}
	return strings.Join(out, " ")
}

func TestNodes(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d store.Driver) {
		s, other := open(t, d), open(t, d)
		var mu sync.Mutex
		var heard string
		other.OnNodesChange(func(list []store.Node) {
			mu.Lock()
			defer mu.Unlock()
			heard = ""
			for _, n := range list {
				heard += n.ID + "@" + n.Address() + " "
			}
		})
		knows := func(want string) {
			t.Helper()
			eventually(t, want, func() bool {
				mu.Lock()
				defer mu.Unlock()
				return heard == want
			})
		}
		a, err := s.Register(t.Context(), node("a", "ta"), 5*time.Second)
		must(t, err)
		if got := live(t, s); got != "a" || !a.Live() {
			t.Errorf("at once: %q", got)
		}
		b, err := s.Register(t.Context(), node("b", "tb"), 5*time.Second)
		must(t, err)
		knows("a@127.0.0.1:1323 b@127.0.0.1:1323 ")
		if got, want := values(t, d, "registry/"), "registry/ROME/amd64/a=127.0.0.1;1323;9876;amd64 registry/ROME/amd64/b=127.0.0.1;1323;9876;amd64"; got != want {
			t.Errorf("registry: %s", got)
		}
		must(t, a.Close(t.Context()))
		knows("b@127.0.0.1:1323 ")
		must(t, b.Close(t.Context()))
		knows("")
		if got := values(t, d, "registry/"); got != "" {
			t.Errorf("registry: %s", got)
		}
	})
}

// TestNodeIdentity lets a node take over from itself, and from nobody else.
func TestNodeIdentity(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d store.Driver) {
		s := open(t, d)
		crashed, err := s.Register(t.Context(), node("a", "mine"), 5*time.Second)
		must(t, err)
		_, err = s.Register(t.Context(), node("a", "theirs"), 5*time.Second)
		wantKind(t, err, fault.Exists)
		wantCode(t, err, "node_id_taken")
		moved := node("a", "mine")
		moved.Area = "PISA"
		again, err := s.Register(t.Context(), moved, 5*time.Second)
		must(t, err)
		must(t, crashed.Close(t.Context()))
		if got := values(t, d, "registry/"); got != "registry/PISA/amd64/a=127.0.0.1;1323;9876;amd64" {
			t.Errorf("registry: %s", got)
		}
		if got := live(t, s); got != "a" {
			t.Errorf("live: %q", got)
		}
		must(t, again.Close(t.Context()))
		for _, bad := range []store.Node{node("", "t"), node("a", ""), {ID: "a", Token: "t", Architecture: "x"}} {
			_, err := s.Register(t.Context(), bad, 0)
			wantKind(t, err, fault.Invalid)
		}
	})
}

// TestLeaseLost takes a node's lease, twice, and the whole store for a while:
// it comes back each time.
func TestLeaseLost(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, raw store.Driver) {
		d := &flaky{Driver: raw}
		s, other := open(t, d), open(t, raw)
		r, err := s.Register(t.Context(), node("a", "ta"), 5*time.Second)
		must(t, err)
		must(t, s.Ready(t.Context()))
		back := func() {
			t.Helper()
			eventually(t, "the node is back", func() bool { return r.Live() && live(t, other) == "a" && values(t, raw, "registry/") != "" })
		}
		for range 2 {
			d.lose(t)
			back()
		}
		d.setDown(true)
		d.lose(t)
		eventually(t, "the node is gone", func() bool { return live(t, other) == "" && !r.Live() })
		d.setDown(false)
		back()
		must(t, r.Close(t.Context()))
		eventually(t, "the node is gone", func() bool { return live(t, other) == "" })
	})
}

// TestIDTakenMeanwhile has another node, or a newer process of the same node,
// take the id while the first is cut off: the first does not take it back, and
// waits until it is free.
func TestIDTakenMeanwhile(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, raw store.Driver) {
		for _, token := range []string{"another", "same"} {
			d := &flaky{Driver: raw}
			s, other := open(t, d), open(t, raw)
			first, err := s.Register(t.Context(), node("a", "same"), 5*time.Second)
			must(t, err)
			d.setDown(true)
			d.lose(t)
			second, err := other.Register(t.Context(), node("a", token), 5*time.Second)
			must(t, err)
			d.setDown(false)
			eventually(t, "the first tried", func() bool { d.mu.Lock(); defer d.mu.Unlock(); return len(d.leases) >= 3 })
			if first.Live() || !second.Live() {
				t.Errorf("%s: first live %v, second live %v", token, first.Live(), second.Live())
			}
			must(t, second.Close(t.Context()))
			eventually(t, "the first is back", first.Live)
			must(t, first.Close(t.Context()))
		}
	})
}
