package asl

import (
	"strings"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/value"
)

// task reads what a Task calls.
func (o *object) task(s *state) *task {
	t := &task{
		timeout:   o.quantity("TimeoutSeconds", 1, greatest, s.query),
		heartbeat: o.quantity("HeartbeatSeconds", 1, greatest, s.query),
	}
	o.heartbeat(&t.timeout, &t.heartbeat)
	o.credentials(s.query)
	if o.required("Resource") == nil {
		return t
	}
	text, n := o.text("Resource")
	if n == nil {
		return t
	}
	t.text = text
	service, integrated := statesARN(text)
	switch parts := strings.SplitN(text, ":", 7); {
	case len(parts) == 7 && parts[0] == "arn" && parts[2] == "lambda" && parts[5] == "function":
		if t.resource.Name = o.functionOf(parts[6], n); t.resource.Name == "" {
			t.resource.Kind = dag.ServiceResource
		}
	case len(parts) == 7 && parts[0] == "arn" && parts[2] == "states" && parts[5] == "activity":
		t.resource = dag.Resource{Kind: dag.ActivityResource, Name: parts[6], Pattern: dag.Callback}
		o.activity(n, parts[6])
	case integrated:
		o.service(s, t, service, n)
	case strings.Contains(text, "$"):
		o.unsupported(n, "%s: Resource %q is a placeholder that nothing has filled in", o.what, source.Clip(text))
		t.resource.Kind = dag.ServiceResource
	case strings.Contains(text, ":"):
		o.unsupportedService(text, n)
		t.resource.Kind = dag.ServiceResource
	case !source.IsFunctionName(text):
		o.Errorf("009", n.At(), "%s: Resource %q is not the name of a function", o.what, source.Clip(text)).Hint =
			"a function is named by 1 to 63 letters, digits, '_', '.' and '-'"
	default:
		t.resource.Name = text
	}
	return t
}

// statesARN takes apart arn:aws:states:::SERVICE:ACTION.
func statesARN(text string) (service string, ok bool) {
	parts := strings.SplitN(text, ":", 6)
	return parts[len(parts)-1], len(parts) == 6 && parts[0] == "arn" && parts[2] == "states" && strings.Contains(parts[5], ":")
}

func isStatesARN(text, service string) bool {
	got, ok := statesARN(text)
	return ok && got == service
}

// The suffixes of the integration patterns.
const (
	syncSuffix     = ".sync"
	sync2Suffix    = ".sync:2"
	callbackSuffix = ".waitForTaskToken"
)

// service reads a service integration, such as lambda:invoke.waitForTaskToken.
func (o *object) service(s *state, t *task, text string, n *source.Node) {
	at := strings.LastIndex(strings.TrimSuffix(text, ":2"), ":")
	r := dag.Resource{Kind: dag.ServiceResource, Service: text[:at], Action: text[at+1:]}
	base := text
	for suffix, pattern := range map[string]dag.Pattern{syncSuffix: dag.Sync, sync2Suffix: dag.Sync, callbackSuffix: dag.Callback} {
		if cut, ok := strings.CutSuffix(text, suffix); ok {
			base, r.Pattern = cut, pattern
		}
	}
	if o.options.Express && r.Pattern != dag.Respond {
		suffix := callbackSuffix
		if r.Pattern == dag.Sync {
			suffix = syncSuffix
		}
		o.Errorf("040", n.At(), "%s: Express state machine does not support '%s' service integration", o.what, suffix)
	}
	switch {
	case base == "lambda:invoke" && r.Pattern != dag.Sync:
		r.Kind = dag.FunctionResource
		r.Name = o.invocation(s)
	case base == "states:startExecution":
		r.Kind = dag.WorkflowResource
		r.Name = o.starting(s)
	case base == "http:invoke" && r.Pattern == dag.Respond:
		r.Kind = dag.HTTPResource
		if p := o.arguments(s, "ApiEndpoint", "Method"); p != nil {
			if m := p.node.Member("Authentication"); m != nil {
				p.Warnf("037", m.At(), "%s: Authentication has no effect: this system keeps no connections", p.what).Hint = "put what the endpoint wants into Headers"
			}
		}
	case (base == "aws-sdk:s3:getObject" || base == "aws-sdk:s3:putObject") && r.Pattern == dag.Respond:
		o.arguments(s, "Bucket", "Key")
	default:
		o.unsupportedService(t.text, n)
	}
	t.resource = r
}

// unsupported reports what no node can call: an error, unless mocks answer.
func (o *object) unsupported(n *source.Node, format string, args ...any) *source.Problem {
	if o.options.Mocked {
		return o.Warnf("093", n.At(), format, args...)
	}
	return o.Errorf("093", n.At(), format, args...)
}

func (o *object) unsupportedService(text string, n *source.Node) {
	o.unsupported(n, "%s: no node can call %q, only a mock can answer for it", o.what, source.Clip(text)).Hint =
		"a Task calls a function, an activity, lambda:invoke, states:startExecution or http:invoke"
}

