package services

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/serverledge/serverledge/asl/dataset"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store/objects"
	"github.com/serverledge/serverledge/store/objects/items"
)

// read answers the reader of a Map.
func (s *Services) read(ctx context.Context, call *engine.ServiceCall) (value.Value, error) {
	reader, err := dataset.ParseReader(call.Input)
	if err == nil {
		var answer value.Value
		if answer, err = dataset.Answer(items.Read(ctx, s.objects, reader), dataset.MaxAnswer); err == nil {
			return answer, nil
		}
	}
	return value.Value{}, undone(ctx, dag.ErrorReader, err)
}

// write answers the writer of a Map. A repetition writes the same files.
func (s *Services) write(ctx context.Context, call *engine.ServiceCall) (value.Value, error) {
	writer, err := dataset.ParseWriter(call.Input)
	if err == nil {
		writer.MapRunArn = fmt.Sprintf("%s/%s:%s", call.Workflow, call.Input.Get("Label").Text(), strings.ReplaceAll(call.Key, "/", "-"))
		var answer value.Value
		if answer, err = items.Export(ctx, s.objects, writer, records(call)); err == nil {
			return answer, nil
		}
	}
	return value.Value{}, undone(ctx, dag.ErrorWriter, err)
}

// records yields what a Map tells of its items.
func records(call *engine.ServiceCall) iter.Seq2[dataset.Record, error] {
	return func(yield func(dataset.Record, error) bool) {
		workflow := call.Workflow + "/" + call.Input.Get("Label").Text()
		for _, result := range call.Input.Get("Results").Elements() {
			r := dataset.ParseRecord(result)
			id, _ := result.Get("Call").Int()
			r.Name = engine.ChildID(call.Execution, dag.ID(id))
			r.ExecutionArn, r.StateMachineArn, r.RedriveStatus = r.Name, workflow, "NOT_REDRIVABLE"
			r.RedriveReason = "It is redriven with the execution that it belongs to"
			if !yield(r, nil) {
				return
			}
		}
	}
}

// undone is the failure of a Map whose data cannot be read or written. A call
// that was cut off has no failure of its own.
func undone(ctx context.Context, name string, err error) error {
	if errors.Is(context.Cause(ctx), context.Canceled) {
		return context.Cause(ctx)
	}
	return failed(name, "%s", err)
}

// The failures of S3, as its SDK names them.
const (
	errorNoKey    = "S3.NoSuchKeyException"
	errorNoBucket = "S3.NoSuchBucketException"
	errorS3       = "S3.S3Exception"
)

// maxBodyObject is the largest object that getObject returns, in bytes: what a
// state may pass on is checked by the language.
const maxBodyObject = 1 << 20

// object answers aws-sdk:s3:getObject and putObject.
func (s *Services) object(ctx context.Context, call *engine.ServiceCall) (value.Value, error) {
	do := s.get
	if call.Resource.Action == "putObject" {
		do = s.put
	}
	answer, err := do(ctx, call.Input.Get("Bucket").Text(), call.Input.Get("Key").Text(), call.Input)
	var own *engine.FailureError
	switch {
	case err == nil:
		return answer, nil
	case errors.As(err, &own):
		return value.Value{}, err
	}
	name, cause := errorS3, err.Error()
	switch fault.From(err).Code {
	case "no_such_key":
		name, cause = errorNoKey, "The specified key does not exist."
	case "no_such_bucket":
		name, cause = errorNoBucket, "The specified bucket does not exist"
	}
	return value.Value{}, undone(ctx, name, errors.New(cause)) //nolint:err113 // a cause is a text
}

func (s *Services) get(ctx context.Context, bucket, key string, _ value.Value) (value.Value, error) {
	o, err := s.objects.Open(ctx, bucket, key, objects.Part{})
	if err != nil {
		return value.Value{}, err
	}
	defer func() { _ = o.Close() }()
	body, err := io.ReadAll(io.LimitReader(o, maxBodyObject+1))
	switch {
	case err != nil:
		return value.Value{}, err
	case len(body) > maxBodyObject:
		return value.Value{}, failed(dag.ErrorDataLimitExceeded, "the object has more than %d bytes", maxBodyObject)
	}
	return value.OfObject(
		member("AcceptRanges", value.OfString("bytes")), member("ContentLength", value.OfInt(int64(len(body)))),
		member("ContentType", value.OfString("binary/octet-stream")), member("ETag", quoted(o.ETag)),
		member("LastModified", value.OfString(o.Modified.UTC().Format(time.RFC3339))), member("Metadata", value.EmptyObject),
		member("Body", value.OfString(strings.ToValidUTF8(string(body), "\uFFFD"))),
	), nil
}

// put writes a text as it is, and any other body as its JSON.
func (s *Services) put(ctx context.Context, bucket, key string, in value.Value) (value.Value, error) {
	content := in.Get("Body")
	body := content.Text()
	if content.Kind() != value.String && !content.IsAbsent() {
		body = content.String()
	}
	info, err := s.objects.Put(ctx, bucket, key, strings.NewReader(body))
	if err != nil {
		return value.Value{}, err
	}
	sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(body)))
	return value.OfObject(
		member("ChecksumCRC32", value.OfString(base64.StdEncoding.EncodeToString(sum))), member("ChecksumType", value.OfString("FULL_OBJECT")),
		member("ETag", quoted(info.ETag)),
	), nil
}

func member(key string, v value.Value) value.Member { return value.Member{Key: key, Value: v} }

func quoted(text string) value.Value { return value.OfString(`"` + text + `"`) }
