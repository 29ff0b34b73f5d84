// Package objectstest is the contract of objects.Store as a test suite: every
// driver passes it, so that a distributed Map need not know which one it has.
package objectstest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store/objects"
)

// Subject is a driver under test.
type Subject struct {
	Store objects.Store
	// Bucket is empty and the clause's alone.
	Bucket string
	// Paths tells that keys are kept as paths of files, which not all keys are:
	// such a store refuses those clearly.
	Paths bool
	// Rewritten are odd keys that the service behind a driver takes for others,
	// so that nothing can be said of them.
	Rewritten []string
}

// Run checks a driver. fresh returns a subject for one clause; subjects may
// share one store.
func Run(t *testing.T, fresh func(t *testing.T) Subject) {
	t.Helper()
	for name, clause := range map[string]func(*testing.T, Subject){
		"put and open":           testPut,
		"empty object":           testEmpty,
		"large object":           testLarge,
		"overwrite":              testOverwrite,
		"open while replaced":    testReplaced,
		"parts":                  testParts,
		"random":                 testRandom,
		"missing":                testMissing,
		"invalid names":          testInvalidNames,
		"keys":                   testKeys,
		"odd keys":               testOddKeys,
		"longest key":            testLongestKey,
		"order":                  testOrder,
		"prefix and after":       testPrefixAndAfter,
		"many keys":              testMany,
		"list ends early":        testListEndsEarly,
		"failing content":        testFailingContent,
		"failing content, large": testFailingLarge,
		"cancelled":              testCancelled,
		"cancelled reading":      testCancelledReading,
		"cancelled putting":      testCancelledPutting,
		"concurrent puts":        testConcurrentPuts,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clause(t, fresh(t))
		})
	}
}

// put makes an object that must succeed.
func (s Subject) put(t *testing.T, key string, content []byte) objects.Info {
	t.Helper()
	info, err := s.Store.Put(t.Context(), s.Bucket, key, bytes.NewReader(content))
	if err != nil {
		t.Fatalf("putting %q: %v", key, err)
	}
	return info
}

// get reads a part of an object that must be there.
func (s Subject) get(t *testing.T, key string, part objects.Part) ([]byte, objects.Info) {
	t.Helper()
	o, err := s.Store.Open(t.Context(), s.Bucket, key, part)
	if err != nil {
		t.Fatalf("opening %q: %v", key, err)
	}
	content, err := io.ReadAll(o)
	if err := errors.Join(err, o.Close()); err != nil {
		t.Fatalf("reading %q: %v", key, err)
	}
	return content, o.Info
}

// keys lists keys; it fails when the listing does.
func (s Subject) keys(t *testing.T, prefix, after string) []string {
	t.Helper()
	out := []string{}
	for info, err := range s.Store.List(t.Context(), s.Bucket, prefix, after) {
		if err != nil {
			t.Fatalf("listing %q after %q: %v", prefix, after, err)
		}
		out = append(out, info.Key)
	}
	return out
}

// wantFault checks the kind and the code of an error.
func wantFault(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	if !errors.Is(err, kind) || fault.From(err).Code != code {
		t.Errorf("got error %v (%s), want %s %s", err, fault.From(err).Code, kind, code)
	}
}

// wantGone checks that a key is not there and not listed.
func (s Subject) wantGone(t *testing.T, key string) {
	t.Helper()
	_, err := s.Store.Stat(context.WithoutCancel(t.Context()), s.Bucket, key)
	wantFault(t, err, fault.NotFound, "no_such_key")
	if keys := s.keys(t, "", ""); len(keys) != 0 {
		t.Errorf("something is left behind: %q", keys)
	}
}
