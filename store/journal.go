package store

import (
	"context"
	"strconv"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/internal/fault"
)

// Begin writes the header and the first entries, numbered from 1, of a new
// execution owned by a node. It is there whole or not at all. fault.Exists when
// the id is taken, fault.TooLarge when a value is over MaxValue.
func (s *Store) Begin(ctx context.Context, id, owner string, header []byte, entries ...dag.Entry) error {
	if err := checkID(id); err != nil {
		return err
	}
	if err := bounded("owner", owner); err != nil {
		return err
	}
	if err := fits("header", header); err != nil {
		return err
	}
	puts, err := entryPuts(id, 0, entries)
	if err != nil {
		return err
	}
	head := []Op{
		Put(headerKey(id), header), Put(ownerKey(id), []byte(owner)),
		Put(ownedKey(owner, id), nil), Put(recentKey(id), nil),
	}
	// The header makes the execution visible: it goes with the last entries.
	fresh := Absent(headerKey(id))
	for _, b := range batches(id, 0, puts, head) {
		committed, _, err := s.commit(ctx, append(b.conds, fresh), b.ops)
		if err != nil {
			return err
		}
		if !committed {
			return fault.New(fault.Exists, "execution_exists", "there is already an execution %s", id)
		}
	}
	return nil
}

// Append adds entries after the entry numbered after, in order; when it fails,
// the first of them may be there and the others not. fault.Conflict when the
// journal ends elsewhere or the execution is finished, fault.NotFound when
// there is none, fault.TooLarge when a value is over MaxValue: then nothing
// was written. fault.Unknown when even reading back did not tell.
func (s *Store) Append(ctx context.Context, id string, after uint64, entries ...dag.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	if err := checkID(id); err != nil {
		return missing("execution", id)
	}
	puts, err := entryPuts(id, after, entries)
	if err != nil {
		return err
	}
	return s.extend(ctx, id, batches(id, after, puts, nil), Present(ownerKey(id)))
}

// Finish adds the last entries and the summary; the summary and the end of the
// ownership become visible together, with the last entries or after them.
// Errors are as of Append.
func (s *Store) Finish(ctx context.Context, id string, after uint64, summary []byte, entries ...dag.Entry) error {
	if err := checkID(id); err != nil {
		return missing("execution", id)
	}
	if err := fits("summary", summary); err != nil {
		return err
	}
	puts, err := entryPuts(id, after, entries)
	if err != nil {
		return err
	}
	owner, ok, err := s.get(ctx, ownerKey(id))
	if err != nil {
		return err
	}
	if !ok {
		return s.whyNot(ctx, id, after)
	}
	tail := []Op{
		Put(doneKey(id), summary), Delete(ownerKey(id)), Delete(ownedKey(string(owner.Value), id)),
	}
	return s.extend(ctx, id, batches(id, after, puts, tail), Modified(ownerKey(id), owner.Modified))
}

// extend commits batches while the execution is unfinished.
func (s *Store) extend(ctx context.Context, id string, list []batch, unfinished Cond) error {
	for _, b := range list {
		committed, _, err := s.commit(ctx, append(b.conds, unfinished), b.ops)
		if err != nil {
			return err
		}
		if !committed {
			return s.whyNot(ctx, id, b.after)
		}
	}
	return nil
}

// whyNot makes the error for a journal that refused entries.
func (s *Store) whyNot(ctx context.Context, id string, after uint64) error {
	if _, ok, err := s.get(ctx, headerKey(id)); err != nil {
		return err
	} else if !ok {
		return missing("execution", id)
	}
	if _, ok, err := s.get(ctx, ownerKey(id)); err != nil {
		return err
	} else if !ok {
		return fault.New(fault.Conflict, "execution_finished", "the execution %s is finished", id)
	}
	return fault.New(fault.Conflict, "journal_conflict", "the journal of the execution %s does not end with entry %d", id, after)
}

