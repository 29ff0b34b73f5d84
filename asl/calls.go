package asl

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// target makes what computes the call of a Task: nil when the definition says
// it all.
func (s *state) target() dag.Targeting {
	r := s.task.resource
	switch {
	case r.Kind == dag.FunctionResource && r.Service != "":
		return s.invokes
	case r.Kind == dag.WorkflowResource:
		return s.starts
	case r.Kind == dag.ServiceResource, r.Kind == dag.HTTPResource:
		return func(d *dag.Scope) (string, value.Value, *dag.Failure) {
			return r.Service + ":" + r.Action, d.Effective, nil
		}
	}
	return nil
}

// invokes takes the function and what it gets out of the parameters of
// lambda:invoke.
func (s *state) invokes(d *dag.Scope) (string, value.Value, *dag.Failure) {
	name := s.task.resource.Name
	if name == "" {
		v := d.Effective.Get("FunctionName")
		if v.Kind() != value.String {
			return "", value.Value{}, runtime(d.State, "The FunctionName must be a string, not %s", known(v))
		}
		name, _, _ = strings.Cut(afterARN(v.Text()), ":")
	}
	payload := d.Effective.Get("Payload")
	if payload.IsAbsent() || payload.Kind() == value.Null {
		payload = value.EmptyObject
	}
	return name, parsed(payload), nil
}

// parsed is a text as the JSON that it holds: integrations send it as it is.
func parsed(v value.Value) value.Value {
	if v.Kind() == value.String {
		if inner, err := value.Parse([]byte(v.Text())); err == nil {
			return inner
		}
	}
	return v
}

func known(v value.Value) string {
	if v.IsAbsent() {
		return "missing"
	}
	return shown(v)
}

// starts takes the workflow, its input and the name of its execution out of
// the parameters of states:startExecution.
func (s *state) starts(d *dag.Scope) (string, value.Value, *dag.Failure) {
	name := s.task.resource.Name
	if name == "" {
		v := d.Effective.Get("StateMachineArn")
		if v.Kind() != value.String {
			return "", value.Value{}, runtime(d.State, "The StateMachineArn must be a string, not %s", known(v))
		}
		name = workflowOf(v.Text())
	}
	input := d.Effective.Get("Input")
	if input.IsAbsent() || input.Kind() == value.Null {
		input = value.EmptyObject
	}
	return name, value.OfObject(member("input", parsed(input)), member("name", d.Effective.Get("Name"))), nil
}

// receive makes the result of a Task of what its call answered.
func (s *state) receive() dag.Shape {
	r := s.task.resource
	if r.Kind == dag.WorkflowResource && r.Pattern != dag.Callback {
		return s.started
	}
	wraps := r.Kind == dag.FunctionResource && r.Service != "" && r.Pattern == dag.Respond
	return func(d *dag.Scope) (value.Value, *dag.Failure) {
		if !value.Fits(d.Result, s.limits.Payload) {
			return value.Value{}, tooLarge(s.told())
		}
		if wraps {
			return invoked(d), nil
		}
		return d.Result, nil
	}
}

// invoked wraps a function's result as lambda:invoke does.
func invoked(d *dag.Scope) value.Value {
	length := strconv.Itoa(pythonLength(d.Result))
	return value.OfObject(
		member("ExecutedVersion", value.OfString(latest)),
		member("Payload", d.Result),
		metadata(d, []header{
			{"X-Amz-Executed-Version", latest}, {"x-amzn-Remapped-Content-Length", "0"}, {"Connection", "keep-alive"},
			{"x-amzn-RequestId", requestID(d)}, {"Content-Length", length}, {"Date", httpDate(d)}, {"X-Amzn-Trace-Id", "root=" + requestID(d)},
			{"Content-Type", "application/json"},
		}),
		member("SdkResponseMetadata", value.OfObject(member("RequestId", value.OfString(requestID(d))))),
		member("StatusCode", value.OfInt(200)),
	)
}

