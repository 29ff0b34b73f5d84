// Package pooltest has a driver and a catalogue without containers, for tests
// of what stands above them. Time passes in them as in package time, so that in
// a synctest bubble they cost none.
package pooltest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// Driver is a pool.Driver whose instances are Go functions. The zero value has
// instances that start at once and return their input. Set fields before use.
type Driver struct {
	// Boot and Removal are how long a start and a stop take.
	Boot, Removal time.Duration
	// Serve answers calls; nil returns the input.
	Serve func(ctx context.Context, i *Instance, call *functions.Call) (*functions.Result, error)
	// Fail, when set, is asked before each start whether it fails.
	Fail func(f *functions.Function) error
	// Provides is what Runtimes returns; nil is Python 3.11.2, Node.js 18.13.0,
	// binary and custom.
	Provides map[string]string

	mu        sync.Mutex
	starts    int
	prepared  int
	closed    bool
	instances map[string]*Instance
}

// Instance is one that the Driver started.
type Instance struct {
	Function *functions.Function

	driver *Driver
	id     string
	done   chan struct{}
	die    sync.Once

	mu          sync.Mutex
	calls, most int
	served      int
}

// Name is "fake".
func (*Driver) Name() string { return "fake" }

// Runtimes returns Provides or its default.
func (d *Driver) Runtimes() map[string]string {
	if d.Provides != nil {
		return maps.Clone(d.Provides)
	}
	return map[string]string{"python": "3.11.2", "nodejs": "18.13.0", "binary": "", "custom": ""}
}

// Check asks whether Runtimes satisfies the function.
func (d *Driver) Check(f *functions.Function) error {
	r, err := functions.ParseRuntime(f.Runtime)
	if err != nil {
		return err
	}
	return r.Satisfied(d.Runtimes())
}

// Prepare only counts.
func (d *Driver) Prepare(ctx context.Context, _ *functions.Function, _ bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.prepared++
	return context.Cause(ctx)
}

// Start makes an instance after Boot.
func (d *Driver) Start(ctx context.Context, f *functions.Function) (functions.Instance, error) {
	if err := wait(ctx, d.Boot); err != nil {
		return nil, err
	}
	if d.Fail != nil {
		if err := d.Fail(f); err != nil {
			return nil, err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, fault.New(fault.Unavailable, "driver_closed", "the driver is closed")
	}
	d.starts++
	i := &Instance{
		Function: f, driver: d, id: fmt.Sprintf("%s-%d", f.Name, d.starts),
		done: make(chan struct{}),
	}
	if d.instances == nil {
		d.instances = map[string]*Instance{}
	}
	d.instances[i.id] = i
	return i, nil
}

// Close kills what is left.
func (d *Driver) Close(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for _, i := range d.instances {
		i.Kill()
	}
	clear(d.instances)
	return nil
}

// Instances returns the instances that are not removed, by their IDs.
func (d *Driver) Instances() []*Instance {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []*Instance
	for _, id := range slices.Sorted(maps.Keys(d.instances)) {
		list = append(list, d.instances[id])
	}
	return list
}

// Starts counts the instances that have started.
func (d *Driver) Starts() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.starts
}

// Prepared counts the calls of Prepare.
func (d *Driver) Prepared() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.prepared
}

// ID is the function's name and a number.
func (i *Instance) ID() string { return i.id }

// Runtime is "fake" and the function's runtime.
func (i *Instance) Runtime() string { return "fake " + i.Function.Runtime }

// Done is closed by Kill and Stop.
func (i *Instance) Done() <-chan struct{} { return i.done }

// Kill lets the instance die; its calls fail as crashed.
func (i *Instance) Kill() { i.die.Do(func() { close(i.done) }) }

// Stop removes the instance after Driver.Removal.
func (i *Instance) Stop(ctx context.Context) error {
	i.Kill()
	if err := wait(ctx, i.driver.Removal); err != nil {
		return err
	}
	i.driver.mu.Lock()
	defer i.driver.mu.Unlock()
	delete(i.driver.instances, i.id)
	return nil
}

// Most is the highest number of calls that ran at the same time, Served how
// many there were in all.
func (i *Instance) Most() (most, served int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.most, i.served
}

// Invoke lets Driver.Serve answer. It ends with ctx, and with a crash when the
// instance dies.
func (i *Instance) Invoke(ctx context.Context, call *functions.Call) (*functions.Result, error) {
	select {
	case <-i.done:
		return nil, fault.New(fault.Unavailable, "instance_dead", "the instance is dead")
	default:
	}
	i.mu.Lock()
	i.calls++
	i.served++
	i.most = max(i.most, i.calls)
	i.mu.Unlock()
	defer func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.calls--
	}()
	if i.driver.Serve == nil {
		return &functions.Result{Output: call.Input}, nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	finished := make(chan struct{})
	defer close(finished)
	go func() {
		select {
		case <-i.done:
			cancel(errCrashed)
		case <-finished:
		}
	}()
	r, err := i.driver.Serve(ctx, i, call)
	if err != nil && errors.Is(context.Cause(ctx), errCrashed) {
		return &functions.Result{Failure: &functions.Failure{Type: functions.FailureCrashed, Message: "the fake instance was killed"}}, nil
	}
	return r, err
}

const errCrashed = crashError("the fake instance was killed")

type crashError string

func (c crashError) Error() string { return string(c) }

// Take returns a Driver.Serve whose calls take some time and return their
// input.
func Take(d time.Duration) func(context.Context, *Instance, *functions.Call) (*functions.Result, error) {
	return func(ctx context.Context, _ *Instance, call *functions.Call) (*functions.Result, error) {
		if err := wait(ctx, d); err != nil {
			return nil, err
		}
		return &functions.Result{Output: call.Input}, nil
	}
}

// wait lets time pass, or returns the cause of ctx.
func wait(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Catalog is a pool.Catalog in memory. The zero value is empty.
type Catalog struct {
	mu        sync.Mutex
	functions map[string]*functions.Function
}

// Put registers a function, or a new version of one. It fills what is empty:
// namespace, runtime, memory and version.
func (c *Catalog) Put(f functions.Function) *functions.Function {
	if f.Namespace == "" {
		f.Namespace = functions.DefaultNamespace
	}
	if f.Runtime == "" {
		f.Runtime = "python310"
	}
	if f.MemoryMB == 0 {
		f.MemoryMB = functions.DefaultMemoryMB
	}
	if f.Version == "" {
		f.Version = f.Digest()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.functions == nil {
		c.functions = map[string]*functions.Function{}
	}
	c.functions[key(f.Namespace, f.Name)] = &f
	return &f
}

// Delete forgets a function.
func (c *Catalog) Delete(namespace, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.functions, key(namespace, name))
}

// Function returns a function; fault.NotFound.
func (c *Catalog) Function(_ context.Context, namespace, name string) (*functions.Function, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.functions[key(namespace, name)]; f != nil {
		return f, nil
	}
	return nil, fault.New(fault.NotFound, "function_not_found", "there is no function %q", name)
}

func key(namespace, name string) string { return functions.Fold(namespace + "/" + name) }
