package files

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"
	"time"

	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store/objects"
)

// Put implements objects.Store. The object is on the disk when it returns: a
// temporary file has been written, synced and renamed.
func (s *Store) Put(ctx context.Context, bucket, key string, content io.Reader) (info objects.Info, err error) {
	if err := objects.Interrupted(ctx, "putting an object"); err != nil {
		return objects.Info{}, err
	}
	if err := s.check(bucket, key); err != nil {
		return objects.Info{}, err
	}
	temp := temporary + "/" + rand.Text()
	defer func() {
		if err != nil {
			if gone := s.root.Remove(temp); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
				err = errors.Join(err, gone)
			}
		}
	}()
	if err := s.write(ctx, temp, content); err != nil {
		return objects.Info{}, err
	}
	if err := objects.Interrupted(ctx, "putting an object"); err != nil {
		return objects.Info{}, err
	}
	stat, err := s.root.Lstat(temp)
	if err != nil {
		return objects.Info{}, failure(err, "putting an object")
	}
	name := bucket + "/" + key
	if err := s.folders(bucket, key); err != nil {
		return objects.Info{}, err
	}
	if err := s.root.Rename(temp, name); err != nil {
		return objects.Info{}, inTheWay(err, name)
	}
	if err := s.sync(path.Dir(name)); err != nil {
		return objects.Info{}, err
	}
	return describe(key, stat), nil
}

// write fills a new file and sees it onto the disk.
func (s *Store) write(ctx context.Context, name string, content io.Reader) error {
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return failure(err, "putting an object")
	}
	source := &source{ctx: ctx, content: content}
	_, err = io.Copy(f, source)
	if source.err != nil {
		return errors.Join(source.err, f.Close())
	}
	if err == nil {
		// file systems give times in steps of milliseconds, too coarse for an ETag
		now := time.Now()
		err = s.root.Chtimes(name, now, now)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return failure(err, "putting an object")
	}
	return nil
}

// source ends with its ctx and remembers why it ended.
type source struct {
	ctx     context.Context
	content io.Reader
	err     error
}

func (s *source) Read(p []byte) (int, error) {
	if s.err = objects.Interrupted(s.ctx, "putting an object"); s.err != nil {
		return 0, s.err
	}
	n, err := s.content.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// folders makes the folders that a key lies in, and sees them onto the disk.
// Each is looked at before the next, so that no link is followed.
func (s *Store) folders(bucket, key string) error {
	for name := range steps(bucket, key) {
		if len(name) == len(bucket)+1+len(key) {
			break // the object itself
		}
		err := s.root.Mkdir(name, folderMode)
		switch {
		case errors.Is(err, fs.ErrExist):
			info, err := s.root.Lstat(name)
			if err != nil {
				return failure(err, "putting an object")
			}
			if info.Mode()&fs.ModeSymlink != 0 {
				return ordinary(name, info)
			}
			if !info.IsDir() {
				return inTheWay(syscall.ENOTDIR, name)
			}
		case err != nil:
			return inTheWay(err, name)
		default:
			if err := s.sync(path.Dir(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// sync sees the names in a folder onto the disk.
func (s *Store) sync(name string) error {
	dir, err := s.root.Open(name)
	if err != nil {
		return failure(err, "putting an object")
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return failure(err, "putting an object")
	}
	return nil
}

// inTheWay tells of a key that is a folder, or continues one that is a file.
func inTheWay(err error, name string) error {
	for _, clash := range []error{syscall.ENOTDIR, syscall.EISDIR, syscall.ENOTEMPTY, syscall.EEXIST} {
		if errors.Is(err, clash) {
			return fault.New(fault.Conflict, "key_in_the_way", "%q: a file cannot be kept beside a folder of its name: %w", name, err).
				WithHint("choose a key that neither continues another after a slash nor is continued so")
		}
	}
	return failure(err, "putting an object")
}
