package dag

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/dag/value"
)

// world is a shell that means ill: it delays, repeats, reorders and loses
// answers, fires timers late, early and together, crashes and aborts. It keeps
// books of its own, and compares them with the execution after every step.
type world struct {
	tb   testing.TB
	r    *rand.Rand
	calm bool
	root *Graph

	x       *Execution // the live one
	shadow  *Execution // steps through the decoded journal
	journal [][]byte
	now     time.Time
	audit   *audit

	calls  map[tried]Invoke // under way
	over   map[tried]bool   // answered or cancelled
	inputs map[tried]string // of all that was ever invoked
	newest map[ID]int       // attempt, by activation
	timers map[ID]time.Time
	gone   []ID // timers that fired or were cleared
	mail   []letter

	whole    ID // the timer of the execution's timeout
	finished bool
	aborted  bool
	lives    int
	steps    int
}

type tried struct {
	activation ID
	attempt    int
}

// letter is an event on its way.
type letter struct {
	at    time.Time
	event Event
}

func newWorld(tb testing.TB, root *Graph, seed uint64, calm bool) *world {
	tb.Helper()
	w := &world{
		tb: tb, r: rand.New(rand.NewPCG(seed, 1)), calm: calm, root: root, x: NewExecution(root), shadow: NewExecution(root), now: epoch, lives: 1,
		calls: map[tried]Invoke{}, over: map[tried]bool{}, inputs: map[tried]string{}, newest: map[ID]int{}, timers: map[ID]time.Time{},
	}
	w.audit = newAudit(w)
	w.x.Observe(w.audit.see)
	return w
}

func (w *world) chance(n int) bool { return w.r.IntN(n) == 0 }

func (w *world) seconds(most int) time.Duration { return time.Duration(w.r.IntN(most+1)) * time.Second }

// run plays the execution to its end and returns its outcome.
func (w *world) run() Outcome {
	w.step(Started{Seed: w.r.Uint64(), Input: value.OfInt(w.r.Int64N(1000)), Info: Info{ID: "sim", Name: "<&>"}})
	for ; ; w.steps++ {
		if w.steps > 4000 {
			w.tb.Fatal("it does not end")
		}
		if w.finished && !w.live() {
			o, _ := w.x.Done()
			return o
		}
		if w.chance(8) {
			w.disturb()
			continue
		}
		if w.chance(25) {
			w.crash()
		}
		l, ok := w.next()
		if !ok {
			if w.finished {
				continue
			}
			if w.crash(); len(w.mail)+len(w.timers) == 0 && len(w.calls) == 0 {
				w.tb.Fatal("nothing is under way, and it has not ended")
			}
			continue
		}
		w.deliver(l)
	}
}

// live decides whether a finished execution goes on; at its end late letters
// still come.
func (w *world) live() bool {
	o, _ := w.x.Done()
	again := o.Status != Completed && w.lives < 4 && (w.calm && w.aborted || w.chance(4))
	if again {
		w.lives++
		w.step(Redriven{})
		return true
	}
	for _, l := range w.mail {
		w.stale(l.event)
	}
	w.stale(Redriven{})
	w.stale(Aborted{})
	w.mail = nil
	w.crash()
	return false
}

// next takes the letter or timer that comes first, at times a later one. Dates
// are whole seconds: many come together.
func (w *world) next() (letter, bool) {
	all := slices.Clone(w.mail)
	for _, id := range slices.Sorted(maps.Keys(w.timers)) {
		all = append(all, letter{w.timers[id].Truncate(time.Second).Add(time.Second), Fired{id}})
	}
	if len(all) == 0 {
		return letter{}, false
	}
	w.r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	slices.SortStableFunc(all, func(a, b letter) int { return a.at.Compare(b.at) })
	pick := all[0]
	if w.chance(10) {
		if late := all[w.r.IntN(len(all))]; !w.calm || late.at.Sub(pick.at) < time.Hour {
			pick = late
		}
	}
	if w.calm && pick.at.Sub(w.now) > time.Hour { // only timeouts are left: the answers were lost
		return letter{}, false
	}
	w.mail = slices.DeleteFunc(w.mail, func(l letter) bool { return reflect.DeepEqual(l.event, pick.event) && l.at.Equal(pick.at) })
	return pick, true
}

