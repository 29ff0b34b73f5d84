package channel

import (
	"fmt"
	"strings"
	"syscall"
	"unicode"

	"github.com/serverledge/serverledge/functions"
)

// InitError tells that the user's code could not be loaded. The platform is
// well: the same code fails everywhere.
type InitError struct {
	Failure functions.Failure
}

// Error returns the failure's type and message.
func (e *InitError) Error() string { return e.Failure.Type + ": " + e.Failure.Message }

// FunctionFailure is how the pool learns that the start failed by the
// function's own fault.
func (e *InitError) FunctionFailure() *functions.Failure { return &e.Failure }

// Crashed is the verdict on a process that ended with an exit code; a code
// above 128 is the signal that ended it, as a shell reports it, and a negative
// one is unknown.
func Crashed(code int) *functions.Failure {
	text := "the function's process ended"
	switch {
	case code > 128 && code < 128+65:
		s := syscall.Signal(code - 128)
		text = fmt.Sprintf("the function's process was killed by signal %d (%s)", int(s), s)
	case code >= 0:
		text = fmt.Sprintf("the function's process exited with code %d", code)
	}
	return &functions.Failure{Type: functions.FailureCrashed, Message: text}
}

// OutOfMemory is the verdict on a process that the kernel killed over its
// limit, in MiB. Peak is the most that it used, in bytes; 0 is unknown.
func OutOfMemory(limitMB int, peak int64) *functions.Failure {
	text := fmt.Sprintf("the function needed more than its %d MiB of memory", limitMB)
	if peak > 0 {
		text += fmt.Sprintf(" (peak %d MiB)", peak>>20)
	}
	return &functions.Failure{Type: functions.FailureOutOfMemory, Message: text}
}

// wireFailure is the header of an ERROR.
type wireFailure struct {
	Type    string   `json:"type"`
	Message string   `json:"message"`
	Trace   []string `json:"trace"`
}

// The bounds of what is kept of an ERROR.
const (
	maxErrorType  = 200
	maxMessage    = 16 << 10
	maxTrace      = 200
	maxTraceLine  = 2 << 10
	truncatedMark = "…"
)

// failure keeps of a reported error what is fit to be shown and stored.
func (w wireFailure) failure() functions.Failure {
	f := functions.Failure{Type: clean(w.Type, maxErrorType), Message: clip(w.Message, maxMessage)}
	if f.Type == "" {
		f.Type = "Error"
	}
	for i, line := range w.Trace {
		if i == maxTrace {
			f.Trace = append(f.Trace, truncatedMark)
			break
		}
		f.Trace = append(f.Trace, clip(line, maxTraceLine))
	}
	return f
}

// clip cuts text to n bytes, in valid UTF-8.
func clip(text string, n int) string {
	if len(text) > n {
		text = text[:n] + truncatedMark
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// clean makes text one printable line of at most n bytes.
func clean(text string, n int) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, clip(text, n))
}

func tooLarge(length int) *functions.Failure {
	return &functions.Failure{
		Type:    functions.FailureResultTooLarge,
		Message: fmt.Sprintf("the result is %d bytes, the limit is %d", length, functions.MaxOutput),
	}
}

func violation(detail string) *functions.Failure {
	return &functions.Failure{Type: functions.FailureProtocol, Message: "the executor broke the protocol: " + detail}
}
