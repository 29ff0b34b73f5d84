// Package services makes the calls of tasks that are neither of functions nor
// of executions: of HTTP endpoints, of the readers and writers of distributed
// maps, of objects. It is a shell: what a call gets and what becomes of its
// answer is the language's.
//
// The invariant: a call reaches nothing that the configuration of the node does
// not allow.
package services

import (
	"context"
	"fmt"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/store/objects"
)

// Services implements engine.Services.
type Services struct {
	http    *endpoints
	objects objects.Store
}

// Options say what may be called.
type Options struct {
	// Allow lists the hosts that http:invoke may call, as "example.com",
	// "example.com:8443" or "*.example.com"; "*" is any. Empty allows none.
	Allow []string
	// Objects is where readers read, writers write, and s3:getObject and putObject
	// go. The caller closes it.
	Objects objects.Store
}

// New returns services; Close them.
func New(o Options) *Services {
	return &Services{http: newEndpoints(o.Allow), objects: o.Objects}
}

// Close lets go of connections that wait for use.
func (s *Services) Close() error {
	s.http.client.CloseIdleConnections()
	return nil
}

// Call makes a call; see engine.Services.
func (s *Services) Call(ctx context.Context, call *engine.ServiceCall) (value.Value, error) {
	switch call.Resource.Kind {
	case dag.HTTPResource:
		return s.http.call(ctx, call)
	case dag.ReaderResource:
		return s.read(ctx, call)
	case dag.WriterResource:
		return s.write(ctx, call)
	case dag.ServiceResource:
		if call.Resource.Service == "aws-sdk:s3" {
			return s.object(ctx, call)
		}
	case dag.FunctionResource, dag.ActivityResource, dag.WorkflowResource, dag.ChildResource: // the engine's own
	}
	return value.Value{}, failed(dag.ErrorRuntime, "no node can call %s:%s", call.Resource.Service, call.Resource.Action)
}

// failed makes the failure of a task.
func failed(name, format string, args ...any) error {
	return &engine.FailureError{Failure: dag.Failure{Error: name, Cause: fmt.Sprintf(format, args...)}}
}
