// Package items brings stores of objects and the formats of datasets together:
// the items of a distributed Map come out of a store, and its results go into
// one. It is the only package that knows both.
package items

import (
	"context"
	"errors"
	"io"
	"iter"

	"github.com/serverledge/serverledge/asl/dataset"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/store/objects"
)

// Read yields the items of a dataset in their order, reading as it goes: nothing
// is read ahead of who asks. An error is the last that it yields: a
// *dataset.ReadError when the data are wrong, otherwise one of the store.
func Read(ctx context.Context, store objects.Store, r dataset.Reader) iter.Seq2[dataset.Item, error] {
	return r.Items(source{ctx, store})
}

// source is a store as a dataset.Source.
type source struct {
	ctx   context.Context
	store objects.Store
}

func (s source) Stream(bucket, key string) (io.ReadCloser, error) {
	return s.store.Open(s.ctx, bucket, key, objects.Part{})
}

func (s source) Random(bucket, key string) (dataset.Random, error) {
	return objects.OpenRandom(s.ctx, s.store, bucket, key)
}

func (s source) List(bucket, prefix string) iter.Seq2[dataset.Listed, error] {
	return func(yield func(dataset.Listed, error) bool) {
		for info, err := range s.store.List(s.ctx, bucket, prefix, "") {
			listed := dataset.Listed{Key: info.Key, ETag: info.ETag, Modified: info.Modified.Unix(), Size: info.Size, StorageClass: info.StorageClass}
			if !yield(listed, err) {
				return
			}
		}
	}
}

// Export writes the records of child executions and the manifest that lists
// them, and returns the result of the Map state. After an error there is no
// manifest, though some of its files may be there.
func Export(ctx context.Context, store objects.Store, w dataset.Writer, records iter.Seq2[dataset.Record, error]) (value.Value, error) {
	return w.Export(records, sink{ctx, store})
}

// sink is a store as a dataset.Sink.
type sink struct {
	ctx   context.Context
	store objects.Store
}

func (s sink) Create(bucket, key string) (dataset.File, error) {
	content, w := io.Pipe()
	f := &file{PipeWriter: w, done: make(chan struct{})}
	go func() {
		defer close(f.done)
		_, f.err = s.store.Put(s.ctx, bucket, key, content)
		content.CloseWithError(f.err) // whoever writes on learns why
	}()
	return f, nil
}

// file is an object that one goroutine puts while another writes it.
type file struct {
	*io.PipeWriter

	done chan struct{}
	err  error // of the put, when it is done
}

var errAbandoned = errors.New("the export was given up")

// Close ends the content and waits until the object is there.
func (f *file) Close() error {
	if err := f.PipeWriter.Close(); err != nil {
		return err
	}
	<-f.done
	return f.err
}

// Abandon breaks the content off and waits until the store has let go of it.
func (f *file) Abandon() {
	f.CloseWithError(errAbandoned)
	<-f.done
}
