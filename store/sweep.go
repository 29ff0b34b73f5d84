package store

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// sweepChunk is how many keys one transaction of a sweep removes at most: a
// larger one would hold up every other writer.
const sweepChunk = 1000

// shards is how many groups of executions there are.
const shards = 256

// Sweep removes the finished executions that were begun before a moment, with
// their entries and names, and what was left of executions that never became
// visible. It returns how many finished ones it removed.
func (s *Store) Sweep(ctx context.Context, before time.Time) (removed int, err error) {
	bound := ulidAt(before)
	for i := range shards {
		shard := fmt.Sprintf("%02x", i)
		n, err := s.sweepShard(ctx, shard, bound)
		removed += n
		if err != nil {
			return removed, fmt.Errorf("sweeping the executions of shard %s: %w", shard, err)
		}
	}
	return removed, nil
}

func (s *Store) sweepShard(ctx context.Context, shard, bound string) (removed int, err error) {
	for {
		prefix := doneRoot + shard + "/"
		page, err := s.driver.Range(ctx, Query{Prefix: prefix, Limit: pageSize, KeysOnly: true})
		if err != nil {
			return removed, err
		}
		progress := false
		for _, kv := range page.KVs {
			id := kv.Key[len(prefix):]
			if checkID(id) != nil || id >= shard+bound {
				continue
			}
			if err := s.removeExecution(ctx, id); err != nil {
				return removed, err
			}
			removed, progress = removed+1, true
		}
		if !page.More || !progress {
			return removed, s.sweepRemains(ctx, shard, bound)
		}
	}
}

// removeExecution makes a finished execution invisible, and then removes its
// entries: should it stop in between, sweepRemains goes on next time.
func (s *Store) removeExecution(ctx context.Context, id string) error {
	ops := []Op{Delete(doneKey(id)), Delete(headerKey(id)), Delete(recentKey(id))}
	claim, err := s.claimOps(ctx, id)
	if err != nil {
		return err
	}
	if _, _, err := s.commit(ctx, nil, append(ops, claim...)); err != nil {
		return err
	}
	return s.removeRemains(ctx, id)
}

// claimOps give the name of an execution up, if it has one.
func (s *Store) claimOps(ctx context.Context, id string) ([]Op, error) {
	back, ok, err := s.get(ctx, claimBackKey(id))
	if err != nil || !ok {
		return nil, err
	}
	ops := []Op{Delete(back.Key)}
	if key := string(back.Value); strings.HasPrefix(key, claimRoot) {
		ops = append(ops, Delete(key))
	}
	return ops, nil
}

// removeRemains removes all keys of an execution that has no header, chunk by
// chunk.
func (s *Store) removeRemains(ctx context.Context, id string) error {
	prefix := executionPrefix(id)
	for {
		page, err := s.driver.Range(ctx, Query{Prefix: prefix, Limit: sweepChunk, KeysOnly: true})
		if err != nil || len(page.KVs) == 0 {
			return err
		}
		end := after(page.KVs[len(page.KVs)-1].Key)
		committed, _, err := s.commit(ctx, []Cond{Absent(headerKey(id))}, []Op{DeleteRange(page.KVs[0].Key, end)})
		if err != nil || !committed || !page.More {
			return err
		}
	}
}

// sweepRemains removes what belongs to no execution: of a Begin that did not
// come to its end, of a name whose execution was never begun, of a sweep that
// was interrupted. It looks only at keys older than the bound.
func (s *Store) sweepRemains(ctx context.Context, shard, bound string) error {
	prefix := executions + shard + "/"
	from := prefix
	for {
		page, err := s.driver.Range(ctx, Query{Prefix: prefix, From: from, Limit: 1, KeysOnly: true})
		if err != nil || len(page.KVs) == 0 {
			return err
		}
		id, _, _ := strings.Cut(page.KVs[0].Key[len(prefix):], "/")
		if id >= shard+bound {
			return nil
		}
		from = PrefixEnd(prefix + id + "/")
		if checkID(id) != nil {
			continue
		}
		if _, ok, err := s.get(ctx, headerKey(id)); err != nil {
			return err
		} else if ok {
			continue
		}
		if err := s.removeUnbegun(ctx, id); err != nil {
			return err
		}
	}
}

func (s *Store) removeUnbegun(ctx context.Context, id string) error {
	ops, err := s.claimOps(ctx, id)
	if err != nil {
		return err
	}
	if len(ops) > 0 {
		if committed, _, err := s.commit(ctx, []Cond{Absent(headerKey(id))}, ops); err != nil || !committed {
			return err
		}
	}
	return s.removeRemains(ctx, id)
}
