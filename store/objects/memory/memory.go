// Package memory is an objects.Store in the memory of this process: for tests,
// and held to the same contract as the drivers that keep what they are given.
package memory

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store/objects"
)

// Store keeps objects in memory. Its zero value has no buckets.
type Store struct {
	mu      sync.Mutex
	buckets map[string]map[string]object
}

// object is never changed, only replaced.
type object struct {
	info    objects.Info
	content []byte
}

// New returns a store with these buckets.
func New(buckets ...string) *Store {
	s := &Store{}
	for _, name := range buckets {
		s.MakeBucket(name)
	}
	return s
}

// MakeBucket makes a bucket, if it is not there.
func (s *Store) MakeBucket(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buckets == nil {
		s.buckets = map[string]map[string]object{}
	}
	if s.buckets[name] == nil {
		s.buckets[name] = map[string]object{}
	}
}

// Close implements objects.Store.
func (*Store) Close() error { return nil }

func (s *Store) find(ctx context.Context, bucket, key string) (object, error) {
	if err := objects.Interrupted(ctx, "looking an object up"); err != nil {
		return object{}, err
	}
	if err := objects.CheckBucket(bucket); err != nil {
		return object{}, err
	}
	if err := objects.CheckKey(key); err != nil {
		return object{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	keys, ok := s.buckets[bucket]
	if !ok {
		return object{}, objects.NoBucket(bucket)
	}
	o, ok := keys[key]
	if !ok {
		return object{}, objects.NoKey(bucket, key)
	}
	return o, nil
}

// Stat implements objects.Store.
func (s *Store) Stat(ctx context.Context, bucket, key string) (objects.Info, error) {
	o, err := s.find(ctx, bucket, key)
	return o.info, err
}

// Open implements objects.Store.
func (s *Store) Open(ctx context.Context, bucket, key string, part objects.Part) (*objects.Object, error) {
	o, err := s.find(ctx, bucket, key)
	if err != nil {
		return nil, err
	}
	if part.ETag != "" && part.ETag != o.info.ETag {
		return nil, objects.Changed(bucket, key)
	}
	offset, length, err := part.Span(bucket, key, o.info.Size)
	if err != nil {
		return nil, err
	}
	return &objects.Object{Info: o.info, ReadCloser: &reader{ctx, bytes.NewReader(o.content[offset : offset+length])}}, nil
}

// reader ends with its ctx.
type reader struct {
	ctx     context.Context
	content *bytes.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := objects.Interrupted(r.ctx, "reading an object"); err != nil {
		return 0, err
	}
	return r.content.Read(p)
}

func (*reader) Close() error { return nil }

// List implements objects.Store.
func (s *Store) List(ctx context.Context, bucket, prefix, after string) iter.Seq2[objects.Info, error] {
	return func(yield func(objects.Info, error) bool) {
		if err := objects.CheckBucket(bucket); err != nil {
			yield(objects.Info{}, err)
			return
		}
		s.mu.Lock()
		there, ok := s.buckets[bucket]
		there = maps.Clone(there)
		s.mu.Unlock()
		if !ok {
			yield(objects.Info{}, objects.NoBucket(bucket))
			return
		}
		for _, key := range slices.Sorted(maps.Keys(there)) {
			if err := objects.Interrupted(ctx, "listing objects"); err != nil {
				yield(objects.Info{}, err)
				return
			}
			if key > after && strings.HasPrefix(key, prefix) && !yield(there[key].info, nil) {
				return
			}
		}
	}
}

// Put implements objects.Store.
func (s *Store) Put(ctx context.Context, bucket, key string, content io.Reader) (objects.Info, error) {
	if _, err := s.find(ctx, bucket, key); err != nil && !there(err) {
		return objects.Info{}, err
	}
	all, err := io.ReadAll(content)
	if err != nil {
		return objects.Info{}, err
	}
	if err := objects.Interrupted(ctx, "putting an object"); err != nil {
		return objects.Info{}, err
	}
	sum := md5.Sum(all)
	info := objects.Info{
		Key: key, Size: int64(len(all)), ETag: hex.EncodeToString(sum[:]),
		Modified: time.Now().UTC(), StorageClass: objects.StandardClass,
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buckets[bucket][key] = object{info, all}
	return info, nil
}

// there tells that only the object was missing.
func there(err error) bool { return fault.From(err).Code == "no_such_key" }
