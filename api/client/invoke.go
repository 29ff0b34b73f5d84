package client

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"net/http"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// grace is how much longer than the deadline of a call the client listens, so
// that the node's own answer ("timed out in the function") wins over ours.
const grace = time.Second

var _ functions.Invoker = (*Client)(nil)

// Invoke runs a call on the node. The caller has counted the hop and added its
// own name to call.Visited.
//
// When the node refuses before the function starts, or cannot be reached, the
// error is Exhausted or Unavailable and the call may be tried elsewhere. When
// the answer is lost, too long or no answer at all, the error is Unknown: the
// function may have run. A deadline that passes is Timeout.
func (c *Client) Invoke(ctx context.Context, call *functions.Call) (*functions.Result, error) {
	r, err := forward(ctx, call)
	if err != nil {
		return nil, err
	}
	if !call.Deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, call.Deadline.Add(grace))
		defer cancel()
	}
	start := time.Now()
	a, err := c.exchange(ctx, r)
	if err != nil {
		return nil, err
	}
	took := time.Since(start)
	if a.status != http.StatusOK {
		return nil, c.refusal(a)
	}
	var answer api.InvocationResult
	if err := json.Unmarshal(a.body, &answer); err != nil {
		return nil, c.garbage(r.method, "the answer of %s is no result (%s): %w", c.Address(), a.kind(), err)
	}
	if answer.Failure == nil && len(answer.Output) == 0 {
		return nil, c.garbage(r.method, "the answer of %s holds neither an output nor a failure", c.Address())
	}
	return result(&answer, took), nil
}

// forward makes the request of a call.
func forward(ctx context.Context, call *functions.Call) (request, error) {
	p, err := path(api.RouteInvocations, call.Function)
	if err != nil {
		return request{}, err
	}
	body := api.Invocation{
		Input: call.Input, Output: call.Output, Class: call.Class, Local: call.Local,
		Forwarded: &api.Forwarded{
			Key: call.Key, Attempt: call.Attempt, Execution: call.Execution,
			Hops: call.Hops, Visited: call.Visited, Task: call.Task,
		},
	}
	deadline, ok := ctx.Deadline()
	if !call.Deadline.IsZero() && (!ok || call.Deadline.Before(deadline)) {
		deadline, ok = call.Deadline, true
	}
	if ok {
		left := time.Until(deadline)
		if left <= 0 {
			return request{}, fault.New(fault.Timeout, "timed_out", "no time is left to pass the call on")
		}
		// 0 would mean that there is no deadline.
		body.Forwarded.RemainingMS = max(1, left.Milliseconds())
	}
	r := request{method: http.MethodPost, path: p, body: body}
	if call.Key != "" {
		r.header = idempotent(call.Key)
	}
	return r, nil
}

// idempotent is the header with a key. Its name is in lower case, which HTTP
// does not mind: under the canonical name net/http would repeat a request by
// itself after its bytes went out, and the function might run twice.
func idempotent(key string) http.Header {
	return http.Header{"idempotency-key": []string{key}}
}

// refusal is the error of an answer other than a result.
func (c *Client) refusal(a *answer) error {
	if a.status < 400 {
		return c.garbage(http.MethodPost, "%s answered %s to a synchronous call", c.Address(), a.kind())
	}
	e := a.problem(c.Address()).Err()
	switch {
	case e.Kind == fault.Exhausted || e.Kind == fault.Unavailable:
		return e
	case refused(e.Kind):
		return fault.New(fault.Unavailable, "peer_refused", "%s refused the call: %w", c.Address(), e)
	case e.Kind == fault.Internal || a.foreign():
		return fault.New(fault.Unknown, CodeProtocol, "%s answered %s: %w", c.Address(), a.kind(), e)
	default:
		return e
	}
}

// result turns the answer into a result. The time lost on the network is what
// the exchange took beyond the node's own response time.
func result(answer *api.InvocationResult, took time.Duration) *functions.Result {
	out := &functions.Result{
		Failure: answer.Failure, Printed: answer.Printed, PrintedTruncated: answer.PrintedTruncated, Action: "O",
	}
	if out.Failure == nil {
		out.Output = bytes.Clone(answer.Output)
	}
	r := answer.Report
	if r == nil {
		return out
	}
	out.Node, out.Area, out.Runtime, out.Cold = r.Node, r.Area, r.Runtime, r.Cold
	out.Init, out.Queue, out.Duration = seconds(r.Init), seconds(r.Queue), seconds(r.Duration)
	out.Offload = seconds(r.Offload) + max(0, took-seconds(r.Response))
	return out
}

// seconds is s as a duration; 0 for what no clock can have measured.
func seconds(s float64) time.Duration {
	if math.IsNaN(s) || s < 0 || s > (365*24*time.Hour).Seconds() {
		return 0
	}
	return time.Duration(s * float64(time.Second))
}
