package sandbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cgroups are the driver's folders in the host's cgroup trees, one for each
// controller (version 1) or one for all (version 2). A controller that the node
// may not use has none.
type cgroups struct {
	version int
	dirs    map[string]string // by controller; the same folder thrice in version 2
}

// counts tells that the memory of all processes of an instance is counted
// together. Else each of them is only refused what is beyond its own limit.
func (c *cgroups) counts() bool { return c.dirs["memory"] != "" }

// cgroupName is the same for every driver with the folder dir, so that the next
// one finds what the last one left.
func cgroupName(dir string) string {
	sum := sha256.Sum256([]byte(filepath.Clean(dir)))
	return "serverledge-" + hex.EncodeToString(sum[:6])
}

func controllers() []string { return []string{"memory", "pids", "cpu"} }

// findCgroups makes the driver's folders as far as it may.
func findCgroups(name string) *cgroups {
	c := &cgroups{dirs: make(map[string]string)}
	mountinfo, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return c
	}
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return c
	}
	paths := ownPaths(string(own))
	for line := range strings.Lines(string(mountinfo)) {
		m, ok := parseMount(line)
		switch {
		case !ok:
		case m.kind == "cgroup":
			for _, controller := range controllers() {
				if !slices.Contains(m.options, controller) || c.dirs[controller] != "" {
					continue
				}
				dir := filepath.Join(m.at, strings.TrimPrefix(paths[controller], m.root), name)
				if os.Mkdir(dir, 0o755) == nil || isDir(dir) { //nolint:gosec // as all of the tree
					c.dirs[controller], c.version = dir, 1
				}
			}
		case m.kind == "cgroup2":
			c.unified(m, paths[""], name)
		}
	}
	return c
}

// unified makes the folder beside the node's own: a cgroup that holds
// processes cannot have children with controllers.
func (c *cgroups) unified(m mount, own, name string) {
	beside := filepath.Dir(filepath.Join(m.at, strings.TrimPrefix(own, m.root)))
	if !strings.HasPrefix(beside, m.at) {
		beside = m.at
	}
	dir := filepath.Join(beside, name)
	delegate(beside)
	if err := os.Mkdir(dir, 0o755); err != nil && !isDir(dir) { //nolint:gosec // as all of the tree
		return
	}
	delegate(dir)
	enabled, err := os.ReadFile(filepath.Join(dir, "cgroup.subtree_control"))
	if err != nil {
		return
	}
	used := false
	for controller := range strings.FieldsSeq(string(enabled)) {
		if slices.Contains(controllers(), controller) && c.dirs[controller] == "" {
			c.dirs[controller], c.version, used = dir, 2, true
		}
	}
	if !used {
		_ = os.Remove(dir)
	}
}

// delegate has the children of a cgroup of version 2 know our controllers.
// What it may not enable will be missing.
func delegate(dir string) {
	for _, controller := range controllers() {
		_ = set(dir, "cgroup.subtree_control", "+"+controller)
	}
}

type mount struct {
	root, at, kind string
	options        []string
}

// parseMount reads a line of /proc/self/mountinfo.
func parseMount(line string) (mount, bool) {
	before, after, ok := strings.Cut(line, " - ")
	left, right := strings.Fields(before), strings.Fields(after)
	if !ok || len(left) < 5 || len(right) < 3 {
		return mount{}, false
	}
	return mount{root: left[3], at: left[4], kind: right[0], options: strings.Split(right[2], ",")}, true
}

// ownPaths reads /proc/self/cgroup: paths by controller, "" for version 2.
func ownPaths(text string) map[string]string {
	paths := make(map[string]string)
	for line := range strings.Lines(text) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		for name := range strings.SplitSeq(parts[1], ",") {
			paths[name] = parts[2]
		}
	}
	return paths
}

// String says what is limited.
func (c *cgroups) String() string {
	var by []string
	for _, controller := range controllers() {
		if c.dirs[controller] != "" {
			by = append(by, controller)
		}
	}
	if len(by) == 0 {
		return "resource limits per process, no cgroups"
	}
	text := fmt.Sprintf("%s by cgroup v%d", strings.Join(by, ", "), c.version)
	if m := c.missing(); m != "" {
		text += "; not " + m
	}
	return text
}

// missing lists the controllers that the node may not use.
func (c *cgroups) missing() string {
	var names []string
	for _, controller := range controllers() {
		if c.dirs[controller] == "" {
			names = append(names, controller)
		}
	}
	return strings.Join(names, ", ")
}

// folders are the driver's, each once.
func (c *cgroups) folders() []string {
	var all []string
	for _, controller := range controllers() {
		if dir := c.dirs[controller]; dir != "" && !slices.Contains(all, dir) {
			all = append(all, dir)
		}
	}
	return all
}

// clear kills and removes what is in the driver's folders.
func (c *cgroups) clear(ctx context.Context) error {
	var problems []error
	for _, dir := range c.folders() {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.IsDir() {
				problems = append(problems, killAndRemove(ctx, filepath.Join(dir, e.Name())))
			}
		}
	}
	return errors.Join(problems...)
}

