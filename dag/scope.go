package dag

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/serverledge/serverledge/dag/value"
)

// look returns the scope of an activation. There is one per execution: it is
// valid until the next look.
func (x *Execution) look(a *activation) *Scope {
	x.scope = Scope{
		Input: a.input, Effective: a.effective, Item: a.frame.item, Execution: &x.info,
		State: StateInfo{Name: a.state.Name, Entered: a.entered, Event: a.event, Retries: max(0, a.attempt-1)},
		x:     x, frame: a.frame, act: a,
	}
	if a.entered.IsZero() {
		x.scope.State.Entered = x.now
	}
	if a.state.Kind == Task && a.state.Resource.Pattern == Callback {
		x.scope.State.Token = x.Token(a.id, a.attempt)
	}
	return &x.scope
}

// Var returns the value of a variable: of this frame, else of the frames
// around it.
func (s *Scope) Var(name string) (value.Value, bool) {
	for f := s.frame; f != nil; f = f.outer() {
		for i := range f.vars {
			if f.vars[i].Name == name {
				return f.vars[i].Value, true
			}
		}
	}
	return value.Value{}, false
}

// Output returns the output of a state that is done, of this dataflow frame or
// of those around it.
func (s *Scope) Output(state string) (value.Value, bool) {
	if c := s.cell(state); c != nil && c.status == done {
		return c.output, true
	}
	return value.Value{}, false
}

// Done tells whether a state of a dataflow graph, found as by Output, is done.
func (s *Scope) Done(state string) bool {
	c := s.cell(state)
	return c != nil && c.status == done
}

// Skipped tells whether a state of a dataflow graph, found as by Output, was
// skipped.
func (s *Scope) Skipped(state string) bool {
	c := s.cell(state)
	return c != nil && c.status == skipped
}

func (s *Scope) cell(state string) *cell {
	for f := s.frame; f != nil; f = f.outer() {
		if i, ok := f.graph.index[state]; ok && f.cells != nil {
			return &f.cells[i]
		}
	}
	return nil
}

// Now returns the date of the latest entry, never earlier than one before it.
func (s *Scope) Now() time.Time { return s.x.now }

// Work tells how much a function of the language has done: the Step that goes
// beyond Limits.Work ends the execution, with the failure that is returned then
// and may be handed on. What counts as one is the language's to say; it should
// take about 100 nanoseconds.
func (s *Scope) Work(units int) *Failure {
	s.x.worked += units
	return s.x.overworked()
}

// Left returns how much more work this Step may do.
func (s *Scope) Left() int { return max(s.x.limits.Work-s.x.worked, 0) }

// Rand returns the chance of this attempt of the activation: a replay draws
// the same. Several calls go on with one sequence.
func (s *Scope) Rand() *rand.Rand { return s.x.chance(s.act) }

// Token returns the task token of an attempt: what an outside system presents
// to end or to prolong a Callback task. It names its execution and cannot be
// guessed from it.
func (x *Execution) Token(activation ID, attempt int) string {
	text := x.info.ID + "." + strconv.FormatUint(uint64(activation), 10) + "." + strconv.Itoa(attempt)
	secret := binary.BigEndian.AppendUint64(nil, x.seed)
	sum := sha256.Sum256(append(secret, text...))
	return text + "." + hex.EncodeToString(sum[:16])
}

// ParseToken takes a task token apart. Whether it is genuine, only the
// execution can tell: its Token for the same attempt must be the same.
func ParseToken(token string) (execution string, activation ID, attempt int, ok bool) {
	parts := strings.Split(token, ".")
	n := len(parts)
	if n < 4 {
		return "", 0, 0, false
	}
	act, err := strconv.ParseUint(parts[n-3], 10, 64)
	if err != nil {
		return "", 0, 0, false
	}
	attempt, err = strconv.Atoi(parts[n-2])
	if err != nil || attempt < 1 {
		return "", 0, 0, false
	}
	return strings.Join(parts[:n-3], "."), ID(act), attempt, true
}
