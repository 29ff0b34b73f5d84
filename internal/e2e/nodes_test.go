//nolint:thelper // what runs on each driver is a test and reports in its own lines
package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/internal/fault"
)

// tokens appends something unique to a list, so that a step that ran twice
// would show in what came after it.
const tokens = `
import time, uuid
def handler(p, c):
    time.sleep(0.15)
    return {"seen": p.get("seen", []) + [str(uuid.uuid4())]}
`

// TestKilledNodeGoesOn has line 6 of the issue: kill -9 in the middle of a
// ten-step workflow; after the restart it ends, and no committed step ran
// twice.
func TestKilledNodeGoesOn(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		dir := t.TempDir()
		n := startIn(t, dir, driver)
		n.function(api.Function{Name: "tokens", Handler: "tokens.handler"}, "tokens.py", tokens)
		n.workflow("ten", chainOf(10, "tokens"))
		x, err := n.Client.Start(t.Context(), "ten", api.StartExecution{Async: true})
		if err != nil {
			t.Fatal(err)
		}
		var committed []string
		waitFor(t, "four steps to be committed", func() bool {
			committed = exits(n, x.ID)
			return len(committed) >= 4
		})
		n.Kill()
		if left := remains(t, dir); driver == "sandbox" && len(left) > 0 {
			waitFor(t, "the sandboxes to die with the node", func() bool { return !hasProcess(remains(t, dir)) })
		}

		again := startIn(t, dir, driver)
		end := again.ended(x.ID)
		if end.Status != "SUCCEEDED" {
			t.Fatalf("after the restart: %s %+v", end.Status, end.Failure)
		}
		var out struct{ Seen []string }
		if err := json.Unmarshal(end.Output, &out); err != nil || len(out.Seen) != 10 {
			t.Fatalf("output %s, %v", end.Output, err)
		}
		for i, output := range committed {
			var was struct{ Seen []string }
			if err := json.Unmarshal([]byte(output), &was); err != nil || was.Seen[i] != out.Seen[i] {
				t.Errorf("step %d was committed with %v and ends as %s: it ran again", i+1, was.Seen, out.Seen[i])
			}
		}
		if all := exits(again, x.ID); len(all) != 10 {
			t.Errorf("%d steps in the history, want 10", len(all))
		}
	})
}

func hasProcess(left []string) bool {
	for _, l := range left {
		if strings.HasPrefix(l, "process ") {
			return true
		}
	}
	return false
}

// exits lists the outputs of the states that an execution has left.
func exits(n *node, id string) []string {
	n.t.Helper()
	h, err := n.History(n.t.Context(), id)
	if err != nil {
		n.t.Fatal(err)
	}
	var out []string
	for _, e := range h.Events {
		if e.Type != "TaskStateExited" {
			continue
		}
		var d struct{ Output json.RawMessage }
		if err := json.Unmarshal(e.Details, &d); err != nil {
			n.t.Fatal(err)
		}
		out = append(out, string(d.Output))
	}
	return out
}

// freeAddress returns a loopback address that nothing listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// pair starts a cloud node with the store and an edge node that shares it.
func pair(t *testing.T, driver string, edge ...string) (cloud, near *node) {
	t.Helper()
	etcd := freeAddress(t)
	cloud = start(t, driver, "registry.area=cloud", "registry.node.id=cloud-1", "etcd.listen="+etcd, "container.pool.memory=2048")
	near = start(t, driver, append([]string{
		"registry.area=edge", "registry.node.id=edge-1", "registry.remote.area=cloud", "etcd.address=" + etcd,
		"scheduler.policy=edgecloud", "container.pool.memory=128",
	}, edge...)...)
	return cloud, near
}

const sleepy = "import time\ndef handler(p, c):\n    time.sleep(0.3)\n    return p\n"

