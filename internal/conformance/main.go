// Command conformance is the adapter between the engine and the recorded cases:
// it reads one case per line and prints one result per line, as
// ../shared/cases/run_cases.py wants it. The kernel and the language are the
// real ones; functions, services and time are simulated.
//
//	python3 ../shared/cases/run_cases.py --cases ../shared/cases/asl --cmd 'go run ./internal/conformance'
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/history"
	"github.com/serverledge/serverledge/internal/fault"
)

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

// serve answers cases until the input ends.
func serve(in io.Reader, out io.Writer) error {
	reader := bufio.NewReader(in)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for {
		line, err := reader.ReadBytes('\n')
		if len(line) > 1 {
			if err := encoder.Encode(answerTo(line)); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// answerTo plays a case.
func answerTo(line []byte) answer {
	var c testCase
	if err := json.Unmarshal(line, &c); err != nil {
		return answer{Status: invalid, Invalid: err.Error()}
	}
	switch c.Kind {
	case "validation":
		return c.validate()
	case "test_state":
		return c.testState()
	}
	return c.execute(nil)
}

// options reads a definition for the type of the case. A case whose answers are
// mocked or simulated may call any service.
func (c *testCase) options() asl.Options {
	return asl.Options{Express: c.WorkflowType == "EXPRESS", Mocked: true}
}

func (c *testCase) validate() answer {
	if _, err := asl.Compile(c.definition(), c.options()); err != nil {
		return answer{ID: c.ID, Status: invalid, Invalid: fault.From(err).Error()}
	}
	return answer{ID: c.ID, Status: dag.Completed}
}

// execute plays a case; tape may be nil.
func (c *testCase) execute(tape tape) answer {
	g, err := asl.Compile(c.definition(), c.options())
	if err != nil {
		return answer{ID: c.ID, Status: invalid, Invalid: err.Error()}
	}
	input, err := c.input()
	if err != nil {
		return answer{ID: c.ID, Status: invalid, Invalid: err.Error()}
	}
	w := newWorld(c)
	w.tape = tape
	outcome, entries := w.run(g, input)
	a := answer{ID: c.ID, Status: outcome.Status, Output: outcome.Output.Bytes()}
	if f := outcome.Failure; f != nil {
		a.Error, a.Cause = orNil(f.Error), orNil(f.Cause)
	}
	events, err := history.Replay(g, entries, nil)
	if err != nil {
		return answer{ID: c.ID, Status: invalid, Invalid: err.Error()}
	}
	for _, e := range events {
		a.History = append(a.History, e.Type)
	}
	return a
}

func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
