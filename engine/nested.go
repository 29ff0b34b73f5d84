package engine

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/internal/fault"
)

// maxDepth is how deep executions that wait for each other may nest.
const maxDepth = 20

// The names under which starting an execution fails, as AWS has them.
const (
	errorNoWorkflow = "StepFunctions.StateMachineDoesNotExistException"
	errorNameTaken  = "StepFunctions.ExecutionAlreadyExistsException"
)

// Definition is a registered workflow.
type Definition struct{ Workflow, Language, Definition, Version string }

// startWorkflow starts an execution of a registered workflow and, if the task
// waits for it, returns once it has ended. A repetition finds the execution
// that the first call started.
func (r *run) startWorkflow(ctx context.Context, cmd dag.Invoke) (value.Value, error) {
	if r.e.opts.Workflow == nil {
		return value.Value{}, noWorkflow(cmd.Resource.Name)
	}
	d, err := r.e.opts.Workflow(ctx, r.rec.Namespace, cmd.Resource.Name)
	switch {
	case errors.Is(err, fault.NotFound), errors.Is(err, fault.Invalid):
		return value.Value{}, noWorkflow(cmd.Resource.Name)
	case err != nil:
		return value.Value{}, err
	}
	waits := cmd.Resource.Pattern == dag.Sync
	req := &Request{
		Namespace: r.rec.Namespace, Workflow: d.Workflow, Language: d.Language, Definition: d.Definition, Version: d.Version,
		Level: Standard, Input: cmd.Input.Get("input"), Name: cmd.Input.Get("name").Text(), Class: r.rec.Class, Hops: r.forward.Hops,
	}
	if req.Name == "" {
		req.Name = "task-" + strings.ReplaceAll(r.key(cmd), "/", "-") + "-" + strconv.Itoa(cmd.Attempt)
	}
	if waits {
		if req.depth = r.rec.Depth + 1; req.depth > maxDepth {
			return value.Value{}, tooDeep()
		}
	}
	child, err := r.start(ctx, func() (*run, error) { return r.e.launch(ctx, req) })
	switch {
	case errors.Is(err, fault.Conflict):
		return value.Value{}, &FailureError{dag.Failure{Error: errorNameTaken, Cause: fault.From(err).Error()}}
	case err != nil:
		return value.Value{}, err
	case !waits:
		x, err := child.describe()
		if err != nil {
			return value.Value{}, err
		}
		return told(x), nil
	}
	x, err := r.await(ctx, child)
	if err != nil {
		return value.Value{}, err
	}
	return told(x), nil
}

func noWorkflow(name string) error {
	return &FailureError{dag.Failure{Error: errorNoWorkflow, Cause: fmt.Sprintf("State Machine Does Not Exist: '%s'", clip(name, maxError))}}
}

func tooDeep() error {
	return &FailureError{dag.Failure{Error: dag.ErrorRuntime, Cause: fmt.Sprintf("executions that wait for each other nest deeper than %d levels", maxDepth), Fatal: true}}
}

// start launches an execution, waiting while this node has no room for it.
func (r *run) start(ctx context.Context, launch func() (*run, error)) (*run, error) {
	for wait := firstWait; ; wait = min(2*wait, maxWait) {
		child, err := launch()
		if err == nil || !notStarted(err) {
			return child, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, err
		case <-timer.C:
		}
	}
}

// await waits for the end of an execution; one that its parent has cancelled is
// stopped.
func (r *run) await(ctx context.Context, child *run) (*Execution, error) {
	x, err := child.wait(ctx)
	if err == nil || !errors.Is(context.Cause(ctx), errCancelled) || child.rec.Level == Express {
		return x, err
	}
	stop, cancel := context.WithTimeout(r.e.life, acceptTime)
	defer cancel()
	failure := dag.Failure{Error: "Execution.ParentCancelled", Cause: "the task that started it was cancelled"}
	if _, err := r.e.Stop(stop, child.rec.ID, failure); err != nil {
		r.e.log.WarnContext(ctx, "a nested execution cannot be stopped", "execution", child.rec.ID, "err", err)
	}
	return nil, err
}

