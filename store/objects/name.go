package objects

import (
	"strings"
	"unicode/utf8"

	"github.com/serverledge/serverledge/internal/fault"
)

// The limits of names, which are those of S3.
const (
	MinBucket = 3
	MaxBucket = 63
	// MaxKey is the length of a key in bytes.
	MaxKey = 1024
)

// CheckBucket refuses what no bucket can be called: fault.Invalid. A name has 3
// to 63 letters, digits, dots, hyphens and underscores, begins and ends with a
// letter or digit, and has no two dots in a row. So it is never a path.
func CheckBucket(name string) error {
	if len(name) < MinBucket || len(name) > MaxBucket {
		return invalidBucket(name, "it must have %d to %d characters", MinBucket, MaxBucket)
	}
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case (c == '.' || c == '-' || c == '_') && 0 < i && i < len(name)-1:
		default:
			return invalidBucket(name, "it may have letters, digits, and inside also '.', '-' and '_'")
		}
	}
	if strings.Contains(name, "..") {
		return invalidBucket(name, "it has two dots in a row")
	}
	return nil
}

func invalidBucket(name, why string, args ...any) error {
	return fault.New(fault.Invalid, "invalid_bucket", "the bucket %q: "+why, append([]any{clip(name)}, args...)...)
}

// CheckKey refuses what no key can be: fault.Invalid. A key has 1 to 1024 bytes
// of UTF-8, none of them 0.
func CheckKey(key string) error {
	switch {
	case key == "":
		return fault.New(fault.Invalid, "invalid_key", "the key of an object is empty")
	case len(key) > MaxKey:
		return InvalidKey(key, "it has %d bytes, more than %d", len(key), MaxKey)
	case !utf8.ValidString(key):
		return InvalidKey(key, "it is not valid UTF-8")
	case strings.Contains(key, "\x00"):
		return InvalidKey(key, "it has a NUL in it")
	}
	return nil
}

// InvalidKey is the error of a key that a store cannot have.
func InvalidKey(key, why string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, "invalid_key", "the key %q: "+why, append([]any{clip(key)}, args...)...)
}

// clip shortens a name for an error.
func clip(name string) string {
	const most = 100
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most], "") + "..."
}
