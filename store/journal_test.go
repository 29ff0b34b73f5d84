//nolint:thelper // what runs on each driver is a test and reports in its own lines
package store_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store"
	"github.com/serverledge/serverledge/store/memory"
)

var _ engine.Journal = (*store.Store)(nil)

// wantJournal loads an execution and compares it.
func wantJournal(t *testing.T, s *store.Store, id, header, summary string, want []dag.Entry) {
	t.Helper()
	h, got, sum, err := s.Load(t.Context(), id)
	if err != nil {
		t.Errorf("loading: %v", err)
		return
	}
	if string(h) != header || string(sum) != summary || (summary == "") != (sum == nil) {
		t.Errorf("header %.60q, summary %.60q", h, sum)
	}
	if describe(got) != describe(want) {
		t.Errorf("got %d entries\n%.2000s\nwant %d\n%.2000s", len(got), describe(got), len(want), describe(want))
	}
}

func TestJournal(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d store.Driver) {
		s, ctx := open(t, d), t.Context()
		x := id("0a", 100)
		must(t, s.Begin(ctx, x, "node-1", []byte("head"), entries(1, 1)...))
		wantKind(t, s.Begin(ctx, x, "node-1", []byte("head"), entries(1, 1)...), fault.Exists)
		must(t, s.Append(ctx, x, 1, entries(2, 2)...))
		must(t, s.Append(ctx, x, 3))
		wantJournal(t, s, x, "head", "", entries(1, 3))
		for _, after := range []uint64{0, 1, 2, 4, 9} {
			wantCode(t, s.Append(ctx, x, after, entries(after+1, 1)...), "journal_conflict")
			wantCode(t, s.Finish(ctx, x, after, []byte("no"), entries(after+1, 1)...), "journal_conflict")
		}
		wantKind(t, s.Append(ctx, x, 3, entries(5, 1)...), fault.Internal)
		if ids, err := s.Unfinished(ctx, "node-1"); err != nil || fmt.Sprint(ids) != "["+x+"]" {
			t.Errorf("unfinished: %v, %v", ids, err)
		}
		if ids, err := s.Unfinished(ctx, "node"); err != nil || len(ids) != 0 {
			t.Errorf("unfinished of another node: %v, %v", ids, err)
		}
		must(t, s.Finish(ctx, x, 3, []byte("sum"), entries(4, 1)...))
		wantJournal(t, s, x, "head", "sum", entries(1, 4))
		wantCode(t, s.Append(ctx, x, 4, entries(5, 1)...), "execution_finished")
		wantCode(t, s.Finish(ctx, x, 4, []byte("sum")), "execution_finished")
		wantKind(t, s.Begin(ctx, x, "node-1", []byte("head")), fault.Exists)
		if ids, err := s.Unfinished(ctx, "node-1"); err != nil || len(ids) != 0 {
			t.Errorf("unfinished: %v, %v", ids, err)
		}
		for _, none := range []string{id("0a", 101), "", "x", "../../../../../../../../../x", strings.ToUpper(x)} {
			_, _, _, err := s.Load(ctx, none)
			wantKind(t, err, fault.NotFound)
			wantKind(t, s.Append(ctx, none, 0, entries(1, 1)...), fault.NotFound)
			wantKind(t, s.Finish(ctx, none, 0, nil), fault.NotFound)
		}
		wantKind(t, s.Begin(ctx, "zz", "n", nil), fault.Invalid)
		// Empty documents are documents.
		y := id("0b", 100)
		must(t, s.Begin(ctx, y, "n", nil))
		must(t, s.Finish(ctx, y, 0, nil))
		if h, _, sum, err := s.Load(ctx, y); err != nil || h == nil || sum == nil {
			t.Errorf("empty documents: %v, %v, %v", h, sum, err)
		}
	})
}

// TestLargeBatches writes more than one transaction takes, in number and size.
func TestLargeBatches(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d store.Driver) {
		s, ctx := open(t, d), t.Context()
		many := entries(1, 700)
		x := id("00", 1)
		must(t, s.Begin(ctx, x, "n", []byte("h"), many[:300]...))
		must(t, s.Append(ctx, x, 300, many[300:428]...))
		must(t, s.Append(ctx, x, 428, many[428:557]...))
		must(t, s.Finish(ctx, x, 557, []byte("s"), many[557:]...))
		wantJournal(t, s, x, "h", "s", many)

		// The largest header, entries and summary that there may be.
		room := store.MaxValue - len(describe([]dag.Entry{entry(1, "")})) + len(" <nil>\n")
		big := func(seq uint64) dag.Entry { return entry(seq, strings.Repeat("e", room-200)) }
		limit := strings.Repeat("v", store.MaxValue)
		y := id("ff", 1)
		must(t, s.Begin(ctx, y, "n", []byte(limit), big(1), big(2)))
		must(t, s.Finish(ctx, y, 2, []byte(limit), big(3)))
		wantJournal(t, s, y, limit, limit, []dag.Entry{big(1), big(2), big(3)})
	})
}

