// Package serverledge makes a Go program a function of Serverledge.
//
//	func main() {
//		serverledge.Start(func(params map[string]any) (any, error) {
//			return map[string]any{"greeting": "hello " + fmt.Sprint(params["name"])}, nil
//		})
//	}
//
// Build it for the node's machine (CGO_ENABLED=0 go build -o function .) and
// register the file with the runtime go125 or binary.
//
// The program is started once per call. It reads one JSON document from stdin
// and writes one to stdout; it is neither a server nor a client of a node.
//
// Its invariant: stdout carries the result and nothing else. What the function
// prints goes to stderr, where the node collects it.
package serverledge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime/debug"
	"strings"
)

// failure is how a function failed, in the form that the node reads.
type failure struct {
	Type    string   `json:"errorType"`
	Message string   `json:"errorMessage"`
	Trace   []string `json:"stackTrace,omitempty"`
}

// Start runs the handler for the call that the program was started for, and
// ends the program. The parameters are the object that the caller gave, empty
// when it gave none; numbers are float64, as encoding/json has them. What the
// handler returns must be what encoding/json can write. A returned error and a
// panic are failures of the function: the caller gets their type and text.
//
// While the handler runs, os.Stdout is os.Stderr.
func Start(handler func(params map[string]any) (any, error)) {
	out := os.Stdout
	os.Stdout = os.Stderr
	code := run(os.Stdin, out, handler)
	os.Exit(code) //nolint:forbidigo // Start is the whole main of a function
}

// run serves one call and returns the exit code.
func run(in io.Reader, out io.Writer, handler func(map[string]any) (any, error)) int {
	result, failed := serve(in, handler)
	var text []byte
	if failed == nil {
		var err error
		if text, err = json.Marshal(result); err != nil {
			failed = &failure{Type: "Function.InvalidResult", Message: "the result is not JSON: " + err.Error()}
		}
	}
	code := 0
	if failed != nil {
		code = 1
		text, _ = json.Marshal(failed) // strings always can be
	}
	if _, err := out.Write(append(text, '\n')); err != nil {
		return 1
	}
	return code
}

// serve reads the parameters and calls the handler.
func serve(in io.Reader, handler func(map[string]any) (any, error)) (result any, failed *failure) {
	defer func() {
		if p := recover(); p != nil {
			failed = &failure{Type: "panic", Message: fmt.Sprint(p), Trace: trace(debug.Stack())}
		}
	}()
	params, err := read(in)
	if err != nil {
		return nil, &failure{Type: "Function.InvalidInput", Message: err.Error()}
	}
	result, err = handler(params)
	if err != nil {
		return nil, &failure{Type: typeOf(err), Message: err.Error()}
	}
	return result, nil
}

func read(in io.Reader) (map[string]any, error) {
	text, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("reading the parameters: %w", err)
	}
	params := map[string]any{}
	if text = bytes.TrimSpace(text); len(text) == 0 {
		return params, nil
	}
	if err := json.Unmarshal(text, &params); err != nil {
		if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return nil, fmt.Errorf("the parameters must be an object, not %s", mismatch.Value)
		}
		return nil, fmt.Errorf("the parameters are not JSON: %w", err)
	}
	if params == nil { // null
		params = map[string]any{}
	}
	return params, nil
}

// typeOf names an error's type as its author did; those that errors.New and
// fmt.Errorf make have no name that would help anybody.
func typeOf(err error) string {
	t := reflect.TypeOf(err)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if name := t.Name(); name != "" && t.PkgPath() != "errors" && t.PkgPath() != "fmt" {
		return name
	}
	return "Error"
}

// trace is the part of a stack from the place of the panic on.
func trace(stack []byte) []string {
	lines := strings.Split(strings.TrimSpace(string(stack)), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "panic(") && i+2 < len(lines) {
			lines = lines[i+2:]
			break
		}
	}
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return lines
}
