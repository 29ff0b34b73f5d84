package dag

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/serverledge/serverledge/dag/value"
)

// reject fails an activation because of what a function of its language says.
func (x *Execution) reject(a *activation, failure *Failure) {
	if failure.Evaluation {
		x.tell(EvaluationFailed, a, value.Value{}, failure)
	}
	x.fail(a, failure)
}

// fail handles the failure of an activation: the first Retry that matches
// decides whether there is another attempt, else the first Catch that matches
// where to go on, else the frame fails.
func (x *Execution) fail(a *activation, failure *Failure) {
	x.halt(a)
	if a.run {
		a.run = false
		x.tell(MapRunFailed, a, value.Value{}, failure)
	}
	if x.retry(a, failure) {
		return
	}
	if !failure.Fatal {
		switch a.state.Kind {
		case Parallel:
			x.tell(ParallelFailed, a, value.Value{}, failure)
		case Map:
			x.tell(MapFailed, a, value.Value{}, failure)
		case Task, Pass, Choice, Wait, Succeed, Fail:
		}
	}
	if x.catch(a, failure) {
		return
	}
	x.failFrame(a.frame, failure)
}

// retry arranges another attempt, if there is to be one.
func (x *Execution) retry(a *activation, failure *Failure) bool {
	i := slices.IndexFunc(a.state.Retry, func(r Retry) bool { return failure.matches(r.Errors) })
	if i < 0 {
		return false
	}
	r := &a.state.Retry[i]
	if a.retries == nil {
		a.retries = make([]int, len(a.state.Retry))
	}
	if a.retries[i] >= r.MaxAttempts {
		return false
	}
	delay := r.delay(a.retries[i])
	if r.Jitter {
		delay = time.Duration(float64(delay) * x.chance(a).Float64())
	}
	a.retries[i]++
	x.drop(a)
	if delay <= 0 {
		x.tellRetry(a, failure, x.now, i)
		x.ready(a)
		return true
	}
	a.phase = retrying
	a.timer = x.setTimer(a, x.now.Add(delay), false)
	x.tellRetry(a, failure, x.now.Add(delay), i)
	return true
}

// maxDelay keeps a growing delay within what a date can hold.
const maxDelay = 100 * 365 * 24 * time.Hour

// delay returns how long to wait before the retry that follows n others.
func (r *Retry) delay(n int) time.Duration {
	d := float64(r.Interval)
	if r.Backoff > 0 {
		d *= math.Pow(r.Backoff, float64(n))
	}
	most := maxDelay
	if r.MaxDelay > 0 && r.MaxDelay < most {
		most = r.MaxDelay
	}
	if d >= float64(most) || math.IsNaN(d) {
		return most
	}
	return time.Duration(d)
}

// catch goes on where the first matching Catch says, if there is one. A
// failure on the way is not caught again.
func (x *Execution) catch(a *activation, failure *Failure) bool {
	i := slices.IndexFunc(a.state.Catch, func(c Catch) bool { return failure.matches(c.Errors) })
	if i < 0 {
		return false
	}
	c := &a.state.Catch[i]
	output := failure.output()
	var bound []Binding
	var second *Failure
	if c.Out != nil {
		scope := x.look(a)
		scope.Failure, scope.Result = failure, output
		v, f := c.Out(scope)
		output, second = orNull(v), f
	}
	if second == nil && c.Assign != nil {
		scope := x.look(a)
		scope.Failure, scope.Result = failure, failure.output()
		bound, second = c.Assign(scope)
	}
	if second != nil {
		if second.Evaluation {
			x.tell(EvaluationFailed, a, value.Value{}, second)
		}
		x.failFrame(a.frame, second)
		return true
	}
	x.goOn(a, output, bound, c.Next, handler{failure, i})
	return true
}

// matches tells whether a list of error names covers the failure.
func (f *Failure) matches(names []string) bool {
	if f.Fatal || f.Error == ErrorRuntime {
		return false
	}
	late := f.Error == ErrorTimeout || f.Error == ErrorHeartbeatTimeout
	return slices.ContainsFunc(names, func(name string) bool {
		switch name {
		case f.Error:
			return true
		case ErrorAll:
			return f.Error != ErrorDataLimitExceeded
		case ErrorTaskFailed:
			return !late
		case ErrorTimeout:
			return late
		case ErrorHeartbeatTimeout:
			return f.heartbeat
		}
		return false
	})
}

// output is what a Catch passes on unless it shapes it.
func (f *Failure) output() value.Value {
	name, cause := value.OfString(f.Error), value.OfString(f.Cause)
	switch {
	case f.Error == "" && f.Cause == "":
		name, cause = value.NullValue, value.NullValue
	case f.Error == "":
		name = value.NullValue
	case f.Cause == "":
		cause = value.Value{} // left out
	}
	return value.OfObject(value.Member{Key: "Error", Value: name}, value.Member{Key: "Cause", Value: cause})
}

// chance returns the draws of an attempt: equal in every replay, and different
// for every attempt of every activation. Without an activation they are the
// execution's own.
func (x *Execution) chance(a *activation) *rand.Rand {
	draws, id, attempt := &x.draws, ID(0), 0
	if a != nil {
		draws, id, attempt = &a.draws, a.id, a.attempt
	}
	if *draws == nil {
		*draws = rand.NewPCG(x.seed, uint64(id)<<16|uint64(attempt))
	}
	return rand.New(*draws)
}
