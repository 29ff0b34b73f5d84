package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/pool/channel"
)

// serveBinary has the server run the program that the handler names: the input
// on its standard input, the output on its standard output, what it prints on
// standard error, the context of the call in $CONTEXT.
func serveBinary(s *channel.Server) {
	var path, dir string
	s.Runtime = "binary"
	s.Load = func(in channel.Init) *functions.Failure {
		path, dir = filepath.Join(in.Dir, in.Handler), in.Dir
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0 {
			return &functions.Failure{
				Type:    functions.FailureHandlerNotFound,
				Message: fmt.Sprintf("the package has no executable file %q", in.Handler),
			}
		}
		return setenv(in.Env)
	}
	s.Run = func(ctx context.Context, header, input []byte) *functions.Result {
		cmd := exec.CommandContext(ctx, path) //nolint:gosec // the function's own program
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "CONTEXT="+contextOf(header))
		cmd.Stdin = bytes.NewReader(input)
		out, printed := &capped{limit: functions.MaxOutput}, &capped{limit: functions.MaxPrinted}
		cmd.Stdout, cmd.Stderr = out, printed
		err := process(ctx, cmd, out)
		r := &functions.Result{}
		said, tooLong := out.take()
		text, truncated := printed.take()
		switch {
		case tooLong:
			r.Failure = resultTooLarge()
		case err != nil:
			r.Failure = failed(err, said, text)
		default:
			r.Output = bytes.TrimSpace(said)
		}
		if wantsOutput(header) {
			r.Printed, r.PrintedTruncated = string(text), truncated
		}
		return r
	}
}

// setenv adds the function's variables to the environment.
func setenv(env map[string]string) *functions.Failure {
	for name, value := range env {
		if err := os.Setenv(name, value); err != nil {
			return &functions.Failure{Type: functions.FailureInit, Message: fmt.Sprintf("setting the variable %q: %v", name, err)}
		}
	}
	return nil
}
