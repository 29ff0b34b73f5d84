package channel

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// Conn is the node's end of the wire to one executor. It is safe for
// concurrent use.
type Conn struct {
	hello   Hello
	nc      *net.UnixConn
	verdict func() *functions.Failure
	prefix  []byte // of every INVOKE header; set by Init

	writing chan struct{} // holds a token while a frame is being written
	dead    chan struct{} // closed when the connection is over; see cause
	done    chan struct{} // closed when no further call may start
	reader  sync.WaitGroup

	mu     sync.Mutex
	calls  map[uint32]*call
	last   uint32 // the stream given last
	closed bool   // done is closed
	over   bool   // dead is closed
	cause  *functions.Failure
}

// call is a call, or the loading of code, that waits for its answer.
type call struct {
	answer    chan answer // buffered: the reader never waits
	printed   []byte
	truncated bool
}

// answer ends a call: an output or a failure.
type answer struct {
	output  []byte
	failure *functions.Failure
}

func newConn(nc *net.UnixConn, frames *Reader, hello Hello, verdict func() *functions.Failure) *Conn {
	if verdict == nil {
		verdict = func() *functions.Failure { return Crashed(-1) }
	}
	c := &Conn{
		hello: hello, nc: nc, verdict: sync.OnceValue(verdict), prefix: []byte(`{"attempt":`),
		writing: make(chan struct{}, 1), dead: make(chan struct{}), done: make(chan struct{}),
		calls: make(map[uint32]*call),
	}
	c.reader.Go(func() { c.read(frames) })
	return c
}

// Hello is what the executor said of itself.
func (c *Conn) Hello() Hello { return c.hello }

// Done is closed when the instance can serve no further call: it died, it
// broke the protocol, a call was abandoned, or Close was called.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Close ends the connection, and every call that waits on it with the failure
// that the verdict gives. It waits for the reader and is idempotent.
func (c *Conn) Close() error {
	c.end(nil)
	c.reader.Wait()
	return nil
}

// Invoke runs one call. A result says how the function did, also when it died
// of it. The error is a fault.TooLarge for an input over functions.MaxInput, a
// fault.Unavailable when the instance is dead and the call did not begin, and
// the cause of ctx when that ended first: the function then still runs, so
// that Done is closed and the instance must be stopped. Other calls that run on
// it may still end well before that.
func (c *Conn) Invoke(ctx context.Context, in *functions.Call) (*functions.Result, error) {
	input := []byte(in.Input)
	if len(input) == 0 {
		input = []byte("{}")
	}
	if len(input) > functions.MaxInput {
		return nil, fault.New(fault.TooLarge, "input_too_large", "the input is %d bytes, the limit is %d", len(input), functions.MaxInput)
	}
	k := &call{answer: make(chan answer, 1)}
	stream, err := c.open(k)
	if err != nil {
		return nil, err
	}
	started := time.Now()
	header := appendContext(make([]byte, 0, 512), c.prefix, in)
	if err := c.write(ctx, Frame{TypeInvoke, stream, header, input}); err != nil {
		c.forget(stream)
		return nil, err
	}
	a, err := c.await(ctx, stream, k)
	if err != nil {
		return nil, err
	}
	r := &functions.Result{
		Output: a.output, Failure: a.failure, Runtime: c.hello.Runtime, Duration: time.Since(started),
		Printed: strings.ToValidUTF8(string(k.printed), "\uFFFD"), PrintedTruncated: k.truncated,
	}
	return r, nil
}

// await waits for the answer of a call.
func (c *Conn) await(ctx context.Context, stream uint32, k *call) (answer, error) {
	select {
	case a := <-k.answer:
		return a, nil
	case <-c.dead:
		c.forget(stream) // the reader may be at work yet: from here on it leaves k alone
		select {         // an answer that came first stands
		case a := <-k.answer:
			return a, nil
		default:
			return answer{failure: c.died()}, nil
		}
	case <-ctx.Done():
		c.abandon(stream)
		return answer{}, context.Cause(ctx)
	}
}

// open gives a call its stream.
func (c *Conn) open(k *call) (uint32, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, fault.New(fault.Unavailable, "instance_dead", "the instance is dead")
	}
	for {
		c.last++
		if _, taken := c.calls[c.last]; c.last != 0 && !taken {
			c.calls[c.last] = k
			return c.last, nil
		}
	}
}

// forget takes a call from the reader, which touches none after that.
func (c *Conn) forget(stream uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.calls, stream)
}

// abandon gives a call up that the executor still works on. The connection
// takes no more calls; it lives on only for those that run beside it.
func (c *Conn) abandon(stream uint32) {
	c.mu.Lock()
	delete(c.calls, stream)
	alone := len(c.calls) == 0
	c.refuse()
	c.mu.Unlock()
	if alone {
		c.end(nil)
	}
}

// refuse closes done; c.mu is held.
func (c *Conn) refuse() {
	if !c.closed {
		c.closed = true
		close(c.done)
	}
}

// end ends the connection, once. The cause is the failure of the calls that
// wait; nil leaves it to the verdict.
func (c *Conn) end(cause *functions.Failure) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refuse()
	if c.over {
		return
	}
	c.over, c.cause = true, cause
	_ = c.nc.Close()
	close(c.dead)
}

