package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/serverledge/serverledge/internal/fault"
)

// DefaultTTL is how long a node counts as live after it was last heard of.
const DefaultTTL = 15 * time.Second

// The pauses between two tries to register again, doubling.
const (
	registerPause    = 100 * time.Millisecond
	registerPauseMax = 5 * time.Second
	// registerTime bounds one try.
	registerTime = 5 * time.Second
)

// Registration keeps a node registered until it is closed.
type Registration struct {
	store  *Store
	record nodeRecord
	ttl    time.Duration

	lease  Lease // the current one; owned by keep, and by Close after it
	live   atomic.Bool
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// Register makes a node known to the others until the registration is closed;
// ttl is how long it stays known after its process is gone (DefaultTTL when 0).
// When its lease is lost, because the node was paused or cut off, it registers
// again as soon as it can. fault.Exists "node_id_taken" when another node with
// the same id is live; the same node (same Token) takes over from the process
// that was there before. The caller must not have two processes with one Token.
func (s *Store) Register(ctx context.Context, n Node, ttl time.Duration) (*Registration, error) {
	for what, text := range map[string]string{"node's id": n.ID, "area": n.Area, "architecture": n.Architecture} {
		if err := bounded(what, text); err != nil {
			return nil, err
		}
	}
	if n.Token == "" {
		return nil, fault.New(fault.Invalid, "invalid_node", "the node %s has no token", n.ID)
	}
	if ttl <= 0 {
		ttl = DefaultTTL
	}
	n.Started = time.Now().UTC()
	lifetime, cancel := context.WithCancel(context.Background())
	r := &Registration{
		store: s, ttl: ttl, cancel: cancel,
		record: nodeRecord{Schema: schemaVersion, Instance: rand.Text(), Node: n},
	}
	if err := r.register(ctx, true); err != nil {
		cancel()
		return nil, fmt.Errorf("registering the node %s: %w", n.ID, err)
	}
	r.wg.Go(func() { r.keep(lifetime) })
	return r, nil
}

// Live tells whether the node is registered, as far as it knows.
func (r *Registration) Live() bool { return r.live.Load() }

// Close takes the node off the list at once. When the store is away, the node
// vanishes after its ttl, and Close returns fault.Unavailable.
func (r *Registration) Close(ctx context.Context) error {
	r.cancel()
	r.wg.Wait()
	r.live.Store(false)
	return r.lease.Close(ctx)
}

// keep registers again whenever the lease is lost.
func (r *Registration) keep(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.lease.Done():
		}
		r.live.Store(false)
		r.store.log.WarnContext(ctx, "the node's lease was lost, registering again", "node", r.record.ID)
		for wait := registerPause; ; wait = min(2*wait, registerPauseMax) {
			err := r.again(ctx)
			if err == nil {
				r.store.log.InfoContext(ctx, "the node is registered again", "node", r.record.ID)
				break
			}
			if ctx.Err() != nil {
				return
			}
			r.store.log.WarnContext(ctx, "registering the node again did not work, will try again", "node", r.record.ID, "err", err)
			if !pause(ctx, wait) {
				return
			}
		}
	}
}

func (r *Registration) again(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, registerTime)
	defer cancel()
	return r.register(ctx, false)
}

// register takes a lease and puts the node's keys on it. The first time it may
// take over from an earlier process of the same node; later only from itself,
// because then the other process is the newer one.
func (r *Registration) register(ctx context.Context, first bool) error {
	value, err := encode("node", r.record)
	if err != nil {
		return err
	}
	lease, err := r.store.driver.Lease(ctx, r.ttl)
	if err != nil {
		return err
	}
	if err := r.claim(ctx, lease.ID(), value, first); err != nil {
		// The lease holds nothing, or what an unknown outcome put there.
		return errors.Join(err, ignoreAway(lease.Close(context.WithoutCancel(ctx))))
	}
	r.lease = lease
	r.live.Store(true)
	return nil
}

func (r *Registration) claim(ctx context.Context, lease LeaseID, value []byte, first bool) error {
	key := nodeKey(r.record.ID)
	for range updateTries {
		kv, ok, err := r.store.get(ctx, key)
		if err != nil {
			return err
		}
		cond := Absent(key)
		ops := []Op{
			PutLeased(key, value, lease),
			PutLeased(r.record.registryKey(), []byte(r.record.registryValue()), lease),
		}
		if ok {
			old, err := decodeNode(key, kv.Value)
			if err != nil {
				return err
			}
			if err := r.mayReplace(old, first); err != nil {
				return err
			}
			cond = Modified(key, kv.Modified)
			if old.registryKey() != r.record.registryKey() {
				ops = append(ops, Delete(old.registryKey()))
			}
		}
		committed, rev, err := r.store.commit(ctx, []Cond{cond}, ops)
		if err != nil {
			return err
		}
		if committed {
			r.store.nodes.apply(Event{Key: key, Value: value, Rev: rev})
			return nil
		}
	}
	return contended("node", r.record.ID)
}

func (r *Registration) mayReplace(old nodeRecord, first bool) error {
	if old.Token == r.record.Token && (first || old.Instance == r.record.Instance) {
		return nil
	}
	return fault.New(fault.Exists, "node_id_taken", "another node with the id %s is live at %s", r.record.ID, old.Address()).
		WithHint("give this node an id of its own (registry.node.id), or stop the other one")
}

// ignoreAway drops the error of a lease that could not be closed because the
// store is away: it runs out by itself.
func ignoreAway(err error) error {
	if errors.Is(err, fault.Unavailable) || errors.Is(err, fault.Unknown) {
		return nil
	}
	return err
}
