//nolint:thelper // what runs on each driver is a test and reports in its own lines
package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/internal/fault"
)

// together runs n calls at once and waits for all.
func together(n int, call func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { call(i) })
	}
	wg.Wait()
}

// TestTwoHundredCallsOnFourInstances has line 5 of the issue: each call is
// served or refused with 429 and Retry-After, none hangs, and afterwards the
// accounts are at zero.
func TestTwoHundredCallsOnFourInstances(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		n := start(t, driver, "container.pool.memory=512", "scheduler.queue.capacity=20")
		n.function(api.Function{Name: "slow", Handler: "slow.handler"}, "slow.py",
			"import time\ndef handler(p, c):\n    time.sleep(0.02)\n    return p\n")
		var served, refused atomic.Int64
		together(200, func(i int) {
			input := fmt.Sprintf(`{"i":%d}`, i)
			r, err := n.Run(t.Context(), "slow", api.Invocation{Input: json.RawMessage(input)}, "")
			switch {
			case err == nil && r.Failure == nil:
				var back struct{ I int }
				if json.Unmarshal(r.Output, &back) != nil || back.I != i {
					t.Errorf("call %d got the answer %s", i, r.Output)
				}
				served.Add(1)
			case errors.Is(err, fault.Exhausted):
				if fault.From(err).RetryAfter <= 0 {
					t.Errorf("refused without Retry-After: %v", err)
				}
				refused.Add(1)
			default:
				t.Errorf("call %d: %v %+v", i, err, r.Failure)
			}
		})
		if served.Load() < 4 || served.Load()+refused.Load() != 200 {
			t.Errorf("%d served and %d refused", served.Load(), refused.Load())
		}
		s := n.settle()
		if warm := s.AvailableWarmContainers["slow"]; warm > 4 || s.FreeMemory != s.TotalMemory-int64(warm)*128 {
			t.Errorf("%d warm instances with %d of %d MiB free", warm, s.FreeMemory, s.TotalMemory)
		}
		if err := n.DeleteFunction(t.Context(), "slow"); err != nil {
			t.Fatal(err)
		}
		waitFor(t, "all memory free after the deletion", func() bool { s := n.status(); return s.FreeMemory == s.TotalMemory })
	})
}

// TestOneCallAtATime has row 3: calls never overlap in an instance of
// concurrency 1, also with a queue and many clients.
func TestOneCallAtATime(t *testing.T) {
	t.Parallel()
	n := start(t, "sandbox", "container.pool.memory=512", "scheduler.queue.capacity=100")
	n.function(api.Function{Name: "alone", Handler: "alone.handler"}, "alone.py", `
import time
inside = 0
def handler(p, c):
    global inside
    inside += 1
    most = inside
    time.sleep(0.002)
    most = max(most, inside)
    inside -= 1
    return most
`)
	for range 10 {
		together(16, func(int) {
			if r, err := n.Run(t.Context(), "alone", api.Invocation{}, ""); err != nil || string(r.Output) != "1" {
				t.Errorf("%v: %s calls at once in one instance", err, r.Output)
			}
		})
	}
	n.settle()
}

// TestAsyncResultsAreNeitherLostNorMixed has row 1: asynchronous cold calls of
// one function with synchronous calls of another between them.
func TestAsyncResultsAreNeitherLostNorMixed(t *testing.T) {
	t.Parallel()
	n := start(t, "sandbox")
	n.function(api.Function{Name: "one", Handler: "one.handler"}, "one.py", "import time\ndef handler(p, c):\n    time.sleep(0.05)\n    return ['one', p['i']]\n")
	n.function(api.Function{Name: "two", Handler: "two.handler"}, "two.py", "def handler(p, c):\n    return ['two', p['i']]\n")
	ids := make([]string, 20)
	together(40, func(i int) {
		if i%2 == 1 {
			if got := n.must("two", fmt.Sprintf(`{"i":%d}`, i)); !same(got, fmt.Sprintf(`["two",%d]`, i)) {
				t.Errorf("two of %d got %s", i, got)
			}
			return
		}
		r, err := n.Run(t.Context(), "one", api.Invocation{Input: json.RawMessage(fmt.Sprintf(`{"i":%d}`, i)), Async: true}, "")
		if err != nil {
			t.Errorf("async call %d: %v", i, err)
			return
		}
		ids[i/2] = r.Execution
	})
	for i, id := range ids {
		if id == "" {
			continue // told above
		}
		x := n.ended(id)
		if x.Status != "SUCCEEDED" || !same(string(x.Output), fmt.Sprintf(`["one",%d]`, 2*i)) {
			t.Errorf("async call %d: %s %s %+v", 2*i, x.Status, x.Output, x.Failure)
		}
		text, err := n.Compat().Poll(t.Context(), id)
		var answer api.InvokeResponse
		if err != nil || json.Unmarshal(text, &answer) != nil || !answer.Success || !same(answer.Result, fmt.Sprintf(`["one",%d]`, 2*i)) {
			t.Errorf("poll of call %d: %s, %v", 2*i, text, err)
		}
	}
	n.settle()
}

