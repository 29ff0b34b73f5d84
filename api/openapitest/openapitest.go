// Package openapitest holds HTTP exchanges of tests against openapi.yaml: a
// route, a member or a status that is not described there fails the test. It is
// no validator for production.
package openapitest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/serverledge/serverledge/api"
)

// Transport is a RoundTripper that checks what passes through it. A request
// that does not fit the description is in order if it is answered with 4xx: it
// is what tests of bad input send.
type Transport struct {
	// Base does the round trip.
	Base http.RoundTripper
	// Lax leaves the requests unchecked, for clients that send more than is
	// described to routes that ignore it.
	Lax bool

	tb     testing.TB
	router routers.Router

	mu   sync.Mutex
	seen map[string]bool
}

// New returns a transport that reports to tb. A nil base is
// http.DefaultTransport.
func New(tb testing.TB, base http.RoundTripper) *Transport {
	tb.Helper()
	document := Document(tb)
	router, err := gorillamux.NewRouter(document)
	if err != nil {
		tb.Fatalf("routing by openapi.yaml: %v", err)
	}
	if base == nil {
		base = http.DefaultTransport
	}
	return &Transport{Base: base, tb: tb, router: router, seen: map[string]bool{}}
}

// Document returns openapi.yaml, checked.
func Document(tb testing.TB) *openapi3.T {
	tb.Helper()
	document, err := openapi3.NewLoader().LoadFromData(api.OpenAPI())
	if err != nil {
		tb.Fatalf("reading openapi.yaml: %v", err)
	}
	if err := document.Validate(tb.Context()); err != nil {
		tb.Fatalf("openapi.yaml is not valid: %v", err)
	}
	return document
}

// Seen tells which operations ("POST /create") were answered with 2xx.
func (c *Transport) Seen() map[string]bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[string]bool{}
	for operation := range c.seen {
		out[operation] = true
	}
	return out
}

// RoundTrip does the exchange and checks it.
func (c *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
	if r.Body != nil {
		var err error
		if sent, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		_ = r.Body.Close()
	}
	out := r.Clone(r.Context())
	if r.Body != nil {
		out.Body = io.NopCloser(bytes.NewReader(sent))
	}
	answer, err := c.Base.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil {
		return nil, err
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	c.check(r, sent, answer, body)
	return answer, nil
}

// check holds one exchange against the description.
func (c *Transport) check(r *http.Request, sent []byte, answer *http.Response, body []byte) {
	c.tb.Helper()
	what := r.Method + " " + r.URL.Path
	refused := answer.StatusCode >= 400 && answer.StatusCode < 500
	asked := r.Clone(context.WithoutCancel(r.Context()))
	asked.Body = io.NopCloser(bytes.NewReader(sent))
	route, params, err := c.route(asked)
	if err != nil {
		if !refused {
			c.tb.Errorf("%s: answered %d, but openapi.yaml has no such route: %v", what, answer.StatusCode, err)
		} else if kind := answer.Header.Get("Content-Type"); kind != api.TypeProblem && r.Method != http.MethodHead {
			c.tb.Errorf("%s: answered %d with %q instead of a problem", what, answer.StatusCode, kind)
		}
		return
	}
	input := &openapi3filter.RequestValidationInput{
		Request: asked, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, SkipSettingDefaults: true,
		},
	}
	if !refused && !c.Lax {
		if err := openapi3filter.ValidateRequest(asked.Context(), input); err != nil {
			c.tb.Errorf("%s: accepted with %d, but the request does not fit openapi.yaml: %v", what, answer.StatusCode, err)
		}
	}
	if answer.StatusCode < 300 {
		c.mu.Lock()
		c.seen[r.Method+" "+route.Path] = true
		c.mu.Unlock()
	}
	if r.Method == http.MethodHead {
		return
	}
	output := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: answer.StatusCode, Header: answer.Header, Options: input.Options,
	}
	output.SetBodyBytes(body)
	if err := openapi3filter.ValidateResponse(asked.Context(), output); err != nil {
		c.tb.Errorf("%s: the answer %d does not fit openapi.yaml: %v\n%s", what, answer.StatusCode, err, clip(body))
	}
}

// route finds the operation of a request; what has GET has HEAD.
func (c *Transport) route(r *http.Request) (*routers.Route, map[string]string, error) {
	plain := r.Clone(r.Context())
	plain.URL.Scheme, plain.URL.Host, plain.Host = "", "", ""
	route, params, err := c.router.FindRoute(plain)
	if err != nil && r.Method == http.MethodHead {
		plain.Method = http.MethodGet
		return c.router.FindRoute(plain)
	}
	return route, params, err
}

func clip(text []byte) string { return strings.ToValidUTF8(string(text[:min(len(text), 500)]), "?") }
