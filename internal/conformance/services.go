package main

import (
	"context"
	"errors"
	"strconv"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/engine"
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

// service asks the real services of a node; their store is the one of the case.
// What AWS tells of encryption is added.
func (w *world) service(cmd dag.Invoke) (value.Value, *dag.Failure) {
	call := &engine.ServiceCall{Workflow: "workflow", Execution: w.id(), State: cmd.State, Key: w.id() + "/" + strconv.FormatUint(uint64(cmd.Activation), 10), Resource: cmd.Resource, Input: cmd.Input}
	v, err := w.services.Call(context.Background(), call)
	var failed *engine.FailureError
	switch {
	case errors.As(err, &failed):
		return v, &failed.Failure
	case err != nil:
		return v, &dag.Failure{Error: "Conformance", Cause: err.Error()}
	case cmd.Resource.Kind == dag.ServiceResource:
		return v.With("ServerSideEncryption", value.OfString("AES256")), nil
	}
	return v, nil
}
