package asl

import (
	"time"

	"github.com/serverledge/serverledge/asl/jsonpath"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// scope is what templates and paths of one evaluation look at: the kernel's
// scope with the document that $ means.
type scope struct {
	*dag.Scope
	document value.Value
	// spent counts the steps of paths, worked the bytes that intrinsic
	// functions went through: both bound the evaluation as a whole.
	spent, worked int
}

func look(s *dag.Scope, document value.Value) *scope { return &scope{Scope: s, document: document} }

// get evaluates a path.
func (s *scope) get(p *jsonpath.Path) (value.Value, error) {
	return p.Get(jsonpath.Roots{Input: s.document, Context: s.context, Spent: &s.spent})
}

// millis is how the context object writes dates.
const millis = "2006-01-02T15:04:05.000Z"

// context makes the context object ($$).
func (s *scope) context() value.Value {
	var execution, machine []value.Member
	if x := s.Execution; x != nil {
		execution = []value.Member{
			member("Id", value.OfString(x.ID)),
			member("Input", x.Input),
			member("Name", value.OfString(x.Name)),
			member("StartTime", date(x.Start)),
			member("RedriveCount", value.OfInt(int64(x.Redrives))),
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
	if s.Item != nil {
		item := []value.Member{member("Index", value.OfInt(int64(s.Item.Index))), member("Value", s.Item.Value)}
		if s.Item.Key != "" {
			item = append(item, member("Key", value.OfString(s.Item.Key)))
		}
		all = append(all, member("Map", value.OfObject(member("Item", value.OfObject(item...)))))
	}
	if s.State.Token != "" {
		all = append(all, member("Task", value.OfObject(member("Token", value.OfString(s.State.Token)))))
	}
	return value.OfObject(all...)
}

func member(key string, v value.Value) value.Member { return value.Member{Key: key, Value: v} }

func date(t time.Time) value.Value { return value.OfString(t.UTC().Format(millis)) }
