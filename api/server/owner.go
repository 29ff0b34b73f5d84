package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/internal/fault"
)

// passTime bounds a request that is passed on to the owner of an execution.
const passTime = 30 * time.Second

// atOwner does something about an execution here or, when another node owns the
// execution, there. What a node has passed on is not passed on once more: an
// execution has one owner, and who is no longer it says so.
func (s *Server) atOwner(r *http.Request, here func(context.Context) error, there func(context.Context, Peer) error) error {
	err := here(r.Context())
	elsewhere, ok := errors.AsType[*engine.ElsewhereError](err)
	if !ok || r.Header.Get(api.HeaderFrom) != "" {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), passTime)
	defer cancel()
	peer, err := s.Node.Peer(ctx, elsewhere.Owner)
	if err == nil {
		err = there(ctx, peer)
	}
	if errors.Is(err, fault.Unavailable) {
		return fault.New(fault.Unavailable, "owner_unavailable", "%s, which cannot be asked now: %w", elsewhere, err).
			WithHint("the execution goes on when that node is back; try again then").WithRetryAfter(2 * time.Second)
	}
	return err
}
