// Package s3test runs a real server of S3 for tests: Versity's gateway, built
// from the module proxy (tools/s3server) and kept in the user's cache, over a
// folder of the test.
package s3test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Server is a running server, with what a client needs to know.
type Server struct {
	Endpoint, Region, AccessKey, SecretKey string
	// CAFile has the certificate of a server with TLS.
	CAFile string
	// Buckets is the folder whose folders are the buckets.
	Buckets string
}

// Options of a server.
type Options struct {
	// TLS makes it speak https, with a certificate of its own.
	TLS bool
}

// Start runs a server until the test ends. Without one the test is skipped, with
// the reason, or fails when SERVERLEDGE_REQUIRE_DOCKER=1.
func Start(tb testing.TB, o Options) *Server {
	tb.Helper()
	program, err := build(tb.Context())
	if err != nil {
		reason := "no S3 server: " + err.Error()
		if os.Getenv("SERVERLEDGE_REQUIRE_DOCKER") == "1" {
			tb.Fatal(reason)
		}
		tb.Skip(reason)
	}
	s := &Server{Region: "eu-test-1", AccessKey: "test-access-key", SecretKey: "test-secret-key", Buckets: filepath.Join(tb.TempDir(), "buckets")}
	sidecar := filepath.Join(tb.TempDir(), "metadata")
	for _, dir := range []string{s.Buckets, sidecar} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			tb.Fatal(err)
		}
	}
	args := []string{"--region", s.Region, "--access", s.AccessKey, "--secret", s.SecretKey, "--quiet"}
	if o.TLS {
		cert, key := certificate(tb)
		s.CAFile = cert
		args = append(args, "--cert", cert, "--key", key)
	}
	const tries = 3
	for try := 1; ; try++ {
		// the port is free now; somebody may take it before the server does
		err := s.start(tb, program, append(slices.Clip(args), "--port"), []string{"posix", "--sidecar", sidecar, s.Buckets})
		if err == nil {
			return s
		}
		if try == tries {
			tb.Fatal(err)
		}
	}
}

// MakeBucket makes a bucket.
func (s *Server) MakeBucket(tb testing.TB, name string) {
	tb.Helper()
	if err := os.Mkdir(filepath.Join(s.Buckets, name), 0o700); err != nil {
		tb.Fatal(err)
	}
}

// start runs the program on a free port and waits until it answers.
func (s *Server) start(tb testing.TB, program string, before, after []string) error {
	tb.Helper()
	address, err := freeAddress(tb.Context())
	if err != nil {
		return err
	}
	scheme := "http://"
	if s.CAFile != "" {
		scheme = "https://"
	}
	s.Endpoint = scheme + address
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	var out output
	cmd := exec.CommandContext(ctx, program, append(append(before, address), after...)...)
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		cancel()
		return fmt.Errorf("starting the S3 server: %w", err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended is in what it said
		close(ended)
	}()
	stop := func() {
		cancel()
		<-ended
	}
	if err := await(tb.Context(), address, ended); err != nil {
		stop()
		return fmt.Errorf("%w\n%s", err, &out)
	}
	tb.Cleanup(func() {
		stop()
		if tb.Failed() {
			tb.Logf("the S3 server said: %s", &out)
		}
	})
	return nil
}

// freeAddress finds a port of loopback that nobody uses.
func freeAddress(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// await waits until the server answers, whatever it says.
func await(ctx context.Context, address string, ended <-chan struct{}) error {
	const patience, pause = 30 * time.Second, 20 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(pause)
	defer tick.Stop()
	transport := &http.Transport{DisableKeepAlives: true}
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/", http.NoBody)
		if err != nil {
			return err
		}
		if answer, err := transport.RoundTrip(request); err == nil {
			return answer.Body.Close()
		} else if !errors.Is(err, syscall.ECONNREFUSED) && ctx.Err() == nil {
			return nil // it is there, and speaks TLS
		}
		select {
		case <-tick.C:
		case <-ended:
			return errors.New("the S3 server ended")
		case <-ctx.Done():
			return errors.New("the S3 server does not answer")
		}
	}
}

// output keeps what the server says; it may be read while it is written.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

var _ io.Writer = (*output)(nil)
