package offload

import (
	"fmt"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// Names lists the policies that New knows.
func Names() []string {
	return []string{"default", "localonly", "edgeonly", "cloudonly", "edgecloud", "qosaware"}
}

// New returns the policy of a name. With fallback, a cloud-only policy runs a
// call here when the cloud refuses it. The name qosaware gives edgecloud in
// this version.
func New(name string, fallback bool) (Policy, error) {
	switch name {
	case "", "default", "localonly":
		return local{}, nil
	case "edgeonly":
		return edge{}, nil
	case "cloudonly":
		return cloud{fallback}, nil
	case "edgecloud", "qosaware":
		return edgeCloud{}, nil
	}
	e := fault.New(fault.Invalid, "unknown_policy", "there is no scheduling policy %q", name)
	if near := fault.Suggest(name, Names()); near != "" {
		return nil, e.WithHint("did you mean %s?", near)
	}
	return nil, e.WithHint("the policies are %s", fmt.Sprint(Names()))
}

// local runs everything here; the pool queues or refuses.
type local struct{}

func (local) Decide(v *View, _ *functions.Call) Decision {
	if v.Refused {
		return Decision{Action: Drop, Reason: "refused here"}
	}
	return Decision{Action: Run, Reason: "policy is local"}
}

// cloud runs nothing here unless nobody in the remote area takes it.
type cloud struct{ fallback bool }

func (p cloud) Decide(v *View, _ *functions.Call) Decision {
	if peer, ok := pick(v.Remote, v.Random); ok {
		return Decision{Action: Offload, Target: peer.ID, Reason: "policy is cloud only"}
	}
	if p.fallback && !v.Refused {
		return Decision{Action: Run, Reason: "no cloud node takes it"}
	}
	return Decision{Action: Drop, Reason: "no cloud node takes it"}
}

// edge runs here, else on a neighbour.
type edge struct{}

func (edge) Decide(v *View, _ *functions.Call) Decision { return hereOr(v, v.Near) }

// edgeCloud runs here, else in the cloud, else on a neighbour.
type edgeCloud struct{}

func (edgeCloud) Decide(v *View, _ *functions.Call) Decision { return hereOr(v, v.Remote, v.Near) }

// hereOr runs a call here when it can start now; else it offers it to the
// peers, group by group; when all have refused it waits here for its turn.
func hereOr(v *View, groups ...[]Peer) Decision {
	if v.Fit.Now() && !v.Refused {
		return Decision{Action: Run, Reason: "there is room here"}
	}
	for _, peers := range groups {
		if peer, ok := pick(peers, v.Random); ok {
			return Decision{Action: Offload, Target: peer.ID, Reason: "no room here"}
		}
	}
	if v.Refused {
		return Decision{Action: Drop, Reason: "refused everywhere"}
	}
	return Decision{Action: Run, Reason: "no peer takes it"}
}
