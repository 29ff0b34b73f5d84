package dataset_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/deprecated"

	"github.com/serverledge/serverledge/asl/dataset"
)

var parquets = dataset.Config{InputType: dataset.Parquet}

// rows writes a Parquet file.
func rows[T any](tb testing.TB, all []T, options ...parquet.WriterOption) string {
	tb.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, options...)
	if _, err := w.Write(all); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

// raw writes rows of single values in a schema of columns.
func raw(tb testing.TB, schema parquet.Group, all ...parquet.Row) string {
	tb.Helper()
	var b bytes.Buffer
	w := parquet.NewWriter(&b, parquet.NewSchema("row", schema))
	if _, err := w.WriteRows(all); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

func readParquet(file string, c dataset.Config) (string, error) {
	return collect(dataset.Reader{Bucket: "b", Key: "k", Config: c}.Items(bucket{"k": file}))
}

type nested struct {
	ID    int64             `parquet:"id"`
	Name  *string           `parquet:"name,optional"`
	Tags  []string          `parquet:"tags,list"`
	Plain []int32           `parquet:"plain"`
	Sub   *sub              `parquet:"sub,optional"`
	Subs  []sub             `parquet:"subs,list"`
	Map   map[string]int32  `parquet:"map"`
	Deep  [][]float64       `parquet:"deep,list"`
	Odd   map[int32]*string `parquet:"odd"`
}

type sub struct {
	A bool     `parquet:"a"`
	B []string `parquet:"b,list"`
}

func TestParquetNested(t *testing.T) {
	t.Parallel()
	name := "é\"x"
	file := rows(t, []nested{
		{ID: 1, Name: &name, Tags: []string{"x", "y"}, Plain: []int32{1, 2}, Sub: &sub{true, []string{"b"}}, Subs: []sub{{B: []string{"1", "2"}}, {}}, Map: map[string]int32{"k": 7}, Deep: [][]float64{{1, 2.5}, {}, {3}}},
		{ID: -2},
		{ID: 3, Tags: []string{}, Sub: &sub{}, Odd: map[int32]*string{5: &name}},
	})
	got, err := readParquet(file, parquets)
	check(t, "nested", got, err, `[`+
		`{"id":1,"name":"é\"x","tags":["x","y"],"plain":[1,2],"sub":{"a":true,"b":["b"]},"subs":[{"a":false,"b":["1","2"]},{"a":false,"b":[]}],"map":{"k":7},"deep":[[1,2.5],[],[3]],"odd":{}},`+
		`{"id":-2,"name":null,"tags":[],"plain":[],"sub":null,"subs":[],"map":{},"deep":[],"odd":{}},`+
		`{"id":3,"name":null,"tags":[],"plain":[],"sub":{"a":false,"b":[]},"subs":[],"map":{},"deep":[],"odd":{"5":"é\"x"}}]`)
}

// Every type of a column, at its edges.
func TestParquetTypes(t *testing.T) {
	t.Parallel()
	day := time.Date(2024, 2, 29, 13, 14, 15, 678_901_234, time.UTC)
	int96 := deprecated.Int96{} // 13:14:15.678901234 of the day
	nanos := uint64(day.Sub(time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)))
	int96[0], int96[1], int96[2] = uint32(nanos), uint32(nanos>>32), uint32(day.Unix()/86400+2_440_588)
	fixed := func(s string) parquet.Value { return parquet.FixedLenByteArrayValue([]byte(s)) }
	for name, c := range map[string]struct {
		node  parquet.Node
		value parquet.Value
		want  string
	}{
		"boolean":               {parquet.Leaf(parquet.BooleanType), parquet.BooleanValue(true), "true"},
		"int32":                 {parquet.Leaf(parquet.Int32Type), parquet.Int32Value(math.MinInt32), "-2147483648"},
		"int64":                 {parquet.Leaf(parquet.Int64Type), parquet.Int64Value(math.MaxInt64), "9223372036854775807"},
		"int8":                  {parquet.Int(8), parquet.Int32Value(-128), "-128"},
		"uint8":                 {parquet.Uint(8), parquet.Int32Value(255), "255"},
		"uint32":                {parquet.Uint(32), parquet.Int32Value(-1), "4294967295"},
		"uint64":                {parquet.Uint(64), parquet.Int64Value(-1), "18446744073709551615"},
		"float":                 {parquet.Leaf(parquet.FloatType), parquet.FloatValue(0.1), "0.1"},
		"double":                {parquet.Leaf(parquet.DoubleType), parquet.DoubleValue(1e300), "1e+300"},
		"NaN":                   {parquet.Leaf(parquet.DoubleType), parquet.DoubleValue(math.NaN()), "null"},
		"infinity":              {parquet.Leaf(parquet.FloatType), parquet.FloatValue(float32(math.Inf(-1))), "null"},
		"string":                {parquet.String(), parquet.ByteArrayValue([]byte("ü\n")), `"ü\n"`},
		"enum":                  {parquet.Enum(), parquet.ByteArrayValue([]byte("RED")), `"RED"`},
		"json":                  {parquet.JSON(), parquet.ByteArrayValue([]byte(`{"a":1}`)), `"{\"a\":1}"`},
		"bytes that are text":   {parquet.Leaf(parquet.ByteArrayType), parquet.ByteArrayValue([]byte("text")), `"text"`},
		"bytes":                 {parquet.Leaf(parquet.ByteArrayType), parquet.ByteArrayValue([]byte{0xff, 0}), `"/wA="`},
		"fixed bytes":           {parquet.Leaf(parquet.FixedLenByteArrayType(3)), fixed("abc"), `"YWJj"`},
		"uuid":                  {parquet.UUID(), fixed("\x12\x34\x56\x78\x9a\xbc\xde\xf0\x12\x34\x56\x78\x9a\xbc\xde\xf0"), `"12345678-9abc-def0-1234-56789abcdef0"`},
		"date":                  {parquet.Date(), parquet.Int32Value(19782), `"2024-02-29"`},
		"date before 1970":      {parquet.Date(), parquet.Int32Value(-1), `"1969-12-31"`},
		"time, millis":          {parquet.Time(parquet.Millisecond), parquet.Int32Value(47_655_678), `"13:14:15.678"`},
		"time, micros":          {parquet.Time(parquet.Microsecond), parquet.Int64Value(47_655_678_901), `"13:14:15.678901"`},
		"timestamp, millis":     {parquet.Timestamp(parquet.Millisecond), parquet.Int64Value(day.UnixMilli()), `"2024-02-29T13:14:15.678Z"`},
		"timestamp, micros":     {parquet.Timestamp(parquet.Microsecond), parquet.Int64Value(day.UnixMicro()), `"2024-02-29T13:14:15.678901Z"`},
		"timestamp, nanos":      {parquet.Timestamp(parquet.Nanosecond), parquet.Int64Value(day.UnixNano()), `"2024-02-29T13:14:15.678901234Z"`},
		"timestamp, local":      {parquet.TimestampAdjusted(parquet.Millisecond, false), parquet.Int64Value(day.UnixMilli()), `"2024-02-29T13:14:15.678"`},
		"timestamp before 1970": {parquet.Timestamp(parquet.Millisecond), parquet.Int64Value(-1), `"1969-12-31T23:59:59.999Z"`},
		"int96":                 {parquet.Leaf(parquet.Int96Type), parquet.Int96Value(int96), `"2024-02-29T13:14:15.678901234Z"`},
		"decimal32":             {parquet.Decimal(2, 9, parquet.Int32Type), parquet.Int32Value(-5), "-0.05"},
		"decimal64":             {parquet.Decimal(4, 18, parquet.Int64Type), parquet.Int64Value(123_450_000), "12345.0000"},
		"decimal, whole":        {parquet.Decimal(0, 9, parquet.Int32Type), parquet.Int32Value(42), "42"},
		"decimal, fixed":        {parquet.Decimal(2, 38, parquet.FixedLenByteArrayType(16)), fixed("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x85"), "-1.23"},
		"decimal, bytes":        {parquet.Decimal(10, 30, parquet.ByteArrayType), parquet.ByteArrayValue([]byte{0x01, 0, 0, 0, 0, 0, 0, 0, 0}), "1844674407.3709551616"},
	} {
		file := raw(t, parquet.Group{"v": c.node}, parquet.Row{c.value.Level(0, 0, 0)})
		got, err := readParquet(file, parquets)
		check(t, name, got, err, `[{"v":`+c.want+`}]`)

		file = raw(t, parquet.Group{"v": parquet.Optional(c.node)}, parquet.Row{c.value.Level(0, 1, 0)}, parquet.Row{parquet.NullValue().Level(0, 0, 0)})
		got, err = readParquet(file, parquets)
		check(t, name+", optional", got, err, `[{"v":`+c.want+`},{"v":null}]`)
	}
}

