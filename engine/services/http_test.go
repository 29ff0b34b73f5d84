package services_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/engine/services"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// call calls http:invoke and returns the result, or the failure's name with a
// "!" before it.
func call(t *testing.T, allow []string, input string) (value.Value, *dag.Failure) {
	t.Helper()
	s := services.New(services.Options{Allow: allow})
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	in, err := value.Parse([]byte(input))
	if err != nil {
		t.Fatalf("%s: %v", input, err)
	}
	v, err := s.Call(t.Context(), &engine.ServiceCall{Key: "x/1", Resource: dag.Resource{Kind: dag.HTTPResource, Service: "http", Action: "invoke"}, Input: in})
	var failed *engine.FailureError
	switch {
	case errors.As(err, &failed):
		return v, &failed.Failure
	case err != nil:
		t.Fatal(err)
	}
	return v, nil
}

// echo is an endpoint that tells what it got.
func echo(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/text":
			fmt.Fprint(w, "plain \xff text")
			return
		case "/teapot":
			http.Error(w, "no coffee", http.StatusTeapot)
			return
		case "/away":
			http.Redirect(w, r, "http://example.invalid/", http.StatusFound)
			return
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
			return
		case "/large":
			fmt.Fprint(w, strings.Repeat("x", 1<<20+len(r.URL.RawQuery)))
			return
		case "/die":
			panic(http.ErrAbortHandler)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("X-Twice", "a")
		w.Header().Add("X-Twice", "b")
		fmt.Fprintf(w, `{"method":%q,"query":%q,"type":%q,"key":%q,"mine":%q,"body":%q}`,
			r.Method, r.URL.RawQuery, r.Header.Get("Content-Type"), r.Header.Get("Idempotency-Key"), r.Header.Get("X-Mine"), body)
	}))
	t.Cleanup(server.Close)
	return server
}

func TestEndpoint(t *testing.T) {
	t.Parallel()
	server := echo(t)
	for name, c := range map[string]struct{ more, want string }{
		"plain":       {`"Method":"GET"`, `{"method":"GET","query":"","type":"","key":"x/1","mine":"","body":""}`},
		"query":       {`"Method":"GET","QueryParameters":{"a":["1","2"],"b":3}`, `{"method":"GET","query":"a=1&a=2&b=3","type":"","key":"x/1","mine":"","body":""}`},
		"JSON":        {`"Method":"post","RequestBody":{"b":[1.50]}`, `{"method":"POST","query":"","type":"application/json","key":"x/1","mine":"","body":"{\"b\":[1.50]}"}`},
		"headers":     {`"Method":"PUT","Headers":{"X-Mine":"m","Idempotency-Key":"own","Content-Type":"text/plain"},"RequestBody":"as it is"`, `{"method":"PUT","query":"","type":"text/plain","key":"own","mine":"m","body":"as it is"}`},
		"form":        {`"Method":"POST","RequestBody":{"a":"x y","l":[1,2]},"Transform":{"RequestBodyEncoding":"URL_ENCODED"}`, `{"method":"POST","query":"","type":"application/x-www-form-urlencoded","key":"x/1","mine":"","body":"a=x+y&l%5B0%5D=1&l%5B1%5D=2"}`},
		"form commas": {`"Method":"POST","RequestBody":{"l":[1,2]},"Transform":{"RequestBodyEncoding":"URL_ENCODED","RequestEncodingOptions":{"ArrayFormat":"COMMAS"}}`, `{"method":"POST","query":"","type":"application/x-www-form-urlencoded","key":"x/1","mine":"","body":"l=1%2C2"}`},
		"form repeat": {`"Method":"POST","RequestBody":{"l":[1,2]},"Headers":{"Content-Type":"application/x-www-form-urlencoded"},"Transform":{"RequestEncodingOptions":{"ArrayFormat":"REPEAT"}}`, `{"method":"POST","query":"","type":"application/x-www-form-urlencoded","key":"x/1","mine":"","body":"l=1&l=2"}`},
	} {
		v, failure := call(t, []string{"*"}, fmt.Sprintf(`{"ApiEndpoint":%q,%s}`, server.URL, c.more))
		if failure != nil {
			t.Errorf("%s: %+v", name, failure)
			continue
		}
		if got := v.Get("ResponseBody").String(); got != c.want {
			t.Errorf("%s: got %s\nwant %s", name, got, c.want)
		}
		if v.Get("StatusCode").String() != "200" || v.Get("StatusText").Text() != "OK" || v.Get("Headers").Get("x-twice").String() != `["a","b"]` {
			t.Errorf("%s: got %s", name, v)
		}
	}
	if v, failure := call(t, []string{"*"}, fmt.Sprintf(`{"ApiEndpoint":"%s/text","Method":"GET"}`, server.URL)); failure != nil || v.Get("ResponseBody").Text() != "plain \uFFFD text" {
		t.Errorf("got %s, %+v", v, failure)
	}
}

