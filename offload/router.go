package offload

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// suspicion is how long a peer that did not answer is asked last only.
const suspicion = time.Second

// Options wires a Router. Local and Policy are required.
type Options struct {
	Node, Area, RemoteArea string
	Policy                 Policy
	// Local runs calls on this node; Fit says how well it could.
	Local functions.Invoker
	Fit   func(ctx context.Context, namespace, function string) (Fit, error)
	// Peers returns the other nodes as known now, and Dial the way to one.
	Peers func() []Peer
	Dial  func(peer Peer) functions.Invoker
	// Hops is how often a call that begins here may be passed on (default 1).
	Hops int
	Log  *slog.Logger
}

// Router runs calls where its policy says. It implements functions.Invoker and
// is safe for concurrent use.
type Router struct {
	opts Options

	mu      sync.Mutex
	suspect map[string]time.Time // until when
}

// NewRouter returns a Router.
func NewRouter(opts Options) *Router {
	if opts.Hops <= 0 {
		opts.Hops = 1
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	return &Router{opts: opts, suspect: map[string]time.Time{}}
}

// Invoke runs the call on this node or on a peer. When all refuse, the error
// is the last refusal.
func (r *Router) Invoke(ctx context.Context, call *functions.Call) (*functions.Result, error) {
	if r.stays(call) {
		return r.opts.Local.Invoke(ctx, call)
	}
	view, err := r.view(ctx, call)
	if err != nil {
		return nil, err
	}
	var last error
	for {
		d := r.opts.Policy.Decide(view, call)
		switch d.Action {
		case Run:
			result, err := r.opts.Local.Invoke(ctx, call)
			if err == nil || !refusal(err) || ctx.Err() != nil {
				return result, err
			}
			view.Refused, last = true, err
		case Offload:
			result, err := r.offload(ctx, d.Target, view, call)
			if err == nil || !refusal(err) || ctx.Err() != nil {
				return result, err
			}
			r.opts.Log.DebugContext(ctx, "peer refused a call", "peer", d.Target, "function", call.Function, "err", err)
			last = err
			strike(view, d.Target)
		case Drop:
			if last == nil {
				last = fault.New(fault.Exhausted, "no_node", "no node takes the call: %s", d.Reason).WithRetryAfter(time.Second)
			}
			return nil, last
		}
	}
}

// stays tells whether a call may only run here.
func (r *Router) stays(call *functions.Call) bool {
	return call.Local || len(call.Visited) > 0 && call.Hops <= 0
}

// refusal tells whether err says for certain that the call did not run there
// and may run elsewhere.
func refusal(err error) bool {
	return errors.Is(err, fault.Exhausted) || errors.Is(err, fault.Unavailable) || errors.Is(err, fault.Unimplemented) || errors.Is(err, fault.Loop)
}

func (r *Router) view(ctx context.Context, call *functions.Call) (*View, error) {
	fit, err := r.opts.Fit(ctx, call.Namespace, call.Function)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	v := &View{Now: now, Random: rand.Float64(), Self: r.opts.Node, Area: r.opts.Area, Fit: fit}
	for _, peer := range r.opts.Peers() {
		if peer.ID == r.opts.Node || slices.Contains(call.Visited, peer.ID) {
			continue
		}
		peer.Suspect = r.suspected(peer.ID, now)
		switch {
		case r.opts.RemoteArea != "" && peer.Area == r.opts.RemoteArea:
			v.Remote = append(v.Remote, peer)
		case peer.Area == r.opts.Area:
			v.Near = append(v.Near, peer)
		}
	}
	return v, nil
}

// offload passes the call on, with one hop less and this node among those
// visited.
func (r *Router) offload(ctx context.Context, target string, v *View, call *functions.Call) (*functions.Result, error) {
	peer, ok := find(target, v.Remote, v.Near)
	if !ok {
		return nil, fault.New(fault.Unavailable, "unknown_peer", "peer %s is not known", target)
	}
	passed := *call
	passed.Hops = call.Hops - 1
	if len(call.Visited) == 0 {
		passed.Hops = r.opts.Hops - 1
	}
	passed.Visited = append(slices.Clip(slices.Clone(call.Visited)), r.opts.Node)
	result, err := r.opts.Dial(peer).Invoke(ctx, &passed)
	if err != nil {
		if errors.Is(err, fault.Unavailable) || errors.Is(err, fault.Unknown) {
			r.accuse(peer.ID)
		}
		return nil, fmt.Errorf("offloading to %s: %w", peer.ID, err)
	}
	result.Action = "O"
	return result, nil
}

func find(id string, groups ...[]Peer) (Peer, bool) {
	for _, peers := range groups {
		for _, p := range peers {
			if p.ID == id {
				return p, true
			}
		}
	}
	return Peer{}, false
}

// strike takes a peer out of the view.
func strike(v *View, id string) {
	same := func(p Peer) bool { return p.ID == id }
	v.Remote = slices.DeleteFunc(v.Remote, same)
	v.Near = slices.DeleteFunc(v.Near, same)
}

func (r *Router) suspected(id string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	until, ok := r.suspect[id]
	if ok && now.After(until) {
		delete(r.suspect, id)
		return false
	}
	return ok
}

func (r *Router) accuse(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.suspect[id] = time.Now().Add(suspicion)
}
