package main

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/api/client"
	"github.com/serverledge/serverledge/asl/teststate"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// testFlags say with what a state is tested. Those of JSON may be @FILE.
type testFlags struct {
	inputFlags
	context, variables, result, failure, reads string
	level, mode, within                        string
	retries, failed                            int
}

func (f *testFlags) register(cmd *cobra.Command) {
	f.inputFlags.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.context, "context", "", "context object ($$, $states.context), as JSON or @FILE")
	flags.StringVar(&f.variables, "variables", "", "variables that earlier states have assigned, as JSON or @FILE")
	flags.StringVar(&f.result, "mock-result", "", "what the call of the state answers (of a Map or Parallel: its result), as JSON or @FILE")
	flags.StringVar(&f.failure, "mock-error", "", "what the state fails with, as NAME or NAME:CAUSE")
	flags.StringVar(&f.mode, "validation", "", "how to hold the mocked result against the service's API: STRICT, PRESENT or NONE (default STRICT)")
	flags.StringVar(&f.level, "level", string(teststate.Debug), "what to show: INFO (how it ends), DEBUG or TRACE (each step of the data)")
	flags.IntVar(&f.retries, "retries", 0, "how often the Retry that matches the mocked error was used before")
	flags.IntVar(&f.failed, "failed-items", 0, "how many items of the Map have failed")
	flags.StringVar(&f.within, "error-in", "", "state within the Map or Parallel that the mocked error comes from")
	flags.StringVar(&f.reads, "reader-data", "", "what the ItemReader of the Map has read, as JSON or @FILE of the format that it reads")
}

// workflowTestState runs one state of a definition alone, on this machine
// unless a function must be called.
func (a *app) workflowTestState() *cobra.Command {
	f := &testFlags{}
	cmd := &cobra.Command{
		Use: "test-state FILE [STATE] [-d INPUT]", Short: "Run one state of a definition alone, and show each step of its data",
		Long: "Run one state of a definition (Amazon States Language) alone: a state of a state machine, at any level, or the one\n" +
			"whose definition the file is. What the state calls is answered by a mock; no node is asked then. Without a mock,\n" +
			"a function is called on the node. It ends with 21 when the state fails and nothing retries or catches it, and\n" +
			"with 22 when the definition has errors.",
		Example: "  serverledge-cli workflow test-state flow.json Fetch -d '{\"id\": 7}' --mock-result '{\"name\": \"Ada\"}'\n" +
			"  serverledge-cli workflow test-state flow.json Fetch --mock-error 'Busy:try later' --retries 2\n" +
			"  serverledge-cli workflow test-state flow.json Each -j items.json --mock-result '[1, 2]' --failed-items 1\n" +
			"  echo '{\"Type\": \"Pass\", \"ResultPath\": \"$.copy\", \"End\": true}' | serverledge-cli workflow test-state - -d '{\"n\": 1}'",
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			in, err := a.testRequest(f, args, cmd.Flags().Changed("mock-error"))
			if err != nil {
				return err
			}
			name := ""
			if len(args) > 1 {
				name = args[1]
			}
			out, err := a.testState(cmd.Context(), in)
			if err != nil {
				return aboutTest(err, args[0], name)
			}
			return a.showTest(&out, name)
		},
	}
	f.register(cmd)
	return cmd
}

// testRequest makes the request that the flags describe.
func (a *app) testRequest(f *testFlags, args []string, fails bool) (*api.TestState, error) {
	text, err := a.read(args[0], maxDefinition)
	if err != nil {
		return nil, err
	}
	if language(string(text)) == "dag" {
		return nil, usage("%s is a YAML DAG: only states of the Amazon States Language are tested", args[0])
	}
	in := &api.TestState{Definition: string(text), InspectionLevel: strings.ToUpper(f.level)}
	if len(args) > 1 {
		if in.StateName = args[1]; in.StateName == "" {
			return nil, usage("name the state")
		}
	}
	if in.Input, err = a.input(&f.inputFlags); err != nil {
		return nil, err
	}
	for _, flag := range []struct {
		name, text string
		to         *json.RawMessage
	}{{"--context", f.context, &in.Context}, {"--variables", f.variables, &in.Variables}} {
		if *flag.to, err = a.jsonFlag(flag.name, flag.text); err != nil {
			return nil, err
		}
	}
	if in.Mock, err = a.mock(f, fails); err != nil {
		return nil, err
	}
	in.StateConfiguration = &api.TestStateConfiguration{RetrierRetryCount: f.retries, MapIterationFailureCount: f.failed, ErrorCausedByState: f.within}
	in.StateConfiguration.MapItemReaderData, err = a.readerData(f.reads)
	return in, err
}

