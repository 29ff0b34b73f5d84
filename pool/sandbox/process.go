package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/pool/sandbox/stage"
)

// privileged tells whether the node may make namespaces without a user
// namespace around them.
func privileged() bool { return os.Geteuid() == 0 }

// process is process 1 of a sandbox.
type process struct {
	cmd    *exec.Cmd
	spec   *os.File
	stderr tail
	exited chan struct{} // closed when all of the sandbox is gone
	code   int           // valid after exited
}

// spawn starts a process that waits for its spec.
func (d *Driver) spawn() (*process, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making a pipe: %w", err)
	}
	p := &process{spec: write, exited: make(chan struct{})}
	p.cmd = &exec.Cmd{
		Path: d.o.Executor, Args: []string{"serverledge-sandbox", "sandbox-init"}, Dir: "/", Env: []string{},
		ExtraFiles: []*os.File{read}, Stdout: &p.stderr, Stderr: &p.stderr,
		SysProcAttr: attributes(),
	}
	err = d.spawner.start(p.cmd)
	if closing := read.Close(); err == nil && closing != nil {
		err = closing
	}
	if err != nil {
		return nil, errors.Join(notPossible(err), write.Close())
	}
	go func() {
		_ = p.cmd.Wait() // the code says all
		p.code = exitCode(p.cmd.ProcessState)
		close(p.exited)
	}()
	return p, nil
}

func attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS,
		Pdeathsig:  unix.SIGKILL,
		Setsid:     true,
	}
	if !privileged() {
		a.Cloneflags |= unix.CLONE_NEWUSER
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getuid(), Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getgid(), Size: 1}}
		a.AmbientCaps = []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_NET_ADMIN, unix.CAP_SETPCAP}
	}
	return a
}

// begin sends the spec, upon which the process makes its sandbox.
func (p *process) begin(s stage.Spec) error {
	text, err := json.Marshal(s)
	if err == nil {
		_, err = p.spec.Write(text)
	}
	return errors.Join(err, p.spec.Close())
}

// kill ends all processes of the sandbox.
func (p *process) kill() {
	_ = p.spec.Close()
	_ = p.cmd.Process.Kill()
}

func exitCode(s *os.ProcessState) int {
	if s == nil {
		return -1
	}
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return 128 + int(w.Signal())
	}
	return s.ExitCode()
}

// try makes a sandbox in which nothing happens, to see whether one can.
func (d *Driver) try(ctx context.Context) error {
	p, err := d.spawn()
	if err != nil {
		return err
	}
	err = p.begin(d.base(executor, "check"))
	select {
	case <-p.exited:
	case <-ctx.Done():
		p.kill()
		<-p.exited
		return context.Cause(ctx)
	}
	if err == nil && p.code == 0 {
		return nil
	}
	return notPossible(fault.New(fault.Unavailable, "sandbox_check", "%s", p.stderr.String()))
}

// notPossible explains why there are no sandboxes here.
func notPossible(err error) error {
	text := "the sandbox driver cannot make a sandbox: %w"
	hint := "is this Linux in a container without CAP_SYS_ADMIN? Give it that, or use Docker"
	if !privileged() {
		text = "the sandbox driver needs root or unprivileged user namespaces, and has neither: %w"
		hint = "run the node as root; or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, " +
			"user.max_user_namespaces above 0, kernel.apparmor_restrict_unprivileged_userns=0); or start a Docker daemon"
	}
	return fault.New(fault.Unimplemented, "sandbox_not_possible", text, err).WithHint("%s", hint)
}

// tail keeps the first bytes of what a starting sandbox prints, and drops the
// rest: user code may reach this pipe too.
type tail struct {
	mu   sync.Mutex
	kept bytes.Buffer
}

const tailSize = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept.Write(p[:min(len(p), tailSize-t.kept.Len())])
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.ToValidUTF8(strings.TrimSpace(t.kept.String()), "?")
}
