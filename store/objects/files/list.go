package files

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/serverledge/serverledge/store/objects"
)

// List implements objects.Store. It holds the names of one folder at each
// level. What is put or removed meanwhile may or may not be seen.
func (s *Store) List(ctx context.Context, bucket, prefix, after string) iter.Seq2[objects.Info, error] {
	return func(yield func(objects.Info, error) bool) {
		w := walk{ctx: ctx, prefix: prefix, after: after, yield: yield}
		if err := s.list(&w, bucket); err != nil && !errors.Is(err, errEnough) {
			yield(objects.Info{}, err)
		}
	}
}

// errEnough ends a walk whose consumer has left.
var errEnough = errors.New("enough")

// list walks from the folder that the prefix names.
func (s *Store) list(w *walk, bucket string) error {
	if err := objects.CheckBucket(bucket); err != nil {
		return err
	}
	if err := s.checkBucket(bucket); err != nil {
		return err
	}
	name, base := bucket, w.prefix[:strings.LastIndexByte(w.prefix, '/')+1]
	if base != "" {
		below := strings.TrimSuffix(base, "/")
		if checkPath(below) != nil {
			return nil // no key is like this
		}
		for name = range steps(bucket, below) {
			info, err := s.root.Lstat(name)
			if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
				return nil
			}
			if err != nil {
				return failure(err, "listing objects")
			}
		}
	}
	dir, err := s.root.OpenRoot(name)
	if err != nil {
		return failure(err, "listing objects")
	}
	return w.folder(dir, base)
}

// walk yields the objects below a folder in the order of their keys.
type walk struct {
	ctx           context.Context
	prefix, after string
	yield         func(objects.Info, error) bool
}

// folder walks a folder whose objects' keys begin with base, and closes it.
func (w *walk) folder(dir *os.Root, base string) error {
	defer dir.Close()
	names, err := names(dir)
	if err != nil {
		return failure(err, "listing objects")
	}
	for _, name := range names {
		if err := objects.Interrupted(w.ctx, "listing objects"); err != nil {
			return err
		}
		if strings.HasSuffix(name, "/") {
			err = w.below(dir, base, name)
		} else {
			err = w.file(dir, base, name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// names returns the files and folders of a folder, these with a slash at their
// end, in the order of the keys that begin with them.
func names(dir *os.Root) ([]string, error) {
	f, err := dir.Open(".")
	if err != nil {
		return nil, err
	}
	entries, err := f.ReadDir(-1)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	out := make([]string, 0, len(entries))
	for _, e := range entries {
		switch {
		case e.Type().IsRegular():
			out = append(out, e.Name())
		case e.IsDir():
			out = append(out, e.Name()+"/")
		}
	}
	slices.Sort(out)
	return out, nil
}

// below walks a folder, if it can have a key that is asked for.
func (w *walk) below(dir *os.Root, base, name string) error {
	key := base + name
	if !strings.HasPrefix(key, w.prefix) && !strings.HasPrefix(w.prefix, key) || key < w.after && !strings.HasPrefix(w.after, key) {
		return nil
	}
	sub, err := dir.OpenRoot(strings.TrimSuffix(name, "/"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return failure(err, "listing objects")
	}
	return w.folder(sub, key)
}

// file yields a file, if its key is asked for.
func (w *walk) file(dir *os.Root, base, name string) error {
	key := base + name
	if !w.wants(key) {
		return nil
	}
	info, err := dir.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it was removed meanwhile
	}
	if err != nil {
		return failure(err, "listing objects")
	}
	if info.Mode().IsRegular() && !w.yield(describe(key, info), nil) {
		return errEnough
	}
	return nil
}

// wants tells whether a key is one, and asked for.
func (w *walk) wants(key string) bool {
	return key > w.after && strings.HasPrefix(key, w.prefix) && objects.CheckKey(key) == nil
}
