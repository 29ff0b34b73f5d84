package fault

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestKindsTravelThroughWrapping(t *testing.T) {
	t.Parallel()
	cause := errors.New("disk on fire")
	e := New(Unavailable, "store_unavailable", "writing: %w", cause).WithHint("try %s", "later").WithRetryAfter(time.Second)
	wrapped := fmt.Errorf("accepting an execution: %w", e)
	if !errors.Is(wrapped, Unavailable) || errors.Is(wrapped, NotFound) || !errors.Is(wrapped, cause) {
		t.Error("the kind or the cause is lost")
	}
	got := From(wrapped)
	if got.Detail != "accepting an execution: writing: disk on fire" || got.Hint != "try later" || got.RetryAfter != time.Second || got.Code != "store_unavailable" {
		t.Errorf("got %+v", got)
	}
	if From(e) != e {
		t.Error("an error of ours was copied without need")
	}
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	for want, err := range map[Kind]error{
		Internal: errors.New("x"),
		NotFound: fmt.Errorf("f: %w", NotFound),
		Timeout:  fmt.Errorf("f: %w", context.DeadlineExceeded),
		Conflict: New(Conflict, "c", "d"),
	} {
		if got := KindOf(err); got != want {
			t.Errorf("%v: got %q, want %q", err, got, want)
		}
	}
	if e := From(errors.New("x")); e.Code != "internal_error" {
		t.Errorf("code %q", e.Code)
	}
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	known := []string{"hash_string", "hello", "inc", "memory"}
	for name, want := range map[string]string{
		"hash_strng": "hash_string", "HELLO": "hello", "hlelo": "hello", "memroy": "memory", "zzzzzz": "", "": "", "x": "", "ink": "inc", "Inc": "inc",
	} {
		if got := Suggest(name, known); got != want {
			t.Errorf("Suggest(%q) = %q, want %q", name, got, want)
		}
	}
}
