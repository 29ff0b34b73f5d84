package etcd

import (
	"errors"
	"strings"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/serverledge/serverledge/internal/fault"
)

// readFault translates the error of a request that changes nothing: what is
// not known to be our mistake is a store that does not answer.
func readFault(err error) error {
	if f := definite(err); f != nil {
		return f
	}
	return unavailable(err)
}

// writeFault translates the error of a transaction. A timeout, a broken
// connection and a change of leaders leave open whether it was applied.
func writeFault(err error) error {
	if f := definite(err); f != nil {
		return f
	}
	if neverSent(err) {
		return unavailable(err)
	}
	return fault.New(fault.Unknown, "store_outcome_unknown", "etcd may or may not have taken the change: %w", err)
}

func unavailable(err error) error {
	return fault.New(fault.Unavailable, "store_unavailable", "etcd does not answer: %w", err).
		WithHint("see whether etcd is running and reachable; known functions go on answering")
}

// neverSent tells that the request found no connection to go out on.
func neverSent(err error) bool {
	const (
		dialing = "Error while dialing"
		none    = "there is no connection available"
		address = "there is no address available"
	)
	text := err.Error()
	return strings.Contains(text, dialing) || strings.Contains(text, none) || strings.Contains(text, address)
}

// definite returns the fault of a request that etcd refused before doing
// anything; nil for all others.
func definite(err error) error {
	switch {
	case errors.Is(err, rpctypes.ErrNoSpace):
		return fault.New(fault.Exhausted, "store_full", "etcd is full: %w", err).
			WithHint("delete what is not needed, compact and defragment etcd, then disarm its alarm")
	case errors.Is(err, rpctypes.ErrRequestTooLarge):
		return fault.New(fault.TooLarge, "transaction_too_large", "etcd refused the request: %w", err)
	case errors.Is(err, rpctypes.ErrTooManyOps), errors.Is(err, rpctypes.ErrDuplicateKey), errors.Is(err, rpctypes.ErrEmptyKey):
		return fault.New(fault.Invalid, "malformed_transaction", "etcd refused the request: %w", err)
	case errors.Is(err, rpctypes.ErrLeaseNotFound):
		return fault.New(fault.NotFound, "lease_not_found", "the lease is gone: %w", err)
	case errors.Is(err, rpctypes.ErrPermissionDenied), errors.Is(err, rpctypes.ErrAuthFailed),
		errors.Is(err, rpctypes.ErrUserEmpty), errors.Is(err, rpctypes.ErrInvalidAuthToken):
		return fault.New(fault.Denied, "store_denied", "etcd refused access: %w", err)
	case status.Code(err) == codes.ResourceExhausted && strings.Contains(err.Error(), "larger than max"):
		return fault.New(fault.TooLarge, "transaction_too_large", "the request is too large to send: %w", err)
	}
	return nil
}
