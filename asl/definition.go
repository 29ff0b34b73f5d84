package asl

import (
	"time"

	"github.com/serverledge/serverledge/asl/jsonpath"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/value"
)

// machine is one level of a definition: the whole, a branch of a Parallel or
// the processor of a Map.
type machine struct {
	at      source.Place
	startAt target
	states  []*state
	timeout time.Duration
}

// target is the name of a state with its place; empty when there is none.
type target struct {
	name string
	at   source.Place
}

// state is one state of a definition.
type state struct {
	name string
	at   source.Place // of its name
	kind dag.StateKind
	next target
	end  bool
	// opaque states are written in a part of the language that is not
	// supported: only where they lead to is known.
	opaque bool

	input, output  dataPath
	resultPath     resultPath
	parameters     template // nil: none
	resultSelector template // nil: none
	result         value.Value
	retry          []dag.Retry
	catch          []catcher

	task    *task
	choices []rule
	deflt   target
	wait    *wait
	fail    *fail
	// branches of a Parallel; of a Map the one processor.
	branches []*machine
	mapping  *mapping
}

// dataPath is InputPath or OutputPath: null gives {}, absent means $.
type dataPath struct {
	null bool
	path *jsonpath.Path // nil: the root
}

// resultPath is ResultPath: null drops the result, absent means $.
type resultPath struct {
	null bool
	path *jsonpath.Reference // nil: the root
}

type task struct {
	function           string
	named              template // computes the function, if the definition does not name it
	invoke             bool     // lambda:invoke: the result is wrapped
	timeout, heartbeat limit
}

// limit is a number of seconds, fixed or taken from the input.
type limit struct {
	fixed time.Duration
	path  *jsonpath.Path
	field string
}

type wait struct {
	seconds       time.Duration
	timestamp     time.Time
	secondsPath   *jsonpath.Path
	timestampPath *jsonpath.Path
}

type fail struct{ err, cause *words }

// words are a text, fixed or computed.
type words struct {
	fixed   string
	dynamic template
}

type mapping struct {
	items     *jsonpath.Path
	selector  template
	width     int
	widthPath *jsonpath.Path
}

type rule struct {
	condition condition
	next      target
}

type catcher struct {
	errors     []string
	next       target
	resultPath resultPath
}