func (w *world) deliver(l letter) {
	if l.at.After(w.now) {
		w.now = l.at
	}
	if w.open(l.event) {
		w.step(l.event)
	} else {
		w.stale(l.event)
	}
}

// open tells from the world's own books whether an event is about something
// that is under way.
func (w *world) open(e Event) bool {
	var ok bool
	switch e := e.(type) {
	case Succeeded:
		_, ok = w.calls[tried{e.Activation, e.Attempt}]
	case Failed:
		_, ok = w.calls[tried{e.Activation, e.Attempt}]
	case Heartbeat:
		_, ok = w.calls[tried{e.Activation, e.Attempt}]
	case Fired:
		_, ok = w.timers[e.Timer]
	case Aborted:
		ok = !w.finished
	case Started, Redriven:
	}
	return ok
}

// disturb makes trouble: events about what is over or never was, timers before
// their time, an abort.
func (w *world) disturb() {
	switch w.r.IntN(6) {
	case 0:
		for _, k := range w.tries(w.over) {
			w.stale(Succeeded{Activation: k.activation, Attempt: k.attempt, Output: value.OfString("stale")})
			w.stale(Failed{k.activation, k.attempt, Failure{Error: "stale"}})
			w.stale(Heartbeat{k.activation, k.attempt})
			break
		}
	case 1:
		for _, k := range w.tries(w.calls) {
			w.stale(Succeeded{Activation: k.activation, Attempt: k.attempt + 1, Output: value.OfString("never made")})
			w.stale(Failed{k.activation, k.attempt - 1, Failure{Error: "long ago"}})
			break
		}
		w.stale(Succeeded{Activation: ID(w.r.IntN(99)) + 1e6, Attempt: 1, Output: value.NullValue})
	case 2:
		if len(w.gone) > 0 {
			w.stale(Fired{w.gone[w.r.IntN(len(w.gone))]})
		}
	case 3:
		w.early()
	case 4:
		if w.chance(2) && !w.finished && w.lives < 4 {
			w.aborted = true
			w.step(Aborted{Failure{Error: "stop", Cause: "the world says so"}})
		}
	case 5:
		w.crash()
	}
}

// early fires a timer before its time, which must only ask for it again.
func (w *world) early() {
	for _, id := range slices.Sorted(maps.Keys(w.timers)) {
		if due := w.timers[id]; due.After(w.now) {
			before := dump(w.x)
			commands := w.enter(Fired{id})
			if len(commands) != 1 || commands[0] != (SetTimer{id, due}) || dump(w.x) != before {
				w.tb.Fatalf("timer %d fired early: got %v", id, commands)
			}
			return
		}
	}
}

func (w *world) tries(of any) []tried {
	var keys []tried
	switch of := of.(type) {
	case map[tried]bool:
		keys = slices.Collect(maps.Keys(of))
	case map[tried]Invoke:
		keys = slices.Collect(maps.Keys(of))
	}
	sort.Slice(keys, func(i, j int) bool {
		return keys[i].activation < keys[j].activation || keys[i].activation == keys[j].activation && keys[i].attempt < keys[j].attempt
	})
	w.r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	return keys
}

// stale delivers an event that must not change anything.
func (w *world) stale(e Event) {
	if _, redriven := e.(Redriven); redriven {
		if o, done := w.x.Done(); done && o.Status != Completed {
			return
		}
	}
	if w.x.Expects(e) {
		w.tb.Fatalf("%#v is stale, but expected", e)
	}
	before, told := dump(w.x), w.audit.told
	if commands := w.enter(e); commands != nil {
		w.tb.Fatalf("%#v is stale, but answered by %v", e, commands)
	}
	if after := dump(w.x); after != before || told != w.audit.told {
		w.tb.Fatalf("%#v is stale, but changed\n%s\nto\n%s", e, before, after)
	}
}

