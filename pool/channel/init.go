package channel

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// Init says which function an instance serves from now on. It travels in a
// frame, so that neither the environment of a container nor its description
// holds a secret.
type Init struct {
	// Namespace and Function go into the context of every call.
	Namespace string `json:"namespace"`
	Function  string `json:"function"`
	// Handler is the function's; Dir is where its package lies inside.
	Handler string `json:"handler"`
	Dir     string `json:"dir"`
	// Env is added to the environment before user code is loaded.
	Env map[string]string `json:"env,omitempty"`
	// Concurrency is how many calls may run at a time, at least 1.
	Concurrency int `json:"concurrency"`
	MemoryMB    int `json:"memory_mb"`
	// MemoryRefused tells that nobody but the executor sees the function reach
	// its memory limit: the kernel refuses what is beyond it, and ends nothing.
	// An executor that can tell then reports Function.OutOfMemory by itself.
	MemoryRefused bool `json:"memory_refused,omitempty"`
}

// InitOf is the Init of a function whose package lies in dir inside.
func InitOf(f *functions.Function, dir string) Init {
	return Init{
		Namespace: f.Namespace, Function: f.Name, Handler: f.Handler, Dir: dir,
		Env: f.Env, Concurrency: f.Concurrency(), MemoryMB: f.MemoryMB,
	}
}

// Init has the executor load the user's code and waits until it has; it must
// be called once, before the first Invoke. The error is an *InitError when the code cannot be loaded
// (or ended the process while it was), else the cause of ctx or a fault. After
// an error the connection is over.
func (c *Conn) Init(ctx context.Context, in Init) error {
	in.Concurrency = max(1, in.Concurrency)
	header, err := json.Marshal(in)
	if err != nil {
		return fault.New(fault.Internal, "encode_init", "encoding INIT: %w", err)
	}
	if len(header) > MaxHeader {
		return fault.New(fault.TooLarge, "environment_too_large", "the environment of the function is over %d bytes", MaxHeader)
	}
	c.prefix = contextPrefix(in)
	k := &call{answer: make(chan answer, 1)}
	c.mu.Lock()
	c.calls[0] = k
	c.mu.Unlock()
	if err := c.write(ctx, Frame{Type: TypeInit, Header: header}); err != nil {
		c.end(nil)
		return err
	}
	a, err := c.await(ctx, 0, k)
	if err == nil && a.failure != nil {
		err = &InitError{Failure: *a.failure}
	}
	if err != nil {
		c.end(nil)
	}
	return err
}

// contextPrefix is what the headers of all calls of an instance begin with.
func contextPrefix(in Init) []byte {
	b := append([]byte(`{"function":`), quote(in.Function)...)
	b = append(append(b, `,"namespace":`...), quote(in.Namespace)...)
	b = append(b, `,"memory_mb":`...)
	b = strconv.AppendInt(b, int64(in.MemoryMB), 10)
	return append(b, `,"attempt":`...)
}

// appendContext appends the header of an INVOKE.
func appendContext(b, prefix []byte, in *functions.Call) []byte {
	b = append(b, prefix...)
	b = strconv.AppendInt(b, int64(max(1, in.Attempt)), 10)
	b = append(append(b, `,"execution":`...), quote(in.Execution)...)
	b = append(append(b, `,"key":`...), quote(in.Key)...)
	if !in.Deadline.IsZero() {
		b = strconv.AppendInt(append(b, `,"deadline_ms":`...), in.Deadline.UnixMilli(), 10)
	}
	if in.Output {
		b = append(b, `,"output":true`...)
	}
	return append(b, '}')
}

// quote is the JSON string of s.
func quote(s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			text, _ := json.Marshal(s) //nolint:errchkjson // a string
			return text
		}
	}
	b := make([]byte, 0, len(s)+2)
	return append(append(append(b, '"'), s...), '"')
}
