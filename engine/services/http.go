package services

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/engine"
)

// The names under which http:invoke fails, as AWS has them.
const (
	errorSocket = "States.Http.Socket"
	errorStatus = "States.Http.StatusCode."
	errorDenied = "States.Permissions"
)

const (
	// maxBody bounds the answer of an endpoint, in bytes: what a state may pass on
	// is checked by the language, this keeps the node from harm.
	maxBody = 1 << 20
	// maxCauseBody is how much of a refusal's body its cause quotes.
	maxCauseBody = 4 << 10
	// endpointTime bounds one call; AWS has 60 seconds, too.
	endpointTime = 60 * time.Second
	maxRedirects = 5
)

// endpoints calls HTTP endpoints that are allowed.
type endpoints struct {
	allow  []string
	client *http.Client
}

func newEndpoints(allow []string) *endpoints {
	e := &endpoints{allow: allow}
	e.client = &http.Client{
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: 90 * time.Second, MaxIdleConnsPerHost: 16,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) >= maxRedirects {
				return errors.New("too many redirects")
			}
			return e.admits(r.URL)
		},
	}
	return e
}

// notAllowedError says that the configuration does not allow a host.
type notAllowedError struct{ host string }

func (e *notAllowedError) Error() string {
	return fmt.Sprintf("this node may not call %q: set workflow.http.allow to let http:invoke call it", e.host)
}

// admits tells why a URL may not be called, nil when it may.
func (e *endpoints) admits(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("the endpoint %q must be a URL of http or https", u.Redacted())
	}
	host, name := strings.ToLower(u.Host), strings.ToLower(u.Hostname())
	for _, a := range e.allow {
		a = strings.ToLower(a)
		suffix, wild := strings.CutPrefix(a, "*.")
		switch {
		case a == "*", a == host, a == name && u.Port() == "":
			return nil
		case wild && strings.HasSuffix(name, "."+suffix) && u.Port() == "":
			return nil
		}
	}
	return &notAllowedError{u.Host}
}

// call makes the request that the arguments of http:invoke describe.
func (e *endpoints) call(ctx context.Context, call *engine.ServiceCall) (value.Value, error) {
	ctx, cancel := context.WithTimeout(ctx, endpointTime)
	defer cancel()
	r, err := request(ctx, call)
	if err == nil {
		err = e.admits(r.URL)
	}
	var denied *notAllowedError
	switch {
	case errors.As(err, &denied):
		return value.Value{}, failed(errorDenied, "%s", err)
	case err != nil:
		return value.Value{}, &engine.FailureError{Failure: dag.Failure{Error: dag.ErrorRuntime, Cause: err.Error(), Fatal: true}}
	}
	answer, err := e.client.Do(r)
	if err != nil {
		return value.Value{}, e.unreachable(ctx, err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxBody+1))
	switch {
	case err != nil:
		return value.Value{}, e.unreachable(ctx, err)
	case len(body) > maxBody:
		return value.Value{}, failed(dag.ErrorDataLimitExceeded, "the endpoint answered with more than %d bytes", maxBody)
	case answer.StatusCode < 200 || answer.StatusCode > 299:
		return value.Value{}, failed(fmt.Sprint(errorStatus, answer.StatusCode), "%s", cut(body))
	}
	return answered(answer, body), nil
}

// unreachable is how a task fails whose endpoint does not answer. A call that
// was cut off has no failure of its own.
func (e *endpoints) unreachable(ctx context.Context, err error) error {
	var denied *notAllowedError
	switch {
	case errors.As(err, &denied):
		return failed(errorDenied, "%s", denied)
	case errors.Is(context.Cause(ctx), context.Canceled):
		return context.Cause(ctx)
	case errors.Is(err, context.DeadlineExceeded):
		return failed(dag.ErrorTimeout, "the endpoint did not answer in time")
	}
	return failed(errorSocket, "%s", err)
}

func cut(body []byte) string {
	return strings.ToValidUTF8(string(body[:min(len(body), maxCauseBody)]), "\uFFFD")
}

// methods are those that http:invoke takes.
func methods() []string {
	return []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodHead, http.MethodOptions}
}

