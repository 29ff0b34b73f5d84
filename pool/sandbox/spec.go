package sandbox

import (
	"path"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/pool/channel"
	"github.com/serverledge/serverledge/pool/sandbox/stage"
	"github.com/serverledge/serverledge/runtimes"
)

// Where things lie inside.
const (
	appDir      = "/app"
	libraryPath = "/serverledge"
	executor    = "/serverledge-executor"
)

// nobody is the user and the group of every function.
const nobody = 65534

const mebibyte = 1 << 20

// base is the part of a Spec that all sandboxes have.
func (d *Driver) base(args ...string) stage.Spec {
	return stage.Spec{
		Root:     d.rootDir(),
		Binds:    []stage.Bind{{Source: d.o.Executor, Target: executor}},
		Links:    map[string]string{},
		Files:    files(),
		TmpBytes: mebibyte, ShmBytes: mebibyte,
		Hostname: "function",
		ID:       nobody, Mapped: !privileged(),
		Limits:  stage.Limits{OpenFiles: 1024, FileBytes: 64 * mebibyte},
		Args:    args,
		Env:     []string{"PATH=/usr/local/bin:/usr/bin:/bin"},
		Seccomp: stage.Filtered(),
	}
}

// files are the few of /etc that programs expect.
func files() map[string]string {
	return map[string]string{
		"/etc/passwd":      "root:x:0:0:root:/:/bin/false\nnobody:x:65534:65534:nobody:/tmp:/bin/false\n",
		"/etc/group":       "root:x:0:\nnogroup:x:65534:\n",
		"/etc/hosts":       "127.0.0.1 localhost function\n::1 localhost\n",
		"/etc/resolv.conf": "",
	}
}

// spec is the sandbox of a function, with the command that serves it.
func (d *Driver) spec(language string, memory int64, packageDir, channelDir, token string) stage.Spec {
	command := []string{executor, "binary"}
	var binds []stage.Bind
	search := ""
	switch language {
	case functions.LanguagePython:
		command = runtimes.Python(d.host.python.Path, libraryPath)
		binds, search = d.host.bindsOf(d.host.python), path.Dir(d.host.python.Path)+":"
	case functions.LanguageNodeJS:
		command = runtimes.NodeJS(d.host.node.Path, libraryPath)
		binds, search = d.host.bindsOf(d.host.node), path.Dir(d.host.node.Path)+":"
	}
	s := d.base(append([]string{executor, "init", "--"}, command...)...)
	s.Binds = append(s.Binds, d.host.binds...)
	s.Binds = append(s.Binds, binds...)
	s.Binds = append(s.Binds,
		stage.Bind{Source: d.libraryDir(), Target: libraryPath},
		stage.Bind{Source: packageDir, Target: appDir},
		stage.Bind{Source: channelDir, Target: channel.Mount},
	)
	s.Links = d.host.links
	// Files in memory count as memory: together they stay below half of it, so
	// that a full disk is an error in the function and not its death.
	s.TmpBytes, s.ShmBytes = min(64*mebibyte, memory*3/8), min(16*mebibyte, memory/16)
	if !d.cgroups.counts() {
		s.Limits.DataBytes = uint64(memory) + 128*mebibyte //nolint:gosec // positive
	}
	if d.cgroups.dirs["pids"] == "" && s.Mapped {
		s.Limits.Processes = maxProcesses // of this user namespace
	}
	s.Env = []string{
		"PATH=" + search + "/usr/local/bin:/usr/bin:/bin", "HOME=/tmp", "TMPDIR=/tmp", "LANG=C.UTF-8",
		channel.TokenVariable + "=" + token,
	}
	return s
}
