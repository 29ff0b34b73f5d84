// Package peers keeps what a node knows of the others: a table that is fed by
// the registrations in the store. It polls nobody.
package peers

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/serverledge/serverledge/offload"
)

// Node is the registration of a node.
type Node struct {
	ID, Area, Address string
	MemoryMB          int
	CPUs              float64
	// Seen is when the registration was last confirmed.
	Seen time.Time
}

// Table is the current set of peers. The zero value is empty and ready; it is
// safe for concurrent use.
type Table struct{ nodes atomic.Pointer[[]Node] }

// Set replaces the set; nodes that are listed under fixed stay in it.
func (t *Table) Set(nodes []Node, fixed ...Node) {
	all := slices.Clone(nodes)
	for _, f := range fixed {
		if !slices.ContainsFunc(all, func(n Node) bool { return n.ID == f.ID || n.Address == f.Address }) {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b Node) int { return strings.Compare(a.ID, b.ID) })
	t.nodes.Store(&all)
}

// Nodes returns the set, ordered by id. The slice must not be changed.
func (t *Table) Nodes() []Node {
	if p := t.nodes.Load(); p != nil {
		return *p
	}
	return nil
}

// Peers returns the set as policies see it at a moment.
func (t *Table) Peers(now time.Time) []offload.Peer {
	nodes := t.Nodes()
	out := make([]offload.Peer, len(nodes))
	for i, n := range nodes {
		out[i] = offload.Peer{ID: n.ID, Area: n.Area, Address: n.Address, FreeMemoryMB: n.MemoryMB, FreeCPUs: n.CPUs}
		if !n.Seen.IsZero() {
			out[i].Age = now.Sub(n.Seen)
		}
	}
	return out
}
