// Package storetest is the contract of store.Driver as a test suite: every
// driver passes it, so that the typed layer need not know which one it has.
//
//nolint:thelper // a clause is a test and reports in its own lines
package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store"
)

// Subject is a driver under test, empty, with what the suite does to it behind
// its back.
type Subject struct {
	Driver store.Driver
	// Compact forgets the history up to a revision.
	Compact func(t *testing.T, rev int64)
	// Revoke ends a lease as its expiry would.
	Revoke func(t *testing.T, lease store.LeaseID)
}

// Run checks a driver. fresh returns a subject and a prefix whose keys are the
// test's alone; subjects may share one store.
func Run(t *testing.T, fresh func(t *testing.T) (s Subject, prefix string)) {
	t.Helper()
	t.Run("together", func(t *testing.T) {
		for name, test := range map[string]func(*testing.T, Subject, string){
			"range":             testRange,
			"conditions":        testConditions,
			"operations":        testOperations,
			"revisions":         testRevisions,
			"limits":            testLimits,
			"malformed":         testMalformed,
			"one winner":        testOneWinner,
			"watch":             testWatch,
			"watch from before": testWatchFromBefore,
			"watch ends":        testWatchEnds,
			"lease":             testLease,
			"lease lost":        testLeaseLost,
			"lease moved":       testLeaseMoved,
			"context":           testContext,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s, prefix := fresh(t)
				test(t, s, prefix)
			})
		}
	})
	// Not parallel: it forgets the history of the others too.
	t.Run("watch compacted", func(t *testing.T) {
		s, prefix := fresh(t)
		testWatchCompacted(t, s, prefix)
	})
}

// commit applies a transaction that must succeed and returns its revision.
func commit(t *testing.T, d store.Driver, conds []store.Cond, ops ...store.Op) int64 {
	t.Helper()
	ok, rev, err := d.Txn(t.Context(), conds, ops)
	if err != nil || !ok {
		t.Fatalf("txn: committed %v, err %v", ok, err)
	}
	return rev
}

// list returns "key=value" of all keys of a query.
func list(t *testing.T, d store.Driver, q store.Query) []string {
	t.Helper()
	page, err := d.Range(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, kv := range page.KVs {
		out = append(out, fmt.Sprintf("%s=%s", kv.Key, kv.Value))
	}
	return out
}

func wantList(t *testing.T, d store.Driver, q store.Query, want ...string) {
	t.Helper()
	if got := list(t, d, q); !slices.Equal(got, want) {
		t.Errorf("range %+v: got %q, want %q", q, got, want)
	}
}

func wantKind(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("got error %v, want %v", err, kind)
	}
}

func testRange(t *testing.T, s Subject, p string) {
	commit(t, s.Driver, nil, store.Put(p+"b/2", []byte("y")), store.Put(p+"a", []byte("v")), store.Put(p+"b/1", []byte("x")), store.Put(p+"bb", []byte("w")))
	wantList(t, s.Driver, store.Query{Prefix: p}, p+"a=v", p+"b/1=x", p+"b/2=y", p+"bb=w")
	wantList(t, s.Driver, store.Query{Prefix: p + "b/"}, p+"b/1=x", p+"b/2=y")
	wantList(t, s.Driver, store.Query{Prefix: p, From: p + "b/2"}, p+"b/2=y", p+"bb=w")
	wantList(t, s.Driver, store.Query{Prefix: p, Limit: 2}, p+"a=v", p+"b/1=x")
	wantList(t, s.Driver, store.Query{Prefix: p, KeysOnly: true, Limit: 1}, p+"a=")
	wantList(t, s.Driver, store.Query{Key: p + "b"})
	wantList(t, s.Driver, store.Query{Key: p + "bb"}, p+"bb=w")
	for limit, more := range map[int]bool{3: true, 4: false, 5: false, 0: false} {
		page, err := s.Driver.Range(t.Context(), store.Query{Prefix: p, Limit: limit})
		if err != nil || page.More != more {
			t.Errorf("limit %d: more %v, err %v", limit, page.More, err)
		}
	}
}

