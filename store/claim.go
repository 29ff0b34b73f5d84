package store

import (
	"context"

	"github.com/serverledge/serverledge/internal/fault"
)

// claim says which execution bears a name.
type claim struct {
	Schema int
	ID     string
	// Input is the hash of the input that it was asked for with.
	Input string
}

// ClaimName gives a name of a workflow's executions to an execution that is
// about to begin, and returns the id that bears it: the given one, or that of
// an earlier claim with the same input hash. fault.Conflict "name_taken" when
// it was claimed with another input.
//
// A claim alone is no execution: whoever gets an id here begins it when it is
// not there (Begin lets only one do so). A claim ends with its execution's
// retention, or with a Sweep past its time when it was never begun.
func (s *Store) ClaimName(ctx context.Context, namespace, workflow, name, id, inputHash string) (string, error) {
	if err := checkID(id); err != nil {
		return "", err
	}
	if err := bounded("execution's name", name); err != nil {
		return "", err
	}
	key, err := namespaced(claimRoot, namespace, workflow, wordFunction, wordRegistry)
	if err != nil {
		return "", err
	}
	key += "/" + part(name)
	value, err := encode("name", claim{Schema: schemaVersion, ID: id, Input: inputHash})
	if err != nil {
		return "", err
	}
	for range updateTries {
		committed, _, err := s.commit(ctx, []Cond{Absent(key)}, []Op{Put(key, value), Put(claimBackKey(id), []byte(key))})
		if err != nil {
			return "", err
		}
		if committed {
			return id, nil
		}
		kv, ok, err := s.get(ctx, key)
		if err != nil {
			return "", err
		}
		if !ok {
			continue // given up meanwhile
		}
		var taken claim
		if err := decode("name", kv.Value, &taken); err != nil {
			return "", err
		}
		if taken.Input != inputHash {
			return "", fault.New(fault.Conflict, "name_taken", "the name %.80s belongs to the execution %s, which has another input", name, taken.ID).
				WithHint("choose another name, or ask with the same input")
		}
		return taken.ID, nil
	}
	return "", contended("name", name)
}
