package dataset_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/serverledge/serverledge/asl/dataset"
	"github.com/serverledge/serverledge/dag/value"
)

// sound checks what holds of any bytes: items are JSON, an error is a ReadError,
// and gzip changes nothing.
func sound(t *testing.T, c dataset.Config, text string) (value.Value, error) {
	t.Helper()
	got, err := decode(c, text)
	var read *dataset.ReadError
	if err != nil && !errors.As(err, &read) {
		t.Fatalf("got error %v of type %T", err, err)
	}
	for item, err := range dataset.Decode(c, "k", strings.NewReader(text)) {
		if err == nil && !json.Valid(item.Value.Bytes()) {
			t.Fatalf("%q is no JSON", item.Value)
		}
	}
	packed, packedErr := decode(c, zipped(t, text))
	if packed != got || (packedErr == nil) != (err == nil) {
		t.Fatalf("got %s, %v\nzipped %s, %v", got, err, packed, packedErr)
	}
	return value.Raw([]byte(got)), err
}

func FuzzCSV(f *testing.F) {
	for _, text := range []string{"a,b\n1,2\n", "a,\n,,,\n\"x\"\"y\",z\n", "\ufeffa\r\n\r\n1", "a,a\n", "\"", "a\n\xff\n", "h\n\"open\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.HasPrefix(text, "\x1f\x8b") {
			t.Skip()
		}
		items, _ := sound(t, firstRow, text)
		if items.Len() > strings.Count(text, "\n")+strings.Count(text, "\r") {
			t.Fatalf("%d items of %q", items.Len(), text)
		}
		for _, item := range items.Elements() {
			if item.Len() != items.Index(0).Len() {
				t.Fatalf("rows of different width: %s", items)
			}
			for _, cell := range item.Members() {
				if cell.Kind() != value.String {
					t.Fatalf("a cell is %s", cell.Kind())
				}
			}
		}
		_, _ = sound(t, dataset.Config{InputType: dataset.CSV, HeaderLocation: dataset.Given, Headers: []string{"x", "y"}, Delimiter: dataset.Pipe}, text)
	})
}

func FuzzJSON(f *testing.F) {
	for _, text := range []string{"[1,2]", `{"a":[{"b":"\"]"}],"c":null}`, "[", `{"a"`, `[1,]`, " [ ] x", `{"a":{"b":[true]}}`, "[[[[]]]]", "1", "\ufeff[-0.5e3]"} {
		f.Add(text, "/a")
		f.Add(text, "/a/0")
	}
	f.Fuzz(func(t *testing.T, text, at string) {
		if strings.HasPrefix(text, "\x1f\x8b") {
			t.Skip()
		}
		items, err := sound(t, pointer(""), text)
		whole, bad := value.Parse([]byte(strings.TrimPrefix(text, "\ufeff")))
		if bad == nil && (whole.Kind() == value.Array || whole.Kind() == value.Object) != (err == nil) {
			t.Fatalf("%q: got %v", text, err)
		}
		if bad == nil && whole.Kind() == value.Array && !value.Equal(items, whole) {
			t.Fatalf("got %s, want %s", items, whole)
		}
		if bad == nil && whole.Kind() == value.Object && items.Len() != whole.Len() {
			t.Fatalf("got %s, want %s", items, whole)
		}
		// what Parse refuses for one item only, as too many values, is taken here
		if bad != nil && err == nil && !strings.Contains(bad.Error(), "stands twice") && !strings.Contains(bad.Error(), "nested deeper") {
			t.Fatalf("%q was taken: %v", text, bad)
		}
		_, _ = sound(t, pointer(at), text)
	})
}

func FuzzJSONL(f *testing.F) {
	for _, text := range []string{"1\n2\n", "{\"a\":1}\r\n\n", "[", "\"\n\"", "\ufeffnull"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.HasPrefix(text, "\x1f\x8b") {
			t.Skip()
		}
		items, err := sound(t, dataset.Config{InputType: dataset.JSONL}, text)
		if err != nil {
			return
		}
		i := 0
		for line := range strings.SplitSeq(strings.TrimPrefix(text, "\ufeff"), "\n") {
			if line = strings.Trim(line, " \t\r\n\v\f\u0085\u00a0"); line == "" {
				continue
			}
			want, err := value.Parse([]byte(line))
			if err != nil || !value.Equal(items.Index(i), want) {
				t.Fatalf("line %d: got %s, want %s, %v", i, items.Index(i), want, err)
			}
			i++
		}
	})
}

// Whatever stands in a manifest, and in what it names.
func FuzzManifest(f *testing.F) {
	f.Add("s3://b/k\n", "{\"a\":1}\n")
	f.Add(`{"fileFormat":"CSV","fileSchema":"a,b","destinationBucket":"arn:aws:s3:::b","files":[{"key":"k"}]}`, "1,2\n")
	f.Add("\x1f\x8b\x08", "x")
	f.Fuzz(func(t *testing.T, manifest, data string) {
		for _, c := range []dataset.Config{{InputType: dataset.JSONL, ManifestType: dataset.AthenaData}, {ManifestType: dataset.S3Inventory}} {
			_, err := collect(dataset.Reader{Bucket: "b", Key: "m", Config: c}.Items(bucket{"m": manifest, "k": data}))
			var read *dataset.ReadError
			if err != nil && !errors.As(err, &read) && !errors.Is(err, errNoKey) {
				t.Fatalf("got error %v of type %T", err, err)
			}
		}
	})
}

// Bytes of a good file are changed: the reader may refuse, but never panic.
func FuzzParquet(f *testing.F) {
	name := "x"
	for _, codec := range []parquet.WriterOption{parquet.Compression(&parquet.Uncompressed), parquet.Compression(&parquet.Snappy)} {
		f.Add([]byte(rows(f, []nested{{ID: 1, Name: &name, Tags: []string{"a"}, Subs: []sub{{}}, Map: map[string]int32{"k": 1}, Deep: [][]float64{{1}}}}, codec)), uint(10), byte(1))
		f.Add([]byte(rows(f, smalls(20), codec)), uint(50), byte(255))
	}
	f.Fuzz(func(t *testing.T, file []byte, at uint, with byte) {
		if len(file) > 0 {
			file = bytes.Clone(file)
			file[at%uint(len(file))] ^= with
		}
		got, err := readParquet(string(file), parquets)
		var read *dataset.ReadError
		if err != nil && !errors.As(err, &read) {
			t.Fatalf("got error %v of type %T", err, err)
		}
		if !json.Valid([]byte(got)) {
			t.Fatalf("%q is no JSON", got)
		}
	})
}
