//nolint:thelper // what runs on each driver is a test and reports in its own lines
package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/api/client"
	"github.com/serverledge/serverledge/internal/fault"
)

// asking is a function that passes its question on, or tells the token that it
// got by failing with it.
const asking = `
class Told(Exception): pass
def handler(p, c):
    if p["question"] == "tell": raise Told(p["token"])
    return "asked"
`

// callback is a workflow of one callback task, with more fields for its state.
func callback(more string) string {
	return `{"StartAt":"Ask","States":{
		"Ask":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken",` + more + `
			"Parameters":{"FunctionName":"ask","Payload":{"question.$":"$.q","token.$":"$$.Task.Token"}},
			"Catch":[{"ErrorEquals":["Refused"],"ResultPath":"$.why","Next":"No"}],"End":true},
		"No":{"Type":"Pass","OutputPath":"$.why","End":true}}}`
}

// begin starts an execution of a definition without waiting for it.
func (n *node) begin(definition, input string) string {
	n.t.Helper()
	x, err := n.StartDefinition(n.t.Context(), api.StartExecution{Definition: definition, Input: json.RawMessage(input), Async: true})
	if err != nil {
		n.t.Fatalf("%v\n%s", err, definition)
	}
	return x.ID
}

// token returns the token that the function of a callback task gets.
func (n *node) token(id string) string {
	n.t.Helper()
	var d struct {
		Parameters struct{ Payload struct{ Token string } }
	}
	waitFor(n.t, "the task of "+id+" to be scheduled", func() bool {
		h, err := n.History(n.t.Context(), id)
		if err != nil {
			n.t.Fatal(err)
		}
		for _, e := range h.Events {
			if e.Type == "TaskScheduled" && json.Unmarshal(e.Details, &d) == nil {
				return d.Parameters.Payload.Token != ""
			}
		}
		return false
	})
	return d.Parameters.Payload.Token
}

// TestCallbacks: a task waits until somebody says over REST how it went.
func TestCallbacks(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		n := start(t, driver)
		n.function(api.Function{Name: "ask", Handler: "ask.handler"}, "ask.py", asking)
		ctx := t.Context()

		id := n.begin(callback(""), `{"q":"?"}`)
		token := n.token(id)
		if err := n.SucceedTask(ctx, api.TaskSuccess{TaskToken: token, Output: json.RawMessage(`{"yes":true}`)}); err != nil {
			t.Fatal(err)
		}
		if x := n.ended(id); x.Status != "SUCCEEDED" || !same(string(x.Output), `{"yes":true}`) {
			t.Errorf("got %s %s %+v", x.Status, x.Output, x.Failure)
		}
		if err := n.BeatTask(ctx, api.TaskHeartbeat{TaskToken: token}); !errors.Is(err, fault.NotFound) {
			t.Errorf("after the end: %v", err)
		}
		id = n.begin(callback(""), `{"q":"?"}`)
		if err := n.FailTask(ctx, api.TaskFailure{TaskToken: n.token(id), Error: "Refused", Cause: "no"}); err != nil {
			t.Fatal(err)
		}
		if x := n.ended(id); !same(string(x.Output), `{"Error":"Refused","Cause":"no"}`) {
			t.Errorf("got %s %s %+v", x.Status, x.Output, x.Failure)
		}

		// The function itself got the token, and its own failure ends the task.
		x := n.run(callback(""), `{"q":"tell"}`)
		if x.Failure == nil || x.Failure.Error != "Told" || !strings.Contains(x.Failure.Cause, n.token(x.ID)) {
			t.Errorf("got %s %+v", x.Status, x.Failure)
		}

		// The largest output, of which a state takes less, and one byte more.
		id = n.begin(callback(""), `{"q":"?"}`)
		token = n.token(id)
		output := func(size int) json.RawMessage {
			return json.RawMessage(`"` + strings.Repeat("x", size-2) + `"`)
		}
		if err := n.SucceedTask(ctx, api.TaskSuccess{TaskToken: token, Output: output(512<<10 + 1)}); !errors.Is(err, fault.TooLarge) {
			t.Errorf("one byte too many: %v", err)
		}
		if err := n.SucceedTask(ctx, api.TaskSuccess{TaskToken: token, Output: output(512 << 10)}); err != nil {
			t.Error(err)
		}
		if x := n.ended(id); x.Failure == nil || x.Failure.Error != "States.DataLimitExceeded" {
			t.Errorf("got %s %+v", x.Status, x.Failure)
		}
		for _, bad := range []string{"", "nonsense", strings.Repeat("t", 1024)} {
			if err := n.BeatTask(ctx, api.TaskHeartbeat{TaskToken: bad}); !errors.Is(err, fault.Invalid) {
				t.Errorf("%.10s: %v", bad, err)
			}
		}
	})
}

