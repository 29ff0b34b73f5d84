// Package stage is the part of the sandbox driver that runs inside: process 1
// of new namespaces, which turns them into a sandbox and then becomes the init
// of the function. It is used by cmd/executor alone; the driver writes the Spec.
//
// The order is the invariant: nothing of the user's runs before the host's
// files are out of sight, every capability is gone for good, and the filter of
// system calls is on.
package stage

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// SpecFD is the descriptor on which the Spec arrives. Its end tells that the
// node has put the process under its limits.
const SpecFD = 3

// Bind shows a file or folder of the host inside, read-only.
type Bind struct {
	Source, Target string
}

// Spec says what the sandbox is like.
type Spec struct {
	// Root is an empty folder of the host, on which the new root is mounted.
	Root string
	// Binds are made in order; Links are symbolic links, Files small files.
	Binds []Bind
	Links map[string]string
	Files map[string]string
	// TmpBytes and ShmBytes bound /tmp and /dev/shm.
	TmpBytes, ShmBytes int64
	Hostname           string
	// ID is the user and group. Mapped tells that the process is that user
	// already, in a user namespace of its own.
	ID     int
	Mapped bool
	Limits Limits
	// Args and Env are of the program that the process becomes; Args[0] is
	// its path inside.
	Args, Env []string
	// Seccomp turns the filter of system calls on.
	Seccomp bool
}

// Limits are the resource limits of every process inside; 0 leaves one alone.
type Limits struct {
	OpenFiles, FileBytes, Processes, DataBytes uint64
}

// Enter reads the Spec, makes the sandbox and becomes the program. It returns
// only with an error.
func Enter() error {
	runtime.LockOSThread() // credentials belong to a thread; exec keeps this one's
	var s Spec
	if err := readSpec(&s); err != nil {
		return fmt.Errorf("reading the spec: %w", err)
	}
	for _, step := range []struct {
		what string
		do   func(*Spec) error
	}{
		{"entering a cgroup namespace", enterCgroup},
		{"making the file system", makeRoot},
		{"naming the host", func(s *Spec) error { return unix.Sethostname([]byte(s.Hostname)) }},
		{"bringing up the loopback", func(*Spec) error { return loopback() }},
		{"setting limits", setLimits},
		{"dropping privileges", dropPrivileges},
		{"filtering system calls", filter},
	} {
		if err := step.do(&s); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return fmt.Errorf("executing %s: %w", s.Args[0], unix.Exec(s.Args[0], s.Args, s.Env))
}

func readSpec(s *Spec) error {
	f := os.NewFile(SpecFD, "spec")
	text, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return json.Unmarshal(text, s)
}

// enterCgroup hides where in the host's tree the limits are set.
func enterCgroup(*Spec) error {
	err := unix.Unshare(unix.CLONE_NEWCGROUP)
	if err == unix.EINVAL || err == unix.ENOSYS {
		return nil // a kernel without them
	}
	return err
}
