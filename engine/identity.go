package engine

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"hash/fnv"

	"github.com/oklog/ulid/v2"
)

// identities makes the ids of executions: the node's home shard in two
// hexadecimal digits, then a ULID, so that ids sort by time within a shard,
// route themselves and cannot be guessed.
type identities struct{ shard string }

func newIdentities(node string) identities {
	h := fnv.New32a()
	_, _ = h.Write([]byte(node)) // a hash never fails
	return identities{fmt.Sprintf("%02x", byte(h.Sum32()))}
}

func (i identities) next() string {
	return i.shard + ulid.MustNew(ulid.Now(), rand.Reader).String()
}

// seed draws what all chance of an execution comes from.
func seed() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails
	return binary.LittleEndian.Uint64(b[:])
}
