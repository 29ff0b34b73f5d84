package dag

import (
	"slices"

	"github.com/serverledge/serverledge/dag/value"
)

// cell is the standing of one state of a dataflow frame.
type cell struct {
	missing int // needs neither done nor skipped
	met     int // needs that lead here
	status  cellStatus
	act     *activation // while it is entered
	output  value.Value // once it is done
}

type cellStatus uint8

const (
	pending cellStatus = iota
	done
	skipped
)

// guarded asks the guard of a state of a dataflow frame. It returns false when
// the state is not to be entered, having skipped or failed it.
func (x *Execution) guarded(a *activation) bool {
	holds, failure := a.state.When(x.look(a))
	if failure != nil {
		x.reject(a, failure)
		return false
	}
	if !holds {
		a.phase = left
		f := a.frame
		x.skip(f, a.place)
		x.resolve(f, a.place, "")
	}
	return holds
}

func (x *Execution) skip(f *frame, place int) {
	c := &f.cells[place]
	c.status, c.act = skipped, nil
	x.tellSkip(f, place)
}

// resolve tells the successors of a state that was done or skipped; next is
// the successor that a Choice or a Catch leads to. The frame ends with its
// last state.
func (x *Execution) resolve(f *frame, place int, next string) {
	g := f.graph
	over := []int{place} // this state and those skipped because of it
	for at := 0; at < len(over); at++ {
		from := over[at]
		for _, to := range g.after[from] {
			c, s := &f.cells[to], g.States[to]
			c.missing--
			if f.cells[from].status == done && g.States[from].leads(s.Name, next) {
				c.met++
			}
			switch {
			case c.missing > 0:
			case c.met == len(s.Needs) || s.JoinAny && c.met > 0:
				c.act = x.activate(f, to, f.input)
			default:
				x.skip(f, to)
				over = append(over, to)
			}
		}
	}
	if f.left -= len(over); f.left == 0 {
		x.conclude(f)
	}
}

// leads tells whether a state that went on to next leads to a successor.
func (s *State) leads(successor, next string) bool {
	if successor == next {
		return true
	}
	if next != "" && s.Kind != Choice { // caught: no other way is open
		return false
	}
	return s.Default != successor &&
		!slices.ContainsFunc(s.Cases, func(c Case) bool { return c.Next == successor }) &&
		!slices.ContainsFunc(s.Catch, func(c Catch) bool { return c.Next == successor })
}

// conclude ends a dataflow frame whose states are all done or skipped.
func (x *Execution) conclude(f *frame) {
	if shape := f.graph.Output; shape != nil {
		x.scope = Scope{Input: f.input, Item: f.item, Execution: &x.info, x: x, frame: f, act: f.owner}
		output, failure := shape(&x.scope)
		if failure != nil {
			x.failFrame(f, failure)
			return
		}
		x.closeFrame(f, orNull(output))
		return
	}
	var members []value.Member
	for i, s := range f.graph.States {
		if len(f.graph.after[i]) == 0 && f.cells[i].status == done {
			members = append(members, value.Member{Key: s.Name, Value: f.cells[i].output})
		}
	}
	x.closeFrame(f, value.OfObject(members...))
}
