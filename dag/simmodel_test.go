package dag

import (
	"slices"

	"github.com/serverledge/serverledge/dag/value"
)

// model tells the outcome of a calm plant: a plain recursive interpreter
// without events, time, identities or concurrency. Where siblings fail in
// different ways, the order of events decides, and the model does not know.
type model struct {
	unsure bool
	steps  int
}

// soil is the level that the model is in.
type soil struct {
	up      *soil
	vars    map[string]value.Value
	outputs map[string]value.Value
	item    *Item
}

func (e *soil) view(input, effective, result value.Value) view {
	return view{input: input, effective: effective, result: result, item: e.item, variable: e.variable, output: e.output}
}

func (e *soil) variable(name string) (value.Value, bool) {
	for ; e != nil; e = e.up {
		if got, ok := e.vars[name]; ok {
			return got, true
		}
	}
	return value.Value{}, false
}

func (e *soil) output(name string) (value.Value, bool) {
	got, ok := e.outputs[name]
	return got, ok
}

func (m *model) level(p *plant, input value.Value, up *soil, item *Item) (value.Value, *Failure) {
	e := &soil{up: up, vars: map[string]value.Value{}, outputs: map[string]value.Value{}, item: item}
	if p.graph.Start == "" {
		return m.dataflow(p, input, e)
	}
	at := p.stems[0]
	for {
		if m.steps++; m.steps > MaxTransitions {
			m.unsure = true
			return value.NullValue, nil
		}
		output, next, failure := m.state(at, input, e)
		if failure != nil || next == "" || at.state.Kind == Succeed {
			return output, failure
		}
		at, input = p.stems[slices.IndexFunc(p.stems, func(t *stem) bool { return t.state.Name == next })], output
	}
}

// state goes through all attempts of one activation.
func (m *model) state(t *stem, input value.Value, e *soil) (value.Value, string, *Failure) {
	s := t.state
	used := make([]int, len(s.Retry))
	for attempt := 1; ; attempt++ {
		m.steps++
		output, next, bound, failure := m.try(t, input, e, attempt)
		if failure == nil {
			if t.assign != nil && !bound.IsAbsent() {
				e.vars[t.variable] = bound
			}
			return output, next, nil
		}
		if i := slices.IndexFunc(s.Retry, func(r Retry) bool { return covers(r.Errors, failure) }); i >= 0 && used[i] < s.Retry[i].MaxAttempts {
			used[i]++
			continue
		}
		i := slices.IndexFunc(s.Catch, func(c Catch) bool { return covers(c.Errors, failure) })
		if i < 0 {
			return value.Value{}, "", failure
		}
		output = value.OfObject(value.Member{Key: "Error", Value: value.OfString(failure.Error)})
		if failure.Cause != "" {
			output = output.With("Cause", value.OfString(failure.Cause))
		}
		if t.catchOut[i] != nil {
			if output, failure = t.catchOut[i](e.view(input, m.effective(t, input, e), output)); failure != nil {
				return value.Value{}, "", failure
			}
		}
		return output, s.Catch[i].Next, nil
	}
}

// effective is what In made, or the raw input where it failed.
func (m *model) effective(t *stem, input value.Value, e *soil) value.Value {
	if t.in == nil {
		return input
	}
	if got, failure := t.in(e.view(input, input, value.Value{})); failure == nil {
		return got
	}
	return input
}

// try is one attempt: the output, the next state and the variable's value.
func (m *model) try(t *stem, input value.Value, e *soil, attempt int) (output value.Value, next string, bound value.Value, failure *Failure) {
	effective := input
	if t.in != nil {
		if effective, failure = t.in(e.view(input, input, value.Value{})); failure != nil {
			return output, next, bound, failure
		}
	}
	result, out, assign, next, failure := m.work(t, input, effective, e, attempt)
	if failure != nil {
		return output, next, bound, failure
	}
	output = result
	if out != nil {
		if output, failure = out(e.view(input, effective, result)); failure != nil {
			return output, next, bound, failure
		}
	}
	if assign != nil {
		bound, failure = assign(e.view(input, effective, result))
	}
	return output, next, bound, failure
}

// work does what the kind of the state says, and returns what shapes its
// result and assigns it.
func (m *model) work(t *stem, input, effective value.Value, e *soil, attempt int) (result value.Value, out, assign formula, next string, failure *Failure) {
	s := t.state
	result, out, assign, next = effective, t.out, t.assign, s.Next
	switch s.Kind {
	case Task:
		result, failure = answer(s.Resource, effective, attempt)
	case Parallel:
		result, failure = m.parallel(t, effective, e)
	case Map:
		result, failure = m.each(t, input, effective, e, attempt)
	case Fail:
		failure = failing(t)
	case Choice:
		next = s.Default
		for i, c := range t.cases {
			holds, _ := c(e.view(input, effective, value.Value{}))
			if !holds.Bool() {
				continue
			}
			next, assign = s.Cases[i].Next, t.caseAssign[i]
			if t.caseOut[i] != nil {
				out = t.caseOut[i]
			}
			break
		}
		if next == "" {
			failure = &Failure{Error: ErrorNoChoiceMatched, Cause: "no case of " + s.Name + " holds, and it has no default"}
		}
	case Pass, Wait, Succeed:
	}
	return result, out, assign, next, failure
}

func (m *model) parallel(t *stem, input value.Value, e *soil) (value.Value, *Failure) {
	var results []value.Value
	var failures []*Failure
	for _, b := range t.branches {
		got, failure := m.level(b, input, e, e.item)
		results, failures = append(results, got), append(failures, failure)
	}
	return value.OfArray(results...), m.one(failures)
}

