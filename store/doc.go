// Package store keeps what must outlive a process: functions, packages,
// workflows, journals of executions, names and nodes. It owns the key layout
// and the codecs; a Driver (store/etcd, store/memory) moves the bytes.
//
// It is not a cache in front of a database, with one exception: functions and
// nodes are mirrored in memory by a watch, so that the hot path makes no round
// trip and known functions go on answering while the driver is away.
//
// Its invariant: every write is one transaction that carries its
// precondition. What must become visible together lies in one transaction, and
// where a document needs several, the key that makes it visible is written
// last. Nothing is read, modified and written back without a compare.
package store
