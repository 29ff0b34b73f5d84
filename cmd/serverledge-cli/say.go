package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/serverledge/serverledge/internal/fault"
)

// sayf tells a person something, on stderr.
func (a *app) sayf(format string, args ...any) {
	_, _ = io.WriteString(a.err, visible(fmt.Sprintf(format, args...), "\n\t"))
}

// explain says what went wrong, why, and what to do.
func (a *app) explain(f *commandError) {
	e := fault.From(f.err)
	what := "cannot " + f.doing
	if a.node != nil && a.node.Address() != "" {
		what += " on " + a.node.Address()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", a.red("error:"), visible(what, ""))
	fmt.Fprintf(&b, "  why: %s\n", visible(strings.TrimSpace(e.Detail), ""))
	for _, field := range e.Fields {
		at := field.Pointer
		if at == "" {
			at = "the document"
		}
		fmt.Fprintf(&b, "    %s: %s [%s]\n", visible(at, ""), visible(field.Detail, ""), visible(field.Code, ""))
	}
	if f.near != "" {
		fmt.Fprintf(&b, "  did you mean: %s\n", visible(f.near, ""))
	}
	for _, tip := range a.tips(f, e) {
		if !strings.HasPrefix(tip, "did you mean ") {
			tip = "try: " + tip
		}
		fmt.Fprintf(&b, "  %s\n", visible(tip, ""))
	}
	_, _ = io.WriteString(a.err, b.String())
}

// tips is what a person may do about a failure: what the command knows, else
// what the node says, else what its kind suggests.
func (a *app) tips(f *commandError, e *fault.Error) []string {
	var out []string
	hint := strings.TrimPrefix(e.Hint, "try ") // what is printed before it
	if hint != "" && len(f.tips) == 0 {
		out = append(out, hint)
	}
	if e.RetryAfter > 0 && !strings.HasPrefix(hint, "again ") {
		out = append(out, fmt.Sprintf("again in %s", e.RetryAfter.Round(time.Millisecond)))
	}
	out = append(out, f.tips...)
	if len(out) > 0 || f.code == exitSource { // the node has no part in a local file
		return out
	}
	switch e.Kind {
	case fault.Exhausted:
		return []string{"again later, or another node with -H and -P"}
	case fault.Unavailable:
		return []string{"again later; serverledge-cli status tells whether the node is well"}
	case fault.Timeout:
		return []string{"a longer timeout, or -a to get the result later"}
	case fault.Unknown:
		return []string{"serverledge-cli execution list, before you repeat it: it may have been carried out"}
	case fault.Denied:
		return []string{"an account that may do this"}
	case fault.Internal:
		return []string{"the log of the node says more"}
	case fault.Invalid, fault.NotFound, fault.Exists, fault.Conflict, fault.Unimplemented, fault.TooLarge, fault.Loop:
	}
	return nil
}

// explainUsage says what is wrong with a command line.
func (a *app) explainUsage(cmd *cobra.Command, err error) {
	text := err.Error()
	var u *usageError
	if errors.As(err, &u) {
		text = u.text
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", a.red("error:"), visible(text, ""))
	if u != nil && u.near != "" {
		fmt.Fprintf(&b, "  did you mean: %s\n", u.near)
	}
	if cmd != nil {
		if cmd.Runnable() && cmd.HasParent() {
			fmt.Fprintf(&b, "  usage: %s\n", cmd.UseLine())
		}
		fmt.Fprintf(&b, "  try: %s --help\n", cmd.CommandPath())
	}
	_, _ = io.WriteString(a.err, b.String())
}

// visible makes control characters visible, so that what a node or a function
// writes cannot steer the terminal or fake a line. The form is JSON's, which
// keeps JSON text valid. Characters in keep stay as they are.
func visible(s, keep string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return steers(r) && !strings.ContainsRune(keep, r) }) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if steers(r) && !strings.ContainsRune(keep, r) {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// steers tells that a character moves the cursor, starts a sequence of the
// terminal, or changes the direction of the text around it.
func steers(r rune) bool {
	return unicode.IsControl(r) || r == unicode.ReplacementChar ||
		r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f
}

func (a *app) red(s string) string {
	if !a.colours(a.errTerm) {
		return s
	}
	return "\x1b[31m" + s + "\x1b[0m"
}

// colours tells whether a stream gets colours.
func (a *app) colours(terminal bool) bool {
	return terminal && !a.noColor && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"
}