// died is the failure of a call that the connection did not outlive.
func (c *Conn) died() *functions.Failure {
	c.mu.Lock()
	cause := c.cause
	c.mu.Unlock()
	if cause == nil {
		cause = c.verdict()
	}
	f := *cause
	return &f
}

// write sends one frame with one system call. It gives up, and the connection
// with it, when ctx ends before the executor has taken the whole frame.
func (c *Conn) write(ctx context.Context, f Frame) error {
	select {
	case c.writing <- struct{}{}:
		defer func() { <-c.writing }()
	case <-c.dead:
		return fault.New(fault.Unavailable, "instance_dead", "the instance died before the call began")
	case <-ctx.Done():
		return context.Cause(ctx) // nothing was sent
	}
	stop := context.AfterFunc(ctx, func() { _ = c.nc.SetWriteDeadline(time.Unix(1, 0)) })
	err := c.send(f)
	inTime := stop()
	switch {
	case err != nil && ctx.Err() != nil:
		c.end(nil)
		return context.Cause(ctx)
	case err != nil:
		c.end(nil)
		return fault.New(fault.Unavailable, "instance_dead", "sending to the instance: %w", err)
	case !inTime: // the connection can send no more
		c.mu.Lock()
		c.refuse()
		c.mu.Unlock()
	}
	return nil
}

// copied is the size up to which a body is copied behind its header; above it
// a vectored write is cheaper.
const copied = 32 << 10

func (c *Conn) send(f Frame) error {
	if len(f.Body) <= copied {
		b := make([]byte, 0, 4+frameFixed+len(f.Header)+len(f.Body))
		_, err := c.nc.Write(AppendFrame(b, f))
		return err
	}
	b := appendPrefix(make([]byte, 0, 4+frameFixed+len(f.Header)), f.Type, f.Stream, len(f.Header), len(f.Body))
	parts := net.Buffers{append(b, f.Header...), f.Body}
	_, err := parts.WriteTo(c.nc)
	return err
}

// read is the reader: it hands each frame to its call until the connection ends.
func (c *Conn) read(frames *Reader) {
	for {
		f, err := frames.Read()
		if err != nil {
			c.broken(err)
			return
		}
		if !c.deliver(f) {
			return
		}
	}
}

// broken ends the connection for a frame that cannot be read.
func (c *Conn) broken(err error) {
	var bad *FrameError
	if !errors.As(err, &bad) {
		c.end(nil) // the process ended, or we closed
		return
	}
	if bad.Length > MaxFrame && bad.Type == TypeResult {
		c.settle(bad.Stream, answer{failure: tooLarge(bad.Length)})
		c.end(&functions.Failure{Type: functions.FailureCrashed, Message: "the instance was stopped: the result of another call was over the limit"})
		return
	}
	c.end(violation(bad.Detail))
}

// deliver gives a frame to its call; it reports whether to go on reading.
func (c *Conn) deliver(f Frame) bool {
	switch f.Type {
	case TypeLog:
		return c.log(f)
	case TypeReady:
		c.settle(f.Stream, answer{})
	case TypeResult:
		c.settle(f.Stream, outcome(f.Body))
	case TypeError:
		var w wireFailure
		if err := json.Unmarshal(f.Header, &w); err != nil {
			c.end(violation("the header of an ERROR is not what the protocol says"))
			return false
		}
		failure := w.failure()
		c.settle(f.Stream, answer{failure: &failure})
	case TypeHello, TypeInit, TypeInvoke:
		c.end(violation("the executor sent a frame that is the node's to send"))
		return false
	}
	return true
}

// settle answers a call; an answer that nobody waits for is dropped.
func (c *Conn) settle(stream uint32, a answer) {
	c.mu.Lock()
	k := c.calls[stream]
	delete(c.calls, stream)
	last := c.closed && len(c.calls) == 0
	if k != nil {
		k.answer <- a // within the lock: a call that is forgotten has its answer or gets none
	}
	c.mu.Unlock()
	if k != nil && last { // it was kept open for this call only; see abandon
		c.end(nil)
	}
}

// log keeps what a call printed, as much as is allowed.
func (c *Conn) log(f Frame) bool {
	var h struct {
		Truncated bool `json:"truncated"`
	}
	if len(f.Header) > 0 {
		if err := json.Unmarshal(f.Header, &h); err != nil {
			c.end(violation("the header of a LOG is not what the protocol says"))
			return false
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.calls[f.Stream]
	if k == nil {
		return true
	}
	room := functions.MaxPrinted - len(k.printed)
	k.truncated = k.truncated || h.Truncated || len(f.Body) > room
	k.printed = append(k.printed, f.Body[:min(room, len(f.Body))]...)
	return true
}

// outcome checks the output of a function, which is hostile: it is one JSON
// document within the limit, or the call failed.
func outcome(output []byte) answer {
	if len(output) > functions.MaxOutput {
		return answer{failure: tooLarge(len(output))}
	}
	if !json.Valid(output) || !utf8.Valid(output) {
		return answer{failure: &functions.Failure{Type: functions.FailureInvalidResult, Message: "the result is not a JSON document"}}
	}
	return answer{output: output}
}
