package server

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/internal/fault"
)

// idempotent begins the name of an execution that a client's idempotency key
// identifies; no name that a client gives can begin with it.
const idempotent = "idem:"

// idempotencyKey returns the name that an execution gets by the request's
// idempotency key, "" without one. The key itself may be anything printable, so
// its digest goes on.
func idempotencyKey(r *http.Request) (string, error) {
	keys := r.Header.Values(api.HeaderIdempotencyKey)
	if len(keys) == 0 {
		return "", nil
	}
	valid := len(keys) == 1 && len(keys[0]) >= 1 && len(keys[0]) <= 255
	for i := 0; valid && i < len(keys[0]); i++ {
		valid = keys[0][i] >= 0x20 && keys[0][i] < 0x7f
	}
	if !valid {
		return "", fault.New(fault.Invalid, "invalid_idempotency_key", "the idempotency key must be one value of 1 to 255 printable ASCII characters")
	}
	sum := sha256.Sum256([]byte(keys[0]))
	return idempotent + hex.EncodeToString(sum[:16]), nil
}

// mismatch says that an idempotency key was used for something else; without a
// key the error is what it is.
func mismatch(err error, name string) error {
	if strings.HasPrefix(name, idempotent) && errors.Is(err, fault.Conflict) {
		return fault.New(fault.Invalid, "idempotency_mismatch", "the idempotency key was used before, with another input").
			WithHint("use a new key for each piece of work")
	}
	return err
}

// shownName is the name of an execution as clients see it.
func shownName(name string) string {
	if strings.HasPrefix(name, idempotent) {
		return ""
	}
	return name
}

// respondAsync tells whether the client does not want to wait (RFC 7240).
func respondAsync(r *http.Request) bool {
	for _, header := range r.Header.Values("Prefer") {
		for preference := range strings.SplitSeq(header, ",") {
			name, _, _ := strings.Cut(preference, ";")
			if strings.EqualFold(strings.TrimSpace(name), "respond-async") {
				return true
			}
		}
	}
	return false
}
