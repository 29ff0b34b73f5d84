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
	limits  *Limits
}

// target is the name of a state with its place; empty when there is none.
type target struct {
	name string
	at   source.Place
}

// language is a query language.
type language uint8

const (
	jsonPath language = iota
	jsonata
)

// state is one state of a definition.
type state struct {
	name   string
	at     source.Place // of its name
	kind   dag.StateKind
	next   target
	end    bool
	query  language
	limits *Limits
	// express says that the execution is one: its context object tells less.
	express bool
	// probe looks on while the state is tested; else nil.
	probe *Probe
	// broken states could not be read: only where they lead to is known.
	broken bool

	// What JSONPath shapes data with.
	input, output  dataPath
	resultPath     resultPath
	resultSelector template    // nil: none
	result         value.Value // of a Pass
	// parameters are Parameters or Arguments; nil: none.
	parameters template
	// shaped is Output of JSONata; nil: none.
	shaped template
	assign *assignment
	reads  []variable // that it reads, anywhere but in its branches

	retry []dag.Retry
	catch []catcher

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

// variable is the name of a variable, where it is read or assigned.
type variable struct {
	name string
	at   source.Place
}

// assignment is what Assign sets, in order.
type assignment struct {
	variables []variable
	values    []template
}

// task is what a Task calls.
type task struct {
	resource           dag.Resource
	text               string // the Resource as it is written
	timeout, heartbeat quantity
}

type wait struct {
	seconds   quantity
	timestamp time.Time
	// moment computes the date: TimestampPath, or Timestamp of JSONata.
	moment *words
}

type fail struct{ err, cause *words }

// words are a text, fixed or computed.
type words struct {
	field   string
	fixed   string
	path    *jsonpath.Path
	dynamic template
}

// mapping is what a Map goes by.
type mapping struct {
	items       *jsonpath.Path // of JSONPath; nil: all
	list        template       // Items of JSONata; nil: the input
	selector    template
	width       quantity
	children    dag.Children
	label       string
	count       quantity // that may fail
	share       quantity // the same, in percent
	reader      *reading
	batcher     *batcher
	writer      *writing
	distributed bool
}

// reading is an ItemReader.
type reading struct {
	resource   dag.Resource
	parameters template
	config     value.Value // ReaderConfig without what is computed
	most       quantity    // MaxItems
}

// batcher is an ItemBatcher.
type batcher struct {
	input       template
	most, bytes quantity
}

// writing is a ResultWriter; without a resource it only shapes the results.
type writing struct {
	resource   dag.Resource
	exports    bool
	parameters template
	config     value.Value
}

type rule struct {
	condition condition
	next      target
	assign    *assignment
	shaped    template
	label     string
}

type catcher struct {
	errors     []string
	next       target
	resultPath resultPath
	assign     *assignment
	shaped     template
}
