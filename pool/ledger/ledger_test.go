package ledger_test

import (
	"slices"
	"testing"
	"time"

	"github.com/serverledge/serverledge/pool/ledger"
)

// TestWorlds plays thousands of random worlds; see world.
func TestWorlds(t *testing.T) {
	t.Parallel()
	const seeds = 1500
	lent, refused := 0, map[ledger.Reason]int{}
	for seed := range uint64(seeds) {
		w := newWorld(t, seed)
		w.play()
		lent += w.lent
		for reason, n := range w.refused {
			refused[reason] += n
		}
	}
	// The worlds must be worth living in: everything happens, and often.
	if lent < seeds*10 {
		t.Errorf("only %d loans", lent)
	}
	for _, reason := range []ledger.Reason{
		ledger.NoCapacity, ledger.TooBig, ledger.DeadlinePassed, ledger.BootFailed, ledger.NotCurrent, ledger.Draining,
	} {
		if refused[reason] < seeds/100 {
			t.Errorf("refused as %q only %d times", reason, refused[reason])
		}
	}
	t.Logf("%d loans, refused: %v", lent, refused)
}

// FuzzWorld lets the fuzzer look for worlds.
func FuzzWorld(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { newWorld(t, seed).play() })
}

// table plays single situations: the specs take 100 MB, and the clock moves by
// a second a step.
type table struct {
	t      *testing.T
	ledger *ledger.Ledger
	now    time.Time
}

func newTable(t *testing.T, config ledger.Config) *table {
	t.Helper()
	return &table{t: t, ledger: ledger.New(config), now: time.Unix(1e9, 0)}
}

func version(id string) ledger.Spec {
	return ledger.Spec{ID: id, Name: id[:1], MemoryMB: 100, Concurrency: 1}
}

// step gives an event and compares the actions.
func (b *table) step(event ledger.Event, want ...ledger.Action) {
	b.t.Helper()
	b.now = b.now.Add(time.Second)
	if got := b.ledger.Step(b.now, event); !slices.Equal(got, want) {
		b.t.Fatalf("%T%+v\n gave %+v\nnot %+v", event, event, got, want)
	}
}

func TestWarmBeforeCold(t *testing.T) {
	t.Parallel()
	b := newTable(t, ledger.Config{MemoryMB: 200})
	f := version("f1")
	b.step(ledger.Wanted{Ticket: 1, Spec: f}, ledger.Start{Instance: 1, Spec: f})
	b.step(ledger.Started{Instance: 1}, ledger.Lend{Ticket: 1, Instance: 1, Cold: true})
	b.step(ledger.Wanted{Ticket: 2, Spec: f}, ledger.Start{Instance: 2, Spec: f})
	// Whoever is first takes what is free: 2 does not wait for its boot.
	b.step(ledger.Released{Ticket: 1, Healthy: true}, ledger.Lend{Ticket: 2, Instance: 1})
	b.step(ledger.Started{Instance: 2})
	b.step(ledger.Wanted{Ticket: 3, Spec: f}, ledger.Lend{Ticket: 3, Instance: 2})
}

func TestMostRecentlyUsedFirst(t *testing.T) {
	t.Parallel()
	b := newTable(t, ledger.Config{MemoryMB: 200})
	f := version("f1")
	b.step(ledger.Wanted{Ticket: 1, Spec: f}, ledger.Start{Instance: 1, Spec: f})
	b.step(ledger.Wanted{Ticket: 2, Spec: f}, ledger.Start{Instance: 2, Spec: f})
	b.step(ledger.Started{Instance: 1}, ledger.Lend{Ticket: 1, Instance: 1, Cold: true})
	b.step(ledger.Started{Instance: 2}, ledger.Lend{Ticket: 2, Instance: 2, Cold: true})
	b.step(ledger.Released{Ticket: 2, Healthy: true})
	b.step(ledger.Released{Ticket: 1, Healthy: true})
	b.step(ledger.Wanted{Ticket: 3, Spec: f}, ledger.Lend{Ticket: 3, Instance: 1})
}

