//nolint:thelper // a clause is a test and reports in its own lines
package objectstest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store/objects"
)

func testPut(t *testing.T, s Subject) {
	before := time.Now().Add(-2 * time.Second)
	put := s.put(t, "a/b.txt", []byte("content"))
	content, info := s.get(t, "a/b.txt", objects.Part{})
	if string(content) != "content" {
		t.Errorf("got %q", content)
	}
	if info.Key != "a/b.txt" || info.Size != 7 || info.ETag == "" || strings.Contains(info.ETag, `"`) || info.StorageClass != objects.StandardClass {
		t.Errorf("got %+v", info)
	}
	if info.Modified.Before(before) || info.Modified.After(time.Now().Add(2*time.Second)) {
		t.Errorf("modified at %v, now is %v", info.Modified, time.Now())
	}
	stat, err := s.Store.Stat(t.Context(), s.Bucket, "a/b.txt")
	if err != nil {
		t.Fatal(err)
	}
	var listed objects.Info
	for listed, err = range s.Store.List(t.Context(), s.Bucket, "", "") {
		if err != nil {
			t.Fatal(err)
		}
	}
	for from, got := range map[string]objects.Info{"put": put, "stat": stat, "list": listed} {
		// a listing may have less precise times
		if got.Modified.Sub(info.Modified).Abs() > time.Second {
			t.Errorf("%s: modified at %v, want %v", from, got.Modified, info.Modified)
		}
		got.Modified = info.Modified
		if got != info {
			t.Errorf("%s: got %+v, want %+v", from, got, info)
		}
	}
}

func testEmpty(t *testing.T, s Subject) {
	s.put(t, "empty", nil)
	content, info := s.get(t, "empty", objects.Part{})
	if len(content) != 0 || info.Size != 0 || info.ETag == "" {
		t.Errorf("got %q, %+v", content, info)
	}
	if content, _ := s.get(t, "empty", objects.Part{Length: 5}); len(content) != 0 {
		t.Errorf("got %q", content)
	}
	_, err := s.Store.Open(t.Context(), s.Bucket, "empty", objects.Part{Offset: 1})
	wantFault(t, err, fault.Invalid, "invalid_range")
}

// random content, so that nothing compresses it and no block equals another.
func random(size int) []byte {
	content := make([]byte, size)
	rng := rand.NewChaCha8([32]byte{byte(size)})
	_, _ = rng.Read(content)
	return content
}

func testLarge(t *testing.T, s Subject) {
	for _, size := range []int{16 << 20, 16<<20 + 1} {
		want := random(size)
		// a reader that has no other method, so that its length is unknown
		info, err := s.Store.Put(t.Context(), s.Bucket, "large", struct{ io.Reader }{bytes.NewReader(want)})
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := s.get(t, "large", objects.Part{}); !bytes.Equal(got, want) || info.Size != int64(size) {
			t.Errorf("%d bytes came back as %d, other ones; %+v", size, len(got), info)
		}
	}
}

func testOverwrite(t *testing.T, s Subject) {
	first := s.put(t, "k", []byte("first"))
	second := s.put(t, "k", []byte("other"))
	if first.ETag == second.ETag {
		t.Errorf("both have the ETag %s", first.ETag)
	}
	if content, info := s.get(t, "k", objects.Part{}); string(content) != "other" || info.ETag != second.ETag {
		t.Errorf("got %q, %+v", content, info)
	}
	s.put(t, "k", nil)
	if content, _ := s.get(t, "k", objects.Part{}); len(content) != 0 {
		t.Errorf("got %q", content)
	}
}

