package dataset_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/asl/dataset"
	"github.com/serverledge/serverledge/dag/value"
)

var files = bucket{
	"in/a.csv":        "h\n1\n2\n",
	"in/b.csv":        "h\n3\n",
	"in/folder/":      "",
	"other:x/y.jsonl": "{\"n\":1}\n",
	"lines.jsonl":     "{\"n\":2}\n{\"n\":3}\n",
}

func TestListing(t *testing.T) {
	t.Parallel()
	list := dataset.Reader{Verb: dataset.ListObjects, Bucket: "b", Prefix: "in/"}
	got, err := collect(list.Items(files))
	check(t, "metadata", got, err, `[`+
		`{"Etag":"\"e-in/a.csv\"","Key":"in/a.csv","LastModified":1700000000,"Size":6,"StorageClass":"STANDARD"},`+
		`{"Etag":"\"e-in/b.csv\"","Key":"in/b.csv","LastModified":1700000000,"Size":4,"StorageClass":"STANDARD"},`+
		`{"Etag":"\"e-in/folder/\"","Key":"in/folder/","LastModified":1700000000,"Size":0,"StorageClass":"STANDARD"}]`)
	for item, err := range list.Items(files) {
		if err != nil || item.Source != "s3://b" {
			t.Errorf("source %q, %v", item.Source, err)
		}
	}
	list.Config = dataset.Config{Transformation: dataset.Metadata, InputType: dataset.CSV, MaxItems: 1}
	got, err = collect(list.Items(files))
	check(t, "at most one", got, err, `[{"Etag":"\"e-in/a.csv\"","Key":"in/a.csv","LastModified":1700000000,"Size":6,"StorageClass":"STANDARD"}]`)
	list.Prefix = "none"
	got, err = collect(list.Items(files))
	check(t, "nothing", got, err, `[]`)
	list.Bucket = "gone"
	if _, err := collect(list.Items(files)); !errors.Is(err, errNoKey) {
		t.Errorf("got %v", err)
	}
}

func TestLoadAndFlatten(t *testing.T) {
	t.Parallel()
	c := firstRow
	c.Transformation = dataset.LoadAndFlatten
	list := dataset.Reader{Verb: dataset.ListObjects, Bucket: "b", Prefix: "in/", Config: c}
	got, err := collect(list.Items(files))
	check(t, "all", got, err, `[{"h":"1"},{"h":"2"},{"h":"3"}]`)
	sources := []string{}
	for item, err := range list.Items(files) {
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, item.Source)
	}
	if got := strings.Join(sources, " "); got != "s3://b/in/a.csv s3://b/in/a.csv s3://b/in/b.csv" {
		t.Errorf("sources %s", got)
	}
	lines := dataset.Reader{Verb: dataset.ListObjects, Bucket: "b", Config: dataset.Config{InputType: dataset.JSON, Transformation: dataset.LoadAndFlatten}}
	got, err = collect(lines.Items(bucket{"a/": "", "a/b": "[1]"}))
	check(t, "a folder is no dataset", got, err, "[1]")
	for most, want := range map[int64]string{1: `[{"h":"1"}]`, 2: `[{"h":"1"},{"h":"2"}]`, 3: `[{"h":"1"},{"h":"2"},{"h":"3"}]`, 4: `[{"h":"1"},{"h":"2"},{"h":"3"}]`} {
		list.Config.MaxItems = most
		got, err := collect(list.Items(files))
		check(t, fmt.Sprint(most), got, err, want)
	}
}

func TestAthenaManifest(t *testing.T) {
	t.Parallel()
	r := dataset.Reader{Bucket: "b", Key: "m", Config: dataset.Config{InputType: dataset.JSONL, ManifestType: dataset.AthenaData}}
	with := func(manifest string) bucket {
		b := maps.Clone(files)
		b["m"] = manifest
		b["zipped.gz"] = zipped(t, "{\"n\":4}\n")
		return b
	}
	got, err := collect(r.Items(with("s3://b/lines.jsonl\n\"s3://other/x/y.jsonl\"\n\ns3://b/zipped.gz")))
	check(t, "athena", got, err, `[{"n":2},{"n":3},{"n":1},{"n":4}]`)
	got, err = collect(r.Items(with("")))
	check(t, "empty", got, err, `[]`)
	for item, err := range r.Items(with("s3://other/x/y.jsonl")) {
		if err != nil || item.Source != "s3://other/x/y.jsonl" {
			t.Errorf("got %+v, %v", item, err)
		}
	}
	for _, line := range []string{"lines.jsonl", "s3://b", "s3://b/", "s3:///k", "https://b/k", "s3:/b/k"} {
		_, err := collect(r.Items(with("s3://b/lines.jsonl\n" + line + "\n")))
		refused(t, line, err, "line 2 has")
	}
	if _, err := collect(r.Items(with("s3://b/none\n"))); !errors.Is(err, errNoKey) {
		t.Errorf("got %v", err)
	}
}

