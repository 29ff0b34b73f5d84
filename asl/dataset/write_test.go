package dataset_test

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/asl/dataset"
	"github.com/serverledge/serverledge/dag/value"
)

// shelf is a dataset.Sink in memory.
type shelf struct {
	files    map[string]string
	open     int
	failWith error
	failAt   int // the write that fails, counted down
}

type book struct {
	shelf *shelf
	key   string
	bytes.Buffer
}

func (s *shelf) Create(name, key string) (dataset.File, error) {
	if name == "none" {
		return nil, errNoKey
	}
	s.open++
	return &book{shelf: s, key: key}, nil
}

func (b *book) Write(p []byte) (int, error) {
	if b.shelf.failAt--; b.shelf.failAt == 0 {
		return 0, b.shelf.failWith
	}
	return b.Buffer.Write(p)
}

func (b *book) Close() error {
	b.shelf.open--
	b.shelf.files[b.key] = b.String()
	return nil
}

func (b *book) Abandon() { b.shelf.open-- }

const arn = "arn:aws:states:local:0:mapRun:flow/Label:0b0c"

func record(status dataset.Status, output string) dataset.Record {
	r := dataset.Record{
		ExecutionArn: "arn:e", StateMachineArn: "arn:m", Name: "n", Status: status, Input: value.Raw([]byte(`{"a":"\"x\""}`)),
		RedriveStatus: "NOT_REDRIVABLE", RedriveReason: "why", Started: time.UnixMilli(1_700_000_000_123), Stopped: time.UnixMilli(1_700_000_001_000),
	}
	if status == dataset.Succeeded {
		r.Output = value.Raw([]byte(output))
	} else {
		r.Error, r.Cause = "E", output
	}
	return r
}

const (
	succeeded = `{"ExecutionArn":"arn:e","Input":"{\"a\":\"\\\"x\\\"\"}","InputDetails":{"Included":true},"Name":"n","Output":"[1,[2]]","OutputDetails":{"Included":true},"RedriveCount":0,` +
		`"RedriveStatus":"NOT_REDRIVABLE","RedriveStatusReason":"why","StartDate":"2023-11-14T22:13:20.123Z","StateMachineArn":"arn:m","Status":"SUCCEEDED","StopDate":"2023-11-14T22:13:21.000Z"}`
	failed = `{"Cause":"c","Error":"E","ExecutionArn":"arn:e","Input":"{\"a\":\"\\\"x\\\"\"}","InputDetails":{"Included":true},"Name":"n","OutputDetails":{"Included":true},"RedriveCount":0,` +
		`"RedriveStatus":"NOT_REDRIVABLE","RedriveStatusReason":"why","StartDate":"2023-11-14T22:13:20.123Z","StateMachineArn":"arn:m","Status":"FAILED","StopDate":"2023-11-14T22:13:21.000Z"}`
	pending = `{"Input":"{\"a\":\"\\\"x\\\"\"}","InputDetails":{"Included":true},"Status":"PENDING"}`
)

