package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/internal/fault"
)

// errFenced says that the journal holds what this run did not write: another
// process owns the execution.
var errFenced = errors.New("the journal was written by another owner")

// write makes entries durable, and the summary with them when there is one; it
// returns the summary that was written. While the store does not answer it
// tries again: an execution that was accepted is never given up. An error means
// that the run is not ours any more, or that the engine is closing.
func (r *run) write(after uint64, entries []dag.Entry, end *summary) (*summary, error) {
	if r.rec.Level == Express {
		return end, nil
	}
	uncertain := false
	for wait := firstWait; ; wait = min(2*wait, maxWait) {
		err := r.tryWrite(after, entries, end)
		switch kind := fault.KindOf(err); {
		case err == nil:
			return end, nil
		case r.e.life.Err() != nil:
			return nil, context.Cause(r.e.life)
		case kind == fault.TooLarge || kind == fault.Invalid:
			// The store took none of it and never will: the execution ends here.
			r.e.log.Error("an entry does not fit into the journal", "execution", r.rec.ID, "err", err)
			entries, end = nil, &summary{Status: dag.Broken, Failure: &dag.Failure{Error: dag.ErrorDataLimitExceeded, Cause: clip(err.Error(), maxCause)}, Ended: time.Now()}
		case kind == fault.Conflict || kind == fault.NotFound:
			// It may be our own writing, all of it or the first part.
			there, rest, err := r.landed(after, entries, end)
			switch {
			case err == nil && !there && len(rest) == len(entries) && !uncertain:
				return nil, fmt.Errorf("writing entry %d of execution %s: %w", after+1, r.rec.ID, errFenced)
			case errors.Is(err, errFenced):
				return nil, fmt.Errorf("writing entry %d of execution %s: %w", after+1, r.rec.ID, err)
			case err == nil && there:
				return end, nil
			case err == nil:
				after, entries = after+uint64(len(entries)-len(rest)), rest
				wait = firstWait / 2
				continue // it answers: go on with the rest at once
			}
		default:
			uncertain = true
			r.e.log.Warn("the journal does not answer, trying again", "execution", r.rec.ID, "err", err, "wait", wait)
		}
		select {
		case <-r.e.life.Done():
			return nil, context.Cause(r.e.life)
		case <-time.After(wait):
		}
	}
}

func (r *run) tryWrite(after uint64, entries []dag.Entry, end *summary) error {
	if end == nil {
		return r.e.opts.Journal.Append(r.e.life, r.rec.ID, after, entries...)
	}
	closing, err := encode(end)
	if err != nil {
		return fault.New(fault.Invalid, "summary", "coding the summary: %w", err)
	}
	return r.e.opts.Journal.Finish(r.e.life, r.rec.ID, after, closing, entries...)
}

// landed compares the journal with what was to be written after an entry. It
// tells whether all of it is there, and else which entries are missing.
// errFenced when something else is there; other errors when it cannot be told.
func (r *run) landed(after uint64, entries []dag.Entry, end *summary) (all bool, rest []dag.Entry, err error) {
	_, journal, sum, err := r.e.opts.Journal.Load(r.e.life, r.rec.ID)
	if errors.Is(err, fault.NotFound) {
		return false, nil, errFenced
	}
	if err != nil {
		return false, nil, err
	}
	if uint64(len(journal)) < after || uint64(len(journal)) > after+uint64(len(entries)) || sum != nil && end == nil {
		return false, nil, errFenced
	}
	written := journal[after:]
	for i, its := range written {
		a, err1 := dag.EncodeEntry(entries[i])
		b, err2 := dag.EncodeEntry(its)
		if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
			return false, nil, errFenced
		}
	}
	rest = entries[len(written):]
	if sum == nil {
		return end == nil && len(rest) == 0, rest, nil
	}
	mine, err := encode(end)
	if err != nil || len(rest) > 0 || !bytes.Equal(mine, sum) {
		return false, nil, errFenced
	}
	return true, nil, nil
}
