package dag

import (
	"fmt"
	"time"

	"github.com/serverledge/serverledge/dag/value"
)

// fork is what a Parallel or a Map has open.
type fork struct {
	frames  []*frame      // by branch or item; nil before it opens and once it is done
	results []value.Value // by branch or item
	left    int           // branches or items that have not ended
	result  value.Value   // of the whole, once nothing is left

	open   int // of them under way
	opened int // of them so far

	// The rest is for a Map.
	items   value.Value    // an array, or absent when there are members
	members []value.Member // of an object
	read    value.Value    // what its reader answered
	width   int            // how many may be; 0 is no bound
	failed  int            // items that failed and were tolerated

	records []ItemRecord // for a Map that tells of its items
}

// branch opens the frames of a Parallel.
func (x *Execution) branch(a *activation) {
	branches := a.state.Branches
	a.phase, a.opened = forked, true
	a.fork = &fork{frames: make([]*frame, len(branches)), results: make([]value.Value, len(branches)), left: len(branches)}
	x.tell(ParallelStarted, a, a.effective, nil)
	a.fork.open, a.fork.opened = len(branches), len(branches)
	for i, g := range branches {
		f := &frame{graph: g, owner: a, index: i, input: a.effective, item: a.frame.item, tail: a.frame.tail}
		a.fork.frames[i] = f
		x.unfold(f)
	}
}

// enterMap begins a Map: with the reading of its items, if it has a reader.
func (x *Execution) enterMap(a *activation) {
	if a.state.Read == nil {
		x.iterate(a, value.Value{})
		return
	}
	if x.startMap(a) {
		x.work(a, a.state.Read, value.Value{})
	}
}

// startMap tells that a Map has begun and computes what it tolerates; false
// when that failed.
func (x *Execution) startMap(a *activation) bool {
	a.opened = true
	x.tell(MapStarted, a, a.effective, nil)
	s, t := a.state, tolerance{count: -1, share: -1, strict: a.state.TolerateCount == nil && a.state.TolerateShare == nil}
	var failure *Failure
	if s.TolerateCount != nil {
		t.count, failure = s.TolerateCount(x.look(a))
	}
	if s.TolerateShare != nil && failure == nil {
		t.share, failure = s.TolerateShare(x.look(a))
	}
	if failure != nil {
		x.reject(a, failure)
		return false
	}
	a.tolerance = t
	if s.Children != Inline {
		a.run = true
		x.tell(MapRunStarted, a, value.Value{}, nil)
	}
	return true
}

// tolerance is how many items of a Map may fail.
type tolerance struct {
	count  int     // -1 is no bound of its own
	share  float64 // the same, in percent
	strict bool    // none: the first failure is the Map's
}

// exceeded tells whether so many failures of n items are too many.
func (t tolerance) exceeded(failed, n int) bool {
	return t.count >= 0 && failed > t.count || t.share >= 0 && float64(failed)*100 > t.share*float64(n)
}

// iterate opens the first frames of a Map; read is what its reader answered.
func (x *Execution) iterate(a *activation, read value.Value) {
	k, failure := x.plan(a, read)
	if failure != nil {
		x.reject(a, failure)
		return
	}
	n := k.left
	k.frames, k.results = make([]*frame, n), make([]value.Value, n)
	if a.state.Write != nil || a.state.Receive != nil {
		k.records = make([]ItemRecord, n)
	}
	a.phase, a.fork = forked, k
	if a.opened || x.startMap(a) {
		x.more(a)
	}
}

func (k *fork) length() int {
	if k == nil { // the reader has not answered yet
		return 0
	}
	return len(k.frames)
}

// plan computes what a Map goes by; read is what its reader answered.
func (x *Execution) plan(a *activation, read value.Value) (*fork, *Failure) {
	s, k := a.state, &fork{read: read}
	items := a.effective
	if !read.IsAbsent() {
		items = read
	}
	var failure *Failure
	if s.Items != nil {
		scope := x.look(a)
		scope.Result = read
		if items, failure = s.Items(scope); failure != nil {
			return nil, failure
		}
	}
	switch items.Kind() {
	case value.Array:
		k.items, k.left = items, items.Len()
	case value.Object:
		k.left = items.Len()
		for key, v := range items.Members() {
			k.members = append(k.members, value.Member{Key: key, Value: v})
		}
	default:
		return nil, &Failure{Error: ErrorRuntime, Cause: fmt.Sprintf("%s needs an array or an object to go through, not %s", s.Name, items.Kind())}
	}
	k.width = s.Width
	if s.WidthFor != nil {
		if k.width, failure = s.WidthFor(x.look(a)); failure != nil {
			return nil, failure
		}
	}
	return k, nil
}

