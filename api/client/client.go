// Package client speaks to one Serverledge node over HTTP. It has a method per
// route, and it implements functions.Invoker, so that a router passes calls on
// to another node as it passes them to its own pool.
//
// It is not a router: it knows one node, tries once, and follows no redirect.
//
// Its invariant: an error says whether the work can have begun. Refusals and
// connections that never came about are of the kinds that let a caller try
// elsewhere; whatever was sent and got no clear answer is fault.Unknown.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/internal/fault"
)

// DefaultMaxAnswer is how much of an answer a client reads, in bytes: a result
// of the largest size with all that may stand around it.
const DefaultMaxAnswer = 16 << 20

// Options tunes a Client. The zero value works.
type Options struct {
	// HTTP sends the requests; a client with a pool of kept connections of its
	// own when nil. Redirects are never followed.
	HTTP *http.Client
	// Token is sent as a bearer token; none when empty.
	Token string
	// UserAgent names the program; "serverledge" when empty.
	UserAgent string
	// From is the id of the node that speaks; empty for everybody else. What a
	// node passes on is not passed on again.
	From string
	// MaxAnswer bounds an answer in bytes; DefaultMaxAnswer when 0.
	MaxAnswer int64
	// Trace is called after each exchange with the status, or 0 without an
	// answer, and the time that it took; nil for nothing.
	Trace func(method, url string, status int, took time.Duration)
}

// Client speaks to one node. It is safe for concurrent use.
type Client struct {
	base *url.URL
	// broken is why the base URL cannot be used; every call returns it.
	broken error
	http   http.Client
	opts   Options
}

// New makes a client of the node at baseURL, for example
// "http://127.0.0.1:1323". It sends nothing. A URL that cannot be used makes
// every method return a fault.Invalid.
func New(baseURL string, opts Options) *Client {
	c := &Client{opts: opts}
	c.base, c.broken = parseBase(baseURL)
	if opts.HTTP != nil {
		c.http = *opts.HTTP
	} else {
		c.http.Transport = transport()
	}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if c.opts.MaxAnswer <= 0 {
		c.opts.MaxAnswer = DefaultMaxAnswer
	}
	if c.opts.UserAgent == "" {
		c.opts.UserAgent = "serverledge"
	}
	return c
}

func parseBase(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fault.New(fault.Invalid, "invalid_url", "%q is not the URL of a node", text).
			WithHint("write it as http://host:port")
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	return u, nil
}

// transport keeps enough connections for a node that passes on many calls at
// once. They are dropped sooner than the server drops them, so that a call
// seldom meets a connection that is just being closed.
func transport() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		DialContext:         dialer.DialContext,
		TLSHandshakeTimeout: 5 * time.Second,
		MaxIdleConns:        1024,
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     30 * time.Second,
		DisableCompression:  true,
		// Bounds what a hostile peer makes us hold; bodies are bounded apart.
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// Close drops the kept connections of the client's own pool.
func (c *Client) Close() error {
	if c.opts.HTTP == nil {
		c.http.CloseIdleConnections()
	}
	return nil
}

// Address is the host and port of the node.
func (c *Client) Address() string {
	if c.base == nil {
		return ""
	}
	return c.base.Host
}

