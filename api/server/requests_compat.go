package server

import (
	"encoding/base64"
	"regexp"
	"strings"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// decodeCreate binds the body of POST /create and POST /update: the function,
// and the code in base64.
func decodeCreate(v value.Value) (f *functions.Function, code string, err error) {
	o := openObject(v, true)
	f = &functions.Function{Namespace: functions.DefaultNamespace, MaxConcurrency: 1}
	o.text("Name", &f.Name, maxText)
	o.text("Runtime", &f.Runtime, maxText)
	whole(o, "MemoryMB", &f.MemoryMB, 1, functions.MaxMemoryMB)
	o.real("CPUDemand", &f.CPU, 0, functions.MaxCPU)
	whole(o, "MaxConcurrency", &f.MaxConcurrency, 0, functions.MaxConcurrency)
	o.text("Handler", &f.Handler, maxText)
	o.text("TarFunctionCode", &code, limitCreate)
	o.text("CustomImage", &f.Image, maxText)
	f.Signature = decodeSignature(o, "Signature")
	f.MaxConcurrency = max(1, f.MaxConcurrency)
	if f.Signature != nil && len(f.Signature.Inputs) == 0 && len(f.Signature.Outputs) == 0 {
		f.Signature = nil
	}
	return f, code, o.err()
}

// archive decodes the code of a compatible request. It may be wrapped at any
// column. A URL is no code: nodes fetch nothing for clients.
func archive(code string) ([]byte, error) {
	if strings.ContainsAny(code, " \t\r\n") {
		code = strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "").Replace(code)
	}
	data, err := base64.StdEncoding.DecodeString(code)
	if err != nil {
		if isURL([]byte(code)) {
			return nil, errURL()
		}
		return nil, fault.New(fault.Invalid, "invalid_package", "TarFunctionCode is not valid base64").
			WithFields(fault.Field{Pointer: "/TarFunctionCode", Code: "invalid_package", Detail: "must be the base64 of a tar archive"})
	}
	if isURL(data) {
		return nil, errURL()
	}
	return data, nil
}

// isURL tells whether the code is the address of code.
func isURL(data []byte) bool {
	head := data[:min(len(data), 32)]
	return regexp.MustCompile(`^\s*[A-Za-z][A-Za-z0-9+.-]*://`).Match(head)
}

func errURL() error {
	return fault.New(fault.Invalid, "url_not_allowed", "TarFunctionCode is a URL; a node does not fetch code").
		WithHint("let the client fetch it: serverledge-cli create --src URL").
		WithFields(fault.Field{Pointer: "/TarFunctionCode", Code: "url_not_allowed", Detail: "must be the base64 of a tar archive"})
}

// decodeName binds the body of POST /delete and POST /workflow/delete.
func decodeName(v value.Value) (string, error) {
	o := openObject(v, true)
	name := ""
	o.text("Name", &name, maxText)
	if err := o.err(); err != nil {
		return "", err
	}
	return name, functions.ValidName(name)
}

// compatInvocation is api.InvokeRequest, bound and checked.
type compatInvocation struct {
	params       value.Value
	offload      bool
	async        bool
	returnOutput bool
	class        int
	maxResponse  float64
}

// maxSeconds bounds times in requests that give them in seconds.
const maxSeconds = 1e9

// decodeInvoke binds the body of POST /invoke/{name}; it may be empty.
func decodeInvoke(v value.Value) (*compatInvocation, error) {
	in := &compatInvocation{}
	if v.IsAbsent() || v.Kind() == value.Null {
		return in, nil
	}
	o := openObject(v, true)
	in.params, _ = o.find("Params", value.Object)
	o.truth("CanDoOffloading", &in.offload)
	o.truth("Async", &in.async)
	whole(o, "QoSClass", &in.class, 0, maxClass)
	o.real("QoSMaxRespT", &in.maxResponse, -1, maxSeconds)
	o.truth("ReturnOutput", &in.returnOutput)
	return in, o.err()
}

// decodeWorkflowInvoke binds the body of POST /workflow/invoke/{name}.
func decodeWorkflowInvoke(v value.Value) (*compatInvocation, error) {
	in := &compatInvocation{}
	if v.IsAbsent() || v.Kind() == value.Null {
		return in, nil
	}
	o := openObject(v, true)
	in.params, _ = o.find("Params", value.Object)
	if qos := o.object("QoS"); qos != nil {
		whole(qos, "Class", &in.class, 0, maxClass)
		qos.real("MaxRespT", &in.maxResponse, -1, maxSeconds)
	}
	o.truth("CanDoOffloading", &in.offload)
	o.truth("Async", &in.async)
	return in, o.err()
}

// decodeCompatPrewarm binds the body of POST /prewarm.
func decodeCompatPrewarm(v value.Value) (api.PrewarmRequest, error) {
	in := api.PrewarmRequest{}
	o := openObject(v, true)
	o.text("Function", &in.Function, maxText)
	whole(o, "Instances", &in.Instances, 0, maxInstances)
	o.truth("ForceImagePull", &in.ForceImagePull)
	if err := o.err(); err != nil {
		return in, err
	}
	return in, functions.ValidName(in.Function)
}

// decodeWorkflowCreate binds the body of POST /workflow/create and decodes the
// definition.
func decodeWorkflowCreate(v value.Value) (w *api.Workflow, overwrite bool, err error) {
	o := openObject(v, true)
	w = &api.Workflow{}
	source := ""
	o.text("Name", &w.Name, maxText)
	o.text("ASLSrc", &source, 2*maxDefinition)
	o.truth("OverwriteIfExists", &overwrite)
	if err := o.err(); err != nil {
		return nil, false, err
	}
	definition, err := base64.StdEncoding.DecodeString(strings.NewReplacer("\r", "", "\n", "").Replace(source))
	if err != nil || len(definition) == 0 {
		return nil, false, fault.New(fault.Invalid, "invalid_definition", "ASLSrc is not the base64 of a definition").
			WithFields(fault.Field{Pointer: "/ASLSrc", Code: "invalid_definition", Detail: "must be the base64 of a definition"})
	}
	w.Definition = string(definition)
	return w, overwrite, nil
}
