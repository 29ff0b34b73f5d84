package asl_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/internal/fault"
)

const (
	lambdaInvoke   = `"Type":"Task","End":true,"Resource":"arn:aws:states:::lambda:invoke"`
	startExecution = `"Type":"Task","End":true,"Resource":"arn:aws:states:::states:startExecution`
)

// Every form of Resource names whom to call, with what, and what ends the call.
func TestResources(t *testing.T) {
	t.Parallel()
	const input = `{"f":"fn","w":"flow2","p":{"x":1},"text":"{\"x\": 2}","plain":"hi","name":"n1"}`
	function, activity, workflow, service := dag.FunctionResource, dag.ActivityResource, dag.WorkflowResource, dag.ServiceResource
	resource := func(text string) string { return `"Type":"Task","End":true,"Resource":"` + text + `"` }
	cases := []struct {
		name, fields, call string
		resource           dag.Resource // without its name
	}{
		{"a name", resource("fn"), `fn ` + input, dag.Resource{Kind: function}},
		{"an ARN", resource("arn:aws:lambda:eu-south-1:123456789012:function:fn"), `fn ` + input, dag.Resource{Kind: function}},
		{"an ARN of another partition", resource("arn:aws-us-gov:lambda:r:1:function:fn"), `fn ` + input, dag.Resource{Kind: function}},
		{"an ARN with $LATEST", resource("arn:aws:lambda:r:1:function:fn:$LATEST"), `fn ` + input, dag.Resource{Kind: function}},
		{"an ARN with an alias", resource("arn:aws:lambda:r:1:function:fn:prod"), `fn ` + input, dag.Resource{Kind: function}},
		{"Parameters", resource("fn") + `,"Parameters":{"a.$":"$.p.x"}`, `fn {"a":1}`, dag.Resource{Kind: function}},
		{"an activity", resource("arn:aws:states:r:1:activity:act"), `act ` + input, dag.Resource{Kind: activity, Pattern: dag.Callback}},

		{"lambda:invoke", lambdaInvoke + `,"Parameters":{"FunctionName":"fn","Payload":{"a.$":"$.p.x"}}`, `fn {"a":1}`, dag.Resource{Kind: function, Service: "lambda", Action: "invoke"}},
		{"FunctionName as ARN", lambdaInvoke + `,"Parameters":{"FunctionName":"arn:aws:lambda:r:1:function:fn:$LATEST","Payload.$":"$.p"}`, `fn {"x":1}`, dag.Resource{Kind: function, Service: "lambda", Action: "invoke"}},
		{"FunctionName as part of an ARN", lambdaInvoke + `,"Parameters":{"FunctionName":"123456789012:function:fn","Payload.$":"$.p"}`, `fn {"x":1}`, dag.Resource{Kind: function, Service: "lambda", Action: "invoke"}},
		{"FunctionName by path", lambdaInvoke + `,"Parameters":{"FunctionName.$":"$.f","Payload.$":"$.p"}`, `fn {"x":1}`, dag.Resource{Kind: function, Service: "lambda", Action: "invoke"}},
		{"FunctionName by path to an ARN", lambdaInvoke + `,"Parameters":{"FunctionName.$":"States.Format('arn:aws:lambda:r:1:function:{}:7', $.f)","Payload.$":"$.p"}`, `fn {"x":1}`, dag.Resource{Kind: function, Service: "lambda", Action: "invoke"}},
		{"no Payload", lambdaInvoke + `,"Parameters":{"FunctionName":"fn"}`, `fn {}`, dag.Resource{Kind: function, Service: "lambda", Action: "invoke"}},
		{"a Payload that is a text", lambdaInvoke + `,"Parameters":{"FunctionName":"fn","Payload.$":"$.plain"}`, `fn "hi"`, dag.Resource{Kind: function, Service: "lambda", Action: "invoke"}},
		{"a Payload that is a text of JSON", lambdaInvoke + `,"Parameters":{"FunctionName":"fn","Payload.$":"$.text"}`, `fn {"x":2}`, dag.Resource{Kind: function, Service: "lambda", Action: "invoke"}},
		{"what has no effect", lambdaInvoke + `,"Parameters":{"FunctionName":"fn","Payload":1,"InvocationType":"RequestResponse","LogType":"None","Qualifier":"$LATEST"}`, `fn 1`, dag.Resource{Kind: function, Service: "lambda", Action: "invoke"}},
		{"a task token", strings.Replace(lambdaInvoke, "invoke", "invoke.waitForTaskToken", 1) + `,"Parameters":{"FunctionName":"fn","Payload":{"i.$":"$.p"}}`, `fn {"i":{"x":1}}`,
			dag.Resource{Kind: function, Service: "lambda", Action: "invoke.waitForTaskToken", Pattern: dag.Callback}},

		{"startExecution", startExecution + `","Parameters":{"StateMachineArn":"arn:aws:states:r:1:stateMachine:flow2","Input.$":"$.p","Name.$":"$.name"}`, `flow2 {"input":{"x":1},"name":"n1"}`, dag.Resource{Kind: workflow, Service: "states", Action: "startExecution"}},
		{"a version", startExecution + `","Parameters":{"StateMachineArn":"arn:aws:states:r:1:stateMachine:flow2:7"}`, `flow2 {"input":{}}`, dag.Resource{Kind: workflow, Service: "states", Action: "startExecution"}},
		{"by name", startExecution + `","Parameters":{"StateMachineArn":"flow2","Input":null}`, `flow2 {"input":{}}`, dag.Resource{Kind: workflow, Service: "states", Action: "startExecution"}},
		{"by path", startExecution + `","Parameters":{"StateMachineArn.$":"$.w","Input":"text"}`, `flow2 {"input":"text"}`, dag.Resource{Kind: workflow, Service: "states", Action: "startExecution"}},
		{"an Input that is a text of JSON", startExecution + `","Parameters":{"StateMachineArn":"flow2","Input.$":"$.text"}`, `flow2 {"input":{"x":2}}`, dag.Resource{Kind: workflow, Service: "states", Action: "startExecution"}},
		{"startExecution.sync", startExecution + `.sync","Parameters":{"StateMachineArn":"flow2"}`, `flow2 {"input":{}}`, dag.Resource{Kind: workflow, Service: "states", Action: "startExecution.sync", Pattern: dag.Sync}},
		{"startExecution.sync:2", startExecution + `.sync:2","Parameters":{"StateMachineArn":"flow2"}`, `flow2 {"input":{}}`, dag.Resource{Kind: workflow, Service: "states", Action: "startExecution.sync:2", Pattern: dag.Sync}},
		{"startExecution with a token", startExecution + `.waitForTaskToken","Parameters":{"StateMachineArn":"flow2","Input":{"n":1}}`, `flow2 {"input":{"n":1}}`, dag.Resource{Kind: workflow, Service: "states", Action: "startExecution.waitForTaskToken", Pattern: dag.Callback}},

		{"http:invoke", resource("arn:aws:states:::http:invoke") + `,"Parameters":{"ApiEndpoint":"https://x.org","Method":"GET","Headers":{"n.$":"$.name"}}`, `http:invoke {"ApiEndpoint":"https://x.org","Method":"GET","Headers":{"n":"n1"}}`, dag.Resource{Kind: dag.HTTPResource, Service: "http", Action: "invoke"}},
		{"getObject", resource("arn:aws:states:::aws-sdk:s3:getObject") + `,"Parameters":{"Bucket":"b","Key.$":"$.f"}`, `aws-sdk:s3:getObject {"Bucket":"b","Key":"fn"}`, dag.Resource{Kind: service, Service: "aws-sdk:s3", Action: "getObject"}},
		{"putObject", resource("arn:aws:states:::aws-sdk:s3:putObject") + `,"Parameters":{"Bucket":"b","Key":"k","Body.$":"$.p"}`, `aws-sdk:s3:putObject {"Bucket":"b","Key":"k","Body":{"x":1}}`, dag.Resource{Kind: service, Service: "aws-sdk:s3", Action: "putObject"}},
	}
	for _, c := range cases {
		w := &world{functions: map[string]behaviour{}}
		for _, name := range []string{"fn", "act", "flow2", "http:invoke", "aws-sdk:s3:getObject", "aws-sdk:s3:putObject"} {
			w.functions[name] = answers(t, `{"status":"SUCCEEDED"}`)
		}
		if o := play(t, w, one(c.fields), input); o.Status != dag.Completed || !slices.Equal(w.calls, []string{c.call}) {
			t.Errorf("%s:\n got %q %+v\nwant %q", c.name, w.calls, o.Failure, c.call)
			continue
		}
		got := w.invokes[0].Resource
		if got.Name, _, _ = strings.Cut(got.Name, " "); got.Name != c.call[:len(got.Name)] {
			t.Errorf("%s: called %q", c.name, got.Name)
		}
		if got.Name = ""; got != c.resource {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.resource)
		}
	}
	for fields, want := range map[string]string{
		lambdaInvoke + `,"Arguments":{"FunctionName":"{% $states.input.f %}","Payload":"{% $states.input.p %}"}`:                         `fn {"x":1}`,
		lambdaInvoke + `,"Arguments":{"FunctionName":"fn","Payload":{"a":"{% $states.input.p.x %}"}}`:                                    `fn {"a":1}`,
		lambdaInvoke + `,"Arguments":"{% {'FunctionName': 'arn:aws:lambda:r:1:function:fn', 'Payload': 3} %}"`:                           `fn 3`,
		startExecution + `","Arguments":{"StateMachineArn":"{% $states.input.w %}","Input":"{% $states.input.p %}","Name":"{% 'n' %}"}`:  `flow2 {"input":{"x":1},"name":"n"}`,
		resource("arn:aws:states:::http:invoke") + `,"Arguments":{"ApiEndpoint":"{% 'https://' & $states.input.name %}","Method":"GET"}`: `http:invoke {"ApiEndpoint":"https://n1","Method":"GET"}`,
		resource("fn") + `,"Arguments":{"a":"{% $states.input.p.x %}"}`:                                                                  `fn {"a":1}`,
	} {
		w := &world{functions: map[string]behaviour{"fn": echo, "flow2": echo, "http:invoke": echo}}
		if o := play(t, w, query(fields), input); o.Status != dag.Completed || !slices.Equal(w.calls, []string{want}) {
			t.Errorf("%s: got %q %+v, want %q", fields, w.calls, o.Failure, want)
		}
	}
}

