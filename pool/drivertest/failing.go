//nolint:thelper // a clause is a test and reports in its own lines
package drivertest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/pool/channel"
)

// failing is how functions that fail by themselves are told.
var failing = map[string]test{ //nolint:gochecknoglobals // a table
	"python exception": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, `
class Odd(Exception):
    pass

def inner(x):
    raise Odd("x is %r" % x)

def handler(params, context):
    if params:
        inner(params)
    return "well"
`))
		f := wantFailure(t, call(t, i, `7`), "Odd")
		trace := strings.Join(f.Trace, "\n")
		if f.Message != "x is 7" || !strings.Contains(trace, `hello.py", line 6, in inner`) ||
			!strings.Contains(trace, "hello.py\", line 10, in handler") || strings.Contains(trace, "executor") {
			t.Errorf("got %q and the trace\n%s", f.Message, trace)
		}
		want(t, call(t, i, `0`), `"well"`)
	}},
	"python exception in a coroutine": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, "async def handler(p, c):\n    return {}['x']\n"))
		f := wantFailure(t, call(t, i, `7`), "KeyError")
		if trace := strings.Join(f.Trace, "\n"); !strings.Contains(trace, "line 2, in handler") || strings.Contains(trace, "executor") || strings.Contains(trace, "asyncio") {
			t.Errorf("got the trace\n%s", trace)
		}
	}},
	"node exception": {"nodejs", func(t *testing.T, h *harness) {
		i := h.start(t, h.node(t, `
function inner(x) { throw new TypeError('x is ' + x); }
module.exports = (p) => {
  if (p === 1) inner(p);
  if (p === 2) return Promise.reject(new RangeError('two'));
  if (p === 3) return new Promise(() => { setTimeout(() => { throw new Error('three'); }, 1); });
  if (p === 4) { Promise.reject('four'); return new Promise(() => {}); }
  return 'well';
};`))
		for input, expected := range map[string][2]string{"1": {"TypeError", "x is 1"}, "2": {"RangeError", "two"}, "3": {"Error", "three"}, "4": {"Error", "four"}} {
			if f := wantFailure(t, call(t, i, input), expected[0]); f.Message != expected[1] {
				t.Errorf("%s: got the message %q", input, f.Message)
			}
		}
		f := wantFailure(t, call(t, i, "1"), "TypeError")
		if trace := strings.Join(f.Trace, "\n"); !strings.Contains(trace, "hello.js:2") || strings.Contains(trace, "executor") {
			t.Errorf("got the trace\n%s", trace)
		}
		want(t, call(t, i, `0`), `"well"`)
	}},
	"python missing module":       {"python", notLoaded("python3", "absent.handler", functions.FailureHandlerNotFound, "absent")},
	"python missing handler":      {"python", notLoaded("python3", "hello.absent", functions.FailureHandlerNotFound, "absent")},
	"python handler is no name":   {"python", notLoaded("python3", "hello", functions.FailureHandlerNotFound, "module.function")},
	"python handler is a value":   {"python", notLoaded("python3", "hello.value", functions.FailureHandlerNotFound, "int")},
	"python module that fails":    {"python", notLoaded("python3", "broken.handler", functions.FailureInit, "ZeroDivisionError")},
	"python module misses import": {"python", notLoaded("python3", "needs.handler", functions.FailureInit, "numpie")},
	"python syntax error":         {"python", notLoaded("python3", "syntax.handler", functions.FailureInit, "SyntaxError")},
	"python module that exits":    {"python", notLoaded("python3", "leaves.handler", functions.FailureCrashed, "code 4")},
	"node missing file":           {"nodejs", notLoaded("nodejs17", "absent", functions.FailureHandlerNotFound, "absent")},
	"node missing export":         {"nodejs", notLoaded("nodejs17", "hello.absent", functions.FailureHandlerNotFound, "absent")},
	"node module that fails":      {"nodejs", notLoaded("nodejs17", "broken", functions.FailureInit, "RangeError")},
	"node syntax error":           {"nodejs", notLoaded("nodejs17", "syntax", functions.FailureInit, "SyntaxError")},
	"binary missing file":         {"binary", notLoaded("binary", "absent", functions.FailureHandlerNotFound, "absent")},
	"binary not executable":       {"binary", notLoaded("binary", "dir", functions.FailureHandlerNotFound, "dir")},
	"python invalid results": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, `
def handler(params, context):
    loop = []
    loop.append(loop)
    return {"object": object(), "nan": float("nan"), "infinity": [float("inf")], "loop": loop,
            "key": {(1, 2): 3}, "half": "\ud800", "bytes": b"x", "fine": 1}[params]
`))
		for _, what := range []string{"object", "nan", "infinity", "loop", "key", "half", "bytes"} {
			if f := wantFailure(t, call(t, i, `"`+what+`"`), functions.FailureInvalidResult); f.Message == "" {
				t.Errorf("%s: no message", what)
			}
		}
		want(t, call(t, i, `"fine"`), "1")
	}},
	"node invalid results": {"nodejs", func(t *testing.T, h *harness) {
		i := h.start(t, h.node(t, "module.exports = (p) => { const o = {}; o.o = o; return { loop: o, big: 1n, fn: () => 1, fine: 1 }[p]; };"))
		for _, what := range []string{"loop", "big", "fn"} {
			wantFailure(t, call(t, i, `"`+what+`"`), functions.FailureInvalidResult)
		}
		want(t, call(t, i, `"fine"`), "1")
	}},
	"binary invalid result": {"binary", func(t *testing.T, h *harness) {
		i := h.start(t, h.function(t, "binary", "run", map[string]string{"run": "#!/bin/sh\necho '{'\n"}))
		wantFailure(t, call(t, i, `{}`), functions.FailureInvalidResult)
	}},
	"binary that fails": {"binary", func(t *testing.T, h *harness) {
		i := h.start(t, h.function(t, "binary", "run", map[string]string{"run": "#!/bin/sh\necho 'what a pity' >&2\nexit 3\n"}))
		for range 2 {
			r := call(t, i, `{}`)
			f := wantFailure(t, r, "ExitError")
			if !strings.Contains(f.Message, "3") || !strings.Contains(strings.Join(f.Trace, "\n"), "what a pity") || r.Printed != "what a pity\n" {
				t.Errorf("got %+v, printed %q", f, r.Printed)
			}
		}
	}},
	"binary that names its error": {"binary", func(t *testing.T, h *harness) {
		i := h.start(t, h.function(t, "binary", "run", map[string]string{"run": "#!/bin/sh\necho '{\"errorType\":\"Odd\",\"errorMessage\":\"very\"}'\nexit 1\n"}))
		if f := wantFailure(t, call(t, i, `{}`), "Odd"); f.Message != "very" {
			t.Errorf("got %+v", f)
		}
	}},
	"exit in the middle of a call": {"python", func(t *testing.T, h *harness) {
		crash(t, h, "import os\ndef handler(p, c): os._exit(3)\n", "code 3")
	}},
	"sys.exit in the middle of a call": {"python", func(t *testing.T, h *harness) {
		crash(t, h, "import sys\ndef handler(p, c): sys.exit(0)\n", "code 0")
	}},
	"kill -9 of itself": {"python", func(t *testing.T, h *harness) {
		crash(t, h, "import os, time\ndef handler(p, c):\n    os.kill(os.getpid(), 9)\n    time.sleep(60)\n", "signal 9")
	}},
	"segmentation fault": {"python", func(t *testing.T, h *harness) {
		crash(t, h, "import ctypes\ndef handler(p, c): ctypes.string_at(0)\n", "signal 11")
	}},
	"node exit in the middle of a call": {"nodejs", func(t *testing.T, h *harness) {
		i := h.start(t, h.node(t, "module.exports = () => { process.exit(5); };"))
		if f := wantFailure(t, call(t, i, `{}`), functions.FailureCrashed); !strings.Contains(f.Message, "code 5") {
			t.Errorf("got %q", f.Message)
		}
		wantDone(t, i)
	}},
	"death between calls": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, "import os, threading\ndef handler(p, c):\n    threading.Timer(2, os._exit, [1]).start()\n"))
		want(t, call(t, i, `{}`), "null")
		wantDone(t, i)
	}},
	"endless loop": {"python", func(t *testing.T, h *harness) {
		endless(t, h, h.python(t, "def handler(p, c):\n    while True: pass\n"))
	}},
	"endless loop in node": {"nodejs", func(t *testing.T, h *harness) {
		endless(t, h, h.node(t, "module.exports = () => { for (;;); };"))
	}},
	"endless loop while loading": {"python", func(t *testing.T, h *harness) {
		ctx, cancel := context.WithTimeoutCause(t.Context(), 3*time.Second, errTime)
		defer cancel()
		i, err := h.driver.Start(ctx, h.python(t, "while True: pass\n"))
		if err == nil {
			stop(t, i)
		}
		if !errors.Is(err, errTime) {
			t.Errorf("got %v, want the cause of the context", err)
		}
	}},
}

