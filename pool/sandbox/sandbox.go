// Package sandbox runs functions in Linux namespaces with the interpreters that
// the host has: the driver for machines without Docker.
//
// An instance is a process tree in mount, process, network, IPC, host name and
// cgroup namespaces of its own (and in a user namespace when the node is not
// root). Its root is a small tmpfs that shows the host's programs and libraries,
// the function's package at /app and nothing else, all read-only; it runs as
// user 65534 without capabilities, under a filter of system calls, resource
// limits, and cgroup limits where the node may set them (Limits says so).
// Process 1 is cmd/executor, which builds all this around itself; see stage.
//
// It is not a container runtime: there are no images and no network.
//
// The invariant: a process of an instance does not outlive it, and an instance
// does not outlive the node. The processes get SIGKILL with process 1 of their
// namespace, and that one with the node.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/runtimes"
)

// Packages gives the unpacked code of functions.
type Packages interface {
	// Dir is the folder with the package of this digest, readable by all.
	Dir(ctx context.Context, digest string) (string, error)
}

// Options of a driver. Dir, Packages and Executor are required.
type Options struct {
	// Dir is the driver's own folder, made when missing. Two drivers cannot
	// share one.
	Dir string
	// Packages holds the code.
	Packages Packages
	// Executor is the path of cmd/executor's static binary.
	Executor string
	// Python and Node are interpreters to use instead of those in $PATH.
	Python, Node string
	// Log is told what the driver cannot limit; nothing by default.
	Log *slog.Logger
}

// Driver makes instances. It is safe for concurrent use.
type Driver struct {
	o       Options
	lock    *os.File
	host    host
	cgroups *cgroups
	spawner *spawner
	// life ends with Close, and with it every start that is under way.
	life context.Context
	end  context.CancelCauseFunc

	mu        sync.Mutex
	closed    bool
	instances map[string]*instance
}

// New makes a driver and removes what a former one with the same Dir left. The
// error is fault.Unimplemented "sandbox_not_possible" on a machine that does
// not allow sandboxes, and says what is missing; fault.Exists when another node
// uses the folder.
func New(ctx context.Context, o Options) (*Driver, error) {
	switch {
	case o.Dir == "":
		return nil, fault.New(fault.Invalid, "no_dir", "sandbox: Options.Dir is empty")
	case o.Packages == nil:
		return nil, fault.New(fault.Invalid, "no_packages", "sandbox: Options.Packages is nil")
	case o.Executor == "":
		return nil, fault.New(fault.Invalid, "no_executor", "sandbox: Options.Executor is empty")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	var err error
	for _, path := range []*string{&o.Dir, &o.Executor} {
		if *path, err = filepath.Abs(*path); err != nil {
			return nil, fmt.Errorf("sandbox: %w", err)
		}
	}
	if _, err := os.Stat(o.Executor); err != nil {
		return nil, fault.New(fault.Unavailable, "no_executor", "sandbox: the executor is missing: %w", err).
			WithHint("build it with: make build")
	}
	d := &Driver{o: o, instances: make(map[string]*instance)}
	d.life, d.end = context.WithCancelCause(context.WithoutCancel(ctx))
	if err := d.open(ctx); err != nil {
		return nil, errors.Join(err, d.release())
	}
	return d, nil
}

// open takes the folder, clears it and tries a sandbox.
func (d *Driver) open(ctx context.Context) error {
	if err := d.takeFolder(); err != nil {
		return err
	}
	d.cgroups = findCgroups(cgroupName(d.o.Dir))
	if err := d.cgroups.clear(ctx); err != nil {
		return fmt.Errorf("removing what a former node left: %w", err)
	}
	for _, dir := range []string{d.instancesDir(), d.libraryDir(), d.rootDir()} {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("removing what a former node left: %w", err)
		}
		if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // below a folder of mode 0700
			return fmt.Errorf("making the sandbox's folders: %w", err)
		}
	}
	if err := runtimes.Write(d.libraryDir()); err != nil {
		return err
	}
	d.spawner = newSpawner()
	if err := d.try(ctx); err != nil {
		return err
	}
	if missing := d.cgroups.missing(); missing != "" {
		d.o.Log.WarnContext(ctx, "sandbox cannot set every limit", "missing", missing, "limits", d.Limits())
	}
	d.host = findHost(ctx, d.o)
	return nil
}

func (d *Driver) takeFolder() error {
	if err := os.MkdirAll(d.o.Dir, 0o700); err != nil {
		return fmt.Errorf("making the sandbox's folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(d.o.Dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("locking the sandbox's folder: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return errors.Join(fault.New(fault.Exists, "folder_in_use", "another node uses %s", d.o.Dir), f.Close())
	}
	d.lock = f
	return nil
}

func (d *Driver) instancesDir() string { return filepath.Join(d.o.Dir, "instances") }
func (d *Driver) libraryDir() string   { return filepath.Join(d.o.Dir, "executors") }
func (d *Driver) rootDir() string      { return filepath.Join(d.o.Dir, "root") }

// Name is "sandbox".
func (d *Driver) Name() string { return "sandbox" }

// Runtimes says what the host has, for example
// {"python":"3.11.2","nodejs":"20.20.2","binary":""}.
func (d *Driver) Runtimes() map[string]string { return d.host.versions() }

// Limits says, for people, how instances are limited here.
func (d *Driver) Limits() string { return d.cgroups.String() }

// Check refuses a function whose runtime the host does not have, with
// fault.Unimplemented, and a runtime that nobody knows, with fault.Invalid.
func (d *Driver) Check(f *functions.Function) error {
	r, err := functions.ParseRuntime(f.Runtime)
	if err != nil {
		return err
	}
	if r.Language == functions.LanguageCustom || f.Image != "" {
		return fault.New(fault.Unimplemented, "runtime_not_available", "the sandbox driver runs no images").
			WithHint("use a node with Docker for custom images")
	}
	return r.Satisfied(d.Runtimes())
}

// Prepare sees to it that the package is unpacked. There is nothing to refresh.
func (d *Driver) Prepare(ctx context.Context, f *functions.Function, _ bool) error {
	if err := d.Check(f); err != nil {
		return err
	}
	if f.Package == "" {
		return nil
	}
	_, err := d.o.Packages.Dir(ctx, f.Package)
	return err
}

// Close stops all instances and removes what the driver made. It is idempotent.
func (d *Driver) Close(ctx context.Context) error {
	d.mu.Lock()
	d.closed = true
	var all []*instance
	for _, i := range d.instances {
		all = append(all, i)
	}
	d.mu.Unlock()
	d.end(closed())
	var problems []error
	for _, i := range all {
		problems = append(problems, i.Stop(ctx))
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	return d.release()
}

// release gives back all but the instances.
func (d *Driver) release() error {
	var problems []error
	if d.spawner != nil {
		d.spawner.close()
	}
	if d.cgroups != nil {
		problems = append(problems, d.cgroups.remove())
	}
	if d.lock != nil {
		for _, dir := range []string{d.instancesDir(), d.libraryDir(), d.rootDir(), d.lock.Name()} {
			problems = append(problems, os.RemoveAll(dir))
		}
		problems = append(problems, d.lock.Close())
		d.lock = nil
	}
	return errors.Join(problems...)
}

// add registers an instance; it fails when the driver is closed.
func (d *Driver) add(i *instance) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return closed()
	}
	d.instances[i.id] = i
	return nil
}

func closed() error {
	return fault.New(fault.Unavailable, "driver_closed", "the sandbox driver is closed")
}

func (d *Driver) drop(i *instance) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.instances, i.id)
}