// TestOverloadedEdgeOffloads has line 6 of the issue: an edge node with memory
// for one instance sends what it cannot run to the cloud, and each answer says
// where the call ran.
func TestOverloadedEdgeOffloads(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		_, edge := pair(t, driver)
		edge.function(api.Function{Name: "sleepy", Handler: "sleepy.handler"}, "sleepy.py", sleepy)
		edge.must("sleepy", `{}`) // warm at the edge
		ran := make([]string, 8)
		together(len(ran), func(i int) {
			r, err := edge.Run(t.Context(), "sleepy", api.Invocation{Input: json.RawMessage(fmt.Sprintf(`{"i":%d}`, i))}, "")
			if err != nil || r.Failure != nil || r.Report == nil || !same(string(r.Output), fmt.Sprintf(`{"i":%d}`, i)) {
				t.Errorf("call %d: %s %+v, %v", i, r.Output, r.Failure, err)
				return
			}
			ran[i] = r.Report.Node
			if offloaded := r.Report.Action == "O"; offloaded != (r.Report.Node == "cloud-1") || offloaded != (r.Report.Area == "cloud") {
				t.Errorf("call %d says action %q, node %s, area %s", i, r.Report.Action, r.Report.Node, r.Report.Area)
			}
		})
		count := map[string]int{}
		for _, node := range ran {
			count[node]++
		}
		if count["edge-1"] == 0 || count["cloud-1"] == 0 {
			t.Errorf("calls ran at %v, want some at both", count)
		}

		// the same on the route of existing clients, which ask for offloading
		answers := make([]api.InvokeResponse, 4)
		together(len(answers), func(i int) {
			text, err := edge.Compat().Invoke(t.Context(), "sleepy", api.InvokeRequest{CanDoOffloading: i > 0})
			if err == nil {
				err = json.Unmarshal(text, &answers[i])
			}
			if err != nil && !errors.Is(err, fault.Exhausted) {
				t.Errorf("call %d: %v", i, err)
			}
		})
		for i, a := range answers {
			if a.Success && (a.ExecutionNode == "" || a.SchedAction == "O" && a.ExecutionNode != "cloud-1" || i == 0 && a.ExecutionNode == "cloud-1") {
				t.Errorf("answer %d: %+v", i, a)
			}
		}
	})
}

// TestAsyncOffloadedResultsAreFound has row 2: the id that the edge gave out
// finds the result, wherever the call ran; and a workflow's tasks offload too.
func TestAsyncOffloadedResultsAreFound(t *testing.T) {
	t.Parallel()
	_, edge := pair(t, "sandbox", "scheduler.policy=cloudonly")
	edge.function(api.Function{Name: "sleepy", Handler: "sleepy.handler"}, "sleepy.py", sleepy)
	for range 3 {
		r, err := edge.Run(t.Context(), "sleepy", api.Invocation{Input: json.RawMessage(`{"a":1}`), Async: true}, "")
		if err != nil {
			t.Fatal(err)
		}
		x := edge.ended(r.Execution)
		if x.Status != "SUCCEEDED" || !same(string(x.Output), `{"a":1}`) || len(x.Tasks) != 1 || x.Tasks[0].Node != "cloud-1" {
			t.Errorf("got %s %s %+v", x.Status, x.Output, x.Tasks)
		}
	}
	x := edge.run(chainOf(3, "sleepy"), `{"b":2}`)
	if x.Status != "SUCCEEDED" || len(x.Tasks) != 3 || x.Tasks[2].Node != "cloud-1" {
		t.Errorf("workflow: %s %+v", x.Status, x.Tasks)
	}
}

// TestDeadCloudIsLeft has row 14: once the cloud is dead, calls run at the edge
// or are refused with 429; none fails and none hangs.
func TestDeadCloudIsLeft(t *testing.T) {
	t.Parallel()
	etcd := freeAddress(t)
	start(t, "sandbox", "registry.area=store", "etcd.listen="+etcd)
	cloud := start(t, "sandbox", "registry.area=cloud", "registry.node.id=cloud-1", "etcd.address="+etcd)
	edge := start(t, "sandbox", "registry.area=edge", "registry.remote.area=cloud", "etcd.address="+etcd,
		"scheduler.policy=edgecloud", "container.pool.memory=128")
	edge.function(api.Function{Name: "sleepy", Handler: "sleepy.handler"}, "sleepy.py", sleepy)
	edge.must("sleepy", `{}`)
	cloud.Kill()
	together(6, func(i int) {
		r, err := edge.Run(t.Context(), "sleepy", api.Invocation{}, "")
		if err != nil && !errors.Is(err, fault.Exhausted) {
			t.Errorf("call %d: %v", i, err)
		}
		if err == nil && r.Report.Area != "edge" {
			t.Errorf("call %d ran in %s", i, r.Report.Area)
		}
	})
	edge.must("sleepy", `{}`)
}

