package sandbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/pool/channel"
)

// instance is one sandbox that serves one function.
type instance struct {
	id     string
	driver *Driver
	dir    string
	memory int // MiB

	listener *channel.Listener
	group    *group
	process  *process
	conn     *channel.Conn
	stopping atomic.Bool

	mu   sync.Mutex // held while it starts and while it stops
	gone bool
}

// Start makes an instance that is ready for calls. An error that wraps a
// *channel.InitError is the function's own; the others are faults, and the
// cause of ctx when that ended first.
func (d *Driver) Start(ctx context.Context, f *functions.Function) (functions.Instance, error) {
	if err := d.Check(f); err != nil {
		return nil, err
	}
	code, err := d.code(ctx, f)
	if err != nil {
		return nil, err
	}
	i := &instance{id: "sandbox-" + strings.ToLower(rand.Text()[:16]), driver: d, memory: f.MemoryMB}
	i.dir = filepath.Join(d.instancesDir(), i.id)
	if err := d.add(i); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(d.life, func() { cancel(context.Cause(d.life)) })()
	if err := i.start(ctx, f, code); err != nil {
		// The caller's ctx may be what ended the start.
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleaning)
		defer cancel()
		return nil, errors.Join(err, i.Stop(clean))
	}
	return i, nil
}

// cleaning bounds the removal of an instance that did not start.
const cleaning = 10 * time.Second

// code is the folder of the function's package; without one, an empty folder.
func (d *Driver) code(ctx context.Context, f *functions.Function) (string, error) {
	if f.Package == "" {
		return d.rootDir(), nil
	}
	return d.o.Packages.Dir(ctx, f.Package)
}

func (i *instance) start(ctx context.Context, f *functions.Function, code string) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.gone { // the driver was closed meanwhile
		return closed()
	}
	d := i.driver
	runtime, err := functions.ParseRuntime(f.Runtime)
	if err != nil {
		return err
	}
	if i.listener, err = channel.Listen(i.dir); err != nil {
		return err
	}
	memory := int64(f.MemoryMB) * mebibyte
	if i.group, err = d.cgroups.group(i.id, memory); err != nil {
		return fmt.Errorf("limiting an instance: %w", err)
	}
	if i.process, err = d.spawn(); err != nil {
		return err
	}
	if err := i.group.join(i.process.cmd.Process.Pid); err != nil {
		return err
	}
	if err := i.process.begin(d.spec(runtime.Language, memory, code, i.listener.Dir(), i.listener.Token())); err != nil {
		return i.dead(err)
	}
	if err := i.accept(ctx); err != nil {
		return err
	}
	init := channel.InitOf(f, appDir)
	init.MemoryRefused = !d.cgroups.counts()
	if err := i.conn.Init(ctx, init); err != nil {
		return fmt.Errorf("loading %s: %w", f.Name, err)
	}
	return i.group.limitCPU(f.CPU)
}

// accept waits for the executor, or for its end.
func (i *instance) accept(ctx context.Context) error {
	inner, cancel := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-i.process.exited:
			cancel(i.dead(nil))
		case <-inner.Done():
		}
	})
	var err error
	i.conn, err = i.listener.Accept(inner, i.verdict)
	cancel(nil)
	watch.Wait()
	return err
}

// dead explains a process that ended before it could say hello.
func (i *instance) dead(err error) error {
	<-i.process.exited
	if i.group.kills() > 0 {
		return &channel.InitError{Failure: *channel.OutOfMemory(i.memory, i.group.peak())}
	}
	text := i.process.stderr.String()
	if err != nil {
		text += ": " + err.Error()
	}
	return fault.New(fault.Internal, "sandbox_start", "the sandbox ended with code %d while it started: %s", i.process.code, text)
}

// ending is how long the verdict waits for a process that has hung up to end.
const ending = time.Second

// verdict says how the instance ended.
func (i *instance) verdict() *functions.Failure {
	timer := time.NewTimer(ending)
	defer timer.Stop()
	code := -1
	select {
	case <-i.process.exited:
		code = i.process.code
	case <-timer.C:
	}
	switch {
	case i.group.kills() > 0:
		return channel.OutOfMemory(i.memory, i.group.peak())
	case i.stopping.Load():
		return &functions.Failure{Type: functions.FailureCrashed, Message: "the instance was stopped in the middle of the call"}
	}
	return channel.Crashed(code)
}

// ID is unique on the node.
func (i *instance) ID() string { return i.id }

// Runtime says what really runs.
func (i *instance) Runtime() string { return i.conn.Hello().Runtime }

// Done is closed when the instance is dead or unusable.
func (i *instance) Done() <-chan struct{} { return i.conn.Done() }

// Invoke runs one call; see channel.Conn.Invoke. A failing call in which the
// kernel killed a process for memory failed of that, and the instance with it;
// so does one in which the executor says that memory was refused.
func (i *instance) Invoke(ctx context.Context, call *functions.Call) (*functions.Result, error) {
	r, err := i.conn.Invoke(ctx, call)
	if err != nil || r.Failure == nil {
		return r, err
	}
	if r.Failure.Type == functions.FailureOutOfMemory {
		return r, i.conn.Close()
	}
	if i.group.kills() > 0 {
		r.Failure = channel.OutOfMemory(i.memory, i.group.peak())
		return r, i.conn.Close()
	}
	return r, nil
}

// Stop kills every process of the instance and removes its cgroups and its
// folder. When ctx ends first, another Stop goes on.
func (i *instance) Stop(ctx context.Context) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.gone {
		return nil
	}
	i.stopping.Store(true)
	if i.process != nil {
		i.process.kill()
		select {
		case <-i.process.exited:
		case <-ctx.Done():
			return fmt.Errorf("stopping %s: %w", i.id, context.Cause(ctx))
		}
	}
	var problems []error
	if i.conn != nil {
		problems = append(problems, i.conn.Close())
	}
	if i.listener != nil {
		problems = append(problems, i.listener.Close())
	}
	if i.group != nil {
		problems = append(problems, i.group.remove(ctx))
	}
	problems = append(problems, os.RemoveAll(i.dir))
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("stopping %s: %w", i.id, err)
	}
	i.gone = true
	i.driver.drop(i)
	return nil
}
