package docker

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"

	"github.com/serverledge/serverledge/functions"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// rights is what of an inspected container decides over its rights and limits,
// and what every version of the daemon tells in the same way.
func rights(c container.InspectResponse) any {
	h, in := c.HostConfig, c.Config
	for n, option := range h.SecurityOpt {
		if option == "seccomp="+seccomp {
			h.SecurityOpt[n] = "seccomp=<seccomp.json>"
		}
	}
	var mounts []string
	for _, m := range c.Mounts {
		mounts = append(mounts, fmt.Sprintf("%s %s -> %s writable=%t", m.Type, m.Source, m.Destination, m.RW))
	}
	slices.Sort(mounts)
	var env []string
	for _, e := range in.Env {
		if !strings.HasPrefix(e, "PATH=") && !strings.HasPrefix(e, "LANG=") { // the image's
			env = append(env, e)
		}
	}
	return map[string]any{
		"User": in.User, "Command": slices.Concat(in.Entrypoint, in.Cmd), "WorkingDir": in.WorkingDir, "Env": env,
		"StopSignal": in.StopSignal, "StopTimeout": in.StopTimeout, "Healthcheck": in.Healthcheck.Test, "Tty": in.Tty, "OpenStdin": in.OpenStdin,
		"Mounts": mounts, "Tmpfs": h.Tmpfs, "ShmSize": h.ShmSize, "ReadonlyRootfs": h.ReadonlyRootfs, "VolumesFrom": len(h.VolumesFrom),
		"Privileged": h.Privileged, "CapAdd": len(h.CapAdd), "CapDrop": h.CapDrop, "SecurityOpt": h.SecurityOpt, "GroupAdd": len(h.GroupAdd),
		"Devices":     len(h.Devices) + len(h.DeviceRequests) + len(h.DeviceCgroupRules),
		"NetworkMode": h.NetworkMode, "Links": len(h.Links), "ExtraHosts": len(h.ExtraHosts), "PortBindings": len(h.PortBindings),
		"IpcMode": h.IpcMode, "PidMode": h.PidMode, "UTSMode": h.UTSMode, "UsernsMode": h.UsernsMode, "CgroupnsMode": h.CgroupnsMode,
		"Memory": h.Memory, "MemorySwap": h.MemorySwap, "PidsLimit": h.PidsLimit, "CpuPeriod": h.CPUPeriod, "CpuQuota": h.CPUQuota,
		"OomScoreAdj": h.OomScoreAdj, "Ulimits": h.Ulimits, "Init": h.Init,
		"LogConfig": h.LogConfig.Type, "RestartPolicy": h.RestartPolicy.Name, "AutoRemove": h.AutoRemove,
		"KcoreMasked": slices.Contains(h.MaskedPaths, "/proc/kcore"), "SysReadonly": slices.Contains(h.ReadonlyPaths, "/proc/sys"),
	}
}

func inspect(t *testing.T, d *Driver, i functions.Instance) container.InspectResponse {
	t.Helper()
	c, err := d.api.ContainerInspect(t.Context(), containerName(i.ID()))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// golden compares with a file; what differs from run to run is named first.
func golden(t *testing.T, name string, value any, replace ...string) {
	t.Helper()
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got := []byte(strings.NewReplacer(replace...).Replace(string(text)) + "\n")
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the container differs from %s (rewrite it with -update, and read the difference):\n%s", path, got)
	}
}

func TestProfileAsInspected(t *testing.T) {
	t.Parallel()
	daemon(t)
	packages, f := python(t, "def handler(p, c): return p\n")
	f.Env, f.CPU = map[string]string{"SECRET": "hush"}, 0.5
	o := options(t, packages)
	d := open(t, o)
	i := start(t, d, f)
	c := inspect(t, d, i)
	if text, err := json.Marshal(c); err != nil || bytes.Contains(text, []byte("hush")) {
		t.Errorf("the description of the container holds a secret (%v)", err)
	}
	token := ""
	for _, e := range c.Config.Env {
		if value, ok := strings.CutPrefix(e, "SERVERLEDGE_TOKEN="); ok {
			token = value
		}
	}
	for name, want := range map[string]string{labelNode: o.Node, labelGeneration: d.labels[labelGeneration], labelFunction: f.ID()} {
		if got := c.Config.Labels[name]; got != want || got == "" {
			t.Errorf("label %s: got %q, want %q", name, got, want)
		}
	}
	golden(t, "profile.json", rights(c), token, "<token>", o.Dir, "<dir>", o.Executor, "<executor>",
		string(packages), "<code>", i.ID(), "<instance>")
}

