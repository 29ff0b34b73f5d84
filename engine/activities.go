package engine

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// ActivityTask is a task that a worker outside does. The worker tells how it
// goes by the token.
type ActivityTask struct {
	Token string
	Input value.Value
	// Execution and State say where the task belongs.
	Execution, State string
}

// activities are the tasks that wait for workers, in order of their coming, by
// namespace and name of the activity.
type activities struct {
	mu      sync.Mutex
	waiting map[activity][]*offered
	workers map[activity][]chan *offered // those who ask while nothing waits
}

type activity struct{ namespace, name string }

// offered is a task on offer.
type offered struct {
	run  *run
	task ActivityTask
	over bool // withdrawn: nobody may have it any more
}

// put offers a task to a worker who asks, or to the next one. One that comes
// back from a worker who has gone is the first in the queue.
func (a *activities) put(of activity, o *offered, back bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if o.over {
		return
	}
	if workers := a.workers[of]; len(workers) > 0 {
		a.attend(of, workers[1:])
		workers[0] <- o // it has room for one
		return
	}
	at := len(a.waiting[of])
	if back {
		at = 0
	}
	a.keep(of, slices.Insert(a.waiting[of], at, o))
}

// take returns the oldest task, or where the next one will come.
func (a *activities) take(of activity) (*offered, chan *offered) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if queue := a.waiting[of]; len(queue) > 0 {
		a.keep(of, queue[1:])
		return queue[0], nil
	}
	worker := make(chan *offered, 1)
	a.attend(of, append(a.workers[of], worker))
	return nil, worker
}

// leave takes a worker away who asks no longer. It returns the task that has
// reached it meanwhile, if one has.
func (a *activities) leave(of activity, worker chan *offered) *offered {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.attend(of, slices.DeleteFunc(a.workers[of], func(w chan *offered) bool { return w == worker }))
	select {
	case o := <-worker:
		return o
	default:
		return nil
	}
}

// withdraw takes a task off.
func (a *activities) withdraw(of activity, o *offered) {
	a.mu.Lock()
	defer a.mu.Unlock()
	o.over = true
	a.keep(of, slices.DeleteFunc(a.waiting[of], func(other *offered) bool { return other == o }))
}

// keep and attend set what waits for an activity: nothing is kept of one that
// nobody waits for.
func (a *activities) keep(of activity, queue []*offered) {
	if a.waiting == nil {
		a.waiting = map[activity][]*offered{}
	}
	a.waiting[of] = queue
	if len(queue) == 0 {
		delete(a.waiting, of)
	}
}

func (a *activities) attend(of activity, workers []chan *offered) {
	if a.workers == nil {
		a.workers = map[activity][]chan *offered{}
	}
	a.workers[of] = workers
	if len(workers) == 0 {
		delete(a.workers, of)
	}
}

// offer puts the task of an activity on offer and returns what withdraws it.
func (r *run) offer(cmd dag.Invoke) context.CancelCauseFunc {
	if cmd.Taken {
		return func(error) {}
	}
	of := activity{r.rec.Namespace, cmd.Resource.Name}
	o := &offered{run: r, task: ActivityTask{
		Token: r.x.Token(cmd.Activation, cmd.Attempt), Input: cmd.Input, Execution: r.rec.ID, State: cmd.State,
	}}
	r.e.activities.put(of, o, false)
	return func(error) { r.e.activities.withdraw(of, o) }
}

// dismiss withdraws what a run that is over has on offer.
func (r *run) dismiss() {
	for key, cancel := range r.calls {
		cancel(errOver)
		delete(r.calls, key)
	}
}

// Work waits for a task of an activity, as long as wait says, and hands it to a
// worker: that it is taken is written down first. It returns nil when none came
// in time. ctx ends when the worker goes: a task that has reached it by then
// goes to the next one. A task that a worker has got and dropped ends by its
// timeout or heartbeat.
func (e *Engine) Work(ctx context.Context, namespace, name, worker string, wait time.Duration) (*ActivityTask, error) {
	of := activity{namespace, name}
	note, err := json.Marshal(struct {
		Worker string `json:"workerName,omitempty"`
	}{clip(worker, maxError)})
	if err != nil {
		return nil, err
	}
	until := time.Now().Add(wait)
	for {
		o, err := e.await(ctx, of, until)
		if o == nil {
			return nil, err
		}
		taken := o.run.hand(o, note)
		if err := context.Cause(ctx); err != nil {
			e.activities.put(of, o, true)
			return nil, err
		}
		if taken {
			return &o.task, nil
		}
	}
}

// await returns the next task of an activity; nil when none came in time, when
// ctx has ended, or when the engine drains.
func (e *Engine) await(ctx context.Context, of activity, until time.Time) (*offered, error) {
	if isClosed(e.drained) {
		return nil, errClosed
	}
	o, next := e.activities.take(of)
	if o != nil {
		return o, nil
	}
	over := time.NewTimer(time.Until(until))
	defer over.Stop()
	select {
	case o := <-next:
		return o, nil
	case <-over.C:
		return e.activities.leave(of, next), nil
	case <-ctx.Done():
		if o := e.activities.leave(of, next); o != nil {
			e.activities.put(of, o, true)
		}
		return nil, context.Cause(ctx)
	case <-e.drained:
		e.activities.leave(of, next) // recovery offers it again
		return nil, errClosed
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// hand writes down that a worker has a task; false when the task is over.
func (r *run) hand(o *offered, note json.RawMessage) bool {
	_, act, attempt, ok := dag.ParseToken(o.task.Token)
	if !ok {
		return false
	}
	answer := make(chan error, 1)
	r.post(letter{event: dag.Heartbeat{Activation: act, Attempt: attempt}, caller: &caller{token: o.task.Token, note: note, answer: func(err error) { answer <- err }}})
	select {
	case err := <-answer:
		return err == nil
	case <-r.ended:
		return false
	}
}
