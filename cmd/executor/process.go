package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/serverledge/serverledge/functions"
)

// failureExit is the type of failure of a program that exits with a code other
// than 0 and says no more.
const failureExit = "ExitError"

// lingering is how long the output of a program that has ended may stay open
// in the hands of its children.
const lingering = time.Second

// process runs one program for one call, in a process group of its own that
// does not outlive it. The error is nil when it exited with 0.
func process(ctx context.Context, cmd *exec.Cmd, overflow *capped) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if overflow != nil {
		overflow.full = cancel
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = lingering
	if err := cmd.Start(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer stop()
	err := cmd.Wait()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	if errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	return err
}

// capped keeps the first bytes that are written to it and takes the rest
// without complaint, so that no writer ever waits.
type capped struct {
	limit int
	full  func() // called at the first byte over the limit, when not nil

	mu        sync.Mutex
	kept      bytes.Buffer
	truncated bool
}

func (c *capped) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	room := c.limit - c.kept.Len()
	c.kept.Write(p[:min(room, len(p))])
	if len(p) > room && !c.truncated {
		c.truncated = true
		if c.full != nil {
			c.full()
		}
	}
	return len(p), nil
}

// take returns what was kept; a process that was left behind may still write.
func (c *capped) take() (text []byte, truncated bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.kept.Bytes()), c.truncated
}

// failed is the failure of a program that did not exit with 0: what it says
// itself in the form {"errorType":…,"errorMessage":…}, else the end of what it printed.
func failed(err error, said, printed []byte) *functions.Failure {
	var own functions.Failure
	if json.Unmarshal(said, &own) == nil && own.Type != "" {
		return &own
	}
	f := &functions.Failure{Type: failureExit, Message: err.Error()}
	lines := strings.Split(strings.TrimSpace(string(printed)), "\n")
	if len(lines) > 20 {
		lines = lines[len(lines)-20:]
	}
	if last := lines[len(lines)-1]; last != "" {
		f.Message += ": " + last
		f.Trace = lines
	}
	return f
}

// contextOf is the context of a call as the program gets it: the header without
// what is meant for us.
func contextOf(header []byte) string {
	var context map[string]json.RawMessage
	if json.Unmarshal(header, &context) != nil {
		return "{}"
	}
	delete(context, "output")
	text, err := json.Marshal(context)
	if err != nil {
		return "{}"
	}
	return string(text)
}

// wantsOutput tells whether a call asked for what is printed.
func wantsOutput(header []byte) bool {
	var h struct {
		Output bool `json:"output"`
	}
	return json.Unmarshal(header, &h) == nil && h.Output
}

func resultTooLarge() *functions.Failure {
	return &functions.Failure{
		Type:    functions.FailureResultTooLarge,
		Message: fmt.Sprintf("the result is longer than %d bytes", functions.MaxOutput),
	}
}