// functionOf takes a function's name with its qualifier apart.
func (o *object) functionOf(text string, n *source.Node) string {
	name, qualifier, qualified := strings.Cut(text, ":")
	if qualified && qualifier != latest {
		o.Warnf("037", n.At(), "%s: versions and aliases of functions are not kept: %q is ignored", o.what, source.Clip(qualifier))
	}
	if strings.Contains(name, "$") {
		o.unsupported(n, "%s: %q is a placeholder that nothing has filled in", o.what, source.Clip(name))
		return ""
	}
	if !source.IsFunctionName(name) {
		o.Errorf("009", n.At(), "%s: %q is not the name of a function", o.what, source.Clip(name))
		return ""
	}
	return name
}

// latest is how AWS calls the current version of a function.
const latest = "$LATEST"

// activity checks the name of an activity.
func (o *object) activity(n *source.Node, name string) {
	if o.options.Express {
		o.Errorf("040", n.At(), "%s: Express state machine does not support Activity ARN", o.what)
	}
	if !source.IsFunctionName(name) {
		o.Errorf("009", n.At(), "%s: %q is not the name of an activity", o.what, source.Clip(name))
	}
}

// credentials checks Credentials, which change nothing here: there are no
// roles.
func (o *object) credentials(query language) {
	n := o.node.Get("Credentials")
	if n == nil {
		return
	}
	c, ok := o.object(n, "Credentials of "+o.what)
	if !ok {
		return
	}
	o.template("Credentials", query, before)
	if n.Get("RoleArn") == nil && n.Get("RoleArn.$") == nil {
		c.required("RoleArn")
		return
	}
	c.Warnf("037", o.node.Member("Credentials").At(), "%s: Credentials have no effect: functions run under no role", o.what)
}

// arguments returns the object of Parameters or Arguments, and reports which
// of some fields it lacks; nil when it is not there or an expression.
func (o *object) arguments(s *state, required ...string) *object {
	key := argumentsOf(s.query)
	n := o.node.Get(key)
	if n == nil {
		o.Errorf("006", o.start(), "%s: the field '%s' is required but was missing", o.what, key)
		return nil
	}
	if n.Kind == value.String && s.query == jsonata {
		return nil
	}
	p, ok := o.object(n, key+" of "+o.what)
	if !ok {
		return nil
	}
	for _, field := range required {
		if n.Get(field) == nil && (s.query == jsonata || n.Get(field+".$") == nil) {
			p.required(field)
		}
	}
	return p
}

// fixedText returns a field that is a text known from the definition.
func (o *object) fixedText(key string, query language) (string, *source.Node) {
	n := o.node.Get(key)
	if n == nil || n.Kind == value.String && query == jsonata && expressive(n.Text) {
		return "", nil
	}
	return o.text(key)
}

// invocation reads what lambda:invoke gets; it returns the function's name if
// it is known.
func (o *object) invocation(s *state) string {
	p := o.arguments(s, "FunctionName")
	if p == nil {
		return ""
	}
	known := []string{"FunctionName", "Payload", "InvocationType", "Qualifier", "LogType", "ClientContext"}
	if s.query == jsonPath {
		for _, key := range known {
			known = append(known, key+".$")
		}
	}
	p.fields(s.query, known...)
	if text, n := p.fixedText("InvocationType", s.query); n != nil && text != "RequestResponse" {
		p.unsupported(n, "%s: InvocationType %q is not supported, only \"RequestResponse\"", p.what, source.Clip(text))
	}
	for key, same := range map[string]string{"Qualifier": latest, "LogType": "None", "ClientContext": ""} {
		if text, n := p.fixedText(key, s.query); n != nil && text != same {
			p.Warnf("037", n.At(), "%s: %s has no effect", p.what, key)
		}
	}
	text, n := p.fixedText("FunctionName", s.query)
	if n == nil {
		return ""
	}
	return p.functionOf(afterARN(text), n)
}

// starting reads what states:startExecution gets; it returns the workflow's
// name if it is known.
func (o *object) starting(s *state) string {
	p := o.arguments(s, "StateMachineArn")
	if p == nil {
		return ""
	}
	text, n := p.fixedText("StateMachineArn", s.query)
	if n == nil {
		return ""
	}
	name := workflowOf(text)
	if strings.Contains(name, "$") {
		p.unsupported(n, "%s: StateMachineArn %q is a placeholder that nothing has filled in", p.what, source.Clip(text))
		return ""
	}
	if !source.IsFunctionName(name) {
		p.Errorf("009", n.At(), "%s: StateMachineArn %q does not name a workflow", p.what, source.Clip(text))
		return ""
	}
	return name
}

// afterARN takes away what stands before the name in the ARN of a function.
func afterARN(text string) string {
	if _, name, found := strings.Cut(text, ":function:"); found {
		return name
	}
	return strings.TrimPrefix(text, "function:")
}

// workflowOf returns the name of a workflow out of the ARN of a state machine,
// which may have a version behind it, or the text itself.
func workflowOf(text string) string {
	if _, name, found := strings.Cut(text, ":stateMachine:"); found {
		text = name
	}
	name, _, _ := strings.Cut(text, ":")
	return name
}