// enter makes an event the next entry of both executions.
func (w *world) enter(e Event) []Command {
	at := w.now
	if _, fired := e.(Fired); !fired && w.chance(6) { // a clock that goes back
		at = at.Add(-w.seconds(100))
	}
	entry := Entry{Seq: w.x.Seq() + 1, At: at, Event: e, Note: []byte(`{"n":1}`)}
	text, err := EncodeEntry(entry)
	if err != nil {
		w.tb.Fatal(err)
	}
	w.journal = append(w.journal, text)
	commands, err := w.x.Step(entry)
	if err != nil {
		w.tb.Fatalf("%#v: %v", entry, err)
	}
	replayed, err := DecodeEntry(text)
	if err != nil {
		w.tb.Fatalf("%s: %v", text, err)
	}
	if again, err := EncodeEntry(replayed); err != nil || !bytes.Equal(again, text) {
		w.tb.Fatalf("coded again, %s is %s (%v)", text, again, err)
	}
	shadows, err := w.shadow.Step(replayed)
	if err != nil {
		w.tb.Fatal(err)
	}
	w.same(commands, shadows)
	return commands
}

// same compares the commands and the state of the live execution with those of
// a replay.
func (w *world) same(commands, replayed []Command) {
	if got, want := spellAll(replayed), spellAll(commands); got != want {
		w.tb.Fatalf("the replay commands\n%s\nnot\n%s", got, want)
	}
	if got, want := dump(w.shadow), dump(w.x); got != want || !w.shadow.now.Equal(w.x.now) || w.shadow.seq != w.x.seq {
		w.tb.Fatalf("the replay stands at\n%s\nnot\n%s", got, want)
	}
}

// step delivers an event that may change something, and does what it says.
func (w *world) step(e Event) {
	_, beat := e.(Heartbeat)
	if !w.x.Expects(e) && !beat {
		w.tb.Fatalf("%#v is not expected", e)
	}
	_, redriven := e.(Redriven)
	forks := map[ID][]ID{}
	if redriven {
		w.finished, w.aborted = false, false
		forks = w.forks()
	}
	w.settle(e)
	w.audit.begin()
	w.perform(w.enter(e))
	if h, ok := e.(Heartbeat); ok {
		w.audit.beats[h.Activation] = w.x.now
	}
	w.check()
	w.bounded(e)
	for id, around := range forks {
		if w.forks()[id] == nil && !slices.ContainsFunc(around, func(id ID) bool { return w.audit.ending[id] }) {
			w.tb.Fatalf("the redrive has forgotten the frames of %d:\n%s", id, dump(w.x))
		}
	}
}

// bounded sees that the timeout of the whole is set while it runs, from the
// start or the redrive on, and that it ends as such.
func (w *world) bounded(e Event) {
	w.tb.Helper()
	if w.root.Timeout == 0 {
		return
	}
	_, started := e.(Started)
	_, redriven := e.(Redriven)
	if fired, ok := e.(Fired); ok && fired.Timer == w.whole {
		if o, _ := w.x.Done(); o.Status != TimedOut {
			w.tb.Fatalf("the time of the whole was up, and it is %q", o.Status)
		}
	}
	w.whole = w.x.timeout
	if due, set := w.timers[w.whole]; !w.finished && !set || (started || redriven) && set && !due.Equal(w.x.now.Add(w.root.Timeout)) {
		w.tb.Fatalf("the timeout of the whole is set for %v", due)
	}
}

// forks returns the activations that have frames, each with itself and those
// around it.
func (w *world) forks() map[ID][]ID {
	ids := map[ID][]ID{}
	var walk func(f *frame, around []ID)
	visit := func(a *activation, around []ID) {
		if a == nil || a.fork == nil {
			return
		}
		around = append(slices.Clone(around), a.id)
		ids[a.id] = around
		for _, f := range a.fork.frames {
			if f != nil {
				walk(f, around)
			}
		}
	}
	walk = func(f *frame, around []ID) {
		visit(f.current, around)
		for i := range f.cells {
			visit(f.cells[i].act, around)
		}
	}
	if w.x.root != nil {
		walk(w.x.root, nil)
	}
	return ids
}