// more opens as many items of a Map as may be under way, and leaves the Map
// when there is none left.
func (x *Execution) more(a *activation) {
	k := a.fork
	for k.opened < len(k.frames) && (k.width <= 0 || k.open < k.width) {
		f := &frame{graph: a.state.Body, owner: a, index: k.opened, own: k.item(k.opened), tail: a.frame.tail}
		if a.state.Children != Inline {
			f.graph = a.state.child
		}
		f.item, f.input = &f.own, f.own.Value
		if a.state.Item != nil {
			scope := x.look(a)
			scope.Item = f.item
			input, failure := a.state.Item(scope)
			if failure != nil {
				x.reject(a, failure)
				return
			}
			f.input = orNull(input)
			if x.rest(); !x.running() {
				return
			}
		}
		k.frames[k.opened] = f
		if k.records != nil {
			k.records[f.index] = ItemRecord{Input: f.input, Started: x.now}
		}
		k.opened++
		k.open++
		x.tellItem(MapIterationStarted, f, f.input, nil)
		x.unfold(f)
	}
	x.join(a)
}

func (k *fork) item(i int) Item {
	if k.members == nil {
		return Item{Index: i, Value: k.items.Index(i), Read: k.read}
	}
	return Item{Index: i, Key: k.members[i].Key, Value: k.members[i].Value, Read: k.read}
}

// joined takes the output of a branch or an item.
func (x *Execution) joined(f *frame, output value.Value) {
	a := f.owner
	a.frame.tail = f.tail
	x.tellItem(MapIterationSucceeded, f, output, nil)
	x.ended(f, output, nil)
	x.forget(f)
	if a.fork.left == 0 { // the way goes on from the end of the last item
		a.frame.tail = f.tail
	}
	if a.state.Kind == Map {
		x.more(a)
		return
	}
	x.join(a)
}

// broken takes the failure of a branch or an item.
func (x *Execution) broken(f *frame, failure *Failure) {
	a := f.owner
	k := a.fork
	x.tellItem(MapIterationFailed, f, value.Value{}, failure)
	a.frame.tail = f.tail
	if a.state.Kind != Map || a.tolerance.strict {
		x.fail(a, failure)
		return
	}
	k.failed++
	if a.tolerance.exceeded(k.failed, len(k.frames)) {
		x.fail(a, &Failure{Error: ErrorTolerance, Cause: "The specified tolerated failure threshold was exceeded"})
		return
	}
	x.ended(f, value.NullValue, failure)
	k.frames[f.index] = f // kept: a redrive runs it again
	x.more(a)
}

func (x *Execution) ended(f *frame, output value.Value, failure *Failure) {
	k := f.owner.fork
	k.results[f.index], k.frames[f.index] = output, nil
	if k.records != nil {
		r := &k.records[f.index]
		r.Outcome, r.Call, r.Ended = Outcome{Status: Completed, Output: output}, f.call, x.now
		if failure != nil {
			r.Outcome = Outcome{Status: Broken, Failure: failure}
		}
	}
	k.left--
	k.open--
}

// join leaves a Parallel or a Map once all its frames have ended.
func (x *Execution) join(a *activation) {
	k := a.fork
	if k.left > 0 {
		return
	}
	if k.result.IsAbsent() {
		k.result = value.OfArray(k.results...)
		k.results = nil
	}
	switch {
	case a.state.Kind == Parallel:
		x.tell(ParallelSucceeded, a, k.result, nil)
		x.complete(a, k.result)
	case a.state.Write != nil:
		x.work(a, a.state.Write, k.result)
	default:
		x.leaveMap(a, k.result)
	}
}

// leaveMap ends a Map that has its result.
func (x *Execution) leaveMap(a *activation, result value.Value) {
	if receive := a.state.Receive; receive != nil {
		scope := x.look(a)
		scope.Result = result
		received, failure := receive(scope)
		if failure != nil {
			x.reject(a, failure)
			return
		}
		result = orNull(received)
	}
	if a.run {
		a.run = false
		x.tell(MapRunSucceeded, a, value.Value{}, nil)
	}
	x.tell(MapSucceeded, a, result, nil)
	x.complete(a, result)
}

// Items returns how many items the Map has, in Write and Receive.
func (s *Scope) Items() int { return s.act.fork.length() }

// ItemRecord is what an item of a Map got, when, and how it ended.
type ItemRecord struct {
	Outcome

	Input value.Value
	// Call is the one that executed the item of a distributed Map; 0 otherwise.
	Call           ID
	Started, Ended time.Time
}

// Record tells of an item of the Map, in Write and Receive.
func (s *Scope) Record(i int) ItemRecord { return s.act.fork.records[i] }
