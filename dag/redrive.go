package dag

import "github.com/serverledge/serverledge/dag/value"

// redrivable tells whether the execution ended otherwise than well.
func (x *Execution) redrivable() bool {
	return x.seq > 0 && !x.running() && x.outcome.Status != Completed
}

// redrive goes on from where the execution ended. What had succeeded is kept;
// each activation that was under way or had failed is entered anew, with a new
// id and fresh retries. The timeout of the execution starts again.
func (x *Execution) redrive() {
	x.outcome = Outcome{Status: Running}
	x.info.Redrives++
	x.tell(ExecutionRedriven, nil, x.info.Input, nil)
	x.watch()
	x.revive(x.root)
	if x.root.concluded() {
		x.conclude(x.root)
	}
}

// revive makes ready what a frame had under way.
func (x *Execution) revive(f *frame) {
	f.failed = false
	if f.current != nil {
		f.current = x.again(f.current)
	}
	for i := range f.cells {
		if a := f.cells[i].act; a != nil {
			f.cells[i].act = x.again(a)
		}
	}
}

// concluded tells whether only the output of a dataflow frame is missing.
func (f *frame) concluded() bool { return f.cells != nil && f.left == 0 }

// again makes an activation ready: with its frames if it has any, else anew.
func (x *Execution) again(a *activation) *activation {
	k := a.fork
	if k == nil {
		return x.activate(a.frame, a.place, a.input)
	}
	a.phase = resuming
	x.queue = append(x.queue, a)
	if !k.result.IsAbsent() { // all had ended, and only its own output failed
		return a
	}
	k.failed, k.open = 0, 0
	for _, f := range k.frames {
		if f != nil {
			k.open++
			x.revive(f)
		}
	}
	k.left = k.open + len(k.frames) - k.opened
	return a
}

// resume goes on with a Parallel or a Map after its frames were revived.
func (x *Execution) resume(a *activation) {
	k := a.fork
	a.phase = forked
	if a.state.Children != Inline {
		a.run = true
		x.tell(MapRunRedriven, a, value.Value{}, nil)
	}
	for _, f := range k.frames {
		if f != nil && f.concluded() {
			x.conclude(f)
		}
		if a.fork != k || a.phase != forked { // that has ended it
			return
		}
	}
	if a.state.Kind == Map && k.result.IsAbsent() {
		x.more(a)
		return
	}
	x.join(a)
}
