package dag

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// reachable returns the attempts and timers that belong to live activations of
// live frames.
func reachable(x *Execution) map[ID]bool {
	ids := map[ID]bool{}
	add := func(id ID) {
		if id != 0 {
			ids[id] = true
		}
	}
	if x.running() {
		add(x.timeout)
	}
	var walk func(f *frame)
	visit := func(a *activation) {
		if a == nil {
			return
		}
		switch a.phase {
		case calling:
			add(a.call)
			add(a.timer)
			add(a.beat)
		case waiting, retrying:
			add(a.timer)
		case forked:
			for _, f := range a.fork.frames {
				if f != nil && !f.failed {
					walk(f)
				}
			}
		case entering, resuming, halted, left:
		}
	}
	walk = func(f *frame) {
		visit(f.current)
		for i := range f.cells {
			visit(f.cells[i].act)
		}
	}
	if x.root != nil {
		walk(x.root)
	}
	return ids
}

// dump writes down all of an execution that matters for its future.
func dump(x *Execution) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v %v %s %v last %d timeout %d redrives %d draws %s\n", x.outcome.Status, x.outcome.Output, failureText(x.outcome.Failure), x.info.Start, x.last, x.timeout, x.info.Redrives, drawn(x.draws))
	fmt.Fprintf(&b, "events %d held %d\n", x.events, x.held)
	for _, id := range slices.Sorted(maps.Keys(x.open)) {
		fmt.Fprintf(&b, "open %d\n", id)
	}
	for _, id := range slices.Sorted(maps.Keys(x.timers)) {
		fmt.Fprintf(&b, "timer %d %v %v\n", id, x.timers[id].at, x.timers[id].beat)
	}
	if x.root != nil {
		dumpFrame(&b, x.root, " ")
	}
	return b.String()
}

func dumpFrame(b *strings.Builder, f *frame, indent string) {
	fmt.Fprintf(b, "%sframe %d input %s left %d failed %v tail %d call %d vars", indent, f.index, f.input, f.left, f.failed, f.tail, f.call)
	for _, v := range f.vars {
		fmt.Fprintf(b, " %s=%s", v.Name, v.Value)
	}
	fmt.Fprintln(b)
	if f.current != nil {
		dumpActivation(b, f.current, indent+" ")
	}
	for i, c := range f.cells {
		fmt.Fprintf(b, "%s %s missing %d met %d status %d %s\n", indent, f.graph.States[i].Name, c.missing, c.met, c.status, c.output)
		if c.act != nil {
			dumpActivation(b, c.act, indent+"  ")
		}
	}
}

func dumpActivation(b *strings.Builder, a *activation, indent string) {
	fmt.Fprintf(b, "%s%d %s phase %d attempt %d input %s effective %s entered %v retries %v timer %d beat %d beaten %v deadline %v draws %s\n", indent,
		a.id, a.state.Name, a.phase, a.attempt, a.input, a.effective, a.entered, a.retries, a.timer, a.beat, a.beaten, a.deadline, drawn(a.draws))
	fmt.Fprintf(b, "%s call %d %v payload %s event %d started %v opened %v run %v\n", indent, a.call, a.resource, a.payload, a.event, a.started, a.opened, a.run)
	k := a.fork
	if k == nil {
		return
	}
	fmt.Fprintf(b, "%sfork left %d opened %d open %d failed %d results %v result %s read %s\n", indent, k.left, k.opened, k.open, k.failed, k.results, k.result, k.read)
	for _, r := range k.records {
		fmt.Fprintf(b, "%s%v %v %v %s call %d %v %v\n", indent, r.Input, r.Status, r.Output, failureText(r.Failure), r.Call, r.Started, r.Ended)
	}
	for _, f := range k.frames {
		if f != nil {
			dumpFrame(b, f, indent+" ")
		}
	}
}

func drawn(p *rand.PCG) string {
	if p == nil {
		return "-"
	}
	text, _ := p.MarshalBinary()
	return fmt.Sprintf("%x", text)
}

func failureText(f *Failure) string {
	if f == nil {
		return "-"
	}
	return fmt.Sprintf("%q %q %v %v", f.Error, f.Cause, f.Fatal, f.heartbeat)
}
