package dataset_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/asl/dataset"
	"github.com/serverledge/serverledge/dag/value"
)

// What AWS did with the datasets of the recorded cases, we do.
func TestConformance(t *testing.T) {
	t.Parallel()
	const cases = "../../../shared/cases/asl/execution/s3/*.json"
	files, err := filepath.Glob(cases)
	if err != nil || len(files) == 0 {
		t.Skip("the recorded cases are not here: " + cases)
	}
	ran := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c, err := value.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		reader := find(c.Get("definition"), "ItemReader")
		if reader.IsAbsent() {
			continue
		}
		ran++
		got, err := recorded(t, reader.Get("ReaderConfig"), c)
		expect := c.Get("expect")
		if cause := expect.Get("cause"); !cause.IsAbsent() {
			var read *dataset.ReadError
			if !errors.As(err, &read) || read.Text != cause.Text() {
				t.Errorf("%s: got %v, want %s", filepath.Base(file), err, cause)
			}
			continue
		}
		if want := flat(expect.Get("output")); err != nil || !value.Equal(got, want) {
			t.Errorf("%s: got %s, %v\nwant %s", filepath.Base(file), got, err, want)
		}
	}
	if ran < 10 {
		t.Errorf("only %d cases", ran)
	}
}

// find looks for a field at any depth.
func find(v value.Value, key string) value.Value {
	if found := v.Get(key); !found.IsAbsent() {
		return found
	}
	for _, member := range v.Members() {
		if found := find(member, key); !found.IsAbsent() {
			return found
		}
	}
	return value.Value{}
}

// recorded reads the dataset of a case, with its paths and expressions resolved
// as far as these cases have them.
func recorded(t *testing.T, config, c value.Value) (value.Value, error) {
	t.Helper()
	if path := config.Get("MaxItemsPath"); !path.IsAbsent() {
		config = config.With("MaxItemsPath", value.Value{}).With("MaxItems", c.Get("input").Get(strings.TrimPrefix(path.Text(), "$.")))
	}
	if text := config.Get("MaxItems"); text.Kind() == value.String { // {% $maxItems := 2 %}
		config = config.With("MaxItems", c.Get("input").Get("MaxItems"))
	}
	parsed, err := dataset.ParseConfig(config)
	if err != nil {
		return value.Value{}, err
	}
	object := c.Get("fixtures").Get("s3").Index(0)
	items, err := collect(dataset.Reader{Bucket: "b", Key: "k", Config: parsed}.Items(bucket{"k": object.Get("Body").Text()}))
	if err != nil {
		return value.Value{}, err
	}
	return value.Parse([]byte(items))
}

// flat undoes batches.
func flat(output value.Value) value.Value {
	var out []value.Value
	for _, item := range output.Elements() {
		batch := item.Get("Items")
		if batch.IsAbsent() {
			out = append(out, item)
		}
		for _, one := range batch.Elements() {
			out = append(out, one)
		}
	}
	return value.OfArray(out...)
}