// TestTooLarge checks that one value over the limit leaves nothing behind.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	d := memory.New()
	s, ctx := open(t, d), t.Context()
	over := []byte(strings.Repeat("v", store.MaxValue+1))
	x := id("00", 1)
	wantKind(t, s.Begin(ctx, x, "n", over, entries(1, 1)...), fault.TooLarge)
	wantKind(t, s.Begin(ctx, x, "n", nil, entry(1, "small"), entry(2, string(over))), fault.TooLarge)
	if left := keys(t, d, "/"); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
	must(t, s.Begin(ctx, x, "n", nil, entries(1, 1)...))
	wantKind(t, s.Append(ctx, x, 1, entry(2, "small"), entry(3, string(over))), fault.TooLarge)
	wantKind(t, s.Finish(ctx, x, 1, over, entry(2, "small")), fault.TooLarge)
	wantJournal(t, s, x, "", "", entries(1, 1))
	wantKind(t, s.CreateWorkflow(ctx, &store.Workflow{Name: "w", Definition: string(over)}), fault.TooLarge)
}

// TestOneAppender has many append after the same entry.
func TestOneAppender(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d store.Driver) {
		s := open(t, d)
		x := id("00", 1)
		must(t, s.Begin(t.Context(), x, "n", nil, entries(1, 1)...))
		var won atomic.Int32
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				var err error
				if i%2 == 0 {
					err = s.Append(t.Context(), x, 1, entry(2, fmt.Sprint(i)), entry(3, fmt.Sprint(i)))
				} else {
					err = s.Finish(t.Context(), x, 1, fmt.Append(nil, i), entry(2, fmt.Sprint(i)))
				}
				if err == nil {
					won.Add(1)
				} else {
					wantKind(t, err, fault.Conflict)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("%d came through", won.Load())
		}
	})
}