// What a call needs and does not get fails the state for good.
func TestCallsOfNothing(t *testing.T) {
	t.Parallel()
	for fields, want := range map[string]string{
		lambdaInvoke + `,"Parameters":{"FunctionName.$":"$.n"}`:       `!States.Runtime The FunctionName must be a string, not 1`,
		startExecution + `","Parameters":{"StateMachineArn.$":"$.n"}`: `!States.Runtime The StateMachineArn must be a string, not 1`,
		lambdaInvoke + `,"Parameters":{"FunctionName.$":"$.no"}`:      `!States.Runtime`,
		lambdaInvoke + `,"Parameters":{"FunctionName":"nobody"}`:      `!Lambda.ResourceNotFoundException`,
	} {
		checkEnd(t, fields, play(t, &world{}, one(fields), `{"n":1}`), want)
	}
	for fields, want := range map[string]string{
		lambdaInvoke + `,"Arguments":"{% {} %}"`:              `!States.Runtime The FunctionName must be a string, not missing`,
		startExecution + `","Arguments":"{% {'Input': 1} %}"`: `!States.Runtime The StateMachineArn must be a string, not missing`,
	} {
		checkEnd(t, fields, play(t, &world{}, query(fields), `{"n":1}`), want)
	}
}

// What lambda:invoke and startExecution answer has the shape that AWS gives it.
func TestResults(t *testing.T) {
	t.Parallel()
	const completed = `{"id":"id1","name":"n1","workflow":"flow2","status":"SUCCEEDED","input":{"x":1},"started":"2026-01-02T03:04:05.000Z","output":{"y":[2]},"ended":"2026-01-02T03:04:06.000Z"}`
	const failed = `{"id":"id1","name":"n1","workflow":"flow2","status":"FAILED","input":{"x":1},"started":"S","error":"E","cause":"why","ended":"T"}`
	cases := []struct{ name, fields, answer, want string }{
		{"a function", `"Type":"Task","End":true,"Resource":"f"`, `{"a":1}`, `{"a":1}`},
		{"lambda:invoke", lambdaInvoke + `,"Parameters":{"FunctionName":"f"}`, `{"ä":[1,"😀"]}`,
			`{"ExecutedVersion":"$LATEST","Payload":{"ä":[1,"😀"]},"SdkHttpMetadata":{"AllHttpHeaders":{"X-Amz-Executed-Version":["$LATEST"],"x-amzn-Remapped-Content-Length":["0"],"Connection":["keep-alive"],"x-amzn-RequestId":["e1/2.0"],"Content-Length":["31"],"Date":["Fri, 02 Jan 2026 03:04:05 GMT"],"X-Amzn-Trace-Id":["root=e1/2.0"],"Content-Type":["application/json"]},` +
				`"HttpHeaders":{"X-Amz-Executed-Version":"$LATEST","x-amzn-Remapped-Content-Length":"0","Connection":"keep-alive","x-amzn-RequestId":"e1/2.0","Content-Length":"31","Date":"Fri, 02 Jan 2026 03:04:05 GMT","X-Amzn-Trace-Id":"root=e1/2.0","Content-Type":"application/json"},"HttpStatusCode":200},"SdkResponseMetadata":{"RequestId":"e1/2.0"},"StatusCode":200}`},
		{"lambda:invoke with a token", strings.Replace(lambdaInvoke, "invoke", "invoke.waitForTaskToken", 1) + `,"Parameters":{"FunctionName":"f"}`, `{"a":1}`, `{"a":1}`},
		{"an activity", `"Type":"Task","End":true,"Resource":"arn:aws:states:r:1:activity:f"`, `{"a":1}`, `{"a":1}`},
		{"startExecution", startExecution + `","Parameters":{"StateMachineArn":"f"},"ResultSelector":{"e.$":"$.ExecutionArn","s.$":"$.StartDate","keys.$":"$.keys()","status.$":"$.SdkHttpMetadata.HttpStatusCode"}`, completed,
			`{"e":"id1","s":"2026-01-02T03:04:05.000Z","keys":["ExecutionArn","SdkHttpMetadata","SdkResponseMetadata","StartDate"],"status":200}`},
		{"startExecution.sync", startExecution + `.sync","Parameters":{"StateMachineArn":"f"}`, completed,
			`{"ExecutionArn":"id1","Input":"{\"x\":1}","InputDetails":{"Included":true},"Name":"n1","Output":"{\"y\":[2]}","OutputDetails":{"Included":true},"StartDate":"2026-01-02T03:04:05.000Z","StateMachineArn":"flow2","Status":"SUCCEEDED","StopDate":"2026-01-02T03:04:06.000Z"}`},
		{"startExecution.sync:2", startExecution + `.sync:2","Parameters":{"StateMachineArn":"f"}`, completed,
			`{"ExecutionArn":"id1","Input":{"x":1},"InputDetails":{"Included":true},"Name":"n1","Output":{"y":[2]},"OutputDetails":{"Included":true},"StartDate":"2026-01-02T03:04:05.000Z","StateMachineArn":"flow2","Status":"SUCCEEDED","StopDate":"2026-01-02T03:04:06.000Z"}`},
		{"startExecution.sync that fails", startExecution + `.sync","Parameters":{"StateMachineArn":"f"}`, failed,
			`!States.TaskFailed {"Cause":"why","Error":"E","ExecutionArn":"id1","Input":"{\"x\":1}","InputDetails":{"Included":true},"Name":"n1","StartDate":"S","StateMachineArn":"flow2","Status":"FAILED","StopDate":"T"}`},
		{"startExecution that fails later", startExecution + `","Parameters":{"StateMachineArn":"f"},"OutputPath":"$.ExecutionArn"`, failed, `"id1"`},
		{"startExecution with a token", startExecution + `.waitForTaskToken","Parameters":{"StateMachineArn":"f"}`, `[7]`, `[7]`},
		{"http:invoke", `"Type":"Task","End":true,"Resource":"arn:aws:states:::http:invoke","Parameters":{"ApiEndpoint":"https://x.org","Method":"GET"}`, `{"StatusCode":200,"ResponseBody":{"a":1}}`, `{"StatusCode":200,"ResponseBody":{"a":1}}`},
		{"getObject", `"Type":"Task","End":true,"Resource":"arn:aws:states:::aws-sdk:s3:getObject","Parameters":{"Bucket":"b","Key":"k"}`, `{"Body":"x"}`, `{"Body":"x"}`},
	}
	for _, c := range cases {
		f := answers(t, c.answer)
		w := &world{functions: map[string]behaviour{"f": f, "http:invoke": f, "aws-sdk:s3:getObject": f}}
		checkEnd(t, c.name, play(t, w, one(c.fields), `{}`), c.want)
	}
	// A child that failed is a task that failed, for Retry and Catch.
	caught := `{"StartAt":"S","States":{"S":{` + startExecution + `.sync:2","Parameters":{"StateMachineArn":"f"},"Catch":[{"ErrorEquals":["States.TaskFailed"],"ResultPath":null,"Next":"C"}]},"C":{"Type":"Pass","End":true}}}`
	checkEnd(t, "caught", play(t, &world{functions: map[string]behaviour{"f": answers(t, failed)}}, caught, `{"i":1}`), `{"i":1}`)
}