type small struct {
	N int    `parquet:"n"`
	S string `parquet:"s"`
}

func smalls(n int) []small {
	all := make([]small, n)
	for i := range all {
		all[i] = small{i, fmt.Sprintf("row %d", i)}
	}
	return all
}

func TestParquetCodecsAndGroups(t *testing.T) {
	t.Parallel()
	all := smalls(1000)
	want := &strings.Builder{}
	for i, r := range all {
		fmt.Fprintf(want, `%s{"n":%d,"s":%q}`, map[bool]string{true: "[", false: ","}[i == 0], r.N, r.S)
	}
	want.WriteString("]")
	for name, codec := range map[string]compress.Codec{
		"none": &parquet.Uncompressed, "snappy": &parquet.Snappy, "gzip": &parquet.Gzip, "zstd": &parquet.Zstd, "brotli": &parquet.Brotli,
	} {
		got, err := readParquet(rows(t, all, parquet.Compression(codec), parquet.MaxRowsPerRowGroup(300)), parquets)
		check(t, name, got, err, want.String())
	}
	_, err := readParquet(rows(t, all, parquet.Compression(&parquet.Lz4Raw)), parquets)
	refused(t, "lz4", err, "LZ4_RAW")
	got, err := readParquet(rows(t, all[:0]), parquets)
	check(t, "no rows", got, err, "[]")
	most := parquets
	most.MaxItems = 2
	got, err = readParquet(rows(t, all), most)
	check(t, "at most two", got, err, `[{"n":0,"s":"row 0"},{"n":1,"s":"row 1"}]`)
}

