package dag

import (
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/serverledge/serverledge/dag/value"
)

// The simulator grows random graphs. A graph is grown twice at once: as the
// kernel's Graph, and as a plant that the model (simmodel_test.go) interprets
// in its own way. Both share the formulas, which look at a view.

// view is what a formula may look at.
type view struct {
	input, effective, result value.Value
	item                     *Item
	variable                 func(string) (value.Value, bool)
	output                   func(string) (value.Value, bool)
	random                   func() uint64
}

type formula func(view) (value.Value, *Failure)

// plant is one level.
type plant struct {
	graph *Graph
	stems []*stem
	out   formula
}

// stem is one state.
type stem struct {
	state                *State
	when, in, out, items formula // when holds unless it gives false
	item, assign, fails  formula
	variable             string // that assign sets
	cases                []formula
	caseOut, caseAssign  []formula
	catchOut             []formula
	branches             []*plant
	body                 *plant
}

// garden grows plants. Calm ones have one possible outcome, whatever the order
// of events: the model can tell it. Wild ones use all that the kernel has.
type garden struct {
	r      *rand.Rand
	calm   bool
	names  int
	budget int
}

func grow(shape uint64) (*plant, bool) {
	g := &garden{r: rand.New(rand.NewPCG(shape, 99)), calm: shape%3 != 0, budget: 5 + int(shape%29)}
	p := g.level(0)
	if !g.calm && g.chance(4) {
		p.graph.Timeout = time.Duration(1+g.r.IntN(900)) * time.Second
	}
	return p, g.calm
}

func (g *garden) chance(n int) bool { return g.r.IntN(n) == 0 }

func (g *garden) name(prefix string) string {
	g.names++
	return prefix + strconv.Itoa(g.names)
}

func (g *garden) level(depth int) *plant {
	p := &plant{graph: &Graph{}}
	n := 1 + g.r.IntN(4)
	if depth == 0 {
		n += 2
	}
	for range n {
		p.stems = append(p.stems, g.stem(depth))
	}
	if g.chance(2) {
		g.dataflow(p)
	} else {
		g.machine(p)
	}
	for _, t := range p.stems {
		g.finish(t)
		p.graph.States = append(p.graph.States, t.state)
	}
	return p
}

// stem makes a state that stands alone; machine and dataflow connect it.
func (g *garden) stem(depth int) *stem {
	g.budget--
	t := &stem{state: &State{Name: g.name("s")}}
	s := t.state
	kinds := []StateKind{Task, Task, Task, Task, Pass, Wait, Choice}
	if depth < 3 && g.budget > 0 {
		kinds = append(kinds, Parallel, Parallel, Map, Map)
	}
	if g.chance(25) {
		kinds = []StateKind{Fail, Succeed}
	}
	s.Kind = kinds[g.r.IntN(len(kinds))]
	switch s.Kind {
	case Task:
		s.Resource.Name = g.function()
		g.limits(s)
	case Wait:
		wait := time.Duration(g.r.IntN(60)-5) * time.Second
		s.Until = func(s *Scope) (time.Time, *Failure) { return s.Now().Add(wait), nil }
	case Fail:
		t.fails = constant(value.OfString([]string{"Bad", "Worse", ErrorRuntime, "Fatal", ErrorTimeout}[g.r.IntN(5)]))
	case Parallel:
		for range 1 + g.r.IntN(3) {
			b := g.level(depth + 1)
			t.branches, s.Branches = append(t.branches, b), append(s.Branches, b.graph)
		}
	case Map:
		t.body = g.level(depth + 1)
		s.Body = t.body.graph
		g.mapping(t)
	case Pass, Choice, Succeed:
	}
	if s.Kind == Task || s.Kind == Parallel || s.Kind == Map {
		g.retries(s)
	}
	if g.chance(3) {
		t.in = g.formula()
	}
	if s.Kind != Fail && g.chance(2) {
		t.out = g.formula()
	}
	return t
}

// function names what a Task does; see outcome.
func (g *garden) function() string {
	if !g.chance(3) {
		return "ok"
	}
	return []string{"ok", "ok", "flaky1", "flaky2", "flaky3", "some", "some", "some", "bad", "worse", "timeout", "fatal", "runtime", "big"}[g.r.IntN(14)]
}

