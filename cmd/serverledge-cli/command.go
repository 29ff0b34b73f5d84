package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/serverledge/serverledge/api"
)

const (
	// maxPrinted bounds the output of a command; the node takes no more.
	maxPrinted = 512 << 10
	// maxTail bounds the end of stderr that becomes the cause of a failure.
	maxTail = 4 << 10
	// stopTime is what a command gets to end when it is told to.
	stopTime = 5 * time.Second
)

// errorTooLarge is how a task fails whose output is over the limit.
const errorTooLarge = "States.DataLimitExceeded"

// execute runs the command for a task. It returns the output, or how the task
// fails.
func (w *worker) execute(ctx context.Context, task *api.ActivityTask) (json.RawMessage, *api.TaskFailure) {
	printed, said := &head{most: maxPrinted}, &tail{most: maxTail}
	cmd := exec.CommandContext(ctx, w.command[0], w.command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(task.Input), printed, io.MultiWriter(w.app.err, said)
	cmd.Env = append(os.Environ(),
		"SERVERLEDGE_TASK_TOKEN="+task.TaskToken, "SERVERLEDGE_EXECUTION="+task.Execution, "SERVERLEDGE_STATE="+task.State)
	cmd.WaitDelay = stopTime
	apart(cmd)
	err := cmd.Run()
	switch cause := context.Cause(ctx); {
	case cause != nil:
		return nil, &api.TaskFailure{Error: w.errorName, Cause: cause.Error()}
	case err != nil && !errors.Is(err, exec.ErrWaitDelay): // it is over, and something that it started holds its output
		text := said.String()
		if text == "" {
			text = err.Error()
		}
		return nil, &api.TaskFailure{Error: w.errorName, Cause: text}
	case printed.cut:
		return nil, &api.TaskFailure{Error: errorTooLarge, Cause: fmt.Sprintf("the command printed more than %d bytes", maxPrinted)}
	}
	output, err := outputOf(printed.text)
	if err != nil { // a text always has a JSON form
		return nil, &api.TaskFailure{Error: w.errorName, Cause: err.Error()}
	}
	return output, nil
}

// outputOf is what a command printed as JSON, or as a JSON string.
func outputOf(printed []byte) (json.RawMessage, error) {
	if json.Valid(printed) {
		return bytes.TrimSpace(printed), nil
	}
	return marshal(strings.ToValidUTF8(strings.TrimRight(string(printed), "\r\n"), "\ufffd"))
}

// head keeps the beginning of what is written.
type head struct {
	text []byte
	most int
	cut  bool // there was more
}

// Write keeps what still has room.
func (h *head) Write(p []byte) (int, error) {
	keep := min(len(p), h.most-len(h.text))
	h.cut = h.cut || keep < len(p)
	h.text = append(h.text, p[:keep]...)
	return len(p), nil
}

// tail keeps the end of what is written.
type tail struct {
	text []byte
	most int
}

// Write keeps what was written last.
func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	if over := len(t.text) - t.most; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

// String returns the end in whole lines, if it has more than one.
func (t *tail) String() string {
	text := string(t.text)
	if _, rest, more := strings.Cut(text, "\n"); more && len(t.text) == t.most && rest != "" {
		text = rest
	}
	return strings.TrimSpace(strings.ToValidUTF8(text, "\ufffd"))
}