// ended waits for the end of an execution.
func (n *node) ended(id string) api.Execution {
	n.t.Helper()
	var x api.Execution
	waitFor(n.t, "execution "+id+" to end", func() bool {
		var err error
		if x, err = n.Execution(n.t.Context(), id); err != nil {
			n.t.Fatal(err)
		}
		return x.Status != "RUNNING"
	})
	return x
}

// same compares two JSON texts without regard to blanks.
func same(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	return fmt.Sprint(x) == fmt.Sprint(y)
}

// TestPoolShortOfCPULeaksNothing has row 27: nine calls on eight prewarmed
// instances and two CPUs.
func TestPoolShortOfCPULeaksNothing(t *testing.T) {
	t.Parallel()
	n := start(t, "sandbox", "container.pool.memory=2048", "container.pool.cpus=2")
	n.function(api.Function{Name: "busy", Handler: "busy.handler", CPU: 1}, "busy.py",
		"import time\ndef handler(p, c):\n    time.sleep(0.1)\n    return 1\n")
	if r, err := n.Client.Prewarm(t.Context(), "busy", api.PrewarmV1{Instances: 8}); err != nil || r.Prewarmed != 8 {
		t.Fatalf("prewarmed %d, %v", r.Prewarmed, err)
	}
	together(9, func(int) {
		if _, err := n.Run(t.Context(), "busy", api.Invocation{}, ""); err != nil && !errors.Is(err, fault.Exhausted) {
			t.Error(err)
		}
	})
	s := n.settle()
	if warm := s.AvailableWarmContainers["busy"]; s.FreeMemory != s.TotalMemory-int64(warm)*128 || s.UsedCPU != 0 {
		t.Errorf("%d warm instances, %d of %d MiB free, %v CPUs used", warm, s.FreeMemory, s.TotalMemory, s.UsedCPU)
	}
}

// TestPrewarmedInstancesStay has row 28: the janitor does not take prewarmed
// instances before their time, and calls find them warm.
func TestPrewarmedInstancesStay(t *testing.T) {
	t.Parallel()
	n := start(t, "sandbox", "janitor.interval=0.1", "container.expiration=2")
	n.example(api.Function{Name: "noop", Handler: "noop.handler"}, "noop.py")
	if r, err := n.Client.Prewarm(t.Context(), "noop", api.PrewarmV1{Instances: 3}); err != nil || r.Prewarmed != 3 {
		t.Fatalf("prewarmed %d, %v", r.Prewarmed, err)
	}
	if r := n.invoke("noop", `{}`); r.Report == nil || r.Report.Cold {
		t.Errorf("the first call after prewarming is cold: %+v", r.Report)
	}
	if warm := n.status().AvailableWarmContainers["noop"]; warm != 3 {
		t.Errorf("%d warm instances, want 3", warm)
	}
	// and they do go when their time has come
	waitFor(t, "idle instances to expire", func() bool { s := n.status(); return s.FreeMemory == s.TotalMemory })
}