func (g *garden) limits(s *State) {
	if g.calm {
		if g.chance(3) { // never reached, but set and cleared
			s.Timeout, s.Heartbeat = 1000*time.Hour, 500*time.Hour
		}
		return
	}
	if g.chance(2) {
		s.Timeout = time.Duration(1+g.r.IntN(90)) * time.Second
	}
	if g.chance(3) {
		s.Heartbeat = time.Duration(1+g.r.IntN(40)) * time.Second
	}
	switch {
	case g.chance(6):
		s.Resource.Kind, s.Resource.Pattern = ActivityResource, Callback
	case g.chance(5):
		s.Resource.Pattern = Callback
	}
}

func (g *garden) mapping(t *stem) {
	s := t.state
	s.Width = g.r.IntN(4)
	n, object := g.r.IntN(6), g.chance(4)
	if g.chance(40) {
		t.items = constant(value.OfInt(3)) // cannot be gone through
	} else {
		t.items = func(v view) (value.Value, *Failure) {
			var members []value.Member
			var list []value.Value
			for i := range n {
				x := digest("item"+strconv.Itoa(i), v.effective)
				list = append(list, x)
				members = append(members, value.Member{Key: "k" + strconv.Itoa(i), Value: x})
			}
			if object {
				return value.OfObject(members...), nil
			}
			return value.OfArray(list...), nil
		}
	}
	if g.chance(2) {
		t.item = g.formula()
	}
	if g.chance(4) {
		s.Children = StandardChildren
		if g.chance(2) {
			s.Read = &Work{Resource: Resource{Kind: ReaderResource, Name: g.function()}}
		}
		if g.chance(2) {
			s.Write = &Work{Resource: Resource{Kind: WriterResource, Name: g.function()}, Input: outcomes}
		}
	}
	if g.chance(3) {
		most := g.r.IntN(3)
		s.TolerateCount = count(most)
	}
	if g.chance(5) {
		s.TolerateShare = share(float64(g.r.IntN(101)))
	}
}

// outcomes is what a writer of the garden gets: how each item ended.
func outcomes(s *Scope) (value.Value, *Failure) {
	all := []value.Value{s.Result}
	for i := range s.Items() {
		r := s.Record(i)
		all = append(all, r.Input, r.Output, value.OfString(string(r.Status)))
	}
	return value.OfArray(all...), nil
}

func (g *garden) errorNames() []string {
	all := []string{"Flaky", "Flaky", "Bad", "Worse", "Fatal", ErrorRuntime, ErrorDataLimitExceeded, ErrorTimeout, ErrorHeartbeatTimeout, ErrorTaskFailed, ErrorAll, ErrorAll, "Shape", ErrorTolerance}
	names := []string{all[g.r.IntN(len(all))]}
	if g.chance(3) {
		names = append(names, all[g.r.IntN(len(all))])
	}
	return names
}

func (g *garden) retries(s *State) {
	for g.chance(2) && len(s.Retry) < 3 {
		r := Retry{Errors: g.errorNames(), Interval: time.Duration(g.r.IntN(5)) * time.Second, Backoff: []float64{0, 1, 1.5, 2}[g.r.IntN(4)], MaxAttempts: g.r.IntN(4), Jitter: g.chance(2)}
		if g.chance(2) {
			r.MaxDelay = r.Interval + time.Second
		}
		s.Retry = append(s.Retry, r)
	}
}

// machine puts the states in a row with shortcuts, at times with a loop, and
// an end that everything can go to.
func (g *garden) machine(p *plant) {
	loop := g.chance(3)
	if loop {
		g.loop(p)
	}
	end := &stem{state: &State{Name: g.name("end"), Kind: Pass}}
	p.stems = append(p.stems, end)
	p.graph.Start = p.stems[0].state.Name
	for i, t := range p.stems[:len(p.stems)-1] {
		s := t.state
		later := func() string { return p.stems[i+1+g.r.IntN(len(p.stems)-i-1)].state.Name }
		switch {
		case s.Kind == Choice:
			if len(s.Cases) == 0 {
				for range 1 + g.r.IntN(2) {
					g.oneCase(t, later())
				}
				if !g.chance(6) {
					s.Default = later()
				}
			} else {
				s.Default = p.stems[i+1].state.Name
			}
		case s.Kind != Fail && s.Kind != Succeed:
			s.Next = p.stems[i+1].state.Name
			if g.chance(5) {
				s.Next = later()
			}
		}
		g.catches(t, later)
		if s.Kind != Fail && s.Kind != Succeed && t.assign == nil && g.chance(2) {
			t.variable, t.assign = g.variable(), g.formula()
		}
	}
}

