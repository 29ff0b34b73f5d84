package etcd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"go.uber.org/zap/zapcore"

	"github.com/serverledge/serverledge/internal/fault"
)

// EmbeddedOptions of an etcd member in this process.
type EmbeddedOptions struct {
	// Dir is the member's own directory; it is made when missing.
	Dir string
	// Listen is the loopback address ("127.0.0.1:2379", port 0 for a free one)
	// that other processes of this machine reach the member at. Empty: none.
	Listen string
	// Log is told of what etcd warns of; nothing is by default.
	Log *slog.Logger
	// OnFatal is called, at most once, when the member died of an error that it
	// cannot get over, such as a full disk. From then on every request fails
	// with fault.Unavailable. It must return soon and must not wait for Close.
	OnFatal func(error)
}

// Embedded is an etcd member in this process.
type Embedded struct {
	driver *Driver
	server *embed.Etcd
	lock   *os.File
	death  *death

	once     sync.Once
	closeErr error
}

// The member's tuning: one member has nobody to wait for.
const (
	tick         = 10 * time.Millisecond
	election     = 50 * time.Millisecond
	quota        = 2 << 30
	compactAfter = "5m"
	// catchUp is how many entries of the log stay in memory for followers that
	// do not exist.
	catchUp = 10
	// snapshots is how many transactions lie between two snapshots: a start
	// reads all that came after the last one.
	snapshots = 500
	// closeTime bounds the wait for a member that died.
	closeTime = 3 * time.Second
)

// StartEmbedded starts the member and waits until it serves. fault.Conflict
// "data_dir_in_use" when another process has the directory.
func StartEmbedded(ctx context.Context, o EmbeddedOptions) (*Embedded, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fault.New(fault.Unavailable, "data_dir", "making the directory of the store: %w", err)
	}
	lock, err := lockDir(o.Dir)
	if err != nil {
		return nil, err
	}
	e := &Embedded{lock: lock, death: &death{onFatal: o.OnFatal, met: make(chan struct{})}}
	if err := e.start(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the embedded store in %s: %w", o.Dir, err), e.Close())
	}
	return e, nil
}

// start runs in a goroutine of its own what may end in a fatal error: that
// ends the goroutine.
func (e *Embedded) start(ctx context.Context, o EmbeddedOptions) error {
	cfg, err := e.config(o)
	if err != nil {
		return err
	}
	type outcome struct {
		server *embed.Etcd
		err    error
	}
	started := make(chan outcome, 1)
	go func() {
		server, err := embed.StartEtcd(cfg)
		started <- outcome{server, err}
	}()
	select {
	case s := <-started:
		if s.err != nil {
			return fault.New(fault.Unavailable, "store_start", "%w", s.err)
		}
		e.server = s.server
	case <-e.death.met:
		return e.death.err
	}
	select {
	case <-e.server.Server.ReadyNotify():
	case err := <-e.server.Err():
		return fault.New(fault.Unavailable, "store_start", "%w", err)
	case <-e.death.met:
		return e.death.err
	case <-ctx.Done():
		return fault.New(fault.Unavailable, "store_start", "it is not ready: %w", context.Cause(ctx))
	}
	e.driver = newDriver(v3client.New(e.server.Server), 0)
	e.death.ends(e.driver.end)
	return nil
}

func (e *Embedded) config(o EmbeddedOptions) (*embed.Config, error) {
	// The member's own address: it has to have one, nothing listens there.
	self := url.URL{Scheme: "http", Host: "127.0.0.1:0"}
	cfg := embed.NewConfig()
	cfg.Name = "serverledge"
	cfg.Dir = filepath.Join(o.Dir, "member")
	cfg.ListenPeerUrls, cfg.ListenClientUrls = nil, nil
	cfg.AdvertisePeerUrls, cfg.AdvertiseClientUrls = []url.URL{self}, []url.URL{self}
	cfg.InitialCluster = cfg.InitialClusterFromName(cfg.Name)
	if o.Listen != "" {
		listen, err := loopback(o.Listen)
		if err != nil {
			return nil, err
		}
		cfg.ListenClientUrls = []url.URL{listen}
		cfg.AdvertiseClientUrls = cfg.ListenClientUrls
	}
	cfg.TickMs, cfg.ElectionMs = uint(tick.Milliseconds()), uint(election.Milliseconds())
	cfg.SnapshotCount, cfg.SnapshotCatchUpEntries = snapshots, catchUp
	cfg.MaxSnapFiles, cfg.MaxWalFiles = 2, 2
	cfg.QuotaBackendBytes = quota
	cfg.AutoCompactionMode, cfg.AutoCompactionRetention = embed.CompactorModePeriodic, compactAfter
	cfg.EnableGRPCGateway = false
	cfg.ZapLoggerBuilder = embed.NewZapLoggerBuilder(quietLogger(o.Log, e.death.meet))
	return cfg, nil
}