// What is open stays what it was, or says that it is gone; it never mixes.
func testReplaced(t *testing.T, s Subject) {
	old, other := random(3<<20), random(3<<20+5)
	s.put(t, "k", old)
	o, err := s.Store.Open(t.Context(), s.Bucket, "k", objects.Part{})
	if err != nil {
		t.Fatal(err)
	}
	start := make([]byte, 1000)
	if _, err := io.ReadFull(o, start); err != nil {
		t.Fatal(err)
	}
	s.put(t, "k", other)
	rest, err := io.ReadAll(o)
	if got := slices.Concat(start, rest); err == nil && !bytes.Equal(got, old) {
		t.Error("the reader saw neither the old object nor an error")
	} else if err != nil && !errors.Is(err, fault.Conflict) {
		t.Errorf("got %v", err)
	}
	if err := o.Close(); err != nil {
		t.Error(err)
	}
	_, err = s.Store.Open(t.Context(), s.Bucket, "k", objects.Part{ETag: o.ETag})
	wantFault(t, err, fault.Conflict, "object_changed")
}

func testParts(t *testing.T, s Subject) {
	info := s.put(t, "k", []byte("0123456789"))
	for _, c := range []struct {
		offset, length int64
		want           string
	}{{0, 0, "0123456789"}, {0, 1, "0"}, {3, 0, "3456789"}, {3, 2, "34"}, {9, 1, "9"}, {9, 0, "9"}, {8, 100, "89"}} {
		got, of := s.get(t, "k", objects.Part{Offset: c.offset, Length: c.length, ETag: info.ETag})
		if string(got) != c.want || of.Size != 10 || of.ETag != info.ETag {
			t.Errorf("%d+%d: got %q of %+v", c.offset, c.length, got, of)
		}
	}
	for _, part := range []objects.Part{{Offset: 10}, {Offset: 11, Length: 1}, {Offset: -1}, {Offset: 1, Length: -1}} {
		_, err := s.Store.Open(t.Context(), s.Bucket, "k", part)
		wantFault(t, err, fault.Invalid, "invalid_range")
	}
	_, err := s.Store.Open(t.Context(), s.Bucket, "k", objects.Part{ETag: "0123456789abcdef0123456789abcdef"})
	wantFault(t, err, fault.Conflict, "object_changed")
}

func testRandom(t *testing.T, s Subject) {
	want := random(3<<20 + 17)
	s.put(t, "k", want)
	r, err := objects.OpenRandom(t.Context(), s.Store, s.Bucket, "k")
	if err != nil {
		t.Fatal(err)
	}
	if r.Size() != int64(len(want)) {
		t.Errorf("size %d", r.Size())
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		at := rng.IntN(len(want))
		p := make([]byte, rng.IntN(1<<20+1))
		n, err := r.ReadAt(p, int64(at))
		if !bytes.Equal(p[:n], want[at:at+n]) || n < len(p) && (at+n != len(want) || !errors.Is(err, io.EOF)) || n == len(p) && err != nil {
			t.Fatalf("reading %d at %d: %d, %v", len(p), at, n, err)
		}
	}
	s.put(t, "k", want[1:])
	fresh, err := objects.OpenRandom(t.Context(), s.Store, s.Bucket, "k")
	if err != nil {
		t.Fatal(err)
	}
	s.put(t, "k", want[2:])
	_, err = fresh.ReadAt(make([]byte, 1), 0)
	wantFault(t, err, fault.Conflict, "object_changed")
}

// errContent is what a content's reader fails with.
var errContent = errors.New("the content broke")

// broken yields n bytes and then fails.
func broken(n int) io.Reader {
	return io.MultiReader(bytes.NewReader(random(n)), failing{})
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errContent }

func testFailingContent(t *testing.T, s Subject) {
	_, err := s.Store.Put(t.Context(), s.Bucket, "k", broken(1000))
	if !errors.Is(err, errContent) {
		t.Errorf("got %v", err)
	}
	s.wantGone(t, "k")
	s.put(t, "k", []byte("good"))
	if _, err := s.Store.Put(t.Context(), s.Bucket, "k", broken(0)); !errors.Is(err, errContent) {
		t.Errorf("got %v", err)
	}
	if content, _ := s.get(t, "k", objects.Part{}); string(content) != "good" {
		t.Errorf("a failed put left %q", content)
	}
}

