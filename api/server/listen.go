package server

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// The limits of connections.
const (
	maxHeader   = 32 << 10
	headerTime  = 5 * time.Second
	idleTime    = 60 * time.Second
	perAddress  = 100
	perLoopback = 1000
)

// HTTP returns the HTTP server of a handler, with limits that keep slow and
// broken clients from holding it up. Serve it on a listener of Limit. Bodies
// and answers have no time limit here: the handler paces them.
func HTTP(handler http.Handler, log *slog.Logger) *http.Server {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeader,
		// What strangers send is no news.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// Limit returns a listener that closes new connections at once while total of
// them are open (0: no bound), or while their address has its share: 100, on
// the loopback interface 1,000.
func Limit(l net.Listener, total int) net.Listener {
	return &limited{Listener: l, total: total, each: map[netip.Addr]int{}}
}

// limited counts the open connections by address.
type limited struct {
	net.Listener
	total int

	mu   sync.Mutex
	open int
	each map[netip.Addr]int
}

// Accept returns the next connection within the limits.
func (l *limited) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		address := addressOf(conn)
		if l.take(address) {
			return &counted{Conn: conn, free: sync.OnceFunc(func() { l.free(address) })}, nil
		}
		_ = conn.Close() // its client finds out
	}
}

func (l *limited) take(address netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	share := perAddress
	if address.IsLoopback() || !address.IsValid() {
		share = perLoopback
	}
	if l.total > 0 && l.open >= l.total || l.each[address] >= share {
		return false
	}
	l.open++
	l.each[address]++
	return true
}

func (l *limited) free(address netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if l.each[address]--; l.each[address] == 0 {
		delete(l.each, address)
	}
}

// addressOf returns the address of the other side, the zero one when it has
// none (a unix socket).
func addressOf(conn net.Conn) netip.Addr {
	peer, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return peer.Addr().Unmap()
}

// counted frees its place when it is closed.
type counted struct {
	net.Conn
	free func()
}

// Close closes the connection.
func (c *counted) Close() error {
	defer c.free()
	return c.Conn.Close()
}
