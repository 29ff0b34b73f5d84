package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/engine"
)

// raw sends bytes over a connection of its own and returns all that comes back
// until the server closes it.
func (f *fixture) raw(request string) string {
	f.Helper()
	conn := f.dial()
	defer func() { _ = conn.Close() }()
	go func() { _, _ = io.WriteString(conn, request) }()
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	text, _ := io.ReadAll(conn)
	return string(text)
}

func (f *fixture) dial() net.Conn {
	f.Helper()
	var d net.Dialer
	conn, err := d.DialContext(f.Context(), "tcp", f.http.Listener.Addr().String())
	if err != nil {
		f.Fatal(err)
	}
	return conn
}

// TestSlowHeaders is B-001 in small: who sends headers slowly is cut off, and
// the others are served meanwhile.
func TestSlowHeaders(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	slow := HTTP(f.server, nil)
	if slow.ReadHeaderTimeout != 5*time.Second || slow.MaxHeaderBytes != 32<<10 || slow.IdleTimeout != time.Minute {
		t.Errorf("the limits are %v %v %v", slow.ReadHeaderTimeout, slow.MaxHeaderBytes, slow.IdleTimeout)
	}
	slow.ReadHeaderTimeout = 500 * time.Millisecond
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = slow.Serve(Limit(listener, 0))
	}()
	defer func() {
		_ = slow.Close()
		<-done
	}()
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listener.Addr().String())
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = conn.Close() }()
			_, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: localh")
			_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
			if _, err := io.ReadAll(conn); err != nil {
				t.Errorf("the slow connection stays open: %v", err)
			}
		})
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String()+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%v %v", resp, err)
	}
	_ = resp.Body.Close()
	group.Wait()
}

// TestSlowBody is B-002: a body that trickles gets 408, and the connection is
// closed; one that comes at the least rate is accepted.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *Options) { o.Grace, o.Rate = 100*time.Millisecond, 1<<10 })
	conn := f.dial()
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, "POST /create HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{")
	answered := make(chan string, 1)
	go func() {
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		text, err := io.ReadAll(conn)
		if err != nil {
			text = []byte(err.Error())
		}
		answered <- string(text)
	}()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case text := <-answered:
			if !strings.HasPrefix(text, "HTTP/1.1 408 ") || !strings.Contains(text, "body_timeout") {
				t.Errorf("got %s", text)
			}
			return
		case <-tick.C:
			_, _ = io.WriteString(conn, " ")
		}
	}
}

// TestBodyAtLeastRate: time beyond the grace is given for bytes that came.
func TestBodyAtLeastRate(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *Options) { o.Grace, o.Rate = time.Second, 1<<10 })
	f.register("hello")
	conn := f.dial()
	defer func() { _ = conn.Close() }()
	body := `{"Params":{"text":"` + strings.Repeat("x", 4<<10) + `"}}`
	_, _ = fmt.Fprintf(conn, "POST /invoke/hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n", len(body))
	for i := 0; i < len(body); i += 1 << 10 {
		_, _ = io.WriteString(conn, body[i:min(i+1<<10, len(body))])
		time.Sleep(300 * time.Millisecond) // a second and a half in all, with one of grace
	}
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 200 ") {
		t.Errorf("got %q %v", line, err)
	}
}

// TestUnreadBody: an answer that goes out before the body came in does not wait
// for the body.
func TestUnreadBody(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *Options) { o.Grace = 100 * time.Millisecond })
	text := f.raw("POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
	if !strings.HasPrefix(text, "HTTP/1.1 404 ") {
		t.Errorf("got %q", text)
	}
}

