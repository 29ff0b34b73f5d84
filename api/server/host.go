package server

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/serverledge/serverledge/internal/fault"
)

// hosts is the set of names under which the node may be called. A browser that
// was lured to a name which resolves to the loopback address says that name in
// Host: it must not be in the set.
type hosts struct {
	any   bool
	names map[string]bool
}

func allowHosts(names []string) hosts {
	h := hosts{names: map[string]bool{"localhost": true}}
	for _, name := range names {
		if name == "*" {
			h.any = true
		}
		h.names[hostName(name)] = true
	}
	return h
}

// check refuses a request for another host. A request of HTTP/1.0 may have
// none; no browser sends such.
func (h hosts) check(r *http.Request) error {
	if h.any || r.Host == "" {
		return nil
	}
	name := hostName(r.Host)
	if h.names[name] {
		return nil
	}
	if address, err := netip.ParseAddr(name); err == nil && address.IsLoopback() {
		return nil
	}
	return fault.New(fault.Denied, "host_not_allowed", "this node does not answer to the host of the request").
		WithHint("use the node's own name or address, or add the host to api.hosts")
}

// hostName strips the port and the brackets, and folds the case.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
