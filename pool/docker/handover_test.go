package docker

import (
	"context"
	"errors"
	"testing"
)

// TestHandoverHasOneOwner: what becomes ready while its caller goes is the
// caller's, or it is given up.
func TestHandoverHasOneOwner(t *testing.T) {
	t.Parallel()
	bad := errors.New("bad")
	for _, c := range []struct {
		name    string
		made    error
		early   bool // the caller goes before it is ready
		want    error
		spoiled bool
	}{
		{"ready in time", nil, false, nil, false},
		{"ready too late", nil, true, context.Canceled, true},
		{"failed in time", bad, false, bad, true},
		{"failed too late", bad, true, context.Canceled, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			left := make(chan struct{})
			spoiled := false
			h := newHandover(func() error {
				if c.early {
					leave()
					<-left
				}
				return c.made
			}, func() { spoiled = true })
			ran := make(chan struct{})
			go func() {
				defer close(ran)
				h.run()
			}()
			err := h.wait(ctx)
			close(left)
			<-ran
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || spoiled != c.spoiled {
				t.Errorf("the caller got %v; given up: %t", err, spoiled)
			}
		})
	}
}

// TestHandoverAtTheLastMoment: what was ready first is used, even when its
// caller was about to go.
func TestHandoverAtTheLastMoment(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(t.Context())
	h := newHandover(func() error { return nil }, func() { t.Error("given up") })
	h.run()
	leave()
	if err := h.wait(ctx); err != nil {
		t.Error(err)
	}
}
