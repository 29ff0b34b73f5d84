package server

import (
	"encoding/json"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/dag/mock"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/functions"
)

// The limits of requests.
const (
	maxText       = 1 << 10 // a name, a handler, an image: validation says more precisely
	maxWait       = 366 * 24 * time.Hour
	maxClass      = 9
	maxHops       = 3
	maxAttempt    = 1 << 20
	maxInstances  = 1000
	maxDefinition = limitControl
	maxError      = 256
	maxCause      = 32 << 10
)

// decodeFunction binds the body of POST /v1/functions and PUT /v1/functions/{name}.
func decodeFunction(v value.Value) (*functions.Function, error) {
	o := openObject(v, false)
	f := &functions.Function{Namespace: functions.DefaultNamespace, MemoryMB: functions.DefaultMemoryMB, MaxConcurrency: 1}
	o.text("name", &f.Name, maxText)
	o.text("runtime", &f.Runtime, maxText)
	o.text("handler", &f.Handler, maxText)
	whole(o, "memoryMB", &f.MemoryMB, 1, functions.MaxMemoryMB)
	o.real("cpu", &f.CPU, 0, functions.MaxCPU)
	whole(o, "maxConcurrency", &f.MaxConcurrency, 1, functions.MaxConcurrency)
	o.duration("timeout", &f.Timeout, functions.MaxTimeout)
	o.text("image", &f.Image, maxText)
	o.text("package", &f.Package, maxText)
	f.Env = o.texts("env", functions.MaxEnv)
	f.Signature = decodeSignature(o, "signature")
	// Answers carry these two: whoever changes what it got may send them back.
	o.ignore("version", "created")
	o.required("runtime")
	o.close()
	return f, o.err()
}

// decodeSignature binds a signature; nil when there is none.
func decodeSignature(o *object, name string) *functions.Signature {
	in := o.object(name)
	if in == nil {
		return nil
	}
	params := func(list *[]functions.Param) func(*object) {
		return func(p *object) {
			var param functions.Param
			p.text("Name", &param.Name, maxText)
			p.text("Type", &param.Type, maxText)
			p.close()
			*list = append(*list, param)
		}
	}
	signature := &functions.Signature{}
	in.objects("Inputs", functions.MaxParams, params(&signature.Inputs))
	in.objects("Outputs", functions.MaxParams, params(&signature.Outputs))
	in.close()
	return signature
}

// invocation is api.Invocation, bound and checked.
type invocation struct {
	input                value.Value
	async, output, local bool
	timeout              time.Duration
	class                int
	forwarded            *api.Forwarded
}

// decodeInvocation binds the body of POST /v1/functions/{name}/invocations. No
// body is a call without input.
func decodeInvocation(v value.Value) (*invocation, error) {
	in := &invocation{}
	if v.IsAbsent() {
		return in, nil
	}
	o := openObject(v, false)
	in.input, _ = o.find("input")
	o.truth("async", &in.async)
	o.truth("output", &in.output)
	o.duration("timeout", &in.timeout, maxWait)
	whole(o, "class", &in.class, 0, maxClass)
	o.truth("local", &in.local)
	if from := o.object("forwarded"); from != nil {
		in.forwarded = &api.Forwarded{}
		decodeForwarded(from, in.forwarded)
	}
	o.close()
	return in, o.err()
}

// decodeForwarded binds what another node tells. A newer node may tell more.
func decodeForwarded(o *object, f *api.Forwarded) {
	o.lenient = true
	o.text("key", &f.Key, maxText)
	whole(o, "attempt", &f.Attempt, 0, maxAttempt)
	o.text("execution", &f.Execution, maxText)
	whole(o, "hops", &f.Hops, -1, maxHops)
	f.Visited = o.list("visited", 64, maxText)
	o.truth("task", &f.Task)
	whole(o, "remainingMS", &f.RemainingMS, -1<<53, int64(maxWait/time.Millisecond))
}

// decodePrewarm binds the body of POST /v1/functions/{name}/prewarm.
func decodePrewarm(v value.Value) (instances int, refresh bool, err error) {
	instances = 1
	o := openObject(v, false)
	whole(o, "instances", &instances, 0, maxInstances)
	o.truth("forcePull", &refresh)
	o.close()
	return instances, refresh, o.err()
}

// decodeWorkflow binds the body of POST /v1/workflows and PUT /v1/workflows/{name}.
func decodeWorkflow(v value.Value) (*api.Workflow, error) {
	o := openObject(v, false)
	w := &api.Workflow{}
	o.text("name", &w.Name, maxText)
	o.text("language", &w.Language, maxText)
	o.text("definition", &w.Definition, maxDefinition)
	o.text("type", &w.Type, maxText)
	o.ignore("version", "functions", "created")
	o.required("definition")
	o.level("type", w.Type)
	o.language("language", w.Language)
	o.close()
	return w, o.err()
}

// start is api.StartExecution, bound and checked.
type start struct {
	api.StartExecution
	input   value.Value
	timeout time.Duration
	mocks   mock.Answers
}

// decodeStart binds the body of POST /v1/workflows/{name}/executions and, when
// it carries a definition, of POST /v1/executions.
func decodeStart(v value.Value, defined bool) (*start, error) {
	in := &start{}
	if v.IsAbsent() && !defined {
		return in, nil
	}
	o := openObject(v, false)
	in.input, _ = o.find("input")
	o.text("name", &in.Name, maxText)
	o.truth("async", &in.Async)
	o.text("type", &in.Type, maxText)
	whole(o, "class", &in.Class, 0, maxClass)
	o.duration("timeout", &in.timeout, maxWait)
	in.mocks = decodeMocks(o)
	if defined {
		o.text("definition", &in.Definition, maxDefinition)
		o.text("language", &in.Language, maxText)
		o.required("definition")
		o.language("language", in.Language)
	}
	o.level("type", in.Type)
	if in.Name != "" {
		if err := functions.ValidName(in.Name); err != nil {
			o.bad("/name", "invalid_name", "%s", err.Error())
		}
	}
	o.close()
	return in, o.err()
}

// decodeStop binds the body of POST /v1/executions/{id}/stop.
func decodeStop(v value.Value) (api.StopRequest, error) {
	in := api.StopRequest{}
	if v.IsAbsent() {
		return in, nil
	}
	o := openObject(v, false)
	o.text("error", &in.Error, maxError)
	o.text("cause", &in.Cause, maxCause)
	o.close()
	return in, o.err()
}

// ignore names members that may be there and mean nothing.
func (o *object) ignore(names ...string) { o.names = append(o.names, names...) }

// level checks the level of an execution.
func (o *object) level(name, level string) {
	if level != "" && level != "STANDARD" && level != "EXPRESS" {
		o.bad(pointerTo(name), "invalid_value", "%s must be STANDARD or EXPRESS", name)
	}
}

// language checks the language of a definition.
func (o *object) language(name, language string) {
	if language != "" && language != "asl" && language != "dag" {
		o.bad(pointerTo(name), "invalid_value", "%s must be asl or dag", name)
	}
}

// raw returns a value as the wire types carry it.
func raw(v value.Value) json.RawMessage { return v.Bytes() }
