package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// Execute runs an execution to its end and describes it. An execution that
// failed is no error; an error says that the platform could not run it, or
// that ctx ended first. Then an express execution is given up, and a standard
// one goes on.
//
// An express execution of a function returns the fault of its only call as the
// error, and its function's failure in Result.
func (e *Engine) Execute(ctx context.Context, req *Request) (*Execution, error) {
	if req.Function != "" && req.Level != Standard {
		return e.single(ctx, req)
	}
	r, err := e.launch(ctx, req)
	if err != nil {
		return nil, err
	}
	return r.wait(ctx)
}

// Start accepts a standard execution: it returns once the execution is durable.
func (e *Engine) Start(ctx context.Context, req *Request) (*Execution, error) {
	durable := *req
	durable.Level = Standard
	r, err := e.launch(ctx, &durable)
	if err != nil {
		return nil, err
	}
	return r.describe()
}

// Invoke runs one call as an express execution of a one-state graph: it makes
// the engine a functions.Invoker.
func (e *Engine) Invoke(ctx context.Context, call *functions.Call) (*functions.Result, error) {
	x, err := e.single(ctx, &Request{
		Namespace: call.Namespace, Function: call.Function, Input: value.Raw(call.Input),
		Key: call.Key, Attempt: call.Attempt, Deadline: call.Deadline, Class: call.Class, MaxResponse: call.MaxResponse,
		Output: call.Output, Local: call.Local, Task: call.Task, Hops: call.Hops, Visited: call.Visited,
	})
	if err != nil {
		return nil, err
	}
	return x.Result, nil
}

// single drives the one-state graph of a function in the caller's goroutine:
// the same kernel, no journal, no goroutine, no timer.
func (e *Engine) single(ctx context.Context, req *Request) (*Execution, error) {
	if !e.begin(false) {
		return nil, errClosed
	}
	defer e.done()
	rec := e.record(req, Express)
	r := &run{e: e, rec: rec, forward: forwardedOf(req)}
	x := dag.NewExecution(dag.Single(req.Function))
	commands, err := x.Step(dag.Entry{Seq: 1, At: rec.Started, Event: dag.Started{Input: rec.Input}})
	if err != nil {
		return nil, fmt.Errorf("starting execution %s: %w", rec.ID, err)
	}
	cmd, ok := commands[0].(dag.Invoke)
	if !ok {
		return nil, fmt.Errorf("execution %s of function %s begins with a %T", rec.ID, req.Function, commands[0])
	}
	ctx, cut := context.WithCancelCause(ctx)
	defer cut(nil)
	defer context.AfterFunc(e.life, func() { cut(errClosed) })()
	result, failed := e.invoke(ctx, r.call(cmd), false)
	end := time.Now()
	if failed == nil && e.opts.Observe != nil {
		e.opts.Observe(&TaskReport{State: cmd.State, Function: cmd.Resource.Name, Activation: cmd.Activation, Attempt: cmd.Attempt, Started: rec.Started, Ended: end, Result: result, OutputBytes: len(result.Output)})
	}
	if failed != nil {
		return nil, failed
	}
	if _, err := x.Step(dag.Entry{Seq: 2, At: end, Event: outcome(cmd, result, nil)}); err != nil {
		return nil, fmt.Errorf("ending execution %s: %w", rec.ID, err)
	}
	done, _ := x.Done()
	answer := rec.describe()
	answer.Status, answer.Output, answer.Failure, answer.Ended, answer.Result = done.Status, done.Output, done.Failure, end, result
	return answer, nil
}

// record makes the header of a new execution.
func (e *Engine) record(req *Request, level Level) record {
	namespace := req.Namespace
	if namespace == "" {
		namespace = functions.DefaultNamespace
	}
	input := req.Input
	if input.IsAbsent() {
		input = value.EmptyObject
	}
	return record{
		ID: e.ids.next(), Namespace: namespace, Name: req.Name, Function: req.Function,
		Workflow: req.Workflow, Language: req.Language, Definition: req.Definition, Version: req.Version,
		Level: level, Owner: e.opts.Node, Started: time.Now(), Input: input, Deadline: req.Deadline,
		Class: req.Class, MaxResponse: req.MaxResponse, Output: req.Output, Local: req.Local,
		Mocks: req.Mocks, Limits: e.opts.Limits, Depth: req.depth,
	}
}

