package sandbox

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The machines of the tests have cgroups of version 1; these files stand for
// those of version 2, and show what would be written to which.
func TestLimitsOfVersion2(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := &cgroups{version: 2, dirs: map[string]string{"memory": dir, "pids": dir, "cpu": dir}}
	g, err := c.group("i", 64*mebibyte)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.limitCPU(0.25); err != nil {
		t.Fatal(err)
	}
	if err := g.join(42); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"memory.max": "67108864", "memory.swap.max": "0", "pids.max": "64", "cpu.max": "25000 100000", "cgroup.procs": "42",
	} {
		text, err := os.ReadFile(filepath.Join(dir, "i", file))
		if err != nil || string(text) != want {
			t.Errorf("%s is %q (%v), want %q", file, text, err, want)
		}
	}
	if g.kills() != 0 || g.peak() != 0 {
		t.Errorf("without files: %d kills, peak %d", g.kills(), g.peak())
	}
	for file, text := range map[string]string{"memory.events": "low 0\noom 4\noom_kill 3\noom_group_kill 9\n", "memory.peak": "1048576\n"} {
		if err := set(filepath.Join(dir, "i"), file, text); err != nil {
			t.Fatal(err)
		}
	}
	if g.kills() != 3 || g.peak() != mebibyte {
		t.Errorf("got %d kills and the peak %d", g.kills(), g.peak())
	}
}

func TestNoCPUShareIsNoCap(t *testing.T) {
	t.Parallel()
	g := &group{version: 1, dirs: map[string]string{"cpu": t.TempDir()}}
	if err := g.limitCPU(0); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(g.dirs["cpu"]); len(entries) > 0 {
		t.Errorf("it wrote %v", entries)
	}
	if err := g.limitCPU(1.5); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(filepath.Join(g.dirs["cpu"], "cpu.cfs_quota_us")); string(text) != "150000" {
		t.Errorf("the quota is %q", text)
	}
}

func TestWhatIsLimited(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		dirs map[string]string
		want string
	}{
		{nil, "resource limits per process, no cgroups"},
		{map[string]string{"memory": "a", "pids": "a"}, "memory, pids by cgroup v2; not cpu"},
		{map[string]string{"memory": "a", "pids": "b", "cpu": "c"}, "memory, pids, cpu by cgroup v2"},
	} {
		if got := (&cgroups{version: 2, dirs: test.dirs}).String(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestReadingMountinfo(t *testing.T) {
	t.Parallel()
	m, ok := parseMount("31 24 0:27 /docker/x /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 master:2 - cgroup cgroup rw,cpu,cpuacct\n")
	if !ok || m.root != "/docker/x" || m.at != "/sys/fs/cgroup/cpu,cpuacct" || m.kind != "cgroup" || strings.Join(m.options, " ") != "rw cpu cpuacct" {
		t.Errorf("got %+v, %t", m, ok)
	}
	if _, ok := parseMount("rubbish"); ok {
		t.Error("rubbish was understood")
	}
	own := ownPaths("8:pids:/p\n1:cpu,cpuacct:/c:d\n0::/u\n")
	if own["pids"] != "/p" || own["cpu"] != "/c:d" || own["cpuacct"] != "/c:d" || own[""] != "/u" {
		t.Errorf("got %v", own)
	}
}

func TestACgroupThatCannotBeRemoved(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "full")
	if err := os.MkdirAll(filepath.Join(dir, "child"), 0o755); err != nil { //nolint:gosec // a test
		t.Fatal(err)
	}
	if err := killAndRemove(context.WithoutCancel(t.Context()), dir); err == nil {
		t.Error("a folder that is not empty was removed")
	}
}
