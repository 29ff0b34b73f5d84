package source

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/serverledge/serverledge/internal/fault"
)

// Severity says whether a problem stands in the way.
type Severity string

// The severities.
const (
	// Error refuses the definition.
	Error Severity = "error"
	// Warning is worth a look; the definition runs.
	Warning Severity = "warning"
)

// Problem is one thing that is wrong in one place of a definition.
type Problem struct {
	// Code is stable, for example "ASL012".
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	// Pointer is the RFC 6901 pointer of the place.
	Pointer string `json:"pointer"`
	// Line and Column count from 1, Column and Length in characters, Offset
	// from 0 in bytes.
	Line   int `json:"line"`
	Column int `json:"column"`
	Offset int `json:"offset"`
	Length int `json:"length"`
	// Message says what is wrong; Hint what to do, it may be empty.
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// MaxProblems is how many problems of one definition are told.
const MaxProblems = 100

// maxTold is the longest text of a definition, in bytes, that a message quotes.
const maxTold = 120

// Report collects the problems of a document.
type Report struct {
	Document *Document

	prefix   string
	problems []Problem
	spare    Problem // takes what goes beyond MaxProblems
	errors   bool
}

// Errorf adds an error and returns it, so that a hint can be set.
func (r *Report) Errorf(number string, at Place, format string, args ...any) *Problem {
	r.errors = true
	return r.add(Error, number, at, fmt.Sprintf(format, args...))
}

// Warnf adds a warning and returns it, so that a hint can be set.
func (r *Report) Warnf(number string, at Place, format string, args ...any) *Problem {
	return r.add(Warning, number, at, fmt.Sprintf(format, args...))
}

func (r *Report) add(severity Severity, number string, at Place, message string) *Problem {
	if r.full() {
		r.spare = Problem{}
		return &r.spare
	}
	line, column := r.Document.Position(at.start)
	end := min(max(at.end, at.start), len(r.Document.Text))
	stretch, _, _ := strings.Cut(r.Document.Text[at.start:end], "\n")
	r.problems = append(r.problems, Problem{
		Code: r.prefix + number, Severity: severity, Pointer: at.node.Pointer(),
		Line: line, Column: column, Offset: at.start, Length: max(1, utf8.RuneCountInString(stretch)),
		Message: message,
	})
	return &r.problems[len(r.problems)-1]
}

// Suggest sets a hint that names what a person most likely meant by a name.
func (p *Problem) Suggest(name string, known []string) {
	if p.Code == "" { // one of too many: nobody sees it
		return
	}
	if near := Suggest(name, known); near != "" {
		p.Hint = fmt.Sprintf("did you mean %q", near)
	}
}

// maxKnown is among how many names one that was meant is looked for.
const maxKnown = 1_000

// Suggest returns what a person most likely meant by a name, "" when none is
// near or when looking for it would take long.
func Suggest(name string, known []string) string {
	if len(name) > maxTold || len(known) > maxKnown {
		return ""
	}
	return fault.Suggest(name, known)
}

func (r *Report) full() bool { return len(r.problems) >= MaxProblems }

// Where returns the line and column of a place for a message: "3:14".
func (r *Report) Where(at Place) string {
	if r.full() { // nobody sees the message
		return ""
	}
	line, column := r.Document.Position(at.start)
	return fmt.Sprintf("%d:%d", line, column)
}

// Failed tells whether there is an error among the problems.
func (r *Report) Failed() bool { return r.errors }

// Problems returns what was found, in order of place.
func (r *Report) Problems() []Problem {
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return cmp.Compare(a.Offset, b.Offset) })
	return r.problems
}

// Fault returns an error of kind fault.Invalid that lists the problems, nil
// when none of them is an error.
func (r *Report) Fault() error {
	if !r.errors {
		return nil
	}
	var fields []fault.Field
	var first *Problem
	for i, p := range r.Problems() {
		if p.Severity != Error {
			continue
		}
		if first == nil {
			first = &r.problems[i]
		}
		detail := fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.Message)
		if p.Hint != "" {
			detail += " (" + p.Hint + ")"
		}
		fields = append(fields, fault.Field{Pointer: p.Pointer, Code: p.Code, Detail: detail})
	}
	more := ""
	if len(fields) > 1 {
		more = fmt.Sprintf(" (and %d more)", len(fields)-1)
	}
	err := fault.New(fault.Invalid, "invalid_definition", "the definition is not valid: %s%s", fields[0].Detail, more)
	if first.Hint != "" {
		err = err.WithHint("%s", first.Hint)
	}
	return err.WithFields(fields...)
}

// Clip shortens a text of the definition for a message.
func Clip(s string) string {
	if len(s) <= maxTold {
		return s
	}
	cut := maxTold
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