func TestEvictionBooksUntilRemoved(t *testing.T) {
	t.Parallel()
	b := newTable(t, ledger.Config{MemoryMB: 100})
	f, g := version("f1"), version("g1")
	b.step(ledger.Wanted{Ticket: 1, Spec: f}, ledger.Start{Instance: 1, Spec: f})
	b.step(ledger.Started{Instance: 1}, ledger.Lend{Ticket: 1, Instance: 1, Cold: true})
	b.step(ledger.Wanted{Ticket: 2, Spec: g}, ledger.Refuse{Ticket: 2, Reason: ledger.NoCapacity, RetryAfter: time.Second})
	b.step(ledger.Released{Ticket: 1, Healthy: true})
	if fit := b.ledger.Fit(g); fit != ledger.FitEvicting {
		t.Errorf("Fit = %d, want FitEvicting", fit)
	}
	b.step(ledger.Wanted{Ticket: 3, Spec: g}, ledger.Stop{Instance: 1})
	if s := b.ledger.Status(); s.UsedMemoryMB != 100 || s.Stopping != 1 || s.Waiting != 1 {
		t.Errorf("while it is removed: %+v", s)
	}
	b.step(ledger.Stopped{Instance: 1}, ledger.Start{Instance: 2, Spec: g})
	b.step(ledger.Started{Instance: 2}, ledger.Lend{Ticket: 3, Instance: 2, Cold: true})
}

func TestQueueOrder(t *testing.T) {
	t.Parallel()
	b := newTable(t, ledger.Config{MemoryMB: 100, QueueCapacity: 3})
	f := version("f1")
	at := func(s int) time.Time { return b.now.Add(time.Duration(s) * time.Second) }
	b.step(ledger.Wanted{Ticket: 1, Spec: f}, ledger.Start{Instance: 1, Spec: f})
	b.step(ledger.Started{Instance: 1}, ledger.Lend{Ticket: 1, Instance: 1, Cold: true})
	b.step(ledger.Wanted{Ticket: 2, Spec: f, Deadline: at(60)})
	b.step(ledger.Wanted{Ticket: 3, Spec: f, Deadline: at(20)})
	b.step(ledger.Wanted{Ticket: 4, Spec: f, Class: 1})
	// The queue is full: the last in order goes, whoever came last.
	b.step(ledger.Wanted{Ticket: 5, Spec: f, Deadline: at(30)}, ledger.Refuse{Ticket: 2, Reason: ledger.NoCapacity, RetryAfter: time.Second})
	b.step(ledger.Released{Ticket: 1, Healthy: true}, ledger.Lend{Ticket: 4, Instance: 1})
	b.step(ledger.Released{Ticket: 4, Healthy: true}, ledger.Lend{Ticket: 3, Instance: 1})
	b.now = b.now.Add(time.Minute)
	b.step(ledger.Tick{}, ledger.Refuse{Ticket: 5, Reason: ledger.DeadlinePassed})
}

func TestBigCallerIsNotStarved(t *testing.T) {
	t.Parallel()
	b := newTable(t, ledger.Config{MemoryMB: 200, QueueCapacity: 5})
	f, g, big := version("f1"), version("g1"), version("b1")
	big.MemoryMB = 200
	b.step(ledger.Wanted{Ticket: 1, Spec: f}, ledger.Start{Instance: 1, Spec: f})
	b.step(ledger.Wanted{Ticket: 2, Spec: g}, ledger.Start{Instance: 2, Spec: g})
	b.step(ledger.Started{Instance: 1}, ledger.Lend{Ticket: 1, Instance: 1, Cold: true})
	b.step(ledger.Started{Instance: 2}, ledger.Lend{Ticket: 2, Instance: 2, Cold: true})
	b.step(ledger.Wanted{Ticket: 3, Spec: big})
	b.step(ledger.Released{Ticket: 1, Healthy: true}, ledger.Stop{Instance: 1})
	b.step(ledger.Stopped{Instance: 1})
	b.step(ledger.Wanted{Ticket: 4, Spec: f}) // does not take the room
	b.step(ledger.Released{Ticket: 2, Healthy: true}, ledger.Stop{Instance: 2})
	b.step(ledger.Stopped{Instance: 2}, ledger.Start{Instance: 3, Spec: big})
}

