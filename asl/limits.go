package asl

import "github.com/serverledge/serverledge/dag"

// The limits of a definition, besides source.MaxSize. They keep a node from
// harm; AWS has no such numbers.
const (
	MaxStates   = 5_000  // in the whole machine
	MaxNesting  = 10     // levels of Parallel and Map
	MaxBranches = 10_000 // that a machine may have open at a time, maps aside
)

// Limits are those that AWS Step Functions sets; a field that is 0 stands for
// AWS's number.
type Limits struct {
	// Payload is the largest result, input or output of a state, in bytes of
	// JSON (262,144); beyond it the state fails with States.DataLimitExceeded.
	Payload int `json:"payload,omitempty"`
	// Variable is the largest value of a variable, and the most that one Assign
	// may set, in bytes of JSON (262,144).
	Variable int `json:"variable,omitempty"`
	// Name and Label are the longest names of states and labels of maps, in
	// characters (80 and 40).
	Name  int `json:"name,omitempty"`
	Label int `json:"label,omitempty"`
	// Range is the most items that States.ArrayRange makes (1,000), Coded the
	// longest text that the Base64 and hash functions take, in characters
	// (10,000), Calls how deep functions nest (10).
	Range int `json:"range,omitempty"`
	Coded int `json:"coded,omitempty"`
	Calls int `json:"calls,omitempty"`
	// Execution bounds an execution as a whole.
	Execution dag.Limits `json:"execution,omitzero"`
}

func (l Limits) orDefault() Limits {
	set := func(n *int, otherwise int) {
		if *n <= 0 {
			*n = otherwise
		}
	}
	set(&l.Payload, 262_144)
	set(&l.Variable, 262_144)
	set(&l.Name, 80)
	set(&l.Label, 40)
	set(&l.Range, 1_000)
	set(&l.Coded, 10_000)
	set(&l.Calls, 10)
	return l
}
