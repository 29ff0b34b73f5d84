package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/internal/fault"
)

// Every kind crosses the network: its status is the published one, and the
// other side finds the same kind.
func TestKindsSurviveTheWire(t *testing.T) {
	t.Parallel()
	for kind, status := range map[fault.Kind]int{
		fault.Invalid: 422, fault.NotFound: 404, fault.Exists: 409, fault.Conflict: 409,
		fault.Exhausted: 429, fault.Unavailable: 503, fault.Denied: 403, fault.Unimplemented: 501,
		fault.TooLarge: 413, fault.Timeout: 504, fault.Unknown: 502, fault.Loop: 508, fault.Internal: 500,
	} {
		err := fmt.Errorf("reading x: %w", fault.New(kind, "some_code", "no %s", "x").WithHint("do y").WithRetryAfter(1500*time.Millisecond))
		p := api.ProblemOf(err, "/v1/x", "r1")
		if p.Status != status || api.StatusOf(err) != status {
			t.Errorf("%s: got status %d, want %d", kind, p.Status, status)
		}
		text, _ := json.Marshal(p)
		var q api.Problem
		if err := json.Unmarshal(text, &q); err != nil {
			t.Fatal(err)
		}
		back := q.Err()
		if !errors.Is(back, kind) {
			t.Errorf("%s: came back as %s", kind, back.Kind)
		}
		if back.RetryAfter != 1500*time.Millisecond {
			t.Errorf("%s: got retry after %s", kind, back.RetryAfter)
		}
		if kind == fault.Internal {
			continue
		}
		if back.Detail != "reading x: no x" || back.Hint != "do y" {
			t.Errorf("%s: got %q, %q", kind, back.Detail, back.Hint)
		}
	}
}

func TestInternalTextIsHidden(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		errors.New("open /root/secret: permission denied"),
		fault.New(fault.Internal, "secret_code", "secret").WithFields(fault.Field{Detail: "secret"}),
	} {
		text, _ := json.Marshal(api.ProblemOf(err, "", "r7"))
		if strings.Contains(string(text), "secret") || !strings.Contains(string(text), "r7") {
			t.Errorf("got %s", text)
		}
	}
}

func TestCodesWithAStatusOfTheirOwn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind   fault.Kind
		code   string
		status int
	}{
		{fault.Invalid, "invalid_json", 400},
		{fault.Invalid, "duplicate_key", 400},
		{fault.Invalid, "too_deep", 400},
		{fault.Invalid, "too_many_tokens", 400},
		{fault.Invalid, "unknown_field", 400},
		{fault.Invalid, "anything_else", 422},
		{fault.Conflict, "if_match", 412},
		{fault.Unimplemented, "runtime_not_available", 422},
		{fault.Invalid, "unsupported_media_type", 415},
	} {
		p := api.ProblemOf(fault.New(c.kind, c.code, "x"), "", "")
		if p.Status != c.status {
			t.Errorf("%s: got status %d, want %d", c.code, p.Status, c.status)
		}
		if back := p.Err(); back.Kind != c.kind || back.Code != c.code {
			t.Errorf("%s: came back as %s, %s", c.code, back.Kind, back.Code)
		}
	}
}

// Answers that are not ours still give a kind, by their status alone.
func TestForeignAnswers(t *testing.T) {
	t.Parallel()
	for status, kind := range map[int]fault.Kind{
		http.StatusUnauthorized: fault.Denied, 404: fault.NotFound, 409: fault.Exists, 412: fault.Conflict,
		418: fault.Invalid, 429: fault.Exhausted, 500: fault.Internal, 502: fault.Unknown, 503: fault.Unavailable, 507: fault.Internal,
	} {
		if got := (api.Problem{Status: status}).Err(); got.Kind != kind || got.Detail == "" || got.Code == "" {
			t.Errorf("%d: got %+v, want kind %s", status, got, kind)
		}
	}
	// A type of somebody else's says nothing.
	if got := (api.Problem{Type: "urn:serverledge:fault:nonsense", Status: 404}).Err(); got.Kind != fault.NotFound {
		t.Errorf("got %s", got.Kind)
	}
}

func TestContextErrors(t *testing.T) {
	t.Parallel()
	if got := api.StatusOf(fmt.Errorf("waiting: %w", context.DeadlineExceeded)); got != 504 {
		t.Errorf("deadline: got %d", got)
	}
	if got := api.StatusOf(fmt.Errorf("waiting: %w", context.Canceled)); got != 502 {
		t.Errorf("cancelled: got %d", got)
	}
	if p := api.ProblemOf(fault.New(fault.Unknown, "peer_protocol_error", "x"), "", ""); p.Code != "outcome_unknown" {
		t.Errorf("got code %q", p.Code)
	}
}

func TestPath(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want string }{
		{api.Path(api.RouteInvocations, "a/b c"), "/v1/functions/a%2Fb%20c/invocations"},
		{api.Path(api.RouteFunctions), "/v1/functions"},
		{api.Path(api.RouteStop, "x"), "/v1/executions/x/stop"},
		{api.Path("/a/{x}/{y}", "1"), "/a/1/{y}"},
		{api.Path("/a", "1"), "/a"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}
