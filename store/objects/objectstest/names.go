//nolint:thelper // a clause is a test and reports in its own lines
package objectstest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store/objects"
)

func testMissing(t *testing.T, s Subject) {
	s.put(t, "dir/file", []byte("x"))
	for _, key := range []string{"none", "dir", "dir/none", "none/none", "dir/file2", "DIR/FILE"} {
		_, err := s.Store.Stat(t.Context(), s.Bucket, key)
		wantFault(t, err, fault.NotFound, "no_such_key")
		_, err = s.Store.Open(t.Context(), s.Bucket, key, objects.Part{})
		wantFault(t, err, fault.NotFound, "no_such_key")
	}
	if keys := s.keys(t, "none", ""); len(keys) != 0 {
		t.Errorf("got %q", keys)
	}
	const none = "no-such-bucket-here"
	_, err := s.Store.Stat(t.Context(), none, "k")
	wantFault(t, err, fault.NotFound, "no_such_bucket")
	_, err = s.Store.Open(t.Context(), none, "k", objects.Part{})
	wantFault(t, err, fault.NotFound, "no_such_bucket")
	_, err = s.Store.Put(t.Context(), none, "k", strings.NewReader("x"))
	wantFault(t, err, fault.NotFound, "no_such_bucket")
	n := 0
	for _, err = range s.Store.List(t.Context(), none, "", "") {
		n++
	}
	wantFault(t, err, fault.NotFound, "no_such_bucket")
	if n != 1 {
		t.Errorf("a listing that failed yielded %d times", n)
	}
}

func testInvalidNames(t *testing.T, s Subject) {
	for _, bucket := range []string{"", "ab", strings.Repeat("b", 64), "..", "...", "a..b", ".abc", "abc.", "a/b", "../x", "-abc", "a b", "a\x00b", "bücket"} {
		_, err := s.Store.Stat(t.Context(), bucket, "k")
		wantFault(t, err, fault.Invalid, "invalid_bucket")
		_, err = s.Store.Put(t.Context(), bucket, "k", strings.NewReader("x"))
		wantFault(t, err, fault.Invalid, "invalid_bucket")
		for _, err = range s.Store.List(t.Context(), bucket, "", "") {
		}
		wantFault(t, err, fault.Invalid, "invalid_bucket")
	}
	for _, key := range []string{"", strings.Repeat("k", objects.MaxKey+1), "a\x00b", "\xff"} {
		_, err := s.Store.Open(t.Context(), s.Bucket, key, objects.Part{})
		wantFault(t, err, fault.Invalid, "invalid_key")
		_, err = s.Store.Put(t.Context(), s.Bucket, key, strings.NewReader("x"))
		wantFault(t, err, fault.Invalid, "invalid_key")
	}
	if keys := s.keys(t, "", ""); len(keys) != 0 {
		t.Errorf("something was put: %q", keys)
	}
}

// roundTrip puts keys, and reads and lists them all.
func roundTrip(t *testing.T, s Subject, keys []string) {
	for _, key := range keys {
		s.put(t, key, []byte("content of "+key))
	}
	for _, key := range keys {
		if content, info := s.get(t, key, objects.Part{}); string(content) != "content of "+key || info.Key != key {
			t.Errorf("%q: got %q, %+v", key, content, info)
		}
	}
	slices.Sort(keys)
	if got := s.keys(t, "", ""); !slices.Equal(got, keys) {
		t.Errorf("got %q\nwant %q", got, keys)
	}
}

func testKeys(t *testing.T, s Subject) {
	roundTrip(t, s, []string{
		"a", "B", "a.b", "a-b", "a/b", "with space", "plus+sign", "per%cent", "%2F", "q?x=y&z", "hash#tag", "semi;colon", "q'uote\"s", "back\\slash",
		"colon:at@", "tab\there", "new\nline", "grüße/日本語/😀", "e\u0301", "\u00e9", ".hidden", ".tmp/x", "..a/b..", "a b/ c", "~", "$(rm)", "<xml>&amp;", "*", "[x]{y}|z^`",
		"2024/01/02/log.json.gz", "-", "--help", "key=value/p=1",
	}[1:]) // "a" cannot stand beside "a/b" everywhere
}

