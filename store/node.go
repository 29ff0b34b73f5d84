package store

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"time"
)

// Node is a live node as it registered itself.
type Node struct {
	// ID is unique among the nodes that share a store.
	ID           string
	Area         string
	Architecture string
	// IP and APIPort are where its API answers, UDPPort is for existing clients.
	IP      string
	APIPort int
	UDPPort int
	// Runtimes are those that it can run, MemoryMB and CPUs what it has for
	// instances.
	Runtimes []string `json:",omitempty"`
	MemoryMB int      `json:",omitempty"`
	CPUs     float64  `json:",omitempty"`
	// Version is that of the program.
	Version string `json:",omitempty"`
	// Token belongs to the node's data directory: a registration of the same ID
	// with the same token is the same node after a restart. It is no secret.
	Token string
	// Started is when the process registered.
	Started time.Time
}

// Address is the host and port of the node's API.
func (n *Node) Address() string { return net.JoinHostPort(n.IP, strconv.Itoa(n.APIPort)) }

// nodeRecord is how a node lies in the store.
type nodeRecord struct {
	Schema int
	// Instance is drawn for each registration, so that a process knows its own.
	Instance string
	Node
}

func nodeKey(id string) string { return nodeRoot + part(id) }

func (n *Node) registryKey() string {
	return registryRoot + segment(n.Area, wordFunction) + "/" + segment(n.Architecture, wordFunction) + "/" + segment(n.ID, wordFunction)
}

// registryValue is what existing clients read.
func (n *Node) registryValue() string {
	return fmt.Sprintf("%s;%d;%d;%s", n.IP, n.APIPort, n.UDPPort, n.Architecture)
}

func decodeNode(key string, value []byte) (nodeRecord, error) {
	var r nodeRecord
	if err := decode("node", value, &r); err != nil {
		return r, err
	}
	if nodeKey(r.ID) != key {
		return r, corrupt("node", "it names itself %.80q, which is another key", r.ID)
	}
	return r, nil
}

// Nodes returns the live nodes, by id, as far as they can be read. It reads
// from memory: while the driver is away the list stays as it was.
func (s *Store) Nodes(ctx context.Context) ([]Node, error) {
	if err := s.nodes.listed(ctx); err != nil {
		return nil, err
	}
	return s.listNodes(), nil
}

func (s *Store) listNodes() []Node {
	items := s.nodes.snapshot(nodeRoot)
	list := make([]Node, 0, len(items))
	for _, key := range slices.Sorted(maps.Keys(items)) {
		if it := items[key]; it.usable() {
			list = append(list, it.value.Node)
		}
	}
	return list
}

// OnNodesChange has a listener called with all nodes after each change from
// now on, one at a time. It must return soon and must not write to the store.
func (s *Store) OnNodesChange(listener func([]Node)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nodeListeners = append(s.nodeListeners, listener)
}

func (s *Store) nodeChanged(_, now item[nodeRecord]) {
	if now.err != nil {
		s.log.Warn("a stored node cannot be read", "err", now.err)
	}
	s.mu.Lock()
	listeners := slices.Clone(s.nodeListeners)
	s.mu.Unlock()
	if len(listeners) == 0 {
		return
	}
	list := s.listNodes()
	for _, listener := range listeners {
		listener(list)
	}
}
