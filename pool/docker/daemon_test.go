package docker

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// proxy stands before the daemon, counts requests and spoils some.
type proxy struct {
	host   string
	count  atomic.Int64
	spoil  atomic.Pointer[func(w http.ResponseWriter, r *http.Request) bool]
	server *http.Server
}

// front puts a proxy before the daemon of the machine.
func front(t *testing.T) *proxy {
	t.Helper()
	socket := strings.TrimPrefix(daemon(t).DaemonHost(), "unix://")
	target := &url.URL{Scheme: "http", Host: "docker"}
	forward := httputil.NewSingleHostReverseProxy(target)
	forward.FlushInterval = -1
	forward.ErrorLog = nil
	forward.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	forward.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}
	path := filepath.Join(t.TempDir(), "s")
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{host: "unix://" + path}
	p.server = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.count.Add(1)
		if f := p.spoil.Load(); f != nil && (*f)(w, r) {
			return
		}
		forward.ServeHTTP(w, r)
	})}
	go func() { _ = p.server.Serve(l) }()
	t.Cleanup(func() { _ = p.server.Close() })
	return p
}

func (p *proxy) on(f func(w http.ResponseWriter, r *http.Request) bool) { p.spoil.Store(&f) }

func (p *proxy) well() { p.spoil.Store(nil) }

func refuse(part string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, part) {
			http.Error(w, `{"message":"spoilt"}`, http.StatusInternalServerError)
			return true
		}
		return false
	}
}

func TestWarmCallsDoNotTouchDocker(t *testing.T) {
	t.Parallel()
	p := front(t)
	packages, f := python(t, "def handler(p, c): return p\n")
	o := options(t, packages)
	o.Host = p.host
	d := open(t, o)
	i := start(t, d, f)
	call(t, i, "1")
	before := p.count.Load()
	for range 50 {
		call(t, i, "1")
	}
	if n := p.count.Load() - before; n != 0 {
		t.Errorf("50 warm calls made %d requests to the daemon", n)
	}
	// The proxy counts: a start is seen.
	start(t, d, f)
	if n := p.count.Load() - before; n < 2 {
		t.Errorf("a start made %d requests", n)
	}
}

func TestFailuresOfTheDaemonLeaveNothing(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"/containers/create", "/start"} {
		t.Run(part, func(t *testing.T) {
			t.Parallel()
			p := front(t)
			packages, f := python(t, "def handler(p, c): return p\n")
			o := options(t, packages)
			o.Host = p.host
			d := open(t, o)
			p.on(refuse(part))
			if _, err := d.Start(t.Context(), f); !errors.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "spoilt") {
				t.Errorf("got %v, want unavailable", err)
			}
			if left := leftovers(t, o); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			p.well()
			call(t, start(t, d, f), "1")
		})
	}
}

