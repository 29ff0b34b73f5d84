package channel

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// Where an executor finds its node.
const (
	// Mount is where the folder Listener.Dir appears inside an instance.
	Mount = "/run/serverledge"
	// Socket is the name of the socket in this folder.
	Socket = "node.sock"
	// TokenVariable is the environment variable that hands the token to an
	// executor, which removes it before user code runs.
	TokenVariable = "SERVERLEDGE_TOKEN" //nolint:gosec // a name, not a secret
	// SocketVariable overrides the socket's path inside (for tests).
	SocketVariable = "SERVERLEDGE_SOCKET"
)

// helloTime is how long a peer may take to say who it is. It bounds a
// connection by a stranger, not the start of an executor.
const helloTime = 5 * time.Second

// Hello is what an executor says of itself. It is a claim, not a fact.
type Hello struct {
	Protocol int    `json:"protocol"`
	Token    string `json:"token,omitempty"`
	// Runtime is what really runs, for example "Python 3.11.2".
	Runtime string `json:"runtime"`
	// PID is the executor's own, in its own process namespace.
	PID int `json:"pid"`
}

// Listener waits for the executor of one instance.
type Listener struct {
	dir   string
	token string
	unix  *net.UnixListener
}

// Listen makes dir (mode 0700) when it is missing, in it a folder for the
// instance's eyes (mode 0711), and in this one the socket (mode 0666): user
// 65534 inside reaches it through the bind mount, other users outside do not
// pass dir. A path longer than a socket address is fine.
func Listen(dir string) (*Listener, error) {
	inner := filepath.Join(dir, "channel")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the instance folder: %w", err)
	}
	if err := os.Mkdir(inner, 0o711); err != nil {
		return nil, fmt.Errorf("making the channel folder: %w", err)
	}
	l := &Listener{dir: inner, token: newToken()}
	if err := l.bind(); err != nil {
		return nil, fmt.Errorf("listening in %s: %w", inner, joinCleanup(err, os.RemoveAll(inner)))
	}
	return l, nil
}

// bind listens through a descriptor of the folder, because the address of a
// unix socket holds 107 bytes and data directories may be deeper.
func (l *Listener) bind() error {
	if err := os.Chmod(l.dir, 0o711); err != nil { //nolint:gosec // see Listen; Mkdir is subject to the umask
		return err
	}
	fd, err := unix.Open(l.dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	address := &net.UnixAddr{Net: "unix", Name: "/proc/self/fd/" + strconv.Itoa(fd) + "/" + Socket}
	l.unix, err = net.ListenUnix("unix", address)
	if err != nil {
		return err
	}
	l.unix.SetUnlinkOnClose(false)
	if err := os.Chmod(filepath.Join(l.dir, Socket), 0o666); err != nil { //nolint:gosec // see Listen
		return joinCleanup(err, l.unix.Close())
	}
	return nil
}

// Token is the secret that the executor must say, once.
func (l *Listener) Token() string { return l.token }

// Dir is the folder to show the instance, read-only, at Mount.
func (l *Listener) Dir() string { return l.dir }

// Accept waits for the executor and returns the connection to it; after that
// nobody else can connect. Strangers are turned away meanwhile. When ctx ends
// first, its cause is the error.
//
// The verdict is asked, at most once, when the connection ends while a call or
// the loading of code is under way: it says how the process ended (Crashed,
// OutOfMemory). It may wait for this a little. Nil says just that it crashed.
func (l *Listener) Accept(ctx context.Context, verdict func() *functions.Failure) (*Conn, error) {
	stop := context.AfterFunc(ctx, func() { _ = l.unix.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	for {
		nc, err := l.unix.AcceptUnix()
		if err != nil {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			return nil, fault.New(fault.Unavailable, "channel_closed", "waiting for the executor: %w", err)
		}
		hello, frames, err := l.greet(ctx, nc)
		if err != nil {
			_ = nc.Close()
			continue
		}
		if err := l.unix.Close(); err != nil {
			_ = nc.Close()
			return nil, fault.New(fault.Internal, "channel_close", "closing the listener: %w", err)
		}
		return newConn(nc, frames, hello, verdict), nil
	}
}

// greet reads the HELLO of a new connection and checks its token.
func (l *Listener) greet(ctx context.Context, nc *net.UnixConn) (Hello, *Reader, error) {
	stop := context.AfterFunc(ctx, func() { _ = nc.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := nc.SetReadDeadline(time.Now().Add(helloTime)); err != nil {
		return Hello{}, nil, err
	}
	frames := NewReader(nc, MaxFrame)
	f, err := frames.Read()
	if err != nil {
		return Hello{}, nil, err
	}
	var hello Hello
	if f.Type != TypeHello || json.Unmarshal(f.Header, &hello) != nil || hello.Protocol != Protocol ||
		subtle.ConstantTimeCompare([]byte(hello.Token), []byte(l.token)) != 1 {
		return Hello{}, nil, fault.New(fault.Denied, "bad_hello", "the peer did not say HELLO with the token")
	}
	hello.Token = ""
	hello.Runtime = clean(hello.Runtime, 100)
	return hello, frames, nc.SetReadDeadline(time.Time{})
}

// Close stops listening and removes the socket and its folder. A connection
// that was accepted stays. It is idempotent.
func (l *Listener) Close() error {
	_ = l.unix.Close()
	if err := os.RemoveAll(l.dir); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("removing the channel folder: %w", err)
	}
	return nil
}

func newToken() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(b)
}

// joinCleanup returns err, with what went wrong while cleaning up after it.
func joinCleanup(err, cleanup error) error {
	if cleanup == nil || os.IsNotExist(cleanup) {
		return err
	}
	return fmt.Errorf("%w (and while cleaning up: %w)", err, cleanup)
}
