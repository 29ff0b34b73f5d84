package pack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/serverledge/serverledge/internal/fault"
)

// temporary begins the name of every folder that is not whole or no longer
// wanted.
const temporary = "tmp-"

// Cache is a folder of unpacked packages, each under its digest. It is safe
// for concurrent use; a folder belongs to one Cache at a time.
type Cache struct {
	dir   string
	fetch func(ctx context.Context, digest string) (io.ReadCloser, error)

	mu      sync.Mutex
	flights map[string]chan struct{}
	used    map[string]time.Time // when a package was last asked for, or kept
}

// NewCache opens the cache in a folder, which is made when it is missing.
// fetch opens the archive of a digest. What a former process left half done is
// removed. After a restart of the machine the cache starts empty: its files
// are never synced, so a power cut may have damaged them.
func NewCache(dir string, fetch func(ctx context.Context, digest string) (io.ReadCloser, error)) (*Cache, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("opening the package cache: %w", err)
	}
	boot := bootID()
	was, err := os.ReadFile(filepath.Join(dir, "boot"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("opening the package cache: %w", err)
	}
	found, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the package cache: %w", err)
	}
	for _, f := range found {
		old := isDigest(f.Name()) && (boot == "" || string(was) != boot)
		if old || strings.HasPrefix(f.Name(), temporary) {
			if err := os.RemoveAll(filepath.Join(dir, f.Name())); err != nil {
				return nil, fmt.Errorf("cleaning the package cache: %w", err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "boot"), []byte(boot), 0o600); err != nil {
		return nil, fmt.Errorf("opening the package cache: %w", full(err))
	}
	return &Cache{dir: dir, fetch: fetch, flights: map[string]chan struct{}{}, used: map[string]time.Time{}}, nil
}

// bootID changes with every start of the machine; it is empty where the system
// does not tell.
func bootID() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}

// Dir returns the folder with the files of a package, which every user may
// read, and unpacks it first when needed: once, however many callers ask. The
// folder stays until Sweep takes it. Errors are those of fetch and of Check;
// fault.Internal with the code package_corrupt when what was fetched has
// another digest.
func (c *Cache) Dir(ctx context.Context, digest string) (string, error) {
	if !isDigest(digest) {
		return "", fault.New(fault.Invalid, "invalid_digest", "%s is not a SHA-256 in hexadecimal", shown(digest))
	}
	dir := filepath.Join(c.dir, digest)
	for {
		c.touch(digest) // before the look: what is found is not swept
		if _, err := os.Stat(dir); err == nil {
			return dir, nil
		}
		wait, first := c.enter(digest)
		if first {
			err := c.unpack(ctx, digest, dir)
			c.leave(digest)
			if err != nil {
				return "", fmt.Errorf("fetching package %.12s: %w", digest, err)
			}
			return dir, nil
		}
		// The one who unpacks may have been cancelled: then it is our turn.
		select {
		case <-wait:
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// enter makes the caller the one who works on a digest, or gives it the
// channel that closes when the one who does has ended.
func (c *Cache) enter(digest string) (wait <-chan struct{}, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if done, ok := c.flights[digest]; ok {
		return done, false
	}
	c.flights[digest] = make(chan struct{})
	return nil, true
}

func (c *Cache) leave(digest string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.flights[digest])
	delete(c.flights, digest)
	c.used[digest] = time.Now()
}

func (c *Cache) touch(digest string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.used[digest] = time.Now()
}

func (c *Cache) unpack(ctx context.Context, digest, dir string) error {
	// Another caller may have ended between the look and the turn.
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	archive, err := c.fetch(ctx, digest)
	if err != nil {
		return err
	}
	sum := sha256.New()
	err = unpack(ctx, io.TeeReader(archive, sum), dir, published(), func() error {
		if got := hex.EncodeToString(sum.Sum(nil)); got != digest {
			return fault.New(fault.Internal, "package_corrupt", "the stored package has the digest %s", got)
		}
		return nil
	})
	return errors.Join(err, archive.Close())
}

func isDigest(s string) bool {
	if len(s) != 2*sha256.Size {
		return false
	}
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
