package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/pool/channel"
)

// Where an image's own executor listens, unless the variable says otherwise.
const (
	relayAddress  = "127.0.0.1:8080"
	relayVariable = "SERVERLEDGE_RELAY"
	relayPeriod   = 20 * time.Millisecond // between two looks whether it does
	relayGrace    = time.Second           // from a broken answer to the end of the process that broke it
)

// request and response are the protocol of an image's own executor.
type request struct {
	Command      []string        `json:"Command"`
	Params       json.RawMessage `json:"Params"`
	Handler      string          `json:"Handler"`
	HandlerDir   string          `json:"HandlerDir"`
	ReturnOutput bool            `json:"ReturnOutput"`
}

type response struct {
	Success bool            `json:"Success"`
	Result  json.RawMessage `json:"Result"` // a string that holds JSON
	Output  string          `json:"Output"`
}

// relay starts the image's executor and serves calls through it. It ends with
// the image's executor, with its exit code.
func relay(ctx context.Context, s *channel.Server, command []string) (int, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // the image's own command
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return 126, fmt.Errorf("starting the image's executor: %w", err)
	}
	ended := make(chan int, 1)
	go func() {
		code := 0
		var exit *exec.ExitError
		if err := cmd.Wait(); errors.As(err, &exit) {
			code = exit.ExitCode()
			if code < 0 {
				code = 137
			}
		}
		cancel(fault.New(fault.Unavailable, "executor_ended", "the image's executor ended with code %d", code))
		ended <- code
	}()
	address := relayAddress
	if other := os.Getenv(relayVariable); other != "" {
		address = other
	}
	if err := answers(ctx, address); err != nil {
		return max(1, <-ended), err
	}
	r := &relayer{client: &http.Client{}, url: "http://" + address + "/invoke"}
	s.Runtime = "custom"
	s.Load = r.load
	s.Run = r.run
	err := s.Serve(ctx)
	cancel(nil)
	code := <-ended
	if code != 0 || errors.Is(err, net.ErrClosed) {
		return code, nil
	}
	return code, err
}

// answers waits until the image's executor listens.
func answers(ctx context.Context, address string) error {
	tick := time.NewTicker(relayPeriod)
	defer tick.Stop()
	for {
		nc, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			return nc.Close()
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// relayer passes calls on.
type relayer struct {
	client       *http.Client
	url          string
	handler, dir string
}

func (r *relayer) load(in channel.Init) *functions.Failure {
	r.handler, r.dir = in.Handler, in.Dir
	return nil
}

func (r *relayer) run(ctx context.Context, header, input []byte) *functions.Result {
	result, err := r.post(ctx, header, input)
	if err != nil {
		select {
		case <-ctx.Done(): // it died: the end of our process says how
			return nil
		case <-time.After(relayGrace):
		}
		return &functions.Result{Failure: &functions.Failure{Type: functions.FailureProtocol, Message: "the image's executor: " + err.Error()}}
	}
	return result
}

func (r *relayer) post(ctx context.Context, header, input []byte) (*functions.Result, error) {
	captured := wantsOutput(header)
	body, err := json.Marshal(request{Params: input, Handler: r.handler, HandlerDir: r.dir, ReturnOutput: captured})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	answer, err := r.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	const limit = 2*functions.MaxOutput + 2*functions.MaxPrinted // a JSON text within a string is longer
	text, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > limit:
		return &functions.Result{Failure: resultTooLarge()}, nil
	case answer.StatusCode != http.StatusOK:
		return nil, fault.New(fault.Unavailable, "executor_status", "it answered %s", answer.Status)
	}
	return decode(text, captured)
}

// decode understands an answer: Result is a JSON text, or plainly the value.
func decode(text []byte, captured bool) (*functions.Result, error) {
	var a response
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, fmt.Errorf("its answer is not JSON: %w", err)
	}
	r := &functions.Result{Output: a.Result}
	var inner string
	if json.Unmarshal(a.Result, &inner) == nil {
		r.Output = []byte(inner)
	}
	if captured {
		r.Printed = a.Output[:min(len(a.Output), functions.MaxPrinted)]
		r.PrintedTruncated = len(a.Output) > functions.MaxPrinted
	}
	if !a.Success {
		r.Output, r.Failure = nil, failed(fault.New(fault.Invalid, "failed", "the function failed"), r.Output, []byte(a.Output))
	}
	return r, nil
}
