package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/pool/channel"
)

// commandVariable names the command of a custom image.
const commandVariable = "CUSTOM_CMD"

// serveCustom has the server run $CUSTOM_CMD for every call.
func serveCustom(s *channel.Server) error {
	command := os.Getenv(commandVariable)
	if strings.TrimSpace(command) == "" {
		return fault.New(fault.Invalid, "no_command", "the image does not set %s", commandVariable)
	}
	argv := split(command)
	s.Runtime = "custom"
	s.Load = func(in channel.Init) *functions.Failure { return setenv(in.Env) }
	s.Run = func(ctx context.Context, header, input []byte) *functions.Result {
		r, err := runCustom(ctx, argv, header, input)
		if err != nil {
			return &functions.Result{Failure: &functions.Failure{Type: failureExit, Message: err.Error()}}
		}
		return r
	}
	return nil
}

// split leaves the command to the image's shell, if it has one.
func split(command string) []string {
	if shell, err := exec.LookPath("sh"); err == nil {
		return []string{shell, "-c", command}
	}
	return strings.Fields(command)
}

// runCustom runs one call in a folder of its own. The error is ours, not the function's.
func runCustom(ctx context.Context, argv []string, header, input []byte) (*functions.Result, error) {
	dir, err := os.MkdirTemp("", "call")
	if err != nil {
		return nil, fmt.Errorf("making the folder of the call: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	params, result := filepath.Join(dir, "params.json"), filepath.Join(dir, "result.json")
	if err := os.WriteFile(params, input, 0o600); err != nil {
		return nil, fmt.Errorf("writing the parameters: %w", err)
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...) //nolint:gosec // the image's own command
	cmd.Env = append(os.Environ(), "PARAMS_FILE="+params, "RESULT_FILE="+result, "CONTEXT="+contextOf(header))
	printed := &capped{limit: functions.MaxPrinted}
	cmd.Stdout, cmd.Stderr = printed, printed
	err = process(ctx, cmd, nil)
	r := &functions.Result{}
	text, truncated := printed.take()
	if wantsOutput(header) {
		r.Printed, r.PrintedTruncated = string(text), truncated
	}
	if err != nil {
		said, _ := readResult(result)
		r.Failure = failed(err, said, text)
		return r, nil
	}
	r.Output, err = readResult(result)
	switch {
	case errors.Is(err, os.ErrNotExist):
		r.Failure = &functions.Failure{Type: functions.FailureInvalidResult, Message: "the command did not write RESULT_FILE"}
	case err != nil:
		return nil, fmt.Errorf("reading RESULT_FILE: %w", err)
	}
	return r, nil
}

// readResult reads one byte more than allowed at most: the wire refuses that.
func readResult(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // made by runCustom
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, functions.MaxOutput+1))
}