// TestWire is B-003 to B-006, B-008, B-010, B-013.
func TestWire(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *Options) { o.Grace = 300 * time.Millisecond })
	f.register("hello")
	post := "POST /invoke/hello HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
	closing := " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 64<<10, strings.Repeat(" ", 64<<10))
	for name, c := range map[string]struct {
		request string
		begins  []string // of the answer; "" is a closed connection
		holds   string
	}{
		"ten gibibytes":       {post + "Content-Length: 10737418240\r\n\r\n", []string{"HTTP/1.1 413 "}, "Connection: close"},
		"expect":              {post + "Expect: 100-continue\r\nContent-Length: 10737418240\r\n\r\n", []string{"HTTP/1.1 413 "}, "payload_too_large"},
		"chunks without end":  {post + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat(chunk, 97), []string{"HTTP/1.1 413 "}, "payload_too_large"},
		"two lengths":         {post + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", []string{"HTTP/1.1 400 "}, ""},
		"unknown coding":      {post + "Transfer-Encoding: xchunked\r\n\r\n{}", []string{"HTTP/1.1 501 ", "HTTP/1.1 400 "}, "Connection: close"},
		"large header":        {"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n\r\n", []string{"HTTP/1.1 431 "}, ""},
		"many headers":        {"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + strings.Repeat("X-Some: header\r\n", 5000) + "\r\n", []string{"HTTP/1.1 431 "}, ""},
		"trace":               {"TRACE /" + closing, []string{"HTTP/1.1 405 "}, "Allow: "},
		"connect":             {"CONNECT evil:80 HTTP/1.1\r\nHost: evil:80\r\nConnection: close\r\n\r\n", []string{"HTTP/1.1 405 "}, "Allow: "},
		"garbage":             {"\x00\x01\x02garbage\r\n\r\n", []string{"HTTP/1.1 400 ", ""}, ""},
		"tls hello":           {"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + strings.Repeat("x", 200) + "\r\n", []string{"HTTP/1.0 400 ", "HTTP/1.1 400 ", ""}, ""},
		"http/0.9":            {"GET /healthz\r\n\r\n", []string{"HTTP/1.1 400 "}, ""},
		"http/1.0, no host":   {"GET /healthz HTTP/1.0\r\n\r\n", []string{"HTTP/1.0 200 "}, ""},
		"two hosts":           {"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n", []string{"HTTP/1.1 400 "}, ""},
		"path with NUL":       {"POST /invoke/a%00b" + closing, []string{"HTTP/1.1 400 "}, ""},
		"path of raw bytes":   {"GET /v1/functions/\xff" + closing, []string{"HTTP/1.1 400 "}, ""},
		"request in a header": {post + "X: a\nGET /x HTTP/1.1\r\nContent-Length: 0\r\n\r\n", []string{"HTTP/1.1 400 "}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := f.raw(c.request)
			good := false
			for _, begin := range c.begins {
				good = good || begin == "" && text == "" || begin != "" && strings.HasPrefix(text, begin)
			}
			if !good || !strings.Contains(text, c.holds) {
				t.Errorf("got %.400q", text)
			}
			if strings.Contains(text, "100 Continue") {
				t.Error("the body was asked for")
			}
		})
	}
	t.Cleanup(func() {
		if text := f.logs.String(); text != "" {
			t.Errorf("strangers filled the log: %.500s", text)
		}
	})
}

// TestSmuggling is B-005: a length beside chunks never makes two answers.
func TestSmuggling(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	text := f.raw("POST /invoke/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if n := strings.Count(text, "HTTP/1.1 "); n != 1 {
		t.Errorf("%d answers: %s", n, text)
	}
}

// TestMethods is B-010 for every kind of route.
func TestMethods(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for path, allow := range map[string]string{
		"/create": "POST", "/invoke/x": "POST", "/poll/x": "GET, HEAD", "/functions": "GET, HEAD", "/v1/functions": "GET, HEAD, POST",
		"/v1/functions/x": "DELETE, GET, HEAD, PUT", "/v1/executions/x/stop": "POST", "/metrics": "GET", "/healthz": "GET, HEAD",
	} {
		for _, method := range []string{"PATCH", "OPTIONS", "BREW"} {
			a := f.do(method, path, "")
			f.refused(a, http.StatusMethodNotAllowed, "method_not_allowed")
			if got := a.header.Get("Allow"); got != allow {
				t.Errorf("%s %s: Allow is %q, want %q", method, path, got, allow)
			}
		}
	}
	f.refused(f.do("GET", "/create", ""), http.StatusMethodNotAllowed, "method_not_allowed")
	f.refused(f.do("GET", "/", ""), http.StatusNotFound, "unknown_route")
	f.refused(f.do("GET", "/v2/functions", ""), http.StatusNotFound, "unknown_route")
}

// TestPaths is B-011 and B-053.
func TestPaths(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for path, status := range map[string]int{
		"/invoke/%2e%2e%2fetc": 400, "/invoke//x": 400, "//invoke/x": 400, "/invoke/a%00b": 400, "/invoke/%ff": 400, "/invoke/x;a=b": 400,
		"/invoke/x%0a": 400, "/invoke/a/b": 404, "/invoke/": 404, "/v1/functions/%20": 400, "/invoke/" + strings.Repeat("a", 64): 400,
		"/invoke/" + strings.Repeat("a", 16<<10): 414, "/invoke/" + strings.Repeat("a", maxURI-len("/invoke/")): 400, "/invoke/" + strings.Repeat("a", maxURI+1-len("/invoke/")): 414,
		"/invoke/" + strings.Repeat("a", 63): 404,
	} {
		a := f.with(f.plain, "POST", path, "{}")
		if strings.HasPrefix(path, "/v1/") {
			a = f.with(f.plain, "GET", path, "")
		}
		if a.status != status || a.header.Get("Content-Type") != api.TypeProblem {
			t.Errorf("%.40s: %d %s, want %d", path, a.status, a.body, status)
		}
	}
	for _, name := range []string{"list", "create", "healthz", "invocations"} {
		f.register(name)
		into[api.InvokeResponse](f, f.do("POST", "/invoke/"+name, ""), http.StatusOK)
		into[api.Function](f, f.do("GET", "/v1/functions/"+name, ""), http.StatusOK)
	}
}

// TestHosts is B-014.
func TestHosts(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *Options) { o.Hosts = []string{"Node.Example", "10.1.2.3"} })
	for host, status := range map[string]int{
		"localhost": 200, "LOCALHOST:80": 200, "127.0.0.1": 200, "127.8.9.1:1323": 200, "[::1]": 200, "[::1]:1323": 200, "node.example:1": 200, "node.example.": 200,
		"10.1.2.3": 200, "evil.example": 421, "10.1.2.4": 421, "localhost.evil.example": 421, "[::2]": 421, "0.0.0.0": 421, "node.example.evil": 421,
	} {
		a := f.with(f.plain, "GET", "/healthz", "", "Host: "+host)
		if a.status != status {
			t.Errorf("%s: %d, want %d", host, a.status, status)
		}
		if status == http.StatusMisdirectedRequest {
			f.refused(a, status, "host_not_allowed")
		}
	}
	open := newFixture(t, func(o *Options) { o.Hosts = []string{"*"} })
	into[api.Health](open, open.with(open.plain, "GET", "/healthz", "", "Host: evil.example"), http.StatusOK)
}