func testConditions(t *testing.T, s Subject, p string) {
	key, none := p+"key", p+"none"
	first := commit(t, s.Driver, nil, store.Put(key, []byte("1")))
	second := commit(t, s.Driver, nil, store.Put(key, []byte("2")))
	for i, c := range []struct {
		cond store.Cond
		want bool
	}{
		{store.Absent(none), true},
		{store.Absent(key), false},
		{store.Present(key), true},
		{store.Present(none), false},
		{store.Modified(key, second), true},
		{store.Modified(key, first), false},
		{store.Modified(none, second), false},
		{store.HasValue(key, []byte("2")), true},
		{store.HasValue(key, []byte("1")), false},
		{store.HasValue(none, nil), false},
	} {
		mark := fmt.Sprintf("%smark%d", p, i)
		got, _, err := s.Driver.Txn(t.Context(), []store.Cond{store.Present(key), c.cond}, []store.Op{store.Put(mark, nil)})
		if err != nil || got != c.want {
			t.Errorf("%+v: committed %v, err %v", c.cond, got, err)
		}
		if there := len(list(t, s.Driver, store.Query{Key: mark})) == 1; there != c.want {
			t.Errorf("%+v: change is there: %v", c.cond, there)
		}
	}
}

func testOperations(t *testing.T, s Subject, p string) {
	commit(t, s.Driver, nil, store.Put(p+"fn/1", nil), store.Put(p+"fn/2", nil), store.Put(p+"fn2/1", nil), store.Put(p+"z", []byte("old")))
	commit(t, s.Driver, nil, store.DeletePrefix(p+"fn/"), store.Put(p+"z", []byte("new")), store.Delete(p+"absent"))
	wantList(t, s.Driver, store.Query{Prefix: p}, p+"fn2/1=", p+"z=new")
	commit(t, s.Driver, nil, store.Put(p+"r1", nil), store.Put(p+"r2", nil), store.Put(p+"r3", nil))
	commit(t, s.Driver, nil, store.DeleteRange(p+"r1", p+"r3"))
	wantList(t, s.Driver, store.Query{Prefix: p + "r"}, p+"r3=")
	commit(t, s.Driver, nil, store.Delete(p+"r3"))
	wantList(t, s.Driver, store.Query{Prefix: p + "r"})
}

func testRevisions(t *testing.T, s Subject, p string) {
	first := commit(t, s.Driver, nil, store.Put(p+"a", nil), store.Put(p+"b", nil))
	second := commit(t, s.Driver, nil, store.Put(p+"a", []byte("x")))
	if second <= first {
		t.Errorf("revisions %d and then %d", first, second)
	}
	page, err := s.Driver.Range(t.Context(), store.Query{Prefix: p})
	if err != nil || len(page.KVs) != 2 || page.Rev < second {
		t.Fatalf("got %+v, %v", page, err)
	}
	if a := page.KVs[0]; a.Created != first || a.Modified != second {
		t.Errorf("a: created %d, modified %d, want %d and %d", a.Created, a.Modified, first, second)
	}
	if b := page.KVs[1]; b.Created != first || b.Modified != first {
		t.Errorf("b: created %d, modified %d, want %d", b.Created, b.Modified, first)
	}
	commit(t, s.Driver, nil, store.Delete(p+"a"))
	again := commit(t, s.Driver, nil, store.Put(p+"a", nil))
	page, err = s.Driver.Range(t.Context(), store.Query{Key: p + "a"})
	if err != nil || page.KVs[0].Created != again {
		t.Errorf("created again: %+v, %v; want revision %d", page, err, again)
	}
}

