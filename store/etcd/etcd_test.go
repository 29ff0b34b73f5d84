package etcd_test

import (
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/serverledge/serverledge/store"
	"github.com/serverledge/serverledge/store/etcd"
	"github.com/serverledge/serverledge/store/storetest"
)

// member starts an embedded member that ends with the test.
func member(t *testing.T, o etcd.EmbeddedOptions) *etcd.Embedded {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	e, err := etcd.StartEmbedded(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return e
}

// TestContract holds the driver in the process, and the one over a socket, to
// the contract.
func TestContract(t *testing.T) {
	t.Parallel()
	e := member(t, etcd.EmbeddedOptions{Listen: "127.0.0.1:0"})
	outside, err := etcd.Open(t.Context(), etcd.Options{Endpoints: " " + e.Address() + ",http://" + e.Address()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := outside.Close(); err != nil {
			t.Error(err)
		}
	})
	raw, err := clientv3.New(clientv3.Config{Endpoints: []string{e.Address()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	for name, d := range map[string]*etcd.Driver{"in process": e.Driver(), "over a socket": outside} {
		t.Run(name, func(t *testing.T) { //nolint:paralleltest // the suite compacts the store that both share
			var n atomic.Int32
			storetest.Run(t, func(*testing.T) (storetest.Subject, string) {
				return storetest.Subject{
					Driver: d,
					Compact: func(t *testing.T, rev int64) {
						t.Helper()
						if _, err := raw.Compact(t.Context(), rev); err != nil {
							t.Fatal(err)
						}
					},
					Revoke: func(t *testing.T, id store.LeaseID) {
						t.Helper()
						if _, err := raw.Revoke(t.Context(), clientv3.LeaseID(id)); err != nil {
							t.Fatal(err)
						}
					},
				}, fmt.Sprintf("/%s/%d/", name, n.Add(1))
			})
		})
	}
}
