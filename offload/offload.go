// Package offload decides where a call runs: on this node, on a neighbour, in
// the cloud, or nowhere.
//
// Policies are pure: they see a View and return a Decision, so that the same
// code runs live and in a simulator. The Router is the shell around them: it
// makes the View, performs the Decision, and asks again when a peer refused. A
// peer that refuses is an error and the Router tries elsewhere; a function that
// fails is a result and it does not; an unknown outcome is reported and never
// repeated.
package offload

import (
	"time"

	"github.com/serverledge/serverledge/functions"
)

// Fit says how soon this node could run a function.
type Fit uint8

// The fits, from best to worst.
const (
	// FitWarm: an idle instance waits.
	FitWarm Fit = iota
	// FitCold: there is room to start one.
	FitCold
	// FitEvict: there is room once idle instances of others are evicted.
	FitEvict
	// FitBusy: not before something else ends, if ever.
	FitBusy
)

// Now tells whether a call can start without waiting for another one to end.
func (f Fit) Now() bool { return f <= FitEvict }

// Peer is what is known of another node.
type Peer struct {
	ID, Area, Address string
	// Age is how old the rest of this knowledge is.
	Age          time.Duration
	FreeMemoryMB int
	FreeCPUs     float64
	// Suspect peers did not answer lately: they are asked last.
	Suspect bool
}

// View is all that a policy may look at. It is a value: nothing in it changes.
type View struct {
	Now time.Time
	// Random is one draw from [0, 1).
	Random float64
	Self   string
	Area   string
	// Fit is how this node could run the function; Refused that it has refused
	// this very call.
	Fit     Fit
	Refused bool
	// Near are the peers of the own area, Remote those of the remote area; peers
	// that have refused this very call are left out.
	Near, Remote []Peer
}

// Action is what to do with a call.
type Action uint8

// The actions.
const (
	Run Action = iota
	Offload
	Drop
)

// Decision says where a call runs, and why in a few words.
type Decision struct {
	Action Action
	Target string // the peer's id, when Action is Offload
	Reason string
}

// Policy decides. It keeps no state and does no I/O.
type Policy interface {
	Decide(v *View, call *functions.Call) Decision
}

// pick chooses a peer: one that is not suspect if there is any, of those the
// one with most free memory, by chance among equals.
func pick(peers []Peer, random float64) (Peer, bool) {
	best, equals := -1, 0
	for i := range peers {
		switch {
		case best < 0 || better(&peers[i], &peers[best]):
			best, equals = i, 1
		case !better(&peers[best], &peers[i]):
			equals++
		}
	}
	if best < 0 {
		return Peer{}, false
	}
	nth := int(random * float64(equals))
	for i := range peers {
		if i != best && (better(&peers[best], &peers[i]) || better(&peers[i], &peers[best])) {
			continue
		}
		if nth == 0 {
			return peers[i], true
		}
		nth--
	}
	return peers[best], true
}

func better(a, b *Peer) bool {
	if a.Suspect != b.Suspect {
		return !a.Suspect
	}
	return a.FreeMemoryMB > b.FreeMemoryMB
}
