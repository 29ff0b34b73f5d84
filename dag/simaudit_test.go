package dag

import (
	"math"
	"slices"
	"time"
)

// audit looks at the transitions of the live execution: what it retries,
// catches and times out must agree with the graph, in the audit's own reading.
type audit struct {
	w      *world
	told   int
	number int // of the latest event
	states map[string]*State
	failed map[ID]*Failure // the last failure of an attempt, by activation
	used   map[ID][]int    // retries, by activation and Retry
	due    map[ID]time.Time
	exited map[ID]bool
	begun  map[ID]time.Time // when a state was entered
	beats  map[ID]time.Time // the last sign of life of an attempt
	items  map[ID]int       // under way, by Map
	ending map[ID]bool      // what failed or was left in this step
	latest time.Time
	ended  bool
}

func newAudit(w *world) *audit {
	a := &audit{w: w, states: map[string]*State{}, failed: map[ID]*Failure{}, used: map[ID][]int{}, due: map[ID]time.Time{}, exited: map[ID]bool{}, begun: map[ID]time.Time{}, beats: map[ID]time.Time{}, items: map[ID]int{}, ending: map[ID]bool{}}
	a.learn(w.root)
	return a
}

func (a *audit) learn(g *Graph) {
	for _, s := range g.States {
		a.states[s.Name] = s
		for _, b := range s.Branches {
			a.learn(b)
		}
		if s.Body != nil {
			a.learn(s.Body)
		}
	}
}

// begin comes before every step.
func (a *audit) begin() { clear(a.ending) }

func (a *audit) see(t Transition) {
	tb, s := a.w.tb, a.states[t.State]
	a.told++
	if t.Seq != a.w.x.seq || t.At.Before(a.latest) {
		tb.Fatalf("%v is not of this step", t)
	}
	a.latest = t.At
	if t.ID != 0 {
		if a.number++; t.ID != a.number || t.Previous >= t.ID {
			tb.Fatalf("%v should be event %d", t, a.number)
		}
	}
	if a.ended != (t.Kind == ExecutionRedriven) && a.ended {
		tb.Fatalf("%v after the end", t)
	}
	switch t.Kind {
	case ExecutionRedriven:
		a.ended = false
	case ExecutionSucceeded, ExecutionFailed, ExecutionTimedOut, ExecutionAborted:
		a.ended = true
	case TaskFailed, TaskTimedOut, ParallelFailed, MapFailed:
		a.failed[t.Activation], a.ending[t.Activation] = t.Failure, true
		if t.Kind == TaskTimedOut {
			a.late(t, s)
		}
	case TaskScheduled:
		a.beats[t.Activation] = t.At
		a.due[t.Activation] = t.Until
		if s.Timeout > 0 && !t.Until.Equal(t.At.Add(s.Timeout)) {
			tb.Fatalf("%v has not its timeout of %v", t, s.Timeout)
		}
	case RetryScheduled:
		a.ending[t.Activation] = true
		a.retry(t, s)
	case StateExited:
		if a.exited[t.Activation] {
			tb.Fatalf("%v was left before", t)
		}
		a.exited[t.Activation], a.ending[t.Activation] = true, true
		if t.Caught != nil {
			i := slices.IndexFunc(s.Catch, func(c Catch) bool { return heartCovers(c.Errors, t.Caught) })
			if i < 0 || i != t.Rule {
				tb.Fatalf("%v: Catch %d covers %v, it is told to be %d", t, i, *t.Caught, t.Rule)
			}
		}
		if s.Kind == Wait {
			due, _ := s.Until(&Scope{x: &Execution{now: a.begun[t.Activation]}})
			if t.At.Before(due) {
				tb.Fatalf("%v should wait until %v", t, due)
			}
		}
	case StateEntered:
		a.begun[t.Activation] = t.At
	case MapStarted:
		a.items[t.Activation] = 0
	case MapIterationStarted:
		if a.items[t.Activation]++; s.Width > 0 && a.items[t.Activation] > s.Width {
			tb.Fatalf("%v is one more than the width of %d", t, s.Width)
		}
	case MapIterationSucceeded, MapIterationFailed, MapIterationAborted:
		a.items[t.Activation]--
	case ExecutionStarted, StateSkipped, TaskStarted, TaskSubmitted, TaskSucceeded, TaskCancelled, EvaluationFailed,
		ParallelStarted, ParallelSucceeded, MapSucceeded, MapRunStarted, MapRunSucceeded, MapRunFailed, MapRunRedriven:
	}
}

// late sees that an attempt really is.
func (a *audit) late(t Transition, s *State) {
	byHeart := t.Failure.heartbeat
	if byHeart && (s.Heartbeat == 0 || t.At.Before(a.beats[t.Activation].Add(s.Heartbeat))) || !byHeart && t.At.Before(a.due[t.Activation]) {
		a.w.tb.Fatalf("%v is not late", t)
	}
}

func (a *audit) retry(t Transition, s *State) {
	tb := a.w.tb
	i := slices.IndexFunc(s.Retry, func(r Retry) bool { return heartCovers(r.Errors, t.Failure) })
	if i < 0 || i != t.Rule {
		tb.Fatalf("%v: Retry %d covers %v, it is told to be %d", t, i, *t.Failure, t.Rule)
	}
	if a.used[t.Activation] == nil {
		a.used[t.Activation] = make([]int, len(s.Retry))
	}
	n, r := a.used[t.Activation][i], s.Retry[i]
	a.used[t.Activation][i]++
	if n >= r.MaxAttempts {
		tb.Fatalf("%v is one retry too many", t)
	}
	want := float64(r.Interval)
	for range n {
		want *= max(r.Backoff, 0)
		if r.Backoff == 0 {
			want = float64(r.Interval)
		}
	}
	if r.MaxDelay > 0 {
		want = math.Min(want, float64(r.MaxDelay))
	}
	got := float64(t.Until.Sub(t.At))
	if got > want+1 || !r.Jitter && got < want-1 || got < 0 {
		tb.Fatalf("%v waits %v, want %v", t, time.Duration(got), time.Duration(want))
	}
}

func heartCovers(names []string, f *Failure) bool {
	return covers(names, f) || f.heartbeat && slices.Contains(names, ErrorHeartbeatTimeout) || f.Error == ErrorHeartbeatTimeout && slices.Contains(names, ErrorTimeout) && !f.Fatal
}
