// Package functions is the vocabulary of Serverledge: what a function is, what
// a call and its result are, and the one interface that everything which can
// run a call implements. It does nothing itself.
package functions

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// DefaultNamespace is the namespace of every name that states none.
const DefaultNamespace = "default"

// Function is a registered function. It is a value of the store: a change
// makes a new one with another Version.
type Function struct {
	Namespace string `json:"Namespace,omitempty"`
	Name      string `json:"Name"`
	// Version is the digest of all that an instance depends on: instances of
	// another version never serve a call.
	Version string `json:"Version,omitempty"`
	// Runtime is the runtime's name as registered, for example "python310".
	Runtime string `json:"Runtime"`
	// Handler is "module.function" for Python, a file for Node.js, a path in
	// the package for "binary".
	Handler string `json:"Handler,omitempty"`
	// MemoryMB is the hard memory limit of one instance, in MiB.
	MemoryMB int `json:"MemoryMB"`
	// CPU is the share of CPUs an instance books and may use; 0 is no cap.
	CPU float64 `json:"CPUDemand"`
	// MaxConcurrency is how many calls one instance serves at a time (1 when 0).
	MaxConcurrency int `json:"MaxConcurrency,omitempty"`
	// Timeout bounds one call; DefaultTimeout when 0.
	Timeout time.Duration `json:"Timeout,omitempty"`
	// Package is the SHA-256 (hex) of the code archive; empty without code.
	Package string `json:"Package,omitempty"`
	// Image is the user's own image of a "custom" function.
	Image string `json:"Image,omitempty"`
	// Env is added to the environment of the function.
	Env       map[string]string `json:"Env,omitempty"`
	Signature *Signature        `json:"Signature,omitempty"`
	Created   time.Time         `json:"Created,omitzero"`
}

// The defaults and limits of a function.
const (
	DefaultTimeout  = 5 * time.Minute
	MaxTimeout      = time.Hour
	DefaultMemoryMB = 128
	MaxMemoryMB     = 1 << 20
	MaxConcurrency  = 1000
)

// ID names the function with its version: instances belong to one ID.
func (f *Function) ID() string { return f.Namespace + "/" + f.Name + "@" + f.Version }

// Concurrency is MaxConcurrency with its default.
func (f *Function) Concurrency() int { return max(1, f.MaxConcurrency) }

// Limit is Timeout with its default.
func (f *Function) Limit() time.Duration {
	if f.Timeout <= 0 {
		return DefaultTimeout
	}
	return f.Timeout
}

// Digest computes the Version that belongs to the other fields.
func (f *Function) Digest() string {
	c := *f
	c.Version, c.Created = "", time.Time{}
	text, _ := json.Marshal(&c) //nolint:errchkjson // strings and numbers only
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Call is one invocation of a function. Whoever gets a call must neither keep
// nor change it.
type Call struct {
	// Key is the idempotency key: "execution/activation", the same for every
	// attempt of one piece of work. Attempt counts from 1.
	Key     string
	Attempt int
	// Execution is the id of the execution that the call belongs to.
	Execution string

	Namespace, Function string
	// Input is one JSON document; empty means {}.
	Input json.RawMessage
	// Task tells that the call is a state of a workflow (a bare value of a
	// function with one declared output is then wrapped under its name).
	Task bool
	// Deadline is when the caller stops waiting; zero is never.
	Deadline time.Time
	// Class and MaxResponse are the caller's quality of service.
	Class       int
	MaxResponse time.Duration
	// Output asks for what the function prints on stdout and stderr.
	Output bool
	// Local forbids to run the call on another node.
	Local bool
	// Hops is how often the call may still be passed on; Visited names the
	// nodes that it came through, the first one first.
	Hops    int
	Visited []string
}

// Result is what came of a call that ran. A failing function is a result; a
// failing platform is an error.
type Result struct {
	// Output is the returned JSON document; nil when there is a Failure.
	Output  json.RawMessage
	Failure *Failure
	// Printed is what the function printed, at most MaxPrinted bytes of it.
	Printed          string
	PrintedTruncated bool

	// Node and Area say where it ran, Runtime on what ("Python 3.11.2").
	Node, Area, Runtime string
	// Cold tells that an instance was started for the call.
	Cold bool
	// Action is how the node decided: "" (run here) or "O" (offloaded).
	Action string
	// Init is the time to start the instance, Queue the time in the queue,
	// Offload the time lost on the network, Duration the time in the function.
	Init, Queue, Offload, Duration time.Duration
}

// Limits of a call.
const (
	// MaxPrinted is how much of stdout and stderr is kept per call.
	MaxPrinted = 256 << 10
	// MaxInput and MaxOutput bound the JSON documents of a call.
	MaxInput  = 6 << 20
	MaxOutput = 6 << 20
)

// Failure says how a function failed.
type Failure struct {
	// Type is the error's type as the language names it ("ValueError"), or one
	// of the Failure… constants when the platform stopped the function.
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
	// Trace is the traceback, one line an element.
	Trace []string `json:"stackTrace,omitempty"`
}

// The failures that the platform finds.
const (
	FailureTimeout         = "Function.Timeout"
	FailureCrashed         = "Function.Crashed"
	FailureOutOfMemory     = "Function.OutOfMemory"
	FailureResultTooLarge  = "Function.ResultTooLarge"
	FailureInvalidResult   = "Function.InvalidResult"
	FailureHandlerNotFound = "Function.HandlerNotFound"
	FailureInit            = "Function.InitFailed"
	FailureProtocol        = "Function.ProtocolError"
	FailureInput           = "Function.InvalidInput"
	FailureOutput          = "Function.InvalidOutput"
)

// Invoker runs calls: an instance, the pool, the router, a client of another
// node, and whatever wraps one of them. Invoke returns a Result when the
// function ran (well or not) and an error of a fault kind when the platform
// could not run it; fault.Unknown when it may have run. It returns when ctx is
// done, and is safe for concurrent use.
type Invoker interface {
	Invoke(ctx context.Context, call *Call) (*Result, error)
}

// Instance is one started container or sandbox, which serves one version of
// one function. After Done is closed it serves no more.
type Instance interface {
	Invoker
	// ID is unique on the node.
	ID() string
	// Runtime says what really runs, for example "Python 3.11.2".
	Runtime() string
	// Done is closed when the instance is dead or unusable.
	Done() <-chan struct{}
	// Stop ends the instance and removes all it left; it is idempotent.
	Stop(ctx context.Context) error
}
