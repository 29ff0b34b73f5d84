package store

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/serverledge/serverledge/internal/fault"
)

// The pauses between two tries to list and watch again: doubling from the
// first to the last.
const (
	mirrorPause    = 50 * time.Millisecond
	mirrorPauseMax = 3 * time.Second
)

// mirror is a copy in memory of the records under a prefix, fed by a watch.
// While the driver is away it keeps what it has.
type mirror[T any] struct {
	prefix  string
	decode  func(key string, value []byte) (T, error)
	changed func(before, now item[T])

	// order makes changes one at a time, so that changed is called in their
	// order; items are read under mu alone.
	order sync.Mutex
	mu    sync.RWMutex
	items map[string]item[T]
	// ready is closed after the first list.
	ready chan struct{}
	once  sync.Once
}

// item is one mirrored record. One that is gone stays until the watch has
// passed its revision, so that late news of its life do not revive it.
type item[T any] struct {
	value T
	err   error
	rev   int64
	gone  bool
}

// usable tells that there is a record and that it could be read.
func (i item[T]) usable() bool { return i.rev != 0 && !i.gone && i.err == nil }

func newMirror[T any](prefix string, decode func(string, []byte) (T, error), changed func(before, now item[T])) *mirror[T] {
	return &mirror[T]{
		prefix: prefix, decode: decode, changed: changed,
		items: map[string]item[T]{}, ready: make(chan struct{}),
	}
}

// run lists and watches until ctx is done; after every end of the watch it
// lists again, so that nothing is missed.
func (m *mirror[T]) run(ctx context.Context, driver Driver, log *slog.Logger) {
	wait := mirrorPause
	for {
		rev, err := m.list(ctx, driver)
		if err == nil {
			wait = mirrorPause
			err = m.follow(ctx, driver, rev)
		}
		if ctx.Err() != nil {
			return
		}
		if !errors.Is(err, ErrCompacted) {
			log.WarnContext(ctx, "watching the store was interrupted, will try again", "prefix", m.prefix, "err", err)
		}
		if !pause(ctx, wait) {
			return
		}
		wait = min(2*wait, mirrorPauseMax)
	}
}

// list takes over the whole prefix and returns the revision that it shows.
func (m *mirror[T]) list(ctx context.Context, driver Driver) (int64, error) {
	page, err := driver.Range(ctx, Query{Prefix: m.prefix})
	if err != nil {
		return 0, err
	}
	m.order.Lock()
	defer m.order.Unlock()
	seen := make(map[string]bool, len(page.KVs))
	for _, kv := range page.KVs {
		seen[kv.Key] = true
		m.set(Event{Key: kv.Key, Value: kv.Value, Rev: kv.Modified})
	}
	for _, key := range slices.Sorted(maps.Keys(m.snapshot(m.prefix))) {
		if !seen[key] {
			m.set(Event{Key: key, Deleted: true, Rev: page.Rev})
		}
	}
	m.forget(page.Rev)
	m.once.Do(func() { close(m.ready) })
	return page.Rev, nil
}

// follow takes over every change after a revision until the watch ends.
func (m *mirror[T]) follow(ctx context.Context, driver Driver, rev int64) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for c := range driver.Watch(ctx, m.prefix, rev) {
		if c.Err != nil {
			return c.Err
		}
		m.order.Lock()
		for _, e := range c.Events {
			m.set(e)
		}
		m.forget(c.Rev)
		m.order.Unlock()
	}
	return ctx.Err()
}

// apply takes over a change that this process made itself, so that whoever
// wrote reads what it wrote.
func (m *mirror[T]) apply(e Event) {
	m.order.Lock()
	defer m.order.Unlock()
	m.set(e)
}

// set takes over one change, unless a later one of the key is known. The
// caller holds order.
func (m *mirror[T]) set(e Event) {
	m.mu.RLock()
	before := m.items[e.Key]
	m.mu.RUnlock()
	if before.rev >= e.Rev {
		return
	}
	now := item[T]{rev: e.Rev, gone: e.Deleted}
	if !e.Deleted {
		now.value, now.err = m.decode(e.Key, e.Value)
	}
	m.mu.Lock()
	m.items[e.Key] = now
	m.mu.Unlock()
	m.changed(before, now)
}

// forget drops what is gone since before a revision that was seen whole. The
// caller holds order.
func (m *mirror[T]) forget(rev int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.items, func(_ string, it item[T]) bool { return it.gone && it.rev <= rev })
}

// firstList bounds the wait for the first list of those who read.
const firstList = 5 * time.Second

// listed waits for the first list, but not for long.
func (m *mirror[T]) listed(ctx context.Context) error {
	select {
	case <-m.ready:
		return nil
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, firstList)
	defer cancel()
	return m.wait(ctx)
}

// wait waits for the first list.
func (m *mirror[T]) wait(ctx context.Context) error {
	select {
	case <-m.ready:
		return nil
	case <-ctx.Done():
		return fault.New(fault.Unavailable, "store_unavailable", "the store did not answer yet: %w", context.Cause(ctx))
	}
}

// get returns the record of a key; ok is false when there is none.
func (m *mirror[T]) get(key string) (it item[T], ok bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	it, ok = m.items[key]
	return it, ok && !it.gone
}

// snapshot returns the records whose keys begin with prefix.
func (m *mirror[T]) snapshot(prefix string) map[string]item[T] {
	m.mu.RLock()
	defer m.mu.RUnlock()
	out := make(map[string]item[T], len(m.items))
	for key, it := range m.items {
		if !it.gone && strings.HasPrefix(key, prefix) {
			out[key] = it
		}
	}
	return out
}
