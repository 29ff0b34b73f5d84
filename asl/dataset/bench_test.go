package dataset_test

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/serverledge/serverledge/asl/dataset"
)

// endless repeats a text up to a size, without holding it.
type endless struct {
	text string
	at   int
	left int64
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(int64(len(p)), e.left)], e.text[e.at:])
	e.at, e.left = (e.at+n)%len(e.text), e.left-int64(n)
	return n, nil
}

func benchmark(b *testing.B, c dataset.Config, head, row, tail string) {
	b.Helper()
	const size = 8 << 20
	count := size / len(row)
	b.SetBytes(int64(count * len(row)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		text := io.MultiReader(strings.NewReader(head), &endless{text: row, left: int64(count * len(row))}, strings.NewReader(tail))
		for _, err := range dataset.Decode(c, "k", text) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n < count {
			b.Fatal(n, count)
		}
	}
}

func BenchmarkCSV(b *testing.B) {
	benchmark(b, firstRow, "id,name,city,amount,note\n", "1234567,Ada Lovelace,London,1024.50,\"quoted, with a comma\"\n", "")
}

const jsonRow = `{"id":1234567,"name":"Ada Lovelace","city":"London","amount":1024.50,"tags":["a","b"]}`

func BenchmarkJSONL(b *testing.B) {
	benchmark(b, dataset.Config{InputType: dataset.JSONL}, "", jsonRow+"\n", "")
}

func BenchmarkJSON(b *testing.B) {
	benchmark(b, pointer(""), "[", jsonRow+",\n", "1]")
}

func BenchmarkParquet(b *testing.B) {
	all := make([]small, 100_000)
	for i := range all {
		all[i] = small{i, fmt.Sprintf("a text of row %d", i)}
	}
	file := bucket{"k": rows(b, all, parquet.Compression(&parquet.Snappy))}
	b.SetBytes(int64(len(file["k"])))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range (dataset.Reader{Bucket: "b", Key: "k", Config: parquets}).Items(file) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		b.ReportMetric(float64(n), "rows/op")
	}
}

// A record that does not end is not read to the end of the object.
func TestRecordsWithoutEnd(t *testing.T) {
	t.Parallel()
	const size = 64 << 20
	for name, c := range map[string]struct {
		config dataset.Config
		start  string
	}{
		"csv":   {firstRow, "\""},
		"jsonl": {dataset.Config{InputType: dataset.JSONL}, "\""},
		"json":  {pointer(""), "[\""},
	} {
		rest := &endless{text: "some text ", left: size}
		_, err := collect(dataset.Decode(c.config, "k", io.MultiReader(strings.NewReader(c.start), rest)))
		refused(t, name, err, "more than 1048576 bytes")
		if read := size - rest.left; read > 4*dataset.MaxRecord {
			t.Errorf("%s: %d bytes were read", name, read)
		}
	}
}

// Not parallel: it looks at the memory of the process.
func TestMemoryIsThatOfARecord(t *testing.T) {
	const size, most = 64 << 20, 16 << 20
	for name, c := range map[string]struct {
		config     dataset.Config
		head, text string
	}{
		"csv":   {firstRow, "a,b\n", "12345,some text in a cell\n"},
		"jsonl": {dataset.Config{InputType: dataset.JSONL}, "", jsonRow + "\n"},
		"json":  {pointer("/x/1"), `{"skipped":[1,2],"x":[0,[`, jsonRow + ","},
	} {
		var before, now runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		n := 0
		rows := int64(size / len(c.text))
		text := io.MultiReader(strings.NewReader(c.head), &endless{text: c.text, left: rows * int64(len(c.text))}, strings.NewReader("1]]}"))
		for _, err := range dataset.Decode(c.config, "k", text) {
			if err != nil {
				break // the last line of some
			}
			if n++; n%100_000 == 0 {
				runtime.GC()
				runtime.ReadMemStats(&now)
				if held := int64(now.HeapAlloc) - int64(before.HeapAlloc); held > most {
					t.Fatalf("%s: %d bytes are held after %d items", name, held, n)
				}
			}
		}
		if n < int(rows) {
			t.Errorf("%s: %d items of %d", name, n, rows)
		}
	}
}
