package files

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/serverledge/serverledge/store/objects"
)

// Open implements objects.Store.
func (s *Store) Open(ctx context.Context, bucket, key string, part objects.Part) (*objects.Object, error) {
	if err := objects.Interrupted(ctx, "opening an object"); err != nil {
		return nil, err
	}
	name, _, err := s.locate(bucket, key)
	if err != nil {
		return nil, err
	}
	// not blocking: should a pipe have come in between, it does not hang
	f, err := s.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, objects.NoKey(bucket, key)
	}
	if err != nil {
		return nil, failure(err, "opening "+name)
	}
	object, err := open(ctx, f, bucket, key, part)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return object, nil
}

// open makes an object of an open file.
func open(ctx context.Context, f *os.File, bucket, key string, part objects.Part) (*objects.Object, error) {
	stat, err := f.Stat()
	if err != nil {
		return nil, failure(err, "opening "+key)
	}
	if err := ordinary(bucket+"/"+key, stat); err != nil {
		return nil, err
	}
	info := describe(key, stat)
	if part.ETag != "" && part.ETag != info.ETag {
		return nil, objects.Changed(bucket, key)
	}
	offset, length, err := part.Span(bucket, key, info.Size)
	if err != nil {
		return nil, err
	}
	return &objects.Object{Info: info, ReadCloser: &reader{ctx, f, io.NewSectionReader(f, offset, length)}}, nil
}

// reader reads a part of a file and ends with its ctx.
type reader struct {
	ctx  context.Context
	file *os.File
	part *io.SectionReader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := objects.Interrupted(r.ctx, "reading an object"); err != nil {
		return 0, err
	}
	n, err := r.part.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = failure(err, "reading an object")
	}
	return n, err
}

func (r *reader) Close() error { return r.file.Close() }
