// Package files is an objects.Store in a folder of this machine: a bucket is a
// folder in it, the key of an object is its path below the bucket. Whoever may
// write there can bring data in and take results out with ordinary tools.
//
// A key that is no plain path is refused, and symbolic links are neither
// followed nor listed: nothing outside of the folder can be reached. A key
// cannot stand beside another that continues it after a slash ("a" and "a/b"),
// for a folder is no file.
package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store/objects"
)

// maxSegment is how long the name of a file can be, in bytes.
const maxSegment = 255

// What a Put is written to before it has its name. No bucket is called so.
const (
	temporary = ".tmp"
	// staleAfter is when a temporary file belongs to no Put that goes on.
	staleAfter = time.Hour
)

// Folders and files are for the node's user alone, as its other data are.
const (
	folderMode = 0o700
	fileMode   = 0o600
)

// Store is an objects.Store below a folder.
type Store struct {
	root *os.Root
}

// New returns a store in a folder, which it makes when it is missing, and
// removes what broken-off Puts have left there.
func New(dir string) (*Store, error) {
	if dir == "" {
		return nil, fault.New(fault.Invalid, "invalid_objects_dir", "the folder of the objects has no name")
	}
	if err := os.MkdirAll(dir, folderMode); err != nil {
		return nil, failure(err, "making the folder of the objects")
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, failure(err, "opening the folder of the objects")
	}
	s := &Store{root}
	if err := s.sweep(); err != nil {
		return nil, errors.Join(failure(err, "preparing the folder of the objects"), root.Close())
	}
	return s, nil
}

// sweep makes the folder for temporary files, or removes the stale ones in it.
func (s *Store) sweep() error {
	err := s.root.Mkdir(temporary, folderMode)
	if err == nil || !errors.Is(err, fs.ErrExist) {
		return err
	}
	entries, err := fs.ReadDir(s.root.FS(), temporary)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || time.Since(info.ModTime()) < staleAfter {
			continue
		}
		if err := s.root.Remove(temporary + "/" + e.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Close implements objects.Store.
func (s *Store) Close() error { return s.root.Close() }

// MakeBucket makes a bucket, if it is not there.
func (s *Store) MakeBucket(name string) error {
	if err := objects.CheckBucket(name); err != nil {
		return err
	}
	if err := s.root.Mkdir(name, folderMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return failure(err, "making the bucket "+name)
	}
	return nil
}

// Stat implements objects.Store.
func (s *Store) Stat(ctx context.Context, bucket, key string) (objects.Info, error) {
	if err := objects.Interrupted(ctx, "looking an object up"); err != nil {
		return objects.Info{}, err
	}
	_, info, err := s.locate(bucket, key)
	if err != nil {
		return objects.Info{}, err
	}
	return describe(key, info), nil
}

// locate returns the path of an object, which is a regular file without a
// symbolic link on the way.
func (s *Store) locate(bucket, key string) (string, fs.FileInfo, error) {
	if err := s.check(bucket, key); err != nil {
		return "", nil, err
	}
	for name := range steps(bucket, key) {
		info, err := s.root.Lstat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return "", nil, objects.NoKey(bucket, key)
		case err != nil:
			return "", nil, failure(err, "looking up "+name)
		case len(name) == len(bucket)+1+len(key):
			if info.IsDir() {
				return "", nil, objects.NoKey(bucket, key)
			}
			return name, info, ordinary(name, info)
		case info.IsDir():
		case info.Mode()&fs.ModeSymlink != 0:
			return "", nil, ordinary(name, info)
		default:
			return "", nil, objects.NoKey(bucket, key)
		}
	}
	panic("unreachable: a key has a last segment")
}

// steps yields the paths on the way to an object, that of the object last.
func steps(bucket, key string) iter.Seq[string] {
	return func(yield func(string) bool) {
		whole := bucket + "/" + key
		for end := len(bucket) + 1; end < len(whole); end++ {
			if whole[end] == '/' && !yield(whole[:end]) {
				return
			}
		}
		yield(whole)
	}
}

// ordinary refuses what is no regular file: a link may lead anywhere, a pipe
// may block for ever.
func ordinary(name string, info fs.FileInfo) error {
	what := "a special file"
	switch {
	case info.Mode().IsRegular():
		return nil
	case info.Mode()&fs.ModeSymlink != 0:
		what = "a symbolic link"
	}
	return fault.New(fault.Denied, "not_a_file", "%q is %s, which is not read", name, what).
		WithHint("put a copy there instead")
}

// check checks names, and that the bucket is there.
func (s *Store) check(bucket, key string) error {
	if err := objects.CheckBucket(bucket); err != nil {
		return err
	}
	if err := objects.CheckKey(key); err != nil {
		return err
	}
	if err := checkPath(key); err != nil {
		return err
	}
	return s.checkBucket(bucket)
}

func (s *Store) checkBucket(bucket string) error {
	info, err := s.root.Lstat(bucket)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return objects.NoBucket(bucket).WithHint("make the folder %s", filepath.Join(s.root.Name(), bucket))
	case err != nil:
		return failure(err, "looking up the bucket "+bucket)
	case info.IsDir():
		return nil
	case info.Mode()&fs.ModeSymlink != 0:
		return ordinary(bucket, info)
	}
	return objects.NoBucket(bucket).WithHint("%s is a file; make it a folder", filepath.Join(s.root.Name(), bucket))
}

// checkPath refuses keys that are no plain path below a bucket.
func checkPath(key string) error {
	for segment := range strings.SplitSeq(key, "/") {
		switch {
		case segment == "":
			return objects.InvalidKey(key, "an object kept as a file has no slash at its beginning or end, and no two in a row")
		case segment == "." || segment == "..":
			return objects.InvalidKey(key, "an object kept as a file has no %q in its key", segment)
		case len(segment) > maxSegment:
			return objects.InvalidKey(key, "an object kept as a file has at most %d bytes between two slashes of its key", maxSegment)
		}
	}
	return nil
}

// describe tells of a file. Its ETag names the file as it is now: whoever
// replaces or changes it gives it another inode, size or time.
func describe(key string, info fs.FileInfo) objects.Info {
	var inode uint64
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		inode = stat.Ino
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %d %d", inode, info.Size(), info.ModTime().UnixNano()))
	return objects.Info{
		Key: key, Size: info.Size(), ETag: hex.EncodeToString(sum[:16]),
		Modified: info.ModTime().UTC(), StorageClass: objects.StandardClass,
	}
}

// failure gives an error of the file system its kind.
func failure(err error, doing string) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fault.New(fault.Exhausted, "disk_full", "%s: %w", doing, err).
			WithHint("free space where the objects are kept")
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fault.New(fault.Denied, "object_store_denied", "%s: %w", doing, err).
			WithHint("let the user of the node read and write there")
	}
	return fault.New(fault.Unavailable, "object_store_unavailable", "%s: %w", doing, err)
}
