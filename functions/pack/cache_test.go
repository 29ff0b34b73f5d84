package pack

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/serverledge/serverledge/internal/fault"
)

// shelf is a source of packages that counts how often it is asked.
type shelf struct {
	packages map[string][]byte
	asked    atomic.Int64
	// gate, when set, holds every fetch until it is closed.
	gate chan struct{}
}

func (s *shelf) fetch(ctx context.Context, digest string) (io.ReadCloser, error) {
	s.asked.Add(1)
	if s.gate != nil {
		select {
		case <-s.gate:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	b, ok := s.packages[digest]
	if !ok {
		return nil, fault.New(fault.NotFound, "unknown_package", "no package %s", digest)
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}

func open1(t *testing.T, dir string, s *shelf) *Cache {
	t.Helper()
	c, err := NewCache(dir, s.fetch)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func stock(t *testing.T) (*shelf, string) {
	t.Helper()
	b := archive(t, regular("a", "1"))
	return &shelf{packages: map[string][]byte{Digest(b): b}}, Digest(b)
}

func entries(t *testing.T, dir string) int {
	t.Helper()
	found, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}

func TestCacheFetchesOnce(t *testing.T) {
	t.Parallel()
	s, digest := stock(t)
	s.gate = make(chan struct{})
	c := open1(t, t.TempDir(), s)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			dir, err := c.Dir(t.Context(), digest)
			if err != nil {
				t.Error(err)
				return
			}
			if got, err := os.ReadFile(filepath.Join(dir, "a")); err != nil || string(got) != "1" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	close(s.gate)
	all.Wait()
	if n := s.asked.Load(); n != 1 {
		t.Errorf("fetched %d times, want 1", n)
	}
}

func TestCacheSurvivesTheFirstCaller(t *testing.T) {
	t.Parallel()
	s, digest := stock(t)
	s.gate = make(chan struct{})
	c := open1(t, t.TempDir(), s)
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error)
	go func() { _, err := c.Dir(ctx, digest); first <- err }()
	for s.asked.Load() == 0 {
		runtime.Gosched()
	}
	second := make(chan error)
	go func() { _, err := c.Dir(t.Context(), digest); second <- err }()
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want cancelled", err)
	}
	close(s.gate)
	if err := <-second; err != nil {
		t.Errorf("the second caller shares the fate of the first: %v", err)
	}
}

func TestCacheRefusals(t *testing.T) {
	t.Parallel()
	s, digest := stock(t)
	other := Digest([]byte("other"))
	s.packages[other] = s.packages[digest]
	bomb := archive(t, regular("../x", "1"))
	s.packages[Digest(bomb)] = bomb
	dir := t.TempDir()
	c := open1(t, dir, s)
	for name, want := range map[string]string{
		other: "package_corrupt", Digest([]byte("absent")): "unknown_package", Digest(bomb): "unsafe_path",
		"../../etc": "invalid_digest", "": "invalid_digest", digest[:63] + "A": "invalid_digest", digest + "0": "invalid_digest",
	} {
		for range 3 {
			if _, err := c.Dir(t.Context(), name); code(err) != want {
				t.Errorf("%q: got %v, want %s", name, err, want)
			}
		}
	}
	if n := entries(t, dir); n != 1 {
		t.Errorf("%d entries are left, want only the mark of the boot", n)
	}
}

func TestCacheAfterACrash(t *testing.T) {
	t.Parallel()
	s, digest := stock(t)
	dir := t.TempDir()
	if _, err := open1(t, dir, s).Dir(t.Context(), digest); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(dir, temporary+"123", "sub")
	if err := os.MkdirAll(half, 0o700); err != nil {
		t.Fatal(err)
	}
	c := open1(t, dir, s)
	if _, err := os.Stat(half); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was left half done is still there: %v", err)
	}
	if _, err := c.Dir(t.Context(), digest); err != nil || s.asked.Load() != 1 {
		t.Errorf("got %v after %d fetches, want the package of before", err, s.asked.Load())
	}
	if err := os.WriteFile(filepath.Join(dir, "boot"), []byte("another start of the machine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := open1(t, dir, s).Dir(t.Context(), digest); err != nil || s.asked.Load() != 2 {
		t.Errorf("got %v after %d fetches, want it fetched anew", err, s.asked.Load())
	}
}

func TestUploadsThatBreakOffLeaveNothing(t *testing.T) {
	t.Parallel()
	b := archive(t, regular("a", string(zeros(100_000))))
	dir := t.TempDir()
	c, err := NewCache(dir, func(context.Context, string) (io.ReadCloser, error) {
		return io.NopCloser(&failing{b: b[:len(b)/2], err: io.ErrUnexpectedEOF}), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if _, err := c.Dir(t.Context(), Digest(b)); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("got %v", err)
		}
	}
	if n := entries(t, dir); n != 1 {
		t.Errorf("%d entries are left, want 1", n)
	}
}
