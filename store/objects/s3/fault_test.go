package s3_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store/objects"
	"github.com/serverledge/serverledge/store/objects/s3"
	"github.com/serverledge/serverledge/store/objects/s3/s3test"
)

// each returns what every verb says.
func each(t *testing.T, s objects.Store, bucket string) map[string]error {
	t.Helper()
	out := map[string]error{}
	_, out["stat"] = s.Stat(t.Context(), bucket, "k")
	o, err := s.Open(t.Context(), bucket, "k", objects.Part{})
	if err == nil {
		err = o.Close()
	}
	out["open"] = err
	for _, out["list"] = range s.List(t.Context(), bucket, "", "") {
	}
	_, out["put"] = s.Put(t.Context(), bucket, "k", strings.NewReader("x"))
	return out
}

func TestFaultsAreClear(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t, s3test.Options{})
	server.MakeBucket(t, "bucket")
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change     func(o *s3.Options)
		kind       fault.Kind
		code, hint string
	}{
		"wrong secret key": {func(o *s3.Options) { o.SecretKey = "wrong-secret" }, fault.Denied, "object_store_denied", "key"},
		"wrong access key": {func(o *s3.Options) { o.AccessKey = "wrong-access" }, fault.Denied, "object_store_denied", "key"},
		"wrong region":     {func(o *s3.Options) { o.Region = "us-west-2" }, "", "", "region"},
		"unreachable": {
			func(o *s3.Options) { o.Endpoint, o.Attempts = "http://"+closed.Addr().String(), 2 },
			fault.Unavailable, "object_store_unreachable", "endpoint",
		},
		"unknown host": {
			func(o *s3.Options) { o.Endpoint, o.Attempts = "http://no-such-host.invalid", 1 },
			fault.Unavailable, "object_store_unreachable", "endpoint",
		},
		"https to http": {func(o *s3.Options) { o.Endpoint = strings.Replace(o.Endpoint, "http", "https", 1) }, fault.Unavailable, "object_store_unreachable", "http://"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(server)
			c.change(&o)
			for verb, err := range each(t, open(t, o), "bucket") {
				e := fault.From(err)
				if err == nil || c.kind != "" && (e.Kind != c.kind || e.Code != c.code) || !strings.Contains(e.Hint, c.hint) {
					t.Errorf("%s: got %v (%s %s), hint %q", verb, err, e.Kind, e.Code, e.Hint)
				}
				if err != nil && strings.Contains(err.Error()+e.Hint, "secret-key") {
					t.Errorf("%s tells the secret: %v", verb, err)
				}
			}
		})
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t, s3test.Options{TLS: true})
	server.MakeBucket(t, "bucket")
	s := open(t, options(server))
	if _, err := s.Put(t.Context(), "bucket", "k", bytes.NewReader(make([]byte, 17<<20))); err != nil {
		t.Fatal(err)
	}
	if info, err := s.Stat(t.Context(), "bucket", "k"); err != nil || info.Size != 17<<20 {
		t.Errorf("got %+v, %v", info, err)
	}
	o := options(server)
	o.CAFile = ""
	if _, err := open(t, o).Stat(t.Context(), "bucket", "k"); !errors.Is(err, fault.Unavailable) || !strings.Contains(fault.From(err).Hint, "CA file") {
		t.Errorf("an unknown authority: got %v, %q", err, fault.From(err).Hint)
	}
	for name, content := range map[string]string{"empty": "", "text": "no certificate"} {
		o.CAFile = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(o.CAFile, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s3.New(o); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// answering runs an S3 of one answer.
func answering(t *testing.T, handler http.HandlerFunc) s3.Options {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return s3.Options{Endpoint: server.URL, AccessKey: "a", SecretKey: "b", Timeout: 200 * time.Millisecond, Attempts: 2}
}

func TestSilentService(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	o := answering(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-release
	})
	t.Cleanup(func() { close(release) })
	start := time.Now()
	for verb, err := range each(t, open(t, o), "bucket") {
		if !errors.Is(err, fault.Timeout) {
			t.Errorf("%s: got %v", verb, err)
		}
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("four verbs took %v", took)
	}
}

// A service that sends its head and then nothing.
func TestSilentBody(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	var asked atomic.Int32
	o := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Length", "100")
		w.Header().Set("ETag", `"e"`)
		w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-release
	})
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Second, errors.New("the reader waits for ever"))
	defer cancel()
	object, err := open(t, o).Open(ctx, "bucket", "k", objects.Part{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(object); !errors.Is(err, fault.Timeout) || asked.Load() != 2 {
		t.Errorf("got %v after %d requests", err, asked.Load())
	}
	if err := object.Close(); err != nil {
		t.Error(err)
	}
}

func TestBusyService(t *testing.T) {
	t.Parallel()
	for code, kind := range map[int]fault.Kind{
		http.StatusServiceUnavailable: fault.Unavailable, http.StatusInternalServerError: fault.Unavailable, http.StatusTooManyRequests: fault.Unavailable,
		http.StatusForbidden: fault.Denied, http.StatusUnauthorized: fault.Denied, http.StatusInsufficientStorage: fault.Exhausted, http.StatusBadRequest: fault.Invalid,
	} {
		o := answering(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
		o.Attempts = 1
		for verb, err := range each(t, open(t, o), "bucket") {
			if !errors.Is(err, kind) {
				t.Errorf("%d, %s: got %v (%s)", code, verb, err, fault.KindOf(err))
			}
		}
	}
}

func TestBusyServiceIsAskedAgain(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	o := answering(t, func(w http.ResponseWriter, r *http.Request) {
		content, err := io.ReadAll(r.Body)
		if asked.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		if err != nil || string(content) != "content" {
			t.Errorf("the last try brought %q, %v", content, err)
		}
		w.Header().Set("ETag", `"e"`)
	})
	o.Attempts, o.Timeout = 3, 10*time.Second
	if info, err := open(t, o).Put(t.Context(), "bucket", "k", strings.NewReader("content")); err != nil || info.ETag != "e" || asked.Load() != 3 {
		t.Errorf("got %+v, %v after %d requests", info, err, asked.Load())
	}
}

// cutting is a way to a server that breaks each connection after some bytes of
// an answer, as often as it is told.
func cutting(t *testing.T, server *s3test.Server, after int64, times int32) (o s3.Options, cuts *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	target := strings.TrimPrefix(server.Endpoint, "http://")
	cuts = &atomic.Int32{}
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer from.Close()
				to, err := net.Dial("tcp", target)
				if err != nil {
					return
				}
				defer to.Close()
				go func() { _, _ = io.Copy(to, from) }()
				if _, err := io.CopyN(from, to, after); err == nil && cuts.Add(1) <= times {
					return
				}
				_, _ = io.Copy(from, to)
			}()
		}
	}()
	o = options(server)
	o.Endpoint = "http://" + l.Addr().String()
	return o, cuts
}