func TestCPUShortLosesNothing(t *testing.T) {
	t.Parallel()
	// Row 27 of the prototype's faults: calls on prewarmed instances, and too
	// little CPU for all of them.
	b := newTable(t, ledger.Config{MemoryMB: 800, CPUs: 2})
	f := version("f1")
	f.CPU = 1
	for n := range ledger.Ticket(8) {
		i := ledger.Instance(n + 1)
		b.step(ledger.Prewarm{Ticket: 100 + n, Spec: f}, ledger.Start{Instance: i, Spec: f})
		b.step(ledger.Started{Instance: i}, ledger.Warmed{Ticket: 100 + n, Instance: i})
	}
	b.step(ledger.Wanted{Ticket: 1, Spec: f}, ledger.Lend{Ticket: 1, Instance: 8})
	b.step(ledger.Wanted{Ticket: 2, Spec: f}, ledger.Lend{Ticket: 2, Instance: 7})
	for n := range ledger.Ticket(7) {
		b.step(ledger.Wanted{Ticket: 3 + n, Spec: f}, ledger.Refuse{Ticket: 3 + n, Reason: ledger.NoCapacity, RetryAfter: time.Second})
	}
	b.step(ledger.Released{Ticket: 1, Healthy: true})
	b.step(ledger.Released{Ticket: 2, Healthy: true})
	if s := b.ledger.Status(); s.Idle != 8 || s.IdleMemoryMB != 800 || s.UsedCPUs != 0 {
		t.Errorf("afterwards: %+v", s)
	}
}

func TestPrewarmedExpireLikeOthers(t *testing.T) {
	t.Parallel()
	b := newTable(t, ledger.Config{MemoryMB: 100, IdleTTL: 10 * time.Second})
	f := version("f1")
	b.step(ledger.Prewarm{Ticket: 1, Spec: f}, ledger.Start{Instance: 1, Spec: f})
	b.step(ledger.Prewarm{Ticket: 2, Spec: f}, ledger.Refuse{Ticket: 2, Reason: ledger.NoCapacity, RetryAfter: time.Second})
	b.step(ledger.Started{Instance: 1}, ledger.Warmed{Ticket: 1, Instance: 1})
	for range 9 {
		b.step(ledger.Tick{})
	}
	b.step(ledger.Tick{}, ledger.Stop{Instance: 1})
}

func TestFailedPrewarmGivesBackWhatItBooked(t *testing.T) {
	t.Parallel()
	b := newTable(t, ledger.Config{MemoryMB: 100})
	f := version("f1")
	b.step(ledger.Prewarm{Ticket: 1, Spec: f}, ledger.Start{Instance: 1, Spec: f})
	b.step(ledger.StartFailed{Instance: 1}, ledger.Refuse{Ticket: 1, Reason: ledger.BootFailed, Instance: 1})
	if s := b.ledger.Status(); s.UsedMemoryMB != 0 {
		t.Errorf("afterwards: %+v", s)
	}
}

func TestFailedBootTellsTheFirstCaller(t *testing.T) {
	t.Parallel()
	b := newTable(t, ledger.Config{MemoryMB: 100})
	f := version("f1")
	b.step(ledger.Wanted{Ticket: 1, Spec: f}, ledger.Start{Instance: 1, Spec: f})
	// Another try, and then the news.
	b.step(ledger.StartFailed{Instance: 1, Retry: true}, ledger.Start{Instance: 2, Spec: f})
	b.step(ledger.StartFailed{Instance: 2, Retry: true}, ledger.Refuse{Ticket: 1, Reason: ledger.BootFailed, Instance: 2})
}

