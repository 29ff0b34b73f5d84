//nolint:thelper // a clause is a test and reports in its own lines
package drivertest

import (
	"encoding/json"
	"strings"
	"testing"
)

// isolation is what a function sees of the machine: nothing.
var isolation = map[string]test{ //nolint:gochecknoglobals // a table
	"identity": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, `
import os, resource
def handler(params, context):
    status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
    return {
        "ids": [os.getuid(), os.geteuid(), os.getgid(), os.getgroups() in ([], [65534])],
        "caps": [int(status[k], 16) for k in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")],
        "nnp": status["NoNewPrivs"], "seccomp": status["Seccomp"],
        "nofile": resource.getrlimit(resource.RLIMIT_NOFILE), "core": resource.getrlimit(resource.RLIMIT_CORE),
        "fsize": resource.getrlimit(resource.RLIMIT_FSIZE),
    }
`))
		want(t, call(t, i, `{}`), `{"ids":[65534,65534,65534,true],"caps":[0,0,0,0,0],"nnp":"1","seccomp":"2",`+
			`"nofile":[1024,1024],"core":[0,0],"fsize":[67108864,67108864]}`)
	}},
	"read-only files": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, `
import os
def handler(params, context):
    made = []
    for place in params:
        try:
            with open(os.path.join(place, "made"), "w") as f:
                f.write("x")
            made.append(place)
        except OSError:
            pass
    return made
`))
		want(t, call(t, i, `["/","/app","/usr","/usr/bin","/etc","/run","/run/serverledge","/root","/home","/var","/proc","/proc/sys/kernel","/sys","/dev"]`), `[]`)
		want(t, call(t, i, `["/tmp"]`), `["/tmp"]`)
	}},
	"no programs from /tmp": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, `
import os, subprocess
def handler(params, context):
    with open("/tmp/run", "w") as f:
        f.write("#!/bin/sh\necho ran\n")
    os.chmod("/tmp/run", 0o755)
    try:
        return subprocess.run(["/tmp/run"]).returncode
    except PermissionError:
        return "refused"
`))
		want(t, call(t, i, `{}`), `"refused"`)
	}},
	"no network": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, `
import os, socket
def handler(params, context):
    reached = []
    for host, port in (("169.254.169.254", 80), ("172.17.0.1", 22), ("10.0.0.1", 80), ("8.8.8.8", 53), ("127.0.0.1", 2379), ("127.0.0.1", 1323)):
        s = socket.socket()
        s.settimeout(2)
        try:
            s.connect((host, port))
            reached.append(host)
        except OSError:
            pass
        s.close()
    try:
        socket.getaddrinfo("example.org", 80)
        reached.append("dns")
    except OSError:
        pass
    return [reached, [name for _, name in socket.if_nameindex() if name != "lo"]]
`))
		r := call(t, i, `{}`)
		if r.Failure != nil {
			t.Fatalf("%+v", *r.Failure)
		}
		var got [2][]string
		if err := json.Unmarshal(r.Output, &got); err != nil {
			t.Fatal(err)
		}
		if len(got[0]) > 0 {
			t.Errorf("reached %v", got[0])
		}
		for _, name := range got[1] { // some kernels make idle tunnel devices in each namespace
			if strings.HasPrefix(name, "eth") || strings.HasPrefix(name, "docker") || strings.HasPrefix(name, "veth") {
				t.Errorf("there is the interface %s", name)
			}
		}
	}},
	"refused sockets and calls": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, `
import ctypes, os, socket
libc = ctypes.CDLL(None, use_errno=True)
def refused(result):
    return result == -1 and ctypes.get_errno() in (1, 13, 22, 38)
def handler(params, context):
    allowed = []
    for name, family, kind in (("raw", socket.AF_INET, socket.SOCK_RAW), ("packet", 17, socket.SOCK_RAW), ("vsock", 40, socket.SOCK_STREAM), ("alg", 38, socket.SOCK_SEQPACKET)):
        try:
            socket.socket(family, kind)
            allowed.append(name)
        except OSError:
            pass
    calls = {
        "setuid": lambda: libc.setuid(0), "chroot": lambda: libc.chroot(b"/tmp"), "unshare user": lambda: libc.unshare(0x10000000),
        "mount": lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, None), "umount": lambda: libc.umount2(b"/tmp", 2),
        "io_uring": lambda: libc.syscall(425, 1, None), "sethostname": lambda: libc.sethostname(b"x", 1), "reboot": lambda: libc.reboot(0),
    }
    return allowed + [name for name, call in calls.items() if not refused(call())]
`))
		want(t, call(t, i, `{}`), `[]`)
	}},
	"other processes and files are not seen": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, `
import os
def handler(params, context):
    pids = [int(p) for p in os.listdir("/proc") if p.isdigit()]
    seen = [p for p in ("/var/run/docker.sock", "/run/docker.sock", "/root/.bashrc", "/etc/shadow.bak", "/sys/fs/cgroup/memory/docker", "/sys/fs/cgroup/docker", "/sys/fs/cgroup/system.slice") if os.path.exists(p)]
    environments = [p for p in pids if p != os.getpid() and b"PATH=/work" in open("/proc/%d/environ" % p, "rb").read()]
    return [len(pids) < 10, seen, environments, sorted(os.listdir("/app")), sorted(os.listdir("/tmp"))]
`))
		want(t, call(t, i, `{}`), `[true,[],[],["hello.py"],[]]`)
	}},
	"open files": {"python", func(t *testing.T, h *harness) {
		i := h.start(t, h.python(t, `
def handler(params, context):
    kept = []
    try:
        for _ in range(100000):
            kept.append(open("/dev/null"))
    except OSError as e:
        return [e.errno, len(kept) < 1024]
`))
		want(t, call(t, i, `{}`), `[24,true]`)
	}},
	"instances do not share files": {"python", func(t *testing.T, h *harness) {
		code := "import os\ndef handler(p, c):\n    for d in ('/tmp', '/dev/shm'):\n        open(d + '/x', 'w').close() if p else None\n    return [os.path.exists('/tmp/x'), os.path.exists('/dev/shm/x')]\n"
		a, b := h.start(t, h.python(t, code)), h.start(t, h.python(t, code))
		want(t, call(t, a, `1`), `[true,true]`)
		want(t, call(t, b, `0`), `[false,false]`)
	}},
}
