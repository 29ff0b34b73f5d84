//nolint:thelper // a clause is a test and reports in its own lines
package drivertest

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/pool/channel"
)

// hostile is what functions do to others, and does not get through.
var hostile = map[string]test{ //nolint:gochecknoglobals // a table
	"out of memory": {"python", func(t *testing.T, h *harness) {
		f := h.python(t, "def handler(p, c): return len(b'x' * (400 << 20))\n")
		f.MemoryMB = 64
		i := h.start(t, f)
		if f := wantFailure(t, call(t, i, `{}`), functions.FailureOutOfMemory); !strings.Contains(f.Message, "64 MiB") {
			t.Errorf("got %q", f.Message)
		}
		wantDone(t, i)
	}},
	"out of memory while it loads": {"python", func(t *testing.T, h *harness) {
		f := h.python(t, "kept = b'x' * (400 << 20)\ndef handler(p, c): return 0\n")
		f.MemoryMB = 64
		_, err := h.tryStart(t, f)
		var bad *channel.InitError
		if !errors.As(err, &bad) || bad.Failure.Type != functions.FailureOutOfMemory || !strings.Contains(bad.Failure.Message, "64 MiB") {
			t.Errorf("got %v, want that memory ran out", err)
		}
	}},
	"out of memory by and by": {"python", func(t *testing.T, h *harness) {
		f := h.python(t, "kept = []\ndef handler(p, c):\n    while True:\n        kept.append([object(), str(len(kept))])\n")
		f.MemoryMB = 64
		i := h.start(t, f)
		if f := wantFailure(t, call(t, i, `{}`), functions.FailureOutOfMemory); !strings.Contains(f.Message, "64 MiB") {
			t.Errorf("got %q", f.Message)
		}
		wantDone(t, i)
	}},
	"out of memory in a child": {"python", func(t *testing.T, h *harness) {
		f := h.python(t, "import subprocess, sys\ndef handler(p, c):\n    subprocess.run([sys.executable, '-c', 'b\"x\" * (400 << 20)'], check=True)\n")
		f.MemoryMB = 64
		i := h.start(t, f)
		if h.uncounted {
			wantFailure(t, call(t, i, `{}`), "CalledProcessError")
			return
		}
		wantFailure(t, call(t, i, `{}`), functions.FailureOutOfMemory)
		wantDone(t, i)
	}},
	"out of memory in a file": {"python", func(t *testing.T, h *harness) {
		f := h.python(t, `
def handler(p, c):
    kept = b"x" * (20 << 20)
    try:
        with open("/tmp/big", "wb") as f:
            while True:
                f.write(kept)
    except OSError as e:
        return e.errno
`)
		f.MemoryMB = 128
		i := h.start(t, f)
		r := call(t, i, `{}`)
		// ENOSPC or EFBIG, and not the end of the instance.
		if r.Failure != nil || (string(r.Output) != "28" && string(r.Output) != "27") {
			t.Errorf("got %s, %+v", r.Output, r.Failure)
		}
	}},
	"many processes": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, `
import os, time
def handler(params, context):
    for n in range(1000):
        try:
            child = os.fork()
        except OSError:
            return n
        if child == 0:
            time.sleep(600)
            os._exit(0)
`))
		r := call(t, i, `{}`)
		n, err := strconv.Atoi(string(r.Output))
		if err != nil || n < 1 || n > 64 {
			t.Errorf("forked %s times (%+v), want at most 64", r.Output, r.Failure)
		}
	}},
	"fork bomb": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, `
import os
def handler(params, context):
    while True:
        try:
            os.fork()
        except OSError:
            pass
`))
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errTime)
		defer cancel()
		if _, err := i.Invoke(ctx, &functions.Call{}); !errors.Is(err, errTime) {
			t.Errorf("got %v, want the cause of the context", err)
		}
	}},
	"children that answer too": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, "import os\ndef handler(p, c):\n    pids = [os.getpid() if os.fork() else -1 for _ in range(3)]\n    return p if -1 not in pids else 'child'\n"))
		for n := range 5 {
			want(t, call(t, i, strconv.Itoa(n)), strconv.Itoa(n))
		}
	}},
	"200 MB of printed text": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, `
import os, subprocess
def handler(params, context):
    line = "x" * 99999
    for _ in range(params):
        print(line)
    subprocess.run(["head", "-c", str(params * 10), "/dev/zero"], check=True)
    return "alive"
`))
		for n, asked := range []bool{true, false, true} {
			r := invoke(t, i, &functions.Call{Input: json.RawMessage("2000"), Output: asked})
			want(t, r, `"alive"`)
			size := 0
			if asked {
				size = functions.MaxPrinted
			}
			if len(r.Printed) != size || r.PrintedTruncated != asked {
				t.Errorf("call %d: kept %d bytes, truncated %t", n, len(r.Printed), r.PrintedTruncated)
			}
		}
		if r := call(t, i, "0"); r.PrintedTruncated || r.Printed != "" {
			t.Errorf("the next call has %d bytes of it", len(r.Printed))
		}
	}},
	"200 MB of printed text in node": {"nodejs", func(t *testing.T, h *harness) {
		i := h.start(t, h.node(t, "module.exports = (n) => { const line = 'x'.repeat(99999); for (let i = 0; i < n; i++) console.log(line); return 'alive'; };"))
		r := call(t, i, "2000")
		want(t, r, `"alive"`)
		if len(r.Printed) != functions.MaxPrinted || !r.PrintedTruncated {
			t.Errorf("kept %d bytes, truncated %t", len(r.Printed), r.PrintedTruncated)
		}
	}},
	"200 MB of printed text in a binary": {"binary", func(t *testing.T, h *harness) {
		i := h.start(t, h.function(t, "binary", "run", map[string]string{"run": "#!/bin/sh\nhead -c 200000000 /dev/zero >&2\necho 1\n"}))
		r := call(t, i, "{}")
		want(t, r, "1")
		if len(r.Printed) != functions.MaxPrinted || !r.PrintedTruncated {
			t.Errorf("kept %d bytes, truncated %t", len(r.Printed), r.PrintedTruncated)
		}
	}},
	"result limit": {"python", func(t *testing.T, h *harness) {
		f := h.python(t, "def handler(p, c): return 'x' * p\n")
		f.MemoryMB = 1024
		i := h.start(t, f)
		r := call(t, i, strconv.Itoa(functions.MaxOutput-2))
		if r.Failure != nil || len(r.Output) != functions.MaxOutput {
			t.Errorf("the longest result: %d bytes, %+v", len(r.Output), r.Failure)
		}
		wantFailure(t, call(t, i, strconv.Itoa(functions.MaxOutput-1)), functions.FailureResultTooLarge)
		wantFailure(t, call(t, i, "200000000"), functions.FailureResultTooLarge)
	}},
	"result limit in node": {"nodejs", func(t *testing.T, h *harness) {
		f := h.node(t, "module.exports = (n) => 'x'.repeat(n);")
		f.MemoryMB = 1024
		i := h.start(t, f)
		wantFailure(t, call(t, i, "200000000"), functions.FailureResultTooLarge)
	}},
	"result limit of a binary": {"binary", func(t *testing.T, h *harness) {
		i := h.start(t, h.function(t, "binary", "run", map[string]string{"run": "#!/bin/sh\nhead -c 200000000 /dev/zero\n"}))
		wantFailure(t, call(t, i, "{}"), functions.FailureResultTooLarge)
	}},
	"answers for other calls": {"python", func(t *testing.T, h *harness) {
		// The function writes frames of its own on the executor's socket.
		i := h.start(t, h.python(t, `
import os, stat, struct
def handler(params, context):
    for fd in range(3, 64):
        try:
            if not stat.S_ISSOCK(os.fstat(fd).st_mode):
                continue
        except OSError:
            continue
        for stream in (0, 99, 100, 1 << 31):
            body = b'"forged"'
            os.write(fd, struct.pack(">IBII", 9 + len(body), 5, stream, 0) + body)
    return params
`))
		for n := range 3 {
			want(t, call(t, i, strconv.Itoa(n)), strconv.Itoa(n))
		}
	}},
	"rubbish on the wire": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, `
import os, stat, time
def handler(params, context):
    for fd in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                os.write(fd, b"HTTP/1.1 200 OK\r\n\r\n")
        except OSError:
            pass
    time.sleep(60)
`))
		wantFailure(t, call(t, i, `{}`), functions.FailureProtocol)
		wantDone(t, i)
	}},
}
