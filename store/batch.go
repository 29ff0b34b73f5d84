package store

import (
	"fmt"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/internal/fault"
)

// batch is one transaction of a journal write. Its conditions are the fence:
// the entry before its first is there, the first is not.
type batch struct {
	after uint64
	conds []Cond
	ops   []Op
}

// fenceConds is room for the conditions that a writer adds to a batch's own.
const fenceConds = 2

// entryPuts encodes entries that must be numbered on from after. All of them
// are checked before any is written.
func entryPuts(id string, after uint64, entries []dag.Entry) ([]Op, error) {
	puts := make([]Op, len(entries))
	for i, e := range entries {
		if want := after + 1 + uint64(i); e.Seq != want { //nolint:gosec // not negative
			return nil, fault.New(fault.Internal, "entry_out_of_order", "entry %d of the execution %s stands where %d belongs", e.Seq, id, want)
		}
		value, err := dag.EncodeEntry(e)
		if err != nil {
			return nil, fmt.Errorf("encoding entry %d of the execution %s: %w", e.Seq, id, err)
		}
		if err := fits(fmt.Sprintf("entry %d", e.Seq), value); err != nil {
			return nil, err
		}
		puts[i] = Put(entryKey(id, e.Seq), value)
	}
	return puts, nil
}

// batches cuts puts of entries into transactions, in order. The ops of tail go
// with the last entries when there is room, else in a transaction after them.
func batches(id string, after uint64, puts, tail []Op) []batch {
	var list []batch
	for len(puts) > 0 {
		n, size := 0, 0
		for n < len(puts) && n < MaxOps && (n == 0 || size+weight(puts[n]) <= MaxTxn) {
			size += weight(puts[n])
			n++
		}
		list = append(list, batch{after: after, conds: fence(id, after), ops: puts[:n:n]})
		after += uint64(n) //nolint:gosec // not negative
		puts = puts[n:]
	}
	if len(tail) == 0 {
		return list
	}
	if last := len(list) - 1; last >= 0 && len(list[last].ops)+len(tail) <= MaxOps && weight(list[last].ops...)+weight(tail...) <= MaxTxn {
		list[last].ops = append(list[last].ops, tail...)
		return list
	}
	return append(list, batch{after: after, conds: fence(id, after), ops: tail})
}

// fence demands that a journal ends with the entry numbered after.
func fence(id string, after uint64) []Cond {
	conds := make([]Cond, 0, 2+fenceConds)
	conds = append(conds, Absent(entryKey(id, after+1)))
	if after > 0 {
		conds = append(conds, Present(entryKey(id, after)))
	}
	return conds
}

// weight is what ops add to the size of a transaction, in bytes.
func weight(ops ...Op) int {
	const frame = 64
	total := 0
	for _, op := range ops {
		total += len(op.Key) + len(op.End) + len(op.Value) + frame
	}
	return total
}
