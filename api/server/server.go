package server

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/serverledge/serverledge/api"
)

// Options wires a Server. Engine, Store, Pool, Node and Compile are required.
type Options struct {
	Engine  Engine
	Store   Store
	Pool    Pool
	Node    Node
	Compile Compiler
	// Metrics serves /metrics; nil answers 404 there.
	Metrics http.Handler
	// Hosts are the names and addresses under which clients may call this node,
	// beside localhost and the loopback addresses; "*" allows any.
	Hosts []string
	// Hops is how often a client's call may be passed on (default 1).
	Hops int
	// Quota is how many functions there may be (default 10,000).
	Quota int
	// Grace is how long a body may take before the least rate holds (default
	// 5 s), and Rate that rate in bytes per second (default 1 KiB).
	Grace time.Duration
	Rate  int64
	// Log is where defects are told; nil discards them.
	Log *slog.Logger
}

// Server is the HTTP handler of a node. It is safe for concurrent use.
type Server struct {
	Options
	log     *slog.Logger
	routes  *chi.Mux
	hosts   hosts
	origins *http.CrossOriginProtection
	grace   time.Duration
	rate    int64
	once    *once
	large   chan struct{} // slots for large bodies
	openAPI func() ([]byte, error)
	self    api.Node
	prefix  string // of request ids
	count   atomic.Uint64
	panics  atomic.Uint64
}

// levelOfCalls is the level at which each request is told.
const levelOfCalls = slog.LevelDebug

// New returns a server. Close it to end the forwarded calls that it still runs.
func New(o Options) (*Server, error) {
	if o.Engine == nil || o.Store == nil || o.Pool == nil || o.Node == nil || o.Compile == nil {
		return nil, errors.New("server: Options.Engine, Store, Pool, Node and Compile are required")
	}
	if o.Hops <= 0 {
		o.Hops = 1
	}
	if o.Quota <= 0 {
		o.Quota = 10_000
	}
	if o.Grace <= 0 {
		o.Grace = 5 * time.Second
	}
	if o.Rate <= 0 {
		o.Rate = 1 << 10
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	var random [8]byte
	_, _ = rand.Read(random[:]) // crypto/rand never fails
	s := &Server{
		Options: o, log: o.Log, hosts: allowHosts(o.Hosts), origins: http.NewCrossOriginProtection(),
		grace: o.Grace, rate: o.Rate, once: newOnce(), large: make(chan struct{}, largeBodies), openAPI: sync.OnceValues(openAPI), self: o.Node.Self(),
		prefix: hex.EncodeToString(random[:]) + "-",
	}
	s.routes = s.table()
	return s, nil
}

// Close ends the forwarded calls that still run and waits for them.
func (s *Server) Close() error {
	s.once.close()
	return nil
}

// Panics returns how many handlers have panicked.
func (s *Server) Panics() uint64 { return s.panics.Load() }

// route is one row of the table of routes.
type route struct {
	method, pattern string
	handle          handler
}

// table makes the router. The tests hold it against openapi.yaml: a route that
// is not described there fails them.
func (s *Server) table() *chi.Mux {
	mux := chi.NewRouter()
	mux.NotFound(s.unknownRoute)
	mux.MethodNotAllowed(s.wrongMethod)
	for _, list := range [][]route{s.compatRoutes(), s.functionRoutes(), s.workflowRoutes(), s.executionRoutes(), s.taskRoutes(), s.nodeRoutes()} {
		for _, r := range list {
			mux.Method(r.method, r.pattern, s.adapt(r.handle))
			if r.method == http.MethodGet {
				mux.Method(http.MethodHead, r.pattern, s.adapt(r.handle))
			}
		}
	}
	if s.Metrics != nil {
		mux.Method(http.MethodGet, api.RouteMetrics, s.Metrics)
	}
	return mux
}

// adapt answers the error that a handler returns.
func (s *Server) adapt(handle handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := handle(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// allowed lists the methods that a path has.
func (s *Server) allowed(r *http.Request) []string {
	path := r.URL.RawPath
	if path == "" {
		path = r.URL.Path
	}
	var methods []string
	for _, method := range []string{http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut} {
		if s.routes.Match(chi.NewRouteContext(), method, path) {
			methods = append(methods, method)
		}
	}
	return methods
}