// TestCallbacksInTime: signs of life keep a task waiting, their lack or a
// timeout ends it.
func TestCallbacksInTime(t *testing.T) {
	t.Parallel()
	n := start(t, "sandbox")
	n.function(api.Function{Name: "ask", Handler: "ask.handler"}, "ask.py", asking)
	late := map[string]string{"timeout": n.begin(callback(`"TimeoutSeconds":1,`), `{"q":"?"}`), "heartbeat": n.begin(callback(`"HeartbeatSeconds":1,`), `{"q":"?"}`)}
	alive := n.begin(callback(`"HeartbeatSeconds":2,`), `{"q":"?"}`)
	token := n.token(alive)
	for began := time.Now(); time.Since(began) < 3500*time.Millisecond; time.Sleep(200 * time.Millisecond) {
		if err := n.BeatTask(t.Context(), api.TaskHeartbeat{TaskToken: token}); err != nil {
			t.Fatal(err)
		}
	}
	for name, id := range late {
		if x := n.ended(id); x.Failure == nil || x.Failure.Error != "States.Timeout" {
			t.Errorf("%s: got %s %+v", name, x.Status, x.Failure)
		}
		if err := n.SucceedTask(t.Context(), api.TaskSuccess{TaskToken: n.token(id)}); !errors.Is(err, fault.NotFound) {
			t.Errorf("%s: too late, and answered %v", name, err)
		}
	}
	if err := n.SucceedTask(t.Context(), api.TaskSuccess{TaskToken: token, Output: json.RawMessage("7")}); err != nil {
		t.Fatal(err)
	}
	if x := n.ended(alive); x.Status != "SUCCEEDED" || string(x.Output) != "7" {
		t.Errorf("got %s %s", x.Status, x.Output)
	}
}

// byHand is a workflow of one task of an activity.
func byHand(activity, more string) string {
	return `{"StartAt":"Hand","States":{"Hand":{"Type":"Task",` + more + `"Resource":"arn:aws:states:eu-west-1:123456789012:activity:` + activity + `","End":true}}}`
}

// worker runs `serverledge-cli activity work` against a node.
type worker struct {
	cmd *exec.Cmd
	log *strings.Builder
}

func work(t *testing.T, url string, args ...string) *worker {
	t.Helper()
	host, port, err := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	w := &worker{log: &strings.Builder{}}
	w.cmd = exec.CommandContext(t.Context(), filepath.Join(root, "bin", "serverledge-cli"), append([]string{"-H", host, "-P", port, "activity", "work"}, args...)...)
	w.cmd.Stdout, w.cmd.Stderr = w.log, w.log
	w.cmd.Env = append(os.Environ(), "SERVERLEDGE_HOST=", "SERVERLEDGE_PORT=")
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return w
}

// stop tells the worker to end and expects that it ends well.
func (w *worker) stop(t *testing.T) {
	t.Helper()
	if err := w.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := w.cmd.Wait(); err != nil {
		t.Errorf("the worker ended with %v:\n%s", err, w.log)
	}
}