// TestOrigins is B-015 and B-016.
func TestOrigins(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("hello")
	for _, header := range []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: null"} {
		f.refused(f.do("POST", "/invoke/hello", "{}", header), http.StatusForbidden, "cross_origin")
		f.refused(f.do("DELETE", "/v1/functions/hello", "", header), http.StatusForbidden, "cross_origin")
		a := f.do("OPTIONS", "/v1/functions", "", header, "Access-Control-Request-Method: POST")
		for name := range a.header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("the preflight is answered with %s", name)
			}
		}
	}
	into[api.InvokeResponse](f, f.do("POST", "/invoke/hello", "{}", "Sec-Fetch-Site: same-origin"), http.StatusOK)
	into[api.InvokeResponse](f, f.do("POST", "/invoke/hello", "{}", "Origin: "+f.http.URL), http.StatusOK)
}

// TestMediaTypes is B-007 and B-009.
func TestMediaTypes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("hello")
	for _, path := range []string{"/v1/functions/hello/invocations", "/invoke/hello"} {
		for _, header := range []string{"Content-Type: text/plain", "Content-Type: multipart/form-data; boundary=x", "Content-Type: application/json; charset=utf-16", "Content-Type: ;", "Content-Encoding: gzip"} {
			f.refused(f.do("POST", path, "{}", header), http.StatusUnsupportedMediaType, "unsupported_media_type")
		}
		into[map[string]any](f, f.with(f.plain, "POST", path, "{}", "Content-Encoding: identity"), http.StatusOK)
	}
	f.refused(f.do("POST", "/v1/functions/hello/invocations", "{}", "Content-Type: "), http.StatusUnsupportedMediaType, "unsupported_media_type")
	f.refused(f.do("POST", "/v1/functions/hello/invocations", "{}", "Content-Type: application/x-www-form-urlencoded"), http.StatusUnsupportedMediaType, "unsupported_media_type")
}

