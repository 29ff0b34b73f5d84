package asl

import (
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/internal/fault"
)

// Probe looks into one state while it is tested.
type Probe struct {
	// Saw is told what each step of the data flow made, in order. Steps that a
	// state does not name are told too, where they pass the data on as it is.
	Saw func(step Step, v value.Value)
	// Context stands for the context object.
	Context value.Value
}

// Step names a step of the data flow, as AWS's TestState does.
type Step string

// The steps that a Probe is told.
const (
	AfterInputPath      Step = "afterInputPath"
	AfterParameters     Step = "afterParameters"
	AfterArguments      Step = "afterArguments"
	AfterItemsPath      Step = "afterItemsPath"
	AfterItemSelector   Step = "afterItemSelector" // once per item
	AfterItemBatcher    Step = "afterItemBatcher"  // the array of all batches
	Result              Step = "result"
	AfterResultSelector Step = "afterResultSelector"
	AfterResultPath     Step = "afterResultPath"
	// What a Map goes by is told as a number.
	MaxConcurrency      Step = "maxConcurrency"
	ToleratedCount      Step = "toleratedFailureCount"
	ToleratedPercentage Step = "toleratedFailurePercentage"
)

// saw tells the probe of a state, if it has one.
func (s *state) saw(step Step, v value.Value) {
	if s.probe != nil {
		s.probe.Saw(step, v)
	}
}

// counted is saw for a number.
func (s *state) counted(step Step, n float64) {
	if s.probe != nil {
		s.probe.Saw(step, value.OfFloat(n))
	}
}

// Specimen is one state of a definition, compiled to be tested alone.
type Specimen struct {
	// State leads to names for which there are no states. Kind is its kind.
	State *dag.State
	Kind  dag.StateKind
	// JSONata is its query language.
	JSONata bool
	// Fixed says that its result stands in the definition (a Pass).
	Fixed bool
	// Tolerates says that the definition tells how many items of the Map may
	// fail.
	Tolerates bool
	// ReaderConfig of a Map that reads its items, else absent.
	ReaderConfig value.Value
	// Inner names the states within it, at any depth.
	Inner []string
}

// CompileState compiles one state for a test: that of a name, anywhere in the
// definition of a machine, or with an empty name the state whose definition
// the text is; its name is then unnamed. A machine must be valid as a whole.
func CompileState(text, name, unnamed string, options Options, probe *Probe) (*Specimen, error) {
	options.Mocked = true
	report := source.Parse("ASL", text)
	root := report.Document.Root
	if root == nil {
		return nil, report.Fault()
	}
	options.Limits = options.Limits.orDefault()
	r := &reader{Report: report, options: options, names: make(map[string]source.Place)}
	var s *state
	if root.Get("States") != nil || root.Get("StartAt") != nil {
		m := r.machine(root)
		r.checkMachine(m)
		if name == "" {
			return nil, fault.New(fault.Invalid, "no_state_name", "the definition is of a whole state machine: name the state to test")
		}
		s = m.find(name)
	} else if name == "" {
		s = r.state(&source.Member{Key: unnamed, Value: root})
		m := &machine{states: []*state{s}}
		r.checkVariables(m, nil, nil)
		for _, b := range s.branches {
			r.checkLevel(b)
		}
	}
	if err := report.Fault(); err != nil {
		return nil, err
	}
	if s == nil {
		return nil, fault.New(fault.Invalid, "state_not_found", "State not found in definition")
	}
	s.probe = probe
	return s.specimen(), nil
}

// find returns the state of a name at this level or below, nil if there is
// none.
func (m *machine) find(name string) *state {
	for _, s := range m.states {
		if s.name == name {
			return s
		}
		for _, b := range s.branches {
			if found := b.find(name); found != nil {
				return found
			}
		}
	}
	return nil
}

func (s *state) specimen() *Specimen {
	p := &Specimen{State: s.compile(), Kind: s.kind, JSONata: s.query == jsonata, Fixed: !s.result.IsAbsent()}
	if m := s.mapping; m != nil {
		p.Tolerates = m.count.here() || m.share.here()
		if m.reader != nil {
			p.ReaderConfig = m.reader.config
		}
	}
	for _, b := range s.branches {
		b.each(func(s *state) { p.Inner = append(p.Inner, s.name) })
	}
	return p
}

// each visits the states of a level and of those below.
func (m *machine) each(visit func(*state)) {
	for _, s := range m.states {
		visit(s)
		for _, b := range s.branches {
			b.each(visit)
		}
	}
}

// Plain is a cause without the words before it that tell in which state, and
// at which event of a history, a failure arose: a state that is tested alone
// has no history.
func Plain(cause, state string, event int) string {
	begin := origin(dag.StateInfo{Name: state, Event: event})
	if len(cause) >= len(begin) && cause[:len(begin)] == begin {
		return cause[len(begin):]
	}
	return cause
}
