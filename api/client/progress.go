package client

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"
)

// progress tells how far a request came. The transport may try a kept
// connection, find it dead before a byte went out, and take another: only the
// last try counts.
type progress struct{ wrote atomic.Bool }

func (p *progress) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:      func(string) { p.wrote.Store(false) },
		WroteHeaders: func() { p.wrote.Store(true) },
	})
}

// begun tells that the node may have seen some of the request.
func (p *progress) begun() bool { return p.wrote.Load() }
