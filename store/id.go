package store

import (
	"strings"
	"time"

	"github.com/serverledge/serverledge/internal/fault"
)

// An execution's id is two hexadecimal digits, its shard, and a ULID: 26
// characters of Crockford's base 32, the first ten of them the time.
const (
	alphabet   = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	ulidLength = 26
	timeLength = 10
	idLength   = 2 + ulidLength
)

// checkID refuses what cannot be an execution's id: keys are built of it.
func checkID(id string) error {
	valid := len(id) == idLength
	for i := 0; valid && i < len(id); i++ {
		if i < 2 {
			valid = strings.IndexByte("0123456789abcdef", id[i]) >= 0
		} else {
			valid = strings.IndexByte(alphabet, id[i]) >= 0
		}
	}
	if !valid {
		return fault.New(fault.Invalid, "invalid_id", "%.60q is not the id of an execution", id)
	}
	return nil
}

// inverted complements every character of a ULID, so that newer ones sort
// first. It is its own inverse.
func inverted(ulid string) string {
	out := []byte(ulid)
	for i, c := range out {
		out[i] = alphabet[len(alphabet)-1-strings.IndexByte(alphabet, c)]
	}
	return string(out)
}

// ulidAt is the smallest ULID of a moment.
func ulidAt(t time.Time) string {
	out := []byte(strings.Repeat("0", ulidLength))
	ms := uint64(max(0, t.UnixMilli())) //nolint:gosec // not negative
	for i := timeLength - 1; i >= 0; i-- {
		out[i] = alphabet[ms&31]
		ms >>= 5
	}
	return string(out)
}