// TestRequestID: a plain id of the client is kept, another one is replaced.
func TestRequestID(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	if got := f.do("GET", "/healthz", "", "X-Request-Id: abc-1.2_3").header.Get("X-Request-Id"); got != "abc-1.2_3" {
		t.Errorf("got %q", got)
	}
	seen := map[string]bool{}
	for _, bad := range []string{"a b", "<x>", strings.Repeat("a", 65), ""} {
		got := f.do("GET", "/healthz", "", "X-Request-Id: "+bad).header.Get("X-Request-Id")
		if got == "" || got == bad || seen[got] {
			t.Errorf("%.10q: got %q", bad, got)
		}
		seen[got] = true
	}
}

// TestBodyLimits: each route's limit, and one byte more.
func TestBodyLimits(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("hello")
	f.engine.work = func(context.Context, time.Duration) (*engine.ActivityTask, error) { return nil, nil }
	for path, limit := range map[string]int{
		"/invoke/hello": limitInvoke, "/v1/functions/hello/invocations": limitInvoke, "/workflow/invoke/x": limitInvoke, "/v1/executions": limitInvoke,
		"/v1/functions": limitControl, "/v1/workflows": limitControl, "/delete": limitControl, "/prewarm": limitControl, "/workflow/create": 2 * limitControl,
		"/v1/tasks/success": limitControl, "/v1/tasks/failure": limitControl, "/v1/tasks/heartbeat": limitControl, "/v1/activities/a/tasks": limitControl,
	} {
		for _, chunked := range []bool{false, true} {
			send := func(size int) int {
				body := "{" + strings.Repeat(" ", size-2) + "}"
				var content io.Reader = strings.NewReader(body)
				if chunked {
					content = io.MultiReader(content)
				}
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.http.URL+path, content)
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Content-Type", "application/json")
				resp, err := f.plain.Do(r)
				if err != nil {
					t.Fatalf("%s with %d bytes: %v", path, size, err)
				}
				_ = resp.Body.Close()
				return resp.StatusCode
			}
			if status := send(limit); status == http.StatusRequestEntityTooLarge || status >= 500 {
				t.Errorf("%s: the limit itself is answered with %d", path, status)
			}
			if status := send(limit + 1); status != http.StatusRequestEntityTooLarge {
				t.Errorf("%s: one more than the limit is answered with %d", path, status)
			}
		}
	}
}

// TestConnections: the shares of Limit, and the place that a closed connection
// frees.
func TestConnections(t *testing.T) {
	t.Parallel()
	inner, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := Limit(inner, 2)
	defer func() { _ = l.Close() }()
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- conn
		}
	}()
	dial := func() net.Conn {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	dial()
	first := <-accepted
	dial()
	second := <-accepted
	third := dial() // one too many
	_ = third.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := third.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "timeout") {
		t.Errorf("the third connection: %v", err)
	}
	_ = first.Close()
	_ = first.Close() // frees one place, not two
	dial()
	fourth := <-accepted
	bounded, ok := l.(*limited)
	if !ok {
		t.Fatal("Limit gives another type")
	}
	if bounded.open != 2 {
		t.Errorf("%d are open", bounded.open)
	}
	_ = second.Close()
	_ = fourth.Close()
	if len(bounded.each) != 0 || bounded.open != 0 {
		t.Errorf("left: %v", bounded.each)
	}
	remote := []string{"192.0.2.1:5", "127.0.0.1:5"}
	for i, share := range []int{perAddress, perLoopback} {
		bounded := &limited{each: map[netip.Addr]int{}}
		address := addressOf(fakeConn{remote: remote[i]})
		for n := range share {
			if !bounded.take(address) {
				t.Errorf("%s: connection %d was refused", remote[i], n+1)
			}
		}
		if bounded.take(address) {
			t.Errorf("%s: one more was accepted", remote[i])
		}
	}
}

// fakeConn has the address of the other side only.
type fakeConn struct {
	net.Conn
	remote string
}

func (c fakeConn) RemoteAddr() net.Addr { return fakeAddr(c.remote) }

type fakeAddr string

func (fakeAddr) Network() string  { return "tcp" }
func (a fakeAddr) String() string { return string(a) }