// request is one exchange to be made.
type request struct {
	method, path string
	query        url.Values
	header       http.Header
	// body is sent as JSON, or stream as it is; at most one is set.
	body   any
	stream io.Reader
	size   int64
	// maybe says that there may be nothing to answer (204).
	maybe bool
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// call makes an exchange and decodes a 2xx answer into out, unless out is nil.
func (c *Client) call(ctx context.Context, r request, out any) error {
	a, err := c.exchange(ctx, r)
	if err != nil {
		return err
	}
	if err := a.fault(c.Address()); err != nil {
		return err
	}
	if out == nil || r.maybe && a.status == http.StatusNoContent {
		return nil
	}
	if err := json.Unmarshal(a.body, out); err != nil {
		return c.garbage(r.method, "the answer of %s is not the JSON that was expected (%s): %w", c.Address(), a.kind(), err)
	}
	return nil
}

// exchange sends a request and reads the whole answer, whatever its status.
func (c *Client) exchange(ctx context.Context, r request) (*answer, error) {
	if c.broken != nil {
		return nil, c.broken
	}
	sent := &progress{}
	req, err := c.build(sent.watch(ctx), r)
	if err != nil {
		return nil, err
	}
	start, status := time.Now(), 0
	if c.opts.Trace != nil {
		defer func() { c.opts.Trace(r.method, req.URL.String(), status, time.Since(start)) }()
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.lost(ctx, r.method, sent, err)
	}
	defer func() { _ = resp.Body.Close() }()
	status = resp.StatusCode
	body, err := io.ReadAll(io.LimitReader(resp.Body, c.opts.MaxAnswer+1))
	if err != nil {
		return nil, c.lost(ctx, r.method, sent, err)
	}
	if int64(len(body)) > c.opts.MaxAnswer {
		return nil, c.garbage(r.method, "the answer of %s is longer than %d bytes", c.Address(), c.opts.MaxAnswer)
	}
	return &answer{status: status, header: resp.Header, body: body}, nil
}

func (c *Client) build(ctx context.Context, r request) (*http.Request, error) {
	target := *c.base
	target.Path, target.RawPath = "", ""
	address := target.String() + c.base.EscapedPath() + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	body := r.stream
	kind := api.TypePackage
	if r.body != nil {
		text, err := json.Marshal(r.body)
		if err != nil {
			return nil, fault.New(fault.Invalid, "invalid_json", "the request is not valid JSON: %w", err)
		}
		body, kind = bytes.NewReader(text), api.TypeJSON
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, body)
	if err != nil {
		return nil, fault.New(fault.Invalid, "invalid_url", "building a request: %w", err)
	}
	if r.stream != nil {
		req.ContentLength = r.size
	}
	maps.Copy(req.Header, r.header)
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	req.Header.Set("Accept", api.TypeJSON)
	req.Header.Set("User-Agent", c.opts.UserAgent)
	if c.opts.From != "" {
		req.Header.Set(api.HeaderFrom, c.opts.From)
	}
	if c.opts.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.opts.Token)
	}
	return req, nil
}

// lost names the kind of an exchange that broke off.
func (c *Client) lost(ctx context.Context, method string, sent *progress, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		if errors.Is(cause, context.DeadlineExceeded) {
			return fault.New(fault.Timeout, "timed_out", "%s did not answer in time: %w", c.Address(), cause)
		}
		if !sent.begun() || safe(method) {
			return cause
		}
		return fault.New(fault.Unknown, "outcome_unknown", "gave up waiting for %s: %w", c.Address(), cause)
	}
	if !sent.begun() {
		return fault.New(fault.Unavailable, CodeUnreachable, "no node answers at %s: %w", c.Address(), reason(err)).
			WithHint("start one with bin/serverledge, or name another host and port")
	}
	if safe(method) {
		return fault.New(fault.Unavailable, "connection_lost", "the connection to %s was lost: %w", c.Address(), reason(err))
	}
	return fault.New(fault.Unknown, "outcome_unknown",
		"the connection to %s was lost after the request was sent: %w", c.Address(), reason(err)).
		WithHint("the request may have been carried out; look before repeating it")
}

// The codes of the errors that only a client finds.
const (
	// CodeUnreachable is a connection that never came about.
	CodeUnreachable = "node_unreachable"
	// CodeProtocol is an answer that is none of a Serverledge node.
	CodeProtocol = "peer_protocol_error"
)

// garbage is an answer that is no answer: nobody knows what was done.
func (c *Client) garbage(method, format string, args ...any) error {
	kind := fault.Unknown
	if safe(method) {
		kind = fault.Unavailable
	}
	return fault.New(kind, CodeProtocol, format, args...).
		WithHint("make sure that a Serverledge node, and no proxy or other server, listens there")
}

// safe tells that a request changes nothing, so that its outcome does not matter.
func safe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// reason drops the method, the URL and the address that net/http and net put
// before an error: the caller names the node by itself.
func reason(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		err = op.Err
	}
	return err
}

// path fills a route's parameters; an empty name must not change the route.
func path(pattern, name string) (string, error) {
	if name == "" || name == "." || name == ".." {
		return "", fault.New(fault.Invalid, "invalid_name", "%q is not a name", name)
	}
	return api.Path(pattern, name), nil
}

// on calls a route with one parameter.
func (c *Client) on(ctx context.Context, method, pattern, name string, body, out any) error {
	p, err := path(pattern, name)
	if err != nil {
		return err
	}
	return c.call(ctx, request{method: method, path: p, body: body}, out)
}

// fetch makes an exchange and returns the decoded answer.
func fetch[T any](ctx context.Context, c *Client, r request) (T, error) {
	var out T
	err := c.call(ctx, r, &out)
	return out, err
}

// fetchOn is fetch for a route with one parameter.
func fetchOn[T any](ctx context.Context, c *Client, method, pattern, name string, body any) (T, error) {
	var out T
	err := c.on(ctx, method, pattern, name, body, &out)
	return out, err
}
