//nolint:thelper // a clause is a test and reports in its own lines
package drivertest

import (
	"errors"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// lifecycle is how instances begin and end.
var lifecycle = map[string]test{ //nolint:gochecknoglobals // a table
	"stop": {"python", func(t *testing.T, h *harness) {
		f := h.python(t, "import subprocess\ndef handler(p, c):\n    subprocess.Popen(['sleep', '600'], start_new_session=True)\n")
		i, other := h.start(t, f), h.start(t, f)
		if i.ID() == "" || i.ID() == other.ID() {
			t.Errorf("the ids are %q and %q", i.ID(), other.ID())
		}
		want(t, call(t, i, `{}`), "null")
		stop(t, i)
		wantDone(t, i)
		stop(t, i) // once more is nothing
		if h.left != nil {
			for _, what := range h.left(t) {
				if strings.Contains(what, i.ID()) {
					t.Errorf("Stop left %s", what)
				}
			}
		}
		want(t, call(t, other, `{}`), "null")
	}},
	"stop in the middle of a call": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, "import signal, time\ndef handler(p, c):\n    for s in (15, 2, 1): signal.signal(s, signal.SIG_IGN)\n    time.sleep(600)\n"))
		ended := make(chan *functions.Result, 1)
		go func() {
			r, err := i.Invoke(t.Context(), &functions.Call{})
			if err != nil {
				t.Errorf("the call ended with %v, want a failure", err)
			}
			ended <- r
		}()
		stop(t, i)
		if r := <-ended; r != nil && (r.Failure == nil || r.Failure.Type != functions.FailureCrashed) {
			t.Errorf("got %+v", r)
		}
	}},
	"a stopped process": {"python", func(t *testing.T, h *harness) {
		endless(t, h, h.python(t, "import os, signal\ndef handler(p, c): os.kill(os.getpid(), signal.SIGSTOP)\n"))
	}},
	"orphans are buried": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, `
import subprocess, time
def handler(p, c):
    for _ in range(200):
        for _ in range(500): # a busy machine buries slowly
            if subprocess.run(['/bin/sh', '-c', 'sleep 0.01 &']).returncode == 0: break
            time.sleep(0.01)
        else: raise RuntimeError('nobody buries the dead')
    return 'well'
`))
		want(t, call(t, i, `{}`), `"well"`) // the dead would fill up the limit of 64
	}},
	"state stays between calls": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, "n = 0\ndef handler(p, c):\n    global n\n    n += 1\n    return n\n"))
		want(t, call(t, i, `{}`), "1")
		want(t, call(t, i, `{}`), "2")
	}},
	"check": {"", func(t *testing.T, h *harness) {
		for _, runtime := range []string{"python399", "nodejs999", "java21"} {
			if err := h.driver.Check(&functions.Function{Name: "f", Runtime: runtime, MemoryMB: 128}); !errors.Is(err, fault.Unimplemented) {
				t.Errorf("%s: got %v, want not implemented", runtime, err)
			}
		}
	}},
	"no package": {"python", func(t *testing.T, h *harness) {
		f := h.python(t, "")
		f.Package = strings.Repeat("0", 64)
		i, err := h.driver.Start(t.Context(), f)
		if err == nil {
			stop(t, i)
		}
		if !errors.Is(err, fault.NotFound) {
			t.Errorf("got %v, want not found", err)
		}
	}},
}