// remove takes the driver's folders away.
func (c *cgroups) remove() error {
	var problems []error
	for _, dir := range c.folders() {
		if err := os.Remove(dir); err != nil && !os.IsNotExist(err) {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// group is what limits one instance.
type group struct {
	version int
	dirs    map[string]string
}

// maxProcesses is how many processes and threads an instance may have.
const maxProcesses = 64

// group makes the folders of an instance, with its limits but that of CPU.
func (c *cgroups) group(id string, memory int64) (*group, error) {
	g := &group{version: c.version, dirs: make(map[string]string)}
	for controller, parent := range c.dirs {
		dir := filepath.Join(parent, id)
		if err := os.Mkdir(dir, 0o755); err != nil && !isDir(dir) { //nolint:gosec // as all of the tree
			return g, fmt.Errorf("making a cgroup: %w", err)
		}
		g.dirs[controller] = dir
	}
	return g, errors.Join(g.limitMemory(memory), g.limitProcesses())
}

func (g *group) limitMemory(bytes int64) error {
	dir, text := g.dirs["memory"], strconv.FormatInt(bytes, 10)
	switch {
	case dir == "":
		return nil
	case g.version == 2:
		return errors.Join(set(dir, "memory.max", text), ignoreMissing(set(dir, "memory.swap.max", "0")))
	}
	return errors.Join(set(dir, "memory.limit_in_bytes", text), ignoreMissing(set(dir, "memory.memsw.limit_in_bytes", text)))
}

func (g *group) limitProcesses() error {
	if g.dirs["pids"] == "" {
		return nil
	}
	return set(g.dirs["pids"], "pids.max", strconv.Itoa(maxProcesses))
}

// limitCPU caps the instance at a share of CPUs; 0 is no cap. It comes after
// the user's code is loaded: a start is over sooner for it.
func (g *group) limitCPU(share float64) error {
	dir := g.dirs["cpu"]
	if dir == "" || share <= 0 {
		return nil
	}
	const period = 100_000
	quota := strconv.Itoa(max(1000, int(share*period)))
	if g.version == 2 {
		return set(dir, "cpu.max", quota+" "+strconv.Itoa(period))
	}
	return errors.Join(set(dir, "cpu.cfs_period_us", strconv.Itoa(period)), set(dir, "cpu.cfs_quota_us", quota))
}

// folders are the group's, each once.
func (g *group) folders() []string { return (&cgroups{dirs: g.dirs}).folders() }

func (g *group) join(pid int) error {
	for _, dir := range g.folders() {
		if err := set(dir, "cgroup.procs", strconv.Itoa(pid)); err != nil {
			return fmt.Errorf("joining a cgroup: %w", err)
		}
	}
	return nil
}

// kills counts the processes that the kernel has killed for memory.
func (g *group) kills() int64 {
	dir, file := g.dirs["memory"], "memory.oom_control"
	if dir == "" {
		return 0
	}
	if g.version == 2 {
		file = "memory.events"
	}
	text, err := os.ReadFile(filepath.Join(dir, file)) //nolint:gosec // our own
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(text) {
		if n, ok := bytes.CutPrefix(line, []byte("oom_kill ")); ok {
			count, _ := strconv.ParseInt(string(bytes.TrimSpace(n)), 10, 64)
			return count
		}
	}
	return 0
}

// peak is the most memory that was used, in bytes; 0 is unknown.
func (g *group) peak() int64 {
	file := "memory.max_usage_in_bytes"
	if g.version == 2 {
		file = "memory.peak"
	}
	text, err := os.ReadFile(filepath.Join(g.dirs["memory"], file)) //nolint:gosec // our own
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n
}

// remove kills what is in the group, if anything is, and removes it.
func (g *group) remove(ctx context.Context) error {
	var problems []error
	for _, dir := range g.folders() {
		problems = append(problems, killAndRemove(ctx, dir))
	}
	return errors.Join(problems...)
}

// retry is the time between two tries to remove a cgroup whose last process
// the kernel is still taking down.
const retry = 2 * time.Millisecond

func killAndRemove(ctx context.Context, dir string) error {
	tick := time.NewTicker(retry)
	defer tick.Stop()
	for {
		err := os.Remove(dir)
		if err == nil || os.IsNotExist(err) {
			return nil
		}
		if !errors.Is(err, unix.EBUSY) {
			return err
		}
		killAll(dir)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("removing %s: %w", dir, context.Cause(ctx))
		}
	}
}

func killAll(dir string) {
	text, err := os.ReadFile(filepath.Join(dir, "cgroup.procs")) //nolint:gosec // our own
	if err != nil {
		return
	}
	for word := range strings.FieldsSeq(string(text)) {
		if pid, err := strconv.Atoi(word); err == nil && pid > 1 {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}
}

func set(dir, file, value string) error {
	return os.WriteFile(filepath.Join(dir, file), []byte(value), 0o644) //nolint:gosec // exists already
}

func ignoreMissing(err error) error {
	if os.IsNotExist(err) || os.IsPermission(err) {
		return nil
	}
	return err
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
