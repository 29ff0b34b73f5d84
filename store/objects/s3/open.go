package s3

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store/objects"
)

// Open implements objects.Store.
func (s *Store) Open(ctx context.Context, bucket, key string, part objects.Part) (*objects.Object, error) {
	if err := check(bucket, key); err != nil {
		return nil, err
	}
	if part.Offset < 0 || part.Length < 0 {
		return nil, objects.Beyond(bucket, key, part)
	}
	r := &reader{ctx: ctx, store: s, bucket: bucket, key: key, etag: part.ETag, at: part.Offset}
	if part.Length > 0 {
		r.end = part.Offset + part.Length
	}
	info, err := r.open()
	if part.Offset == 0 && err != nil && fault.From(err).Code == "invalid_range" {
		r.end = 0 // the object is empty: it has no first byte, but a whole
		info, err = r.open()
	}
	if err != nil {
		return nil, err
	}
	r.etag = info.ETag
	if r.end == 0 || r.end > info.Size {
		r.end = info.Size
	}
	return &objects.Object{Info: info, ReadCloser: r}, nil
}

// reader reads an object over one connection after the other.
type reader struct {
	ctx         context.Context
	store       *Store
	bucket, key string
	etag        string // of the content that is read
	at, end     int64  // end is 0 while the size is not known

	body     io.ReadCloser // nil when there is no connection
	give     context.CancelCauseFunc
	watch    *time.Timer
	failures int // without a byte in between
}

// open makes a connection that begins at r.at. A silence of the service ends it.
func (r *reader) open() (objects.Info, error) {
	const doing = "opening an object"
	var o minio.GetObjectOptions
	if r.etag != "" {
		if err := o.SetMatchETag(r.etag); err != nil {
			return objects.Info{}, objects.Changed(r.bucket, r.key)
		}
	}
	if r.at > 0 || r.end > 0 {
		if err := o.SetRange(r.at, max(r.end-1, 0)); err != nil {
			return objects.Info{}, objects.Beyond(r.bucket, r.key, objects.Part{Offset: r.at})
		}
	}
	ctx, cancel := context.WithCancelCause(r.ctx)
	watch := time.AfterFunc(r.store.timeout, func() { cancel(errSilent) })
	body, got, header, err := r.store.client.GetObject(ctx, r.bucket, r.key, o)
	watch.Stop()
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		cancel(nil)
		return objects.Info{}, r.store.failure(r.ctx, err, doing, r.bucket, r.key)
	}
	info := describe(r.key, got)
	if size, ok := wholeSize(header.Get("Content-Range")); ok {
		info.Size = size
	}
	r.body, r.give, r.watch = body, cancel, watch
	return info, nil
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	for {
		if err := objects.Interrupted(r.ctx, "reading an object"); err != nil {
			return 0, err // also when what is buffered would go on for a while
		}
		if r.at >= r.end {
			return 0, io.EOF
		}
		n, err := r.try(p)
		if n > 0 {
			r.failures = 0
			return n, nil // what went wrong shows with the next Read
		}
		if err == nil && len(p) == 0 {
			return 0, nil
		}
		if err := r.again(err); err != nil {
			return 0, err
		}
	}
}

// try reads from the connection, which it closes when it is broken.
func (r *reader) try(p []byte) (int, error) {
	if r.body == nil {
		if _, err := r.open(); err != nil {
			return 0, err
		}
	}
	r.watch.Reset(r.store.timeout)
	n, err := r.body.Read(p[:min(int64(len(p)), r.end-r.at)])
	r.watch.Stop()
	r.at += int64(n)
	if err != nil {
		_ = r.Close()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
	}
	return n, err
}

// again waits before another try, or returns the error that ends the reading.
func (r *reader) again(err error) error {
	const doing = "reading an object"
	if err == nil {
		return nil
	}
	if !passing(err) {
		return err
	}
	if r.failures++; r.failures >= r.store.attempts {
		return r.store.failure(r.ctx, err, doing, r.bucket, r.key)
	}
	pause := time.NewTimer(time.Duration(r.failures) * 100 * time.Millisecond)
	defer pause.Stop()
	select {
	case <-pause.C:
		return nil
	case <-r.ctx.Done():
		return objects.Interrupted(r.ctx, doing)
	}
}

// Close implements io.Closer. A connection that is not read to its end is given
// up, not drained.
func (r *reader) Close() error {
	if r.body == nil {
		return nil
	}
	r.watch.Stop()
	if r.at < r.end {
		r.give(nil)
	}
	err := r.body.Close()
	r.give(nil)
	r.body = nil
	if r.at < r.end || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
