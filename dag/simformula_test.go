package dag

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"

	"github.com/serverledge/serverledge/dag/value"
)

func (g *garden) variable() string { return "v" + strconv.Itoa(g.r.IntN(2)) }

// formula makes a random one; what it gives depends on what it sees.
func (g *garden) formula() formula {
	tag := g.name("f")
	switch k := g.r.IntN(14); {
	case k < 3:
		return func(v view) (value.Value, *Failure) { return digest(tag, operand(v)), nil }
	case k < 7:
		name := g.variable()
		return func(v view) (value.Value, *Failure) {
			got, _ := v.variable(name)
			return digest(tag, value.OfArray(got, operand(v))), nil
		}
	case k < 10:
		return func(v view) (value.Value, *Failure) {
			if v.item == nil {
				return digest(tag, operand(v)), nil
			}
			return digest(tag+strconv.Itoa(v.item.Index)+v.item.Key, value.OfArray(v.item.Value, operand(v))), nil
		}
	case k < 12 && !g.calm:
		return func(v view) (value.Value, *Failure) { return value.OfInt(int64(v.random() >> 1)), nil }
	case k < 13:
		name := []string{"Shape", "Shape", ErrorRuntime, "Bad"}[g.r.IntN(4)]
		return func(v view) (value.Value, *Failure) {
			if hash(tag, operand(v))%9 == 0 {
				return value.Value{}, &Failure{Error: name, Cause: "formula"}
			}
			return digest(tag, operand(v)), nil
		}
	default:
		return func(v view) (value.Value, *Failure) { return operand(v), nil }
	}
}

// operand is the latest that a view has.
func operand(v view) value.Value {
	if !v.result.IsAbsent() {
		return v.result
	}
	if !v.effective.IsAbsent() {
		return v.effective
	}
	return v.input
}

func constant(x value.Value) formula { return func(view) (value.Value, *Failure) { return x, nil } }

func hash(tag string, v value.Value) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(tag))
	_, _ = h.Write(v.Bytes())
	return h.Sum32()
}

func digest(tag string, v value.Value) value.Value {
	return value.Raw(fmt.Appendf(nil, `{"<%s>":%d}`, tag, hash(tag, v)))
}

// outcome is what a calm function answers: it depends on nothing but its name,
// its input and the number of the attempt.
func outcome(function string, input value.Value, attempt int) (value.Value, *Failure) {
	fail := func(name string) (value.Value, *Failure) { return value.Value{}, &Failure{Error: name} }
	switch function {
	case "flaky1", "flaky2", "flaky3":
		if attempt <= int(function[5]-'0') {
			return fail("Flaky")
		}
	case "some":
		if hash(function, input)%3 == 0 {
			return fail("Bad")
		}
	case "bad":
		return fail("Bad")
	case "worse":
		return fail("Worse")
	case "timeout":
		return fail(ErrorTimeout)
	case "runtime":
		return fail(ErrorRuntime)
	case "big":
		return fail(ErrorDataLimitExceeded)
	case "fatal":
		return value.Value{}, &Failure{Error: "Fatal", Fatal: true}
	}
	return digest(function, input), nil
}

// answer is what a resource says to an attempt.
func answer(r Resource, input value.Value, attempt int) (value.Value, *Failure) {
	if r.Kind == ChildResource {
		return outcome("some", input, attempt)
	}
	return outcome(r.Name, input, attempt)
}

// finish gives the kernel's state the formulas of its stem.
func (g *garden) finish(t *stem) {
	s := t.state
	s.In, s.Out, s.Items, s.Item = t.in.shape(), t.out.shape(), t.items.shape(), t.item.shape()
	if t.when != nil {
		s.When = t.when.guard()
	}
	s.Assign = t.assign.assigns(t.variable)
	for i := range s.Cases {
		s.Cases[i].When = t.cases[i].guard()
		s.Cases[i].Out = t.caseOut[i].shape()
		s.Cases[i].Assign = t.caseAssign[i].assigns(t.variable)
	}
	for i := range s.Catch {
		s.Catch[i].Out = t.catchOut[i].shape()
	}
	if s.Kind == Task && g.chance(3) {
		name := s.Resource.Name
		s.Target = func(s *Scope) (string, value.Value, *Failure) { return name, s.Effective, nil }
	}
	if t.fails != nil {
		s.Failure = func(*Scope) *Failure { return failing(t) }
	}
}

func failing(t *stem) *Failure {
	name, _ := t.fails(view{})
	return &Failure{Error: name.Text(), Fatal: name.Text() == "Fatal"}
}

// of makes the view of the kernel's scope.
func of(s *Scope) view {
	return view{
		input: s.Input, effective: s.Effective, result: s.Result, item: s.Item,
		variable: s.Var, output: s.Output, random: func() uint64 { return s.Rand().Uint64() },
	}
}

func (f formula) shape() Shape {
	if f == nil {
		return nil
	}
	return func(s *Scope) (value.Value, *Failure) { return f(of(s)) }
}

func (f formula) guard() Guard {
	return func(s *Scope) (bool, *Failure) {
		got, failure := f(of(s))
		return got.Bool(), failure
	}
}

func (f formula) assigns(name string) Assign {
	if f == nil {
		return nil
	}
	return func(s *Scope) ([]Binding, *Failure) {
		got, failure := f(of(s))
		return []Binding{{name, got}}, failure
	}
}

// root finishes the outputs of all levels and validates the graph.
func (p *plant) root() (*Graph, error) {
	p.outputs()
	return p.graph, Validate(p.graph)
}

func (p *plant) outputs() {
	p.graph.Output = p.out.shape()
	for _, t := range p.stems {
		for _, b := range append(slices.Clone(t.branches), t.body) {
			if b != nil {
				b.outputs()
			}
		}
	}
}
