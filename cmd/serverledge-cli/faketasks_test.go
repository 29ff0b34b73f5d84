package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/internal/fault"
)

// fakeTasks are the tasks of the activity "hands", and what was told of them.
type fakeTasks struct {
	offers []api.ActivityTask
	count  int
	told   []string
	// over are tokens of tasks that nobody waits for.
	over map[string]bool
	// refusals is how many requests are still refused as by a node that stops.
	refusals int
}

// routeTasks serves tokens and activities. A task whose input has "over" ends
// at its first heartbeat; the node refuses the next requests after one whose
// input has "stop".
func (n *fakeNode) routeTasks(handle func(string, handler)) {
	tell := func(w http.ResponseWriter, token, text string) error {
		n.mu.Lock()
		defer n.mu.Unlock()
		switch {
		case n.tasks.refusals > 0:
			n.tasks.refusals--
			return fault.New(fault.Unavailable, "node_stopping", "the node is stopping")
		case token == "nonsense":
			return fault.New(fault.Invalid, "invalid_token", "%q is not a task token", token)
		case token == "away":
			return fault.New(fault.Conflict, "owned_elsewhere", "execution x-1 runs on node edge-2")
		case token == "gone" || n.tasks.over[token]:
			return fault.New(fault.NotFound, "no_such_task", "the token names no task that is waiting").WithHint("it has ended")
		case strings.Contains(text, "duplicate"):
			return fault.New(fault.Invalid, "duplicate_key", "the body is not acceptable JSON")
		}
		n.tasks.told = append(n.tasks.told, token+" "+text)
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	handle("POST "+api.RouteTaskSuccess, func(w http.ResponseWriter, r *http.Request) error {
		var in api.TaskSuccess
		if err := decode(r, &in); err != nil {
			return err
		}
		return tell(w, in.TaskToken, "succeeded "+string(in.Output))
	})
	handle("POST "+api.RouteTaskFailure, func(w http.ResponseWriter, r *http.Request) error {
		var in api.TaskFailure
		if err := decode(r, &in); err != nil {
			return err
		}
		return tell(w, in.TaskToken, "failed "+in.Error+": "+in.Cause)
	})
	handle("POST "+api.RouteTaskHeartbeat, func(w http.ResponseWriter, r *http.Request) error {
		var in api.TaskHeartbeat
		if err := decode(r, &in); err != nil {
			return err
		}
		select {
		case n.arrived <- struct{}{}:
		default:
		}
		return tell(w, in.TaskToken, "is alive")
	})
	handle("POST "+api.RouteActivityTasks, n.activityTask)
	handle("POST /offer", func(w http.ResponseWriter, r *http.Request) error {
		input, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		n.tasks.count++
		token := fmt.Sprintf("t-%d", n.tasks.count)
		if strings.Contains(string(input), "over") {
			n.tasks.over = map[string]bool{token: true}
		}
		n.tasks.offers = append(n.tasks.offers, api.ActivityTask{TaskToken: token, Input: json.RawMessage(input), Execution: "x-1", State: "By hand"})
		return ok(w, true)
	})
	handle("GET /told", func(w http.ResponseWriter, _ *http.Request) error {
		n.mu.Lock()
		defer n.mu.Unlock()
		return ok(w, n.tasks.told)
	})
}

// activityTask hands a task of "hands" out, waits in vain for one, or refuses.
func (n *fakeNode) activityTask(w http.ResponseWriter, r *http.Request) error {
	n.mu.Lock()
	if n.tasks.refusals > 0 {
		n.tasks.refusals--
		n.mu.Unlock()
		return fault.New(fault.Unavailable, "node_stopping", "the node is stopping")
	}
	if r.PathValue("name") == "secret" {
		n.mu.Unlock()
		return fault.New(fault.Denied, "forbidden", "this is not for you")
	}
	if len(n.tasks.offers) > 0 {
		task := n.tasks.offers[0]
		n.tasks.offers = n.tasks.offers[1:]
		n.mu.Unlock()
		if strings.Contains(string(task.Input), "stop") {
			n.mu.Lock()
			n.tasks.refusals = 2
			n.mu.Unlock()
		}
		return ok(w, task)
	}
	n.mu.Unlock()
	wait, err := time.ParseDuration(r.URL.Query().Get(api.QueryWait))
	if err != nil {
		return fault.New(fault.Invalid, "invalid_parameter", "%w", err)
	}
	select {
	case n.arrived <- struct{}{}:
	default:
	}
	select {
	case <-n.leave:
	case <-r.Context().Done():
	case <-time.After(wait):
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// offer gives the activity "hands" a task for each input.
func offer(ts *testscript.TestScript, _ bool, args []string) {
	for _, input := range args {
		resp, err := http.Post("http://"+ts.Getenv("NODE")+"/offer", api.TypeJSON, strings.NewReader(input))
		ts.Check(err)
		ts.Check(resp.Body.Close())
	}
}

// told compares what was told of tasks last, heartbeats aside.
func told(ts *testscript.TestScript, neg bool, args []string) {
	resp, err := http.Get("http://" + ts.Getenv("NODE") + "/told")
	ts.Check(err)
	var lines []string
	ts.Check(json.NewDecoder(resp.Body).Decode(&lines))
	ts.Check(resp.Body.Close())
	last := ""
	for _, line := range lines {
		if !strings.HasSuffix(line, " is alive") {
			last = strings.ReplaceAll(line, "\n", `\n`)
		}
	}
	if want := strings.Join(args, " "); (last == want) == neg {
		ts.Fatalf("the node was told %.200q", lines)
	}
}
