// Package mock answers for what the tasks of a workflow call, so that a
// workflow is tested without its functions and services. It reads the mock
// configuration of AWS Step Functions Local.
//
// It is pure: which answer a call gets depends on the state and on how many
// calls of that state came before.
package mock

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/internal/fault"
)

// Answers are the mocked answers of states, by name of the state.
type Answers map[string]Sequence

// Sequence are the answers of one state, in order of their calls.
type Sequence []Answer

// Answer is what calls First to Last of a state (from 0) get: a result, or a
// failure.
type Answer struct {
	First, Last int
	Return      value.Value
	Throw       *dag.Failure
}

// Of returns the answer of call n (from 0) of a state. mocked tells whether the
// state is mocked at all; a mocked state without an answer for the call fails.
func (a Answers) Of(state string, n int) (answer Answer, mocked bool) {
	sequence, mocked := a[state]
	for _, x := range sequence {
		if x.First <= n && n <= x.Last {
			return x, mocked
		}
	}
	return Answer{First: n, Last: n, Throw: &dag.Failure{
		Error: dag.ErrorRuntime, Cause: fmt.Sprintf("There is no mocked answer for call %d of state '%s'.", n, state), Fatal: true,
	}}, mocked
}

// Event is how an attempt ends that gets the answer.
func (a Answer) Event(cmd dag.Invoke) dag.Event {
	if a.Throw != nil {
		return dag.Failed{Activation: cmd.Activation, Attempt: cmd.Attempt, Failure: *a.Throw}
	}
	return dag.Succeeded{Activation: cmd.Activation, Attempt: cmd.Attempt, Output: a.Return, Whole: true}
}

// answer is an Answer as it is written: {"Return": …} or {"Throw": {…}}.
type answer struct {
	Return value.Value `json:"Return,omitzero"`
	Throw  *failure    `json:"Throw,omitempty"`
}

type failure struct {
	Error string `json:"Error,omitempty"`
	Cause string `json:"Cause,omitempty"`
}

// MarshalJSON writes a sequence as Step Functions Local has it: answers by
// number of the call ("0") or range ("1-3").
func (s Sequence) MarshalJSON() ([]byte, error) {
	all := make(map[string]answer, len(s))
	for _, x := range s {
		key := strconv.Itoa(x.First)
		if x.Last != x.First {
			key += "-" + strconv.Itoa(x.Last)
		}
		if x.Throw != nil {
			all[key] = answer{Throw: &failure{x.Throw.Error, x.Throw.Cause}}
		} else {
			all[key] = answer{Return: x.Return}
		}
	}
	return json.Marshal(all)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Sequence) UnmarshalJSON(text []byte) error {
	var all map[string]answer
	if err := strict(text, &all); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		x, err := read(key, all[key])
		if err != nil {
			return err
		}
		*s = append(*s, x)
	}
	slices.SortFunc(*s, func(a, b Answer) int { return a.First - b.First })
	for i := 1; i < len(*s); i++ {
		if before := (*s)[i-1]; (*s)[i].First <= before.Last {
			return fmt.Errorf("call %d has two answers", (*s)[i].First)
		}
	}
	return nil
}

// maxCall bounds the numbers of calls.
const maxCall = 1_000_000

func read(key string, a answer) (Answer, error) {
	from, to, ranged := strings.Cut(key, "-")
	first, err := strconv.Atoi(from)
	last := first
	if err == nil && ranged {
		last, err = strconv.Atoi(to)
	}
	if err != nil || first < 0 || last < first || last > maxCall {
		return Answer{}, fmt.Errorf("%q is neither the number of a call (\"0\" is the first) nor a range such as \"1-3\"", key)
	}
	x := Answer{First: first, Last: last}
	switch {
	case !a.Return.IsAbsent() && a.Throw != nil:
		return x, fmt.Errorf("answer %q has both Return and Throw", key)
	case !a.Return.IsAbsent():
		x.Return = a.Return
	case a.Throw != nil:
		x.Throw = &dag.Failure{Error: a.Throw.Error, Cause: a.Throw.Cause}
	default:
		return x, fmt.Errorf("answer %q needs Return or Throw", key)
	}
	return x, nil
}

// strict decodes JSON and refuses fields that nobody knows.
func strict(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// configuration is a file of Step Functions Local.
type configuration struct {
	StateMachines   map[string]machine
	MockedResponses map[string]json.RawMessage
}

type machine struct{ TestCases map[string]map[string]string }

// Case reads a file in the format of Step Functions Local and returns the
// answers of one of its test cases. The machine may be empty when only one
// machine of the file has the case. The error is of kind fault.Invalid.
func Case(file []byte, name, testCase string) (Answers, error) {
	if _, err := value.Parse(file); err != nil {
		return nil, invalid("the mock configuration is not JSON: %s", err)
	}
	var c configuration
	if err := strict(file, &c); err != nil {
		return nil, invalid("the mock configuration: %s", plain(err))
	}
	states, err := c.find(name, testCase)
	if err != nil {
		return nil, err
	}
	answers := make(Answers, len(states))
	for state, response := range states {
		text, ok := c.MockedResponses[response]
		if !ok {
			return nil, invalid("test case %q: state %q wants the response %q, which is not among MockedResponses", testCase, state, response).
				WithHint("%s", near(response, c.MockedResponses))
		}
		var sequence Sequence
		if err := sequence.UnmarshalJSON(text); err != nil {
			return nil, invalid("the mock configuration: response %q: %s", response, plain(err))
		}
		answers[state] = sequence
	}
	return answers, nil
}

// plain words an error of encoding/json for people.
func plain(err error) string {
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Sprintf("%q must not be of type %s", t.Field, t.Value)
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

func (c *configuration) find(name, testCase string) (map[string]string, error) {
	var found map[string]string
	known := map[string]bool{}
	count := 0
	for _, m := range slices.Sorted(maps.Keys(c.StateMachines)) {
		if name != "" && name != m {
			continue
		}
		for of, states := range c.StateMachines[m].TestCases {
			known[of] = true
			if of == testCase {
				found = states
				count++
			}
		}
	}
	switch {
	case count == 1:
		return found, nil
	case count > 1:
		return nil, invalid("%d state machines have a test case %q", count, testCase).WithHint("name the state machine: FILE#MACHINE/CASE")
	case name != "" && len(c.StateMachines[name].TestCases) == 0:
		return nil, invalid("the mock configuration has no state machine %q", name).WithHint("%s", near(name, c.StateMachines))
	}
	return nil, invalid("the mock configuration has no test case %q", testCase).WithHint("%s", near(testCase, known))
}

func near[T any](name string, known map[string]T) string {
	names := slices.Sorted(maps.Keys(known))
	if s := fault.Suggest(name, names); s != "" {
		return fmt.Sprintf("did you mean %q?", s)
	}
	return "it has " + strings.Join(names, ", ")
}

func invalid(format string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, "invalid_mock", format, args...)
}
