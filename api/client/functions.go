package client

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/internal/fault"
)

// Functions lists the registered functions.
func (c *Client) Functions(ctx context.Context) ([]api.Function, error) {
	var out api.FunctionList
	err := c.call(ctx, request{method: http.MethodGet, path: api.RouteFunctions}, &out)
	return out.Functions, err
}

// Function describes a function.
func (c *Client) Function(ctx context.Context, name string) (api.Function, error) {
	return fetchOn[api.Function](ctx, c, http.MethodGet, api.RouteFunction, name, nil)
}

// CreateFunction registers a function; fault.Exists when the name is taken.
func (c *Client) CreateFunction(ctx context.Context, f api.Function) (api.Function, error) {
	return fetch[api.Function](ctx, c, request{method: http.MethodPost, path: api.RouteFunctions, body: f})
}

// PutFunction registers a function or replaces the one of its name. With
// ifMatch, the version that is replaced, another one is a fault.Conflict.
func (c *Client) PutFunction(ctx context.Context, f api.Function, ifMatch string) (api.Function, error) {
	p, err := path(api.RouteFunction, f.Name)
	if err != nil {
		return api.Function{}, err
	}
	return fetch[api.Function](ctx, c, request{method: http.MethodPut, path: p, header: matching(ifMatch), body: f})
}

// DeleteFunction removes a function.
func (c *Client) DeleteFunction(ctx context.Context, name string) error {
	return c.on(ctx, http.MethodDelete, api.RouteFunction, name, nil, nil)
}

// Run invokes a function and waits for its result; an asynchronous invocation
// gives only the execution's id. A function that fails is a result. The key,
// when not empty, makes a repetition give the first one's answer.
func (c *Client) Run(ctx context.Context, name string, in api.Invocation, key string) (api.InvocationResult, error) {
	p, err := path(api.RouteInvocations, name)
	if err != nil {
		return api.InvocationResult{}, err
	}
	r := request{method: http.MethodPost, path: p, body: in}
	if key != "" {
		r.header = idempotent(key)
	}
	return fetch[api.InvocationResult](ctx, c, r)
}

// Prewarm starts instances ahead of calls and tells how many; with 0 the node
// only fetches the image.
func (c *Client) Prewarm(ctx context.Context, name string, in api.PrewarmV1) (api.PrewarmResponse, error) {
	return fetchOn[api.PrewarmResponse](ctx, c, http.MethodPost, api.RoutePrewarm, name, in)
}

// HasPackage tells whether the node holds the archive with this SHA-256.
func (c *Client) HasPackage(ctx context.Context, digest string) (bool, error) {
	err := c.on(ctx, http.MethodHead, api.RoutePackage, digest, nil, nil)
	if errors.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// PutPackage uploads an archive of size bytes whose SHA-256 in hex is digest.
func (c *Client) PutPackage(ctx context.Context, digest string, archive io.Reader, size int64) error {
	p, err := path(api.RoutePackage, digest)
	if err != nil {
		return err
	}
	return c.call(ctx, request{method: http.MethodPut, path: p, stream: archive, size: size}, nil)
}

func matching(version string) http.Header {
	if version == "" {
		return nil
	}
	return http.Header{api.HeaderIfMatch: []string{`"` + version + `"`}}
}
