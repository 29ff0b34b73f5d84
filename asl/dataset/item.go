package dataset

import (
	"iter"
	"strconv"
	"strings"

	"github.com/serverledge/serverledge/dag/value"
)

// Item is one item of a distributed Map.
type Item struct {
	// Value is $$.Map.Item.Value.
	Value value.Value
	// Key is $$.Map.Item.Key of an item that is a member of an object, which
	// Keyed tells.
	Key   string
	Keyed bool
	// Source is $$.Map.Item.Source: "s3://bucket/key" of the object that the
	// item was in, "s3://bucket" of a listing.
	Source string
}

// Listed is an object as a listing shows it.
type Listed struct {
	Key string
	// ETag is without quotes.
	ETag string
	// Modified is in seconds since 1970.
	Modified     int64
	Size         int64
	StorageClass string
}

// value is the item that a listed object is. AWS writes "Etag" in it, with the
// quotes of the header.
func (l Listed) value() value.Value {
	b := value.AppendString([]byte(`{"Etag":`), `"`+l.ETag+`"`)
	b = value.AppendString(append(b, `,"Key":`...), l.Key)
	b = strconv.AppendInt(append(b, `,"LastModified":`...), l.Modified, 10)
	b = strconv.AppendInt(append(b, `,"Size":`...), l.Size, 10)
	b = value.AppendString(append(b, `,"StorageClass":`...), l.StorageClass)
	return value.Raw(append(b, '}'))
}

// folder tells of what consoles put to show an empty folder.
func (l Listed) folder() bool { return l.Size == 0 && strings.HasSuffix(l.Key, "/") }

// uri names an object, or a bucket.
func uri(bucket, key string) string {
	if key == "" {
		return "s3://" + bucket
	}
	return "s3://" + bucket + "/" + key
}

// emit takes one item. What it returns ends the reading; errStop, without an
// error of it.
type emit func(Item) error

// sequence makes an iterator of a function that emits.
func sequence(read func(emit) error) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		err := read(func(i Item) error {
			if !yield(i, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && err != errStop { //nolint:errorlint // it is never wrapped
			yield(Item{}, err)
		}
	}
}

// atMost lets n items through and stops then, before another is read.
func atMost(n int64, to emit) emit {
	return func(i Item) error {
		if err := to(i); err != nil {
			return err
		}
		if n--; n == 0 {
			return errStop
		}
		return nil
	}
}
