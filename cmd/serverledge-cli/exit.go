package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/serverledge/serverledge/api/client"
	"github.com/serverledge/serverledge/internal/fault"
)

// The exit codes. Flat commands use only 0 to 4, as existing scripts expect;
// commands in groups, and flat ones under --strict-exit, use all.
const (
	exitOK         = 0
	exitUsage      = 1 // the command line or the input is wrong
	exitRequest    = 2 // the request failed
	exitSource     = 3 // a local file cannot be read
	exitSignature  = 4 // the signature is wrong
	exitNotFound   = 10
	exitConflict   = 11 // the name is taken, or something else changed it
	exitOverload   = 12 // refused for lack of capacity (429, 503)
	exitDenied     = 13
	exitTimeout    = 14
	exitNoTask     = 15  // no task of the activity came in time
	exitFunction   = 20  // the function ran and failed
	exitWorkflow   = 21  // the execution failed, was stopped or timed out
	exitValidation = 22  // a definition has faults
	exitInterrupt  = 130 // Ctrl-C
	exitPipe       = 141 // nobody reads stdout any more
)

// commandError is a command that could not do what it was asked to.
type commandError struct {
	// doing says what was tried, as in "cannot ...".
	doing string
	err   error
	// code is the exit code when it does not follow from err; 0 when it does.
	code int
	// near is a name that was perhaps meant, tips are what to do.
	near string
	tips []string
}

// Error returns what went wrong and why.
func (f *commandError) Error() string { return fmt.Sprintf("cannot %s: %v", f.doing, f.err) }

// Unwrap returns why it went wrong.
func (f *commandError) Unwrap() error { return f.err }

// tip adds something to do.
func (f *commandError) tip(format string, args ...any) *commandError {
	f.tips = append(f.tips, fmt.Sprintf(format, args...))
	return f
}

// cannot reports that err stopped what is being done.
func cannot(err error, doing string, args ...any) *commandError {
	return &commandError{doing: fmt.Sprintf(doing, args...), err: err}
}

// usageError is a command line or an input that cannot be understood.
type usageError struct{ text, near string }

// Error returns what is wrong.
func (u *usageError) Error() string { return u.text }

func usage(format string, args ...any) *usageError {
	return &usageError{text: fmt.Sprintf(format, args...)}
}

// exitError ends the command with a code when everything has been said.
type exitError int

// Error names the code.
func (e exitError) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// finish reports the error of a command and gives the exit code.
func (a *app) finish(ctx context.Context, cmd *cobra.Command, err error) int {
	if a.out.err != nil {
		if errors.Is(a.out.err, syscall.EPIPE) {
			return exitPipe
		}
		a.sayf("error: cannot write the output\n  why: %v\n", a.out.err)
		return exitRequest
	}
	if err == nil {
		return exitOK
	}
	if ctx.Err() != nil {
		a.sayf("interrupted\n")
		return exitInterrupt
	}
	if code, ok := errors.AsType[exitError](err); ok {
		return int(code)
	}
	if f, ok := errors.AsType[*commandError](err); ok {
		a.explain(f)
		return a.codeOf(f)
	}
	// What is neither is a command line that cobra did not understand.
	a.explainUsage(cmd, err)
	return exitUsage
}

// codeOf is the exit code of a failure.
func (a *app) codeOf(f *commandError) int {
	if f.code != 0 {
		return f.code
	}
	if !a.nested && !a.strict {
		return exitRequest
	}
	e := fault.From(f.err)
	switch e.Kind {
	case fault.NotFound:
		return exitNotFound
	case fault.Exists, fault.Conflict:
		return exitConflict
	case fault.Exhausted:
		return exitOverload
	case fault.Unavailable:
		if e.Code == client.CodeUnreachable || e.Code == client.CodeProtocol {
			return exitRequest
		}
		return exitOverload
	case fault.Denied:
		return exitDenied
	case fault.Timeout:
		return exitTimeout
	case fault.Internal, fault.Invalid, fault.Unimplemented, fault.TooLarge, fault.Unknown, fault.Loop:
		return exitRequest
	}
	return exitRequest
}