// TestActivityWorkers: workers outside do tasks, each once, with whatever
// program; a program that fails fails its task.
func TestActivityWorkers(t *testing.T) {
	t.Parallel()
	n := start(t, "sandbox")
	var workers []*worker
	for i := range 3 {
		workers = append(workers, work(t, n.URL, "double", "--worker", fmt.Sprint("w", i), "--", "sh", "-c", "read n; echo $((2 * n))"))
	}
	var ids []string
	for i := range 12 {
		ids = append(ids, n.begin(byHand("double", ""), fmt.Sprint(i)))
	}
	for i, id := range ids {
		if x := n.ended(id); x.Status != "SUCCEEDED" || string(x.Output) != fmt.Sprint(2*i) {
			t.Errorf("%d: got %s %s %+v", i, x.Status, x.Output, x.Failure)
		}
		h, err := n.History(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		var types []string
		for _, e := range h.Events {
			types = append(types, e.Type)
			if e.Type == "ActivityStarted" && !strings.Contains(string(e.Details), `"workerName":"w`) {
				t.Errorf("the history does not name the worker: %s", e.Details)
			}
		}
		if got := strings.Join(types, " "); got != "ExecutionStarted TaskStateEntered ActivityScheduled ActivityStarted ActivitySucceeded TaskStateExited ExecutionSucceeded" {
			t.Errorf("the history is %s", got)
		}
	}
	for _, w := range workers {
		w.stop(t)
	}

	w := work(t, n.URL, "fail", "--error", "Refused", "--", "sh", "-c", "echo no >&2; exit 3")
	x := n.run(byHand("fail", `"Retry":[{"ErrorEquals":["Refused"],"IntervalSeconds":1,"MaxAttempts":1}],`), `{}`)
	w.stop(t)
	if x.Failure == nil || x.Failure.Error != "Refused" || x.Failure.Cause != "no" || strings.Count(w.log.String(), "failed with Refused") != 2 {
		t.Errorf("got %s %+v\n%s", x.Status, x.Failure, w.log)
	}

	// A heartbeat keeps a long task waiting; nobody is left when the time is up.
	w = work(t, n.URL, "slow", "--heartbeat", "200ms", "--", "sh", "-c", "sleep 3; echo done")
	x = n.run(byHand("slow", `"HeartbeatSeconds":2,`), `{}`)
	w.stop(t)
	if string(x.Output) != `"done"` {
		t.Errorf("got %s %s %+v\n%s", x.Status, x.Output, x.Failure, w.log)
	}
	w = work(t, n.URL, "slow", "--heartbeat", "100ms", "--once", "--", "sleep", "60")
	if x := n.run(byHand("slow", `"TimeoutSeconds":1,`), `{}`); x.Failure == nil || x.Failure.Error != "States.Timeout" {
		t.Errorf("got %s %+v", x.Status, x.Failure)
	}
	if err := w.cmd.Wait(); err != nil || !strings.Contains(w.log.String(), "is over") {
		t.Errorf("the worker ended with %v:\n%s", err, w.log)
	}
}

// TestWaitingTasksSurviveKill: kill -9 of the node while a callback waits, an
// activity task is being done and another one is queued. After the restart the
// worker brings its result home, and the others end too.
func TestWaitingTasksSurviveKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	address := freeAddress(t)
	port := "api.port=" + address[strings.LastIndexByte(address, ':')+1:]
	n := startIn(t, dir, "sandbox", port)
	n.function(api.Function{Name: "ask", Handler: "ask.handler"}, "ask.py", asking)
	called := n.begin(callback(""), `{"q":"?"}`)
	token := n.token(called)
	taken := n.begin(byHand("slow", ""), `"first"`)
	w := work(t, n.URL, "slow", "--once", "--", "sh", "-c", "sleep 2; cat")
	waitFor(t, "the worker to take the task", func() bool {
		h, err := n.History(t.Context(), taken)
		return err == nil && len(h.Events) == 4
	})
	queued := n.begin(byHand("slow", ""), `"second"`)
	n.Kill()

	again := startIn(t, dir, "sandbox", port)
	if err := w.cmd.Wait(); err != nil {
		t.Errorf("the worker ended with %v:\n%s", err, w.log)
	}
	if x := again.ended(taken); string(x.Output) != `"first"` {
		t.Errorf("got %s %s %+v\n%s", x.Status, x.Output, x.Failure, w.log)
	}
	task, err := again.Work(t.Context(), "slow", "me", 10*time.Second)
	if err != nil || task == nil || task.Execution != queued || string(task.Input) != `"second"` {
		t.Fatalf("got %+v, %v", task, err)
	}
	for id, token := range map[string]string{called: token, queued: task.TaskToken} {
		if err := again.SucceedTask(t.Context(), api.TaskSuccess{TaskToken: token, Output: json.RawMessage("8")}); err != nil {
			t.Error(err)
		}
		if x := again.ended(id); string(x.Output) != "8" {
			t.Errorf("got %s %s %+v", x.Status, x.Output, x.Failure)
		}
	}
}