// What is a key but no path of a file is kept or refused, never mangled.
func testOddKeys(t *testing.T, s Subject) {
	odd := []string{"/lead", "trail/", "a//b", "./a", "a/./b", "../up", "a/../b", "..", ".", "/", "//", "/etc/passwd", "a/..", strings.Repeat("s", 256)}
	if !s.Paths {
		roundTrip(t, s, odd)
		return
	}
	for _, key := range odd {
		if slices.Contains(s.Rewritten, key) {
			continue
		}
		_, err := s.Store.Put(t.Context(), s.Bucket, key, strings.NewReader("x"))
		if !errors.Is(err, fault.Invalid) {
			t.Errorf("putting %q: got %v", key, err)
		}
		if _, err := s.Store.Stat(t.Context(), s.Bucket, key); !errors.Is(err, fault.Invalid) && !errors.Is(err, fault.NotFound) {
			t.Errorf("%q: got %v", key, err)
		}
	}
	s.put(t, "file", []byte("x"))
	s.put(t, "dir/file", []byte("y"))
	for _, key := range []string{"file/below", "file/below/it", "dir"} {
		if _, err := s.Store.Put(t.Context(), s.Bucket, key, strings.NewReader("x")); !errors.Is(err, fault.Conflict) {
			t.Errorf("putting %q: got %v", key, err)
		}
	}
	if got, want := s.keys(t, "", ""), []string{"dir/file", "file"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func testLongestKey(t *testing.T, s Subject) {
	segment := strings.Repeat("0123456789", 25) // 250 bytes
	key := strings.Join([]string{segment, segment, segment, segment}, "/")
	key += "/" + strings.Repeat("k", objects.MaxKey-len(key)-1)
	roundTrip(t, s, []string{key, segment + "/" + strings.Repeat("é", 127)})
}

func testOrder(t *testing.T, s Subject) {
	keys := []string{"a/x", "a.txt", "a-b", "a/b/c", "a0", "B", "a/b.c", "aa/b", "é", "z", "a/é", "a!/b", "_"}
	for _, key := range keys {
		s.put(t, key, nil)
	}
	want := []string{"B", "_", "a!/b", "a-b", "a.txt", "a/b.c", "a/b/c", "a/x", "a/é", "a0", "aa/b", "z", "é"}
	if got := s.keys(t, "", ""); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func testPrefixAndAfter(t *testing.T, s Subject) {
	all := []string{"a", "b/1", "b/2", "b/2x/y", "b/3", "b2", "bb/1", "c"}
	for _, key := range all {
		s.put(t, key, nil)
	}
	for _, prefix := range []string{"", "a", "b", "b/", "b/2", "b/2x/", "b/2x/y", "b/2x/y/", "bb", "c", "d", "B", "/", "b//"} {
		for _, after := range append([]string{"", "0", "b", "b/", "b/2", "b/2x", "b/2x/", "b/2x/z", "b0", "zzz"}, all...) {
			want := []string{}
			for _, key := range all {
				if key > after && strings.HasPrefix(key, prefix) {
					want = append(want, key)
				}
			}
			if got := s.keys(t, prefix, after); !slices.Equal(got, want) {
				t.Errorf("prefix %q after %q: got %q, want %q", prefix, after, got, want)
			}
		}
	}
}

// More than fit into a page of S3, in several folders and in one.
func testMany(t *testing.T, s Subject) {
	const count = 2345
	keys := make([]string, count)
	var wg sync.WaitGroup
	gate := make(chan struct{}, 8)
	for i := range keys {
		keys[i] = fmt.Sprintf("one/%04d", i)
		if i%2 == 0 {
			keys[i] = fmt.Sprintf("several/%d/%d", i%7, i)
		}
		gate <- struct{}{}
		wg.Go(func() {
			defer func() { <-gate }()
			if _, err := s.Store.Put(t.Context(), s.Bucket, keys[i], strings.NewReader("x")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	slices.Sort(keys)
	got := s.keys(t, "", "")
	if !slices.Equal(got, keys) {
		t.Fatalf("%d keys of %d, or in another order", len(got), count)
	}
	for _, from := range []int{0, 999, 1000, 1001, 2000, count - 2, count - 1} {
		if got := s.keys(t, "", keys[from]); !slices.Equal(got, keys[from+1:]) {
			t.Errorf("after key %d: %d keys, want %d", from, len(got), count-from-1)
		}
	}
}

func testListEndsEarly(t *testing.T, s Subject) {
	for i := range 20 {
		s.put(t, fmt.Sprintf("d/%02d", i), nil)
	}
	for stop := range 5 {
		n := 0
		for _, err := range s.Store.List(t.Context(), s.Bucket, "d/", "") {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n > stop {
				break
			}
		}
		if n != stop+1 {
			t.Errorf("got %d", n)
		}
	}
}
