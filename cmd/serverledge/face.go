package main

import (
	"context"
	"net"
	"os"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/api/server"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/offload"
	"github.com/serverledge/serverledge/offload/peers"
	"github.com/serverledge/serverledge/pool"
	"github.com/serverledge/serverledge/store"
)

// poolFace is the pool as the API sees it.
type poolFace struct {
	*pool.Pool
	driver pool.Driver
}

// Check tells why this node can never run a function.
func (p poolFace) Check(f *functions.Function) error {
	runtime, err := functions.ParseRuntime(f.Runtime)
	if err != nil {
		return err
	}
	if err := runtime.Satisfied(p.driver.Runtimes()); err != nil {
		return err
	}
	if total := p.Status().TotalMemoryMB; f.MemoryMB > total {
		return fault.New(fault.Invalid, "insufficient_capacity", "the function needs %d MiB and the pool of this node has %d", f.MemoryMB, total).
			WithHint("ask for less memory, or give the node more (container.pool.memory)")
	}
	return p.driver.Check(f)
}

// Free returns the memory and the CPUs that are not booked.
func (p poolFace) Free() (memoryMB int64, cpus float64) {
	s := p.Status()
	return int64(s.FreeMemoryMB), s.TotalCPUs - s.UsedCPUs
}

// fitOf translates what the pool says for the policies.
func fitOf(f pool.Fit) offload.Fit {
	switch f {
	case pool.FitWarm:
		return offload.FitWarm
	case pool.FitCold:
		return offload.FitCold
	case pool.FitEvicting:
		return offload.FitEvict
	case pool.FitNo:
		return offload.FitBusy
	}
	return offload.FitBusy
}

// nodeFace is the node as the API sees it.
type nodeFace struct{ n *node }

// Self describes this node.
func (f *nodeFace) Self() api.Node {
	n, s := f.n, f.n.pool.Status()
	return api.Node{
		ID: n.id, Area: n.area, Address: n.url(), Architecture: architecture(n.cfg), Self: true, Status: "ready",
		Driver: n.driver.Name(), Runtimes: n.driver.Runtimes(), MemoryMB: int64(s.TotalMemoryMB), FreeMemoryMB: int64(s.FreeMemoryMB),
		CPUs: s.TotalCPUs, FreeCPUs: s.TotalCPUs - s.UsedCPUs, Policy: n.cfg.Text("scheduler.policy"), Version: version,
	}
}

// Status describes this node as existing clients expect.
func (f *nodeFace) Status() api.StatusResponse {
	n, s := f.n, f.n.pool.Status()
	warm := s.Warm
	if warm == nil {
		warm = map[string]int{}
	}
	return api.StatusResponse{
		Url: n.url(), AvailableWarmContainers: warm, AvailableMemMB: int64(s.FreeMemoryMB + s.IdleMemoryMB), AvailableCPUs: s.TotalCPUs - s.UsedCPUs,
		TotalMemory: int64(s.TotalMemoryMB), AvailableMemory: int64(s.FreeMemoryMB + s.IdleMemoryMB), FreeMemory: int64(s.FreeMemoryMB),
		TotalCPU: s.TotalCPUs, UsedCPU: s.UsedCPUs, Coordinates: api.Coordinates{Vec: []float64{}}, LoadAvg: loadAverage(),
		LastUpdateTime: time.Now().Unix(), Node: n.id, Area: n.area, Driver: n.driver.Name(), Runtimes: n.driver.Runtimes(),
		Version: version, Policy: n.cfg.Text("scheduler.policy"), Queue: s.Queued, Busy: s.Busy,
	}
}

// Nodes lists the registered nodes, this one with what it knows of itself.
func (f *nodeFace) Nodes(ctx context.Context) ([]api.Node, error) {
	registered, err := f.n.store.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]api.Node, 0, len(registered))
	for _, r := range registered {
		if r.ID == f.n.id {
			out = append(out, f.Self())
			continue
		}
		out = append(out, api.Node{
			ID: r.ID, Area: r.Area, Address: "http://" + r.Address(), Architecture: r.Architecture, Status: "registered",
			MemoryMB: int64(r.MemoryMB), CPUs: r.CPUs, Version: r.Version,
		})
	}
	return out, nil
}

// Ready tells why the node cannot serve calls now.
func (f *nodeFace) Ready(context.Context) error {
	if r := f.n.registration; r == nil || !r.Live() {
		return fault.New(fault.Unavailable, "not_registered", "the node is not registered in the store now").
			WithHint("it registers by itself as soon as the store answers").WithRetryAfter(time.Second)
	}
	return nil
}

// Peer returns another node by its id.
func (f *nodeFace) Peer(ctx context.Context, id string) (server.Peer, error) {
	registered, err := f.n.store.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range registered {
		if r.ID == id {
			return f.n.clients.to("http://" + r.Address()), nil
		}
	}
	return nil, fault.New(fault.Unavailable, "node_not_registered", "node %s is not registered now", id)
}

// peersOf translates registrations for the policies.
func peersOf(nodes []store.Node) []peers.Node {
	out := make([]peers.Node, len(nodes))
	for i, n := range nodes {
		out[i] = peers.Node{ID: n.ID, Area: n.Area, Address: "http://" + n.Address(), MemoryMB: n.MemoryMB, CPUs: n.CPUs, Seen: time.Now()}
	}
	return out
}

// advertised is the address that other nodes are told: that of the listener,
// or the machine's first one when it listens on all.
func advertised(ip net.IP) string {
	if !ip.IsUnspecified() {
		return ip.String()
	}
	addresses, err := net.InterfaceAddrs()
	if err == nil {
		for _, a := range addresses {
			if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
				return n.IP.String()
			}
		}
	}
	return "127.0.0.1"
}

// machineHosts lists the names and addresses of this machine.
func machineHosts() []string {
	var out []string
	if host, err := os.Hostname(); err == nil {
		out = append(out, host)
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return out
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok {
			out = append(out, n.IP.String())
		}
	}
	return out
}
