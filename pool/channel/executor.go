package channel

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// Context is the header of an INVOKE, as an executor written in Go sees it.
type Context struct {
	Function   string `json:"function"`
	Namespace  string `json:"namespace"`
	MemoryMB   int    `json:"memory_mb"`
	Execution  string `json:"execution"`
	Key        string `json:"key"`
	Attempt    int    `json:"attempt"`
	DeadlineMS int64  `json:"deadline_ms,omitempty"`
	Output     bool   `json:"output,omitempty"`
}

// Server is the executor's side, for executors written in Go: it dials the
// socket, says HELLO, loads the function and runs its calls, each in a
// goroutine of its own, until the node ends the connection (nil) or it fails.
type Server struct {
	// Socket is the path to dial; "" is Mount/Socket.
	Socket string
	// Token is the instance's.
	Token string
	// Runtime is said in HELLO.
	Runtime string
	// Load prepares for calls; a failure ends the instance.
	Load func(Init) *functions.Failure
	// Run runs one call and gives its output or failure, and what it printed.
	// Header is the text of Context. Nil sends no answer, for an executor that
	// is about to end.
	Run func(ctx context.Context, header, input []byte) *functions.Result
}

// Serve runs the server; see Server.
func (s *Server) Serve(ctx context.Context) error {
	path := s.Socket
	if path == "" {
		path = filepath.Join(Mount, Socket)
	}
	var d net.Dialer
	nc, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return fault.New(fault.Unavailable, "no_node", "dialling the node: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	var calls sync.WaitGroup
	defer calls.Wait()
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = nc.Close() })
	defer stop()
	out := &frameWriter{w: nc}
	hello, _ := json.Marshal(Hello{Protocol, s.Token, s.Runtime, os.Getpid()}) //nolint:errchkjson // strings and numbers
	if err := out.send(Frame{Type: TypeHello, Header: hello}); err != nil {
		return err
	}
	frames := NewReader(nc, 0)
	for {
		f, err := frames.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch f.Type { //nolint:exhaustive // the node sends these two
		case TypeInit:
			if err := s.load(out, f.Header); err != nil {
				return err
			}
		case TypeInvoke:
			calls.Go(func() {
				if r := s.Run(ctx, f.Header, f.Body); r != nil {
					out.answer(f.Stream, r)
				}
			})
		}
	}
}

func (s *Server) load(out *frameWriter, header []byte) error {
	var in Init
	if err := json.Unmarshal(header, &in); err != nil {
		return fault.New(fault.Invalid, "bad_init", "reading INIT: %w", err)
	}
	if failure := s.Load(in); failure != nil {
		return out.fail(0, failure)
	}
	return out.send(Frame{Type: TypeReady})
}

// frameWriter writes whole frames for several goroutines.
type frameWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (w *frameWriter) send(frames ...Frame) error {
	var b []byte
	for _, f := range frames {
		b = AppendFrame(b, f)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.w.Write(b)
	return err
}

// answer sends the result of a call. An error is the reader's to notice: the
// connection is over.
func (w *frameWriter) answer(stream uint32, r *functions.Result) {
	var frames []Frame
	if r.Printed != "" || r.PrintedTruncated {
		log := Frame{Type: TypeLog, Stream: stream, Body: []byte(r.Printed)}
		if r.PrintedTruncated {
			log.Header = []byte(`{"truncated":true}`)
		}
		frames = append(frames, log)
	}
	if r.Failure == nil && len(r.Output) > functions.MaxOutput {
		r.Failure = tooLarge(len(r.Output))
	}
	if r.Failure != nil {
		frames = append(frames, errorFrame(stream, r.Failure))
	} else {
		frames = append(frames, Frame{Type: TypeResult, Stream: stream, Body: r.Output})
	}
	_ = w.send(frames...)
}

func (w *frameWriter) fail(stream uint32, f *functions.Failure) error {
	return w.send(errorFrame(stream, f))
}

func errorFrame(stream uint32, f *functions.Failure) Frame {
	kept := wireFailure{f.Type, f.Message, f.Trace}.failure()
	header, _ := json.Marshal(wireFailure{kept.Type, kept.Message, kept.Trace}) //nolint:errchkjson // strings
	return Frame{Type: TypeError, Stream: stream, Header: header}
}
