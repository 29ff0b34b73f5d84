package pack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/serverledge/serverledge/functions"
)

// idle is how long a package stays in a Cache after its last use: longer than
// an instance that was given it needs to start and to end its last call.
const idle = functions.MaxTimeout + 10*time.Minute

// Sweep removes the packages that keep does not want, and returns how many. A
// package that Dir has handed out, or that keep has wanted, within the last 70
// minutes stays: instances may still run its code. It goes on after an error
// and returns all of them.
func (c *Cache) Sweep(keep func(digest string) bool) (removed int, err error) {
	found, err := os.ReadDir(c.dir)
	if err != nil {
		return 0, fmt.Errorf("sweeping the package cache: %w", err)
	}
	var errs []error
	for _, f := range found {
		digest := f.Name()
		if !isDigest(digest) {
			continue
		}
		if keep(digest) {
			c.touch(digest)
			continue
		}
		gone, err := c.remove(digest)
		if err != nil {
			errs = append(errs, fmt.Errorf("removing package %.12s from the cache: %w", digest, err))
		} else if gone {
			removed++
		}
	}
	return removed, errors.Join(errs...)
}

// remove deletes a package unless it was in use of late.
func (c *Cache) remove(digest string) (gone bool, err error) {
	grave, err := os.MkdirTemp(c.dir, temporary+"*")
	if err != nil {
		return false, err
	}
	gone, err = c.bury(digest, filepath.Join(grave, digest))
	return gone, errors.Join(err, os.RemoveAll(grave))
}

// bury takes a package out of the sight of Dir, in one step that no caller of
// Dir can come between.
func (c *Cache) bury(digest, grave string) (gone bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, busy := c.flights[digest]; busy || time.Since(c.used[digest]) < idle {
		return false, nil
	}
	delete(c.used, digest)
	return true, os.Rename(filepath.Join(c.dir, digest), grave)
}