// TestUpdatesAreServedEverywhereAtOnce has row 11: after an update on one node
// no node serves the old code, and a deleted function is gone everywhere.
func TestUpdatesAreServedEverywhereAtOnce(t *testing.T) {
	t.Parallel()
	cloud, edge := pair(t, "sandbox", "scheduler.policy=localonly", "container.pool.memory=512")
	version := func(v string) string { return "def handler(p, c):\n    return '" + v + "'\n" }
	for round := range 5 {
		v := fmt.Sprintf("v%d", round)
		edge.function(api.Function{Name: "fresh", Handler: "fresh.handler"}, "fresh.py", version(v))
		if got := edge.must("fresh", `{}`); got != `"`+v+`"` {
			t.Errorf("round %d: the node that was told serves %s", round, got)
		}
		waitFor(t, "the other node to serve "+v, func() bool { return cloud.must("fresh", `{}`) == `"`+v+`"` })
		for range 3 {
			if got := cloud.must("fresh", `{}`); got != `"`+v+`"` {
				t.Errorf("round %d: the other node went back to %s", round, got)
			}
		}
	}
	waitFor(t, "old instances to go", func() bool { return cloud.status().AvailableWarmContainers["fresh"] == 1 })
	if err := edge.DeleteFunction(t.Context(), "fresh"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the function to be gone on the other node", func() bool {
		_, err := cloud.Run(t.Context(), "fresh", api.Invocation{}, "")
		return errors.Is(err, fault.NotFound)
	})
}

// TestSignalsLeaveNothing has row 31: SIGTERM, SIGINT and kill -9 leave neither
// containers nor processes; what kill -9 leaves, the next start removes.
func TestSignalsLeaveNothing(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGKILL} {
			dir := t.TempDir()
			n := startIn(t, dir, driver)
			n.example(api.Function{Name: "noop", Handler: "noop.handler"}, "noop.py")
			if r, err := n.Client.Prewarm(t.Context(), "noop", api.PrewarmV1{Instances: 3}); err != nil || r.Prewarmed != 3 {
				t.Fatalf("prewarmed %d, %v", r.Prewarmed, err)
			}
			if err := n.Signal(signal); err != nil {
				t.Fatal(err)
			}
			<-n.Done()
			if signal == syscall.SIGKILL {
				n = startIn(t, dir, driver)
				if s := n.status(); s.FreeMemory != s.TotalMemory {
					t.Errorf("after kill -9 and a restart %d of %d MiB are free", s.FreeMemory, s.TotalMemory)
				}
				if code, err := n.Node.Stop(); code != 0 || err != nil {
					t.Errorf("stopped with %d, %v", code, err)
				}
			}
			for _, left := range remains(t, dir) {
				t.Errorf("%v left behind: %s", signal, left)
			}
		}
	})
}

// TestDrain: a call that runs at SIGTERM ends well.
func TestDrain(t *testing.T) {
	t.Parallel()
	n := start(t, "sandbox")
	n.function(api.Function{Name: "sleepy", Handler: "sleepy.handler"}, "sleepy.py", sleepy)
	n.must("sleepy", `{}`)
	done := make(chan error, 1)
	go func() {
		r, err := n.Run(t.Context(), "sleepy", api.Invocation{Input: json.RawMessage(`{"a":1}`)}, "")
		if err == nil && !same(string(r.Output), `{"a":1}`) {
			err = fmt.Errorf("the answer is %s %+v", r.Output, r.Failure)
		}
		done <- err
	}()
	waitFor(t, "the call to run", func() bool { return n.status().Busy == 1 })
	if err := n.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	<-n.Done()
}

// TestExitCodes has rows B-150 to B-153 as the node's exit codes.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	busy := start(t, "sandbox")
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("api.prot: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	port := busy.URL[strings.LastIndexByte(busy.URL, ':')+1:]
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"exposed":       {[]string{"--set", "api.ip=0.0.0.0", "--set", "data.dir=" + t.TempDir()}, 78, "api.insecure"},
		"unknown key":   {[]string{bad}, 78, `did you mean "api.port"?`},
		"missing file":  {[]string{"/nowhere.yaml"}, 78, "there is no such file"},
		"port in use":   {[]string{"--set", "api.port=" + port, "--set", "data.dir=" + t.TempDir()}, 71, "another program has the port"},
		"folder in use": {[]string{"--set", "api.port=0", "--set", "data.dir=" + busy.Dir}, 71, "in use by another node"},
		"unknown flag":  {[]string{"--nonsense"}, 64, "unknown flag"},
	} {
		out, err := exec.CommandContext(t.Context(), filepath.Join(root, "bin", "serverledge"), c.args...).CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != c.code || !strings.Contains(string(out), c.says) {
			t.Errorf("%s: %v, want code %d\n%s", name, err, c.code, out)
		}
	}
	config, err := exec.CommandContext(t.Context(), filepath.Join(root, "bin", "serverledge"), "config", "--set", "api.port=7").Output()
	if err != nil || !strings.Contains(string(config), "api.port: 7") || !strings.Contains(string(config), "# flag --set") {
		t.Errorf("serverledge config: %v\n%s", err, config)
	}
}
