package teststate_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/serverledge/serverledge/asl/teststate"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/internal/fault"
)

// parse reads JSON; "" is absent.
func parse(tb testing.TB, text string) value.Value {
	tb.Helper()
	if text == "" {
		return value.Value{}
	}
	v, err := value.Parse([]byte(text))
	if err != nil {
		tb.Fatalf("%v: %s", err, text)
	}
	return v
}

// test is a test of a state; texts hold JSON.
type test struct {
	name, definition, state, input, context, variables, result, reads string
	failure                                                           *dag.Failure
	level                                                             teststate.Level
	mode                                                              teststate.Mode
	retried, fallen                                                   int
	within                                                            string
	call                                                              teststate.Caller
	want                                                              string // the answer, or "!" and a refusal
}

func (c *test) request(tb testing.TB) *teststate.Request {
	tb.Helper()
	r := &teststate.Request{
		Definition: c.definition, Input: parse(tb, c.input), Context: parse(tb, c.context), Variables: parse(tb, c.variables), Level: c.level,
		Configuration: teststate.Configuration{
			RetrierRetryCount: c.retried, MapIterationFailureCount: c.fallen, ErrorCausedByState: c.within, MapItemReaderData: parse(tb, c.reads),
		},
	}
	if c.state != "" {
		r.State = &c.state
	}
	if c.result != "" || c.failure != nil {
		r.Mock = &teststate.Mock{Result: parse(tb, c.result), Failure: c.failure, Mode: c.mode}
	}
	return r
}

