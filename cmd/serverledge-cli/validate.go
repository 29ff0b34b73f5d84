package main

import (
	"cmp"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/spec"
)

// workflowValidate checks definitions on this machine; it asks no node.
func (a *app) workflowValidate() *cobra.Command {
	return &cobra.Command{
		Use: "validate FILE...", Short: "Check definitions, without a node",
		Long: "Check definitions (Amazon States Language or YAML DAG) on this machine. It ends with 22 when one has errors;\n" +
			"warnings alone end with 0.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var all []checked
			failed := false
			for _, name := range args {
				text, err := a.read(name, maxDefinition)
				if err != nil {
					return err
				}
				c := check(name, string(text))
				failed = failed || !c.Valid
				all = append(all, c)
			}
			if err := a.showChecked(all); err != nil {
				return err
			}
			if failed {
				return exitError(exitValidation)
			}
			return nil
		},
	}
}

// checked is what was found in one definition.
type checked struct {
	File     string           `json:"file"`
	Language string           `json:"language"`
	Valid    bool             `json:"valid"`
	Problems []source.Problem `json:"problems"`
	text     string
}

// check finds out the language of a definition and all that is wrong with it.
func check(name, text string) checked {
	c := checked{File: name, Language: language(text), Valid: true, text: text}
	if c.Language == "dag" {
		c.Problems = spec.Validate(text)
	} else {
		c.Problems = asl.Validate(text, asl.Options{})
	}
	if c.Problems == nil {
		c.Problems = []source.Problem{} // a list in JSON too
	}
	for i := range c.Problems {
		c.Valid = c.Valid && c.Problems[i].Severity != source.Error
	}
	return c
}

// language is "dag" for a definition with tasks, else "asl". Of a text that is
// no definition, a line that begins with tasks tells.
func language(text string) string {
	found, err := source.Detect(text)
	if err != nil && tasksLine.MatchString(text) {
		found = source.DAG
	}
	return string(cmp.Or(found, source.ASL))
}

var tasksLine = regexp.MustCompile(`(?m)^["']?tasks["']?\s*:`)

// showChecked prints what was found: with places and marks for a person, as
// JSON for a program.
func (a *app) showChecked(all []checked) error {
	if a.format == "" && a.outTerm || a.format == "table" || a.format == "wide" {
		for i := range all {
			c := &all[i]
			if len(c.Problems) == 0 {
				a.print(c.File + ": valid (" + c.Language + ")\n")
				continue
			}
			a.print(source.Format(c.File, c.text, c.Problems))
		}
		return nil
	}
	v := view{items: items(all), columns: []string{"FILE", "LINE", "COLUMN", "SEVERITY", "CODE", "MESSAGE", "HINT"}}
	v.doc = struct {
		Files []checked `json:"files"`
	}{all}
	for i := range all {
		v.names = append(v.names, all[i].File)
		for _, p := range all[i].Problems {
			v.rows = append(v.rows, []string{
				all[i].File, number(int64(p.Line)), number(int64(p.Column)), string(p.Severity), p.Code, p.Message, p.Hint,
			})
		}
	}
	return a.show(v)
}
