package server

import (
	"context"
	"io"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/history"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/store"
)

// What the handlers need of the rest of the node. Errors carry a fault kind.

// Engine runs executions; *engine.Engine is one.
type Engine interface {
	// Execute waits for the end of an execution.
	Execute(ctx context.Context, r *engine.Request) (*engine.Execution, error)
	// Start returns once a standard execution is durable.
	Start(ctx context.Context, r *engine.Request) (*engine.Execution, error)
	Get(ctx context.Context, id string) (*engine.Execution, error)
	List(ctx context.Context, f engine.Filter) (page []*engine.Execution, next string, err error)
	History(ctx context.Context, id string) ([]history.Event, error)
	Stop(ctx context.Context, id string, f dag.Failure) (*engine.Execution, error)

	// SucceedTask, FailTask and BeatTask return once what they say is durable.
	SucceedTask(ctx context.Context, token string, output value.Value) error
	FailTask(ctx context.Context, token string, f dag.Failure) error
	BeatTask(ctx context.Context, token string) error
	// Work returns a task of an activity, nil when none came in time.
	Work(ctx context.Context, namespace, name, worker string, wait time.Duration) (*engine.ActivityTask, error)
}

// Store keeps functions, packages and workflows; *store.Store is one.
type Store interface {
	CreateFunction(ctx context.Context, f *functions.Function) error
	UpdateFunction(ctx context.Context, f *functions.Function) error
	DeleteFunction(ctx context.Context, namespace, name string) error
	Function(ctx context.Context, namespace, name string) (*functions.Function, error)
	Functions(ctx context.Context, namespace string) ([]*functions.Function, error)

	// PutPackage keeps an archive under its digest.
	PutPackage(ctx context.Context, digest string, archive io.ReadSeeker) error
	HasPackage(ctx context.Context, digest string) (bool, error)

	CreateWorkflow(ctx context.Context, w *store.Workflow) error
	UpdateWorkflow(ctx context.Context, w *store.Workflow) error
	DeleteWorkflow(ctx context.Context, namespace, name string) error
	Workflow(ctx context.Context, namespace, name string) (*store.Workflow, error)
	Workflows(ctx context.Context, namespace string) ([]*store.Workflow, error)
}

// Pool is what the handlers ask of the warm instances of this node.
type Pool interface {
	// Check tells why this node can never run a function: its runtime, its
	// image or its size.
	Check(f *functions.Function) error
	// Prewarm starts up to n instances and returns how many it started; 0 only
	// fetches what they need, afresh when refresh is set.
	Prewarm(ctx context.Context, f *functions.Function, n int, refresh bool) (int, error)
	// Free returns the memory in MB and the CPUs that are not booked.
	Free() (memoryMB int64, cpus float64)
}

// Node describes this node and the others.
type Node interface {
	// Self describes this node.
	Self() api.Node
	// Status describes it as existing clients expect.
	Status() api.StatusResponse
	// Nodes lists the registered nodes.
	Nodes(ctx context.Context) ([]api.Node, error)
	// Ready tells why the node cannot serve calls now; nil when it can.
	Ready(ctx context.Context) error
	// Peer returns another node by its id; fault.Unavailable when none of that
	// id is registered.
	Peer(ctx context.Context, id string) (Peer, error)
}

// Peer is another node, to which requests about its executions are passed on;
// *client.Client is one. It marks them, so that they are not passed on again.
type Peer interface {
	SucceedTask(ctx context.Context, in api.TaskSuccess) error
	FailTask(ctx context.Context, in api.TaskFailure) error
	BeatTask(ctx context.Context, in api.TaskHeartbeat) error
	Stop(ctx context.Context, id string, in api.StopRequest) (api.Execution, error)
}

// Compiler makes a graph of a definition. An empty language is found out, and
// returned. Errors are fault.Invalid with one field for each fault.
type Compiler func(language, definition string, v engine.Variant) (graph *dag.Graph, found string, err error)
