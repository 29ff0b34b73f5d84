// Package api is the contract between nodes and their clients: the wire types,
// the routes, and the one table that relates error kinds to HTTP statuses. It
// holds neither a server nor a client.
package api
