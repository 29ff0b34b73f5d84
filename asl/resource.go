package asl

import (
	"strings"

	"github.com/serverledge/serverledge/dag"
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
			if o.node.Get("Parameters").Get("FunctionName.$") != nil {
				t.named = part(s.parameters, "FunctionName")
			}
			s.parameters = part(s.parameters, "Payload")
		}
	case strings.Contains(text, "${"):
		o.Errorf("093", n.At(), "%s: Resource %q is a placeholder that nothing has filled in", o.what, source.Clip(text))
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
	if n.Get("FunctionName.$") != nil { // known when the state runs
		return ""
	}
	if p.required("FunctionName") == nil {
		return ""
	}
	text, name := p.text("FunctionName")
	if name == nil {
		return ""
	}
	return p.functionOf(afterARN(text), name)
}

// afterARN takes away what stands before the name in the ARN of a function.
func afterARN(text string) string {
	if _, name, found := strings.Cut(text, ":function:"); found {
		return name
	}
	return strings.TrimPrefix(text, "function:")
}

// errorNoFunction is how AWS calls the failure to find a function.
const errorNoFunction = "Lambda.ResourceNotFoundException"

// naming makes what computes the function of lambda:invoke; nil when the
// definition names it.
func (s *state) naming() dag.Naming {
	name := s.task.named
	if name == nil {
		return nil
	}
	input := s.input
	return func(d *dag.Scope) (string, *dag.Failure) {
		scope := look(d, d.Input)
		v, failure := input.apply(scope, d.Input)
		if failure != nil {
			return "", failure
		}
		scope.document = v
		if v, failure = name.fill(scope); failure != nil {
			return "", failure
		}
		if v.Kind() != value.String {
			return "", runtime(d.State.Name, "The FunctionName must be a string, not %s", shown(v))
		}
		text := strings.TrimSuffix(afterARN(v.Text()), ":$LATEST")
		if !source.IsFunctionName(text) {
			return "", &dag.Failure{Error: errorNoFunction, Cause: cause(d.State.Name, "%q is not the name of a function", source.Clip(text))}
		}
		return text, nil
	}
}

// only reports a field that says anything but the one supported value.
func (o *object) only(key, supported string) {
	if text, n := o.text(key); n != nil && text != supported {
		o.Errorf("093", n.At(), "%s: %s %q is not supported, only %q", o.what, key, source.Clip(text), supported)
	}
}

// part returns what a template makes of one key, nil when it lacks the key.
func part(t template, key string) template {
	switch t := t.(type) {
	case literal:
		if v := t.value.Get(key); !v.IsAbsent() {
			return literal{v}
		}
	case objectTemplate:
		for _, m := range t {
			if m.key == key {
				return m.template
			}
		}
	}
	return nil
}
