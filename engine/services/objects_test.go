package services_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/engine/services"
	"github.com/serverledge/serverledge/store/objects/files"
	"github.com/serverledge/serverledge/store/objects/memory"
)

// answers makes a call and returns its result as text; of a failure the name
// and the cause.
func answers(t *testing.T, s *services.Services, r dag.Resource, input string) string {
	t.Helper()
	in, err := value.Parse([]byte(input))
	if err != nil {
		t.Fatalf("%s: %v", input, err)
	}
	v, err := s.Call(t.Context(), &engine.ServiceCall{Workflow: "w", Execution: "ab01JZZZZZZZZZZZZZZZZZZZZZZZ", Key: "x/7", Resource: r, Input: in})
	var failed *engine.FailureError
	switch {
	case errors.As(err, &failed):
		return failed.Failure.Error + ": " + failed.Failure.Cause
	case err != nil:
		t.Fatal(err)
	}
	return v.String()
}

func resource(kind dag.ResourceKind, action string) dag.Resource {
	r := dag.Resource{Kind: kind, Service: "s3", Action: action}
	if kind == dag.ServiceResource {
		r.Service = "aws-sdk:s3"
	}
	return r
}

// What tasks and maps do with objects, in a store of files as nodes have it.
func TestObjects(t *testing.T) {
	dir := t.TempDir()
	store, err := files.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "box"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := services.New(services.Options{Objects: store})
	defer func() {
		if err := errors.Join(s.Close(), store.Close()); err != nil {
			t.Error(err)
		}
	}()
	get, put := resource(dag.ServiceResource, "getObject"), resource(dag.ServiceResource, "putObject")
	read, write := resource(dag.ReaderResource, "getObject"), resource(dag.WriterResource, "putObject")
	for _, c := range []struct {
		name  string
		r     dag.Resource
		input string
		want  string // "*" stands for anything
	}{
		{"put text", put, `{"Bucket":"box","Key":"a/t","Body":"héllo"}`, `{"ChecksumCRC32":"njuCNg==","ChecksumType":"FULL_OBJECT","ETag":"\"*\""}`},
		{"put JSON", put, `{"Bucket":"box","Key":"a/j","Body":{"b":[1,2.50]}}`, `{"ChecksumCRC32":"*`},
		{"put nothing", put, `{"Bucket":"box","Key":"a/n"}`, `{"ChecksumCRC32":"AAAAAA==",*`},
		{"get text", get, `{"Bucket":"box","Key":"a/t"}`, `{"AcceptRanges":"bytes","ContentLength":6,*,"Body":"héllo"}`},
		{"get JSON", get, `{"Bucket":"box","Key":"a/j"}`, `*"Body":"{\"b\":[1,2.50]}"}`},
		{"get nothing", get, `{"Bucket":"box","Key":"a/n"}`, `*"ContentLength":0,*"Body":""}`},
		{"no key", get, `{"Bucket":"box","Key":"none"}`, "S3.NoSuchKeyException: The specified key does not exist."},
		{"no bucket", get, `{"Bucket":"none","Key":"a"}`, "S3.NoSuchBucketException: The specified bucket does not exist"},
		{"out of the bucket", get, `{"Bucket":"box","Key":"../../etc/passwd"}`, "S3.*Exception: *"},
		{"no name", put, `{"Bucket":"box","Key":5,"Body":"x"}`, "S3.S3Exception: *"},
		{"as large as it may be", put, `{"Bucket":"box","Key":"full","Body":"` + strings.Repeat("x", 1<<20) + `"}`, `{"ChecksumCRC32":"*`},
		{"and is read", get, `{"Bucket":"box","Key":"full"}`, `*"ContentLength":1048576,*`},
		{"one byte more", put, `{"Bucket":"box","Key":"more","Body":"` + strings.Repeat("x", 1<<20+1) + `"}`, `{"ChecksumCRC32":"*`},
		{"is not", get, `{"Bucket":"box","Key":"more"}`, "States.DataLimitExceeded: the object has more than 1048576 bytes"},
		{"another service", dag.Resource{Kind: dag.ServiceResource, Service: "dynamodb", Action: "putItem"}, `{}`, "States.Runtime: no node can call dynamodb:putItem"},

		{"items", read, `{"Action":"getObject","Arguments":{"Bucket":"box","Key":"a/j"},"ReaderConfig":{"InputType":"JSON","ItemsPointer":"/b"}}`, `{"Items":[1,2.50],"Sources":[[0,"s3://box/a/j"]]}`},
		{"members", read, `{"Action":"getObject","Arguments":{"Bucket":"box","Key":"a/j"},"ReaderConfig":{"InputType":"JSON"}}`, `{"Items":{"b":[1,2.50]},"Sources":[[0,"s3://box/a/j"]]}`},
		{"a listing", read, `{"Action":"listObjectsV2","Arguments":{"Bucket":"box","Prefix":"a/"},"ReaderConfig":{}}`, `{"Items":[{"Etag":*"Key":"a/j"*"Key":"a/n"*"Key":"a/t"*}],"Sources":[[0,"s3://box"]]}`},
		{"nothing listed", read, `{"Action":"listObjectsV2","Arguments":{"Bucket":"box","Prefix":"z"},"ReaderConfig":{}}`, `{"Items":[],"Sources":[]}`},
		{"wrong data", read, `{"Action":"getObject","Arguments":{"Bucket":"box","Key":"a/t"},"ReaderConfig":{"InputType":"JSON"}}`, "States.ItemReaderFailed: *s3://box/a/t*"},
		{"no object", read, `{"Action":"getObject","Arguments":{"Bucket":"box","Key":"b"},"ReaderConfig":{"InputType":"JSON"}}`, `States.ItemReaderFailed: *no object "b"*`},
		{"no key named", read, `{"Action":"getObject","Arguments":{"Bucket":"box"},"ReaderConfig":{"InputType":"JSON"}}`, "States.ItemReaderFailed: The argument Key is missing."},
		{"an empty bucket name", read, `{"Action":"getObject","Arguments":{"Bucket":""},"ReaderConfig":{"InputType":"JSON"}}`, "States.ItemReaderFailed: The argument Bucket is empty."},
		{"a prefix that is none", read, `{"Action":"listObjectsV2","Arguments":{"Bucket":"box","Prefix":1},"ReaderConfig":{}}`, "States.ItemReaderFailed: The argument Prefix must be a string, not number."},

		{
			"results", write, `{"Arguments":{"Bucket":"box","Prefix":"out/"},"WriterConfig":{"OutputType":"JSONL"},"Label":"L","Results":[
			{"Input":1,"Output":[2],"Status":"SUCCEEDED","Call":3,"Started":"2026-01-01T00:00:00.000Z","Ended":"2026-01-01T00:00:01.500Z"},
			{"Input":{"k":1},"Output":null,"Status":"FAILED","Error":"E","Cause":"C","Call":4,"Started":"2026-01-01T00:00:00.000Z","Ended":"2026-01-01T00:00:02.000Z"}]}`,
			`{"MapRunArn":"w/L:x-7","ResultWriterDetails":{"Bucket":"box","Key":"out/x-7/manifest.json"}}`,
		},
		{"that succeeded", get, `{"Bucket":"box","Key":"out/x-7/SUCCEEDED_0.jsonl"}`, `*{\"ExecutionArn\":\"ab*\",\"Input\":\"1\",*\"Output\":\"[2]\",*\"StartDate\":\"2026-01-01T00:00:00.000Z\",\"StateMachineArn\":\"w/L\",\"Status\":\"SUCCEEDED\",\"StopDate\":\"2026-01-01T00:00:01.500Z\"}*`},
		{"that failed", get, `{"Bucket":"box","Key":"out/x-7/FAILED_0.jsonl"}`, `*{\"Cause\":\"C\",\"Error\":\"E\",*\"Input\":\"{\\\"k\\\":1}\",*\"Status\":\"FAILED\"*`},
		{"a writer of no format", write, `{"Arguments":{"Bucket":"box"},"WriterConfig":{"OutputType":"XML"},"Label":"L","Results":[]}`, `States.ResultWriterFailed: OutputType must be one of JSON, JSONL, not "XML".`},
		{"a bucket that is none", write, `{"Arguments":{"Bucket":"."},"Label":"L","Results":[]}`, `States.ResultWriterFailed: *`},
	} {
		if got := answers(t, s, c.r, c.input); !matches(got, c.want) {
			t.Errorf("%s: got %s, want %s", c.name, clip(got), c.want)
		}
	}
}