// counting tells how much of an object was read.
type counting struct {
	bucket
	read *int
}

func (c counting) Random(name, key string) (dataset.Random, error) {
	r, err := c.bucket.Random(name, key)
	return countingAt{r, c.read}, err
}

type countingAt struct {
	dataset.Random
	read *int
}

func (c countingAt) ReadAt(p []byte, at int64) (int, error) {
	n, err := c.Random.ReadAt(p, at)
	*c.read += n
	return n, err
}

func TestParquetReadsWhatItNeeds(t *testing.T) {
	t.Parallel()
	file := rows(t, smalls(200_000), parquet.MaxRowsPerRowGroup(10_000), parquet.Compression(&parquet.Snappy))
	c, read := parquets, 0
	c.MaxItems = 5
	if _, err := collect(dataset.Reader{Bucket: "b", Key: "k", Config: c}.Items(counting{bucket{"k": file}, &read})); err != nil || read > len(file)/4 {
		t.Errorf("read %d bytes of %d, %v", read, len(file), err)
	}
}

func TestParquetRefuses(t *testing.T) {
	t.Parallel()
	good := rows(t, smalls(10))
	for name, c := range map[string]struct{ file, want string }{
		"nothing":      {"", "no Parquet file"},
		"text":         {"a,b,c\n1,2,3\n", "no Parquet file"},
		"its end":      {good[len(good)-20:], "Parquet"},
		"its start":    {good[:len(good)-1], "no Parquet file"},
		"large footer": {good[:len(good)-8] + "\x01\x00\x50\x00PAR1", "more than 5242880 bytes"},
		"no footer":    {good[:len(good)-8] + "\x00\x00\x00\x00PAR1", "Parquet"},
	} {
		_, err := readParquet(c.file, parquets)
		refused(t, name, err, c.want)
	}
	deep := parquet.Leaf(parquet.Int32Type)
	for range 40 {
		deep = parquet.Group{"d": deep}
	}
	_, err := readParquet(raw(t, parquet.Group{"d": deep}, parquet.Row{parquet.Int32Value(1).Level(0, 0, 0)}), parquets)
	refused(t, "deep", err, "nests deeper")
	_, err = readParquet(raw(t, parquet.Group{"s": parquet.String()}, parquet.Row{parquet.ByteArrayValue([]byte("\xff")).Level(0, 0, 0)}), parquets)
	refused(t, "no UTF-8", err, "not valid UTF-8")

	r := dataset.Reader{Bucket: "b", Key: "k", Config: parquets, Limits: dataset.Limits{Record: 19}}
	_, err = collect(r.Items(bucket{"k": good}))
	if err != nil {
		t.Errorf("rows at the limit: %v", err)
	}
	r.Limits.Record = 18
	_, err = collect(r.Items(bucket{"k": good}))
	refused(t, "rows one past", err, "row 0 of row group 0 has more than 18 bytes")
	r.Limits = dataset.Limits{Object: int64(len(good)) - 1}
	_, err = collect(r.Items(bucket{"k": good}))
	refused(t, "object one past", err, "more than")
}

