package client

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/serverledge/serverledge/api"
)

// Compat speaks the routes of existing Serverledge clients. Their answers are
// given as the node wrote them, for programs that read them as text.
type Compat struct{ c *Client }

// Compat returns the compatible routes of the node.
func (c *Client) Compat() Compat { return Compat{c} }

// Invoke calls POST /invoke/{name}. When the function ran and failed and the
// node says so with an error status, both the answer and the error are set.
func (k Compat) Invoke(ctx context.Context, name string, in api.InvokeRequest) (json.RawMessage, error) {
	return k.run(ctx, api.CompatInvoke, name, in)
}

// InvokeWorkflow calls POST /workflow/invoke/{name}; its answer is as Invoke's.
func (k Compat) InvokeWorkflow(ctx context.Context, name string, in api.WorkflowInvokeRequest) (json.RawMessage, error) {
	return k.run(ctx, api.CompatWorkflowInvoke, name, in)
}

// Poll calls GET /poll/{id}; fault.NotFound while there is no result.
func (k Compat) Poll(ctx context.Context, id string) (json.RawMessage, error) {
	p, err := path(api.CompatPoll, id)
	if err != nil {
		return nil, err
	}
	return k.exchange(ctx, request{method: http.MethodGet, path: p})
}

// Prewarm calls POST /prewarm.
func (k Compat) Prewarm(ctx context.Context, in api.PrewarmRequest) (json.RawMessage, error) {
	return k.exchange(ctx, request{method: http.MethodPost, path: api.CompatPrewarm, body: in})
}

// Delete calls POST /delete.
func (k Compat) Delete(ctx context.Context, name string) (json.RawMessage, error) {
	return k.exchange(ctx, request{method: http.MethodPost, path: api.CompatDelete, body: api.NameRequest{Name: name}})
}

// DeleteWorkflow calls POST /workflow/delete.
func (k Compat) DeleteWorkflow(ctx context.Context, name string) (json.RawMessage, error) {
	return k.exchange(ctx, request{method: http.MethodPost, path: api.CompatWorkflowDelete, body: api.NameRequest{Name: name}})
}

// Functions calls GET /function: the names.
func (k Compat) Functions(ctx context.Context) (json.RawMessage, error) {
	return k.exchange(ctx, request{method: http.MethodGet, path: api.CompatFunction})
}

// Workflows calls GET /workflow/list: the names.
func (k Compat) Workflows(ctx context.Context) (json.RawMessage, error) {
	return k.exchange(ctx, request{method: http.MethodGet, path: api.CompatWorkflowList})
}

// Status calls GET /status.
func (k Compat) Status(ctx context.Context) (json.RawMessage, error) {
	return k.exchange(ctx, request{method: http.MethodGet, path: api.CompatStatus})
}

func (k Compat) run(ctx context.Context, pattern, name string, body any) (json.RawMessage, error) {
	p, err := path(pattern, name)
	if err != nil {
		return nil, err
	}
	return k.exchange(ctx, request{method: http.MethodPost, path: p, body: body})
}

func (k Compat) exchange(ctx context.Context, r request) (json.RawMessage, error) {
	a, err := k.c.exchange(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := a.fault(k.c.Address()); err != nil {
		return a.outcome(), err
	}
	text := bytes.TrimSpace(a.body)
	if !json.Valid(text) {
		return nil, k.c.garbage(r.method, "the answer of %s is not JSON (%s)", k.c.Address(), a.kind())
	}
	return text, nil
}

// outcome is the body of an error answer that reports a run that failed.
func (a *answer) outcome() json.RawMessage {
	var run struct{ Success *bool }
	if json.Unmarshal(a.body, &run) != nil || run.Success == nil {
		return nil
	}
	return bytes.TrimSpace(a.body)
}
