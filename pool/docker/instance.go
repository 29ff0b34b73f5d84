package docker

import (
	"context"
	"errors"
	"time"

	"github.com/docker/docker/api/types/container"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/pool/channel"
)

// The bounds of what is waited for when an instance is over.
const (
	verdictTime = time.Second // for the daemon to tell how a process ended
	abandonTime = time.Minute // to remove what nobody waits for any more
)

// instance is one container and the wire to its executor.
type instance struct {
	driver   *Driver
	id       string
	memoryMB int

	// Set by boot, in this order, and not changed after that.
	listener  *channel.Listener
	container string
	gauge     *gauge
	conn      *channel.Conn
	// uncertain tells that the daemon did not say whether it made a container.
	uncertain bool

	// stopping holds a token while somebody stops the instance; stopped is
	// guarded by it.
	stopping chan struct{}
	stopped  bool
}

// ID is the container's name without our prefix.
func (i *instance) ID() string { return i.id }

// Runtime is what the executor says that it is.
func (i *instance) Runtime() string { return i.conn.Hello().Runtime }

// Done is closed when the instance takes no more calls.
func (i *instance) Done() <-chan struct{} { return i.conn.Done() }

// Invoke runs one call. It does not touch Docker. A call that fails while the
// kernel killed a process of the container for want of memory has failed of
// that, and the instance is not used again.
func (i *instance) Invoke(ctx context.Context, call *functions.Call) (*functions.Result, error) {
	r, err := i.conn.Invoke(ctx, call)
	if err != nil {
		return nil, err
	}
	if i.gauge.killed() == 0 {
		return r, nil
	}
	if r.Failure != nil {
		r.Output, r.Failure = nil, channel.OutOfMemory(i.memoryMB, i.gauge.highest())
	}
	i.driver.retire(i)
	return r, nil
}

// retire ends an instance that still runs but must not serve any more: the
// pool sees Done and calls Stop.
func (d *Driver) retire(i *instance) {
	if err := i.conn.Close(); err != nil {
		d.log.Warn("closing the channel of an instance", "instance", i.id, "err", err)
	}
}

// verdict says how the process ended, when the channel did during a call. The
// kernel's count is the surest witness and comes first; the daemon needs a
// moment to know of the end.
func (i *instance) verdict() *functions.Failure {
	if i.gauge.killed() > 0 {
		return channel.OutOfMemory(i.memoryMB, i.gauge.highest())
	}
	ctx, cancel := context.WithTimeout(i.driver.life, verdictTime)
	defer cancel()
	exited, failure := i.driver.api.ContainerWait(ctx, i.container, container.WaitConditionNotRunning)
	select {
	case end := <-exited:
		return i.ending(int(end.StatusCode))
	case err := <-failure:
		i.driver.log.DebugContext(ctx, "the daemon does not tell how an instance ended", "instance", i.id, "err", err)
		return channel.Crashed(-1)
	}
}

// ending is the verdict on a container that has exited.
func (i *instance) ending(code int) *functions.Failure {
	if i.gauge.killed() > 0 {
		return channel.OutOfMemory(i.memoryMB, i.gauge.highest())
	}
	ctx, cancel := context.WithTimeout(i.driver.life, verdictTime)
	defer cancel()
	if c, err := i.driver.api.ContainerInspect(ctx, i.container); err == nil && c.State != nil && c.State.OOMKilled {
		return channel.OutOfMemory(i.memoryMB, 0)
	}
	return channel.Crashed(code)
}

// Stop kills the container and removes all it left. It is idempotent; after an
// error it may be called again. It returns when ctx ends.
func (i *instance) Stop(ctx context.Context) error {
	select {
	case i.stopping <- struct{}{}:
		defer func() { <-i.stopping }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if i.stopped {
		return nil
	}
	var errs []error
	if i.container != "" || i.uncertain {
		// By name: it is known also when the daemon never told the id.
		errs = append(errs, i.driver.remove(ctx, containerName(i.id)))
	}
	if i.conn != nil {
		errs = append(errs, i.conn.Close())
	}
	if err := errors.Join(append(errs, i.removeFolder())...); err != nil {
		return err
	}
	i.gauge.close()
	i.stopped = true
	i.driver.mu.Lock()
	delete(i.driver.instances, i.id)
	i.driver.mu.Unlock()
	return nil
}

// abandon removes an instance that never was ready. What it cannot remove,
// Close will.
func (i *instance) abandon() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(i.driver.life), abandonTime)
	defer cancel()
	if err := i.Stop(ctx); err != nil {
		i.driver.log.Warn("removing an instance that did not start", "instance", i.id, "err", err)
	}
}