func (c *test) run(tb testing.TB) string {
	tb.Helper()
	answer, err := teststate.Run(c.request(tb), teststate.Options{Call: c.call})
	if err != nil {
		if !errors.Is(err, fault.Invalid) {
			tb.Fatalf("the error is not of kind invalid: %v", err)
		}
		return "!" + err.Error()
	}
	text, err := json.Marshal(answer)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

const (
	machine = `{"StartAt":"A","States":{
		"A":{"Type":"Pass","Next":"M"},
		"M":{"Type":"Map","ItemsPath":"$.list","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","Parameters":{"is.$":"$"},"End":true}}},"Next":"A2"},
		"A2":{"Type":"Task","Resource":"f","Catch":[{"ErrorEquals":["E"],"Assign":{"why.$":"$.Cause"},"Next":"A2"},{"ErrorEquals":["X"],"Next":"Z"}],"Next":"A2"},
		"Z":{"Type":"Succeed"}}}`
	shaped   = `{"Type":"Task","Resource":"f","InputPath":"$.in","Parameters":{"p.$":"$.x"},"ResultSelector":{"r.$":"$.y"},"ResultPath":"$.out","OutputPath":"$.out","Next":"N"}`
	retrying = `{"Type":"Task","Resource":"f","Retry":[{"ErrorEquals":["Other"]},{"ErrorEquals":["E"],"IntervalSeconds":2,"BackoffRate":3,"MaxAttempts":2}],
		"Catch":[{"ErrorEquals":["E"],"ResultPath":"$.error","Next":"Caught"}],"End":true}`
	distributed = `{"Type":"Map","ItemsPath":"$.list","ToleratedFailureCount":1,"MaxConcurrency":2,"ResultPath":"$.done","ItemSelector":{"i.$":"$$.Map.Item.Index","v.$":"$$.Map.Item.Value"},
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"End":true}`
	batching = `{"Type":"Map","ItemBatcher":{"MaxItemsPerBatch":2},"ToleratedFailurePercentage":40,
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"End":true}`
	reading = `{"Type":"Map","ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSON","ItemsPointer":"/a/1"},"Parameters":{"Bucket":"b","Key":"k"}},
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},
		"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"b","Prefix":"p"}},"End":true}`
	query = `{"QueryLanguage":"JSONata",`
	csv   = `{"Type":"Map","ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW","MaxItems":2},"Parameters":{"Bucket":"b","Key":"k"}},
		"ItemSelector":{"n.$":"$$.Map.Item.Value.name"},"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"End":true}`
	waiting = `{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"QueueUrl":"q","MessageBody.$":"$$.Task.Token"},"End":true}`
)

func TestRun(t *testing.T) {
	t.Parallel()
	boom := &dag.Failure{Error: "E", Cause: "boom"}
	tests := []test{
		{
			name: "the way of the data", definition: shaped, input: `{"in":{"x":1},"k":2}`, result: `{"y":3}`, level: teststate.Debug,
			want: `{"status":"SUCCEEDED","output":{"r":3},"nextState":"N","inspectionData":{"input":{"in":{"x":1},"k":2},"afterInputPath":{"x":1},"afterParameters":{"p":1},` +
				`"result":{"y":3},"afterResultSelector":{"r":3},"afterResultPath":{"in":{"x":1},"k":2,"out":{"r":3}}}}`,
		},
		{
			name: "only as far as it went", definition: shaped, input: `{"in":{}}`, result: `{"y":3}`, level: teststate.Trace,
			want: `{"status":"FAILED","error":"States.Runtime","cause":"The JSONPath '$.x' specified for the field 'p.$' could not be found in the input '{}'",` +
				`"inspectionData":{"input":{"in":{}},"afterInputPath":{}}}`,
		},
		{name: "no way at level INFO", definition: shaped, input: `{"in":{"x":1}}`, result: `{"y":3}`, level: teststate.Info, want: `{"status":"SUCCEEDED","output":{"r":3},"nextState":"N"}`},
		{
			name: "a definition with a fault", definition: `{"Type":"Succeed","Next":"N"}`,
			want: "!the definition is not valid: 1:19: Succeed state \"StateName\": the field 'Next' is not supported",
		},
		{
			name: "a fault below", definition: `{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"B":{"Type":"Succeed"}}}],"End":true}`, result: `[1]`,
			want: "!the definition is not valid: 1:43: StartAt refers to unknown state \"A\"",
		},
		{name: "no input", definition: `{"Type":"Succeed"}`, want: `{"status":"SUCCEEDED","output":{}}`},
		{
			name: "a fixed result", definition: `{"Type":"Pass","InputPath":"$.a","Result":1,"ResultPath":"$.b","End":true}`, input: `{"a":{}}`, level: teststate.Debug,
			want: `{"status":"SUCCEEDED","output":{"a":{},"b":1},"inspectionData":{"input":{"a":{}},"result":1,"afterResultSelector":1,"afterResultPath":{"a":{},"b":1}}}`,
		},
		{
			name: "a Wait takes no time", definition: `{"Type":"Wait","Seconds":3600,"Next":"N"}`, level: teststate.Debug,
			want: `{"status":"SUCCEEDED","output":{},"nextState":"N","inspectionData":{"input":{},"afterInputPath":{}}}`,
		},
		{
			name: "a Choice", definition: `{"Type":"Choice","Choices":[{"Variable":"$.n","NumericGreaterThanPath":"$v","Next":"Large","Assign":{"w.$":"$.n"}}],"Default":"Small"}`,
			input: `{"n":2}`, variables: `{"v":1}`, level: teststate.Debug,
			want: `{"status":"SUCCEEDED","output":{"n":2},"nextState":"Large","inspectionData":{"input":{"n":2},"afterInputPath":{"n":2},"variables":{"v":1,"w":2}}}`,
		},
		{
			name: "no way out of a Choice", definition: `{"Type":"Choice","Choices":[{"Variable":"$.n","NumericEquals":1,"Next":"One"}]}`, input: `{"n":2}`,
			want: `{"status":"FAILED","error":"States.NoChoiceMatched","cause":"no case of StateName holds, and it has no default"}`,
		},
		{name: "a state within a machine", definition: machine, state: "I", input: `5`, want: `{"status":"SUCCEEDED","output":{"is":5}}`},
		{name: "a state that leads to itself", definition: machine, state: "A2", result: `1`, want: `{"status":"SUCCEEDED","output":1,"nextState":"A2"}`},
		{
			name: "and catches to itself", definition: machine, state: "A2", failure: boom, variables: `{"old":1}`, level: teststate.Debug,
			want: `{"status":"CAUGHT_ERROR","output":{"Error":"E","Cause":"boom"},"error":"E","cause":"boom","nextState":"A2",` +
				`"inspectionData":{"input":{},"afterInputPath":{},"afterParameters":{},"variables":{"old":1,"why":"boom"},"errorDetails":{"catchIndex":0}}}`,
		},
		{name: "an unknown state", definition: machine, state: "B", want: "!State not found in definition"},
		{name: "a name for the only state", definition: shaped, state: "A", want: "!State not found in definition"},
		{name: "which state of a machine?", definition: machine, want: "!the definition is of a whole state machine: name the state to test"},
		{
			name: "the first retry", definition: retrying, failure: boom, level: teststate.Debug,
			want: `{"status":"RETRIABLE","error":"E","cause":"boom","inspectionData":{"input":{},"afterInputPath":{},"afterParameters":{},"errorDetails":{"retryIndex":1,"retryBackoffIntervalSeconds":2}}}`,
		},
		{
			name: "a later retry", definition: retrying, failure: boom, retried: 1, level: teststate.Debug,
			want: `{"status":"RETRIABLE","error":"E","cause":"boom","inspectionData":{"input":{},"afterInputPath":{},"afterParameters":{},"errorDetails":{"retryIndex":1,"retryBackoffIntervalSeconds":6}}}`,
		},
		{
			name: "no retry is left", definition: retrying, failure: boom, retried: 2, level: teststate.Debug,
			want: `{"status":"CAUGHT_ERROR","output":{"error":{"Error":"E","Cause":"boom"}},"error":"E","cause":"boom","nextState":"Caught",` +
				`"inspectionData":{"input":{},"afterInputPath":{},"afterParameters":{},"errorDetails":{"catchIndex":0}}}`,
		},
		{
			name: "nothing handles it", definition: retrying, failure: &dag.Failure{Error: "X"}, level: teststate.Debug,
			want: `{"status":"FAILED","error":"X","inspectionData":{"input":{},"afterInputPath":{},"afterParameters":{}}}`,
		},
		{name: "too many retries", definition: retrying, failure: boom, retried: 1001, want: "!retrierRetryCount must be from 0 to 1000"},
		{
			name: "a Map", definition: distributed, input: `{"list":["a","b"]}`, result: `[1,2]`, level: teststate.Debug,
			want: `{"status":"SUCCEEDED","output":{"list":["a","b"],"done":[1,2]},"inspectionData":{"input":{"list":["a","b"]},"afterInputPath":{"list":["a","b"]},` +
				`"afterItemsPath":["a","b"],"afterItemSelector":[{"i":0,"v":"a"},{"i":1,"v":"b"}],"maxConcurrency":2,"toleratedFailureCount":1,` +
				`"afterResultSelector":[1,2],"afterResultPath":{"list":["a","b"],"done":[1,2]}}}`,
		},
		{name: "as many failed items as it tolerates", definition: distributed, input: `{"list":[1,2,3]}`, result: `[1]`, fallen: 1, want: `{"status":"SUCCEEDED","output":{"list":[1,2,3],"done":[1]}}`},
		{
			name: "one more", definition: distributed, input: `{"list":[1,2,3]}`, result: `[1]`, fallen: 2,
			want: `{"status":"FAILED","error":"States.ExceedToleratedFailureThreshold","cause":"The specified tolerated failure threshold was exceeded"}`,
		},
		{name: "failed items that the Map does not tell of", definition: reading, reads: `{"a":[0,[1,2]]}`, result: `{}`, fallen: 2, want: `{"status":"SUCCEEDED","output":{}}`},
		{
			name: "a result that is not shaped again", result: `[[1],[2]]`, input: `[1]`,
			definition: `{"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},` +
				`"ResultWriter":{"WriterConfig":{"Transformation":"FLATTEN"}},"End":true}`,
			want: `{"status":"SUCCEEDED","output":[[1],[2]]}`,
		},
		{
			name: "an object of the context", definition: `{"Type":"Map","ItemsPath":"$$.Execution.Input","Iterator":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"End":true}`,
			input: `{"a":1}`, result: `[]`, want: `{"status":"FAILED","error":"States.Runtime","cause":"Reference path \"$.Execution.Input\" must point to array."}`,
		},
		{
			name: "an object of the input", definition: `{"Type":"Map","Iterator":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"End":true}`,
			input: `{"a":1}`, result: `[]`, want: `{"status":"SUCCEEDED","output":[]}`,
		},
		{
			name: "the error of an item", definition: distributed, input: `{"list":[1,2,3]}`, failure: boom, fallen: 2, within: "I",
			want: `{"status":"FAILED","error":"E","cause":"boom"}`,
		},
		{
			name: "batches, and a share that may fail", definition: batching, input: `[1,2,3]`, result: `[]`, fallen: 1, level: teststate.Debug,
			want: `{"status":"FAILED","error":"States.ExceedToleratedFailureThreshold","cause":"The specified tolerated failure threshold was exceeded",` +
				`"inspectionData":{"input":[1,2,3],"afterInputPath":[1,2,3],"afterItemsPath":[1,2,3],"afterItemBatcher":[{"Items":[1,2]},{"Items":[3]}],"maxConcurrency":0,"toleratedFailurePercentage":40}}`,
		},
		{
			name: "a Map that reads and writes", definition: reading, reads: `{"a":[0,[1,2]]}`, result: `{"MapRunArn":"m"}`, level: teststate.Debug,
			want: `{"status":"SUCCEEDED","output":{"MapRunArn":"m"},"inspectionData":{"input":{},"afterInputPath":{},"afterItemsPointer":[1,2],"maxConcurrency":0,` +
				`"afterResultSelector":{"MapRunArn":"m"},"afterResultPath":{"MapRunArn":"m"}}}`,
		},
		{
			name: "a text that was read", definition: reading, reads: `"{\"a\":[0]}"`, result: `{}`,
			want: `{"status":"FAILED","error":"States.ItemReaderFailed","cause":"The provided ReaderConfig.ItemsPointer does not match any valid path in the JSON structure."}`,
		},
		{
			name: "a text of another format", definition: csv, reads: `"id,name\n7,Ada\n8,Eve\n9,Bob\n"`, result: `[1,2]`, level: teststate.Debug,
			want: `{"status":"SUCCEEDED","output":[1,2],"inspectionData":{"input":{},"afterInputPath":{},"afterItemSelector":[{"n":"Ada"},{"n":"Eve"}],"maxConcurrency":0,` +
				`"afterResultSelector":[1,2],"afterResultPath":[1,2]}}`,
		},
		{
			name: "items that were read before", definition: csv, reads: `[{"name":"Ada"}]`, result: `[1]`, level: teststate.Debug,
			want: `{"status":"SUCCEEDED","output":[1],"inspectionData":{"input":{},"afterInputPath":{},"afterItemSelector":[{"n":"Ada"}],"maxConcurrency":0,` +
				`"afterResultSelector":[1],"afterResultPath":[1]}}`,
		},
		{
			name: "data that cannot be gone through", definition: csv, reads: `7`, result: `[]`,
			want: `{"status":"FAILED","error":"States.ItemReaderFailed","cause":"Attempting to map over non-iterable node."}`,
		},
		{name: "nothing was read", definition: csv, result: `[]`, want: `{"status":"SUCCEEDED","output":[]}`},
		{
			name: "a Parallel", definition: `{"Type":"Parallel","Parameters":{"x.$":"$.no"},"Branches":[{"StartAt":"B","States":{"B":{"Type":"Pass","End":true}}}],"End":true}`, result: `[1]`,
			want: `{"status":"FAILED","error":"States.Runtime","cause":"The JSONPath '$.no' specified for the field 'x.$' could not be found in the input '{}'"}`,
		},
		{name: "a Map without a mock", definition: distributed, want: "!TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]"},
		{name: "a mock that nobody needs", definition: `{"Type":"Succeed"}`, result: `1`, want: "!State type 'Succeed' is not supported when a mock is specified"},
		{name: "two mocks in one", definition: shaped, result: `1`, failure: boom, want: "!A test mock should have only one of the following fields: [result, errorOutput]."},
		{name: "not the result of a Map", definition: distributed, result: `{}`, want: "!Mocked result must be an array."},
		{name: "not the result of a writer", definition: reading, result: `[]`, want: "!Mocked result must be a JSON object."},
		{name: "failed items of a Task", definition: shaped, result: `1`, fallen: 1, want: "!mapIterationFailureCount is for Map states only"},
		{name: "an error from nowhere", definition: distributed, failure: boom, within: "J", want: `!errorCausedByState: the state has no state "J" within it`},
		{name: "read by nobody", definition: distributed, result: `[]`, reads: `[]`, want: "!mapItemReaderData is for Map states with an ItemReader only"},
		{name: "variables that are none", definition: shaped, result: `1`, variables: `[]`, want: "!the variables must be an object with their names and values"},
		{name: "a level that is none", definition: shaped, result: `1`, level: "ALL", want: `!the level must be INFO, DEBUG or TRACE, not "ALL"`},
		{name: "a mode that is none", definition: shaped, result: `1`, mode: "ALL", want: `!fieldValidationMode must be STRICT, PRESENT or NONE, not "ALL"`},
		{name: "a context of one's own", definition: `{"Type":"Pass","Parameters":{"c.$":"$$"},"End":true}`, context: `{"State":{"Name":"N","RetryCount":1}}`, want: `{"status":"SUCCEEDED","output":{"c":{"State":{"Name":"N","RetryCount":1}}}}`},
		{
			name: "the context that is made up", definition: `{"Type":"Pass","Parameters":{"c.$":"$$"},"End":true}`, input: `1`,
			want: `{"status":"SUCCEEDED","output":{"c":{"Execution":{"Id":"test-state","Input":1,"Name":"test-state","RoleArn":null,"StartTime":"2000-01-01T00:00:00.000Z"},` +
				`"StateMachine":{"Id":"test-state","Name":"test-state"},"State":{"Name":"StateName","EnteredTime":"2000-01-01T00:00:00.000Z"}}}}`,
		},
		{name: "a field that no context has", definition: shaped, result: `1`, context: `{"Execution":{"x":1}}`, want: "!Invalid Context object provided: Field 'x' is not allowed"},
		{name: "a field that is no text", definition: shaped, result: `1`, context: `{"State":{"Name":1}}`, want: "!Invalid Context object provided: Field 'Name' must be a string"},
		{name: "an object that is none", definition: shaped, result: `1`, context: `{"State":1}`, want: "!Invalid Context object provided: Field 'State' must be an object"},
		{name: "a context that is none", definition: shaped, result: `1`, context: `1`, want: "!Invalid Context object provided: it must be a JSON object"},
		{name: "the item of a Map", definition: shaped, result: `1`, context: `{"Map":{}}`, want: "!Invalid Context object provided: 'Map' field is not supported when mocking a Context object"},
		{
			name: "a token for nobody", definition: shaped, result: `1`, context: `{"Task":{"Token":"t"}}`,
			want: "!Invalid Context object provided: Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' service integration pattern",
		},
		{
			name: "a token", definition: waiting, result: `1`, context: `{"Task":{"Token":"t"}}`, level: teststate.Debug,
			want: `{"status":"SUCCEEDED","output":1,"inspectionData":{"input":{},"afterInputPath":{},"afterParameters":{"QueueUrl":"q","MessageBody":"t"},"result":1,"afterResultSelector":1,"afterResultPath":1}}`,
		},
		{name: "a placeholder", definition: `{"Type":"Task","Resource":"${Function}","End":true}`, result: `1`, want: `{"status":"SUCCEEDED","output":1}`},
		{name: "a placeholder in an ARN", definition: `{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:1:function:${F}","End":true}`, result: `1`, want: `{"status":"SUCCEEDED","output":1}`},
		{
			name: "a placeholder that would be called", definition: `{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:1:function:${F}","End":true}`,
			want: "!only functions are called by a test, and only for their answer: this Task needs a mock",
		},
		{
			name: "placeholders below", result: `[1]`, input: `[1]`,
			definition: `{"Type":"Map","Iterator":{"StartAt":"I","States":{"I":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:1:function:${F}","End":true}}},"End":true}`,
			want:       `{"status":"SUCCEEDED","output":[1]}`,
		},
		{name: "a callback without a mock", definition: waiting, want: "!only functions are called by a test, and only for their answer: this Task needs a mock"},
		{name: "a function without a node", definition: retrying, want: `!the Task calls the function "f": it needs a mock, or a node that calls it`},
		{
			name: "a function that is called", definition: `{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f","Payload.$":"$"},"OutputPath":"$.Payload","End":true}`, input: `{"n":1}`,
			call: func(c dag.Invoke) (value.Value, *dag.Failure, error) {
				return value.OfArray(value.OfString(c.Resource.Name), c.Input), nil, nil
			},
			want: `{"status":"SUCCEEDED","output":["f",{"n":1}]}`,
		},
		{
			name: "the way of JSONata", definition: query + `"Type":"Task","Resource":"f","Arguments":{"x":"{% $states.input.n %}"},"Output":"{% $states.result.y %}","Assign":{"v":"{% $states.result %}"},"Next":"N"}`,
			input: `{"n":1}`, result: `{"y":2}`, level: teststate.Debug,
			want: `{"status":"SUCCEEDED","output":2,"nextState":"N","inspectionData":{"input":{"n":1},"afterArguments":{"x":1},"result":{"y":2},"variables":{"v":{"y":2}}}}`,
		},
		{
			name: "JSONata that fails", definition: query + `"Type":"Pass","Output":"{% $states.input.n %}","End":true}`, level: teststate.Debug,
			want: `{"status":"FAILED","error":"States.QueryEvaluationError","cause":"The JSONata expression '$states.input.n' specified for the field 'Output' returned nothing (undefined).",` +
				`"inspectionData":{"input":{}}}`,
		},
		{
			name: "JSONata that looks at the context and what was caught", failure: boom, context: `{"Execution":{"Name":"mine"}}`, level: teststate.Debug,
			definition: query + `"Type":"Task","Resource":"f","Catch":[{"ErrorEquals":["States.ALL"],"Output":"{% $states.context.Execution.Name & $states.errorOutput.Cause %}","Next":"N"}],"End":true}`,
			want:       `{"status":"CAUGHT_ERROR","output":"mineboom","error":"E","cause":"boom","nextState":"N","inspectionData":{"input":{},"afterArguments":{},"errorDetails":{"catchIndex":0}}}`,
		},
		{
			name: "a Map of JSONata", input: `{"list":["a"]}`, result: `[1]`, level: teststate.Debug,
			definition: query + `"Type":"Map","Items":"{% $states.input.list %}","MaxConcurrency":"{% 1 + 1 %}","ItemSelector":{"v":"{% $states.context.Map.Item.Value %}"},` +
				`"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"End":true}`,
			want: `{"status":"SUCCEEDED","output":[1],"inspectionData":{"input":{"list":["a"]},"afterItemSelector":[{"v":"a"}],"maxConcurrency":2}}`,
		},
		{
			name: "a Parallel of JSONata", result: `[1]`, level: teststate.Debug,
			definition: query + `"Type":"Parallel","Arguments":1,"Branches":[{"StartAt":"B","States":{"B":{"Type":"Pass","End":true}}}],"Output":"{% $states.result[0] %}","End":true}`,
			want:       `{"status":"SUCCEEDED","output":1,"inspectionData":{"input":{}}}`,
		},
		{
			name: "a function that fails is called once", definition: retrying, retried: 1, call: once(t, boom),
			want: `{"status":"RETRIABLE","error":"E","cause":"boom"}`,
		},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.run(t); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// once is a function that fails, and may be called once only.
func once(tb testing.TB, f *dag.Failure) teststate.Caller {
	tb.Helper()
	calls := 0
	return func(dag.Invoke) (value.Value, *dag.Failure, error) {
		if calls++; calls > 1 {
			tb.Error("the function was called again")
		}
		return value.Value{}, f, nil
	}
}

// What the caller says of itself is no answer.
func TestCallerError(t *testing.T) {
	t.Parallel()
	gone := fault.New(fault.Unavailable, "gone", "nobody is there")
	c := test{definition: retrying}
	_, err := teststate.Run(c.request(t), teststate.Options{Call: func(dag.Invoke) (value.Value, *dag.Failure, error) {
		return value.Value{}, nil, gone
	}})
	if !errors.Is(err, fault.Unavailable) {
		t.Errorf("got %v, want %v", err, gone)
	}
}