func forwardedOf(req *Request) forwarded {
	return forwarded{Key: req.Key, Attempt: req.Attempt, Task: req.Task, Hops: req.Hops, Visited: req.Visited}
}

// graph returns the graph of what a record executes.
func (e *Engine) graph(rec *record) (*dag.Graph, error) {
	if rec.Function != "" {
		return dag.Single(rec.Function), nil
	}
	graph, err := e.graphs.of(rec.Language, rec.Definition, Variant{Express: rec.Level == Express && rec.Parent == "", Mocked: len(rec.Mocks) > 0, Limits: rec.Limits})
	if err != nil || rec.Map == "" {
		return graph, err
	}
	if s := dag.Find(graph, rec.Map); s != nil && s.Body != nil {
		return s.Body, nil
	}
	return nil, fault.New(fault.Invalid, "no_such_map", "the definition has no Map %q", rec.Map)
}

// launch makes an execution durable, if it is standard, and sets it going.
func (e *Engine) launch(ctx context.Context, req *Request) (*run, error) {
	level := req.Level
	if level == "" {
		level = Standard
	}
	rec := e.record(req, level)
	graph, err := e.graph(&rec)
	if err != nil {
		return nil, err
	}
	if size := rec.Input.Size(); level == Standard && size > maxValue {
		return nil, fault.New(fault.TooLarge, "input_too_large", "the input has %d bytes; a standard execution takes at most %d", size, maxValue).
			WithHint("put the data where the functions find it and pass its name, or run it as EXPRESS")
	}
	if rec.Name != "" {
		if other, err := e.named(ctx, &rec); err != nil || other != nil {
			return other, err
		}
	}
	scope := e.life
	if level == Express {
		scope = ctx
	}
	r := e.newRun(scope, rec, graph)
	r.watchBranches()
	r.forward = forwardedOf(req)
	if level == Express {
		r.untie = context.AfterFunc(e.life, func() { r.end(errClosed) })
	}
	there, err := e.admit(r, true)
	if err != nil {
		r.untie()
		r.end(errOver)
		return nil, err
	}
	if there != r { // another caller of the same name was quicker
		r.end(errOver)
		return there, there.accepted(ctx)
	}
	return r.launch(ctx)
}

// launch is the first turn of a run. Those who came by the same name wait for
// its outcome.
func (r *run) launch(ctx context.Context) (*run, error) {
	first := dag.Entry{Seq: 1, At: r.rec.Started, Event: dag.Started{Seed: seed(), Input: r.rec.Input, Info: r.rec.info()}}
	err := r.begin(ctx, first)
	if err == nil {
		return r, nil
	}
	r.refuse(err)
	if errors.Is(err, fault.Exists) && r.rec.Name != "" {
		return r.e.attach(ctx, r.rec.ID) // another node of the same name was quicker
	}
	return nil, err
}

// refuse ends a run that was not accepted.
func (r *run) refuse(err error) {
	r.mu.Lock()
	r.fail = err
	r.mu.Unlock()
	r.release()
	close(r.ready)
}