// pythonLength is how long a value is as Python writes it, with a blank after
// each comma and colon and only ASCII: what most functions on AWS answer.
func pythonLength(v value.Value) int {
	n := 0
	switch v.Kind() {
	case value.Array:
		n = 2 + 2*max(0, v.Len()-1)
		for _, item := range v.Elements() {
			n += pythonLength(item)
		}
	case value.Object:
		n = 2 + 2*max(0, v.Len()-1)
		for key, item := range v.Members() {
			n += pythonLength(value.OfString(key)) + 2 + pythonLength(item)
		}
	case value.String:
		n = v.Size()
		for _, c := range v.Text() {
			if size := utf8.RuneLen(c); size > 1 {
				n += 6*len(utf16.Encode([]rune{c})) - size
			}
		}
	case value.Absent, value.Null, value.Bool, value.Number:
		n = v.Size()
	}
	return n
}

type header struct{ name, text string }

// metadata is what AWS's integrations tell of the HTTP exchange; definitions
// written for AWS may look at it.
func metadata(_ *dag.Scope, headers []header) value.Member {
	all, plain := make([]value.Member, len(headers)), make([]value.Member, len(headers))
	for i, h := range headers {
		all[i] = member(h.name, value.OfArray(value.OfString(h.text)))
		plain[i] = member(h.name, value.OfString(h.text))
	}
	return member("SdkHttpMetadata", value.OfObject(
		member("AllHttpHeaders", value.OfObject(all...)), member("HttpHeaders", value.OfObject(plain...)), member("HttpStatusCode", value.OfInt(200)),
	))
}

// requestID names the call for ever, as the idempotency key of its function
// does.
func requestID(d *dag.Scope) string {
	id := ""
	if d.Execution != nil {
		id = d.Execution.ID
	}
	return id + "/" + strconv.Itoa(d.State.Event) + "." + strconv.Itoa(d.State.Retries)
}

func httpDate(d *dag.Scope) string { return d.Now().UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT") }

// started makes the result of states:startExecution of what the engine tells
// of the execution: as AWS words it, and a failure when it did not succeed.
func (s *state) started(d *dag.Scope) (value.Value, *dag.Failure) {
	x := d.Result
	if s.task.resource.Pattern == dag.Respond {
		return value.OfObject(
			member("ExecutionArn", x.Get("id")),
			metadata(d, []header{
				{"x-amzn-RequestId", requestID(d)}, {"connection", "keep-alive"}, {"Content-Length", strconv.Itoa(x.Size())}, {"Date", httpDate(d)},
				{"Content-Type", "application/x-amz-json-1.0"},
			}),
			member("SdkResponseMetadata", value.OfObject(member("RequestId", value.OfString(requestID(d))))),
			member("StartDate", x.Get("started")),
		), nil
	}
	whole := strings.HasSuffix(s.task.resource.Action, sync2Suffix) // values as JSON, not as text
	quoted := func(v value.Value) value.Value {
		if whole || v.IsAbsent() {
			return v
		}
		return value.OfString(v.String())
	}
	included := value.OfObject(member("Included", value.TrueValue))
	succeeded := x.Get("status").Text() == string(dag.Completed)
	members := []value.Member{
		member("Cause", x.Get("cause")), member("Error", x.Get("error")),
		member("ExecutionArn", x.Get("id")), member("Input", quoted(x.Get("input"))), member("InputDetails", included), member("Name", x.Get("name")),
	}
	if succeeded {
		members = append(members, member("Output", quoted(x.Get("output"))), member("OutputDetails", included))
	}
	v := value.OfObject(append(members, member("StartDate", x.Get("started")), member("StateMachineArn", x.Get("workflow")),
		member("Status", x.Get("status")), member("StopDate", x.Get("ended")))...)
	if !succeeded {
		return value.Value{}, &dag.Failure{Error: errorTask, Cause: shown(v)}
	}
	if !value.Fits(v, s.limits.Payload) {
		return value.Value{}, tooLarge(s.told())
	}
	return v, nil
}
