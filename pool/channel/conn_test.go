package channel_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/pool/channel"
)

// peer is an executor that does what a test says, frame by frame.
type peer struct {
	t  *testing.T
	nc net.Conn
	in *channel.Reader
}

func (p *peer) send(frames ...channel.Frame) {
	p.t.Helper()
	var b []byte
	for _, f := range frames {
		b = channel.AppendFrame(b, f)
	}
	if _, err := p.nc.Write(b); err != nil {
		p.t.Logf("the node has hung up: %v", err)
	}
}

func (p *peer) read() channel.Frame {
	p.t.Helper()
	f, err := p.in.Read()
	if err != nil {
		p.t.Errorf("reading from the node: %v", err)
	}
	return f
}

func dial(t *testing.T, l *channel.Listener, token string) *peer {
	t.Helper()
	path := short(t, l)
	nc, err := (&net.Dialer{}).DialContext(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	p := &peer{t, nc, channel.NewReader(nc, 0)}
	hello, err := json.Marshal(channel.Hello{Protocol: channel.Protocol, Token: token, Runtime: "Test 1.0", PID: 7})
	if err != nil {
		t.Fatal(err)
	}
	p.send(channel.Frame{Type: channel.TypeHello, Header: hello})
	return p
}

// short is a path to the socket that fits an address.
func short(t *testing.T, l *channel.Listener) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "c") //nolint:usetesting // t.TempDir is too long for a socket address
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	link := filepath.Join(dir, "d")
	if err := os.Symlink(l.Dir(), link); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(link, channel.Socket)
}

