package items_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/serverledge/serverledge/asl/dataset"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store/objects"
	"github.com/serverledge/serverledge/store/objects/files"
	"github.com/serverledge/serverledge/store/objects/items"
	"github.com/serverledge/serverledge/store/objects/memory"
	"github.com/serverledge/serverledge/store/objects/s3"
	"github.com/serverledge/serverledge/store/objects/s3/s3test"
)

// onEach runs a test on every store, with a bucket "bucket".
func onEach(t *testing.T, test func(t *testing.T, store objects.Store)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		test(t, memory.New("bucket"))
	})
	t.Run("files", func(t *testing.T) {
		t.Parallel()
		store, err := files.New(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if err := store.MakeBucket("bucket"); err != nil {
			t.Fatal(err)
		}
		test(t, store)
	})
	t.Run("s3", func(t *testing.T) {
		t.Parallel()
		server := s3test.Start(t, s3test.Options{})
		server.MakeBucket(t, "bucket")
		store, err := s3.New(s3.Options{Endpoint: server.Endpoint, Region: server.Region, AccessKey: server.AccessKey, SecretKey: server.SecretKey})
		if err != nil {
			t.Fatal(err)
		}
		test(t, store)
	})
}

func put(t *testing.T, store objects.Store, key string, content []byte) {
	t.Helper()
	if _, err := store.Put(t.Context(), "bucket", key, bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
}

func collect(all iter.Seq2[dataset.Item, error]) (string, error) {
	var out []value.Value
	for item, err := range all {
		if err != nil {
			return "", err
		}
		out = append(out, entry(item))
	}
	return value.OfArray(out...).String(), nil
}

type row struct {
	N int    `parquet:"n"`
	S string `parquet:"s"`
}

func TestRead(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store objects.Store) {
		t.Helper()
		put(t, store, "in/1.csv", []byte("a,b\n1,2\n"))
		put(t, store, "in/2.csv", []byte("a,b\n3,4\n"))
		put(t, store, "doc.json", []byte(`{"x":[1,{"y":2}]}`))
		var file bytes.Buffer
		w := parquet.NewGenericWriter[row](&file, parquet.MaxRowsPerRowGroup(50_000))
		rows := make([]row, 150_000)
		for i := range rows {
			rows[i] = row{i, strings.Repeat("text ", i%10)}
		}
		if _, err := w.Write(rows); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		put(t, store, "rows.parquet", file.Bytes())

		csv := dataset.Config{InputType: dataset.CSV, HeaderLocation: dataset.FirstRow}
		flat := csv
		flat.Transformation = dataset.LoadAndFlatten
		for name, c := range map[string]struct {
			reader dataset.Reader
			want   string
		}{
			"csv":     {dataset.Reader{Key: "in/1.csv", Config: csv}, `[{"a":"1","b":"2"}]`},
			"json":    {dataset.Reader{Key: "doc.json", Config: dataset.Config{InputType: dataset.JSON, ItemsPointer: "/x"}}, `[1,{"y":2}]`},
			"flatten": {dataset.Reader{Verb: dataset.ListObjects, Prefix: "in/", Config: flat}, `[{"a":"1","b":"2"},{"a":"3","b":"4"}]`},
		} {
			c.reader.Bucket = "bucket"
			if got, err := collect(items.Read(t.Context(), store, c.reader)); err != nil || got != c.want {
				t.Errorf("%s: got %s, %v", name, got, err)
			}
		}
		n := 0
		for item, err := range items.Read(t.Context(), store, dataset.Reader{Bucket: "bucket", Key: "rows.parquet", Config: dataset.Config{InputType: dataset.Parquet}}) {
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := item.Value.Get("n").Int(); got != int64(n) {
				t.Fatalf("row %d is %s", n, item.Value)
			}
			n++
		}
		if n != len(rows) {
			t.Errorf("%d rows of %d", n, len(rows))
		}
		n = 0
		for item, err := range items.Read(t.Context(), store, dataset.Reader{Verb: dataset.ListObjects, Bucket: "bucket", Prefix: "in/"}) {
			if err != nil {
				t.Fatal(err)
			}
			info, err := store.Stat(t.Context(), "bucket", item.Value.Get("Key").Text())
			modified, _ := item.Value.Get("LastModified").Int()
			if err != nil || item.Value.Get("Etag").Text() != `"`+info.ETag+`"` || modified != info.Modified.Unix() || item.Value.Get("StorageClass").Text() != "STANDARD" {
				t.Errorf("got %s for %+v, %v", item.Value, info, err)
			}
			n++
		}
		if n != 2 {
			t.Errorf("%d are listed", n)
		}
	})
}

