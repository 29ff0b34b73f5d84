package dag

import (
	"bytes"
	"flag"
	"fmt"
	"runtime"
	"strconv"
	"testing"
)

var (
	simShape = flag.Uint64("shape", 0, "the one shape that TestSimulation plays, with -seed")
	simSeed  = flag.Uint64("seed", 0, "the one seed that TestSimulation plays, with -shape")
	simCount = flag.Int("worlds", 2000, "how many worlds TestSimulation plays")
)

// TestSimulation plays random graphs in random worlds. A failure prints the
// command that repeats it; FuzzStep keeps such seeds in testdata/fuzz.
func TestSimulation(t *testing.T) {
	t.Parallel()
	if *simShape != 0 || *simSeed != 0 {
		simulate(t, *simShape, *simSeed)
		return
	}
	n := *simCount
	if testing.Short() {
		n = min(n, 200)
	}
	parts := max(1, runtime.GOMAXPROCS(0))
	verdicts := make([][3]int, parts)
	t.Run("worlds", func(t *testing.T) {
		for part := range parts {
			t.Run(strconv.Itoa(part), func(t *testing.T) {
				t.Parallel()
				for i := part; i < n; i += parts {
					verdicts[part][simulate(t, uint64(i), uint64(i)*7919+1)]++
				}
			})
		}
	})
	var told, unsure int
	for _, v := range verdicts {
		told, unsure = told+v[checked], unsure+v[undecided]
	}
	t.Logf("%d worlds; the model told the outcome of %d and could not of %d", n, told, unsure)
	if told < n/4 && !t.Failed() {
		t.Errorf("the model told only %d outcomes of %d", told, n)
	}
}

// FuzzStep looks for worlds that break the kernel's promises.
func FuzzStep(f *testing.F) {
	for i := range uint64(8) {
		f.Add(i, i*31)
	}
	f.Fuzz(func(t *testing.T, shape, seed uint64) { simulate(t, shape, seed) })
}

type verdict int

const (
	checked   verdict = iota // the outcome agrees with the model
	undecided                // the model does not know
	wild                     // there is no model
)

func simulate(tb testing.TB, shape, seed uint64) verdict {
	tb.Helper()
	tb = repeatable{tb, shape, seed}
	p, calm := grow(shape)
	root, err := p.root()
	if err != nil {
		tb.Fatalf("the garden grew a wrong graph: %v", err)
	}
	w := newWorld(tb, root, seed, calm)
	if *simShape != 0 || *simSeed != 0 {
		defer func() { tb.Logf("%s%s", p.sketch(""), bytes.Join(w.journal, []byte("\n"))) }()
	}
	got := w.run()
	if !calm {
		return wild
	}
	if got.Status == Stopped {
		return undecided
	}
	var m model
	output, failure := m.level(p, w.x.info.Input, nil, nil)
	if m.unsure {
		return undecided
	}
	want := Outcome{Status: Completed, Output: output}
	if failure != nil {
		want = Outcome{Status: Broken, Failure: failure}
	}
	if got.Status != want.Status || !sameFailure(got.Failure, failure) || got.Output.String() != text(want.Output).String() && failure == nil {
		tb.Fatalf("got %s %s %s\nwant %s %s %s", got.Status, got.Output, failureText(got.Failure), want.Status, want.Output, failureText(failure))
	}
	return checked
}

func sameFailure(a, b *Failure) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Error == b.Error && a.Fatal == b.Fatal
}

// repeatable says how to repeat what fails.
type repeatable struct {
	testing.TB
	shape, seed uint64
}

func (r repeatable) Fatal(args ...any) { r.Fatalf("%s", fmt.Sprint(args...)) }

func (r repeatable) Fatalf(format string, args ...any) {
	r.Helper()
	r.TB.Fatalf("repeat it with: go test ./dag -run TestSimulation -shape %d -seed %d\n%s", r.shape, r.seed, fmt.Sprintf(format, args...))
}