var errTime = errors.New("time is up")

// notLoaded is a clause on code that cannot be loaded.
func notLoaded(runtime, handler, kind, text string) func(*testing.T, *harness) {
	return func(t *testing.T, h *harness) {
		t.Helper()
		_, err := h.tryStart(t, h.function(t, runtime, handler, map[string]string{
			"hello.py":   "value = 1\n",
			"broken.py":  "def f():\n    return 1 // 0\nf()\n",
			"needs.py":   "import numpie\n",
			"syntax.py":  "def handler(:\n",
			"leaves.py":  "import os\nos._exit(4)\n",
			"hello.js":   "exports.handler = () => 1;",
			"broken.js":  "throw new RangeError('no');",
			"syntax.js":  "module.exports = (;",
			"dir/a file": "",
		}))
		var bad *channel.InitError
		if !errors.As(err, &bad) {
			t.Fatalf("got %v, want a *channel.InitError", err)
		}
		f := bad.Failure
		if all := f.Message + strings.Join(f.Trace, "\n"); f.Type != kind || !strings.Contains(all, text) || strings.Contains(all, "executor.") {
			t.Errorf("got %+v, want %s with %q", f, kind, text)
		}
	}
}

func crash(t *testing.T, h *harness, code, text string) {
	t.Helper()
	i := h.start(t, h.python(t, code))
	if f := wantFailure(t, call(t, i, `{}`), functions.FailureCrashed); !strings.Contains(f.Message, text) {
		t.Errorf("got %q, want it to say %q", f.Message, text)
	}
	wantDone(t, i)
}

func endless(t *testing.T, h *harness, f *functions.Function) {
	t.Helper()
	i := h.start(t, f)
	ctx, cancel := context.WithTimeoutCause(t.Context(), 300*time.Millisecond, errTime)
	defer cancel()
	if _, err := i.Invoke(ctx, &functions.Call{}); !errors.Is(err, errTime) {
		t.Errorf("got %v, want the cause of the context", err)
	}
	wantDone(t, i)
}
