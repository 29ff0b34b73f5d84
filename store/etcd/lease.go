package etcd

import (
	"context"
	"errors"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store"
)

// lease implements store.Lease.
type lease struct {
	driver *Driver
	id     clientv3.LeaseID
	cancel context.CancelFunc
	done   chan struct{} // closed by the goroutine that keeps the lease alive

	once sync.Once
	err  error
}

// Lease implements store.Driver. etcd may make a ttl longer than asked: its
// minimum follows from its election timeout.
func (d *Driver) Lease(ctx context.Context, ttl time.Duration) (store.Lease, error) {
	ctx, cancel, err := d.request(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	seconds := int64((ttl + time.Second - 1) / time.Second)
	granted, err := d.client.Grant(ctx, max(1, seconds))
	if err != nil {
		return nil, readFault(err) // a lease that nobody knows of runs out
	}
	lifetime, end := context.WithCancel(d.lifetime)
	beats, err := d.client.KeepAlive(lifetime, granted.ID)
	if err != nil {
		end()
		return nil, readFault(err)
	}
	l := &lease{driver: d, id: granted.ID, cancel: end, done: make(chan struct{})}
	d.wg.Go(func() {
		defer close(l.done)
		defer end()
		for range beats { // the client sends the beats; the end of them is the news
		}
	})
	return l, nil
}

// ID implements store.Lease.
func (l *lease) ID() store.LeaseID { return store.LeaseID(l.id) }

// Done implements store.Lease.
func (l *lease) Done() <-chan struct{} { return l.done }

// Close implements store.Lease.
func (l *lease) Close(ctx context.Context) error {
	l.once.Do(func() {
		l.cancel()
		<-l.done
		l.err = l.revoke(ctx)
	})
	return l.err
}

func (l *lease) revoke(ctx context.Context) error {
	ctx, cancel, err := l.driver.request(ctx)
	if err != nil {
		return err
	}
	defer cancel()
	if _, err := l.driver.client.Revoke(ctx, l.id); err != nil {
		if err = readFault(err); !errors.Is(err, fault.NotFound) {
			return err
		}
	}
	return nil
}
