package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/serverledge/serverledge/api/client"
	"github.com/serverledge/serverledge/api/server"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/engine/services"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/functions/pack"
	"github.com/serverledge/serverledge/internal/config"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/offload"
	"github.com/serverledge/serverledge/offload/peers"
	"github.com/serverledge/serverledge/pool"
	"github.com/serverledge/serverledge/store"
)

// node is a running node: everything wired together. Parts are closed in the
// reverse order of their making.
type node struct {
	cfg  *config.Config
	log  *slog.Logger
	id   string
	area string

	dir      *dataDir
	packages *pack.Cache
	backend  *backend
	store    *store.Store
	driver   pool.Driver
	pool     *pool.Pool
	router   *offload.Router
	engine   *engine.Engine
	limits   string // of executions, as the engine keeps them
	api      *server.Server
	http     *http.Server
	listener net.Listener
	peers    peers.Table
	clients  clients
	metrics  *metrics

	registration *store.Registration
	closers      []closer
	tasks        sync.WaitGroup
	fatal        chan error // what makes the node stop by itself
}

// closer closes a part. A patient one waits for running calls until the grace
// is over; the others clean up, and get the time for it whatever happens.
type closer struct {
	patient bool
	close   func(context.Context) error
}

// maxConnections bounds the open connections of all clients together.
const maxConnections = 4096

// cleanupTime is what a part gets to clean up when the grace is over.
const cleanupTime = 20 * time.Second

