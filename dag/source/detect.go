package source

import (
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/internal/fault"
)

// Language is a notation of workflows.
type Language string

// The languages.
const (
	ASL Language = "asl" // the Amazon States Language
	DAG Language = "dag" // the YAML DAG notation of package dag/spec
)

// Detect tells the language of a definition by its fields: States or StartAt
// for ASL, tasks for DAG. The error is of kind fault.Invalid.
func Detect(text string) (Language, error) {
	report := Parse("SRC", text)
	root := report.Document.Root
	switch {
	case root == nil:
		return "", report.Fault()
	case root.Kind != value.Object:
	case root.Get("States") != nil || root.Get("StartAt") != nil:
		return ASL, nil
	case root.Get("tasks") != nil:
		return DAG, nil
	}
	return "", fault.New(fault.Invalid, "unknown_language", "the definition is in no known language").
		WithHint("a definition has StartAt and States (Amazon States Language) or tasks (YAML DAG)")
}
