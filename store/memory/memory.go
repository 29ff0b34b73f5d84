// Package memory is a store.Driver in the memory of one process: for tests, and
// for a node that need not remember. It has the semantics of store/etcd,
// which storetest holds both to; it persists nothing.
package memory

import (
	"bytes"
	"context"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store"
)

// historyLimit is how many events are kept for watches that start in the past.
const historyLimit = 20_000

// Driver is a store.Driver. The zero value is ready, and empty.
type Driver struct {
	mu        sync.Mutex
	keys      []string // sorted
	values    map[string]*entry
	rev       int64
	history   []store.Event
	compacted int64         // events up to this revision are gone
	news      chan struct{} // closed and replaced at each change
	leases    map[store.LeaseID]*lease
	lastLease store.LeaseID
}

// entry is the state of one key.
type entry struct {
	value             []byte
	created, modified int64
	lease             store.LeaseID
}

// New returns an empty driver.
func New() *Driver { return &Driver{} }

// Range implements store.Driver.
func (d *Driver) Range(ctx context.Context, q store.Query) (store.Page, error) {
	if err := ctx.Err(); err != nil {
		return store.Page{}, away(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	page := store.Page{Rev: d.rev}
	for i := d.search(max(q.Key, q.Prefix, q.From)); i < len(d.keys); i++ {
		key := d.keys[i]
		if q.Key != "" && key != q.Key || !strings.HasPrefix(key, q.Prefix) {
			break
		}
		if q.Limit > 0 && len(page.KVs) == q.Limit {
			page.More = true
			break
		}
		e := d.values[key]
		kv := store.KV{Key: key, Created: e.created, Modified: e.modified}
		if !q.KeysOnly {
			kv.Value = bytes.Clone(e.value)
		}
		page.KVs = append(page.KVs, kv)
	}
	return page, nil
}

// Txn implements store.Driver.
func (d *Driver) Txn(ctx context.Context, conds []store.Cond, ops []store.Op) (committed bool, rev int64, err error) {
	if err := ctx.Err(); err != nil {
		return false, 0, away(err)
	}
	if err := store.CheckTxn(conds, ops); err != nil {
		return false, 0, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range conds {
		if !d.holds(c) {
			return false, d.rev, nil
		}
	}
	for _, op := range ops {
		if op.Lease != 0 && d.leases[op.Lease] == nil {
			return false, d.rev, fault.New(fault.NotFound, "lease_not_found", "the lease %d is gone", op.Lease)
		}
	}
	d.apply(ops)
	return true, d.rev, nil
}

// holds decides one condition. The caller holds mu.
func (d *Driver) holds(c store.Cond) bool {
	e := d.values[c.Key]
	switch c.Kind {
	case store.CondAbsent:
		return e == nil
	case store.CondPresent:
		return e != nil
	case store.CondModified:
		return e != nil && e.modified == c.Rev || e == nil && c.Rev == 0
	case store.CondValue:
		return e != nil && bytes.Equal(e.value, c.Value)
	}
	return false
}

// apply makes all changes in one revision, if there are any. The caller holds mu.
func (d *Driver) apply(ops []store.Op) {
	rev := d.rev + 1
	before := len(d.history)
	for _, op := range ops {
		switch op.Kind {
		case store.OpPut:
			d.put(op, rev)
		case store.OpDelete:
			d.remove(op.Key, rev)
		case store.OpDeleteRange:
			from := d.search(op.Key)
			to := len(d.keys)
			if op.End != "" {
				to = d.search(op.End)
			}
			for _, key := range slices.Clone(d.keys[from:max(from, to)]) {
				d.remove(key, rev)
			}
		}
	}
	if len(d.history) == before {
		return
	}
	d.rev = rev
	if len(d.history) > historyLimit {
		d.compact(d.history[len(d.history)-historyLimit/2].Rev)
	}
	if d.news != nil {
		close(d.news)
		d.news = nil
	}
}

func (d *Driver) put(op store.Op, rev int64) {
	e := d.values[op.Key]
	if e == nil {
		if d.values == nil {
			d.values = map[string]*entry{}
		}
		e = &entry{created: rev}
		d.values[op.Key] = e
		d.keys = slices.Insert(d.keys, d.search(op.Key), op.Key)
	}
	e.value, e.modified, e.lease = bytes.Clone(op.Value), rev, op.Lease
	d.history = append(d.history, store.Event{Key: op.Key, Value: bytes.Clone(op.Value), Rev: rev})
}

func (d *Driver) remove(key string, rev int64) {
	if d.values[key] == nil {
		return
	}
	delete(d.values, key)
	i := d.search(key)
	d.keys = slices.Delete(d.keys, i, i+1)
	d.history = append(d.history, store.Event{Key: key, Deleted: true, Rev: rev})
}

// search is where key stands, or would stand, in keys.
func (d *Driver) search(key string) int { return sort.SearchStrings(d.keys, key) }

// Compact forgets the history up to a revision.
func (d *Driver) Compact(rev int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.compact(rev)
}

func (d *Driver) compact(rev int64) {
	d.compacted = max(d.compacted, min(rev, d.rev))
	i := sort.Search(len(d.history), func(i int) bool { return d.history[i].Rev > d.compacted })
	d.history = slices.Clone(d.history[i:])
}

// Watch implements store.Driver.
func (d *Driver) Watch(ctx context.Context, prefix string, after int64) <-chan store.Changes {
	out := make(chan store.Changes)
	go d.watch(ctx, prefix, after, out)
	return out
}

// watch ends with ctx, which its caller must end.
func (d *Driver) watch(ctx context.Context, prefix string, after int64, out chan<- store.Changes) {
	defer close(out)
	for {
		c, news := d.since(prefix, after)
		if c.Err != nil || len(c.Events) > 0 {
			select {
			case out <- c:
			case <-ctx.Done():
				return
			}
			if c.Err != nil {
				return
			}
		}
		after = max(after, c.Rev)
		select {
		case <-news:
		case <-ctx.Done():
			return
		}
	}
}

// since returns what happened after a revision, and a channel that is closed
// when there is more.
func (d *Driver) since(prefix string, after int64) (store.Changes, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if after < d.compacted {
		return store.Changes{Err: store.ErrCompacted}, nil
	}
	c := store.Changes{Rev: d.rev}
	from := sort.Search(len(d.history), func(i int) bool { return d.history[i].Rev > after })
	for _, e := range d.history[from:] {
		if strings.HasPrefix(e.Key, prefix) {
			e.Value = bytes.Clone(e.Value)
			c.Events = append(c.Events, e)
		}
	}
	if d.news == nil {
		d.news = make(chan struct{})
	}
	return c, d.news
}

// lease implements store.Lease. It lives until it is closed or revoked: there
// is no way to lose touch with a driver in memory.
type lease struct {
	driver *Driver
	id     store.LeaseID
	done   chan struct{}
}

// Lease implements store.Driver.
func (d *Driver) Lease(ctx context.Context, _ time.Duration) (store.Lease, error) {
	if err := ctx.Err(); err != nil {
		return nil, away(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.leases == nil {
		d.leases = map[store.LeaseID]*lease{}
	}
	d.lastLease++
	l := &lease{driver: d, id: d.lastLease, done: make(chan struct{})}
	d.leases[l.id] = l
	return l, nil
}

// Revoke ends a lease as its expiry would.
func (d *Driver) Revoke(id store.LeaseID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.leases[id]
	if l == nil {
		return
	}
	delete(d.leases, id)
	var ops []store.Op
	for _, key := range d.keys {
		if d.values[key].lease == id {
			ops = append(ops, store.Delete(key))
		}
	}
	d.apply(ops)
	close(l.done)
}

// ID implements store.Lease.
func (l *lease) ID() store.LeaseID { return l.id }

// Done implements store.Lease.
func (l *lease) Done() <-chan struct{} { return l.done }

// Close implements store.Lease.
func (l *lease) Close(context.Context) error {
	l.driver.Revoke(l.id)
	return nil
}

func away(err error) error {
	return fault.New(fault.Unavailable, "store_unavailable", "the store was not asked: %w", err)
}
