package etcd

import (
	"context"
	"errors"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store"
)

// Watch implements store.Driver. The client finds its way back after a broken
// connection by itself, without a gap.
func (d *Driver) Watch(ctx context.Context, prefix string, after int64) <-chan store.Changes {
	out := make(chan store.Changes)
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(d.lifetime, cancel)
	key := max(prefix, "\x00")
	source := d.client.Watch(ctx, key, clientv3.WithRange(rangeEnd(store.PrefixEnd(prefix))), clientv3.WithRev(after+1))
	d.wg.Go(func() {
		defer close(out)
		defer cancel()
		defer stop()
		for answer := range source {
			c := changes(&answer)
			if c.Err == nil && len(c.Events) == 0 {
				continue
			}
			select {
			case out <- c:
			case <-ctx.Done():
				return
			}
			if c.Err != nil {
				return
			}
		}
		if ctx.Err() == nil {
			select {
			case out <- store.Changes{Err: fault.New(fault.Unavailable, "store_unavailable", "etcd ended the watch")}:
			case <-ctx.Done():
			}
		}
	})
	return out
}

func changes(answer *clientv3.WatchResponse) store.Changes {
	if err := answer.Err(); err != nil {
		if errors.Is(err, rpctypes.ErrCompacted) {
			return store.Changes{Err: store.ErrCompacted}
		}
		return store.Changes{Err: readFault(err)}
	}
	c := store.Changes{Rev: answer.Header.GetRevision(), Events: make([]store.Event, len(answer.Events))}
	for i, e := range answer.Events {
		c.Events[i] = store.Event{
			Key: string(e.Kv.Key), Value: e.Kv.Value, Rev: e.Kv.ModRevision,
			Deleted: e.Type == clientv3.EventTypeDelete,
		}
	}
	// The header may be ahead of the events that were sent.
	if n := len(c.Events); n > 0 {
		c.Rev = c.Events[n-1].Rev
	}
	return c
}