// TestWorkersDoNotHoldTheNodeUp: a node that stops sends workers away at once,
// and who hangs up takes no task along.
func TestWorkersDoNotHoldTheNodeUp(t *testing.T) {
	t.Parallel()
	n := start(t, "sandbox")
	for range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		var left sync.WaitGroup
		left.Go(func() { _, _ = n.Work(ctx, "hand", "gone", time.Minute) })
		time.Sleep(20 * time.Millisecond)
		cancel()
		left.Wait()
	}
	id := n.begin(byHand("hand", ""), `{}`)
	task, err := n.Work(t.Context(), "hand", "me", 10*time.Second)
	if err != nil || task == nil || task.Execution != id {
		t.Fatalf("got %+v, %v", task, err)
	}
	answer := make(chan error, 1)
	go func() {
		_, err := n.Work(t.Context(), "hand", "me", time.Minute)
		answer <- err
	}()
	time.Sleep(50 * time.Millisecond)
	began := time.Now()
	if code, err := n.Node.Stop(); code != 0 || err != nil || time.Since(began) > 15*time.Second {
		t.Errorf("stopped after %s with %d, %v", time.Since(began), code, err)
	}
	if err := <-answer; !errors.Is(err, fault.Unavailable) {
		t.Errorf("the worker was told %v", err)
	}
}

// TestToldToAnotherNode: what is said of an execution to a node that does not
// own it reaches the one that does.
func TestToldToAnotherNode(t *testing.T) {
	t.Parallel()
	cloud, edge := pair(t, "sandbox", "scheduler.policy=localonly", "container.pool.memory=512")
	edge.function(api.Function{Name: "ask", Handler: "ask.handler"}, "ask.py", asking)
	ctx := t.Context()
	id := edge.begin(callback(`"HeartbeatSeconds":60,`), `{"q":"?"}`)
	token := edge.token(id)
	if err := cloud.BeatTask(ctx, api.TaskHeartbeat{TaskToken: token}); err != nil {
		t.Error(err)
	}
	if err := cloud.BeatTask(ctx, api.TaskHeartbeat{TaskToken: token + "0"}); !errors.Is(err, fault.NotFound) {
		t.Errorf("a token that is not genuine: %v", err)
	}
	if err := cloud.SucceedTask(ctx, api.TaskSuccess{TaskToken: token, Output: json.RawMessage(`{"by":"cloud"}`)}); err != nil {
		t.Error(err)
	}
	if x := edge.ended(id); x.Owner != "edge-1" || !same(string(x.Output), `{"by":"cloud"}`) {
		t.Errorf("got %s %s %+v", x.Status, x.Output, x.Failure)
	}
	if err := cloud.SucceedTask(ctx, api.TaskSuccess{TaskToken: token}); !errors.Is(err, fault.NotFound) {
		t.Errorf("told again: %v", err)
	}
	failed := edge.begin(callback(""), `{"q":"?"}`)
	if err := cloud.FailTask(ctx, api.TaskFailure{TaskToken: edge.token(failed), Error: "No"}); err != nil {
		t.Error(err)
	}
	if x := edge.ended(failed); x.Failure == nil || x.Failure.Error != "No" {
		t.Errorf("got %s %+v", x.Status, x.Failure)
	}
	stopped := edge.begin(callback(""), `{"q":"?"}`)
	x, err := cloud.Client.Stop(ctx, stopped, api.StopRequest{Error: "Enough", Cause: "said the cloud"})
	if err != nil || x.Status != "ABORTED" || x.Failure == nil || x.Failure.Cause != "said the cloud" {
		t.Errorf("got %+v, %v", x, err)
	}

	// What was passed on is not passed on again.
	marked := client.New(cloud.URL, client.Options{From: "edge-2"})
	waiting := edge.begin(callback(""), `{"q":"?"}`)
	token = edge.token(waiting)
	err = marked.BeatTask(ctx, api.TaskHeartbeat{TaskToken: token})
	if e := fault.From(err); e.Code != "owned_elsewhere" || !strings.Contains(e.Detail, "edge-1") {
		t.Errorf("got %v", err)
	}
	// An owner who is dead cannot be asked, and that is said.
	edge.Kill()
	err = cloud.BeatTask(ctx, api.TaskHeartbeat{TaskToken: token})
	if e := fault.From(err); e.Code != "owner_unavailable" || e.Kind != fault.Unavailable || !strings.Contains(e.Detail, "edge-1") || e.RetryAfter == 0 {
		t.Errorf("got %+v", e)
	}
	if _, err := cloud.Client.Stop(ctx, waiting, api.StopRequest{}); fault.From(err).Code != "owner_unavailable" {
		t.Errorf("got %v", err)
	}
}