func TestReaderGoesOnAfterACut(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t, s3test.Options{})
	server.MakeBucket(t, "bucket")
	want := bytes.Repeat([]byte("0123456789abcdef"), 1<<18) // 4 MiB
	direct := open(t, options(server))
	if _, err := direct.Put(t.Context(), "bucket", "k", bytes.NewReader(want)); err != nil {
		t.Fatal(err)
	}
	o, cuts := cutting(t, server, 1<<20, 3)
	s := open(t, o)
	for _, part := range []objects.Part{{}, {Offset: 5, Length: 3 << 20}} {
		object, err := s.Open(t.Context(), "bucket", "k", part)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(object)
		expected := want[part.Offset:]
		if part.Length > 0 {
			expected = expected[:part.Length]
		}
		if err := errors.Join(err, object.Close()); err != nil || !bytes.Equal(got, expected) {
			t.Errorf("%+v: %d bytes, %v", part, len(got), err)
		}
	}
	if cuts.Load() < 3 {
		t.Errorf("only %d cuts", cuts.Load())
	}

	o, _ = cutting(t, server, 1<<20, 1)
	object, err := open(t, o).Open(t.Context(), "bucket", "k", objects.Part{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(object, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	if _, err := direct.Put(t.Context(), "bucket", "k", bytes.NewReader(want[1:])); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(object); !errors.Is(err, fault.Conflict) {
		t.Errorf("replaced between two connections: got %v", err)
	}
	if err := object.Close(); err != nil {
		t.Error(err)
	}
}

// A large put that fails leaves no parts behind that would cost money.
func TestNoPartsAreLeft(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t, s3test.Options{})
	server.MakeBucket(t, "bucket")
	s := open(t, options(server))
	ctx, cancel := context.WithCancel(t.Context())
	content := io.MultiReader(bytes.NewReader(make([]byte, 33<<20)), readFunc(func() { cancel() }), strings.NewReader("more"))
	if _, err := s.Put(ctx, "bucket", "a/k", content); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	err := filepath.WalkDir(server.Buckets, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			t.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

type readFunc func()

func (f readFunc) Read([]byte) (int, error) {
	f()
	return 0, io.EOF
}

// Not parallel: it counts goroutines.
func TestNoGoroutinesAreLeft(t *testing.T) {
	server := s3test.Start(t, s3test.Options{})
	server.MakeBucket(t, "bucket")
	before := runtime.NumGoroutine()
	s, err := s3.New(options(server))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if _, err := s.Put(t.Context(), "bucket", fmt.Sprint(i), bytes.NewReader(make([]byte, 1<<20))); err != nil {
			t.Fatal(err)
		}
		object, err := s.Open(t.Context(), "bucket", fmt.Sprint(i), objects.Part{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(object, make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
		if err := object.Close(); err != nil { // long before its end
			t.Fatal(err)
		}
		for _, err := range s.List(t.Context(), "bucket", "", "") {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for wait := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(wait) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	good := s3.Options{Endpoint: "https://s3.example.org:9000", AccessKey: "a", SecretKey: "b"}
	if _, err := s3.New(good); err != nil {
		t.Error(err)
	}
	for _, endpoint := range []string{"", "ftp://host", "https://", "http://host/path", "http://user:word@host", "http://host?q", "host:port:port", "http://host\x00", "//host"} {
		o := good
		o.Endpoint = endpoint
		if _, err := s3.New(o); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: got %v", endpoint, err)
		}
	}
	for _, change := range []func(*s3.Options){
		func(o *s3.Options) { o.AccessKey = "" },
		func(o *s3.Options) { o.SecretKey = "" },
		func(o *s3.Options) { o.CAFile = "/does/not/exist" },
	} {
		o := good
		change(&o)
		if _, err := s3.New(o); !errors.Is(err, fault.Invalid) {
			t.Errorf("%+v: got %v", o, err)
		}
	}
}
