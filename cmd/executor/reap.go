package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// reap starts the command and buries every process that dies below, until the
// command itself has ended. A signal that ended it becomes 128 plus its number.
//
// User code is never process 1: the kernel would shield it from its own signals.
func reap(command []string) (int, error) {
	path, err := exec.LookPath(command[0])
	if err != nil {
		return 127, fmt.Errorf("starting %s: %w", command[0], err)
	}
	child, err := syscall.ForkExec(path, command, &syscall.ProcAttr{
		Env: os.Environ(), Files: []uintptr{0, 1, 2},
	})
	if err != nil {
		return 126, fmt.Errorf("starting %s: %w", path, err)
	}
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return 1, fmt.Errorf("waiting for %s: %w", path, err)
		case pid == child && status.Signaled():
			return 128 + int(status.Signal()), nil
		case pid == child && status.Exited():
			return status.ExitStatus(), nil
		}
	}
}
