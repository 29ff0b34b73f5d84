package objects

import (
	"context"
	"errors"

	"github.com/serverledge/serverledge/internal/fault"
)

// The errors that every driver makes, so that all say the same.

// NoBucket is the error of a bucket that is not there.
func NoBucket(bucket string) *fault.Error {
	return fault.New(fault.NotFound, "no_such_bucket", "there is no bucket %q", clip(bucket))
}

// NoKey is the error of an object that is not there.
func NoKey(bucket, key string) *fault.Error {
	return fault.New(fault.NotFound, "no_such_key", "there is no object %q in the bucket %q", clip(key), bucket)
}

// Changed is the error of an object that has another content than was asked for.
func Changed(bucket, key string) *fault.Error {
	return fault.New(fault.Conflict, "object_changed", "the object %q in the bucket %q was replaced while it was read", clip(key), bucket).
		WithHint("read it again from its beginning")
}

// Beyond is the error of a part that begins behind the end of its object.
func Beyond(bucket, key string, part Part) *fault.Error {
	return fault.New(fault.Invalid, "invalid_range", "the object %q in the bucket %q has no byte %d", clip(key), bucket, part.Offset)
}

// Interrupted is the error of a call whose ctx is done, nil while it is not.
func Interrupted(ctx context.Context, doing string) error {
	if ctx.Err() == nil {
		return nil
	}
	cause := context.Cause(ctx)
	if errors.Is(cause, context.DeadlineExceeded) {
		return fault.New(fault.Timeout, "object_store_timeout", "%s: %w", doing, cause)
	}
	return fault.New(fault.Unavailable, "object_store_interrupted", "%s: %w", doing, cause)
}

// Span returns where a part of an object of this size begins and how long it
// is, or Beyond.
func (p Part) Span(bucket, key string, size int64) (offset, length int64, err error) {
	if p.Offset < 0 || p.Length < 0 || p.Offset > 0 && p.Offset >= size {
		return 0, 0, Beyond(bucket, key, p)
	}
	length = size - p.Offset
	if p.Length > 0 {
		length = min(length, p.Length)
	}
	return p.Offset, length, nil
}