func (m *model) each(t *stem, input, effective value.Value, e *soil, attempt int) (value.Value, *Failure) {
	if r := t.state.Read; r != nil {
		if _, failure := answer(r.Resource, effective, attempt); failure != nil {
			return value.Value{}, failure
		}
	}
	list, _ := t.items(e.view(input, effective, value.Value{}))
	if k := list.Kind(); k != value.Array && k != value.Object {
		return value.Value{}, &Failure{Error: ErrorRuntime}
	}
	var items []Item
	for i, x := range list.Elements() {
		items = append(items, Item{Index: i, Value: x})
	}
	for key, x := range list.Members() {
		items = append(items, Item{Index: len(items), Key: key, Value: x})
	}
	var results, written []value.Value
	var fatal, failures []*Failure
	failed := 0
	for i := range items {
		x := items[i].Value
		if t.item != nil {
			v := e.view(input, effective, value.Value{})
			v.item = &items[i]
			var failure *Failure
			if x, failure = t.item(v); failure != nil {
				fatal = append(fatal, failure)
				continue
			}
		}
		var got value.Value
		var failure *Failure
		if t.state.Children == Inline {
			got, failure = m.level(t.body, x, e, &items[i])
		} else {
			got, failure = answer(Resource{Kind: ChildResource}, x, 1)
		}
		written = append(written, x, got, value.OfString(string(Completed)))
		if failure != nil {
			written = append(written[:len(written)-2], value.NullValue, value.OfString(string(Broken)))
			failed++
			got = value.NullValue
		}
		results, failures = append(results, got), append(failures, failure)
	}
	s := t.state
	most, percent := -1, -1.0
	if s.TolerateCount != nil {
		most, _ = s.TolerateCount(nil)
	}
	if s.TolerateShare != nil {
		percent, _ = s.TolerateShare(nil)
	}
	switch {
	case most < 0 && percent < 0:
		fatal = append(fatal, failures...)
	case most >= 0 && failed > most || percent >= 0 && float64(failed)*100 > percent*float64(len(items)):
		fatal = append(fatal, &Failure{Error: ErrorTolerance, Cause: "The specified tolerated failure threshold was exceeded"})
	}
	result := value.OfArray(results...)
	if failure := m.one(fatal); failure != nil || s.Write == nil {
		return result, failure
	}
	return answer(s.Write.Resource, value.OfArray(append([]value.Value{result}, written...)...), attempt)
}

// one returns the failure of siblings, if there is one, and notes when there
// could have been another.
func (m *model) one(failures []*Failure) *Failure {
	var first *Failure
	for _, f := range failures {
		switch {
		case f == nil:
		case first == nil:
			first = f
		case f.Error != first.Error || f.Cause != first.Cause || f.Fatal != first.Fatal:
			m.unsure = true
		}
	}
	return first
}

func (m *model) dataflow(p *plant, input value.Value, e *soil) (value.Value, *Failure) {
	const blocked, ran, skip = 0, 1, 2
	status, chosen := map[string]int{}, map[string]string{}
	stems := map[string]*stem{}
	var failures []*Failure
	sinks := map[string]bool{}
	for _, t := range p.stems {
		name := t.state.Name
		stems[name] = t
		sinks[name] = true
		met, lost := 0, false
		for _, need := range t.state.Needs {
			sinks[need] = false
			lost = lost || status[need] == blocked
			if status[need] == ran && open(stems[need], name, chosen[need]) {
				met++
			}
		}
		if lost {
			continue
		}
		if met < len(t.state.Needs) && (met == 0 || !t.state.JoinAny) {
			status[name] = skip
			continue
		}
		if t.when != nil {
			holds, failure := t.when(e.view(input, input, value.Value{}))
			if failure != nil {
				if t.state.Kind == Task || t.state.Kind == Parallel || t.state.Kind == Map {
					m.unsure = m.unsure || len(t.state.Retry)+len(t.state.Catch) > 0
				}
				failures = append(failures, failure)
				continue
			}
			if !holds.Bool() {
				status[name] = skip
				continue
			}
		}
		output, next, failure := m.state(t, input, e)
		if failure != nil {
			failures = append(failures, failure)
			continue
		}
		status[name], chosen[name], e.outputs[name] = ran, next, output
	}
	if failure := m.one(failures); failure != nil {
		return value.Value{}, failure
	}
	if p.out != nil {
		return p.out(e.view(input, value.Value{}, value.Value{}))
	}
	var members []value.Member
	for _, t := range p.stems {
		if name := t.state.Name; sinks[name] && status[name] == ran {
			members = append(members, value.Member{Key: name, Value: e.outputs[name]})
		}
	}
	return value.OfObject(members...), nil
}

// open tells whether the way from a state that ran to a successor is.
func open(t *stem, successor, next string) bool {
	special := map[string]bool{t.state.Default: true}
	for _, c := range t.state.Cases {
		special[c.Next] = true
	}
	for _, c := range t.state.Catch {
		special[c.Next] = true
	}
	caught := t.state.Kind != Choice && next != ""
	return successor == next || !caught && !special[successor]
}

// covers is the model's own reading of how error names match.
func covers(names []string, f *Failure) bool {
	if f.Fatal || f.Error == ErrorRuntime {
		return false
	}
	for _, name := range names {
		switch {
		case name == f.Error:
			return true
		case name == ErrorAll && f.Error != ErrorDataLimitExceeded:
			return true
		case name == ErrorTaskFailed && f.Error != ErrorTimeout && f.Error != ErrorHeartbeatTimeout:
			return true
		}
	}
	return false
}