func testLimits(t *testing.T, s Subject, p string) {
	ops := make([]store.Op, 0, store.MaxOps+1)
	conds := make([]store.Cond, 0, store.MaxOps+1)
	for i := range store.MaxOps {
		key := fmt.Sprintf("%s%04d", p, i)
		ops, conds = append(ops, store.Put(key, nil)), append(conds, store.Absent(key))
	}
	commit(t, s.Driver, conds, ops...)
	_, _, err := s.Driver.Txn(t.Context(), nil, append(ops, store.Put(p+"more", nil)))
	wantKind(t, err, fault.Invalid)
	_, _, err = s.Driver.Txn(t.Context(), append(conds, store.Absent(p+"more")), nil)
	wantKind(t, err, fault.Invalid)

	big := strings.Repeat("x", store.MaxTxn-len(p+"big"))
	commit(t, s.Driver, nil, store.Put(p+"big", []byte(big)))
	if got := list(t, s.Driver, store.Query{Key: p + "big"}); got[0] != p+"big="+big {
		t.Error("the largest value came back changed")
	}
	_, _, err = s.Driver.Txn(t.Context(), nil, []store.Op{store.Put(p+"big", []byte(big+"x"))})
	wantKind(t, err, fault.TooLarge)
}

func testMalformed(t *testing.T, s Subject, p string) {
	for name, ops := range map[string][]store.Op{
		"put twice":            {store.Put(p+"a", nil), store.Put(p+"a", nil)},
		"put and delete":       {store.Put(p+"a", nil), store.Delete(p + "a")},
		"put in a range":       {store.DeletePrefix(p), store.Put(p+"a", nil)},
		"put before its range": {store.Put(p+"a", nil), store.DeletePrefix(p)},
	} {
		if _, _, err := s.Driver.Txn(t.Context(), nil, ops); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	wantList(t, s.Driver, store.Query{Prefix: p})
}

func testOneWinner(t *testing.T, s Subject, p string) {
	var wins atomic.Int32
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			ok, _, err := s.Driver.Txn(t.Context(), []store.Cond{store.Absent(p + "k")}, []store.Op{store.Put(p+"k", []byte{byte(i)})})
			if err != nil {
				t.Error(err)
			}
			if ok {
				wins.Add(1)
			}
		})
	}
	wg.Wait()
	if wins.Load() != 1 {
		t.Errorf("%d won", wins.Load())
	}
}

// patience is how long the suite waits for what must come.
const patience = 20 * time.Second

// next reads events until there are n, or the watch ends.
func next(t *testing.T, changes <-chan store.Changes, n int) (events []string, rev int64, err error) {
	t.Helper()
	timeout := time.After(patience)
	for len(events) < n {
		select {
		case c, ok := <-changes:
			if !ok || c.Err != nil {
				return events, rev, c.Err
			}
			for _, e := range c.Events {
				text := e.Key + "=" + string(e.Value)
				if e.Deleted {
					text = e.Key + " deleted"
				}
				if e.Rev <= 0 || e.Rev > c.Rev {
					t.Errorf("%s: revision %d of %d", text, e.Rev, c.Rev)
				}
				events = append(events, text)
			}
			rev = c.Rev
		case <-timeout:
			t.Fatalf("no more events after %q", events)
		}
	}
	return events, rev, nil
}

func wantEvents(t *testing.T, changes <-chan store.Changes, want ...string) int64 {
	t.Helper()
	got, rev, err := next(t, changes, len(want))
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got events %q, %v; want %q", got, err, want)
	}
	return rev
}

func testWatch(t *testing.T, s Subject, p string) {
	rev := commit(t, s.Driver, nil, store.Put(p+"in/0", nil))
	changes := s.Driver.Watch(t.Context(), p+"in/", rev)
	commit(t, s.Driver, nil, store.Put(p+"in/1", []byte("x")), store.Put(p+"out", nil))
	commit(t, s.Driver, nil, store.Put(p+"in/1", []byte("y")), store.Delete(p+"in/0"))
	last := commit(t, s.Driver, nil, store.Delete(p+"in/1"))
	if got := wantEvents(t, changes, p+"in/1=x", p+"in/1=y", p+"in/0 deleted", p+"in/1 deleted"); got != last {
		t.Errorf("revision %d, want %d", got, last)
	}
}

func testWatchFromBefore(t *testing.T, s Subject, p string) {
	rev := commit(t, s.Driver, nil, store.Put(p+"0", nil))
	commit(t, s.Driver, nil, store.Put(p+"1", nil))
	commit(t, s.Driver, nil, store.Put(p+"2", nil))
	changes := s.Driver.Watch(t.Context(), p, rev)
	wantEvents(t, changes, p+"1=", p+"2=")
	commit(t, s.Driver, nil, store.Put(p+"3", nil))
	wantEvents(t, changes, p+"3=")
}

