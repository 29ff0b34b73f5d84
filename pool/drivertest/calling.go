//nolint:thelper // a clause is a test and reports in its own lines
package drivertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// calling is what well-meaning functions may count on.
var calling = map[string]test{ //nolint:gochecknoglobals // a table
	"python hello": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, `
def handler(params, context):
    return {"message": "hello " + params["name"]}
`))
		for range 3 {
			want(t, call(t, i, `{"name":"wörld"}`), `{"message":"hello wörld"}`)
		}
		if r := call(t, i, `{"name":"a"}`); r.Duration <= 0 || !strings.HasPrefix(r.Runtime, "Python 3.") || r.Runtime != i.Runtime() {
			t.Errorf("got duration %v and runtime %q (instance: %q)", r.Duration, r.Runtime, i.Runtime())
		}
	}},
	"python async": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, `
import asyncio
async def handler(params, context):
    await asyncio.sleep(0.001)
    return [params, asyncio.get_running_loop() is not None]
`))
		want(t, call(t, i, `1`), `[1,true]`)
		want(t, call(t, i, `2`), `[2,true]`)
	}},
	"python module in a folder, with its own libraries": {"python", func(t *testing.T, h *harness) {
		f := h.function(t, "python38", "pkg.sub.mod.run", map[string]string{
			"pkg/sub/mod.py":         "import lib, other\nfrom pkg import data\ndef run(p, c): return [lib.x, other.y, data.z, open('note.txt').read()]\n",
			"pkg/data.py":            "z = 3",
			"lib.py":                 "x = 1",
			"site-packages/other.py": "y = 2",
			"note.txt":               "hi",
		})
		want(t, call(t, h.start(t, f), `{}`), `[1,2,3,"hi"]`)
	}},
	"python all kinds of values": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, "def handler(p, c): return p\n"))
		for _, v := range []string{`null`, `true`, `-1.5e+300`, `12345678901234567890123`, `"é\u0000\"\\"`, `[]`, `{"b":1,"a":[{}]}`} {
			r := call(t, i, v)
			if r.Failure != nil || string(r.Output) != v {
				t.Errorf("%s came back as %s (%+v)", v, r.Output, r.Failure)
			}
		}
		want(t, call(t, i, ``), `{}`)
	}},
	"python context": {"python", func(t *testing.T, h *harness) {
		f := h.python(t, "def handler(p, c): return c\n")
		f.Namespace, f.Name = "space", "näme"
		deadline := time.Now().Add(time.Hour)
		r := invoke(t, h.start(t, f), &functions.Call{Key: "ex/7", Attempt: 2, Execution: "ex", Deadline: deadline})
		want(t, r, fmt.Sprintf(`{"function":"näme","namespace":"space","memory_mb":128,"attempt":2,"execution":"ex","key":"ex/7","deadline_ms":%d}`, deadline.UnixMilli()))
	}},
	"node hello": {"nodejs", func(t *testing.T, h *harness) {
		i := h.start(t, h.node(t, "module.exports = (params, context) => ({ message: 'hello ' + params.name, key: context.key });\n"))
		for range 3 {
			want(t, invoke(t, i, &functions.Call{Input: json.RawMessage(`{"name":"wörld"}`), Key: "k"}), `{"message":"hello wörld","key":"k"}`)
		}
		if !strings.HasPrefix(i.Runtime(), "Node.js ") {
			t.Errorf("got the runtime %q", i.Runtime())
		}
	}},
	"node handlers": {"nodejs", func(t *testing.T, h *harness) {
		files := map[string]string{
			"hello.js":    "module.exports = async (p) => { await null; return 1; };",
			"named.js":    "exports.handler = () => 2; exports.other = () => new Promise((ok) => setTimeout(ok, 1, 3));",
			"dir/deep.js": "const data = require('../data.json'); module.exports = () => data;",
			"data.json":   "[4]",
			"new.mjs":     "export default () => 5; export const six = () => 6;",
		}
		for handler, output := range map[string]string{
			"hello": "1", "hello.js": "1", "named": "2", "named.other": "3", "named.handler": "2", "dir/deep": "[4]", "new.mjs": "5", "new": "5", "new.six": "6",
		} {
			want(t, call(t, h.start(t, h.function(t, "nodejs17ng", handler, files)), `{}`), output)
		}
	}},
	"binary": {"binary", func(t *testing.T, h *harness) {
		f := h.function(t, "binary", "bin/run", map[string]string{"bin/run": "#!/bin/sh\nIFS= read -r line\necho \"a note\" >&2\necho \"[$line,\\\"$WHO\\\"]\"\n"})
		f.Env = map[string]string{"WHO": "me"}
		i := h.start(t, f)
		for range 2 {
			r := call(t, i, `{"a":1}`)
			want(t, r, `[{"a":1},"me"]`)
			if r.Printed != "a note\n" {
				t.Errorf("printed %q", r.Printed)
			}
		}
		if r := invoke(t, i, &functions.Call{Input: json.RawMessage(`1`)}); r.Printed != "" {
			t.Errorf("printed %q though nobody asked", r.Printed)
		}
	}},
	"environment": {"python", func(t *testing.T, h *harness) {
		f := h.python(t, "import os\nearly = os.environ['GREETING']\ndef handler(p, c): return [early, os.environ['GREETING'], [k for k in os.environ if 'SERVERLEDGE' in k]]\n")
		f.Env = map[string]string{"GREETING": "good=day\n"}
		want(t, call(t, h.start(t, f), `{}`), `["good=day\n","good=day\n",[]]`)
	}},
	"printed text": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, `
import os, subprocess, sys
def handler(params, context):
    print("one")
    print("two", file=sys.stderr)
    os.write(1, b"three\n")
    subprocess.run(["/bin/echo", "four"], check=True)
    sys.stdout.write("five")
    return params
`))
		const text = "one\ntwo\nthree\nfour\nfive"
		for n := range 4 {
			asked := n != 1 // a call that does not ask leaves nothing to the next
			r := invoke(t, i, &functions.Call{Input: json.RawMessage(`1`), Output: asked})
			want(t, r, "1")
			if got := r.Printed; asked && got != text || !asked && got != "" || r.PrintedTruncated {
				t.Errorf("call %d: printed %q", n, got)
			}
		}
	}},
	"printed text of a failing call": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, "def handler(p, c):\n    print('before')\n    raise ValueError('no')\n"))
		r := call(t, i, `{}`)
		wantFailure(t, r, "ValueError")
		if r.Printed != "before\n" {
			t.Errorf("printed %q", r.Printed)
		}
	}},
	"printed text in node": {"nodejs", func(t *testing.T, h *harness) {
		i := h.start(t, h.node(t, `
module.exports = async (p) => {
  console.log('one %d', 1);
  await new Promise((ok) => setTimeout(ok, 1));
  console.error('two');
  process.stdout.write(Buffer.from('three'));
};`))
		for range 2 {
			r := call(t, i, `{}`)
			want(t, r, "null")
			if r.Printed != "one 1\ntwo\nthree" {
				t.Errorf("printed %q", r.Printed)
			}
		}
	}},
	"largest input": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, "def handler(p, c): return [len(p), p[:1]]\n"))
		input := `"` + strings.Repeat("x", functions.MaxInput-2) + `"`
		want(t, call(t, i, input), fmt.Sprintf(`[%d,"x"]`, functions.MaxInput-2))
		if _, err := i.Invoke(t.Context(), &functions.Call{Input: json.RawMessage(input + " ")}); !errors.Is(err, fault.TooLarge) {
			t.Errorf("one byte more: got %v, want too large", err)
		}
		want(t, call(t, i, `"y"`), `[1,"y"]`)
	}},
	"four at a time in python threads": {"python", func(t *testing.T, h *harness) {
		together(t, h, h.python(t, `
import threading
meet = threading.Barrier(4)
def handler(params, context):
    for n in range(20):
        print(params, "before", n)
    meet.wait(60)
    print(params, "after")
    return params
`))
	}},
	"four at a time in python coroutines": {"python", func(t *testing.T, h *harness) {
		together(t, h, h.python(t, `
import asyncio
here, all_here = 0, None
async def handler(params, context):
    global here, all_here
    if all_here is None:
        all_here = asyncio.Event()
    here += 1
    if here == 4:
        all_here.set()
    for n in range(20):
        print(params, "before", n)
    await asyncio.wait_for(all_here.wait(), 60)
    print(params, "after")
    if here == 4:
        here, all_here = 0, None
    return params
`))
	}},
	"four at a time in node": {"nodejs", func(t *testing.T, h *harness) {
		together(t, h, h.node(t, `
let waiting = [];
module.exports = async (params) => {
  for (let n = 0; n < 20; n++) console.log(params, 'before', n);
  await new Promise((ok) => { waiting.push(ok); if (waiting.length === 4) { for (const go of waiting) go(); waiting = []; } });
  console.log(params, 'after');
  return params;
};`))
	}},
}

// together has four calls that wait for each other, twice, and looks that
// each has what it printed itself.
func together(t *testing.T, h *harness, f *functions.Function) {
	t.Helper()
	f.MaxConcurrency = 4
	i := h.start(t, f)
	for range 2 {
		var calls sync.WaitGroup
		for n := range 4 {
			calls.Go(func() {
				r, err := i.Invoke(t.Context(), &functions.Call{Input: json.RawMessage(fmt.Sprint(n)), Output: true})
				if err != nil || r.Failure != nil {
					t.Errorf("call %d: %+v, %v", n, r, err)
					return
				}
				var text strings.Builder
				for line := range 20 {
					fmt.Fprintf(&text, "%d before %d\n", n, line)
				}
				fmt.Fprintf(&text, "%d after\n", n)
				if string(r.Output) != fmt.Sprint(n) || r.Printed != text.String() {
					t.Errorf("call %d: got %s and printed %q", n, r.Output, r.Printed)
				}
			})
		}
		calls.Wait()
	}
}