func listen(t *testing.T) *channel.Listener {
	t.Helper()
	l, err := channel.Listen(filepath.Join(t.TempDir(), strings.Repeat("deep", 30), "instance"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// connect returns both ends of a connection whose code is loaded.
func connect(t *testing.T, verdict func() *functions.Failure) (*channel.Conn, *peer) {
	t.Helper()
	l := listen(t)
	p := dial(t, l, l.Token())
	c, err := l.Accept(t.Context(), verdict)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	loaded := make(chan error, 1)
	go func() {
		loaded <- c.Init(t.Context(), channel.Init{Function: "f", Namespace: "default", MemoryMB: 128})
	}()
	if f := p.read(); f.Type != channel.TypeInit {
		t.Fatalf("got frame type %d, want INIT", f.Type)
	}
	p.send(channel.Frame{Type: channel.TypeReady})
	if err := <-loaded; err != nil {
		t.Fatal(err)
	}
	return c, p
}

type outcome struct {
	r   *functions.Result
	err error
}

func start(ctx context.Context, c *channel.Conn, call *functions.Call) <-chan outcome {
	out := make(chan outcome, 1)
	go func() {
		r, err := c.Invoke(ctx, call)
		out <- outcome{r, err}
	}()
	return out
}

func TestACallAndItsAnswer(t *testing.T) {
	t.Parallel()
	c, p := connect(t, nil)
	if h := c.Hello(); h.Runtime != "Test 1.0" || h.PID != 7 || h.Token != "" {
		t.Errorf("got hello %+v", h)
	}
	out := start(t.Context(), c, &functions.Call{
		Key: "e/1", Execution: `e"é`, Attempt: 2, Input: json.RawMessage(`{"a":1}`), Output: true,
		Deadline: time.UnixMilli(1_700_000_000_123),
	})
	f := p.read()
	var h channel.Context
	if err := json.Unmarshal(f.Header, &h); err != nil {
		t.Fatalf("header %s: %v", f.Header, err)
	}
	want := channel.Context{Function: "f", Namespace: "default", MemoryMB: 128, Execution: `e"é`, Key: "e/1", Attempt: 2, DeadlineMS: 1_700_000_000_123, Output: true}
	if f.Type != channel.TypeInvoke || h != want || string(f.Body) != `{"a":1}` {
		t.Errorf("got type %d header %+v body %s, want %+v", f.Type, h, f.Body, want)
	}
	p.send(channel.Frame{Type: channel.TypeLog, Stream: f.Stream, Body: []byte("hi\xff\n")},
		channel.Frame{Type: channel.TypeResult, Stream: f.Stream, Body: []byte(`{"b":2}`)})
	o := <-out
	if o.err != nil || string(o.r.Output) != `{"b":2}` || o.r.Printed != "hi\uFFFD\n" || o.r.Failure != nil || o.r.Duration <= 0 {
		t.Errorf("got %+v, %v", o.r, o.err)
	}
}

func TestAStrangerIsTurnedAwayAndTheTokenServesOnce(t *testing.T) {
	t.Parallel()
	l := listen(t)
	bad := dial(t, l, "guess")
	good := dial(t, l, l.Token())
	c, err := l.Accept(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := bad.in.Read(); err == nil {
		t.Error("the stranger was not turned away")
	}
	_ = good
	if nc, err := (&net.Dialer{}).DialContext(t.Context(), "unix", short(t, l)); err == nil {
		_ = nc.Close()
		t.Error("a second connection was possible")
	}
}

func TestAcceptEndsWithItsContext(t *testing.T) {
	t.Parallel()
	l := listen(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	want := errors.New("enough")
	cancel(want)
	if _, err := l.Accept(ctx, nil); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func TestModesOfTheFolders(t *testing.T) {
	t.Parallel()
	l := listen(t)
	for path, want := range map[string]os.FileMode{
		filepath.Dir(l.Dir()): 0o700, l.Dir(): 0o711, filepath.Join(l.Dir(), channel.Socket): 0o666,
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(l.Dir()); !os.IsNotExist(err) {
		t.Errorf("the folder is left: %v", err)
	}
}

func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	long := `"` + strings.Repeat("x", functions.MaxOutput-2) + `"`
	result := func(body string) channel.Frame { return channel.Frame{Type: channel.TypeResult, Body: []byte(body)} }
	for name, test := range map[string]struct {
		frame channel.Frame
		want  string // type of the failure
		dead  bool
	}{
		"longest result":     {result(long), "", false},
		"one byte too long":  {result(long[:1] + "x" + long[1:]), functions.FailureResultTooLarge, false},
		"over the frame":     {result(strings.Repeat("x", channel.MaxFrame)), functions.FailureResultTooLarge, true},
		"not JSON":           {result("{"), functions.FailureInvalidResult, false},
		"nothing":            {result(""), functions.FailureInvalidResult, false},
		"NaN":                {result("NaN"), functions.FailureInvalidResult, false},
		"not UTF-8":          {result("\"\xff\""), functions.FailureInvalidResult, false},
		"very deep":          {result(strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)), functions.FailureInvalidResult, false},
		"bad ERROR":          {channel.Frame{Type: channel.TypeError, Header: []byte("[")}, functions.FailureProtocol, true},
		"a frame of ours":    {channel.Frame{Type: channel.TypeInvoke}, functions.FailureProtocol, true},
		"unknown type":       {channel.Frame{Type: 99}, functions.FailureProtocol, true},
		"an error":           {channel.Frame{Type: channel.TypeError, Header: []byte(`{"type":"ValueError","message":"no"}`)}, "ValueError", false},
		"an error, nameless": {channel.Frame{Type: channel.TypeError, Header: []byte(`{}`)}, "Error", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, p := connect(t, nil)
			out := start(t.Context(), c, &functions.Call{})
			test.frame.Stream = p.read().Stream
			go p.send(test.frame)
			o := <-out
			got := ""
			if o.err != nil {
				t.Fatal(o.err)
			}
			if o.r.Failure != nil {
				got = o.r.Failure.Type
			}
			if got != test.want {
				t.Errorf("got failure %q, want %q", got, test.want)
			}
			if test.dead {
				<-c.Done()
				return
			}
			again := start(t.Context(), c, &functions.Call{})
			p.send(channel.Frame{Type: channel.TypeResult, Stream: p.read().Stream, Body: []byte("1")})
			if o := <-again; o.err != nil || string(o.r.Output) != "1" {
				t.Errorf("the next call: %+v, %v", o.r, o.err)
			}
		})
	}
}

// TestTheEndMeetsAFloodOfOutput: a connection ends while its function prints.
// What the call returns is then no longer written to, as the race detector sees.
func TestTheEndMeetsAFloodOfOutput(t *testing.T) {
	t.Parallel()
	for range 20 {
		c, p := connect(t, nil)
		out := start(t.Context(), c, &functions.Call{Function: "f"})
		stream := p.read().Stream
		var flood []byte
		for range 50 {
			flood = channel.AppendFrame(flood, channel.Frame{Type: channel.TypeLog, Stream: stream, Body: []byte("x")})
		}
		flowing, dry := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(dry)
			for i := 0; ; i++ {
				if _, err := p.nc.Write(flood); err != nil {
					return // the node has hung up
				}
				if i == 20 {
					close(flowing)
				}
			}
		}()
		<-flowing
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		got := <-out
		if got.err != nil || got.r.Failure == nil || strings.Trim(got.r.Printed, "x") != "" {
			t.Errorf("got %+v, %v", got.r, got.err)
		}
		<-dry
	}
}

func TestAnswersOfOtherStreamsAreDropped(t *testing.T) {
	t.Parallel()
	c, p := connect(t, nil)
	out := start(t.Context(), c, &functions.Call{})
	s := p.read().Stream
	p.send(channel.Frame{Type: channel.TypeResult, Stream: s + 1, Body: []byte(`"other"`)},
		channel.Frame{Type: channel.TypeLog, Stream: s + 1, Body: []byte("other")},
		channel.Frame{Type: channel.TypeResult, Stream: s, Body: []byte(`"first"`)},
		channel.Frame{Type: channel.TypeResult, Stream: s, Body: []byte(`"second"`)})
	if o := <-out; o.err != nil || string(o.r.Output) != `"first"` || o.r.Printed != "" {
		t.Errorf("got %+v, %v", o.r, o.err)
	}
	next := start(t.Context(), c, &functions.Call{})
	p.send(channel.Frame{Type: channel.TypeResult, Stream: p.read().Stream, Body: []byte(`"next"`)})
	if o := <-next; o.err != nil || string(o.r.Output) != `"next"` {
		t.Errorf("got %+v, %v", o.r, o.err)
	}
}

func TestPrintedTextIsCapped(t *testing.T) {
	t.Parallel()
	c, p := connect(t, nil)
	for extra, truncated := range []bool{false, true} {
		out := start(t.Context(), c, &functions.Call{Output: true})
		s := p.read().Stream
		p.send(channel.Frame{Type: channel.TypeLog, Stream: s, Body: []byte(strings.Repeat("x", functions.MaxPrinted))},
			channel.Frame{Type: channel.TypeLog, Stream: s, Body: []byte(strings.Repeat("y", extra))},
			channel.Frame{Type: channel.TypeResult, Stream: s, Body: []byte("1")})
		if o := <-out; len(o.r.Printed) != functions.MaxPrinted || o.r.PrintedTruncated != truncated {
			t.Errorf("%d bytes more: kept %d, truncated %t", extra, len(o.r.Printed), o.r.PrintedTruncated)
		}
	}
}

func TestInputLimit(t *testing.T) {
	t.Parallel()
	c, p := connect(t, nil)
	input := json.RawMessage(`"` + strings.Repeat("x", functions.MaxInput-2) + `"`)
	out := start(t.Context(), c, &functions.Call{Input: input})
	f := p.read()
	if len(f.Body) != len(input) {
		t.Errorf("got %d bytes, want %d", len(f.Body), len(input))
	}
	p.send(channel.Frame{Type: channel.TypeResult, Stream: f.Stream, Body: []byte("1")})
	if o := <-out; o.err != nil {
		t.Error(o.err)
	}
	if _, err := c.Invoke(t.Context(), &functions.Call{Input: append(input, ' ')}); !errors.Is(err, fault.TooLarge) {
		t.Errorf("got %v, want too large", err)
	}
}

func TestDeathInTheMiddleOfACall(t *testing.T) {
	t.Parallel()
	c, p := connect(t, func() *functions.Failure { return channel.Crashed(3) })
	out := start(t.Context(), c, &functions.Call{})
	p.read()
	_ = p.nc.Close()
	o := <-out
	if o.err != nil || o.r.Failure == nil || o.r.Failure.Type != functions.FailureCrashed || !strings.Contains(o.r.Failure.Message, "code 3") {
		t.Errorf("got %+v, %v", o.r, o.err)
	}
	<-c.Done()
	if _, err := c.Invoke(t.Context(), &functions.Call{}); !errors.Is(err, fault.Unavailable) {
		t.Errorf("a call on a dead instance: %v", err)
	}
}

func TestAnAbandonedCallEndsTheInstanceButNotItsNeighbours(t *testing.T) {
	t.Parallel()
	c, p := connect(t, nil)
	ctx, cancel := context.WithCancelCause(t.Context())
	slow := start(ctx, c, &functions.Call{})
	p.read()
	beside := start(t.Context(), c, &functions.Call{})
	s := p.read().Stream
	want := errors.New("time is up")
	cancel(want)
	if o := <-slow; !errors.Is(o.err, want) {
		t.Errorf("got %v, want %v", o.err, want)
	}
	<-c.Done()
	if _, err := c.Invoke(t.Context(), &functions.Call{}); !errors.Is(err, fault.Unavailable) {
		t.Errorf("a new call: %v", err)
	}
	p.send(channel.Frame{Type: channel.TypeResult, Stream: s, Body: []byte("1")})
	if o := <-beside; o.err != nil || o.r.Failure != nil {
		t.Errorf("the neighbour: %+v, %v", o.r, o.err)
	}
	if _, err := p.in.Read(); err == nil {
		t.Error("the connection is still open")
	}
}

func TestAnExecutorThatReadsNothing(t *testing.T) {
	t.Parallel()
	c, _ := connect(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := c.Invoke(ctx, &functions.Call{Input: json.RawMessage(`"` + strings.Repeat("x", 5<<20) + `"`)})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the deadline", err)
	}
	<-c.Done()
}

func TestCodeThatCannotBeLoaded(t *testing.T) {
	t.Parallel()
	l := listen(t)
	p := dial(t, l, l.Token())
	c, err := l.Accept(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		p.read()
		p.send(channel.Frame{Type: channel.TypeError, Header: []byte(`{"type":"Function.HandlerNotFound","message":"no module","trace":["a","b"]}`)})
	}()
	var bad *channel.InitError
	if err := c.Init(t.Context(), channel.Init{}); !errors.As(err, &bad) || bad.Failure.Type != functions.FailureHandlerNotFound || len(bad.Failure.Trace) != 2 {
		t.Errorf("got %v", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestServerInGo(t *testing.T) {
	t.Parallel()
	l := listen(t)
	s := &channel.Server{
		Socket: short(t, l), Token: l.Token(), Runtime: "Go test",
		Load: func(channel.Init) *functions.Failure { return nil },
		Run: func(_ context.Context, header, input []byte) *functions.Result {
			if len(header) == 0 {
				return &functions.Result{Failure: &functions.Failure{Type: "NoContext"}}
			}
			return &functions.Result{Output: input, Printed: "said", PrintedTruncated: true}
		},
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(t.Context()) }()
	c, err := l.Accept(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Init(t.Context(), channel.Init{}); err != nil {
		t.Fatal(err)
	}
	r, err := c.Invoke(t.Context(), &functions.Call{Input: json.RawMessage("[1]")})
	if err != nil || string(r.Output) != "[1]" || r.Printed != "said" || !r.PrintedTruncated {
		t.Errorf("got %+v, %v", r, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(channel.AppendFrame(nil, channel.Frame{Type: channel.TypeResult, Stream: 1, Header: []byte("{}"), Body: []byte("1")}))
	f.Add([]byte{0, 0, 0, 9, 5, 0, 0, 0, 1, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, in []byte) {
		r := channel.NewReader(strings.NewReader(string(in)), 1<<10)
		for at := 0; ; {
			f, err := r.Read()
			if err != nil {
				return
			}
			b := channel.AppendFrame(nil, f)
			if string(b) != string(in[at:at+len(b)]) {
				t.Fatalf("frame %+v does not encode to what it was read from", f)
			}
			at += len(b)
		}
	})
}
