package docker

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// gauge reads from a container's cgroup how often the kernel killed a process
// of it for want of memory. Docker's own answer comes late, and is wrong while
// the container lives.
type gauge struct {
	events *os.File
	peak   string
}

// groups is where the memory cgroup of a container may be: under the cgroupfs
// and the systemd driver of the daemon, version 1 and 2.
func groups(id string) []string {
	scope := "docker-" + id + ".scope"
	return []string{
		filepath.Join("/sys/fs/cgroup/memory/docker", id),
		filepath.Join("/sys/fs/cgroup/docker", id),
		filepath.Join("/sys/fs/cgroup/memory/system.slice", scope),
		filepath.Join("/sys/fs/cgroup/system.slice", scope),
	}
}

// openGauge finds the cgroup of a running container; nil when it is not in a
// usual place.
func openGauge(id string) *gauge {
	for _, dir := range groups(id) {
		for events, peak := range map[string]string{"memory.oom_control": "memory.max_usage_in_bytes", "memory.events": "memory.peak"} {
			f, err := os.Open(filepath.Join(dir, events)) //nolint:gosec // a fixed place and an id of the daemon
			if err == nil {
				return &gauge{events: f, peak: filepath.Join(dir, peak)}
			}
		}
	}
	return nil
}

// killed is how many processes were killed; 0 also when the cgroup is gone, or
// never was found.
func (g *gauge) killed() int64 {
	if g == nil {
		return 0
	}
	var buf [512]byte
	n, _ := g.events.ReadAt(buf[:], 0) // ends with an error: the file is shorter
	for line := range bytes.Lines(buf[:n]) {
		if value, ok := bytes.CutPrefix(line, []byte("oom_kill ")); ok {
			count, err := strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64)
			if err != nil {
				return 0
			}
			return count
		}
	}
	return 0
}

// highest is the most memory that was used, in bytes; 0 is unknown.
func (g *gauge) highest() int64 {
	if g == nil {
		return 0
	}
	text, err := os.ReadFile(g.peak)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (g *gauge) close() {
	if g != nil {
		_ = g.events.Close() // opened for reading
	}
}