func TestInventory(t *testing.T) {
	t.Parallel()
	const manifest = `{"sourceBucket":"src","destinationBucket":"arn:aws:s3:::other","version":"2016-11-30","creationTimestamp":"1","fileFormat":"CSV",
		"fileSchema":"Bucket, Key, Size","files":[{"key":"data/1.csv.gz","size":1,"MD5checksum":"x"},{"key":"data/2.csv"}]}`
	b := bucket{
		"m":                   manifest,
		"other:data/1.csv.gz": zipped(t, "\"src\",\"a%2Bb.txt\",\"12\"\n\"src\",\"c\",\"0\"\n"),
		"other:data/2.csv":    "\"src\",\"d\",\"5\"\n",
	}
	for name, c := range map[string]dataset.Config{
		"by type of manifest": {ManifestType: dataset.S3Inventory}, "by type of input": {InputType: dataset.Manifest}, "by both": {InputType: dataset.Manifest, ManifestType: dataset.S3Inventory},
	} {
		got, err := collect(dataset.Reader{Bucket: "b", Key: "m", Config: c}.Items(b))
		check(t, name, got, err, `[{"Bucket":"src","Key":"a%2Bb.txt","Size":"12"},{"Bucket":"src","Key":"c","Size":"0"},{"Bucket":"src","Key":"d","Size":"5"}]`)
	}
	r := dataset.Reader{Bucket: "b", Key: "m", Config: dataset.Config{InputType: dataset.Manifest}}
	for text, want := range map[string]string{
		"":   "not JSON",
		"[]": "format",
		"{}": "format",
		`{"fileFormat":"ORC","fileSchema":"a","files":[]}`:              `"ORC"`,
		`{"fileFormat":"CSV","files":[]}`:                               "no fileSchema",
		`{"fileFormat":"CSV","fileSchema":"a"}`:                         "no files",
		`{"fileFormat":"CSV","fileSchema":"a","files":[{}]}`:            "has no key",
		`{"fileFormat":"CSV","fileSchema":"a","files":[1]}`:             "has no key",
		`{"fileFormat":"CSV","fileSchema":"a,a","files":[{"key":"m"}]}`: "duplicates",
	} {
		_, err := collect(r.Items(bucket{"m": text}))
		refused(t, text, err, want)
	}
	_, err := collect(r.Items(bucket{"m": strings.Repeat(" ", 16<<20) + "{}"}))
	refused(t, "large", err, "more than 16777216 bytes")
	if _, err := collect(r.Items(bucket{"m": manifest})); !errors.Is(err, errNoKey) {
		t.Errorf("got %v", err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	type config = dataset.Config
	for _, c := range []config{
		{InputType: dataset.JSON}, {InputType: dataset.JSONL, MaxItems: dataset.MaxItems}, {InputType: dataset.Parquet}, firstRow, given("a"),
		{InputType: dataset.JSON, ItemsPointer: "/a/0"}, {InputType: dataset.Manifest}, {ManifestType: dataset.S3Inventory},
		{ManifestType: dataset.AthenaData, InputType: dataset.Parquet}, {InputType: dataset.JSON, Transformation: dataset.Metadata},
	} {
		if err := c.Check(dataset.GetObject); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for _, c := range []struct {
		config config
		verb   dataset.Verb
		want   string
	}{
		{config{}, dataset.GetObject, "InputType is missing"},
		{config{InputType: "XML"}, dataset.GetObject, `CSV, JSON, JSONL, PARQUET, MANIFEST, not "XML"`},
		{config{InputType: "csv"}, dataset.GetObject, "InputType must be"},
		{config{InputType: dataset.JSON, MaxItems: -1}, dataset.GetObject, "field MaxItems must be positive"},
		{config{InputType: dataset.JSON, MaxItems: dataset.MaxItems + 1}, dataset.GetObject, "at most 100000000"},
		{config{InputType: dataset.CSV}, dataset.GetObject, "CSVHeaderLocation is missing"},
		{config{InputType: dataset.CSV, HeaderLocation: "TOP"}, dataset.GetObject, "CSVHeaderLocation must be"},
		{config{InputType: dataset.CSV, HeaderLocation: dataset.Given}, dataset.GetObject, "needs CSVHeaders"},
		{config{InputType: dataset.CSV, HeaderLocation: dataset.FirstRow, Headers: []string{"a"}}, dataset.GetObject, "belong to CSVHeaderLocation GIVEN"},
		{config{InputType: dataset.CSV, HeaderLocation: dataset.FirstRow, Delimiter: ","}, dataset.GetObject, "CSVDelimiter must be"},
		{config{InputType: dataset.JSONL, ItemsPointer: "/a"}, dataset.GetObject, "belongs to the InputType JSON"},
		{config{InputType: dataset.JSON, ItemsPointer: "a"}, dataset.GetObject, "JSON Pointer"},
		{config{InputType: dataset.JSON, Transformation: "FLATTEN"}, dataset.GetObject, "Transformation must be"},
		{config{InputType: dataset.JSON, Transformation: dataset.LoadAndFlatten}, dataset.GetObject, "s3:listObjectsV2"},
		{config{InputType: dataset.JSON, ManifestType: dataset.AthenaData}, dataset.GetObject, "ATHENA_DATA needs"},
		{config{InputType: dataset.CSV, ManifestType: dataset.S3Inventory}, dataset.GetObject, "without an InputType"},
		{config{InputType: dataset.CSV, ManifestType: "GLUE"}, dataset.GetObject, "ManifestType must be"},
		{config{Transformation: dataset.LoadAndFlatten}, dataset.ListObjects, "needs the InputType"},
		{config{Transformation: dataset.LoadAndFlatten, InputType: dataset.Manifest}, dataset.ListObjects, "needs the InputType"},
		{config{Transformation: dataset.LoadAndFlatten, InputType: dataset.CSV}, dataset.ListObjects, "CSVHeaderLocation"},
		{config{MaxItems: -5}, dataset.ListObjects, "field MaxItems must be positive"},
	} {
		_, err := collect(dataset.Reader{Verb: c.verb, Bucket: "b", Key: "k", Config: c.config}.Items(bucket{"k": "[]"}))
		refused(t, fmt.Sprintf("%+v", c.config), err, c.want)
	}
}

func TestParseConfig(t *testing.T) {
	t.Parallel()
	parse := func(text string) (dataset.Config, error) {
		v, err := value.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return dataset.ParseConfig(v)
	}
	c, err := parse(`{"InputType":"CSV","Transformation":"NONE","ManifestType":"ATHENA_DATA","CSVHeaderLocation":"GIVEN","CSVHeaders":["a",""],"CSVDelimiter":"TAB","ItemsPointer":"/x","MaxItems":2.0}`)
	if want := "{CSV NONE ATHENA_DATA GIVEN [a ] TAB /x 2}"; err != nil || fmt.Sprint(c) != want {
		t.Errorf("got %v, %v", c, err)
	}
	for text, want := range map[string]string{
		`[]`: "must be an object", `{"InputType":1}`: "InputType must be a string, not number", `{"MaxItems":"2"}`: "integer", `{"MaxItems":1.5}`: "integer",
		`{"CSVHeaders":"a"}`: "must be an array", `{"CSVHeaders":["a",1]}`: "number 1 is number", `{"Inputtype":"CSV"}`: `no field "Inputtype"`,
	} {
		_, err := parse(text)
		refused(t, text, err, want)
	}
}

// Whoever stops early gets no more, and what was opened is closed.
func TestStopEarly(t *testing.T) {
	t.Parallel()
	s := &closing{bucket: bucket{"k": "[1,2,3]", "m": "s3://b/lines.jsonl\n", "lines.jsonl": "1\n2\n"}}
	for _, r := range []dataset.Reader{
		{Bucket: "b", Key: "k", Config: pointer("")},
		{Bucket: "b", Key: "m", Config: dataset.Config{InputType: dataset.JSONL, ManifestType: dataset.AthenaData}},
	} {
		n := 0
		for _, err := range r.Items(s) {
			if err != nil {
				t.Error(err)
			}
			n++
			break
		}
		if n != 1 || s.open != 0 {
			t.Errorf("%d items, %d objects open", n, s.open)
		}
	}
}

type closing struct {
	bucket
	open int
}

func (c *closing) Stream(name, key string) (io.ReadCloser, error) {
	r, err := c.bucket.Stream(name, key)
	c.open++
	return closer{r, &c.open}, err
}

type closer struct {
	io.Reader
	open *int
}

func (c closer) Close() error {
	*c.open--
	return nil
}
