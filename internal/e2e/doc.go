// Package e2e holds the tests that run real nodes: processes, sockets, etcd,
// containers and sandboxes, through the same programs that users run.
package e2e
