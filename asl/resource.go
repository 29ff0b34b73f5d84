package asl

import (
	"strings"

	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/value"
)

// invokeService is the service integration that calls a function.
const invokeService = "lambda:invoke"

// task reads what a Task does.
func (o *object) task(s *state) *task {
	t := &task{timeout: o.limit("TimeoutSeconds"), heartbeat: o.limit("HeartbeatSeconds")}
	o.heartbeat(t.timeout.fixed, t.heartbeat.fixed)
	if o.required("Resource") == nil {
		return t
	}
	text, n := o.text("Resource")
	if n == nil {
		return t
	}
	switch parts := strings.SplitN(text, ":", 7); {
	case len(parts) == 7 && parts[0] == "arn" && parts[2] == "lambda" && parts[5] == "function":
		t.function = o.functionOf(parts[6], n)
	case len(parts) >= 6 && parts[0] == "arn" && parts[2] == "states" && strings.Join(parts[5:], ":") == invokeService:
		t.invoke = true
		t.function = o.invocation()
		if s.parameters != nil {
			s.parameters = payloadOf(s.parameters)
		}
	case strings.Contains(text, ":"):
		o.unsupportedService(text, n)
	case !source.IsFunctionName(text):
		o.Errorf("009", n.At(), "%s: Resource %q is not the name of a function", o.what, source.Clip(text)).Hint =
			"a function is named by 1 to 63 letters, digits, '_', '.' and '-'"
	default:
		t.function = text
	}
	return t
}

func (o *object) unsupportedService(text string, n *source.Node) {
	if strings.HasSuffix(text, ".waitForTaskToken") {
		o.Errorf("093", n.At(), "%s: callbacks (.waitForTaskToken) are not supported yet", o.what)
		return
	}
	o.Errorf("093", n.At(), "%s: the resource %q is not supported, a Task calls a function", o.what, source.Clip(text)).Hint =
		"name a function, arn:aws:lambda:...:function:NAME or arn:aws:states:::lambda:invoke"
}

// functionOf takes a function's name with its qualifier apart.
func (o *object) functionOf(text string, n *source.Node) string {
	name, qualifier, qualified := strings.Cut(text, ":")
	if qualified && qualifier != "$LATEST" {
		o.Errorf("093", n.At(), "%s: versions and aliases of functions (%q) are not supported", o.what, source.Clip(qualifier))
		return ""
	}
	if !source.IsFunctionName(name) {
		o.Errorf("009", n.At(), "%s: %q is not the name of a function", o.what, source.Clip(name))
		return ""
	}
	return name
}

// invocation reads the function out of the Parameters of lambda:invoke.
func (o *object) invocation() string {
	n := o.node.Get("Parameters")
	if n == nil || n.Kind != value.Object {
		o.Errorf("006", o.start(), "%s: %s needs Parameters with a FunctionName", o.what, invokeService)
		return ""
	}
	p := &object{o.reader, n, "Parameters of " + o.what}
	p.fields("FunctionName", "FunctionName.$", "Payload", "Payload.$", "InvocationType", "Qualifier", "LogType")
	p.only("InvocationType", "RequestResponse")
	p.only("Qualifier", "$LATEST")
	p.only("LogType", "None")
	if m := n.Member("FunctionName.$"); m != nil {
		p.Errorf("093", m.At(), "%s: a FunctionName taken from the input is not supported yet", p.what).Hint = "name the function"
		return ""
	}
	if p.required("FunctionName") == nil {
		return ""
	}
	text, name := p.text("FunctionName")
	if name == nil {
		return ""
	}
	parts := strings.Split(text, ":")
	for i, part := range parts {
		if part == "function" && i+1 < len(parts) {
			return p.functionOf(strings.Join(parts[i+1:], ":"), name)
		}
	}
	return p.functionOf(text, name)
}

// only reports a field that says anything but the one supported value.
func (o *object) only(key, supported string) {
	if text, n := o.text(key); n != nil && text != supported {
		o.Errorf("093", n.At(), "%s: %s %q is not supported, only %q", o.what, key, source.Clip(text), supported)
	}
}

// payloadOf keeps of the Parameters of lambda:invoke what the function gets:
// {} when there is no Payload.
func payloadOf(t template) template {
	switch t := t.(type) {
	case literal:
		if payload := t.value.Get("Payload"); !payload.IsAbsent() {
			return literal{payload}
		}
	case objectTemplate:
		for _, m := range t {
			if m.key == "Payload" {
				return m.template
			}
		}
	}
	return literal{value.EmptyObject}
}
