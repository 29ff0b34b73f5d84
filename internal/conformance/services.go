package main

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"strconv"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

func member(key string, v value.Value) value.Member { return value.Member{Key: key, Value: v} }

// answer turns a mocked answer into what the service of a call would say.
func (m mock) answer(cmd dag.Invoke) (value.Value, *dag.Failure) {
	if m.Throw != nil {
		return value.Value{}, &dag.Failure{Error: m.Throw.Error, Cause: m.Throw.Cause}
	}
	v, err := value.Parse(m.Return)
	if err != nil {
		return v, &dag.Failure{Error: "Conformance", Cause: "the mock has no answer: " + err.Error()}
	}
	switch {
	case cmd.Resource.Kind == dag.FunctionResource && v.Get("StatusCode").Kind() == value.Number:
		return v.Get("Payload"), nil // what the function answered; lambda:invoke wraps it again
	case cmd.Resource.Service == "dynamodb":
		return withMetadata(v), nil
	}
	return v, nil
}

// withMetadata adds what the integrations of AWS tell of the HTTP exchange with
// DynamoDB.
func withMetadata(v value.Value) value.Value {
	var all, plain []value.Member
	for _, h := range [][2]string{
		{"Server", "Server"}, {"Connection", "keep-alive"}, {"x-amzn-RequestId", "x-amzn-RequestId"}, {"x-amz-crc32", "x-amz-crc32"},
		{"Content-Length", strconv.Itoa(v.Size())}, {"Date", "date"}, {"Content-Type", "application/x-amz-json-1.0"},
	} {
		all = append(all, member(h[0], value.OfArray(value.OfString(h[1]))))
		plain = append(plain, member(h[0], value.OfString(h[1])))
		if h[0][0] == 'x' || h[0] == "Date" {
			all[len(all)-1].Value = value.OfString(h[1])
		}
	}
	return v.With("SdkHttpMetadata", value.OfObject(
		member("AllHttpHeaders", value.OfObject(all...)), member("HttpHeaders", value.OfObject(plain...)), member("HttpStatusCode", value.OfInt(200)),
	)).With("SdkResponseMetadata", value.OfObject(member("RequestId", value.OfString("RequestId"))))
}

// service simulates the services that cases call without mocks: S3.
func (w *world) service(cmd dag.Invoke) (value.Value, *dag.Failure) {
	key := cmd.Input.Get("Bucket").Text() + "/" + cmd.Input.Get("Key").Text()
	switch cmd.Resource.Name {
	case "aws-sdk:s3:getObject":
		body, ok := w.objects[key]
		if !ok {
			return value.Value{}, &dag.Failure{Error: "S3.NoSuchKeyException", Cause: "The specified key does not exist."}
		}
		return value.OfObject(
			member("AcceptRanges", value.OfString("bytes")), member("ContentLength", value.OfInt(int64(len(body)))),
			member("ContentType", value.OfString("binary/octet-stream")), member("ETag", value.OfString(etag(body))),
			member("LastModified", value.OfString(w.now.Format("2006-01-02T15:04:05Z"))), member("Metadata", value.EmptyObject),
			member("ServerSideEncryption", value.OfString("AES256")), member("Body", value.OfString(body)),
		), nil
	case "aws-sdk:s3:putObject":
		body := cmd.Input.Get("Body").String()
		if cmd.Input.Get("Body").Kind() == value.String {
			body = cmd.Input.Get("Body").Text()
		}
		w.objects[key] = body
		sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(body)))
		return value.OfObject(
			member("ChecksumCRC32", value.OfString(base64.StdEncoding.EncodeToString(sum))), member("ChecksumType", value.OfString("FULL_OBJECT")),
			member("ETag", value.OfString(etag(body))), member("ServerSideEncryption", value.OfString("AES256")),
		), nil
	}
	return value.Value{}, &dag.Failure{Error: "Conformance", Cause: "nothing answers for " + cmd.Resource.Name}
}

func etag(body string) string {
	sum := md5.Sum([]byte(body))
	return `"` + hex.EncodeToString(sum[:]) + `"`
}
