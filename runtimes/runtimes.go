// Package runtimes holds the language executors: the small programs that run
// inside an instance, load one function and serve its calls over the protocol
// of pool/channel. They are embedded, so that a node is one file.
//
// It starts nothing; drivers do. Executors in Go are in cmd/executor.
package runtimes

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
)

//go:embed python/executor.py
var python []byte

//go:embed nodejs/executor.js
var nodejs []byte

// The files that Write makes.
const (
	PythonFile = "executor.py"
	NodeJSFile = "executor.js"
)

// Write puts the executors into dir (made with mode 0755 when missing),
// readable by all, for drivers to show to their instances.
func Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // user 65534 of an instance reads it
		return fmt.Errorf("making the folder of the executors: %w", err)
	}
	for name, text := range map[string][]byte{PythonFile: python, NodeJSFile: nodejs} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path+".new", text, 0o644); err != nil { //nolint:gosec // as above
			return fmt.Errorf("writing an executor: %w", err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			return fmt.Errorf("writing an executor: %w", err)
		}
	}
	return nil
}

// Python is the command line of the Python executor, whose file Write put into
// what is dir inside the instance; the interpreter is its path inside.
func Python(interpreter, dir string) []string {
	return []string{interpreter, "-I", "-S", "-B", filepath.Join(dir, PythonFile)}
}

// NodeJS is the command line of the Node.js executor; see Python.
func NodeJS(interpreter, dir string) []string {
	return []string{interpreter, filepath.Join(dir, NodeJSFile)}
}