func all(records ...dataset.Record) iter.Seq2[dataset.Record, error] {
	return func(yield func(dataset.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func TestExport(t *testing.T) {
	t.Parallel()
	records := all(record(dataset.Succeeded, "[1,[2]]"), record(dataset.Failed, "c"), record(dataset.Succeeded, `{"b":3}`), record(dataset.Pending, ""))
	second := strings.Replace(succeeded, `"[1,[2]]"`, `"{\"b\":3}"`, 1)
	for name, c := range map[string]struct {
		config             dataset.WriterConfig
		suffix, ok, ko, no string
	}{
		"default":     {dataset.WriterConfig{}, "json", "[" + succeeded + "," + second + "]", "[" + failed + "]", "[" + pending + "]"},
		"none, lines": {dataset.WriterConfig{Transformation: dataset.Whole, OutputType: dataset.OutputJSONL}, "jsonl", succeeded + "\n" + second + "\n", failed + "\n", pending + "\n"},
		"compact":     {dataset.WriterConfig{Transformation: dataset.Compact, OutputType: dataset.OutputJSON}, "json", `[[1,[2]],{"b":3}]`, "[" + failed + "]", "[" + pending + "]"},
		"flatten":     {dataset.WriterConfig{Transformation: dataset.Flatten, OutputType: dataset.OutputJSONL}, "jsonl", "1\n[2]\n{\"b\":3}\n", failed + "\n", pending + "\n"},
	} {
		s := &shelf{files: map[string]string{}}
		result, err := dataset.Writer{Bucket: "out", Prefix: "p/q/", MapRunArn: arn, Config: c.config}.Export(records, s)
		if want := `{"MapRunArn":"` + arn + `","ResultWriterDetails":{"Bucket":"out","Key":"p/q/0b0c/manifest.json"}}`; err != nil || result.String() != want {
			t.Errorf("%s: got %s, %v", name, result, err)
		}
		manifest := fmt.Sprintf(`{"DestinationBucket":"out","MapRunArn":"%s","ResultFiles":{"FAILED":[{"Key":"p/q/0b0c/FAILED_0.%s","Size":%d}],"PENDING":[{"Key":"p/q/0b0c/PENDING_0.%s","Size":%d}],"SUCCEEDED":[{"Key":"p/q/0b0c/SUCCEEDED_0.%s","Size":%d}]}}`,
			arn, c.suffix, len(c.ko), c.suffix, len(c.no), c.suffix, len(c.ok))
		want := map[string]string{
			"p/q/0b0c/manifest.json": manifest, "p/q/0b0c/SUCCEEDED_0." + c.suffix: c.ok, "p/q/0b0c/FAILED_0." + c.suffix: c.ko, "p/q/0b0c/PENDING_0." + c.suffix: c.no,
		}
		if !maps.Equal(s.files, want) || s.open != 0 {
			t.Errorf("%s: got %q\nwant %q", name, s.files, want)
		}
	}
}

func TestExportOfNothing(t *testing.T) {
	t.Parallel()
	s := &shelf{files: map[string]string{}}
	if _, err := (dataset.Writer{Bucket: "out", MapRunArn: arn}).Export(all(), s); err != nil {
		t.Error(err)
	}
	if want := `{"DestinationBucket":"out","MapRunArn":"` + arn + `","ResultFiles":{"FAILED":[],"PENDING":[],"SUCCEEDED":[]}}`; s.files["0b0c/manifest.json"] != want || len(s.files) != 1 {
		t.Errorf("got %q", s.files)
	}
	s = &shelf{files: map[string]string{}}
	flatten := dataset.WriterConfig{Transformation: dataset.Flatten}
	if _, err := (dataset.Writer{Bucket: "out", MapRunArn: arn, Config: flatten}).Export(all(record(dataset.Succeeded, "[]")), s); err != nil || len(s.files) != 1 {
		t.Errorf("an empty array flattened: %q, %v", s.files, err)
	}
}

// Those that timed out or were aborted are in the files of the failed.
func TestExportGroups(t *testing.T) {
	t.Parallel()
	s := &shelf{files: map[string]string{}}
	if _, err := (dataset.Writer{Bucket: "out", MapRunArn: arn}).Export(all(record(dataset.TimedOut, ""), record(dataset.Aborted, "")), s); err != nil {
		t.Error(err)
	}
	if got := s.files["0b0c/FAILED_0.json"]; !strings.Contains(got, "TIMED_OUT") || !strings.Contains(got, "ABORTED") || strings.Contains(got, "Cause") {
		t.Errorf("got %s", got)
	}
}

// A file has at most its size, at the limit and one past, unless one entry has more.
func TestExportSplits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		output dataset.OutputType
		most   int64
		want   map[string]string
	}{
		{dataset.OutputJSON, 11, map[string]string{"0": `["aa","bb"]`, "1": `["cc"]`, "2": `["a longer one"]`, "3": `["d"]`}},
		{dataset.OutputJSON, 10, map[string]string{"0": `["aa"]`, "1": `["bb"]`, "2": `["cc"]`, "3": `["a longer one"]`, "4": `["d"]`}},
		{dataset.OutputJSONL, 11, map[string]string{"0": "\"aa\"\n\"bb\"\n", "1": "\"cc\"\n", "2": "\"a longer one\"\n", "3": "\"d\"\n"}},
	} {
		s := &shelf{files: map[string]string{}}
		w := dataset.Writer{Bucket: "out", MapRunArn: arn, MaxFile: c.most, Config: dataset.WriterConfig{Transformation: dataset.Compact, OutputType: c.output}}
		var records []dataset.Record
		for _, output := range []string{"aa", "bb", "cc", "a longer one", "d"} {
			records = append(records, record(dataset.Succeeded, `"`+output+`"`))
		}
		if _, err := w.Export(all(records...), s); err != nil {
			t.Fatal(err)
		}
		suffix := map[dataset.OutputType]string{dataset.OutputJSON: ".json", dataset.OutputJSONL: ".jsonl"}[c.output]
		for number, want := range c.want {
			if got := s.files["0b0c/SUCCEEDED_"+number+suffix]; got != want {
				t.Errorf("%s, %d: file %s: got %q, want %q", c.output, c.most, number, got, want)
			}
		}
		manifest, err := value.Parse([]byte(s.files["0b0c/manifest.json"]))
		if err != nil || manifest.Get("ResultFiles").Get("SUCCEEDED").Len() != len(c.want) || len(s.files) != len(c.want)+1 {
			t.Errorf("got %s, %q", manifest, slices.Sorted(maps.Keys(s.files)))
		}
	}
}

// After an error there is no manifest, and nothing stays open.
func TestExportFails(t *testing.T) {
	t.Parallel()
	broke := errors.New("broke")
	records := []dataset.Record{record(dataset.Succeeded, "1"), record(dataset.Failed, "c"), record(dataset.Pending, "")}
	for at := 1; at <= 7; at++ {
		s := &shelf{files: map[string]string{}, failWith: broke, failAt: at}
		_, err := dataset.Writer{Bucket: "out", MapRunArn: arn}.Export(all(records...), s)
		if !errors.Is(err, broke) || s.open != 0 || s.files["0b0c/manifest.json"] != "" {
			t.Errorf("write %d: %v, %d open, %q", at, err, s.open, s.files)
		}
	}
	s := &shelf{files: map[string]string{}}
	_, err := dataset.Writer{Bucket: "out", MapRunArn: arn}.Export(func(yield func(dataset.Record, error) bool) {
		_ = yield(records[0], nil) && yield(dataset.Record{}, broke)
	}, s)
	if !errors.Is(err, broke) || s.open != 0 || len(s.files) != 0 {
		t.Errorf("a record: %v, %d open, %q", err, s.open, s.files)
	}
	if _, err := (dataset.Writer{Bucket: "none", MapRunArn: arn}).Export(all(records...), s); !errors.Is(err, errNoKey) || s.open != 0 {
		t.Errorf("got %v", err)
	}
}

func TestWriterConfig(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"Transformation":"FLATTEN","OutputType":"JSONL"}`: "", `{}`: "", `{"Transformation":"NONE"}`: "",
		`{"Transformation":"ALL"}`: "NONE, COMPACT, FLATTEN", `{"OutputType":"CSV"}`: "JSON, JSONL", `{"Output":"JSON"}`: "no field", `{"OutputType":1}`: "a string", `[]`: "an object",
	} {
		v, err := value.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		_, err = dataset.ParseWriterConfig(v)
		if want == "" {
			if err != nil {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		refused(t, text, err, want)
	}
	_, err := dataset.Writer{Config: dataset.WriterConfig{OutputType: "X"}}.Export(all(), &shelf{})
	refused(t, "export", err, "OutputType")
}
