// Package nodeproc runs real nodes as processes, for the tests and the
// benchmarks of the project. It starts what `make build` has made; nothing of
// it is part of a node.
package nodeproc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Options of a node.
type Options struct {
	// Bin is the folder of the programs, Dir the data directory.
	Bin, Dir string
	// Set are configuration keys, "key=value", beside data.dir and api.port=0.
	Set []string
	// Env is added to the environment.
	Env []string
}

// Node is a running node.
type Node struct {
	URL  string
	Dir  string
	cmd  *exec.Cmd
	log  *logBuffer
	done chan struct{} // closed when the process has ended
}

// Root returns the folder of the module, which the working directory lies in.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the working directory")
		}
		dir = parent
	}
}

// Start starts a node and waits until it is ready, has ended, or ctx is done.
func Start(ctx context.Context, o Options) (*Node, error) {
	args := []string{"--set", "data.dir=" + o.Dir, "--set", "api.port=0"}
	for _, s := range o.Set {
		args = append(args, "--set", s)
	}
	n := &Node{Dir: o.Dir, log: &logBuffer{}, done: make(chan struct{})}
	n.cmd = exec.Command(filepath.Join(o.Bin, "serverledge"), args...) //nolint:noctx // it outlives the start; see Kill and Stop
	n.cmd.Stdout, n.cmd.Stderr = n.log, n.log
	n.cmd.Dir = o.Dir
	n.cmd.Env = append(os.Environ(), o.Env...)
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	address := filepath.Join(o.Dir, "api-address")
	if err := os.Remove(address); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = n.cmd.Wait() // the exit code is read from the state
		close(n.done)
	}()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		if text, err := os.ReadFile(address); err == nil && len(text) > 0 {
			n.URL = strings.TrimSpace(string(text))
			return n, nil
		}
		select {
		case <-n.done:
			return nil, fmt.Errorf("the node ended with code %d while it started:\n%s", n.cmd.ProcessState.ExitCode(), n.Log())
		case <-ctx.Done():
			n.Kill()
			return nil, fmt.Errorf("the node was not ready in time: %w\n%s", context.Cause(ctx), n.Log())
		case <-tick.C:
		}
	}
}

// PID is the id of the process.
func (n *Node) PID() int { return n.cmd.Process.Pid }

// Log returns all that the node has logged.
func (n *Node) Log() string { return n.log.String() }

// Done is closed when the process has ended.
func (n *Node) Done() <-chan struct{} { return n.done }

// Signal sends a signal.
func (n *Node) Signal(s os.Signal) error { return n.cmd.Process.Signal(s) }

// Kill ends the process without warning and waits for its end.
func (n *Node) Kill() {
	_ = n.cmd.Process.Kill() // it may have ended already
	<-n.done
}

// Stop asks the process to end and waits; it returns its exit code.
func (n *Node) Stop() (int, error) {
	if err := n.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return 0, err
	}
	select {
	case <-n.done:
	case <-time.After(time.Minute):
		n.Kill()
		return 0, fmt.Errorf("the node did not stop within a minute:\n%s", n.Log())
	}
	return n.cmd.ProcessState.ExitCode(), nil
}

// logBuffer collects what a process writes.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
