// Package pack makes, checks and unpacks packages: the archives that carry the
// code of a function.
//
// A package is a tar or a gzip-compressed tar of regular files and folders,
// named everywhere by the SHA-256 of its bytes. Build makes one on the
// client's side; Check is the node's gate; Cache lays the files out for
// the drivers. The package knows nothing of stores, runtimes or handlers.
//
// Its invariant: Check and Cache read an archive through one and the same
// reader, so nothing can be unpacked that Check would have refused, and
// no byte is ever written outside of the folder that was named.
package pack

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/serverledge/serverledge/internal/fault"
)

// The published limits of a package.
const (
	// MaxPacked is the size of the archive in bytes.
	MaxPacked = 64 << 20
	// MaxUnpacked is the sum of the sizes of its files in bytes.
	MaxUnpacked = 256 << 20
	// MaxRatio is how many times larger than its compressed form a gzip stream
	// may become. The first 16 MiB that come out of a stream are not measured:
	// a tar of many small files is mostly padding.
	MaxRatio = 100
	// MaxEntries counts files and folders.
	MaxEntries = 20_000
	// MaxPath is the length of a path in bytes, MaxDepth its number of names.
	MaxPath  = 255
	MaxDepth = 16
)

// Digest names a package: the SHA-256 of its bytes in lower-case hexadecimal.
func Digest(archive []byte) string {
	sum := sha256.Sum256(archive)
	return hex.EncodeToString(sum[:])
}

// limits holds the bounds that tests want smaller than the published ones.
type limits struct {
	packed, unpacked, ratio, unmeasured int64
	entries                             int
}

// published is what every caller outside of the tests gets.
func published() limits {
	return limits{packed: MaxPacked, unpacked: MaxUnpacked, ratio: MaxRatio, unmeasured: 16 << 20, entries: MaxEntries}
}

// stream bounds what may come out of a gzip stream: the files with the blocks
// that a tar puts around each of them.
func (l limits) stream() int64 { return l.unpacked + int64(l.entries)*2048 + 1<<20 }

func invalid(format string, args ...any) error {
	return fault.New(fault.Invalid, "invalid_package", format, args...).
		WithHint("send a tar or tar.gz archive with at least one file")
}

func tooLarge(format string, args ...any) error {
	return fault.New(fault.TooLarge, "package_too_large", format, args...).
		WithHint("a package holds at most %d MiB packed and %d MiB unpacked; leave out what the function does not need", MaxPacked>>20, MaxUnpacked>>20)
}
