package store_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store"
	"github.com/serverledge/serverledge/store/etcd"
	"github.com/serverledge/serverledge/store/memory"
)

// onBoth runs a test of the typed layer over both drivers, each empty.
func onBoth(t *testing.T, test func(t *testing.T, d store.Driver)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		test(t, memory.New())
	})
	t.Run("etcd", func(t *testing.T) {
		t.Parallel()
		e, err := etcd.StartEmbedded(t.Context(), etcd.EmbeddedOptions{Dir: filepath.Join(t.TempDir(), "etcd"), Log: logger(t)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		})
		test(t, e.Driver())
	})
}

func logger(t *testing.T) *slog.Logger {
	t.Helper()
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}

// open makes a store that ends with the test.
func open(t *testing.T, d store.Driver) *store.Store {
	t.Helper()
	s := store.New(d, store.Options{Log: logger(t)})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, met func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !met(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not yet: %s", what)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("got error %v, want %v", err, kind)
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if err == nil || fault.From(err).Code != code {
		t.Errorf("got error %v, want one with the code %s", err, code)
	}
}

// put writes a raw key behind the store's back.
func put(t *testing.T, d store.Driver, key, value string) {
	t.Helper()
	if _, _, err := d.Txn(t.Context(), nil, []store.Op{store.Put(key, []byte(value))}); err != nil {
		t.Fatal(err)
	}
}

// keys lists all keys below a prefix.
func keys(t *testing.T, d store.Driver, prefix string) []string {
	t.Helper()
	page, err := d.Range(t.Context(), store.Query{Prefix: prefix, KeysOnly: true})
	must(t, err)
	out := []string{}
	for _, kv := range page.KVs {
		out = append(out, kv.Key)
	}
	return out
}

// id is an execution's id: of a shard, and made at a second.
func id(shard string, second int64) string {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	head := make([]byte, 10)
	for i, ms := 9, second*1000; i >= 0; i, ms = i-1, ms>>5 {
		head[i] = alphabet[ms&31]
	}
	return shard + string(head) + "0000000000000000"
}

// entries makes entries numbered from a first one.
func entries(first uint64, n int) []dag.Entry {
	out := make([]dag.Entry, n)
	for i := range out {
		out[i] = entry(first+uint64(i), "x")
	}
	return out
}

func entry(seq uint64, output string) dag.Entry {
	e := dag.Entry{Seq: seq, At: time.Unix(int64(seq), 0).UTC(), Event: dag.Succeeded{Activation: dag.ID(seq), Attempt: 1, Output: value.OfString(output)}}
	if seq == 1 {
		e.Event = dag.Started{Seed: 7, Input: value.OfString(output)}
	}
	return e
}

// describe makes entries comparable.
func describe(list []dag.Entry) string {
	var b strings.Builder
	for _, e := range list {
		text, err := e.MarshalJSON()
		fmt.Fprintf(&b, "%s %v\n", text, err)
	}
	return b.String()
}

// flaky is a driver whose transactions fail as it is told: the first letters
// of script say what becomes of the next ones. "b" fails before it was
// applied and says so, "u" too but does not know, "a" fails after it was
// applied, "." works. Down fails everything.
type flaky struct {
	store.Driver

	mu     sync.Mutex
	script string
	down   bool
	txns   int
	leases []store.Lease
	// stop ends watches when the driver goes down.
	stop []context.CancelFunc
}

var errPlanned = errors.New("planned by the test")

func (f *flaky) plan(script string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.script, f.txns = script, 0
}

func (f *flaky) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.txns
}

func (f *flaky) setDown(down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
	if down {
		for _, stop := range f.stop {
			stop()
		}
		f.stop = nil
	}
}

func (f *flaky) isDown() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return fault.New(fault.Unavailable, "store_unavailable", "down: %w", errPlanned)
	}
	return nil
}

func (f *flaky) Txn(ctx context.Context, conds []store.Cond, ops []store.Op) (bool, int64, error) {
	if err := f.isDown(); err != nil {
		return false, 0, err
	}
	f.mu.Lock()
	step := byte('.')
	if f.script != "" {
		step, f.script = f.script[0], f.script[1:]
	}
	f.txns++
	f.mu.Unlock()
	switch step {
	case 'b':
		return false, 0, fault.New(fault.Unavailable, "store_unavailable", "before: %w", errPlanned)
	case 'u':
		return false, 0, fault.New(fault.Unknown, "store_outcome_unknown", "not applied: %w", errPlanned)
	case 'a':
		if _, _, err := f.Driver.Txn(ctx, conds, ops); err != nil {
			return false, 0, err
		}
		return false, 0, fault.New(fault.Unknown, "store_outcome_unknown", "applied: %w", errPlanned)
	}
	return f.Driver.Txn(ctx, conds, ops)
}

func (f *flaky) Range(ctx context.Context, q store.Query) (store.Page, error) {
	if err := f.isDown(); err != nil {
		return store.Page{}, err
	}
	return f.Driver.Range(ctx, q)
}

func (f *flaky) Watch(ctx context.Context, prefix string, after int64) <-chan store.Changes {
	f.mu.Lock()
	ctx, cancel := context.WithCancel(ctx)
	f.stop = append(f.stop, cancel)
	f.mu.Unlock()
	return f.Driver.Watch(ctx, prefix, after)
}

func (f *flaky) Lease(ctx context.Context, ttl time.Duration) (store.Lease, error) {
	if err := f.isDown(); err != nil {
		return nil, err
	}
	l, err := f.Driver.Lease(ctx, ttl)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.leases = append(f.leases, l)
	return l, err
}

// lose ends the newest lease behind its holder's back.
func (f *flaky) lose(t *testing.T) {
	t.Helper()
	f.mu.Lock()
	l := f.leases[len(f.leases)-1]
	f.mu.Unlock()
	must(t, l.Close(t.Context()))
}