// accepted waits until a run is durable. The error says why it is not.
func (r *run) accepted(ctx context.Context) error {
	select {
	case <-r.ready:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fail
}

func (rec *record) info() dag.Info {
	workflow := rec.Workflow
	if workflow == "" {
		workflow = rec.Function
	}
	return dag.Info{ID: rec.ID, Name: rec.Name, Workflow: workflow, Start: rec.Started}
}

// begin steps the first entry, writes it down with the header, and acts. The
// accepting of an execution is never tried again behind its caller's back.
func (r *run) begin(ctx context.Context, first dag.Entry) error {
	if !r.e.begin(false) {
		return errClosed
	}
	defer r.e.done()
	commands, err := r.x.Step(first)
	if err != nil {
		return fmt.Errorf("starting execution %s: %w", r.rec.ID, err)
	}
	if err := r.accept(ctx, first); err != nil {
		return err
	}
	close(r.ready)
	r.act(commands)
	if end := finish(commands, first.At); end != nil {
		if end, err = r.write(first.Seq, nil, end); err != nil {
			r.drop(err)
			return nil // it was accepted; whoever waits is told
		}
		r.close(end)
		return nil
	}
	r.resumeTurns()
	return nil
}

// acceptTime bounds the accepting of an execution. It does not end with its
// caller's patience: a caller that leaves must not leave half an execution.
const acceptTime = 10 * time.Second

// accept writes the header and the first entry of a standard execution. When
// the outcome is not known it looks.
func (r *run) accept(ctx context.Context, first dag.Entry) error {
	if r.rec.Level == Express {
		return nil
	}
	header, err := encode(&r.rec)
	if err != nil {
		return fmt.Errorf("coding the header of execution %s: %w", r.rec.ID, err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), acceptTime)
	defer cancel()
	err = r.e.opts.Journal.Begin(ctx, r.rec.ID, r.rec.Owner, header, first)
	if fault.KindOf(err) == fault.Unknown || fault.KindOf(err) == fault.Timeout {
		if there, _, _, look := r.e.opts.Journal.Load(ctx, r.rec.ID); look == nil && bytes.Equal(there, header) {
			return nil
		}
	}
	if err != nil {
		return fmt.Errorf("accepting an execution: %w", err)
	}
	return nil
}

// resumeTurns hands the inbox over to turns after a first, direct turn.
func (r *run) resumeTurns() {
	r.mu.Lock()
	waiting := len(r.inbox) > 0
	r.busy = waiting
	r.mu.Unlock()
	if waiting && r.e.begin(true) {
		go func() {
			defer r.e.done()
			r.turns()
		}()
	}
}

// named claims the name of a record. It returns the execution that has the
// name already, when its input is the same.
func (e *Engine) named(ctx context.Context, rec *record) (*run, error) {
	if e.opts.Names == nil || rec.Level != Standard {
		return nil, fault.New(fault.Invalid, "name_not_allowed", "only standard executions have names")
	}
	sum := sha256.Sum256(rec.Input.Bytes())
	of := rec.Workflow
	if of == "" {
		of = rec.Function
	}
	id, err := e.opts.Names.ClaimName(ctx, rec.Namespace, of, rec.Name, rec.ID, hex.EncodeToString(sum[:]))
	if err != nil || id == rec.ID {
		return nil, err
	}
	r, err := e.attach(ctx, id)
	if errors.Is(err, fault.NotFound) {
		// its first owner died between the claim and the start: take the name's id
		rec.ID = id
		return nil, nil
	}
	return r, err
}

// attach returns an execution that was accepted before: the run of it that is
// in memory, one that is resumed if this node owns it, or a view of it.
func (e *Engine) attach(ctx context.Context, id string) (*run, error) {
	if r := e.active(id); r != nil {
		return r, r.accepted(ctx)
	}
	x, rec, err := e.load(ctx, id)
	if err != nil {
		return nil, err
	}
	if x.Status == dag.Running && rec.Owner == e.opts.Node {
		if err := e.resume(ctx, id); err != nil {
			return nil, err
		}
		if r := e.active(id); r != nil {
			return r, r.accepted(ctx)
		}
		if x, rec, err = e.load(ctx, id); err != nil { // it ended meanwhile
			return nil, err
		}
	}
	return &run{e: e, rec: *rec, distant: x}, nil
}

// wait waits for the end of the run.
func (r *run) wait(ctx context.Context) (*Execution, error) {
	if r.distant != nil {
		return r.watch(ctx)
	}
	select {
	case <-r.ended:
		return r.describe()
	case <-r.held:
		return nil, fault.New(fault.Unavailable, "node_stopping", "the node is stopping; execution %s goes on when it is back", r.rec.ID).
			WithHint("ask for it under its id").WithRetryAfter(2 * time.Second)
	case <-ctx.Done():
	}
	if r.rec.Level == Express {
		r.post(letter{event: dag.Aborted{Failure: dag.Failure{Error: "Execution.Abandoned", Cause: "the caller went away"}}})
		return nil, context.Cause(ctx)
	}
	return nil, stillRunning(ctx, r.rec.ID)
}

// watch waits for the end of an execution that another node runs.
func (r *run) watch(ctx context.Context) (*Execution, error) {
	x := r.distant
	for wait := firstWait; x.Status == dag.Running; wait = min(2*wait, maxWait) {
		select {
		case <-time.After(wait):
		case <-r.e.life.Done():
			return nil, errClosed
		case <-ctx.Done():
			return nil, stillRunning(ctx, r.rec.ID)
		}
		var err error
		if x, _, err = r.e.load(ctx, r.rec.ID); err != nil {
			return nil, err
		}
	}
	return x, nil
}

func stillRunning(ctx context.Context, id string) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fault.New(fault.Timeout, "still_running", "execution %s is still running", id).
			WithHint("it goes on; ask for it under its id")
	}
	return context.Cause(ctx)
}
