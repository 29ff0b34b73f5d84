package docker

import (
	_ "embed"
	"maps"
	"slices"
	"strconv"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/pool/channel"
	"github.com/serverledge/serverledge/runtimes"
)

// seccomp is the filter of system calls: a list of what is allowed, everything
// else fails with EPERM. It began as the list of github.com/moby/profiles
// v0.3.0; out went what only 32-bit, tracing or administration needs, every
// socket family but four, namespaces, and the old entrances through which a
// filter on arguments can be passed by. The daemon's own profile is never
// relied on: old ones let io_uring and AF_VSOCK through.
//
//go:embed seccomp.json
var seccomp string

// Labels of containers.
const (
	labelNode       = "serverledge.node"
	labelGeneration = "serverledge.generation"
	labelFunction   = "serverledge.function"
)

// Where things lie inside a container.
const (
	codePath     = "/app"
	executorPath = "/executor"
	scriptPath   = "/serverledge"
)

// The limits that do not depend on the function.
const (
	nobody     = "65534:65534"
	minMemory  = 6 << 20 // the least the daemon takes
	maxTmp     = 64 << 20
	maxShared  = 16 << 20
	maxFile    = 64 << 20
	openFiles  = 1024
	processes  = 64 // and some for every further call at a time
	perCall    = 8
	cpuPeriod  = 100_000 // microseconds
	minQuota   = 1_000
	oomOffered = 500 // the kernel takes instances before the node
)

// box is everything that the profile depends on.
type box struct {
	function *functions.Function
	language string
	image    *picture
	labels   map[string]string
	token    string
	// code is the folder of the package, "" for none; socket is that of the
	// channel; scripts and executor are ours.
	code, socket, scripts, executor string
}

// profile describes the container of an instance: the one place where its
// rights and limits are decided.
func profile(b box) (*container.Config, *container.HostConfig) {
	memory := max(int64(b.function.MemoryMB)<<20, minMemory)
	no := false
	labels := maps.Clone(b.labels)
	labels[labelFunction] = b.function.ID()
	inside := &container.Config{
		User: nobody, Image: b.image.id, Labels: labels,
		Env:        b.env(),
		Entrypoint: b.command()[:1], Cmd: b.command()[1:], WorkingDir: b.dir(),
		StopSignal: "SIGKILL", StopTimeout: new(1),
		Healthcheck: &container.HealthConfig{Test: []string{"NONE"}},
	}
	pids := int64(processes + perCall*(b.function.Concurrency()-1))
	outside := &container.HostConfig{
		ReadonlyRootfs: true, CapDrop: []string{"ALL"},
		SecurityOpt: []string{"no-new-privileges", "seccomp=" + seccomp},
		NetworkMode: network.NetworkNone, IpcMode: container.IPCModePrivate, CgroupnsMode: container.CgroupnsModePrivate,
		Init: &no, OomScoreAdj: oomOffered, ShmSize: min(maxShared, memory/8),
		Tmpfs:         b.tmpfs(memory),
		LogConfig:     container.LogConfig{Type: "none"},
		RestartPolicy: container.RestartPolicy{Name: container.RestartPolicyDisabled},
		Mounts:        b.mounts(),
		Resources: container.Resources{
			Memory: memory, MemorySwap: memory, PidsLimit: &pids,
			CPUPeriod: cpuPeriod, CPUQuota: quota(b.function.CPU),
			Ulimits: []*container.Ulimit{
				{Name: "nofile", Soft: openFiles, Hard: openFiles},
				{Name: "core"},
				{Name: "fsize", Soft: maxFile, Hard: maxFile},
			},
		},
	}
	return inside, outside
}

// quota is how many microseconds of a CPU an instance gets in each period; 0
// is no cap.
func quota(cpus float64) int64 {
	if cpus <= 0 {
		return 0
	}
	return max(minQuota, int64(cpus*cpuPeriod))
}

// tmpfs is what an instance may write to. Its pages count as memory, so that
// all of it stays below half of the limit: a full /tmp is an error inside, and
// not the end of the instance. The volumes that an image declares would be
// folders on the host's disk: they become empty and unwritable.
func (b box) tmpfs(memory int64) map[string]string {
	size := min(maxTmp, memory/2-1<<20)
	out := map[string]string{"/tmp": "rw,noexec,nosuid,nodev,size=" + strconv.FormatInt(size, 10) + ",mode=1777"}
	for _, path := range b.image.volumes {
		if !slices.Contains([]string{"/tmp", codePath, channel.Mount, scriptPath, executorPath}, path) {
			out[path] = "ro,noexec,nosuid,nodev,size=4096,mode=0555"
		}
	}
	return out
}

// mounts are what the container sees of the node, all of it unwritable. A
// source that is missing is an error, which it would not be for a "bind".
func (b box) mounts() []mount.Mount {
	readOnly := func(source, target string) mount.Mount {
		return mount.Mount{Type: mount.TypeBind, Source: source, Target: target, ReadOnly: true}
	}
	out := []mount.Mount{readOnly(b.socket, channel.Mount), readOnly(b.executor, executorPath)}
	if b.language != functions.LanguageCustom {
		out = append(out, readOnly(b.scripts, scriptPath))
	}
	if b.code != "" {
		out = append(out, readOnly(b.code, codePath))
	}
	return out
}

// env is the environment of process 1. That of the function comes over the
// channel, so that no description of a container holds a secret; only an
// image's own executor is started before that and gets it here.
func (b box) env() []string {
	out := []string{channel.TokenVariable + "=" + b.token, "HOME=/tmp", "TMPDIR=/tmp"}
	if b.relayed() {
		for _, name := range slices.Sorted(maps.Keys(b.function.Env)) {
			out = append(out, name+"="+b.function.Env[name])
		}
	}
	return out
}

// relayed tells that the image brings an executor of its own.
func (b box) relayed() bool {
	return b.language == functions.LanguageCustom && b.image.variable("CUSTOM_CMD") == ""
}

// command is what runs as process 1. Language executors get an init above
// themselves: process 1 of a namespace cannot kill itself, and must reap.
func (b box) command() []string {
	switch b.language {
	case functions.LanguagePython:
		return append([]string{executorPath, "init", "--"}, runtimes.Python("python3", scriptPath)...)
	case functions.LanguageNodeJS:
		return append([]string{executorPath, "init", "--"}, slices.Insert(runtimes.NodeJS("node", scriptPath), 1, b.heap())...)
	case functions.LanguageCustom:
		if b.relayed() {
			return append([]string{executorPath, "relay", "--"}, b.image.command...)
		}
		return []string{executorPath, "custom"}
	}
	return []string{executorPath, "binary"}
}

// heap tells Node.js how large its heap may grow. It would stop at half of the
// container's memory, or at one that suits the whole machine where it cannot
// see the limit.
func (b box) heap() string {
	return "--max-old-space-size=" + strconv.Itoa(max(16, b.function.MemoryMB*3/4))
}

func (b box) dir() string {
	switch {
	case b.language == functions.LanguageCustom && b.image.dir != "":
		return b.image.dir
	case b.code != "":
		return codePath
	}
	return "/"
}

// runnable refuses an image that gives nothing to run.
func (b box) runnable() error {
	if b.relayed() && len(b.image.command) == 0 {
		return errNothingToRun(b.function.Image)
	}
	return nil
}
