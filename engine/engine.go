// Package engine is the shell of executions: it feeds the kernel (package dag)
// with what happens, writes every entry down before it acts on the commands,
// and performs them. It decides nothing.
//
// A synchronous call of one function is an express execution of a one-state
// graph and touches no store; a standard execution is journaled step by step
// and goes on after a restart of its node.
package engine

import (
	"context"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/mock"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/functions"
)

// Level says how durable an execution is.
type Level string

// The levels.
const (
	// Express executions live in memory only; tasks run at most once.
	Express Level = "EXPRESS"
	// Standard executions are journaled before each step is acted on; tasks run
	// at least once.
	Standard Level = "STANDARD"
)

// Request asks for an execution of a function, of a registered workflow or of
// a definition that comes along.
type Request struct {
	Namespace string
	// Function is set to execute one function; then the next four are empty.
	Function string
	// Workflow is the registered name, empty for a definition that comes along;
	// Language is "asl" or "dag".
	Workflow, Language, Definition, Version string
	Level                                   Level
	// Name names the execution (standard only): the same name and input give the
	// same execution again, another input is refused with fault.Conflict.
	Name  string
	Input value.Value
	// The rest is passed on to the calls; see functions.Call.
	Key         string
	Attempt     int
	Deadline    time.Time
	Class       int
	MaxResponse time.Duration
	Output      bool
	Local       bool
	Task        bool
	Hops        int
	Visited     []string
	// Mocks answers for the states that it names.
	Mocks mock.Answers

	depth int // of executions that wait for each other
}

// Execution describes an execution as it stands.
type Execution struct {
	ID, Namespace, Name          string
	Function, Workflow, Language string
	Version                      string
	Level                        Level
	Status                       dag.Status
	Input, Output                value.Value
	Failure                      *dag.Failure
	Started, Ended               time.Time
	Owner                        string
	// Parent is the execution whose distributed Map this one is an item of.
	Parent string
	// Result is the result of the only task when a function was executed.
	Result *functions.Result
	// Tasks has a report for each attempt of a task that ended, in that order.
	Tasks []TaskReport
}

// TaskReport tells of one attempt of a task.
type TaskReport struct {
	State, Function string
	Activation      dag.ID
	Attempt         int
	Started, Ended  time.Time
	// Result is without its Output, which had OutputBytes.
	Result      *functions.Result
	OutputBytes int
	Failure     *dag.Failure
}

// Filter narrows List. Zero fields do not narrow.
type Filter struct {
	Namespace, Workflow, Function string
	// Parent asks for the children of an execution; "" for those that are none.
	Parent string
	Status dag.Status
	// Limit is the page size (default 50, at most 1000), After the cursor.
	Limit int
	After string
}

// Journal keeps standard executions. Headers and summaries are the engine's
// documents: the journal does not look into them. Package store implements it.
type Journal interface {
	// Begin writes the header and the first entries of a new execution, owned by
	// a node; fault.Exists when the id is taken.
	Begin(ctx context.Context, id, owner string, header []byte, entries ...dag.Entry) error
	// Append adds entries after the entry numbered after; fault.Conflict when
	// the journal ends elsewhere, or the execution is finished.
	Append(ctx context.Context, id string, after uint64, entries ...dag.Entry) error
	// Finish adds the last entries and the summary in one step.
	Finish(ctx context.Context, id string, after uint64, summary []byte, entries ...dag.Entry) error
	// Load returns the header, the entries and, once finished, the summary (nil
	// before); fault.NotFound.
	Load(ctx context.Context, id string) (header []byte, entries []dag.Entry, summary []byte, err error)
	// Unfinished returns the ids of the unfinished executions that a node owns.
	Unfinished(ctx context.Context, owner string) ([]string, error)
	// Recent returns up to limit executions, newest first, older than the id
	// before ("" for the newest): header and, once finished, summary (else nil).
	Recent(ctx context.Context, before string, limit int) ([]Stored, error)
}

// Stored is one execution as Journal.Recent returns it.
type Stored = struct {
	ID              string
	Header, Summary []byte
}

// Compiler makes a graph of a definition. Errors are fault.Invalid with one
// field per fault found.
type Compiler func(language, definition string, v Variant) (*dag.Graph, error)

// Variant says for what a definition is compiled.
type Variant struct {
	// Express is set for express executions; Mocked when tasks may call services
	// that no node has, because mocks answer for them.
	Express, Mocked bool
	// Limits are those that the execution was accepted under, as Options.Limits.
	Limits string
}