// The length that lambda:invoke tells is that of the answer as Python writes it.
func TestContentLength(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`null`: "4", `"ab"`: "4", `[]`: "2", `{}`: "2", `[1,2,3]`: "9", `{"a":1,"b":[true]}`: "21", `"ä"`: "8", `"😀"`: "14", `"\u0001\n\""`: "12",
	} {
		w := &world{functions: map[string]behaviour{"f": answers(t, answer)}}
		o := play(t, w, one(lambdaInvoke+`,"Parameters":{"FunctionName":"f"},"OutputPath":"$.SdkHttpMetadata.HttpHeaders.Content-Length"`), `{}`)
		checkEnd(t, answer, o, `"`+want+`"`)
	}
}

// The token of a task, which only tasks that wait for it have, changes with
// every attempt.
func TestTaskToken(t *testing.T) {
	t.Parallel()
	callback := strings.Replace(lambdaInvoke, "invoke", "invoke.waitForTaskToken", 1) + `,"Retry":[{"ErrorEquals":["E"],"MaxAttempts":1}],"Parameters":{"FunctionName":"f","Payload":{"t.$":"$$.Task.Token","n.$":"$$.State.RetryCount"}}`
	w := &world{functions: map[string]behaviour{"f": fails("E", 0)}}
	checkEnd(t, "a callback", play(t, w, one(callback), `{}`), `!E`)
	if len(w.invokes) != 2 {
		t.Fatalf("calls %q", w.calls)
	}
	first, second := w.invokes[0].Input, w.invokes[1].Input
	if execution, _, attempt, ok := dag.ParseToken(first.Get("t").Text()); !ok || execution != "e1" || attempt != 1 || first.Get("n").String() != "0" {
		t.Errorf("first %s", first)
	}
	if _, _, attempt, ok := dag.ParseToken(second.Get("t").Text()); !ok || attempt != 2 || second.Get("n").String() != "1" {
		t.Errorf("second %s", second)
	}
	const activity = `"Type":"Task","End":true,"Resource":"arn:aws:states:r:1:activity:f","Parameters":{"t.$":"$$.Task.Token"}`
	w = &world{functions: map[string]behaviour{"f": echo}}
	if o := play(t, w, one(activity), `{}`); o.Output.Get("t").Text() == "" {
		t.Errorf("an activity: %s", ended(o))
	}
	checkEnd(t, "no token", play(t, w, one(`"Type":"Task","End":true,"Resource":"f","Parameters":{"t.$":"$$.Task.Token"}`), `{}`), `!States.Runtime`)
	checkEnd(t, "no token in JSONata", play(t, w, query(`"Type":"Task","End":true,"Resource":"f","Arguments":{"t":"{% $exists($states.context.Task) %}"}`), `{}`), `{"t":false}`)
}