// loop ends the states so far with a way back that counts the rounds.
func (g *garden) loop(p *plant) {
	name, rounds := g.name("count"), int64(1+g.r.IntN(3))
	old := func(v view) int64 {
		x, _ := v.variable(name)
		n, _ := x.Int()
		return n
	}
	back := &stem{state: &State{Name: g.name("back"), Kind: Choice}, variable: name}
	back.assign = func(v view) (value.Value, *Failure) { return value.OfInt(old(v) + 1), nil }
	back.cases = []formula{func(v view) (value.Value, *Failure) { return value.OfBool(old(v) < rounds), nil }}
	back.caseOut, back.caseAssign = []formula{nil}, []formula{back.assign}
	back.state.Cases = []Case{{Next: p.stems[g.r.IntN(len(p.stems))].state.Name}}
	p.stems = append(p.stems, back)
}

func (g *garden) oneCase(t *stem, next string) {
	part := uint32(2 + g.r.IntN(3))
	tag := g.name("case")
	t.cases = append(t.cases, func(v view) (value.Value, *Failure) { return value.OfBool(hash(tag, v.effective)%part == 0), nil })
	c := Case{Next: next}
	var out, assign formula
	if g.chance(3) {
		out = g.formula()
	}
	t.caseOut, t.caseAssign = append(t.caseOut, out), append(t.caseAssign, assign)
	t.state.Cases = append(t.state.Cases, c)
}

func (g *garden) catches(t *stem, next func() string) {
	if k := t.state.Kind; k != Task && k != Parallel && k != Map {
		return
	}
	for g.chance(2) && len(t.state.Catch) < 3 {
		c := Catch{Errors: g.errorNames(), Next: next()}
		var out formula
		if g.chance(3) {
			out = g.formula()
		}
		t.catchOut = append(t.catchOut, out)
		t.state.Catch = append(t.state.Catch, c)
	}
}

// dataflow lets states need earlier ones.
func (g *garden) dataflow(p *plant) {
	after := map[string][]string{}
	for i, t := range p.stems {
		s := t.state
		for _, u := range p.stems[:i] {
			if g.chance(2) {
				s.Needs = append(s.Needs, u.state.Name)
				after[u.state.Name] = append(after[u.state.Name], s.Name)
			}
		}
		g.r.Shuffle(len(s.Needs), func(i, j int) { s.Needs[i], s.Needs[j] = s.Needs[j], s.Needs[i] })
		s.JoinAny = g.chance(3)
		if g.chance(4) {
			tag := g.name("when")
			t.when = func(v view) (value.Value, *Failure) {
				h := hash(tag, v.input)
				if h%31 == 0 {
					return value.Value{}, &Failure{Error: "Shape", Cause: "guard"}
				}
				return value.OfBool(h%2 == 0), nil
			}
		}
		if len(s.Needs) > 0 && g.chance(2) {
			needs, tag := s.Needs, g.name("needs")
			t.in = func(v view) (value.Value, *Failure) { return fromNeeds(v, needs, tag), nil }
		}
		if !g.calm && s.Kind != Fail && g.chance(4) {
			t.variable, t.assign = g.variable(), g.formula()
		}
	}
	for _, t := range p.stems {
		g.ways(t, after[t.state.Name])
	}
	if g.chance(3) {
		p.out = g.formula()
	}
}

// ways gives a state of a dataflow graph chosen and caught successors.
func (g *garden) ways(t *stem, after []string) {
	s := t.state
	one := func() string { return after[g.r.IntN(len(after))] }
	if s.Kind == Choice && len(after) == 0 {
		s.Kind = Pass
	}
	if s.Kind == Choice {
		g.oneCase(t, one())
		if !g.chance(4) {
			s.Default = one()
		}
	}
	g.catches(t, func() string {
		if len(after) == 0 || g.chance(3) {
			return ""
		}
		return one()
	})
}

func fromNeeds(v view, needs []string, tag string) value.Value {
	var parts []value.Value
	for _, name := range needs {
		got, _ := v.output(name)
		parts = append(parts, got)
	}
	return digest(tag, value.OfArray(parts...))
}