// request makes the request that the arguments describe.
func request(ctx context.Context, call *engine.ServiceCall) (*http.Request, error) {
	in := call.Input
	endpoint, err := url.Parse(in.Get("ApiEndpoint").Text())
	if err != nil {
		return nil, fmt.Errorf("the ApiEndpoint %q is not a URL", in.Get("ApiEndpoint").Text())
	}
	method := strings.ToUpper(in.Get("Method").Text())
	if !slices.Contains(methods(), method) {
		return nil, fmt.Errorf("the Method %q is none of %s", method, strings.Join(methods(), ", "))
	}
	query := endpoint.Query()
	for key, v := range in.Get("QueryParameters").Members() {
		for _, text := range texts(v) {
			query.Add(key, text)
		}
	}
	endpoint.RawQuery = query.Encode()
	header := http.Header{}
	for key, v := range in.Get("Headers").Members() {
		if !token(key) || reserved(key) {
			return nil, fmt.Errorf("the header %q cannot be set", key)
		}
		for _, text := range texts(v) {
			if strings.ContainsAny(text, "\r\n\x00") {
				return nil, fmt.Errorf("the header %q has a value with a line break", key)
			}
			header.Add(key, text)
		}
	}
	body, kind, err := bodyOf(in, header)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, endpoint.String(), strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("the request cannot be made: %w", err)
	}
	if body == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	}
	r.Header = header
	setUnless(header, "Content-Type", kind)
	setUnless(header, "User-Agent", "serverledge")
	// a call that is made again after a crash has the same key
	setUnless(header, "Idempotency-Key", call.Key)
	return r, nil
}

func setUnless(header http.Header, key, text string) {
	if header.Get(key) == "" && text != "" {
		header.Set(key, text)
	}
}

// texts lists what a value says: of an array each of its elements.
func texts(v value.Value) []string {
	if v.Kind() != value.Array {
		return []string{text(v)}
	}
	all := make([]string, 0, v.Len())
	for _, item := range v.Elements() {
		all = append(all, text(item))
	}
	return all
}

func text(v value.Value) string {
	if v.Kind() == value.String {
		return v.Text()
	}
	return v.String()
}

// reserved tells whether a header is the client's own.
func reserved(key string) bool {
	switch http.CanonicalHeaderKey(key) {
	case "Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Trailer", "Te", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection":
		return true
	}
	return false
}

// token tells whether a text can name a header (RFC 9110, section 5.6.2).
func token(key string) bool {
	for i := range len(key) {
		c := key[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return key != ""
}

// bodyOf codes RequestBody, as JSON or as Transform says, and returns its media
// type.
func bodyOf(in value.Value, header http.Header) (body, kind string, err error) {
	v := in.Get("RequestBody")
	if v.IsAbsent() || v.Kind() == value.Null {
		return "", "", nil
	}
	encoding := in.Get("Transform").Get("RequestBodyEncoding").Text()
	form := "application/x-www-form-urlencoded"
	switch {
	case encoding == "URL_ENCODED" || encoding == "" && strings.HasPrefix(header.Get("Content-Type"), form):
		if v.Kind() != value.Object {
			return "", "", errors.New("a RequestBody that is URL-encoded must be an object")
		}
		body, err = formOf(v, in.Get("Transform").Get("RequestEncodingOptions").Get("ArrayFormat").Text())
		return body, form, err
	case encoding != "" && encoding != "NONE":
		return "", "", fmt.Errorf("the RequestBodyEncoding %q is neither NONE nor URL_ENCODED", encoding)
	case v.Kind() == value.String && header.Get("Content-Type") != "" && !strings.Contains(header.Get("Content-Type"), "json"):
		return v.Text(), "", nil
	}
	return v.String(), "application/json", nil
}

// formOf codes an object as a form; arrays as AWS's ArrayFormat says, INDICES
// unless told otherwise.
func formOf(v value.Value, arrays string) (string, error) {
	form := url.Values{}
	for key, item := range v.Members() {
		if item.Kind() != value.Array {
			form.Add(key, text(item))
			continue
		}
		all := texts(item)
		switch arrays {
		case "", "INDICES":
			for i, t := range all {
				form.Add(fmt.Sprintf("%s[%d]", key, i), t)
			}
		case "REPEAT":
			form[key] = append(form[key], all...)
		case "COMMAS":
			form.Add(key, strings.Join(all, ","))
		case "BRACKETS":
			form[key+"[]"] = append(form[key+"[]"], all...)
		default:
			return "", fmt.Errorf("the ArrayFormat %q is none of INDICES, REPEAT, COMMAS, BRACKETS", arrays)
		}
	}
	return form.Encode(), nil
}

// answered makes the result: headers, body as JSON if it is, status.
func answered(answer *http.Response, body []byte) value.Value {
	var headers []value.Member
	for _, key := range slices.Sorted(maps.Keys(answer.Header)) {
		var all []value.Value
		for _, text := range answer.Header[key] {
			all = append(all, value.OfString(strings.ToValidUTF8(text, "\uFFFD")))
		}
		headers = append(headers, value.Member{Key: strings.ToLower(key), Value: value.OfArray(all...)})
	}
	content, err := value.Parse(body)
	if err != nil {
		content = value.OfString(strings.ToValidUTF8(string(body), "\uFFFD"))
	}
	_, status, _ := strings.Cut(answer.Status, " ")
	return value.OfObject(
		value.Member{Key: "Headers", Value: value.OfObject(headers...)}, value.Member{Key: "ResponseBody", Value: content},
		value.Member{Key: "StatusCode", Value: value.OfInt(int64(answer.StatusCode))}, value.Member{Key: "StatusText", Value: value.OfString(status)},
	)
}
