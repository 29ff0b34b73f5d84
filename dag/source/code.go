package source

import (
	"fmt"
	"strings"
)

// Code explains one kind of problem of definitions.
type Code struct {
	// ID is stable: scripts may rely on it.
	ID string
	// Title says in a few words what is wrong, Why why it matters and what to do.
	Title, Why string
	// Wrong is a definition with the problem, Right the same without it; empty
	// where it would be too long to show.
	Wrong, Right string
}

// Page writes an explanation in Markdown; problems are those of the wrong
// example.
func (c Code) Page(problems []Problem) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s\n\n%s\n", c.ID, c.Title, c.Why)
	if c.Wrong != "" {
		fmt.Fprintf(&b, "\nWrong:\n\n%s\n```\n%s```\n", fenced(c.Wrong), Format("workflow", c.Wrong, problems))
	}
	if c.Right != "" {
		fmt.Fprintf(&b, "\nRight:\n\n%s", fenced(c.Right))
	}
	return b.String()
}

func fenced(definition string) string {
	kind := "yaml"
	if strings.HasPrefix(definition, "{") {
		kind = "json"
	}
	return "```" + kind + "\n" + definition + "\n```\n"
}