func TestEndpointFails(t *testing.T) {
	t.Parallel()
	server := echo(t)
	anyone := []string{"*"}
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for name, c := range map[string]struct {
		allow        []string
		input, error string
	}{
		"status":          {anyone, `{"ApiEndpoint":"` + server.URL + `/teapot","Method":"GET"}`, "States.Http.StatusCode.418"},
		"refused":         {anyone, `{"ApiEndpoint":"` + closed.URL + `","Method":"GET"}`, "States.Http.Socket"},
		"cut off":         {anyone, `{"ApiEndpoint":"` + server.URL + `/die","Method":"GET"}`, "States.Http.Socket"},
		"redirects":       {anyone, `{"ApiEndpoint":"` + server.URL + `/round","Method":"GET"}`, "States.Http.Socket"},
		"one too many":    {anyone, `{"ApiEndpoint":"` + server.URL + `/large?x","Method":"GET"}`, "States.DataLimitExceeded"},
		"no method":       {anyone, `{"ApiEndpoint":"` + server.URL + `","Method":"BREW"}`, "States.Runtime"},
		"no endpoint":     {anyone, `{"Method":"GET"}`, "States.Runtime"},
		"a file":          {anyone, `{"ApiEndpoint":"file:///etc/passwd","Method":"GET"}`, "States.Runtime"},
		"Host":            {anyone, `{"ApiEndpoint":"` + server.URL + `","Method":"GET","Headers":{"host":"x"}}`, "States.Runtime"},
		"header break":    {anyone, `{"ApiEndpoint":"` + server.URL + `","Method":"GET","Headers":{"X-Mine":"a\r\nb"}}`, "States.Runtime"},
		"header name":     {anyone, `{"ApiEndpoint":"` + server.URL + `","Method":"GET","Headers":{"X Mine":"a"}}`, "States.Runtime"},
		"form of text":    {anyone, `{"ApiEndpoint":"` + server.URL + `","Method":"GET","RequestBody":"x","Transform":{"RequestBodyEncoding":"URL_ENCODED"}}`, "States.Runtime"},
		"nothing allowed": {nil, `{"ApiEndpoint":"` + server.URL + `","Method":"GET"}`, "States.Permissions"},
		"redirect away":   {[]string{host(t, server)}, `{"ApiEndpoint":"` + server.URL + `/away","Method":"GET"}`, "States.Permissions"},
	} {
		v, failure := call(t, c.allow, c.input)
		if failure == nil || failure.Error != c.error || failure.Cause == "" {
			t.Errorf("%s: got %.100s, %+v, want %s", name, v, failure, c.error)
		}
	}
	if v, failure := call(t, anyone, `{"ApiEndpoint":"`+server.URL+`/large","Method":"GET"}`); failure != nil || len(v.Get("ResponseBody").Text()) != 1<<20 {
		t.Errorf("at the limit: %+v", failure)
	}
}

func host(t *testing.T, server *httptest.Server) string {
	t.Helper()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// What is allowed is told by host, with the port unless it is that of the
// scheme.
func TestAllowed(t *testing.T) {
	t.Parallel()
	server := echo(t)
	u := host(t, server)
	for allow, want := range map[string]bool{
		"*": true, u: true, "127.0.0.1": false, "*.0.0.1": false, "example.com": false, strings.Replace(u, "127.0.0.1", "localhost", 1): false,
	} {
		_, failure := call(t, []string{allow}, `{"ApiEndpoint":"`+server.URL+`","Method":"GET"}`)
		if (failure == nil) != want {
			t.Errorf("%s: got %+v", allow, failure)
		}
	}
	for _, c := range []struct {
		allow, url string
		want       bool
	}{
		{"api.example.invalid", "http://api.example.invalid/", true},
		{"*.example.invalid", "https://api.example.invalid/x", true},
		{"*.example.invalid", "https://example.invalid/", false},
		{"*.example.invalid", "https://badexample.invalid/", false},
		{"api.example.invalid", "http://api.example.invalid:8080/", false},
		{"API.example.invalid:8080", "http://api.EXAMPLE.invalid:8080/", true},
	} {
		// nobody answers under these names: what is allowed fails at the socket
		_, failure := call(t, []string{c.allow}, `{"ApiEndpoint":"`+c.url+`","Method":"GET"}`)
		if failure == nil || (failure.Error == "States.Http.Socket") != c.want {
			t.Errorf("%s with %s: got %+v", c.url, c.allow, failure)
		}
	}
}

// A call that is cancelled has no failure of its own; one that is late has.
func TestEndpointCutOff(t *testing.T) {
	t.Parallel()
	begun, release := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		begun <- struct{}{}
		<-release
	}))
	defer server.Close()
	defer close(release)
	s := services.New(services.Options{Allow: []string{"*"}})
	defer func() { _ = s.Close() }()
	input := value.OfObject(value.Member{Key: "ApiEndpoint", Value: value.OfString(server.URL)}, value.Member{Key: "Method", Value: value.OfString("GET")})
	c := &engine.ServiceCall{Resource: dag.Resource{Kind: dag.HTTPResource}, Input: input}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-begun
		cancel()
	}()
	var failed *engine.FailureError
	if _, err := s.Call(ctx, c); err == nil || errors.As(err, &failed) {
		t.Errorf("cancelled: %v", err)
	}
	late, stop := context.WithTimeout(t.Context(), 1)
	defer stop()
	if _, err := s.Call(late, c); !errors.As(err, &failed) || failed.Failure.Error != dag.ErrorTimeout {
		t.Errorf("late: %v", err)
	}
}