func testFailingLarge(t *testing.T, s Subject) {
	_, err := s.Store.Put(t.Context(), s.Bucket, "d/k", broken(33<<20))
	if !errors.Is(err, errContent) {
		t.Errorf("got %v", err)
	}
	s.wantGone(t, "d/k")
}

func testCancelled(t *testing.T, s Subject) {
	s.put(t, "k", []byte("x"))
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	_, statErr := s.Store.Stat(ctx, s.Bucket, "k")
	_, openErr := s.Store.Open(ctx, s.Bucket, "k", objects.Part{})
	_, putErr := s.Store.Put(ctx, s.Bucket, "k", strings.NewReader("y"))
	var listErr error
	for _, listErr = range s.Store.List(ctx, s.Bucket, "", "") {
	}
	for name, err := range map[string]error{"stat": statErr, "open": openErr, "put": putErr, "list": listErr} {
		if !errors.Is(err, cause) || !errors.Is(err, fault.Unavailable) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if content, _ := s.get(t, "k", objects.Part{}); string(content) != "x" {
		t.Errorf("a cancelled put left %q", content)
	}
	late, cancelLate := context.WithTimeout(t.Context(), -time.Second)
	defer cancelLate()
	if _, err := s.Store.Stat(late, s.Bucket, "k"); !errors.Is(err, fault.Timeout) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a passed deadline: got %v", err)
	}
}

func testCancelledReading(t *testing.T, s Subject) {
	s.put(t, "k", random(8<<20))
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	o, err := s.Store.Open(ctx, s.Bucket, "k", objects.Part{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(o, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	cancel(cause)
	if _, err := io.ReadAll(o); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	if err := o.Close(); err != nil {
		t.Error(err)
	}
}

func testCancelledPutting(t *testing.T, s Subject) {
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err := s.Store.Put(ctx, s.Bucket, "k", io.MultiReader(bytes.NewReader(random(20<<20)), call(func() { cancel(cause) }), bytes.NewReader(random(20<<20))))
	if !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	s.wantGone(t, "k")
	ctx, cancel = context.WithCancelCause(t.Context())
	_, err = s.Store.Put(ctx, s.Bucket, "k", io.MultiReader(strings.NewReader("all of it"), call(func() { cancel(cause) })))
	if !errors.Is(err, cause) {
		t.Errorf("at the last moment: got %v", err)
	}
	s.wantGone(t, "k")
}

// call is a reader that calls a function and yields nothing.
type call func()

func (c call) Read([]byte) (int, error) {
	c()
	return 0, io.EOF
}

func testConcurrentPuts(t *testing.T, s Subject) {
	const writers, size = 8, 100_000
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for range 5 {
				if _, err := s.Store.Put(t.Context(), s.Bucket, "same/key", bytes.NewReader(bytes.Repeat([]byte{byte('a' + w)}, size))); err != nil {
					t.Error(err)
				}
				own := fmt.Sprintf("own/%d", w)
				if _, err := s.Store.Put(t.Context(), s.Bucket, own, strings.NewReader(own)); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range 10 {
				o, err := s.Store.Open(t.Context(), s.Bucket, "same/key", objects.Part{})
				if errors.Is(err, fault.NotFound) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				content, err := io.ReadAll(o)
				if err := errors.Join(err, o.Close()); err != nil {
					if !errors.Is(err, fault.Conflict) {
						t.Error(err)
					}
				} else if len(content) != size || bytes.Count(content, content[:1]) != size {
					t.Errorf("a reader saw a mixture, %d bytes", len(content))
				}
			}
		})
	}
	wg.Wait()
	for w := range writers {
		own := fmt.Sprintf("own/%d", w)
		if content, _ := s.get(t, own, objects.Part{}); string(content) != own {
			t.Errorf("%s has %q", own, content)
		}
	}
	if content, _ := s.get(t, "same/key", objects.Part{}); len(content) != size || bytes.Count(content, content[:1]) != size {
		t.Error("the last one is a mixture")
	}
}
