package offload

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

func TestPolicies(t *testing.T) {
	t.Parallel()
	near, remote := []Peer{{ID: "near"}}, []Peer{{ID: "cloud"}}
	for _, c := range []struct {
		policy   string
		fallback bool
		view     View
		want     Decision
	}{
		{policy: "default", view: View{Fit: FitBusy, Remote: remote}, want: Decision{Action: Run}},
		{policy: "localonly", view: View{Fit: FitBusy, Refused: true, Remote: remote}, want: Decision{Action: Drop}},
		{policy: "edgecloud", view: View{Fit: FitEvict, Remote: remote}, want: Decision{Action: Run}},
		{policy: "edgecloud", view: View{Fit: FitBusy, Remote: remote, Near: near}, want: Decision{Action: Offload, Target: "cloud"}},
		{policy: "edgecloud", view: View{Fit: FitBusy, Near: near}, want: Decision{Action: Offload, Target: "near"}},
		{policy: "edgecloud", view: View{Fit: FitWarm, Refused: true, Remote: remote}, want: Decision{Action: Offload, Target: "cloud"}},
		{policy: "edgecloud", view: View{Fit: FitBusy}, want: Decision{Action: Run}},
		{policy: "edgecloud", view: View{Fit: FitBusy, Refused: true}, want: Decision{Action: Drop}},
		{policy: "edgeonly", view: View{Fit: FitBusy, Near: near, Remote: remote}, want: Decision{Action: Offload, Target: "near"}},
		{policy: "cloudonly", view: View{Fit: FitWarm, Remote: remote}, want: Decision{Action: Offload, Target: "cloud"}},
		{policy: "cloudonly", view: View{Fit: FitWarm}, want: Decision{Action: Drop}},
		{policy: "cloudonly", fallback: true, view: View{Fit: FitWarm}, want: Decision{Action: Run}},
		{policy: "cloudonly", fallback: true, view: View{Fit: FitWarm, Refused: true}, want: Decision{Action: Drop}},
	} {
		p, err := New(c.policy, c.fallback)
		if err != nil {
			t.Fatal(err)
		}
		got := p.Decide(&c.view, &functions.Call{})
		if got.Action != c.want.Action || got.Target != c.want.Target {
			t.Errorf("%s %+v: got %+v, want %+v", c.policy, c.view, got, c.want)
		}
	}
	if _, err := New("edgeclod", false); !errors.Is(err, fault.Invalid) || fault.From(err).Hint != "did you mean edgecloud?" {
		t.Errorf("unknown policy: got %v", err)
	}
}

func TestPickPrefersTheTrustedThenTheEmptier(t *testing.T) {
	t.Parallel()
	peers := []Peer{{ID: "a", FreeMemoryMB: 9, Suspect: true}, {ID: "b", FreeMemoryMB: 2}, {ID: "c", FreeMemoryMB: 5}, {ID: "d", FreeMemoryMB: 5}}
	seen := map[string]bool{}
	for i := range 10 {
		p, ok := pick(peers, float64(i)/10)
		if !ok {
			t.Fatal("nobody picked")
		}
		seen[p.ID] = true
	}
	if len(seen) != 2 || !seen["c"] || !seen["d"] {
		t.Errorf("picked %v, want c and d by chance", seen)
	}
	if _, ok := pick(nil, 0.5); ok {
		t.Error("picked somebody of nobody")
	}
}

// node is an Invoker that answers as told and remembers the calls.
type node struct {
	err   error
	calls []functions.Call
}

func (n *node) Invoke(_ context.Context, call *functions.Call) (*functions.Result, error) {
	n.calls = append(n.calls, *call)
	if n.err != nil {
		return nil, n.err
	}
	return &functions.Result{}, nil
}

func router(t *testing.T, policy string, fit Fit, here *node, peers map[string]*node) *Router {
	t.Helper()
	p, err := New(policy, true)
	if err != nil {
		t.Fatal(err)
	}
	return NewRouter(Options{
		Node: "edge", Area: "E", RemoteArea: "C", Policy: p, Local: here,
		Fit: func(context.Context, string, string) (Fit, error) { return fit, nil },
		Peers: func() []Peer {
			var out []Peer
			for _, id := range []string{"cloud-1", "cloud-2", "edge"} {
				if peers[id] != nil || id == "edge" {
					out = append(out, Peer{ID: id, Area: "C"})
				}
			}
			return out
		},
		Dial: func(p Peer) functions.Invoker { return peers[p.ID] },
	})
}

func TestRouterTriesElsewhereOnRefusalOnly(t *testing.T) {
	t.Parallel()
	full := fault.New(fault.Exhausted, "overloaded", "full")
	for name, c := range map[string]struct {
		first   error
		again   bool
		wantErr error
	}{
		"refused":         {first: full, again: true},
		"dead":            {first: fault.New(fault.Unavailable, "peer_unreachable", "gone"), again: true},
		"unknown outcome": {first: fault.New(fault.Unknown, "outcome_unknown", "lost"), wantErr: fault.Unknown},
		"not found":       {first: fault.New(fault.NotFound, "no_such_function", "none"), wantErr: fault.NotFound},
	} {
		one, two, here := &node{err: c.first}, &node{err: c.first}, &node{}
		r := router(t, "cloudonly", FitWarm, here, map[string]*node{"cloud-1": one, "cloud-2": two})
		result, err := r.Invoke(t.Context(), &functions.Call{Function: "f"})
		asked := len(one.calls) + len(two.calls)
		if c.again && (err != nil || asked != 2 || len(here.calls) != 1 || result.Action != "") {
			t.Errorf("%s: err %v after %d peers and %d times here, want both peers once and then here", name, err, asked, len(here.calls))
		}
		if !c.again && (!errors.Is(err, c.wantErr) || asked != 1 || len(here.calls) != 0) {
			t.Errorf("%s: err %v after %d peers and %d times here, want one peer and %v", name, err, asked, len(here.calls), c.wantErr)
		}
	}
}

func TestRouterCountsHopsAndNodes(t *testing.T) {
	t.Parallel()
	cloud, here := &node{}, &node{}
	r := router(t, "cloudonly", FitWarm, here, map[string]*node{"cloud-1": cloud})
	result, err := r.Invoke(t.Context(), &functions.Call{Function: "f"})
	if err != nil || result.Action != "O" {
		t.Fatalf("got %+v, %v", result, err)
	}
	passed := cloud.calls[0]
	if passed.Hops != 0 || !slices.Equal(passed.Visited, []string{"edge"}) {
		t.Errorf("passed on with hops %d and visited %v, want 0 and [edge]", passed.Hops, passed.Visited)
	}
	// a call that came from elsewhere without hops left stays, and so does a local one
	for _, call := range []functions.Call{{Visited: []string{"x"}}, {Local: true}, {Visited: []string{"x", "cloud-1"}, Hops: 3}} {
		if _, err := r.Invoke(t.Context(), &call); err != nil {
			t.Fatal(err)
		}
	}
	if len(here.calls) != 3 || len(cloud.calls) != 1 {
		t.Errorf("%d calls here and %d in the cloud, want 3 and 1", len(here.calls), len(cloud.calls))
	}
}