func TestUnhealthyLeavesAfterItsOtherCalls(t *testing.T) {
	t.Parallel()
	b := newTable(t, ledger.Config{MemoryMB: 100, QueueCapacity: 1})
	f := version("f1")
	f.Concurrency = 2
	b.step(ledger.Wanted{Ticket: 1, Spec: f}, ledger.Start{Instance: 1, Spec: f})
	b.step(ledger.Wanted{Ticket: 2, Spec: f})
	b.step(ledger.Started{Instance: 1}, ledger.Lend{Ticket: 1, Instance: 1, Cold: true}, ledger.Lend{Ticket: 2, Instance: 1, Cold: true})
	b.step(ledger.Released{Ticket: 1, Healthy: false})
	b.step(ledger.Wanted{Ticket: 3, Spec: f})
	b.step(ledger.Released{Ticket: 2, Healthy: true}, ledger.Stop{Instance: 1})
	b.step(ledger.Stopped{Instance: 1}, ledger.Start{Instance: 2, Spec: f})
}

func TestRetiredVersions(t *testing.T) {
	t.Parallel()
	b := newTable(t, ledger.Config{MemoryMB: 300, QueueCapacity: 1})
	f, next := version("f1"), version("f2")
	for n := range ledger.Ticket(3) {
		b.step(ledger.Wanted{Ticket: n + 1, Spec: f}, ledger.Start{Instance: ledger.Instance(n + 1), Spec: f})
	}
	b.step(ledger.Started{Instance: 1}, ledger.Lend{Ticket: 1, Instance: 1, Cold: true})
	b.step(ledger.Started{Instance: 2}, ledger.Lend{Ticket: 2, Instance: 2, Cold: true})
	b.step(ledger.Released{Ticket: 1, Healthy: true}, ledger.Lend{Ticket: 3, Instance: 1})
	b.step(ledger.Released{Ticket: 2, Healthy: true})
	// 1 is busy, 2 is idle, 3 boots.
	b.step(ledger.Retired{Name: "f", Keep: "f2"}, ledger.Stop{Instance: 2})
	b.step(ledger.Released{Ticket: 3, Healthy: true}, ledger.Stop{Instance: 1})
	b.step(ledger.Started{Instance: 3}, ledger.Stop{Instance: 3})
	b.step(ledger.Stopped{Instance: 1})
	b.step(ledger.Wanted{Ticket: 4, Spec: next}, ledger.Start{Instance: 4, Spec: next})
}

func TestTooBig(t *testing.T) {
	t.Parallel()
	b := newTable(t, ledger.Config{MemoryMB: 100, CPUs: 1})
	f := version("f1")
	f.CPU = 1
	b.step(ledger.Wanted{Ticket: 1, Spec: f}, ledger.Start{Instance: 1, Spec: f})
	g := version("g1")
	g.MemoryMB = 101
	b.step(ledger.Wanted{Ticket: 2, Spec: g}, ledger.Refuse{Ticket: 2, Reason: ledger.TooBig})
	g.MemoryMB, g.CPU = 100, 1.000001
	b.step(ledger.Wanted{Ticket: 3, Spec: g}, ledger.Refuse{Ticket: 3, Reason: ledger.TooBig})
}

func TestUnknownChangesNothing(t *testing.T) {
	t.Parallel()
	b := newTable(t, ledger.Config{MemoryMB: 100})
	for _, e := range []ledger.Event{
		ledger.Withdrawn{Ticket: 9}, ledger.Started{Instance: 9}, ledger.StartFailed{Instance: 9}, ledger.Released{Ticket: 9},
		ledger.Died{Instance: 9}, ledger.Stopped{Instance: 9}, ledger.Retired{Name: "x"}, ledger.Tick{},
	} {
		b.step(e)
	}
	if s := b.ledger.Status(); s != (ledger.Status{MemoryMB: 100}) {
		t.Errorf("Status = %+v", s)
	}
}

func BenchmarkWarm(b *testing.B) {
	l := ledger.New(ledger.Config{MemoryMB: 100})
	now := time.Unix(1e9, 0)
	l.Step(now, ledger.Wanted{Ticket: 1, Spec: version("f1")})
	l.Step(now, ledger.Started{Instance: 1})
	l.Step(now, ledger.Released{Ticket: 1, Healthy: true})
	spec := version("f1")
	b.ReportAllocs()
	ticket := ledger.Ticket(1)
	for b.Loop() {
		ticket++
		l.Step(now, ledger.Wanted{Ticket: ticket, Spec: spec})
		l.Step(now, ledger.Released{Ticket: ticket, Healthy: true})
	}
}
