package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/api/client"
	"github.com/serverledge/serverledge/internal/fault"
)

// How long a worker tries to bring home how a task went, and how long it pauses
// when the node does not answer.
const (
	tellTime   = 10 * time.Minute
	firstPause = 100 * time.Millisecond
	maxPause   = 5 * time.Second
)

// worker does the tasks of an activity, one after another.
type worker struct {
	app      *app
	node     *client.Client
	activity string
	name     string
	command  []string
	// errorName is that of a task whose command fails; beat is how often a task
	// is said to be alive.
	errorName string
	beat      time.Duration
	once      bool
}

var (
	errTaskOver    = errors.New("the task is over")
	errInterrupted = errors.New("the worker was interrupted")
)

// run works until ctx ends, which the first signal does, and then finishes the
// task at hand unless a second one comes.
func (w *worker) run(ctx context.Context) error {
	hard, stop := secondSignal(ctx)
	defer stop()
	pause := firstPause
	for ctx.Err() == nil {
		task, err := w.poll(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil && !transient(err):
			return cannot(err, "ask for tasks of %q", w.activity)
		case err != nil:
			if pause == firstPause {
				w.app.sayf("cannot ask for tasks now, trying on: %v\n", err)
			}
			rest(ctx, pause)
			pause = min(2*pause, maxPause)
			continue
		}
		pause = firstPause
		if task == nil {
			continue
		}
		if err := w.do(ctx, hard, task); err != nil {
			return err
		}
		if w.once {
			return nil
		}
	}
	return nil
}

// poll asks for a task. One that came while ctx ended is done all the same.
func (w *worker) poll(ctx context.Context) (*api.ActivityTask, error) {
	ctx, cancel := context.WithTimeout(ctx, defaultPoll+patience)
	defer cancel()
	return w.node.Work(ctx, w.activity, w.name, defaultPoll)
}

// do does one task and tells how it went. It returns an error when the worker
// was interrupted twice.
func (w *worker) do(soft, hard context.Context, task *api.ActivityTask) error {
	began := time.Now()
	ctx, end := context.WithCancelCause(hard)
	defer context.AfterFunc(soft, func() {
		w.app.sayf("finishing the task; another signal ends it\n")
	})()
	beating := make(chan struct{})
	go func() {
		defer close(beating)
		w.beats(ctx, end, task)
	}()
	output, failure := w.execute(ctx, task)
	over := errors.Is(context.Cause(ctx), errTaskOver)
	end(nil)
	<-beating
	err, what := errTaskOver, "succeeded"
	if !over && failure == nil {
		err = w.tell(hard, func(ctx context.Context) error {
			return w.node.SucceedTask(ctx, api.TaskSuccess{TaskToken: task.TaskToken, Output: output})
		})
		switch {
		case errors.Is(err, fault.Invalid):
			failure = &api.TaskFailure{Error: w.errorName, Cause: "the output was refused: " + err.Error()}
		case errors.Is(err, fault.TooLarge):
			failure = &api.TaskFailure{Error: errorTooLarge, Cause: err.Error()}
		}
	}
	if !over && failure != nil {
		failure.TaskToken, what = task.TaskToken, "failed with "+failure.Error
		err = w.tell(hard, func(ctx context.Context) error { return w.node.FailTask(ctx, *failure) })
	}
	switch {
	case errors.Is(err, fault.NotFound), errors.Is(err, errTaskOver):
		what = "is over, nobody waits for it"
	case err != nil:
		what = "was done, but the node cannot be told: " + err.Error()
	}
	w.app.sayf("%s of %s %s (%s)\n", task.State, task.Execution, what, time.Since(began).Round(time.Millisecond))
	return context.Cause(hard)
}

// beats says that the task is alive until ctx ends, and ends it when nobody
// waits for the task any more.
func (w *worker) beats(ctx context.Context, end context.CancelCauseFunc, task *api.ActivityTask) {
	if w.beat <= 0 {
		return
	}
	tick := time.NewTicker(w.beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		try, cancel := context.WithTimeout(ctx, patience)
		err := w.node.BeatTask(try, api.TaskHeartbeat{TaskToken: task.TaskToken})
		cancel()
		if errors.Is(err, fault.NotFound) {
			end(errTaskOver)
			return
		}
	}
}

// tell brings home how a task went. It tries again while the node does not
// answer, unless ctx ends.
func (w *worker) tell(ctx context.Context, say func(context.Context) error) error {
	began := time.Now()
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		try, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		err := say(try)
		cancel()
		if err == nil || !transient(err) || time.Since(began) > tellTime || !rest(ctx, pause) {
			return err
		}
	}
}

// transient tells that asking again may help.
func transient(err error) bool {
	switch fault.KindOf(err) {
	case fault.Unavailable, fault.Unknown, fault.Timeout, fault.Exhausted, fault.Internal:
		return true
	case fault.Invalid, fault.NotFound, fault.Exists, fault.Conflict, fault.Denied, fault.Unimplemented, fault.TooLarge, fault.Loop:
		return false
	}
	return false
}

// rest pauses; false when ctx ended.
func rest(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// secondSignal returns a context that outlives ctx, which the first signal
// ends, and ends with the second one.
func secondSignal(ctx context.Context) (hard context.Context, stop func()) {
	hard, end := context.WithCancelCause(context.WithoutCancel(ctx))
	signals, done := make(chan os.Signal, 2), make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range 2 {
			select {
			case <-signals:
			case <-done:
				return
			}
		}
		end(errInterrupted)
	}()
	return hard, func() {
		signal.Stop(signals)
		close(done)
		<-ended
		end(nil)
	}
}
