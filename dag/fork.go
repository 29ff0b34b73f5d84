package dag

import (
	"fmt"

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
	width   int            // how many may be; 0 is no bound
	failed  int            // items that failed and were tolerated
	count   int            // how many may; -1 is no bound of its own
	share   float64        // the same, in percent; -1 is no bound of its own
	strict  bool           // none may: the first failure is the Map's
}

// branch opens the frames of a Parallel.
func (x *Execution) branch(a *activation) {
	branches := a.state.Branches
	a.phase = forked
	a.fork = &fork{frames: make([]*frame, len(branches)), results: make([]value.Value, len(branches)), left: len(branches)}
	x.tell(ParallelStarted, a, a.effective, nil)
	a.fork.open, a.fork.opened = len(branches), len(branches)
	for i, g := range branches {
		f := &frame{graph: g, owner: a, index: i, input: a.effective, item: a.frame.item}
		a.fork.frames[i] = f
		x.unfold(f)
	}
}

// iterate opens the first frames of a Map.
func (x *Execution) iterate(a *activation) {
	k, failure := x.plan(a)
	if failure != nil {
		x.fail(a, failure)
		return
	}
	n := k.left
	k.frames, k.results = make([]*frame, n), make([]value.Value, n)
	a.phase, a.fork = forked, k
	x.tellMap(a, n)
	x.more(a)
}

// plan computes what a Map goes by.
func (x *Execution) plan(a *activation) (*fork, *Failure) {
	s, k := a.state, &fork{count: -1, share: -1}
	items := a.effective
	var failure *Failure
	if s.Items != nil {
		if items, failure = s.Items(x.look(a)); failure != nil {
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
	k.strict = s.TolerateCount == nil && s.TolerateShare == nil
	if s.TolerateCount != nil {
		if k.count, failure = s.TolerateCount(x.look(a)); failure != nil {
			return nil, failure
		}
	}
	if s.TolerateShare != nil {
		if k.share, failure = s.TolerateShare(x.look(a)); failure != nil {
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
		f := &frame{graph: a.state.Body, owner: a, index: k.opened, own: k.item(k.opened)}
		f.item, f.input = &f.own, f.own.Value
		if a.state.Item != nil {
			scope := x.look(a)
			scope.Item = f.item
			input, failure := a.state.Item(scope)
			if failure != nil {
				x.fail(a, failure)
				return
			}
			f.input = orNull(input)
		}
		k.frames[k.opened] = f
		k.opened++
		k.open++
		x.tellItem(MapIterationStarted, f, f.input, nil)
		x.unfold(f)
	}
	x.join(a)
}

func (k *fork) item(i int) Item {
	if k.members == nil {
		return Item{Index: i, Value: k.items.Index(i)}
	}
	return Item{Index: i, Key: k.members[i].Key, Value: k.members[i].Value}
}

// joined takes the output of a branch or an item.
func (x *Execution) joined(f *frame, output value.Value) {
	a := f.owner
	x.tellItem(MapIterationSucceeded, f, output, nil)
	x.ended(f, output)
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
	if a.state.Kind != Map || k.strict {
		x.fail(a, failure)
		return
	}
	k.failed++
	if k.count >= 0 && k.failed > k.count || k.share >= 0 && float64(k.failed)*100 > k.share*float64(len(k.frames)) {
		x.fail(a, &Failure{Error: ErrorTolerance, Cause: "The specified tolerated failure threshold was exceeded"})
		return
	}
	x.ended(f, value.NullValue)
	k.frames[f.index] = f // kept: a redrive runs it again
	x.more(a)
}

func (x *Execution) ended(f *frame, output value.Value) {
	k := f.owner.fork
	k.results[f.index], k.frames[f.index] = output, nil
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
	if a.state.Kind == Map {
		x.tell(MapSucceeded, a, k.result, nil)
	} else {
		x.tell(ParallelSucceeded, a, k.result, nil)
	}
	x.complete(a, k.result)
}
