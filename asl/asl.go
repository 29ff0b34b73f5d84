package asl

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/source"
)

// Problem is one thing that is wrong in one place of a definition.
type Problem = source.Problem

// Options say for what a definition is read. The zero Options are for a
// standard execution on a node, within the limits of AWS.
type Options struct {
	// Express says that it is for express executions, which cannot wait for what
	// they start.
	Express bool
	// Mocked says that services that no node can call are answered by mocks:
	// they are no problem then.
	Mocked bool
	Limits Limits
}

// Compile makes a graph of a definition in JSON or YAML. The error is a
// *fault.Error of kind fault.Invalid that lists every problem.
func Compile(text string, options Options) (*dag.Graph, error) {
	report, m := read(text, options)
	if err := report.Fault(); err != nil {
		return nil, err
	}
	g := m.compile()
	sum := sha256.Sum256([]byte(text))
	g.Digest = hex.EncodeToString(sum[:])
	if err := dag.Validate(g); err != nil {
		return nil, err
	}
	return g, nil
}

// Validate returns all that is wrong with a definition, in order of place; a
// definition whose problems are all warnings compiles. Services that no node
// can call are warnings here: whether they matter is for whoever runs it.
func Validate(text string, options Options) []Problem {
	options.Mocked = true
	report, _ := read(text, options)
	return report.Problems()
}

// read makes a definition of a text. It may only be compiled when the report
// has not failed.
func read(text string, options Options) (*source.Report, *machine) {
	report := source.Parse("ASL", text)
	root := report.Document.Root
	if root == nil {
		return report, nil
	}
	options.Limits = options.Limits.orDefault()
	r := &reader{Report: report, options: options, names: make(map[string]source.Place)}
	m := r.machine(root)
	if m != nil {
		r.checkMachine(m)
	}
	return report, m
}
