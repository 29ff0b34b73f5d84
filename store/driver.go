package store

import (
	"context"
	"time"
)

// Driver is an ordered map of keys with revisions, in four verbs. Every
// committed transaction that changes something has a revision of its own,
// one more than the one before.
//
// Errors are of these kinds: fault.Unavailable when the store does not answer
// and surely has not done it, fault.Unknown when a transaction may or may not
// have been applied, fault.TooLarge over the limits below, fault.Exhausted
// when the store is full, fault.Invalid for a transaction that is malformed.
type Driver interface {
	// Range reads keys in ascending order, at one revision.
	Range(ctx context.Context, q Query) (Page, error)
	// Txn applies all ops, in one revision, if all conds hold; otherwise it
	// changes nothing and committed is false. rev is the store's revision
	// afterwards. A transaction may name a key only once in its ops, at most
	// MaxOps conds and ops each, and MaxTxn bytes in all.
	Txn(ctx context.Context, conds []Cond, ops []Op) (committed bool, rev int64, err error)
	// Watch reports what changes under a prefix after a revision, in order and
	// without gaps, until ctx is done or a Changes with Err, which is the last.
	// Then the channel is closed. ErrCompacted says that the history back to
	// after is gone: whoever watches must list again.
	Watch(ctx context.Context, prefix string, after int64) <-chan Changes
	// Lease makes a lease that is kept alive until it is closed or lost. ctx
	// bounds only the call. Drivers round ttl up to whole seconds.
	Lease(ctx context.Context, ttl time.Duration) (Lease, error)
}

// The limits of a transaction.
const (
	// MaxOps is how many conditions and how many operations it may have.
	MaxOps = 128
	// MaxTxn is the size of all keys and values together, in bytes. etcd's
	// default limit of a request is 1.5 MiB.
	MaxTxn = 1<<20 + 256<<10
)

// Query selects keys: one Key, or those that begin with Prefix.
type Query struct {
	// Key, when set, asks for this key only.
	Key string
	// Prefix bounds the range otherwise; From, when set, is its first key.
	Prefix, From string
	// Limit bounds the keys of a page; 0 is no bound.
	Limit int
	// KeysOnly leaves the values out.
	KeysOnly bool
}

// Page is an answer to a Query.
type Page struct {
	KVs []KV
	// Rev is the revision that the page shows.
	Rev int64
	// More tells that Limit cut the range.
	More bool
}

// KV is a key with its value.
type KV struct {
	Key   string
	Value []byte
	// Created and Modified are revisions: of the transaction that put the key
	// when it was absent, and of the last one that put it.
	Created, Modified int64
}

// Cond is a condition of a transaction on one key.
type Cond struct {
	Kind CondKind
	Key  string
	// Rev is what CondModified compares, Value what CondValue compares.
	Rev   int64
	Value []byte
}

// CondKind says what a condition demands.
type CondKind uint8

// The kinds of condition.
const (
	// CondAbsent demands that the key does not exist.
	CondAbsent CondKind = iota
	// CondPresent demands that it exists.
	CondPresent
	// CondModified demands that it was last put in revision Rev.
	CondModified
	// CondValue demands that it exists with this value.
	CondValue
)

// Absent demands that key does not exist.
func Absent(key string) Cond { return Cond{Kind: CondAbsent, Key: key} }

// Present demands that key exists.
func Present(key string) Cond { return Cond{Kind: CondPresent, Key: key} }

// Modified demands that key was last put in revision rev.
func Modified(key string, rev int64) Cond { return Cond{Kind: CondModified, Key: key, Rev: rev} }

// HasValue demands that key exists with this value.
func HasValue(key string, value []byte) Cond { return Cond{Kind: CondValue, Key: key, Value: value} }

// Op is one change of a transaction.
type Op struct {
	Kind OpKind
	Key  string
	// End is the first key that OpDeleteRange spares.
	End   string
	Value []byte
	// Lease, when set, makes the key vanish with the lease.
	Lease LeaseID
}

// OpKind says what an operation does.
type OpKind uint8

// The kinds of operation.
const (
	// OpPut sets a key's value.
	OpPut OpKind = iota
	// OpDelete removes a key, if it is there.
	OpDelete
	// OpDeleteRange removes the keys from Key up to, not including, End.
	OpDeleteRange
)

// Put sets a key's value.
func Put(key string, value []byte) Op { return Op{Kind: OpPut, Key: key, Value: value} }

// PutLeased sets the value of a key that vanishes with the lease.
func PutLeased(key string, value []byte, lease LeaseID) Op {
	return Op{Kind: OpPut, Key: key, Value: value, Lease: lease}
}

// Delete removes a key, if it is there.
func Delete(key string) Op { return Op{Kind: OpDelete, Key: key} }

// DeleteRange removes the keys from from up to, not including, end.
func DeleteRange(from, end string) Op { return Op{Kind: OpDeleteRange, Key: from, End: end} }

// DeletePrefix removes the keys that begin with prefix.
func DeletePrefix(prefix string) Op { return DeleteRange(prefix, PrefixEnd(prefix)) }

// PrefixEnd returns the first key after all that begin with prefix, "" when
// there is none.
func PrefixEnd(prefix string) string {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 0xff {
			return prefix[:i] + string([]byte{prefix[i] + 1})
		}
	}
	return ""
}

// Changes are the events of one or more whole revisions, in order.
type Changes struct {
	Events []Event
	// Rev is the last revision that the events belong to.
	Rev int64
	// Err ends the watch.
	Err error
}

// Event is one change of one key.
type Event struct {
	Key string
	// Value is the new value, nil when the key was Deleted.
	Value   []byte
	Deleted bool
	// Rev is the revision of the change.
	Rev int64
}

// LeaseID names a lease in an Op; 0 is none.
type LeaseID int64

// Lease is a claim to exist: keys put with it vanish when it is lost.
type Lease interface {
	ID() LeaseID
	// Done is closed when the lease was closed or lost, or when it must be
	// taken for lost because it could not be kept alive for its time.
	Done() <-chan struct{}
	// Close gives the lease up at once: its keys vanish. It waits for what
	// kept the lease alive, and is idempotent. After an error the keys vanish
	// when the lease's time is over.
	Close(ctx context.Context) error
}
