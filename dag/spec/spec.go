package spec

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/value"
)

// Problem is one thing that is wrong in one place of a definition.
type Problem = source.Problem

// MaxTasks is how many tasks a definition may have.
const MaxTasks = 5_000

// MaxPayload is the largest input or output of a task, in bytes of JSON;
// beyond it the task fails with States.DataLimitExceeded.
const MaxPayload = 262_144

// Compile makes a graph of a definition in YAML or JSON. The error is a
// *fault.Error of kind fault.Invalid that lists every problem.
func Compile(text string) (*dag.Graph, error) {
	report, g := read(text)
	if err := report.Fault(); err != nil {
		return nil, err
	}
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

// read makes a graph of a text. It may only be used when the report has not
// failed.
func read(text string) (*source.Report, *dag.Graph) {
	report := source.Parse("DAG", text)
	root := report.Document.Root
	if root == nil {
		return report, nil
	}
	c := &compiler{Report: report}
	if root.Kind != value.Object {
		c.Errorf("005", root.At().First(), "the definition must be an object")
		return report, nil
	}
	c.conform(root)
	return report, c.graph(root)
}
