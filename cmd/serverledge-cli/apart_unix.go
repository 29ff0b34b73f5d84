//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// apart keeps the signals of the terminal away from a command, and lets its
// context end it together with what it has started.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
}