// Both limits of time end an attempt with States.Timeout; a sign of life
// prolongs the heartbeat only.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	const input = `{"five":5,"text":"5","odd":"x","zero":0,"neg":-1,"half":1.5}`
	const activity = `"Type":"Task","End":true,"Resource":"arn:aws:states:r:1:activity:f",`
	const function = `"Type":"Task","End":true,"Resource":"f",`
	cases := []struct {
		fields string
		beat   time.Duration
		want   string
		took   time.Duration
	}{
		{activity + `"HeartbeatSeconds":5`, 0, "!States.Timeout ", 5 * time.Second},
		{activity + `"HeartbeatSeconds":5`, 4 * time.Second, input, time.Hour},
		{activity + `"HeartbeatSeconds":5`, 6 * time.Second, "!States.Timeout ", 5 * time.Second},
		{activity + `"HeartbeatSeconds":5,"TimeoutSeconds":12`, 4 * time.Second, "!States.Timeout ", 12 * time.Second},
		{activity + `"HeartbeatSecondsPath":"$.five","TimeoutSeconds":12`, 0, "!States.Timeout ", 5 * time.Second},
		{activity + `"HeartbeatSecondsPath":"$.text"`, 0, "!States.Timeout ", 5 * time.Second},
		{function + `"TimeoutSecondsPath":"$.five"`, 0, "!States.Timeout ", 5 * time.Second},
		{function + `"InputPath":"$.text","TimeoutSecondsPath":"$.five"`, 0, "!States.Timeout ", 5 * time.Second}, // of the raw input
		{function + `"TimeoutSecondsPath":"$$.Execution.Input.five"`, 0, "!States.Timeout ", 5 * time.Second},
		{function + `"TimeoutSeconds":3600`, 0, input, time.Hour},
		{function + `"Comment":"no limit"`, 0, input, time.Hour},
		{function + `"TimeoutSecondsPath":"$.zero"`, 0, `!States.Runtime TimeoutSeconds must be positive.`, 0},
		{function + `"TimeoutSecondsPath":"$.neg"`, 0, `!States.Runtime TimeoutSeconds must be positive.`, 0},
		{function + `"HeartbeatSecondsPath":"$.zero"`, 0, `!States.Runtime HeartbeatSeconds must be positive.`, 0},
		{function + `"HeartbeatSecondsPath":"$.odd"`, 0, `!States.Runtime The HeartbeatSecondsPath field refers to value "x" which is not a valid integer: $.odd`, 0},
		{function + `"TimeoutSecondsPath":"$.half"`, 0, `!States.Runtime The TimeoutSecondsPath field refers to value "1.5" which is not a valid integer: $.half`, 0},
		{function + `"HeartbeatSecondsPath":"$.no"`, 0, `!States.Runtime Invalid path '$.no' : No results for path: $['no']`, 0},
	}
	for _, c := range cases {
		w := &world{functions: map[string]behaviour{"f": slow}, beat: c.beat}
		checkEnd(t, c.fields, play(t, w, one(c.fields), input), c.want)
		if took := w.now.Sub(epoch); took != c.took {
			t.Errorf("%s: took %s, want %s", c.fields, took, c.took)
		}
	}
	w := &world{functions: map[string]behaviour{"f": slow}, idle: true}
	checkEnd(t, "an activity that nobody takes", play(t, w, one(activity+`"HeartbeatSeconds":5,"TimeoutSeconds":12`), input), "!States.Timeout ")
	if took := w.now.Sub(epoch); took != 12*time.Second {
		t.Errorf("an activity that nobody takes: took %s", took)
	}
	for fields, want := range map[string]string{
		`"HeartbeatSeconds":5,"Catch":[{"ErrorEquals":["States.TaskFailed"],"Next":"C"}]`:       `!States.Timeout`,
		`"HeartbeatSeconds":5,"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"C"}]`:          `{"Error":"States.Timeout"}`,
		`"HeartbeatSeconds":5,"Catch":[{"ErrorEquals":["States.HeartbeatTimeout"],"Next":"C"}]`: `{"Error":"States.Timeout"}`,
		`"HeartbeatSeconds":5,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}]`:              `{"Error":"States.Timeout"}`,
		`"TimeoutSeconds":5,"Catch":[{"ErrorEquals":["States.HeartbeatTimeout"],"Next":"C"}]`:   `!States.Timeout`,
		`"TimeoutSeconds":5,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}]`:                `{"Error":"States.Timeout"}`,
	} {
		w := &world{functions: map[string]behaviour{"f": slow}}
		checkEnd(t, fields, play(t, w, `{"StartAt":"S","States":{"S":{`+function+fields+`},"C":{"Type":"Pass","End":true}}}`, `{}`), want)
	}
}