func TestProfileFollowsTheFunction(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		memory, concurrency               int
		cpu                               float64
		limit, tmp, shared, pids, cpuTime int64
	}{
		{memory: 1, limit: 6 << 20, tmp: 2 << 20, shared: 768 << 10, pids: 64},
		{memory: 64, cpu: 1, limit: 64 << 20, tmp: 31 << 20, shared: 8 << 20, pids: 64, cpuTime: 100_000},
		{memory: 130, cpu: 0.001, limit: 130 << 20, tmp: 64 << 20, shared: 16 << 20, pids: 64, cpuTime: 1_000},
		{memory: 2048, cpu: 2.5, concurrency: 10, limit: 2 << 30, tmp: 64 << 20, shared: 16 << 20, pids: 136, cpuTime: 250_000},
	} {
		f := &functions.Function{MemoryMB: c.memory, CPU: c.cpu, MaxConcurrency: c.concurrency}
		_, h := profile(box{function: f, language: functions.LanguageBinary, image: &picture{}, labels: map[string]string{}})
		if h.Memory != c.limit || h.MemorySwap != c.limit || h.ShmSize != c.shared || *h.PidsLimit != c.pids || h.CPUQuota != c.cpuTime {
			t.Errorf("%+v: got memory %d, swap %d, shared %d, pids %d, quota %d", c, h.Memory, h.MemorySwap, h.ShmSize, *h.PidsLimit, h.CPUQuota)
		}
		if tmp := (box{image: &picture{}}).tmpfs(h.Memory)["/tmp"]; c.tmp >= c.limit/2 || !strings.Contains(tmp, "size="+strconv.FormatInt(c.tmp, 10)+",") {
			t.Errorf("%+v: got %s", c, tmp)
		}
	}
}

// What the filter is for: the same list holds for Python and, by its nature,
// for every other program.
func TestSystemCalls(t *testing.T) {
	t.Parallel()
	daemon(t)
	packages, f := python(t, `
import ctypes, errno, os, socket, subprocess, sys, threading

libc = ctypes.CDLL(None, use_errno=True)
# x86-64 numbers; arm64 differs, so other machines only try the sockets.
CALLS = {
    "io_uring_setup": (425, 1, 0), "keyctl": (250, 0, 0), "add_key": (248, 0, 0, 0, 0, 0), "bpf": (321, 0, 0, 0), "userfaultfd": (323, 0),
    "ptrace": (101, 0, 0, 0, 0), "process_vm_readv": (310, 1, 0, 0, 0, 0, 0), "perf_event_open": (298, 0, 0, 0, 0, 0),
    "unshare": (272, 0x10000000), "setns": (308, 0, 0), "clone with a namespace": (56, 0x10000000 | 17, 0, 0, 0, 0),
    "mount": (165, 0, 0, 0, 0, 0), "umount2": (166, 0, 0), "pivot_root": (155, 0, 0), "fsopen": (430, 0, 0), "move_mount": (429, 0, 0, 0, 0, 0),
    "open_tree": (428, 0, 0, 0), "mount_setattr": (442, 0, 0, 0, 0, 0), "chroot": (161, 0), "kexec_load": (246, 0, 0, 0, 0), "init_module": (175, 0, 0, 0),
    "open_by_handle_at": (304, 0, 0, 0), "name_to_handle_at": (303, 0, 0, 0, 0, 0), "swapon": (167, 0, 0), "reboot": (169, 0, 0, 0, 0),
    "settimeofday": (164, 0, 0), "syslog": (103, 0, 0, 0), "acct": (163, 0), "fanotify_init": (300, 0, 0), "personality": (135, 0x40000),
} if os.uname().machine == "x86_64" else {}
SOCKETS = {"AF_VSOCK": (40, 1, 0), "AF_ALG": (38, 5, 0), "AF_PACKET": (17, 3, 0), "AF_BLUETOOTH": (31, 5, 1), "NETLINK_NETFILTER": (16, 3, 12), "raw": (2, 3, 1)}

def handler(params, context):
    got = {}
    for name, args in CALLS.items():
        ctypes.set_errno(0)
        r = libc.syscall(*args)
        got[name] = "allowed" if r != -1 else errno.errorcode[ctypes.get_errno()]
    for name, args in SOCKETS.items():
        try:
            socket.socket(*args).close()
            got[name] = "allowed"
        except OSError as e:
            got[name] = errno.errorcode[e.errno]
    bad = {k: v for k, v in got.items() if v != "EPERM"}
    out = []
    t = threading.Thread(target=out.append, args=("thread",))
    t.start(); t.join()
    out.append(subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True, text=True).stdout)
    out.append(subprocess.run("echo 2", shell=True, capture_output=True, text=True).stdout)
    a, b = socket.socketpair()
    a.send(b"x"); out.append(b.recv(1).decode())
    server = socket.create_server(("127.0.0.1", 0)); socket.create_connection(server.getsockname()).close()
    socket.if_nameindex()
    return [bad, out]
`)
	d := open(t, options(t, packages))
	r := call(t, start(t, d, f), "{}")
	if got, want := string(r.Output), `[{},["thread","1\n","2\n","x"]]`; got != want {
		t.Errorf("got %s %+v, want %s", got, r.Failure, want)
	}
}

func TestNodeUnderTheFilter(t *testing.T) {
	t.Parallel()
	daemon(t)
	packages := folder(t, map[string]string{"hello.js": `
const { execFileSync } = require('child_process');
const { Worker } = require('worker_threads');
module.exports = () => new Promise((resolve) => {
  const w = new Worker("require('worker_threads').parentPort.postMessage('worker')", { eval: true });
  w.on('message', (m) => resolve([m, execFileSync('/bin/sh', ['-c', 'echo sub']).toString(), require('v8').getHeapStatistics().heap_size_limit < 128 << 20]));
});`})
	f := &functions.Function{Namespace: "default", Name: "hello", Version: "1", Runtime: "nodejs17", Handler: "hello", MemoryMB: 128, Package: strings.Repeat("0", 64)}
	d := open(t, options(t, packages))
	r := call(t, start(t, d, f), "{}")
	if got, want := string(r.Output), `["worker","sub\n",true]`; got != want {
		t.Errorf("got %s %+v, want %s", got, r.Failure, want)
	}
}
