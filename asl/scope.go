package asl

import (
	"time"

	"github.com/serverledge/serverledge/asl/dataset"
	"github.com/serverledge/serverledge/asl/jsonpath"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// stage says what there is to look at beside input and context.
type stage uint8

const (
	before stage = iota // nothing
	after               // the result of the state's work
	caught              // the error output
)

// scope is what templates, paths and expressions of one evaluation look at:
// the kernel's scope with the document that $ means.
type scope struct {
	*dag.Scope
	document value.Value
	limits   *Limits
	probe    *Probe
	express  bool
	stage    stage
	states   value.Value // $states, once it was asked for
	// spent counts the steps of paths, worked the bytes that intrinsic
	// functions went through: both bound the evaluation as a whole.
	spent, worked int
}

// look makes the scope of an evaluation in a state.
func (s *state) look(d *dag.Scope, document value.Value) *scope {
	return &scope{Scope: d, document: document, limits: s.limits, probe: s.probe, express: s.express}
}

// lookBack is look with the result of the state's work.
func (s *state) lookBack(d *dag.Scope, document value.Value) *scope {
	scope := s.look(d, document)
	switch s.kind {
	case dag.Task, dag.Parallel, dag.Map:
		scope.stage = after
	case dag.Pass, dag.Choice, dag.Wait, dag.Succeed, dag.Fail:
	}
	return scope
}

// get evaluates a path.
func (s *scope) get(p *jsonpath.Path) (value.Value, error) {
	root := s.document
	switch p.Root() {
	case jsonpath.Input:
	case jsonpath.Context:
		root = s.context()
	case jsonpath.Variable:
		root, _ = s.Var(p.VariableName())
	}
	before := s.spent
	v, err := p.Get(root, &s.spent)
	s.Work(s.spent - before)
	return v, err
}

// millis is how the context object writes dates.
const millis = "2006-01-02T15:04:05.000Z"

// RoleARN stands where AWS tells the role of an execution: there are none here.
const RoleARN = "arn:aws:iam::000000000000:role/serverledge"

// context makes the context object ($$, $states.context).
func (s *scope) context() value.Value {
	if s.probe != nil {
		return s.probe.Context.With("Map", s.item())
	}
	var execution, machine []value.Member
	if x := s.Execution; x != nil {
		execution = []value.Member{
			member("Id", value.OfString(x.ID)),
			member("Input", x.Input),
			member("Name", value.OfString(x.Name)),
			member("RoleArn", value.OfString(RoleARN)),
			member("StartTime", date(x.Start)),
		}
		if !s.express {
			execution = append(execution, member("RedriveCount", value.OfInt(int64(x.Redrives))))
		}
		machine = []value.Member{member("Id", value.OfString(x.Workflow)), member("Name", value.OfString(x.Workflow))}
	}
	all := []value.Member{
		member("Execution", value.OfObject(execution...)),
		member("StateMachine", value.OfObject(machine...)),
		member("State", value.OfObject(
			member("Name", value.OfString(s.State.Name)),
			member("EnteredTime", date(s.State.Entered)),
			member("RetryCount", value.OfInt(int64(s.State.Retries))),
		)),
	}
	if item := s.item(); !item.IsAbsent() {
		all = append(all, member("Map", item))
	}
	if s.State.Token != "" {
		all = append(all, member("Task", value.OfObject(member("Token", value.OfString(s.State.Token)))))
	}
	return value.OfObject(all...)
}

// item makes what the context object tells of the item of a Map; absent outside
// of any.
func (s *scope) item() value.Value {
	if s.Item == nil {
		return value.Value{}
	}
	item := []value.Member{member("Index", value.OfInt(int64(s.Item.Index))), member("Value", s.Item.Value)}
	if s.Item.Key != "" {
		item = append(item, member("Key", value.OfString(s.Item.Key)))
	}
	item = append(item, member("Source", value.OfString(dataset.Origin(s.Item.Read, s.Item.Index))))
	return value.OfObject(member("Item", value.OfObject(item...)))
}

func member(key string, v value.Value) value.Member { return value.Member{Key: key, Value: v} }

func date(t time.Time) value.Value { return value.OfString(t.UTC().Format(millis)) }
