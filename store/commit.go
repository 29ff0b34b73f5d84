package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/serverledge/serverledge/internal/fault"
)

// How often a transaction is tried, and how long the first pause is; each
// further one is twice as long.
const (
	commitTries = 5
	commitPause = 40 * time.Millisecond
)

// commit applies a transaction and finds out what came of it when the driver
// does not know: it reads the keys back, and only when the changes are not
// there tries the same transaction again. conds must fail once the ops were
// applied, unless applying them twice is the same as once: then a late first
// copy can do no harm.
func (s *Store) commit(ctx context.Context, conds []Cond, ops []Op) (committed bool, rev int64, err error) {
	unknown := false
	for try := range commitTries {
		if try > 0 && !pause(ctx, commitPause<<(try-1)) {
			break
		}
		if unknown {
			var there bool
			if there, rev, err = s.landed(ctx, ops); err == nil && there {
				return true, rev, nil
			} else if err != nil {
				continue
			}
		}
		committed, rev, err = s.driver.Txn(ctx, conds, ops)
		switch {
		case err == nil && !committed && unknown:
			// The earlier copy may have come in between.
			if committed, rev, err = s.landed(ctx, ops); err == nil {
				return committed, rev, nil
			}
		case err == nil:
			return committed, rev, nil
		case errors.Is(err, fault.Unknown):
			unknown = true
		case !errors.Is(err, fault.Unavailable):
			return false, 0, err
		}
	}
	if unknown {
		return false, 0, fault.New(fault.Unknown, "store_outcome_unknown", "the store may or may not have taken the change: %w", err).
			WithHint("look whether it is there before trying again")
	}
	return false, 0, err
}

// landed tells whether the store shows what the ops would have done.
func (s *Store) landed(ctx context.Context, ops []Op) (there bool, rev int64, err error) {
	for _, op := range ops {
		q := Query{Key: op.Key}
		if op.Kind == OpDeleteRange {
			q = Query{Prefix: op.Key, Limit: 1, KeysOnly: true}
		}
		page, err := s.driver.Range(ctx, q)
		if err != nil {
			return false, 0, fmt.Errorf("reading a change back: %w", err)
		}
		found := len(page.KVs) == 1
		if op.Kind == OpPut && (!found || !bytes.Equal(page.KVs[0].Value, op.Value)) || op.Kind != OpPut && found {
			return false, page.Rev, nil
		}
		rev = max(rev, page.Rev)
	}
	return true, rev, nil
}

// get reads one key; ok is false when it is absent.
func (s *Store) get(ctx context.Context, key string) (kv KV, ok bool, err error) {
	page, err := s.driver.Range(ctx, Query{Key: key})
	if err != nil || len(page.KVs) == 0 {
		return KV{}, false, err
	}
	return page.KVs[0], true, nil
}

// pageSize is how many keys are read at a time where there may be many.
const pageSize = 512

// each reads all keys of a query in pages and hands them to do.
func (s *Store) each(ctx context.Context, q Query, do func(KV) error) error {
	q.Limit = pageSize
	for {
		page, err := s.driver.Range(ctx, q)
		if err != nil {
			return err
		}
		for _, kv := range page.KVs {
			if err := do(kv); err != nil {
				return err
			}
		}
		if !page.More || len(page.KVs) == 0 {
			return nil
		}
		q.From = after(page.KVs[len(page.KVs)-1].Key)
	}
}

// after is the smallest key greater than key.
func after(key string) string { return key + "\x00" }

// pause waits; it is false when ctx ended the wait.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