// Load returns the header, all entries and, once the execution is finished, its
// summary (nil before). fault.NotFound; fault.Internal "corrupt_record" when an
// entry cannot be read, "record_lost" when one is missing.
func (s *Store) Load(ctx context.Context, id string) (header []byte, entries []dag.Entry, summary []byte, err error) {
	if err := checkID(id); err != nil {
		return nil, nil, nil, missing("execution", id)
	}
	// The summary is read first: whoever sees it sees all entries afterwards.
	done, finished, err := s.get(ctx, doneKey(id))
	if err != nil {
		return nil, nil, nil, err
	}
	var l loader
	if err := s.each(ctx, Query{Prefix: executionPrefix(id)}, func(kv KV) error { return l.take(id, kv) }); err != nil {
		return nil, nil, nil, err
	}
	if !l.begun {
		return nil, nil, nil, missing("execution", id)
	}
	if !l.owned && !finished {
		if done, finished, err = s.get(ctx, doneKey(id)); err != nil {
			return nil, nil, nil, err
		}
	}
	if finished {
		summary = nonNil(done.Value)
	}
	return nonNil(l.header), l.entries, summary, nil
}

// loader gathers the keys of one execution.
type loader struct {
	begun, owned bool
	header       []byte
	entries      []dag.Entry
}

func (l *loader) take(id string, kv KV) error {
	switch kv.Key {
	case headerKey(id):
		l.begun, l.header = true, kv.Value
		return nil
	case ownerKey(id):
		l.owned = true
		return nil
	case claimBackKey(id):
		return nil
	}
	seq, err := strconv.ParseUint(kv.Key[min(len(kv.Key), len(entryPrefix(id))):], 16, 64)
	if err != nil {
		return nil //nolint:nilerr // a key that a later version put there
	}
	if want := uint64(len(l.entries)) + 1; seq != want {
		return fault.New(fault.Internal, "record_lost", "entry %d of the execution %s is missing", want, id)
	}
	e, err := dag.DecodeEntry(kv.Value)
	if err != nil {
		return corrupt("entry", "entry %d of the execution %s: %w", seq, id, err)
	}
	if e.Seq != seq {
		return corrupt("entry", "entry %d of the execution %s calls itself %d", seq, id, e.Seq)
	}
	l.entries = append(l.entries, e)
	return nil
}

// Unfinished returns the ids of the unfinished executions that a node owns.
func (s *Store) Unfinished(ctx context.Context, owner string) ([]string, error) {
	if err := bounded("owner", owner); err != nil {
		return nil, err
	}
	prefix := ownedPrefix(owner)
	var ids []string
	err := s.each(ctx, Query{Prefix: prefix, KeysOnly: true}, func(kv KV) error {
		if id := kv.Key[len(prefix):]; checkID(id) == nil {
			ids = append(ids, id)
		}
		return nil
	})
	return ids, err
}

// Stored is one execution as Recent returns it.
type Stored = struct {
	ID              string
	Header, Summary []byte
}

// Recent returns up to limit executions, newest first, that are older than the
// id before ("" for the newest): the header and, once finished, the summary
// (nil before).
func (s *Store) Recent(ctx context.Context, before string, limit int) ([]Stored, error) {
	q := Query{Prefix: recentRoot, KeysOnly: true}
	if before != "" {
		if err := checkID(before); err != nil {
			return nil, err
		}
		q.From = after(recentKey(before))
	}
	var list []Stored
	for len(list) < limit {
		q.Limit = limit - len(list)
		page, err := s.driver.Range(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, kv := range page.KVs {
			q.From = after(kv.Key)
			x, ok, err := s.stored(ctx, kv.Key)
			if err != nil {
				return nil, err
			}
			if ok {
				list = append(list, x)
			}
		}
		if !page.More || len(page.KVs) == 0 {
			break
		}
	}
	return list, nil
}

// stored reads the execution that a key of the index of all leads to; ok is
// false when it is gone.
func (s *Store) stored(ctx context.Context, key string) (x Stored, ok bool, err error) {
	id, ok := recentID(key)
	if !ok {
		return x, false, nil
	}
	header, ok, err := s.get(ctx, headerKey(id))
	if err != nil || !ok {
		return x, false, err
	}
	x = Stored{ID: id, Header: nonNil(header.Value)}
	done, finished, err := s.get(ctx, doneKey(id))
	if finished {
		x.Summary = nonNil(done.Value)
	}
	return x, true, err
}

// recentID reads the id out of a key of the index of all executions.
func recentID(key string) (id string, ok bool) {
	rest := key[len(recentRoot):]
	if len(rest) != idLength || checkID(rest[ulidLength:]+rest[:ulidLength]) != nil {
		return "", false
	}
	return rest[ulidLength:] + inverted(rest[:ulidLength]), true
}

// nonNil tells an empty value from none.
func nonNil(value []byte) []byte {
	if value == nil {
		return []byte{}
	}
	return value
}
