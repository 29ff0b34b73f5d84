// Package docker runs instances as containers of a Docker daemon.
//
// Each instance is one container with the hardened profile of this package:
// no network, no capabilities, a read-only root, hard limits. Its executor
// dials a unix socket of the node (package pool/channel), so that a call never
// touches Docker: the daemon is spoken to when an instance starts and when it
// ends, and it may restart in between. The package decides nothing about when
// that happens; the pool does.
//
// Its invariant: every container that it makes carries the label of the node
// and is known to the driver until it is removed, also when making it failed,
// the caller went away, or the former process was killed.
package docker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/docker/docker/client"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/runtimes"
)

// Packages gives the unpacked code of functions.
type Packages interface {
	// Dir is the folder with the package of this digest.
	Dir(ctx context.Context, digest string) (string, error)
}

// Options configures a Driver. Dir, Node, Packages and Executor are required.
type Options struct {
	// Dir is a folder of the node; the driver keeps its files in Dir/docker.
	Dir string
	// Node is the id of this node. Containers that a former process with the
	// same id left are removed.
	Node string
	// Packages gives the code.
	Packages Packages
	// Executor is the path of the static program cmd/executor.
	Executor string
	// Log gets what the driver handles itself; nothing when nil.
	Log *slog.Logger
	// Images names the image of each environment (see
	// functions.Runtime.Environment); nil is DefaultImages.
	Images map[string]string
	// Refresh fetches images of custom functions again at every Prepare.
	Refresh bool
	// Host is the daemon's address; "" is $DOCKER_HOST or the usual socket.
	Host string
}

// DefaultImages are the images that "make images" builds.
func DefaultImages() map[string]string {
	return map[string]string{
		functions.LanguagePython:                       "serverledge/python3:latest",
		functions.LanguageNodeJS:                       "serverledge/nodejs:latest",
		functions.LanguageBinary:                       "serverledge/base:latest",
		functions.LanguagePython + functions.FlavourML: "serverledge/python3ml:latest",
	}
}

// The bounds of what the driver waits for.
const (
	pingTime  = 5 * time.Second
	daemonAPI = 30 * time.Second // one request to the daemon
	helloTime = time.Minute      // from the start of a container to its HELLO
	pullTime  = 5 * time.Minute
	// busyDaemon is how many containers are made, or removed, at a time: the
	// kernel's work on namespaces does not go faster side by side.
	busyDaemon = 4
)

// Driver starts containers. It is safe for concurrent use.
type Driver struct {
	api      *client.Client
	log      *slog.Logger
	options  Options
	dir      string
	labels   map[string]string // of every container
	arch     string            // of the daemon, as images name it
	versions map[string]string // what Runtimes returns

	making, removing chan struct{} // hold a token per container at work

	// life ends with Close; work is what Close waits for.
	life context.Context //nolint:containedctx // the lifetime of the driver's goroutines
	end  context.CancelCauseFunc
	work sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	images    map[string]*picture // by reference
	pulls     map[string]*pull    // under way, by reference
	instances map[string]*instance
}