// TestOverloadedWorkflowsWait has row 41: ten-task workflows at concurrency 16
// on a small pool all end well.
func TestOverloadedWorkflowsWait(t *testing.T) {
	t.Parallel()
	n := start(t, "sandbox", "container.pool.memory=512")
	n.example(api.Function{Name: "inc", Handler: "inc.handler", Signature: intSignature}, "inc.py")
	n.workflow("ten", chainOf(10, "inc"))
	together(16, func(i int) {
		x, err := n.Client.Start(t.Context(), "ten", api.StartExecution{Input: json.RawMessage(fmt.Sprintf(`{"n":%d}`, i))})
		if err != nil || x.Status != "SUCCEEDED" || !same(string(x.Output), fmt.Sprintf(`{"n":%d}`, i+10)) {
			t.Errorf("workflow %d: %s %s %+v, %v", i, x.Status, x.Output, x.Failure, err)
		}
	})
	n.settle()
}

// TestWarmCallsAreNotLogged has row 40: no log line for a call.
func TestWarmCallsAreNotLogged(t *testing.T) {
	t.Parallel()
	n := start(t, "sandbox")
	n.example(api.Function{Name: "noop", Handler: "noop.handler"}, "noop.py")
	n.must("noop", `{}`)
	before := len(n.Log())
	for range 50 {
		n.must("noop", `{}`)
	}
	if grown := n.Log()[before:]; grown != "" {
		t.Errorf("50 calls wrote:\n%s", grown)
	}
}

// TestMetricsThatDashboardsKnow: the names that existing dashboards read.
func TestMetricsThatDashboardsKnow(t *testing.T) {
	t.Parallel()
	n := start(t, "sandbox", "metrics.enabled=true", "registry.area=EDGE")
	n.example(api.Function{Name: "noop", Handler: "noop.handler"}, "noop.py")
	n.must("noop", `{}`)
	n.must("noop", `{}`)
	n.run(`{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericEquals":1,"Next":"Yes"}],"Default":"No"},
		"Yes":{"Type":"Task","Resource":"noop","End":true},"No":{"Type":"Succeed"}}}`, `{"n":1}`)
	text := n.text("/metrics")
	for _, want := range []string{
		`completed_count{area="EDGE",function="noop"} 3`, `cold_starts_count{area="EDGE",function="noop"} 1`,
		`execution_time_count{function="noop"} 3`, `init_time_count{function="noop"} 1`, `output_size_count{function="noop"} 3`,
		`branch_count{next_task="Yes",task="C"} 1`, "serverledge_instances_idle 1", "serverledge_panics_total 0", "serverledge_memory_free_mb ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if off := start(t, "sandbox").text("/metrics"); !strings.Contains(off, "metrics.enabled") {
		t.Errorf("a node without metrics says %q", off)
	}
}

// TestWarmCallsShareOneProcessAndOneThread has row 36: no new connection, no
// new thread and no new process per call.
func TestWarmCallsShareOneProcessAndOneThread(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		t.Helper()
		n := start(t, driver)
		n.function(api.Function{Name: "who", Handler: "who.handler"}, "who.py", `
import os, threading
def handler(p, c):
    sockets = sum(os.readlink(f"/proc/self/fd/{f}").startswith("socket:") for f in os.listdir("/proc/self/fd") if os.path.islink(f"/proc/self/fd/{f}"))
    return [os.getpid(), threading.get_ident(), sockets]
`)
		first := n.must("who", `{}`)
		if !strings.HasSuffix(strings.TrimSpace(strings.TrimSuffix(first, "]")), "1") {
			t.Errorf("more than one socket: %s", first)
		}
		for range 20 {
			if got := n.must("who", `{}`); got != first {
				t.Errorf("a later call ran in %s, the first in %s", got, first)
			}
		}
	})
}

// TestColdBurst has row 39: many cold calls at once are all served, each on an
// instance that said by itself that it was ready.
func TestColdBurst(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		t.Helper()
		n := start(t, driver, "container.pool.memory=2048")
		n.function(api.Function{Name: "slow", Handler: "slow.handler"}, "slow.py", "import time\ndef handler(p, c):\n    time.sleep(0.2)\n    return p['i']\n")
		together(8, func(i int) {
			r, err := n.Run(t.Context(), "slow", api.Invocation{Input: json.RawMessage(fmt.Sprintf(`{"i":%d}`, i))}, "")
			if err != nil || string(r.Output) != fmt.Sprint(i) {
				t.Errorf("call %d: %s %+v, %v", i, r.Output, r.Failure, err)
			}
		})
		n.settle()
	})
}