// mock makes the mocked answer; nil when there is none.
func (a *app) mock(f *testFlags, fails bool) (*api.TestStateMock, error) {
	if f.result == "" && !fails {
		if f.mode != "" {
			return nil, usage("--validation is for a mocked result: give it with --mock-result")
		}
		return nil, nil
	}
	if f.result != "" && fails {
		return nil, usage("give either --mock-result or --mock-error, not both")
	}
	m := &api.TestStateMock{FieldValidationMode: strings.ToUpper(f.mode)}
	if fails {
		name, cause, _ := strings.Cut(f.failure, ":")
		m.ErrorOutput = &api.TestStateError{Error: name, Cause: cause}
		return m, nil
	}
	var err error
	m.Result, err = a.jsonFlag("--mock-result", f.result)
	return m, err
}

// jsonFlag reads the JSON of a flag, or of the file that it names; nil when the
// flag was not given.
func (a *app) jsonFlag(name, text string) (json.RawMessage, error) {
	if file, ok := strings.CutPrefix(text, "@"); ok {
		content, err := a.read(file, functions.MaxInput)
		if err != nil {
			return nil, err
		}
		return document(content, file)
	}
	if text == "" {
		return nil, nil
	}
	return document([]byte(text), name)
}

// readerData is what an ItemReader has read: JSON, or the text of a file of
// another format.
func (a *app) readerData(text string) (json.RawMessage, error) {
	file, ok := strings.CutPrefix(text, "@")
	if !ok {
		return a.jsonFlag("--reader-data", text)
	}
	content, err := a.read(file, functions.MaxInput)
	if err != nil {
		return nil, err
	}
	if doc, err := document(content, file); err == nil {
		return doc, nil
	}
	return marshal(string(content))
}

// testState runs a test: on this machine, or on the node when a function must
// be called.
func (a *app) testState(ctx context.Context, in *api.TestState) (api.TestStateResult, error) {
	var out api.TestStateResult
	r, err := request(in)
	if err != nil {
		return out, err
	}
	answer, err := teststate.Run(r, teststate.Options{Now: time.Now(), Seed: rand.Uint64()})
	if err == nil {
		text, err := json.Marshal(answer)
		if err != nil {
			return out, err
		}
		return out, json.Unmarshal(text, &out)
	}
	if fault.From(err).Code != teststate.CodeCall {
		return out, err
	}
	err = a.do(ctx, 0, func(ctx context.Context, c *client.Client) error {
		out, err = c.TestState(ctx, *in)
		return err
	})
	return out, err
}

// request is what a test on this machine gets of a request to a node.
func request(in *api.TestState) (*teststate.Request, error) {
	c := in.StateConfiguration
	r := &teststate.Request{
		Definition: in.Definition, Level: teststate.Level(in.InspectionLevel),
		Configuration: teststate.Configuration{
			RetrierRetryCount: c.RetrierRetryCount, MapIterationFailureCount: c.MapIterationFailureCount, ErrorCausedByState: c.ErrorCausedByState,
		},
	}
	if in.StateName != "" {
		r.State = &in.StateName
	}
	var result json.RawMessage
	if m := in.Mock; m != nil {
		r.Mock, result = &teststate.Mock{Mode: teststate.Mode(m.FieldValidationMode)}, m.Result
		if m.ErrorOutput != nil {
			r.Mock.Failure = &dag.Failure{Error: m.ErrorOutput.Error, Cause: m.ErrorOutput.Cause}
		}
	}
	var mocked value.Value
	for _, d := range []struct {
		from json.RawMessage
		to   *value.Value
	}{
		{in.Input, &r.Input}, {in.Context, &r.Context}, {in.Variables, &r.Variables}, {c.MapItemReaderData, &r.Configuration.MapItemReaderData},
		{result, &mocked},
	} {
		if d.from == nil {
			continue
		}
		var err error
		if *d.to, err = value.Parse(d.from); err != nil {
			return nil, err
		}
	}
	if r.Mock != nil {
		r.Mock.Result = mocked
	}
	return r, nil
}

// aboutTest reports why a state could not be tested.
func aboutTest(err error, file, state string) *commandError {
	f := cannot(err, "test the state of %s", file)
	if state != "" {
		f = cannot(err, "test state %q of %s", state, file)
	}
	switch fault.From(err).Code {
	case "invalid_definition":
		f.code = exitValidation
		if file != "-" && state != "" {
			f = f.tip("serverledge-cli workflow validate %s, which shows the places", file)
		}
	case "no_state_name":
		f = f.tip("serverledge-cli workflow test-state %s STATE", file)
	case "mock_required":
		f = f.tip("--mock-result JSON or --mock-error NAME")
	case client.CodeUnreachable:
		f = f.tip("--mock-result JSON, to do without a node")
	}
	return f
}
