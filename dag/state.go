package dag

import (
	"github.com/serverledge/serverledge/dag/value"
)

// enter starts an attempt of an activation.
func (x *Execution) enter(a *activation) {
	s := a.state
	a.attempt++
	a.draws, a.effective, a.fork, a.opened, a.run = nil, a.input, nil, false, false
	if a.entered.IsZero() {
		if s.When != nil && !x.guarded(a) {
			return
		}
		a.entered = x.now
		x.tell(StateEntered, a, a.input, nil)
	}
	if s.In != nil {
		v, failure := s.In(x.look(a))
		if failure != nil {
			x.reject(a, failure)
			return
		}
		a.effective = orNull(v)
	}
	switch s.Kind {
	case Task:
		x.call(a)
	case Pass, Succeed:
		x.complete(a, a.effective)
	case Choice:
		x.choose(a)
	case Wait:
		x.wait(a)
	case Fail:
		failure := &Failure{}
		if s.Failure != nil {
			failure = s.Failure(x.look(a))
		}
		x.reject(a, failure)
	case Parallel:
		x.branch(a)
	case Map:
		x.enterMap(a)
	}
}

// choose goes the way of the first case that holds.
func (x *Execution) choose(a *activation) {
	s := a.state
	for i := range s.Cases {
		c := &s.Cases[i]
		holds, failure := c.When(x.look(a))
		if failure != nil {
			x.reject(a, failure)
			return
		}
		if !holds {
			continue
		}
		out := c.Out
		if out == nil {
			out = s.Out
		}
		x.leave(a, a.effective, out, c.Assign, c.Next)
		return
	}
	if s.Default == "" {
		x.fail(a, &Failure{Error: ErrorNoChoiceMatched, Cause: "no case of " + s.Name + " holds, and it has no default"})
		return
	}
	x.leave(a, a.effective, s.Out, s.Assign, s.Default)
}

func (x *Execution) wait(a *activation) {
	until, failure := a.state.Until(x.look(a))
	if failure != nil {
		x.reject(a, failure)
		return
	}
	until = until.Round(0).UTC()
	if !until.After(x.now) {
		x.complete(a, a.effective)
		return
	}
	a.phase = waiting
	a.timer = x.setTimer(a, until, false)
}

// complete leaves an activation whose work has its result.
func (x *Execution) complete(a *activation, result value.Value) {
	x.leave(a, result, a.state.Out, a.state.Assign, a.state.Next)
}

// leave shapes the output of an activation, assigns variables and goes on. All
// shapes see the variables as they were; a failing one fails the state.
func (x *Execution) leave(a *activation, result value.Value, out Shape, assign Assign, next string) {
	output := result
	var bound []Binding
	var failure *Failure
	if out != nil {
		scope := x.look(a)
		scope.Result = result
		if output, failure = out(scope); failure != nil {
			x.reject(a, failure)
			return
		}
		output = orNull(output)
	}
	if assign != nil {
		scope := x.look(a)
		scope.Result = result
		if bound, failure = assign(scope); failure != nil {
			x.reject(a, failure)
			return
		}
	}
	x.goOn(a, output, bound, next, handler{})
}

// handler is the Catch by which a state is left; zero when it did its work.
type handler struct {
	caught *Failure
	rule   int
}

// goOn is the end of an activation.
func (x *Execution) goOn(a *activation, output value.Value, bound []Binding, next string, by handler) {
	a.phase = left
	x.drop(a)
	if !x.bind(a.frame, bound) {
		x.overrun("the variables of the execution have more than %d bytes", x.limits.Variables)
		return
	}
	x.tellExit(a, output, bound, by)
	x.follow(a, output, next)
}