// failingAt fails as a store does.
type failingAt struct {
	dataset.Random
	after int
}

var errStore = errors.New("the store failed")

func (f *failingAt) ReadAt(p []byte, at int64) (int, error) {
	if f.after--; f.after < 0 {
		return 0, errStore
	}
	return f.Random.ReadAt(p, at)
}

type failingSource struct {
	bucket
	after int
}

func (f failingSource) Random(name, key string) (dataset.Random, error) {
	r, err := f.bucket.Random(name, key)
	return &failingAt{r, f.after}, err
}

func (f failingSource) Stream(name, key string) (io.ReadCloser, error) {
	content, err := f.find(name, key)
	return io.NopCloser(io.MultiReader(strings.NewReader(content[:min(len(content), f.after)]), failingReader{})), err
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errStore }

// An error of the store is handed on as it is, wherever it happens.
func TestErrorsOfTheSource(t *testing.T) {
	t.Parallel()
	file := rows(t, smalls(1000), parquet.MaxRowsPerRowGroup(100))
	for after := range 12 {
		_, err := collect(dataset.Reader{Bucket: "b", Key: "k", Config: parquets}.Items(failingSource{bucket{"k": file}, after}))
		if !errors.Is(err, errStore) {
			t.Errorf("parquet, after %d reads: got %v", after, err)
		}
	}
	for name, c := range map[string]struct {
		config dataset.Config
		text   string
	}{
		"csv":    {firstRow, "a,b\n1,2\n3,\"4\"\n"},
		"json":   {pointer(""), `[1,{"a":"b"},3]`},
		"jsonl":  {dataset.Config{InputType: dataset.JSONL}, "1\n{\"a\":2}\n"},
		"zipped": {pointer(""), zipped(t, `[1,2,3]`)},
		"athena": {dataset.Config{InputType: dataset.JSONL, ManifestType: dataset.AthenaData}, "s3://b/k\n"},
		"list":   {dataset.Config{ManifestType: dataset.S3Inventory}, `{"fileFormat":"CSV"}`},
	} {
		for after := range len(c.text) - 1 {
			_, err := collect(dataset.Reader{Bucket: "b", Key: "k", Config: c.config}.Items(failingSource{bucket{"k": c.text}, after}))
			if !errors.Is(err, errStore) {
				t.Errorf("%s, after %d bytes: got %v", name, after, err)
			}
		}
	}
}

// A page is believed only within the limits, whatever stands in its header.
func TestParquetPages(t *testing.T) {
	t.Parallel()
	read := func(file string, limit int64) error {
		_, err := collect(dataset.Reader{Bucket: "b", Key: "k", Config: parquets, Limits: dataset.Limits{PageValues: limit}}.Items(bucket{"k": file}))
		return err
	}
	type row struct {
		N int64  `parquet:"n"`
		S string `parquet:"s,dict"`
	}
	all := make([]row, 1000)
	for i := range all {
		all[i] = row{int64(i), fmt.Sprint(i % 7)}
	}
	for name, options := range map[string][]parquet.WriterOption{
		"version 1": {parquet.DataPageVersion(1)}, "version 2": {parquet.DataPageVersion(2), parquet.DataPageStatistics(true)},
	} {
		file := rows(t, all, options...)
		if err := read(file, 1000); err != nil {
			t.Errorf("%s: at the limit: %v", name, err)
		}
		if err := read(file, 999); err == nil || !strings.Contains(err.Error(), "a page of row group 0 has more than 999 values") {
			t.Errorf("%s: past the limit: %v", name, err)
		}
	}
}