// settle books an event.
func (w *world) settle(e Event) {
	switch e := e.(type) {
	case Succeeded:
		w.end(tried{e.Activation, e.Attempt})
	case Failed:
		w.end(tried{e.Activation, e.Attempt})
	case Fired:
		delete(w.timers, e.Timer)
		w.gone = append(w.gone, e.Timer)
	case Heartbeat:
		k := tried{e.Activation, e.Attempt}
		if c, ok := w.calls[k]; ok && c.Resource.Kind == ActivityResource { // a worker has it
			c.Taken = true
			w.calls[k] = c
		}
	case Started, Aborted, Redriven:
	}
}

func (w *world) end(k tried) {
	if _, ok := w.calls[k]; !ok {
		w.tb.Fatalf("attempt %v ends, but is not under way", k)
	}
	delete(w.calls, k)
	w.over[k] = true
}

// perform books the commands and sees that they make sense.
func (w *world) perform(commands []Command) {
	fresh, set := map[tried]bool{}, map[ID]bool{}
	for i, c := range commands {
		switch c := c.(type) {
		case Invoke:
			fresh[tried{c.Activation, c.Attempt}] = true
			w.invoke(c)
		case Cancel:
			k := tried{c.Activation, c.Attempt}
			if fresh[k] {
				w.tb.Fatalf("%v is invoked and cancelled in one step", k)
			}
			w.end(k)
		case SetTimer:
			if _, ok := w.timers[c.Timer]; ok || slices.Contains(w.gone, c.Timer) || c.At.Before(w.x.now) {
				w.tb.Fatalf("timer %d is set twice, or in the past", c.Timer)
			}
			set[c.Timer] = true
			w.timers[c.Timer] = c.At
		case ClearTimer:
			if _, ok := w.timers[c.Timer]; !ok || set[c.Timer] {
				w.tb.Fatalf("timer %d is cleared, but was not set before", c.Timer)
			}
			delete(w.timers, c.Timer)
			w.gone = append(w.gone, c.Timer)
		case Finish:
			if i != len(commands)-1 || w.finished {
				w.tb.Fatalf("Finish is not the end: %v", commands)
			}
			w.finished = true
			if len(w.calls)+len(w.timers) > 0 {
				w.tb.Fatalf("finished with %v and %v outstanding", w.calls, w.timers)
			}
		}
	}
}

func (w *world) invoke(c Invoke) {
	k := tried{c.Activation, c.Attempt}
	if _, ok := w.calls[k]; ok || w.over[k] || c.Attempt <= w.newest[c.Activation] {
		w.tb.Fatalf("%v is invoked once more", k)
	}
	if input, ok := w.inputs[k]; ok && input != c.Input.String() {
		w.tb.Fatalf("%v is invoked with %s after %s", k, c.Input, input)
	}
	s := w.audit.states[c.State]
	said := []Resource{s.Resource}
	if s.Kind == Map {
		said = []Resource{{Kind: ChildResource, Name: s.Name}}
		for _, work := range []*Work{s.Read, s.Write} {
			if work != nil {
				said = append(said, work.Resource)
			}
		}
	}
	if s.Timeout > 0 && !c.Deadline.Equal(w.x.now.Add(s.Timeout)) || s.Timeout == 0 && !c.Deadline.IsZero() || !slices.Contains(said, c.Resource) {
		w.tb.Fatalf("%v is not what state %s says", c, s.Name)
	}
	w.calls[k], w.inputs[k], w.newest[c.Activation] = c, c.Input.String(), c.Attempt
	w.answer(c)
}

// answer posts what the function will say.
func (w *world) answer(c Invoke) {
	most := 20
	if !w.calm {
		most = 120
		for w.chance(3) {
			w.post(Heartbeat{c.Activation, c.Attempt}, 60)
		}
		if w.chance(12) {
			return // lost
		}
	}
	w.post(w.result(c), most)
	for w.chance(8) {
		w.post(w.result(c), 3*most)
	}
}