// told is what a task learns of an execution.
func told(x *Execution) value.Value {
	name := x.Name
	if name == "" {
		name = x.ID
	}
	members := []value.Member{
		{Key: "id", Value: value.OfString(x.ID)}, {Key: "name", Value: value.OfString(name)}, {Key: "workflow", Value: value.OfString(x.Workflow)},
		{Key: "status", Value: value.OfString(string(x.Status))}, {Key: "input", Value: x.Input}, {Key: "started", Value: moment(x.Started)},
	}
	if x.Failure != nil {
		members = append(members, value.Member{Key: "error", Value: value.OfString(x.Failure.Error)}, value.Member{Key: "cause", Value: value.OfString(x.Failure.Cause)})
	}
	if x.Status == dag.Completed {
		members = append(members, value.Member{Key: "output", Value: x.Output})
	}
	if !x.Ended.IsZero() {
		members = append(members, value.Member{Key: "ended", Value: moment(x.Ended)})
	}
	return value.OfObject(members...)
}

func moment(t time.Time) value.Value {
	return value.OfString(t.UTC().Format("2006-01-02T15:04:05.000Z"))
}

// runChild executes the body of a distributed Map for one item. The child has
// the definition of its parent and an id that follows from the call, so that a
// repetition finds it.
func (r *run) runChild(ctx context.Context, cmd dag.Invoke) (value.Value, error) {
	rec := r.rec
	rec.ID = ChildID(r.rec.ID, cmd.Activation)
	rec.Parent, rec.Map, rec.Depth = r.rec.ID, cmd.Resource.Name, r.rec.Depth+1
	rec.Name, rec.Input, rec.Started, rec.Owner = "", cmd.Input, time.Now(), r.e.opts.Node
	if rec.Depth > maxDepth {
		return value.Value{}, tooDeep()
	}
	if cmd.Resource.Express {
		rec.Level = Express
	}
	child, err := r.start(ctx, func() (*run, error) { return r.e.launchChild(ctx, r, rec) })
	if err != nil {
		return value.Value{}, err
	}
	x, err := r.await(ctx, child)
	switch {
	case err != nil:
		return value.Value{}, err
	case x.Status == dag.Completed:
		return x.Output, nil
	case x.Failure == nil:
		return value.Value{}, &FailureError{dag.Failure{Cause: "the child ended as " + string(x.Status)}}
	}
	return value.Value{}, &FailureError{*x.Failure}
}

// launchChild makes a child durable, if it is standard, and sets it going.
// Children do not count as fresh: their parent has been admitted.
func (e *Engine) launchChild(ctx context.Context, parent *run, rec record) (*run, error) {
	graph, err := e.graph(&rec)
	if err != nil {
		return nil, err
	}
	scope := e.life
	if rec.Level == Express {
		scope = ctx
	}
	child := e.newRun(scope, rec, graph)
	child.forward, child.mocks = parent.forward, parent.mocks
	child.watchBranches()
	if rec.Level == Express {
		child.untie = context.AfterFunc(e.life, func() { child.end(errClosed) })
	}
	there, err := e.admit(child, false)
	if err != nil {
		child.untie()
		child.end(errOver)
		return nil, err
	}
	if there != child {
		child.end(errOver)
		return there, there.accepted(ctx)
	}
	begun, err := child.launch(ctx)
	if errors.Is(err, fault.Exists) { // it was begun before this node died
		return e.attach(ctx, rec.ID)
	}
	return begun, err
}

// ChildID makes the id of the execution of an item of a distributed Map from the
// call for it: it has the shard and the moment of its parent, and nobody can
// guess it who does not know the parent's.
func ChildID(parent string, call dag.ID) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", parent, call))
	const head = 2
	id, err := ulid.ParseStrict(parent[head:])
	if err != nil {
		id = ulid.ULID{}
	}
	copy(id[6:], sum[:]) // the first six bytes are the moment
	return parent[:head] + id.String()
}
