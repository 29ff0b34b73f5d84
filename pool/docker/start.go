package docker

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/docker/docker/api/types/container"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/pool/channel"
)

// Start makes a container for the function and waits until its code is loaded.
// An error that wraps a *channel.InitError is the function's fault; otherwise
// it is fault.Unavailable, what Packages said, or the cause of ctx. After an
// error nothing is left; when ctx ends first, what is left is removed after
// the return.
func (d *Driver) Start(ctx context.Context, f *functions.Function) (functions.Instance, error) {
	image, err := d.picture(ctx, f, false)
	if err != nil {
		return nil, err
	}
	code, err := d.code(ctx, f)
	if err != nil {
		return nil, err
	}
	i, err := d.start(ctx, f, image, code)
	if err != nil && absent(err) {
		// The image was there when it was looked at: it has been removed, or
		// replaced by a newer one.
		d.forget(f.Image)
		d.forget(d.reference(f))
		if image, err = d.picture(ctx, f, false); err != nil {
			return nil, err
		}
		i, err = d.start(ctx, f, image, code)
	}
	if err != nil {
		return nil, err
	}
	return i, nil
}

// reference is the name of the image of one of our runtimes.
func (d *Driver) reference(f *functions.Function) string {
	r, err := functions.ParseRuntime(f.Runtime)
	if err != nil {
		return ""
	}
	return d.options.Images[r.Environment()]
}

// start does the work in a goroutine of the driver, because a request to the
// daemon must be waited for once it is sent: only its answer tells what there
// is to remove.
func (d *Driver) start(ctx context.Context, f *functions.Function, image *picture, code string) (*instance, error) {
	r, err := functions.ParseRuntime(f.Runtime)
	if err != nil {
		return nil, err
	}
	i := &instance{driver: d, id: newID(), memoryMB: f.MemoryMB, stopping: make(chan struct{}, 1)}
	b := box{
		function: f, language: r.Language, image: image, labels: d.labels, code: code,
		scripts: d.scriptDir(), executor: d.options.Executor,
	}
	if err := b.runnable(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	unhook := context.AfterFunc(d.life, func() { cancel(context.Cause(d.life)) })
	boot := newHandover(func() error {
		defer unhook()
		return i.boot(ctx, b)
	}, i.abandon)
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil, context.Cause(d.life)
	}
	d.instances[i.id] = i
	d.work.Go(boot.run)
	d.mu.Unlock()
	err = boot.wait(ctx)
	if err != nil {
		cancel(err)
		return nil, err
	}
	cancel(nil)
	return i, nil
}

// boot makes the container, starts it and talks to its executor.
func (i *instance) boot(ctx context.Context, b box) error {
	d := i.driver
	l, err := channel.Listen(d.instanceDir(i.id))
	if err != nil {
		return err
	}
	i.listener = l
	b.socket, b.token = l.Dir(), l.Token()
	if err := i.launch(ctx, b); err != nil {
		return err
	}
	i.gauge = openGauge(i.container)
	if err := i.greet(ctx, b); err != nil {
		return err
	}
	return i.conn.Init(ctx, channel.InitOf(b.function, codePath))
}

// launch creates and starts the container, one of a few at a time.
func (i *instance) launch(ctx context.Context, b box) error {
	d := i.driver
	select {
	case d.making <- struct{}{}:
		defer func() { <-d.making }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	// The requests outlive ctx: see start.
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), daemonAPI)
	defer cancel()
	inside, outside := profile(b)
	made, err := d.api.ContainerCreate(asking, inside, outside, nil, nil, containerName(i.id))
	if err != nil {
		i.uncertain = !absent(err)
		return failed("creating a container of "+b.function.Name, err)
	}
	i.container = made.ID
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := d.api.ContainerStart(asking, made.ID, container.StartOptions{}); err != nil {
		return failed("starting a container of "+b.function.Name, err)
	}
	return nil
}

// greet waits for HELLO, and for the end of the container meanwhile.
func (i *instance) greet(ctx context.Context, b box) error {
	late := fault.New(fault.Unavailable, "start_timeout", "the executor of %s did not answer within %s", b.function.Name, helloTime)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	bounded, stop := context.WithTimeoutCause(ctx, helloTime, late)
	defer stop()
	exited, failure := i.driver.api.ContainerWait(bounded, i.container, container.WaitConditionNotRunning)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case end := <-exited:
			cancel(i.diedEarly(b, int(end.StatusCode)))
		case <-bounded.Done(): // HELLO came
		case err := <-failure:
			if bounded.Err() == nil {
				i.driver.log.WarnContext(ctx, "the start of an instance is not watched", "instance", i.id, "err", err)
			}
		}
	}()
	conn, err := i.listener.Accept(bounded, i.verdict)
	i.conn = conn
	stop()
	<-watched
	return err
}

// diedEarly says why a container ended before its executor said HELLO. It is
// the function's fault when its memory is too small, or when it brings the
// executor itself.
func (i *instance) diedEarly(b box, code int) error {
	failure := i.ending(code)
	if failure.Type != functions.FailureOutOfMemory && b.language != functions.LanguageCustom {
		return fault.New(fault.Unavailable, "start_failed", "the executor of %s ended with code %d before it was ready", b.function.Name, code)
	}
	if b.relayed() {
		failure.Type = functions.FailureInit
		failure.Message = fmt.Sprintf("the image's command ended with code %d before it answered on port 8080; it runs as user 65534 with a read-only root and no network", code)
	}
	return fmt.Errorf("starting an instance of %s: %w", b.function.Name, &channel.InitError{Failure: *failure})
}

func newID() string { return strings.ToLower(rand.Text()[:16]) }

func containerName(id string) string { return "serverledge-" + id }

// removeFolder removes what an instance had on the node's disk.
func (i *instance) removeFolder() error {
	var err error
	if i.listener != nil {
		err = i.listener.Close()
	}
	return errors.Join(err, os.RemoveAll(filepath.Clean(i.driver.instanceDir(i.id))))
}
