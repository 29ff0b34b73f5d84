//nolint:thelper // what runs on each driver is a test and reports in its own lines
package e2e

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

const hostile = `
import os, signal, sys, time
def killed(p, c): os.kill(os.getpid(), signal.SIGKILL)
def crashed(p, c): os._exit(3)
def hungry(p, c):
    held = []
    while True: held.append(bytearray(8 << 20))
def bomb(p, c):
    born = 0
    try:
        while True:
            if os.fork() == 0: time.sleep(30); os._exit(0)
            born += 1
    except OSError as e:
        return {"born": born, "error": type(e).__name__}
def endless(p, c):
    while True: pass
def chatty(p, c):
    line = "x" * 999 + "\n"
    for _ in range(200_000): sys.stdout.write(line)
    return "done"
def huge(p, c): return "x" * (200 << 20)
def fails(p, c):
    print("about to fail")
    raise ValueError("no such thing as " + str(p.get("a")))
def good(p, c): return p
`

// TestHostileFunctions has line 4 of the issue and rows 4 and 5 of the
// prototype's defects: each way to misbehave gets its own clear answer, and the
// node and the other functions live on.
func TestHostileFunctions(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		n := start(t, driver)
		for _, name := range []string{"killed", "crashed", "hungry", "bomb", "endless", "chatty", "huge", "fails", "good"} {
			f := api.Function{Name: name, Handler: "hostile." + name, MemoryMB: 64}
			if name == "endless" {
				f.Timeout = "1s"
			}
			if name == "huge" {
				f.MemoryMB = 1024
			}
			n.function(f, "hostile.py", hostile)
		}
		for _, c := range []struct{ function, errorType, says string }{
			{"killed", functions.FailureCrashed, "signal"},
			{"crashed", functions.FailureCrashed, "3"},
			{"hungry", functions.FailureOutOfMemory, "64"},
			{"endless", functions.FailureTimeout, "1s"},
			{"huge", functions.FailureResultTooLarge, ""},
			{"fails", "ValueError", "no such thing as 7"},
		} {
			r := n.invoke(c.function, `{"a":7}`)
			if r.Failure == nil || r.Failure.Type != c.errorType || !strings.Contains(r.Failure.Message, c.says) {
				t.Errorf("%s: got %+v, want %s that says %q", c.function, r.Failure, c.errorType, c.says)
			}
			if c.function == "fails" {
				if r.Printed != "about to fail\n" || !strings.Contains(strings.Join(r.Failure.Trace, "\n"), "hostile.py") {
					t.Errorf("fails: printed %q, trace %q", r.Printed, r.Failure.Trace)
				}
			}
			if got := n.must("good", `{"still":"here"}`); got != `{"still":"here"}` && got != `{"still": "here"}` {
				t.Errorf("after %s a good function answers %s", c.function, got)
			}
		}
		var bomb struct{ Born int }
		if err := json.Unmarshal([]byte(n.must("bomb", `{}`)), &bomb); err != nil || bomb.Born == 0 || bomb.Born > 64 {
			t.Errorf("fork bomb: %d children, %v; at most 64 are allowed", bomb.Born, err)
		}
		chatty := n.invoke("chatty", `{}`)
		if chatty.Failure != nil || !chatty.PrintedTruncated || len(chatty.Printed) > functions.MaxPrinted {
			t.Errorf("200 MB printed: %+v, %d bytes kept, truncated %v", chatty.Failure, len(chatty.Printed), chatty.PrintedTruncated)
		}
		n.settle()
		if err := n.Healthy(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestFailingStartsLeaveNothing has rows 29 and 30: code that cannot be loaded
// is said so each time, and neither instances nor memory stay.
func TestFailingStartsLeaveNothing(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		n := start(t, driver)
		n.function(api.Function{Name: "lost", Handler: "nowhere.handler"}, "good.py", hostile)
		n.function(api.Function{Name: "broken", Handler: "broken.handler"}, "broken.py", "import nothing_of_the_kind\n")
		for range 5 {
			if r := n.invoke("lost", `{}`); r.Failure == nil || r.Failure.Type != functions.FailureHandlerNotFound {
				t.Fatalf("missing module: %+v", r.Failure)
			}
			if r := n.invoke("broken", `{}`); r.Failure == nil || !strings.Contains(r.Failure.Message, "nothing_of_the_kind") {
				t.Fatalf("broken module: %+v", r.Failure)
			}
		}
		_, err := n.Client.Prewarm(t.Context(), "broken", api.PrewarmV1{Instances: 2})
		if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "nothing_of_the_kind") {
			t.Errorf("prewarming code that cannot be loaded: %v", err)
		}
		if s := n.settle(); s.FreeMemory != s.TotalMemory {
			t.Errorf("%d of %d MiB are free afterwards", s.FreeMemory, s.TotalMemory)
		}
	})
}
