package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/serverledge/serverledge/internal/fault"
)

// problemType is the prefix of Problem.Type; the kind follows, so that a
// client restores it even where two kinds share a status.
const problemType = "urn:serverledge:fault:"

// kindStatus is one row of the table kind <-> HTTP status.
type kindStatus struct {
	kind   fault.Kind
	status int
}

// table relates every kind to its status. Where two kinds share a status, the
// first one is what the status alone means.
func table() []kindStatus {
	return []kindStatus{
		{fault.Invalid, http.StatusUnprocessableEntity},
		{fault.NotFound, http.StatusNotFound},
		{fault.Exists, http.StatusConflict},
		{fault.Conflict, http.StatusConflict},
		{fault.Exhausted, http.StatusTooManyRequests},
		{fault.Unavailable, http.StatusServiceUnavailable},
		{fault.Denied, http.StatusForbidden},
		{fault.Unimplemented, http.StatusNotImplemented},
		{fault.TooLarge, http.StatusRequestEntityTooLarge},
		{fault.Timeout, http.StatusGatewayTimeout},
		{fault.Unknown, http.StatusBadGateway},
		{fault.Loop, http.StatusLoopDetected},
		{fault.Internal, http.StatusInternalServerError},
	}
}

// codeStatus is the status of the few codes that have one of their own: HTTP
// knows them more precisely than their kind. It is 0 for all others.
func codeStatus(code string) int {
	switch code {
	case "invalid_json", "duplicate_key", "too_deep", "too_many_tokens", "unknown_field",
		"invalid_path", "invalid_parameter", "invalid_idempotency_key":
		return http.StatusBadRequest
	case "if_match":
		return http.StatusPreconditionFailed
	case "runtime_not_available":
		return http.StatusUnprocessableEntity
	case "unauthenticated":
		return http.StatusUnauthorized
	case "method_not_allowed":
		return http.StatusMethodNotAllowed
	case "unsupported_media_type":
		return http.StatusUnsupportedMediaType
	case "path_too_long":
		return http.StatusRequestURITooLong
	case "host_not_allowed":
		return http.StatusMisdirectedRequest
	case "body_timeout":
		return http.StatusRequestTimeout
	default:
		return 0
	}
}

// StatusOf returns the HTTP status of an error.
func StatusOf(err error) int { return statusOf(faultOf(err)) }

func statusOf(e *fault.Error) int {
	if status := codeStatus(e.Code); status != 0 {
		return status
	}
	for _, row := range table() {
		if row.kind == e.Kind {
			return row.status
		}
	}
	return http.StatusInternalServerError
}

// kindOfStatus is what a status means when the answer does not say its kind:
// a proxy's, or another system's.
func kindOfStatus(status int) fault.Kind {
	for _, row := range table() {
		if row.status == status {
			return row.kind
		}
	}
	switch status {
	case http.StatusUnauthorized:
		return fault.Denied
	case http.StatusPreconditionFailed:
		return fault.Conflict
	case http.StatusRequestTimeout:
		return fault.Timeout
	}
	if status >= 400 && status < 500 {
		return fault.Invalid
	}
	return fault.Internal
}

// ProblemOf describes an error to a client. The text of an internal error is
// hidden: it belongs to the log, where the request id finds it.
func ProblemOf(err error, instance, requestID string) Problem {
	e := faultOf(err)
	p := Problem{
		Type:         problemType + strings.ReplaceAll(string(e.Kind), " ", "-"),
		Title:        string(e.Kind),
		Status:       statusOf(e),
		Detail:       e.Detail,
		Hint:         e.Hint,
		Instance:     instance,
		Code:         e.Code,
		RequestID:    requestID,
		Errors:       e.Fields,
		RetryAfterMS: e.RetryAfter.Milliseconds(),
	}
	switch e.Kind {
	case fault.Internal:
		p.Detail, p.Errors, p.Code = "internal error", nil, "internal_error"
		p.Hint = "look for the request id in the log of the node"
	case fault.Unknown:
		// One code, whatever led to it: clients decide by it not to repeat.
		p.Code = "outcome_unknown"
	default:
	}
	return p
}

// faultOf is fault.From, with a cancelled call as Unknown: nothing is
// defective, the node is stopping or the client went away, and the work may
// have begun, so that nobody may try it elsewhere.
func faultOf(err error) *fault.Error {
	e := fault.From(err)
	if e.Kind == fault.Internal && errors.Is(err, context.Canceled) {
		return fault.New(fault.Unknown, "outcome_unknown", "cancelled before there was an outcome: %w", err)
	}
	return e
}

// Err restores the error that a problem describes, so that
// errors.Is(err, fault.NotFound) holds across the network.
func (p Problem) Err() *fault.Error {
	kind := kindOfStatus(p.Status)
	if name, ok := strings.CutPrefix(p.Type, problemType); ok {
		for _, row := range table() {
			if strings.ReplaceAll(string(row.kind), " ", "-") == name {
				kind = row.kind
			}
		}
	}
	detail := p.Detail
	if detail == "" {
		detail = string(kind)
	}
	code := p.Code
	if code == "" {
		code = strings.ReplaceAll(string(kind), " ", "_")
	}
	return &fault.Error{
		Kind: kind, Code: code, Detail: detail, Hint: p.Hint, Fields: p.Errors,
		RetryAfter: time.Duration(p.RetryAfterMS) * time.Millisecond,
	}
}