// New connects to the daemon, removes what a former process left, and reads
// the versions of the runtime images. The error is fault.Unavailable: with
// docker_unavailable when no daemon answers, with no_runtime_image when no
// image is there.
func New(ctx context.Context, o Options) (*Driver, error) {
	if o.Dir == "" || o.Node == "" || o.Packages == nil || o.Executor == "" {
		return nil, errors.New("docker driver: Dir, Node, Packages and Executor are required")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Images == nil {
		o.Images = DefaultImages()
	}
	executor, err := filepath.Abs(o.Executor)
	if err != nil {
		return nil, fmt.Errorf("finding the executor: %w", err)
	}
	if _, err := os.Stat(executor); err != nil {
		return nil, fmt.Errorf("finding the executor: %w", err)
	}
	dir, err := filepath.Abs(filepath.Join(o.Dir, "docker"))
	if err != nil {
		return nil, fmt.Errorf("finding the driver's folder: %w", err)
	}
	o.Executor = executor
	d := &Driver{
		log: o.Log, options: o, dir: dir,
		labels: map[string]string{labelNode: o.Node, labelGeneration: newID()},
		making: make(chan struct{}, busyDaemon), removing: make(chan struct{}, busyDaemon),
		images: map[string]*picture{}, pulls: map[string]*pull{}, instances: map[string]*instance{},
	}
	if err := d.connect(ctx); err != nil {
		return nil, err
	}
	d.life, d.end = context.WithCancelCause(context.WithoutCancel(ctx))
	if err := d.settle(ctx); err != nil {
		d.end(nil)
		return nil, errors.Join(err, d.api.Close())
	}
	return d, nil
}

// connect finds the daemon and agrees on a version of its interface.
func (d *Driver) connect(ctx context.Context) error {
	options := []client.Opt{client.FromEnv, client.WithAPIVersionNegotiation()}
	if d.options.Host != "" {
		options = append(options, client.WithHost(d.options.Host))
	}
	api, err := client.NewClientWithOpts(options...)
	if err != nil {
		return fault.New(fault.Unavailable, "docker_unavailable", "the address of the Docker daemon cannot be used: %w", err).
			WithHint("check DOCKER_HOST")
	}
	if !strings.HasPrefix(api.DaemonHost(), "unix://") {
		return errors.Join(fault.New(fault.Unavailable, "docker_unavailable", "the Docker daemon at %s is not on this machine", api.DaemonHost()).
			WithHint("functions reach the node through a unix socket: use the daemon of this machine"), api.Close())
	}
	ctx, cancel := context.WithTimeout(ctx, pingTime)
	defer cancel()
	// ServerVersion negotiates first, and fails where no daemon answers.
	v, err := api.ServerVersion(ctx)
	if err != nil {
		return errors.Join(unreachable(err, api.DaemonHost()), api.Close())
	}
	d.api, d.arch = api, v.Arch
	d.log.InfoContext(ctx, "docker answers", "version", v.Version, "api", api.ClientVersion())
	return nil
}

// settle brings the daemon and the folder into the state of an empty node.
func (d *Driver) settle(ctx context.Context) error {
	if err := d.sweep(ctx, map[string]string{labelNode: d.options.Node}); err != nil {
		return err
	}
	if err := os.RemoveAll(d.instanceDir("")); err != nil {
		return fmt.Errorf("removing the folders of former instances: %w", err)
	}
	if err := os.MkdirAll(d.instanceDir(""), 0o700); err != nil {
		return fmt.Errorf("making the folder of the instances: %w", err)
	}
	if err := runtimes.Write(d.scriptDir()); err != nil {
		return err
	}
	return d.readVersions(ctx)
}

func (d *Driver) instanceDir(id string) string { return filepath.Join(d.dir, "instances", id) }

func (d *Driver) scriptDir() string { return filepath.Join(d.dir, "executors") }

// Name is "docker".
func (*Driver) Name() string { return "docker" }

// Runtimes says what the images provide, by functions.Runtime.Environment; an
// empty version does for any. It is what New has found.
func (d *Driver) Runtimes() map[string]string { return maps.Clone(d.versions) }

// Check refuses a function that can never run here: fault.Unimplemented
// runtime_not_available, fault.Invalid for a runtime or an image that makes no
// sense.
func (d *Driver) Check(f *functions.Function) error {
	r, err := functions.ParseRuntime(f.Runtime)
	if err != nil {
		return err
	}
	if r.Language == functions.LanguageCustom {
		_, err := exactReference(f.Image)
		return err
	}
	return r.Satisfied(d.versions)
}

// Close stops all instances, waits for what is under way, and removes every
// container of this process. It may be called again after an error.
func (d *Driver) Close(ctx context.Context) error {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.end(fault.New(fault.Unavailable, "driver_closed", "the node is stopping"))
	idle := make(chan struct{})
	go func() {
		d.work.Wait()
		close(idle)
	}()
	select {
	case <-idle:
	case <-ctx.Done():
		return fmt.Errorf("waiting for starts to end: %w", context.Cause(ctx))
	}
	d.mu.Lock()
	left := make([]*instance, 0, len(d.instances))
	for _, i := range d.instances {
		left = append(left, i)
	}
	d.mu.Unlock()
	err := each(left, func(i *instance) error { return i.Stop(ctx) })
	if err := errors.Join(err, d.sweep(ctx, d.labels), os.RemoveAll(d.instanceDir(""))); err != nil {
		return fmt.Errorf("closing the docker driver: %w", err)
	}
	return d.api.Close()
}

// each runs do for all elements, a few at a time, and joins the errors.
func each[T any](all []T, do func(T) error) error {
	errs := make([]error, len(all))
	slots := make(chan struct{}, busyDaemon)
	var wg sync.WaitGroup
	for n, e := range all {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			errs[n] = do(e)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
