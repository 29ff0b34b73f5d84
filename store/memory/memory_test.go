package memory_test

import (
	"errors"
	"testing"

	"github.com/serverledge/serverledge/store"
	"github.com/serverledge/serverledge/store/memory"
	"github.com/serverledge/serverledge/store/storetest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) (storetest.Subject, string) {
		d := memory.New()
		return storetest.Subject{
			Driver:  d,
			Compact: func(_ *testing.T, rev int64) { d.Compact(rev) },
			Revoke:  func(_ *testing.T, id store.LeaseID) { d.Revoke(id) },
		}, "/t/"
	})
}

// TestForgetting makes more history than the driver keeps: a watch that begins
// before it is told so.
func TestForgetting(t *testing.T) {
	t.Parallel()
	d := memory.New()
	for range 25_000 {
		if _, _, err := d.Txn(t.Context(), nil, []store.Op{store.Put("k", nil)}); err != nil {
			t.Fatal(err)
		}
	}
	if c := <-d.Watch(t.Context(), "", 1); !errors.Is(c.Err, store.ErrCompacted) {
		t.Errorf("got %d events and %v", len(c.Events), c.Err)
	}
}