// What no node can call is refused, unless mocks answer.
func TestUnsupported(t *testing.T) {
	t.Parallel()
	const parameters = `,"Parameters":{"Bucket":"b","Key":"k","FunctionName":"f","StateMachineArn":"f","ApiEndpoint":"x","Method":"GET"}`
	for resource, want := range map[string]string{
		"arn:aws:states:::sqs:sendMessage": "ASL093", "arn:aws:states:::sqs:sendMessage.waitForTaskToken": "ASL093", "arn:aws:states:::dynamodb:getItem": "ASL093",
		"arn:aws:states:::aws-sdk:sqs:sendMessage": "ASL093", "arn:aws:states:::aws-sdk:s3:listBuckets": "ASL093", "arn:aws:states:::aws-sdk:s3:getObject.waitForTaskToken": "ASL093",
		"arn:aws:states:::ecs:runTask.sync": "ASL093", "arn:aws:states:::lambda:invoke.sync": "ASL093", "arn:aws:states:::http:invoke.waitForTaskToken": "ASL093",
		"arn:aws:sqs:r:1:queue": "ASL093", "https://example.org": "ASL093", "${Function}": "ASL093", "arn:aws:lambda:r:1:function:${F}": "ASL093",
		"arn:aws:lambda:r:1:function:f:$LATEST": "", "a b": "ASL009", "": "ASL009", "arn:aws:lambda:r:1:function:a/b": "ASL009", "arn:aws:states:r:1:activity:a b": "ASL009", "f": "", "f-1_2": "",
	} {
		text := one(`"Type":"Task","End":true,"Resource":"` + resource + `"` + parameters)
		var got []string
		if _, err := asl.Compile(text, asl.Options{}); err != nil {
			for _, f := range fault.From(err).Fields {
				got = append(got, f.Code)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %s, want %s", resource, got, want)
		}
		if got := codes(text, asl.Options{}); got != want {
			t.Errorf("%s: Validate says %s, want %s", resource, got, want)
		}
		if want != "ASL093" {
			continue
		}
		w := &world{options: asl.Options{Mocked: true}, functions: map[string]behaviour{}}
		g, err := asl.Compile(text, w.options)
		if err != nil {
			t.Errorf("%s with mocks: %v", resource, err)
			continue
		}
		if o := w.run(t, g, value.EmptyObject); len(w.calls) != 1 {
			t.Errorf("%s with mocks: ended %s after %q", resource, ended(o), w.calls)
		}
	}
	for fields, want := range map[string]string{
		lambdaInvoke + `,"Parameters":{"FunctionName":"${F}"}`:                                           "ASL093",
		lambdaInvoke + `,"Parameters":{"FunctionName":"f","InvocationType":"Event"}`:                     "ASL093",
		lambdaInvoke + `,"Parameters":{"FunctionName":"f","InvocationType":"DryRun"}`:                    "ASL093",
		startExecution + `","Parameters":{"StateMachineArn":"${W}"}`:                                     "ASL093",
		lambdaInvoke + `,"Parameters":{"FunctionName":"f","Qualifier":"7"}`:                              "ASL037",
		lambdaInvoke + `,"Parameters":{"FunctionName":"f","LogType":"Tail"}`:                             "ASL037",
		lambdaInvoke + `,"Parameters":{"FunctionName":"f","ClientContext":"x"}`:                          "ASL037",
		lambdaInvoke + `,"Parameters":{"FunctionName":"f:prod"}`:                                         "ASL037",
		lambdaInvoke + `,"Parameters":{"FunctionName":"f","Pay":1}`:                                      "ASL007",
		lambdaInvoke + `,"Parameters":{"FunctionName":1}`:                                                "ASL005",
		lambdaInvoke + `,"Parameters":{"FunctionName":"a/b"}`:                                            "ASL009",
		lambdaInvoke + `,"Parameters":{"Payload":1}`:                                                     "ASL006",
		lambdaInvoke + `,"Parameters":{"FunctionName.$":"$["}`:                                           "ASL020",
		lambdaInvoke + `,"Parameters":[]`:                                                                "ASL005",
		lambdaInvoke + `,"Parameters":{"FunctionName.$":"$.f","Payload.$":"$","InvocationType.$":"$.t"}`: "",
		startExecution + `"`:                                                                               "ASL006",
		startExecution + `","Parameters":{"Input":1}`:                                                      "ASL006",
		startExecution + `","Parameters":{"StateMachineArn":1}`:                                            "ASL005",
		startExecution + `","Parameters":{"StateMachineArn.$":"$.w"}`:                                      "",
		`"Type":"Task","End":true,"Resource":"arn:aws:states:::http:invoke","Parameters":{"Method":"GET"}`: "ASL006",
		`"Type":"Task","End":true,"Resource":"arn:aws:states:::http:invoke","Parameters":{"ApiEndpoint.$":"$.e","Method":"GET","Authentication":{}}`: "ASL037",
		`"Type":"Task","End":true,"Resource":"arn:aws:states:::aws-sdk:s3:putObject","Parameters":{"Bucket":"b"}`:                                    "ASL006",
		`"Type":"Task","End":true,"Resource":"f","Credentials":{"RoleArn.$":"$.r"}`:                                                                  "ASL037",
		`"Type":"Task","End":true,"Resource":"f","Credentials":{"RoleArn.$":"$["}`:                                                                   "ASL037 ASL020",
		`"Type":"Task","End":true,"Resource":"f","Credentials":null`:                                                                                 "ASL005",
		`"Type":"Task","End":true,"Resource":"f","Credentials":{"Role":"r"}`:                                                                         "ASL006",
		`"Type":"Task","End":true,"Resource":1`:                                                                                                      "ASL005",
		`"Type":"Task","End":true`:                                                                                                                   "ASL006",
		`"Type":"Task","End":true,"Resource":"f","HeartbeatSeconds":5,"TimeoutSeconds":6`:                                                            "",
		`"Type":"Task","End":true,"Resource":"f","HeartbeatSeconds":5,"TimeoutSeconds":5`:                                                            "ASL009",
		`"Type":"Task","End":true,"Resource":"f","HeartbeatSeconds":5,"TimeoutSecondsPath":"$.t"`:                                                    "",
		`"Type":"Task","End":true,"Resource":"f","TimeoutSeconds":100000000`:                                                                         "ASL009",
		`"Type":"Task","End":true,"Resource":"f","TimeoutSeconds":99999999`:                                                                          "",
		`"Type":"Task","End":true,"Resource":"f","TimeoutSeconds":1.5`:                                                                               "ASL009",
		`"Type":"Task","End":true,"Resource":"f","HeartbeatSecondsPath":"$.a[*]"`:                                                                    "ASL021",
	} {
		if got := codes(one(fields), asl.Options{}); got != want {
			t.Errorf("%s: got %s, want %s", fields, got, want)
		}
	}
	for fields, want := range map[string]string{
		lambdaInvoke + `,"Arguments":{"FunctionName":"{% 'f' %}","Qualifier":"{% '7' %}","InvocationType":"{% 'x' %}"}`: "",
		lambdaInvoke + `,"Arguments":"{% {} %}"`:               "",
		lambdaInvoke + `,"Arguments":{"FunctionName.$":"$.f"}`: "ASL006 ASL007",
		lambdaInvoke: "ASL006",
		startExecution + `","Arguments":{"StateMachineArn":"a/b"}`:                                  "ASL009",
		startExecution + `","Arguments":{"StateMachineArn":"{% $states.input %}"}`:                  "",
		`"Type":"Task","End":true,"Resource":"f","Credentials":{"RoleArn":"{% $states.input.r %}"}`: "ASL037",
		`"Type":"Task","End":true,"Resource":"f","Credentials":{"RoleArn":"{% ("}`:                  "ASL037 ASL025",
	} {
		if got := codes(query(fields), asl.Options{}); got != want {
			t.Errorf("%s: got %s, want %s", fields, got, want)
		}
	}
}

// An express execution can neither wait for what it starts nor have children.
func TestExpress(t *testing.T) {
	t.Parallel()
	const function, workflow = `","Parameters":{"FunctionName":"f"}`, `","Parameters":{"StateMachineArn":"f"}`
	for state, message := range map[string]string{
		`"Type":"Task","End":true,"Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken` + function: "Express state machine does not support '.waitForTaskToken' service integration",
		`"Type":"Task","End":true,"Resource":"arn:aws:states:::states:startExecution.sync` + workflow:     "Express state machine does not support '.sync' service integration",
		`"Type":"Task","End":true,"Resource":"arn:aws:states:::states:startExecution.sync:2` + workflow:   "Express state machine does not support '.sync' service integration",
		`"Type":"Task","End":true,"Resource":"arn:aws:states:r:1:activity:a"`:                             "Express state machine does not support Activity ARN",
		strings.TrimSuffix(distributedMap, ","):                                                           "an express execution cannot have a distributed Map",
	} {
		if got := codes(one(state), asl.Options{}); got != "" {
			t.Errorf("%s: standard: %s", state, got)
		}
		_, err := asl.Compile(one(state), asl.Options{Express: true})
		if err == nil || fault.From(err).Fields[0].Code != "ASL040" || !strings.Contains(fault.From(err).Fields[0].Detail, message) {
			t.Errorf("%s: got %v", state, err)
		}
	}
	for _, state := range []string{
		`"Type":"Task","End":true,"Resource":"f"`, lambdaInvoke + `,"Parameters":{"FunctionName":"f"}`, startExecution + workflow,
		`"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"I","States":{"I":{"Type":"Succeed"}}}`, `"Type":"Wait","Seconds":1,"End":true`,
	} {
		if got := codes(one(state), asl.Options{Express: true}); got != "" {
			t.Errorf("%s: express: %s", state, got)
		}
	}
	count := one(`"Type":"Pass","End":true,"Parameters":{"c.$":"$$.Execution.keys()"}`)
	for express, want := range map[bool]string{false: `{"c":["Id","Input","Name","RoleArn","StartTime","RedriveCount"]}`, true: `{"c":["Id","Input","Name","RoleArn","StartTime"]}`} {
		checkEnd(t, "the context", play(t, &world{options: asl.Options{Express: express}}, count, `{}`), want)
	}
}