func (w *world) post(e Event, most int) {
	w.mail = append(w.mail, letter{w.now.Add(w.seconds(most)), e})
}

func (w *world) result(c Invoke) Event {
	output, failure := answer(c.Resource, c.Input, c.Attempt)
	if !w.calm && w.chance(4) {
		output, failure = value.OfFloat(w.r.Float64()), nil
		if w.chance(2) {
			failure = &Failure{Error: []string{"Bad", "Flaky", ErrorTimeout, ErrorDataLimitExceeded, ErrorRuntime, "\xff<odd>\u2028"}[w.r.IntN(6)], Cause: "of the world", Fatal: w.chance(9)}
		}
	}
	if failure != nil {
		return Failed{c.Activation, c.Attempt, *failure}
	}
	return Succeeded{Activation: c.Activation, Attempt: c.Attempt, Output: output}
}

// crash forgets the executions and half of the letters, rebuilds from the
// journal and performs what is outstanding.
func (w *world) crash() {
	x := NewExecution(w.root)
	for _, text := range w.journal {
		e, err := DecodeEntry(text)
		if err != nil {
			w.tb.Fatal(err)
		}
		if _, err := x.Step(e); err != nil {
			w.tb.Fatal(err)
		}
	}
	if got, want := dump(x), dump(w.x); got != want {
		w.tb.Fatalf("rebuilt, it stands at\n%s\nnot\n%s", got, want)
	}
	w.shadow, w.x = w.x, x
	w.shadow.Observe(nil)
	w.x.Observe(w.audit.see)
	w.mail = slices.DeleteFunc(w.mail, func(letter) bool { return w.chance(2) })
	w.outstanding()
	for _, c := range w.x.Outstanding() {
		if call, ok := c.(Invoke); ok {
			w.answer(call)
		}
	}
}

// check compares the books with the execution.
func (w *world) check() {
	w.outstanding()
	if _, done := w.x.Done(); done != w.finished {
		w.tb.Fatalf("done is %v, finished %v", done, w.finished)
	}
	if x := w.x; len(x.queue) != 0 || x.commands != nil {
		w.tb.Fatal("something is left over from the step")
	}
	reached := reachable(w.x)
	if got := len(w.x.open) + len(w.x.timers); got != len(reached) {
		w.tb.Fatalf("%d attempts and timers are set, %d are reachable:\n%s", got, len(reached), dump(w.x))
	}
	for id := range w.x.open {
		if !reached[id] {
			w.tb.Fatalf("attempt of %d is under way out of reach:\n%s", id, dump(w.x))
		}
	}
	for id := range w.x.timers {
		if !reached[id] {
			w.tb.Fatalf("timer %d is set out of reach:\n%s", id, dump(w.x))
		}
	}
}

// outstanding compares what a recovering shell would do with the books.
func (w *world) outstanding() {
	commands := w.x.Outstanding()
	if len(commands) != len(w.calls)+len(w.timers) {
		w.tb.Fatalf("outstanding are %v, the books have %v and %v", commands, w.calls, w.timers)
	}
	last := ID(0)
	for _, c := range commands {
		switch c := c.(type) {
		case Invoke:
			if want, ok := w.calls[tried{c.Activation, c.Attempt}]; !ok || spell(c, epoch) != spell(want, epoch) || c.Activation <= last {
				w.tb.Fatalf("outstanding is %v, the books have %v", c, want)
			}
			last = c.Activation
		case SetTimer:
			if at, ok := w.timers[c.Timer]; !ok || !at.Equal(c.At) || c.Timer <= last {
				w.tb.Fatalf("outstanding is %v, the books have %v", c, at)
			}
			last = c.Timer
		case Cancel, ClearTimer, Finish:
			w.tb.Fatalf("outstanding is %v", c)
		}
	}
}

func spellAll(commands []Command) string {
	var b strings.Builder
	for _, c := range commands {
		fmt.Fprintln(&b, spell(c, epoch))
	}
	return b.String()
}
