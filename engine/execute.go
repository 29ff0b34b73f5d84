package engine

import (
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
	result, failed := e.invoke(ctx, r.call(cmd), false)
	end := time.Now()
	if failed == nil && e.opts.Observe != nil {
		e.opts.Observe(&TaskReport{State: cmd.State, Function: cmd.Function, Activation: cmd.Activation, Attempt: cmd.Attempt, Started: rec.Started, Ended: end, Result: result, OutputBytes: len(result.Output)})
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
	return e.graphs.of(rec.Language, rec.Definition)
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
		context.AfterFunc(e.life, func() { r.end(errClosed) })
	}
	if err := e.admit(r); err != nil {
		return nil, err
	}
	first := dag.Entry{Seq: 1, At: rec.Started, Event: dag.Started{Seed: seed(), Input: rec.Input, Info: rec.info()}}
	if err := r.begin(ctx, first); err != nil {
		e.forget(rec.ID)
		r.end(errOver)
		return nil, err
	}
	return r, nil
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
	r.busy = true // the letters of the first calls wait until this turn is over
	commands, err := r.x.Step(first)
	if err != nil {
		return fmt.Errorf("starting execution %s: %w", r.rec.ID, err)
	}
	if err := r.accept(ctx, first); err != nil {
		return err
	}
	r.act(commands)
	if end := finish(commands, first.At); end != nil {
		if err := r.write(first.Seq, nil, end); err != nil {
			r.drop(err)
			return err
		}
		r.close(end)
		return nil
	}
	r.resumeTurns()
	return nil
}

// accept writes the header and the first entry of a standard execution.
func (r *run) accept(ctx context.Context, first dag.Entry) error {
	if r.rec.Level == Express {
		return nil
	}
	header, err := encode(&r.rec)
	if err != nil {
		return fmt.Errorf("coding the header of execution %s: %w", r.rec.ID, err)
	}
	if err := r.e.opts.Journal.Begin(ctx, r.rec.ID, r.rec.Owner, header, first); err != nil {
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
	if r := e.active(id); r != nil {
		return r, nil
	}
	x, known, err := e.load(ctx, id)
	if errors.Is(err, fault.NotFound) {
		// its first owner died between the claim and the start: take the name's id
		rec.ID = id
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return finished(e, known, x), nil
}

// finished wraps an execution that is not in memory so that wait and describe
// answer for it.
func finished(e *Engine, rec *record, x *Execution) *run {
	r := &run{e: e, rec: *rec, ended: make(chan struct{}), tasks: x.Tasks}
	if x.Status != dag.Running {
		r.closing = &summary{Status: x.Status, Output: x.Output, Failure: x.Failure, Ended: x.Ended}
		close(r.ended)
	}
	return r
}

// wait waits for the end of the run.
func (r *run) wait(ctx context.Context) (*Execution, error) {
	select {
	case <-r.ended:
		return r.describe()
	case <-ctx.Done():
	}
	if r.rec.Level == Express {
		r.post(letter{event: dag.Aborted{Failure: dag.Failure{Error: "Execution.Abandoned", Cause: "the caller went away"}}})
		return nil, context.Cause(ctx)
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil, fault.New(fault.Timeout, "still_running", "execution %s is still running", r.rec.ID).
			WithHint("it goes on; ask for it under its id")
	}
	return nil, context.Cause(ctx)
}
