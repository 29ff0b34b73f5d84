package asl

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/source"
)

// Problem is one thing that is wrong in one place of a definition.
type Problem = source.Problem

// The limits of a definition, besides source.MaxSize.
const (
	MaxStates   = 5_000  // in the whole machine
	MaxNesting  = 10     // levels of Parallel and Map
	MaxName     = 80     // characters of a state's name
	MaxBranches = 10_000 // that a machine may have open at a time, maps aside
)

// MaxPayload is the largest result, input or output of a state, in bytes of
// JSON; beyond it the state fails with States.DataLimitExceeded.
const MaxPayload = 262_144

// Compile makes a graph of a definition in JSON or YAML. The error is a
// *fault.Error of kind fault.Invalid that lists every problem.
func Compile(text string) (*dag.Graph, error) {
	report, m := read(text)
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
// definition whose problems are all warnings compiles.
func Validate(text string) []Problem {
	report, _ := read(text)
	return report.Problems()
}

// read makes a definition of a text. It may only be compiled when the report
// has not failed.
func read(text string) (*source.Report, *machine) {
	report := source.Parse("ASL", text)
	root := report.Document.Root
	if root == nil {
		return report, nil
	}
	r := &reader{Report: report, names: make(map[string]source.Place)}
	m := r.machine(root)
	if m != nil {
		r.checkMachine(m)
	}
	return report, m
}
