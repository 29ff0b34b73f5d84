// Package server is the HTTP face of a node: it decodes a request, calls what
// does the work, and encodes the answer. It decides nothing about executions,
// instances or peers.
//
// Two dialects share the handlers' inside: the routes that existing Serverledge
// clients use keep their bodies and statuses (compat_*.go), and /v1 has
// resources, strict JSON and one form of error (RFC 9457).
//
// Its invariant: nothing that comes over the network is trusted before it is
// bounded. Headers, bodies, JSON depth, names, numbers and waiting times have a
// limit each, and what is over a limit gets a 4xx answer that says which one,
// never a 5xx.
package server
