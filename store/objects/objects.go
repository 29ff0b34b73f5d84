package objects

import (
	"context"
	"io"
	"iter"
	"time"
)

// Store keeps objects in buckets, in four verbs. It is safe for concurrent use.
// Every call ends soon after its ctx does; Put, when the Read that it waits for
// has returned.
//
// Errors are of these kinds: fault.NotFound "no_such_bucket" and "no_such_key",
// fault.Invalid for names that are none (see CheckBucket and CheckKey; a driver
// may refuse more) and for a Part beyond the end, fault.Denied when the store
// refuses who asks, fault.Conflict when the object is not the one that a Part
// names or the key cannot stand beside another, fault.Exhausted when the store
// is full, fault.Unavailable when it does not answer, fault.Timeout when it is
// too slow. A ctx that is done is the cause of its error.
type Store interface {
	// Stat returns what is known of an object.
	Stat(ctx context.Context, bucket, key string) (Info, error)
	// Open begins to read an object, or a part of it. ctx covers all reading;
	// who opens must close.
	Open(ctx context.Context, bucket, key string, part Part) (*Object, error)
	// List yields the objects of a bucket whose keys begin with prefix and come
	// after after, in ascending order of their keys' bytes. It reads as it goes,
	// in pages. An error is the last that it yields.
	List(ctx context.Context, bucket, prefix, after string) iter.Seq2[Info, error]
	// Put makes an object of all that content yields, and replaces the one that
	// has the key. After an error, that of content's Read among them, the key is
	// as it was before.
	Put(ctx context.Context, bucket, key string, content io.Reader) (Info, error)
	// Close lets go of connections and files that wait for use. It does not end
	// calls, and objects that are open stay readable.
	Close() error
}

// Info is what is known of an object without reading it.
type Info struct {
	Key  string
	Size int64
	// ETag names the content, without quotes: another content has another ETag.
	// It is not always a checksum.
	ETag     string
	Modified time.Time
	// StorageClass is "STANDARD" unless the store says otherwise.
	StorageClass string
}

// Part selects bytes of an object. The zero Part is the whole of it.
type Part struct {
	// Offset is the first byte; it must exist unless it is 0.
	Offset int64
	// Length is how many, 0 for all to the end; beyond the end there are fewer.
	Length int64
	// ETag, when set, demands this content: fault.Conflict "object_changed" if
	// the object has another by now.
	ETag string
}

// Object is an object that is open for reading. Info tells of the whole of it,
// whatever the Part.
type Object struct {
	Info
	io.ReadCloser
}

// StandardClass is the storage class of objects of which nothing else is known.
const StandardClass = "STANDARD"