func clip(s string) string { return s[:min(len(s), 500)] }

// matches compares with a pattern in which "*" stands for anything.
func matches(s, pattern string) bool {
	parts := strings.Split(pattern, "*")
	rest, ok := strings.CutPrefix(s, parts[0])
	for i, p := range parts[1:] {
		at := strings.Index(rest, p)
		if i == len(parts)-2 { // the last one ends the text
			at = strings.LastIndex(rest, p)
			ok = ok && strings.HasSuffix(rest, p)
		}
		if !ok || at < 0 {
			return false
		}
		rest = rest[at+len(p):]
	}
	return ok && (len(parts) > 1 || rest == "")
}

// A call that is cut off has no failure of its own: the engine makes it again.
func TestCutOffObjects(t *testing.T) {
	store := memory.New("box")
	if _, err := store.Put(t.Context(), "box", "k", strings.NewReader("{}")); err != nil {
		t.Fatal(err)
	}
	s := services.New(services.Options{Objects: store})
	ctx, cancel := context.WithCancelCause(t.Context())
	errGone := errors.New("gone")
	cancel(errors.Join(errGone, context.Canceled))
	for _, r := range []dag.Resource{
		resource(dag.ServiceResource, "putObject"), resource(dag.ReaderResource, "listObjectsV2"), resource(dag.WriterResource, "putObject"),
	} {
		in, err := value.Parse([]byte(`{"Bucket":"box","Key":"k","Action":"listObjectsV2","Arguments":{"Bucket":"box"},"ReaderConfig":{},"Results":[]}`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Call(ctx, &engine.ServiceCall{Key: "x/1", Resource: r, Input: in}); !errors.Is(err, errGone) {
			t.Errorf("%v: %v", r.Kind, err)
		}
	}
}
