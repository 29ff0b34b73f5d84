package dataset_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/asl/dataset"
	"github.com/serverledge/serverledge/dag/value"
)

// bucket is a dataset.Source in memory: of one bucket, "b", unless a key has
// another before a colon.
type bucket map[string]string

var errNoKey = errors.New("no such key")

func (b bucket) find(name, key string) (string, error) {
	if name != "b" {
		key = name + ":" + key
	}
	content, ok := b[key]
	if !ok {
		return "", fmt.Errorf("%w: %s", errNoKey, key)
	}
	return content, nil
}

func (b bucket) Stream(name, key string) (io.ReadCloser, error) {
	content, err := b.find(name, key)
	return io.NopCloser(strings.NewReader(content)), err
}

func (b bucket) Random(name, key string) (dataset.Random, error) {
	content, err := b.find(name, key)
	return strings.NewReader(content), err
}

func (b bucket) List(name, prefix string) iter.Seq2[dataset.Listed, error] {
	return func(yield func(dataset.Listed, error) bool) {
		if name != "b" {
			yield(dataset.Listed{}, errNoKey)
			return
		}
		keys := []string{}
		for key := range b {
			if strings.HasPrefix(key, prefix) && !strings.Contains(key, ":") {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
		for _, key := range keys {
			if !yield(dataset.Listed{Key: key, ETag: "e-" + key, Modified: 1_700_000_000, Size: int64(len(b[key])), StorageClass: "STANDARD"}, nil) {
				return
			}
		}
	}
}

// collect returns the items' inputs as one JSON array, and the error.
func collect(items iter.Seq2[dataset.Item, error]) (string, error) {
	var out []value.Value
	for item, err := range items {
		if err != nil {
			return value.OfArray(out...).String(), err
		}
		out = append(out, entry(item))
	}
	return value.OfArray(out...).String(), nil
}

// decode reads a text.
func decode(c dataset.Config, text string) (string, error) {
	return collect(dataset.Decode(c, "s3://b/k", strings.NewReader(text)))
}

func check(t *testing.T, name, got string, err error, want string) {
	t.Helper()
	if err != nil || got != want {
		t.Errorf("%s: got %s, %v\nwant %s", name, got, err, want)
	}
}

// refused checks that an error is a ReadError with a text in it.
func refused(t *testing.T, name string, err error, text string) {
	t.Helper()
	var read *dataset.ReadError
	if !errors.As(err, &read) || !strings.Contains(read.Text, text) {
		t.Errorf("%s: got error %v, want one with %q", name, err, text)
	}
}

func zipped(tb testing.TB, text string) string {
	tb.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

// entry writes an item in short: a member of an object with its key.
func entry(i dataset.Item) value.Value {
	if !i.Keyed {
		return i.Value
	}
	return value.OfObject(value.Member{Key: "Key", Value: value.OfString(i.Key)}, value.Member{Key: "Value", Value: i.Value})
}
