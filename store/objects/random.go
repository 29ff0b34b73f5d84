package objects

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/serverledge/serverledge/internal/fault"
)

// The blocks that a Random keeps: 16 MiB of an object.
const (
	blockSize = 1 << 20
	maxBlocks = 16
)

// Random reads an object at any place, as a format with an index at its end
// needs. It fetches blocks of a mebibyte and keeps the last sixteen. All that
// it reads is of one content: it fails when the object is replaced meanwhile.
// It is safe for concurrent use and needs no closing.
type Random struct {
	ctx    context.Context // of the reading, which it is made for
	store  Store
	bucket string
	info   Info

	mu     sync.Mutex
	blocks []block // least recently used first
}

type block struct {
	number int64
	data   []byte
}

// OpenRandom looks an object up and returns a reader of it. ctx covers all
// reading.
func OpenRandom(ctx context.Context, store Store, bucket, key string) (*Random, error) {
	info, err := store.Stat(ctx, bucket, key)
	if err != nil {
		return nil, err
	}
	return &Random{ctx: ctx, store: store, bucket: bucket, info: info}, nil
}

// Size is the size of the object.
func (r *Random) Size() int64 { return r.info.Size }

// ReadAt implements io.ReaderAt.
func (r *Random) ReadAt(p []byte, at int64) (int, error) {
	if at < 0 {
		return 0, fault.New(fault.Invalid, "invalid_range", "reading an object at %d", at)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	done := 0
	for done < len(p) {
		if at >= r.info.Size {
			return done, io.EOF
		}
		data, err := r.block(at / blockSize)
		if err != nil {
			return done, err
		}
		n := copy(p[done:], data[at%blockSize:])
		done, at = done+n, at+int64(n)
	}
	return done, nil
}

// block returns a block, which is not empty.
func (r *Random) block(number int64) ([]byte, error) {
	for i, b := range r.blocks {
		if b.number == number {
			r.blocks = append(slices.Delete(r.blocks, i, i+1), b)
			return b.data, nil
		}
	}
	part := Part{Offset: number * blockSize, ETag: r.info.ETag}
	part.Length = min(blockSize, r.info.Size-part.Offset)
	o, err := r.store.Open(r.ctx, r.bucket, r.info.Key, part)
	if err != nil {
		return nil, err
	}
	data := make([]byte, part.Length)
	_, err = io.ReadFull(o, data)
	if err = errors.Join(err, o.Close()); err != nil {
		return nil, err
	}
	if len(r.blocks) == maxBlocks {
		r.blocks = slices.Delete(r.blocks, 0, 1)
	}
	r.blocks = append(r.blocks, block{number, data})
	return data, nil
}