// The answer to "create" is lost: the container is there all the same.
func TestLostAnswerOfCreate(t *testing.T) {
	t.Parallel()
	p := front(t)
	packages, f := python(t, "def handler(p, c): return p\n")
	o := options(t, packages)
	o.Host = p.host
	d := open(t, o)
	var made atomic.Bool
	p.on(func(_ http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "/containers/create") {
			return false
		}
		api := daemon(t)
		_, err := api.ContainerCreate(context.WithoutCancel(r.Context()), &container.Config{Image: DefaultImages()["python"], Labels: d.labels}, nil, nil, nil, r.URL.Query().Get("name"))
		made.Store(err == nil)
		panic(http.ErrAbortHandler)
	})
	if _, err := d.Start(t.Context(), f); !errors.Is(err, fault.Unavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
	if !made.Load() {
		t.Fatal("the test made no container")
	}
	if left := leftovers(t, o); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestCancelledStartReturnsAndLeavesNothing(t *testing.T) {
	t.Parallel()
	p := front(t)
	packages, f := python(t, "def handler(p, c): return p\n")
	o := options(t, packages)
	o.Host = p.host
	d := open(t, o)
	reached, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	p.on(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/start") {
			once.Do(func() { close(reached) })
			<-release
		}
		return false
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("the caller is gone")
	go func() {
		<-reached
		cancel(gone)
	}()
	if _, err := d.Start(ctx, f); !errors.Is(err, gone) {
		t.Errorf("got %v, want the cause of the context", err)
	}
	close(release)
	// Close, in the cleanup of open, waits for the removal and looks.
}

func TestWithoutADaemon(t *testing.T) {
	t.Parallel()
	packages, _ := python(t, "")
	o := options(t, packages)
	for _, host := range []string{"unix://" + filepath.Join(t.TempDir(), "none"), "tcp://127.0.0.1:1"} {
		o.Host = host
		if _, err := New(t.Context(), o); !errors.Is(err, fault.Unavailable) || fault.From(err).Code != "docker_unavailable" || fault.From(err).Hint == "" {
			t.Errorf("%s: got %v, want docker_unavailable with a hint", host, err)
		}
	}
}

func TestTheDaemonGoesAway(t *testing.T) {
	t.Parallel()
	p := front(t)
	packages, f := python(t, "import os\ndef handler(p, c):\n    if p: os._exit(3)\n    return 'alive'\n")
	o := options(t, packages)
	o.Host = p.host
	d := open(t, o)
	i := start(t, d, f)
	p.on(refuse(""))
	if r := call(t, i, "0"); string(r.Output) != `"alive"` {
		t.Errorf("a warm call without the daemon: got %s %+v", r.Output, r.Failure)
	}
	if _, err := d.Start(t.Context(), f); !errors.Is(err, fault.Unavailable) {
		t.Errorf("a start: got %v, want unavailable", err)
	}
	if r := call(t, i, "1"); r.Failure == nil || r.Failure.Type != functions.FailureCrashed {
		t.Errorf("a crash that the daemon cannot explain: got %s %+v", r.Output, r.Failure)
	}
	<-i.Done()
	if err := i.Stop(t.Context()); !errors.Is(err, fault.Unavailable) {
		t.Errorf("stopping: got %v, want unavailable", err)
	}
	p.well()
	if err := i.Stop(t.Context()); err != nil {
		t.Errorf("stopping once more: %v", err)
	}
}

func TestWhatAFormerProcessLeft(t *testing.T) {
	t.Parallel()
	api := daemon(t)
	packages, f := python(t, "def handler(p, c): return p\n")
	o := options(t, packages)
	former, err := New(t.Context(), o) // never closed: it was killed
	if err != nil {
		t.Fatal(err)
	}
	i := start(t, former, f)
	other := open(t, options(t, packages))
	neighbour := start(t, other, f)
	d := open(t, o)
	if left := leftovers(t, o); len(left) > 0 {
		t.Errorf("New left %v", left)
	}
	<-i.Done()
	call(t, neighbour, "1")
	call(t, start(t, d, f), "1")
	if _, err := api.ContainerInspect(t.Context(), containerName(i.ID())); !absent(err) {
		t.Errorf("got %v, want no such container", err)
	}
}

func TestSomebodyElseRemovesTheContainer(t *testing.T) {
	t.Parallel()
	api := daemon(t)
	packages, f := python(t, "import time\ndef handler(p, c): time.sleep(p)\n")
	d := open(t, options(t, packages))
	i := start(t, d, f)
	ended := make(chan *functions.Result, 1)
	go func() {
		r, _ := i.Invoke(t.Context(), &functions.Call{Input: []byte("600")})
		ended <- r
	}()
	if err := api.ContainerRemove(t.Context(), containerName(i.ID()), container.RemoveOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	<-i.Done()
	if r := <-ended; r != nil && (r.Failure == nil || r.Failure.Type != functions.FailureCrashed) {
		t.Errorf("got %+v", r)
	}
	if err := i.Stop(t.Context()); err != nil {
		t.Errorf("stopping what is gone: %v", err)
	}
}

// Without the counter of the cgroup, Docker's own word must do.
func TestOutOfMemoryWithoutTheCgroup(t *testing.T) {
	t.Parallel()
	daemon(t)
	packages, f := python(t, "def handler(p, c): return len(b'x' * (400 << 20))\n")
	d := open(t, options(t, packages))
	i := start(t, d, f)
	inner, ok := i.(*instance)
	if !ok {
		t.Fatalf("got a %T", i)
	}
	if inner.gauge == nil {
		t.Fatal("the cgroup was not found on this machine")
	}
	inner.gauge.close()
	inner.gauge = nil
	if r := call(t, i, "{}"); r.Failure == nil || r.Failure.Type != functions.FailureOutOfMemory {
		t.Errorf("got %s %+v", r.Output, r.Failure)
	}
}

func TestCloseWhileStarting(t *testing.T) {
	t.Parallel()
	daemon(t)
	packages, f := python(t, "def handler(p, c): return p\n")
	o := options(t, packages)
	d := open(t, o)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if i, err := d.Start(t.Context(), f); err == nil {
				<-i.Done() // Close stops it
			} else if !errors.Is(err, fault.Unavailable) {
				t.Errorf("got %v, want unavailable", err)
			}
		})
	}
	if err := d.Close(t.Context()); err != nil {
		t.Error(err)
	}
	all.Wait()
	if left := leftovers(t, o); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := d.Start(t.Context(), f); !errors.Is(err, fault.Unavailable) {
		t.Errorf("a start after Close: got %v", err)
	}
}
