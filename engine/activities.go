package engine

import (
	"context"
	"encoding/json"
	"sync"

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
	gone bool // withdrawn, or a worker has it
}

// put offers a task to a worker who asks, or to the next one.
func (a *activities) put(of activity, o *offered) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if workers := a.workers[of]; len(workers) > 0 {
		a.workers[of] = workers[1:]
		o.gone = true
		workers[0] <- o // it has room for one
		return
	}
	if a.waiting == nil {
		a.waiting = map[activity][]*offered{}
	}
	a.waiting[of] = append(a.waiting[of], o)
}

// take returns the oldest task, or where the next one will come.
func (a *activities) take(of activity) (*offered, chan *offered) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for queue := a.waiting[of]; len(queue) > 0; queue = queue[1:] {
		if o := queue[0]; !o.gone {
			o.gone = true
			a.keep(of, queue[1:])
			return o, nil
		}
	}
	a.keep(of, nil)
	if a.workers == nil {
		a.workers = map[activity][]chan *offered{}
	}
	worker := make(chan *offered, 1)
	a.workers[of] = append(a.workers[of], worker)
	return nil, worker
}

func (a *activities) keep(of activity, queue []*offered) {
	if len(queue) == 0 {
		delete(a.waiting, of)
		return
	}
	a.waiting[of] = queue
}

// leave takes a worker away who asks no longer; a task that has reached it goes
// to the next one.
func (a *activities) leave(of activity, worker chan *offered) {
	a.mu.Lock()
	workers := a.workers[of]
	for i, w := range workers {
		if w == worker {
			a.workers[of] = append(workers[:i:i], workers[i+1:]...)
		}
	}
	if len(a.workers[of]) == 0 {
		delete(a.workers, of)
	}
	a.mu.Unlock()
	select {
	case o := <-worker:
		o.gone = false
		a.put(of, o)
	default:
	}
}

// withdraw takes a task off.
func (a *activities) withdraw(o *offered) {
	a.mu.Lock()
	defer a.mu.Unlock()
	o.gone = true
}

// offer puts the task of an activity on offer and returns what withdraws it.
func (r *run) offer(cmd dag.Invoke) context.CancelCauseFunc {
	if cmd.Taken {
		return func(error) {}
	}
	o := &offered{run: r, task: ActivityTask{
		Token: r.x.Token(cmd.Activation, cmd.Attempt), Input: cmd.Input, Execution: r.rec.ID, State: cmd.State,
	}}
	r.e.activities.put(activity{r.rec.Namespace, cmd.Resource.Name}, o)
	return func(error) { r.e.activities.withdraw(o) }
}

// dismiss withdraws what a run that is over has on offer.
func (r *run) dismiss() {
	for key, cancel := range r.calls {
		cancel(errOver)
		delete(r.calls, key)
	}
}

// Work waits for a task of an activity and hands it to a worker: that it is
// taken is written down first. It returns nil when ctx ends before there is one.
// A task that a worker has taken and dropped ends by its timeout or heartbeat.
func (e *Engine) Work(ctx context.Context, namespace, name, worker string) (*ActivityTask, error) {
	of := activity{namespace, name}
	note, err := json.Marshal(struct {
		Worker string `json:"worker,omitempty"`
	}{clip(worker, maxError)})
	if err != nil {
		return nil, err
	}
	for {
		o, next := e.activities.take(of)
		if o == nil {
			select {
			case o = <-next:
			case <-ctx.Done():
				e.activities.leave(of, next)
				return nil, nil
			case <-e.life.Done():
				e.activities.leave(of, next)
				return nil, errClosed
			}
		}
		taken, err := o.run.hand(ctx, o, note)
		if err != nil {
			return nil, err
		}
		if taken {
			return &o.task, nil
		}
	}
}

// hand writes down that a worker has a task; false when the task is over.
func (r *run) hand(ctx context.Context, o *offered, note json.RawMessage) (bool, error) {
	_, act, attempt, ok := dag.ParseToken(o.task.Token)
	if !ok {
		return false, nil
	}
	answer := make(chan error, 1)
	r.post(letter{event: dag.Heartbeat{Activation: act, Attempt: attempt}, caller: &caller{token: o.task.Token, note: note, answer: func(err error) { answer <- err }}})
	select {
	case err := <-answer:
		return err == nil, nil
	case <-r.ended:
		return false, nil
	case <-ctx.Done(): // it may be taken: its timeout or heartbeat tells
		return false, context.Cause(ctx)
	}
}