// TestJournalFaults has the driver fail before and after it applied each of
// the transactions of a journal's life: what is written is always what it
// would have been without faults.
func TestJournalFaults(t *testing.T) {
	t.Parallel()
	many := entries(1, 400)
	life := func(t *testing.T, s *store.Store, x string, plan func()) {
		t.Helper()
		for _, step := range []func() error{
			func() error { return s.Begin(t.Context(), x, "n", []byte("h"), many[:200]...) },
			func() error { return s.Append(t.Context(), x, 200, many[200:201]...) },
			func() error { return s.Finish(t.Context(), x, 201, []byte("s"), many[201:]...) },
		} {
			plan()
			must(t, step())
		}
		wantJournal(t, s, x, "h", "s", many)
	}
	for _, script := range []string{"", "a", "u", "b", "ua", "uua", "ba", ".a", ".u", ".b", "aa", "ab", "a.a", "uuuu", "bubu"} {
		t.Run("script "+script, func(t *testing.T) {
			t.Parallel()
			d := &flaky{Driver: memory.New()}
			life(t, open(t, d), id("00", 1), func() { d.plan(script) })
			if left := keys(t, d, "/sl/v1/o/"); len(left) != 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

// TestForeignEntry has another owner write while this one does not know what
// became of its own entry: it must not take the other's for its own.
func TestForeignEntry(t *testing.T) {
	t.Parallel()
	d := &flaky{Driver: memory.New()}
	s, other := open(t, d), open(t, d.Driver)
	x := id("00", 1)
	must(t, s.Begin(t.Context(), x, "n", nil, entries(1, 1)...))
	must(t, other.Append(t.Context(), x, 1, entry(2, "theirs")))
	d.plan("u")
	wantKind(t, s.Append(t.Context(), x, 1, entry(2, "mine")), fault.Conflict)
	wantJournal(t, s, x, "", "", []dag.Entry{entry(1, "x"), entry(2, "theirs")})
	d.plan("uuuuu")
	wantKind(t, s.Append(t.Context(), x, 2, entry(3, "mine")), fault.Unknown)
}

// TestBrokenJournal damages one execution; the other goes on.
func TestBrokenJournal(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d store.Driver) {
		s, ctx := open(t, d), t.Context()
		x, y, z, good := id("00", 1), id("00", 2), id("00", 3), id("00", 4)
		for _, i := range []string{x, y, z, good} {
			must(t, s.Begin(ctx, i, "n", []byte("h"), entries(1, 3)...))
		}
		put(t, d, "/sl/v1/x/00/"+x+"/j/0000000000000002", "{")
		put(t, d, "/sl/v1/x/00/"+y+"/j/0000000000000002", `{"seq":7}`)
		_, _, err := d.Txn(ctx, nil, []store.Op{store.Delete("/sl/v1/x/00/" + z + "/j/0000000000000002")})
		must(t, err)
		for i, code := range map[string]string{x: "corrupt_record", y: "corrupt_record", z: "record_lost"} {
			_, _, _, err := s.Load(ctx, i)
			wantCode(t, err, code)
		}
		wantJournal(t, s, good, "h", "", entries(1, 3))
		if list, err := s.Recent(ctx, "", 10); err != nil || len(list) != 4 {
			t.Errorf("recent: %v, %v", list, err)
		}
	})
}

func TestRecent(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d store.Driver) {
		s, ctx := open(t, d), t.Context()
		var want []string
		for i := range int64(30) {
			x := id(fmt.Sprintf("%02x", (i*37)%256), 1000+i)
			must(t, s.Begin(ctx, x, "n", []byte(x), entries(1, 1)...))
			if i%2 == 0 {
				must(t, s.Finish(ctx, x, 1, []byte("done")))
			}
			want = append([]string{x}, want...)
		}
		var got []string
		before := ""
		for {
			page, err := s.Recent(ctx, before, 7)
			must(t, err)
			for _, x := range page {
				got, before = append(got, x.ID), x.ID
				finished := (len(want)-len(got))%2 == 0
				if string(x.Header) != x.ID || (x.Summary != nil) != finished {
					t.Errorf("%s: header %s, summary %q", x.ID, x.Header, x.Summary)
				}
			}
			if len(page) < 7 {
				break
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %q, want %q", got, want)
		}
		_, err := s.Recent(ctx, "nonsense", 7)
		wantKind(t, err, fault.Invalid)
	})
}

// TestSweep keeps what is young or unfinished, and removes the rest without a
// trace.
func TestSweep(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d store.Driver) {
		s, ctx := open(t, d), t.Context()
		old, long, unfinished, young, unbegun := id("00", 10), id("7f", 20), id("00", 30), id("00", 100), id("ff", 40)
		for _, x := range []string{old, unfinished, young} {
			_, err := s.ClaimName(ctx, "", "wf", "run-"+x, x, "hash")
			must(t, err)
			must(t, s.Begin(ctx, x, "n", []byte("h"), entries(1, 2)...))
		}
		must(t, s.Begin(ctx, long, "n", []byte("h"), entries(1, 1500)...))
		_, err := s.ClaimName(ctx, "", "wf", "never", unbegun, "hash")
		must(t, err)
		put(t, d, "/sl/v1/x/ff/"+id("ff", 41)+"/j/0000000000000001", "left by a crash")
		must(t, s.Finish(ctx, old, 2, []byte("s")))
		must(t, s.Finish(ctx, long, 1500, []byte("s")))
		must(t, s.Finish(ctx, young, 2, []byte("s")))
		n, err := s.Sweep(ctx, time.Unix(100, 0))
		if err != nil || n != 2 {
			t.Errorf("swept %d, %v", n, err)
		}
		for _, x := range []string{old, long} {
			_, _, _, err := s.Load(ctx, x)
			wantKind(t, err, fault.NotFound)
		}
		wantJournal(t, s, unfinished, "h", "", entries(1, 2))
		wantJournal(t, s, young, "h", "s", entries(1, 2))
		for _, key := range keys(t, d, "/sl/v1/") {
			if !strings.Contains(key, "run-"+unfinished) && !strings.Contains(key, "run-"+young) &&
				!strings.Contains(key, "/"+unfinished) && !strings.Contains(key, "/"+young) && !strings.HasPrefix(key, "/sl/v1/r/") {
				t.Errorf("left behind: %s", key)
			}
		}
		if left := keys(t, d, "/sl/v1/r/"); len(left) != 2 {
			t.Errorf("index: %q", left)
		}
		if got, err := s.ClaimName(ctx, "", "wf", "never", young, "other"); err != nil || got != young {
			t.Errorf("the name is free again: %s, %v", got, err)
		}
	})
}

func TestClaimName(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d store.Driver) {
		s, ctx := open(t, d), t.Context()
		var mu sync.Mutex
		got := map[string]int{}
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				owner, err := s.ClaimName(ctx, "", "wf", "nightly / <1>", id("00", int64(i)), "hash")
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				got[owner]++
			})
		}
		wg.Wait()
		if len(got) != 1 {
			t.Errorf("ids: %v", got)
		}
		_, err := s.ClaimName(ctx, "default", "WF", "nightly / <1>", id("00", 99), "another hash")
		wantCode(t, err, "name_taken")
		for _, elsewhere := range [][3]string{{"ns", "wf", "nightly / <1>"}, {"", "wf2", "nightly / <1>"}, {"", "wf", "nightly / <2>"}, {"", "wf", "nightly %2F <1>"}} {
			x := id("01", 1)
			if owner, err := s.ClaimName(ctx, elsewhere[0], elsewhere[1], elsewhere[2], x, "h"); err != nil || owner != x {
				t.Errorf("%q: %s, %v", elsewhere, owner, err)
			}
		}
		for _, bad := range []string{"", strings.Repeat("n", 257)} {
			_, err := s.ClaimName(ctx, "", "wf", bad, id("00", 1), "h")
			wantKind(t, err, fault.Invalid)
		}
		if _, err := s.ClaimName(ctx, "", "wf", strings.Repeat("n", 256), id("00", 1), "h"); err != nil {
			t.Error(err)
		}
	})
}
