package asl

import (
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/source"
)

// checkMachine checks what no single state shows: where states lead to, what
// cannot be reached, what never ends, what grows beyond measure.
func (r *reader) checkMachine(m *machine) {
	if m == nil || len(m.states) == 0 {
		return
	}
	r.checkVariables(m, nil, nil)
	if live := r.checkLevel(m); live > MaxBranches {
		r.Errorf("034", m.at, "the machine may have %d branches open at a time, more than the %d allowed", live, MaxBranches)
	}
}

// checkLevel checks one level and those below; it returns how many branches
// may be open at a time, counting a Map as one.
func (r *reader) checkLevel(m *machine) int {
	index := make(map[string]int, len(m.states))
	names := make([]string, len(m.states))
	for i, s := range m.states {
		index[s.name], names[i] = i, s.name
	}
	r.checkTargets(m, index, names)
	r.checkReach(m, index)
	live := 1
	for _, s := range m.states {
		sum := 0
		for _, b := range s.branches {
			sum += r.checkLevel(b)
		}
		live = max(live, sum)
	}
	return live
}

// targets lists where a state leads to.
func (s *state) targets() []target {
	all := []target{s.next, s.deflt}
	for _, c := range s.choices {
		all = append(all, c.next)
	}
	for _, c := range s.catch {
		all = append(all, c.next)
	}
	return all
}

func (r *reader) checkTargets(m *machine, index map[string]int, names []string) {
	check := func(t target, what string) {
		if _, ok := index[t.name]; ok || t.name == "" {
			return
		}
		p := r.Errorf("012", t.at, "%s refers to unknown state %q", what, source.Clip(t.name))
		if _, elsewhere := r.names[t.name]; elsewhere {
			p.Hint = "it is a state of another level; a state leads only to states beside it"
			return
		}
		p.Suggest(t.name, names)
	}
	check(m.startAt, "StartAt")
	for _, s := range m.states {
		what := "state \"" + source.Clip(s.name) + "\": "
		check(s.next, what+"Next")
		check(s.deflt, what+"Default")
		for _, c := range s.choices {
			check(c.next, what+"Next")
		}
		for _, c := range s.catch {
			check(c.next, what+"Catch")
		}
	}
}

// checkReach finds states that cannot be reached, and whether the level can
// end.
func (r *reader) checkReach(m *machine, index map[string]int) {
	reached := make([]bool, len(m.states))
	var queue []int
	visit := func(name string) {
		if i, ok := index[name]; ok && !reached[i] {
			reached[i] = true
			queue = append(queue, i)
		}
	}
	visit(m.startAt.name)
	if len(queue) == 0 {
		return // no known start: everything would be unreachable
	}
	ends, opaque, broken := false, false, false
	for at := 0; at < len(queue); at++ {
		s := m.states[queue[at]]
		opaque = opaque || s.broken
		last := s.end || s.kind == dag.Succeed || s.kind == dag.Fail
		ends = ends || last
		broken = broken || s.next.name == "" && !last && s.kind != dag.Choice
		for _, t := range s.targets() {
			_, known := index[t.name]
			broken = broken || t.name != "" && !known
			visit(t.name)
		}
	}
	if opaque { // what it leads to is not known
		return
	}
	for i, s := range m.states {
		if !reached[i] {
			r.Warnf("031", s.at, "state %q cannot be reached from StartAt", source.Clip(s.name))
		}
	}
	if !ends && !broken { // what is broken has been reported
		r.Errorf("030", m.at, "no state ends here: a level needs a state with \"End\": true, a Succeed or a Fail that can be reached")
	}
}