// loopback makes the URL of an address of this machine and refuses others:
// nothing asks a client of the member who it is.
func loopback(address string) (url.URL, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return url.URL{}, fault.New(fault.Invalid, "invalid_address", "the address of the embedded store: %w", err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return url.URL{}, fault.New(fault.Invalid, "invalid_address", "the embedded store can listen on a loopback address only, not on %s", address).
			WithHint("run an etcd of your own with TLS, and set etcd.address on every node")
	}
	return url.URL{Scheme: "http", Host: address}, nil
}

// Driver returns the driver over the member; it is closed by Close.
func (e *Embedded) Driver() *Driver { return e.driver }

// Address is where the member listens for other processes, "" when it does not.
func (e *Embedded) Address() string {
	if len(e.server.Clients) == 0 {
		return ""
	}
	return e.server.Clients[0].Addr().String()
}

// Close stops the member and releases its directory. A member that died is
// left behind when it does not stop in a few seconds: then the directory is
// free only after the process has ended, and Close says so. It is idempotent.
func (e *Embedded) Close() error {
	e.once.Do(func() { e.closeErr = e.close() })
	return e.closeErr
}

func (e *Embedded) close() error {
	var err error
	if e.driver != nil {
		err = e.driver.Close()
	}
	if !e.stop() {
		return errors.Join(err, fault.New(fault.Unavailable, "store_died", "the embedded store died and does not stop: %w", e.death.err).
			WithHint("end this process and start it again"))
	}
	return errors.Join(err, e.lock.Close())
}

// stop stops the member; it is false when the member died and does not stop.
func (e *Embedded) stop() bool {
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		if e.server != nil {
			e.server.Close()
		}
	}()
	select {
	case <-stopped:
		return true
	case <-e.death.met:
	}
	timer := time.NewTimer(closeTime)
	defer timer.Stop()
	select {
	case <-stopped:
		return true
	case <-timer.C:
		return false
	}
}

// death is the end of a member by a fatal error.
type death struct {
	onFatal func(error)
	once    sync.Once
	met     chan struct{}
	err     error // set before met is closed

	mu  sync.Mutex
	end context.CancelCauseFunc
}

// meet is called by the goroutine that met the error.
func (d *death) meet(message string) {
	d.once.Do(func() {
		d.err = fault.New(fault.Unavailable, "store_died", "the embedded store died: %s", message).
			WithHint("see that the disk has space and works, then start the node again")
		close(d.met)
		d.mu.Lock()
		if d.end != nil {
			d.end(d.err)
		}
		d.mu.Unlock()
		if d.onFatal != nil {
			d.onFatal(d.err)
		}
	})
}

// ends says what is to be ended with the member.
func (d *death) ends(end context.CancelCauseFunc) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.end = end
	select {
	case <-d.met:
		end(d.err)
	default:
	}
}

// deathHook ends a goroutine where zap would end the process.
type deathHook struct{ died func(message string) }

// OnWrite implements zapcore.CheckWriteHook.
func (h deathHook) OnWrite(e *zapcore.CheckedEntry, fields []zapcore.Field) {
	var message strings.Builder
	message.WriteString(e.Message)
	for _, f := range fields {
		if err, ok := f.Interface.(error); ok && f.Type == zapcore.ErrorType {
			message.WriteString(": " + err.Error())
		}
	}
	h.died(message.String())
	runtime.Goexit()
}