// TestMockedRuns: a definition that calls what no node can runs with the
// answers of a file of Step Functions Local.
func TestMockedRuns(t *testing.T) {
	t.Parallel()
	n := start(t, "sandbox")
	definition := `{"StartAt":"Pay","States":{
		"Pay":{"Type":"Task","Resource":"arn:aws:states:::dynamodb:putItem","Parameters":{"TableName":"t"},
			"Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":1,"MaxAttempts":1}],"ResultPath":"$.paid","Next":"Ship"},
		"Ship":{"Type":"Task","Resource":"ship","End":true}}}`
	dir := t.TempDir()
	for name, text := range map[string]string{
		"wf.json": definition,
		"mocks.json": `{"StateMachines":{"Shop":{"TestCases":{
				"Happy":{"Pay":"Paid","Ship":"Shipped"},"Busy":{"Pay":"Busy","Ship":"Shipped"},"Short":{"Pay":"Short"}}}},
			"MockedResponses":{"Paid":{"0":{"Return":{"id":7}}},"Shipped":{"0":{"Return":"shipped"}},
				"Busy":{"0":{"Throw":{"Error":"Busy"}},"1":{"Return":null}},"Short":{"0":{"Throw":{"Error":"Busy"}}}}}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := n.StartDefinition(t.Context(), api.StartExecution{Definition: definition})
	if e := fault.From(err); e.Kind != fault.Invalid || !strings.Contains(e.Error(), "only a mock can answer") {
		t.Errorf("without mocks: %v", err)
	}
	port := n.URL[strings.LastIndexByte(n.URL, ':')+1:]
	for name, c := range map[string]struct {
		code int
		says string
	}{
		"Happy": {0, `"output": "shipped"`}, "Busy": {0, `"output": "shipped"`}, "Short": {21, "no mocked answer for call 1 of state 'Pay'"},
	} {
		out, err := shell(t, "bin/serverledge-cli -H 127.0.0.1 -P "+port+" workflow run -s "+dir+"/wf.json -d '{\"n\":1}' --mock '"+dir+"/mocks.json#"+name+"'")
		code := 0
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			code = exit.ExitCode()
		}
		if code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("%s: %v, want %d\n%s", name, err, c.code, out)
		}
	}
}

// TestItemsHaveTheirParent: the items of a distributed Map are executions that
// only their parent's list shows.
func TestItemsHaveTheirParent(t *testing.T) {
	t.Parallel()
	n := start(t, "sandbox")
	x := n.run(`{"StartAt":"Each","States":{"Each":{"Type":"Map","End":true,
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}`, `[1,2,3]`)
	if x.Status != "SUCCEEDED" {
		t.Fatalf("got %s %+v", x.Status, x.Failure)
	}
	all, err := n.Executions(t.Context(), client.ExecutionQuery{})
	if err != nil || len(all.Executions) != 1 || all.Executions[0].ID != x.ID {
		t.Errorf("all: %+v, %v", all.Executions, err)
	}
	items, err := n.Executions(t.Context(), client.ExecutionQuery{Parent: x.ID})
	if err != nil || len(items.Executions) != 3 {
		t.Fatalf("items: %+v, %v", items.Executions, err)
	}
	for _, item := range items.Executions {
		if got, err := n.Execution(t.Context(), item.ID); err != nil || got.Parent != x.ID || got.Status != "SUCCEEDED" {
			t.Errorf("got %+v, %v", got, err)
		}
	}
}