func testWatchCompacted(t *testing.T, s Subject, p string) {
	rev := commit(t, s.Driver, nil, store.Put(p+"0", nil))
	commit(t, s.Driver, nil, store.Put(p+"1", nil))
	last := commit(t, s.Driver, nil, store.Put(p+"2", nil))
	s.Compact(t, last)
	if events, _, err := next(t, s.Driver.Watch(t.Context(), p, rev), 1); !errors.Is(err, store.ErrCompacted) {
		t.Errorf("got %q, %v", events, err)
	}
	changes := s.Driver.Watch(t.Context(), p, last)
	commit(t, s.Driver, nil, store.Put(p+"3", nil))
	wantEvents(t, changes, p+"3=")
}

func testWatchEnds(t *testing.T, s Subject, p string) {
	ctx, cancel := context.WithCancel(t.Context())
	changes := s.Driver.Watch(ctx, p, 0)
	cancel()
	timeout := time.After(patience)
	for {
		select {
		case _, ok := <-changes:
			if !ok {
				return
			}
		case <-timeout:
			t.Fatal("the watch goes on")
		}
	}
}

func testLease(t *testing.T, s Subject, p string) {
	l, err := s.Driver.Lease(t.Context(), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	rev := commit(t, s.Driver, nil, store.PutLeased(p+"1", []byte("x"), l.ID()), store.PutLeased(p+"2", nil, l.ID()), store.Put(p+"3", nil))
	changes := s.Driver.Watch(t.Context(), p+"1", rev)
	select {
	case <-l.Done():
		t.Fatal("lost already")
	default:
	}
	for range 2 { // idempotent
		if err := l.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	ended(t, l)
	wantEvents(t, changes, p+"1 deleted")
	wantList(t, s.Driver, store.Query{Prefix: p}, p+"3=")
	if _, _, err := s.Driver.Txn(t.Context(), nil, []store.Op{store.PutLeased(p+"4", nil, l.ID())}); !errors.Is(err, fault.NotFound) {
		t.Errorf("a key on a lease that is gone: %v", err)
	}
}

func testLeaseLost(t *testing.T, s Subject, p string) {
	l, err := s.Driver.Lease(t.Context(), 2*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	commit(t, s.Driver, nil, store.PutLeased(p+"1", nil, l.ID()))
	s.Revoke(t, l.ID())
	ended(t, l)
	wantList(t, s.Driver, store.Query{Prefix: p})
	if err := l.Close(t.Context()); err != nil {
		t.Errorf("closing a lost lease: %v", err)
	}
}

// testLeaseMoved checks that a key belongs to the lease it was last put with.
func testLeaseMoved(t *testing.T, s Subject, p string) {
	first, err := s.Driver.Lease(t.Context(), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Driver.Lease(t.Context(), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	commit(t, s.Driver, nil, store.PutLeased(p+"moved", nil, first.ID()), store.PutLeased(p+"kept", nil, first.ID()))
	commit(t, s.Driver, nil, store.PutLeased(p+"moved", nil, second.ID()), store.Put(p+"kept", nil))
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantList(t, s.Driver, store.Query{Prefix: p}, p+"kept=", p+"moved=")
	if err := second.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantList(t, s.Driver, store.Query{Prefix: p}, p+"kept=")
}

func ended(t *testing.T, l store.Lease) {
	t.Helper()
	select {
	case <-l.Done():
	case <-time.After(patience):
		t.Fatal("the lease is not done")
	}
}

func testContext(t *testing.T, s Subject, p string) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Driver.Range(ctx, store.Query{Prefix: p})
	wantKind(t, err, fault.Unavailable)
	_, err = s.Driver.Lease(ctx, time.Second)
	wantKind(t, err, fault.Unavailable)
	if _, _, err := s.Driver.Txn(ctx, nil, []store.Op{store.Put(p+"x", nil)}); !errors.Is(err, fault.Unavailable) && !errors.Is(err, fault.Unknown) {
		t.Errorf("txn: %v", err)
	}
}