// startNode starts a node: when it returns, calls are served.
func startNode(ctx context.Context, cfg *config.Config, log *slog.Logger) (_ *node, err error) {
	n := &node{cfg: cfg, log: log, area: cfg.Text("registry.area"), fatal: make(chan error, 1)}
	defer func() {
		if err != nil {
			grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
			defer cancel()
			err = errors.Join(err, n.close(grace))
		}
	}()
	// The port is taken first: whether it is free is the likeliest trouble.
	for _, start := range []func(context.Context) error{
		n.listen, n.openData, n.openStore, n.openDriver, n.openPool, n.openEngine, n.openAPI, n.register, n.recover, n.serve, n.keepHouse,
	} {
		if err := start(ctx); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// onClose has a part closed with the node.
func (n *node) onClose(f func(context.Context) error) {
	n.closers = append(n.closers, closer{close: f})
}

// onDrain has a part closed with the node that waits for running calls.
func (n *node) onDrain(f func(context.Context) error) {
	n.closers = append(n.closers, closer{patient: true, close: f})
}

// listen takes the port.
func (n *node) listen(ctx context.Context) error {
	host := n.cfg.Text("api.ip")
	if err := exposed(host, n.cfg.Bool("api.insecure")); err != nil {
		return err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, n.cfg.Text("api.port")))
	if err != nil {
		return &exitError{exitSystem, fmt.Errorf("%w; another program has the port, or the address is not of this machine: set api.port or api.ip", err)}
	}
	n.listener = l
	n.onClose(func(context.Context) error {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	return nil
}

// exposed refuses an address that others can reach: whoever reaches the API
// can run code here, and there is no authentication yet.
func exposed(host string, insecure bool) error {
	ip := net.ParseIP(host)
	if insecure || host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return &exitError{exitConfig, fmt.Errorf("api.ip %s can be reached from outside, and whoever reaches the API can run code here; "+
		"listen on 127.0.0.1, or set api.insecure: true on a network that you trust", host)}
}

// url is the address of the API.
func (n *node) url() string {
	address, ok := n.listener.Addr().(*net.TCPAddr)
	if !ok {
		return ""
	}
	ip := address.IP
	if ip.IsUnspecified() {
		ip = net.IPv4(127, 0, 0, 1)
	}
	return "http://" + net.JoinHostPort(ip.String(), strconv.Itoa(address.Port))
}

func (n *node) openData(context.Context) error {
	dir, err := openDataDir(n.cfg)
	if err != nil {
		return &exitError{exitSystem, err}
	}
	n.dir = dir
	n.onClose(func(context.Context) error { return dir.close() })
	n.id, err = dir.nodeID(n.cfg)
	if err != nil {
		return &exitError{exitConfig, err}
	}
	n.clients.from = n.id
	return nil
}

// openStore opens the store and waits until it has been read once.
func (n *node) openStore(ctx context.Context) error {
	b, err := openBackend(ctx, n.cfg, n.dir.sub("etcd"), n.log, n.fail)
	if err != nil {
		code := exitUnavailable
		if errors.Is(err, fault.Invalid) {
			code = exitConfig
		}
		return &exitError{code, err}
	}
	n.backend = b
	n.onClose(b.close)
	n.store = store.New(b.driver, store.Options{Log: n.log})
	n.log = n.log.With("node", n.id) // the store names the node itself
	n.onClose(func(context.Context) error { return n.store.Close() })
	return n.store.Ready(ctx)
}

// fail makes the node stop because of something that it cannot live without.
func (n *node) fail(err error) {
	select {
	case n.fatal <- err:
	default:
	}
}

func (n *node) openDriver(ctx context.Context) error {
	var err error
	if n.packages, err = pack.NewCache(n.dir.sub("packages"), n.store.Package); err != nil {
		return &exitError{exitSystem, err}
	}
	n.driver, err = openDriver(ctx, n.cfg, n.dir.sub("instances"), n.id, n.packages, n.log)
	if err != nil {
		return &exitError{exitUnavailable, err}
	}
	n.onClose(n.driver.Close)
	return nil
}

func (n *node) openPool(context.Context) error {
	n.metrics = newMetrics(n.area)
	n.pool = pool.New(n.driver, n.store, pool.Options{
		Node: n.id, Area: n.area, MemoryMB: memoryMB(n.cfg), CPUs: cpus(n.cfg),
		QueueCapacity: n.cfg.Int("scheduler.queue.capacity"), IdleTTL: n.cfg.Duration("container.expiration"),
		JanitorInterval: n.cfg.Duration("janitor.interval"), Log: n.log,
	})
	n.onClose(n.pool.Close)
	n.store.OnFunctionChange(func(before, now *functions.Function) {
		switch {
		case now != nil:
			n.pool.Retire(now.Namespace, now.Name, now.ID())
		case before != nil: // deleted: no version is kept
			n.pool.Retire(before.Namespace, before.Name, "")
		}
	})
	return nil
}

func (n *node) openEngine(context.Context) error {
	policy, err := offload.New(n.cfg.Text("scheduler.policy"), n.cfg.Bool("scheduler.fallback.local"))
	if err != nil {
		return &exitError{exitConfig, err}
	}
	if n.cfg.Text("scheduler.policy") == "qosaware" {
		n.log.Warn("policy qosaware decides as edgecloud in this version")
	}
	n.router = offload.NewRouter(offload.Options{
		Node: n.id, Area: n.area, RemoteArea: n.cfg.Text("registry.remote.area"), Policy: policy,
		Local: n.pool, Fit: n.fit, Hops: n.cfg.Int("scheduler.hops"), Log: n.log,
		Peers: func() []offload.Peer { return n.peers.Peers(time.Now()) },
		Dial:  func(p offload.Peer) functions.Invoker { return n.clients.to(p.Address) },
	})
	n.onClose(func(context.Context) error { return n.clients.close() })
	if n.limits, err = limits(n.cfg); err != nil {
		return err
	}
	store, err := openObjects(n.cfg, n.dir)
	if err != nil {
		return &exitError{exitConfig, err}
	}
	n.onClose(func(context.Context) error { return store.Close() })
	calls := services.New(services.Options{Allow: n.cfg.List("workflow.http.allow"), Objects: store})
	n.onClose(func(context.Context) error { return calls.Close() })
	n.engine, err = engine.New(engine.Options{
		Node: n.id, Journal: n.store, Names: n.store, Invoker: n.router, Compile: compile, Limits: n.limits, Workflow: n.workflow,
		Services: calls,
		Observe:  n.metrics.observe, Branch: n.metrics.branch, Log: n.log,
	})
	if err != nil {
		return err
	}
	n.onDrain(n.engine.Close)
	return nil
}

// workflow finds a registered workflow for tasks that start one.
func (n *node) workflow(ctx context.Context, namespace, name string) (*engine.Definition, error) {
	w, err := n.store.Workflow(ctx, namespace, name)
	if err != nil {
		return nil, err
	}
	return &engine.Definition{Workflow: w.Name, Language: w.Language, Definition: w.Definition, Version: w.Version}, nil
}

// compile makes a graph for the API, under the limits of this node.
func (n *node) compile(language, definition string, v engine.Variant) (*dag.Graph, string, error) {
	v.Limits = n.limits
	return detectAndCompile(language, definition, v)
}

// fit says how well this node could run a function now.
func (n *node) fit(ctx context.Context, namespace, name string) (offload.Fit, error) {
	f, err := n.store.Function(ctx, namespace, name)
	if err != nil {
		return offload.FitBusy, err
	}
	return fitOf(n.pool.Fits(f)), nil
}

func (n *node) openAPI(context.Context) error {
	hosts := n.cfg.List("api.hosts")
	if host := n.cfg.Text("api.ip"); net.ParseIP(host) == nil || !net.ParseIP(host).IsUnspecified() {
		hosts = append(hosts, host)
	} else {
		hosts = append(hosts, machineHosts()...)
	}
	handler := http.Handler(http.HandlerFunc(noMetrics))
	if n.cfg.Bool("metrics.enabled") {
		handler = n.metrics.handler(n.pool, n.engine)
	}
	var err error
	n.api, err = server.New(server.Options{
		Engine: n.engine, Store: n.store, Pool: poolFace{n.pool, n.driver}, Node: &nodeFace{n}, Compile: n.compile,
		Metrics: handler, Hosts: hosts, Hops: n.cfg.Int("scheduler.hops"), Log: n.log,
	})
	if err != nil {
		return err
	}
	n.metrics.countPanics(n.api.Panics)
	n.onClose(func(context.Context) error { return n.api.Close() })
	return nil
}

// serve answers calls from now on. Those that came since listen wait in the
// queue of the listener.
func (n *node) serve(context.Context) error {
	n.http = server.HTTP(n.api, n.log)
	n.tasks.Go(func() {
		if err := n.http.Serve(server.Limit(n.listener, maxConnections)); !errors.Is(err, http.ErrServerClosed) {
			n.fail(fmt.Errorf("serving the API: %w", err))
		}
	})
	n.onDrain(func(ctx context.Context) error {
		err := n.http.Shutdown(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			err = n.http.Close() // the grace is over: cut off who is left
		}
		return err
	})
	return os.WriteFile(n.dir.sub("api-address"), []byte(n.url()+"\n"), 0o600)
}

// register makes the node known to the others, and the others to it.
func (n *node) register(ctx context.Context) error {
	var fixed []peers.Node
	if address := n.cfg.Text("cloud.server.url"); address != "" {
		area := n.cfg.Text("registry.remote.area")
		if area == "" {
			return &exitError{exitConfig, errors.New("cloud.server.url needs registry.remote.area, which names the area of that node")}
		}
		fixed = append(fixed, peers.Node{ID: address, Area: area, Address: address})
	}
	set := func(nodes []store.Node) { n.peers.Set(peersOf(nodes), fixed...) }
	n.store.OnNodesChange(set)
	address, ok := n.listener.Addr().(*net.TCPAddr)
	if !ok {
		return fmt.Errorf("the API listens on %v, which is no TCP address", n.listener.Addr())
	}
	token, err := n.dir.token()
	if err != nil {
		return &exitError{exitSystem, err}
	}
	n.registration, err = n.store.Register(ctx, store.Node{
		ID: n.id, Area: n.area, Architecture: architecture(n.cfg), IP: advertised(address.IP), APIPort: address.Port,
		UDPPort: n.cfg.Int("registry.udp.port"), Runtimes: runtimeNames(n.driver.Runtimes()),
		MemoryMB: memoryMB(n.cfg), CPUs: cpus(n.cfg), Version: version, Token: token,
	}, n.cfg.Duration("registry.ttl"))
	if err != nil {
		return &exitError{exitConfig, fmt.Errorf("registering the node: %w", err)}
	}
	n.onClose(n.registration.Close)
	nodes, err := n.store.Nodes(ctx)
	if err != nil {
		return err
	}
	set(nodes)
	return nil
}

// recover takes up the executions that a former process left.
func (n *node) recover(ctx context.Context) error {
	count, err := n.engine.Recover(ctx)
	if count > 0 {
		n.log.InfoContext(ctx, "executions resumed", "count", count)
	}
	return err
}

// keepHouse removes what is past its time, now and then.
func (n *node) keepHouse(context.Context) error {
	ctx, stop := context.WithCancel(context.Background())
	var sweeper sync.WaitGroup
	n.onClose(func(context.Context) error {
		stop()
		sweeper.Wait()
		return os.Remove(n.dir.sub("api-address"))
	})
	sweeper.Go(func() {
		tick := time.NewTicker(max(n.cfg.Duration("janitor.interval"), time.Second))
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case now := <-tick.C:
				n.sweep(ctx, now)
			}
		}
	})
	return nil
}

func (n *node) sweep(ctx context.Context, now time.Time) {
	if err := n.recover(ctx); err != nil && ctx.Err() == nil {
		n.log.WarnContext(ctx, "unfinished executions cannot be looked for now", "err", err)
	}
	before := now.Add(-n.cfg.Duration("execution.retention"))
	if removed, err := n.store.Sweep(ctx, before); err != nil && ctx.Err() == nil {
		n.log.WarnContext(ctx, "old executions cannot be removed now", "err", err)
	} else if removed > 0 {
		n.log.InfoContext(ctx, "old executions removed", "count", removed)
	}
	if _, err := n.store.SweepPackages(ctx, before); err != nil && ctx.Err() == nil {
		n.log.WarnContext(ctx, "unused packages cannot be removed now", "err", err)
	}
	if err := n.sweepCache(ctx); err != nil && ctx.Err() == nil {
		n.log.WarnContext(ctx, "unused packages cannot be removed from this node now", "err", err)
	}
}

// sweepCache removes unpacked packages that no function uses. It removes none
// unless the store has told which are used.
func (n *node) sweepCache(ctx context.Context) error {
	used, err := n.store.UsedPackages(ctx)
	if err != nil {
		return err
	}
	_, err = n.packages.Sweep(func(digest string) bool { return used[digest] })
	return err
}

// close stops the node: no new work, what runs may end until ctx is done, then
// everything goes in the reverse order of its making.
func (n *node) close(ctx context.Context) error {
	if n.engine != nil {
		n.engine.Drain()
	}
	var errs []error
	for _, part := range slices.Backward(n.closers) {
		limit := ctx
		if !part.patient {
			var cancel context.CancelFunc
			limit, cancel = context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
			defer cancel()
		}
		if err := part.close(limit); err != nil {
			errs = append(errs, err)
		}
	}
	n.closers = nil
	n.tasks.Wait()
	return errors.Join(errs...)
}

// clients keeps one client per peer.
type clients struct {
	from string // the id of this node
	mu   sync.Mutex
	made map[string]*client.Client
}

func (c *clients) to(address string) *client.Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.made == nil {
		c.made = map[string]*client.Client{}
	}
	if c.made[address] == nil {
		c.made[address] = client.New(address, client.Options{From: c.from})
	}
	return c.made[address]
}

func (c *clients) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, made := range c.made {
		errs = append(errs, made.Close())
	}
	return errors.Join(errs...)
}
