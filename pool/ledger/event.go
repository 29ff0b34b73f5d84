package ledger

import "time"

// Ticket names a caller, or an instance to be prewarmed. The shell gives each a
// number of its own.
type Ticket uint64

// Instance names an instance. The ledger numbers them and never uses a number
// again.
type Instance uint64

// Spec is what the ledger knows of a version of a function.
type Spec struct {
	// ID names the version, Name the function.
	ID, Name string
	// MemoryMB and CPU are what an instance books; CPU 0 books none.
	MemoryMB int
	CPU      float64
	// Concurrency is how many calls an instance serves at a time; at least 1.
	Concurrency int
}

// Event is what happened. The set is closed.
type Event interface{ event() } //sumtype:decl

// The events.
type (
	// Wanted is a caller that wants an instance. It is answered by exactly one
	// Lend or Refuse, unless it is withdrawn before.
	Wanted struct {
		Ticket Ticket
		Spec   Spec
		// Class orders callers: the higher goes first.
		Class int
		// Deadline is when the caller stops waiting; zero is never.
		Deadline time.Time
	}
	// Withdrawn is a waiting caller that has gone.
	Withdrawn struct{ Ticket Ticket }
	// Started is an instance that is ready.
	Started struct{ Instance Instance }
	// StartFailed is an instance that did not start and has left nothing. Retry
	// tells that another try may do better.
	StartFailed struct {
		Instance Instance
		Retry    bool
	}
	// Released is the end of a loan. An instance that is not healthy is never
	// lent again, and is stopped as soon as its other calls are done.
	Released struct {
		Ticket  Ticket
		Healthy bool
	}
	// Died is an instance that takes no more calls. It is stopped as soon as
	// those that it has are released.
	Died struct{ Instance Instance }
	// Stopped is the end of a removal, the answer to Stop.
	Stopped struct{ Instance Instance }
	// Retired tells that of the function Name only the version Keep counts ("" is
	// none). The instances that other versions have now are never lent again; a
	// caller that asks for such a version later gets a new one.
	Retired struct{ Name, Keep string }
	// Prewarm asks for one instance more, if there is room without a caller
	// having to wait for it. It is answered by exactly one Warmed or Refuse.
	Prewarm struct {
		Ticket Ticket
		Spec   Spec
	}
	// Tick is the passing of time: it ends idle instances that nobody used for
	// long, and the waiting of callers whose deadline has passed.
	Tick struct{}
	// Resized changes the capacity. Instances that are in use are not stopped.
	Resized struct {
		MemoryMB int
		CPUs     float64
	}
	// Drain ends it all: nobody is served any more, and every instance is
	// stopped as soon as its calls are done.
	Drain struct{}
)

func (Wanted) event()      {}
func (Withdrawn) event()   {}
func (Started) event()     {}
func (StartFailed) event() {}
func (Released) event()    {}
func (Died) event()        {}
func (Stopped) event()     {}
func (Retired) event()     {}
func (Prewarm) event()     {}
func (Tick) event()        {}
func (Resized) event()     {}
func (Drain) event()       {}

// Action is what to do. The set is closed.
type Action interface{ action() } //sumtype:decl

// The actions.
type (
	// Lend gives a slot of an instance to a caller, until Released.
	Lend struct {
		Ticket   Ticket
		Instance Instance
		// Cold tells that the caller had waited for the instance to start.
		Cold bool
	}
	// Start asks for a new instance; Started or StartFailed answers.
	Start struct {
		Instance Instance
		Spec     Spec
	}
	// Stop asks to remove an instance; Stopped answers.
	Stop struct{ Instance Instance }
	// Warmed tells that the instance asked for with Prewarm is ready.
	Warmed struct {
		Ticket   Ticket
		Instance Instance
	}
	// Refuse turns a caller, or a Prewarm, away.
	Refuse struct {
		Ticket Ticket
		Reason Reason
		// RetryAfter is, for NoCapacity, when trying again makes sense.
		RetryAfter time.Duration
		// Instance is, for BootFailed, the instance that did not start.
		Instance Instance
	}
)

func (Lend) action()   {}
func (Start) action()  {}
func (Stop) action()   {}
func (Warmed) action() {}
func (Refuse) action() {}

// Reason says why a caller is refused.
type Reason string

// The reasons.
const (
	// NoCapacity is a pool that is full now.
	NoCapacity Reason = "no capacity"
	// TooBig is a function that needs more than the whole pool.
	TooBig Reason = "too big"
	// DeadlinePassed is a caller whose deadline passed while it waited.
	DeadlinePassed Reason = "deadline passed"
	// BootFailed is an instance that did not start.
	BootFailed Reason = "boot failed"
	// NotCurrent is a version that was retired while the caller waited.
	NotCurrent Reason = "not current"
	// Draining is a pool that is closing.
	Draining Reason = "draining"
)