// What the store says comes through with its kind; what is wrong with the data
// is the data's.
func TestReadFails(t *testing.T) {
	t.Parallel()
	store := memory.New("bucket")
	put(t, store, "broken", []byte("[1,"))
	lines := dataset.Config{InputType: dataset.JSON}
	_, err := collect(items.Read(t.Context(), store, dataset.Reader{Bucket: "bucket", Key: "none", Config: lines}))
	if !errors.Is(err, fault.NotFound) {
		t.Errorf("got %v", err)
	}
	_, err = collect(items.Read(t.Context(), store, dataset.Reader{Verb: dataset.ListObjects, Bucket: "none"}))
	if !errors.Is(err, fault.NotFound) {
		t.Errorf("got %v", err)
	}
	var wrong *dataset.ReadError
	if _, err = collect(items.Read(t.Context(), store, dataset.Reader{Bucket: "bucket", Key: "broken", Config: lines})); !errors.As(err, &wrong) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	put(t, store, "long", []byte("["+strings.Repeat("1,", 1<<20)+"1]"))
	n := 0
	for _, err = range items.Read(ctx, store, dataset.Reader{Bucket: "bucket", Key: "long", Config: lines}) {
		if n++; n == 10 {
			cancel()
		}
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v after %d items", err, n)
	}
}

func record(i int) dataset.Record {
	status := dataset.Succeeded
	if i%3 == 2 {
		status = dataset.Failed
	}
	return dataset.Record{
		ExecutionArn: fmt.Sprint("arn:", i), Name: fmt.Sprint(i), Status: status, Input: value.OfInt(int64(i)), Output: value.OfString(strings.Repeat("x", 1000)),
		Started: time.UnixMilli(0), Stopped: time.UnixMilli(1),
	}
}

func records(n int, last error) iter.Seq2[dataset.Record, error] {
	return func(yield func(dataset.Record, error) bool) {
		for i := range n {
			if !yield(record(i), nil) {
				return
			}
		}
		if last != nil {
			yield(dataset.Record{}, last)
		}
	}
}

// What is exported can be read again.
func TestExport(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store objects.Store) {
		t.Helper()
		w := dataset.Writer{Bucket: "bucket", Prefix: "results", MapRunArn: "arn:x:run-1", MaxFile: 300_000, Config: dataset.WriterConfig{OutputType: dataset.OutputJSONL}}
		result, err := items.Export(t.Context(), store, w, records(1000, nil))
		if err != nil {
			t.Fatal(err)
		}
		key := result.Get("ResultWriterDetails").Get("Key").Text()
		o, err := store.Open(t.Context(), "bucket", key, objects.Part{})
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(o)
		if err := errors.Join(err, o.Close()); err != nil {
			t.Fatal(err)
		}
		manifest, err := value.Parse(text)
		if err != nil || key != "results/run-1/manifest.json" {
			t.Fatalf("%s: %v", key, err)
		}
		seen := map[string]string{}
		for status, list := range manifest.Get("ResultFiles").Members() {
			for _, file := range list.Elements() {
				info, err := store.Stat(t.Context(), "bucket", file.Get("Key").Text())
				if size, _ := file.Get("Size").Int(); err != nil || info.Size != size || size > 300_000 {
					t.Errorf("%s: %+v, %v", file, info, err)
				}
				for item, err := range items.Read(t.Context(), store, dataset.Reader{Bucket: "bucket", Key: info.Key, Config: dataset.Config{InputType: dataset.JSONL}}) {
					if err != nil {
						t.Fatal(err)
					}
					seen[item.Value.Get("Name").Text()] = status
				}
			}
		}
		want := map[string]string{}
		for i := range 1000 {
			want[fmt.Sprint(i)] = string(record(i).Status)
		}
		if !maps.Equal(seen, want) {
			t.Errorf("%d records came back of %d", len(seen), len(want))
		}
	})
}

// Not parallel: it counts goroutines.
func TestExportFails(t *testing.T) {
	before := runtime.NumGoroutine()
	broke := errors.New("broke")
	store := memory.New("bucket")
	w := dataset.Writer{Bucket: "bucket", MapRunArn: "arn:x:run"}
	if _, err := items.Export(t.Context(), store, w, records(10, broke)); !errors.Is(err, broke) {
		t.Errorf("a record: got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := items.Export(ctx, store, w, records(10, nil)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
	w.Bucket = "none"
	if _, err := items.Export(t.Context(), store, w, records(10, nil)); !errors.Is(err, fault.NotFound) {
		t.Errorf("no bucket: got %v", err)
	}
	for info, err := range store.List(t.Context(), "bucket", "", "") {
		t.Errorf("%s is left, %v", info.Key, err)
	}
	for wait := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(wait) {
			t.Fatalf("%d goroutines before, %d after", before, runtime.NumGoroutine())
		}
	}
}

// entry writes an item in short: a member of an object with its key.
func entry(i dataset.Item) value.Value {
	if !i.Keyed {
		return i.Value
	}
	return value.OfObject(value.Member{Key: "Key", Value: value.OfString(i.Key)}, value.Member{Key: "Value", Value: i.Value})
}
