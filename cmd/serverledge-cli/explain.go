package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/spec"
)

// workflowExplain tells what the code of a problem means.
func (a *app) workflowExplain() *cobra.Command {
	return &cobra.Command{
		Use: "explain CODE", Short: "Explain a problem that validate has found, with examples",
		Args: cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, c := range codes() {
				names = append(names, c.ID+"\t"+c.Title)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			id := strings.ToUpper(args[0])
			all := codes()
			i := slices.IndexFunc(all, func(c source.Code) bool { return c.ID == id })
			if i < 0 {
				return usage("there is no code %q; validate prints one with each problem, as in error[ASL012]", args[0])
			}
			a.print(page(all[i]))
			return nil
		},
	}
}

// codes explains the problems of all languages.
func codes() []source.Code { return append(asl.Codes(), spec.Codes()...) }

// page is the explanation of a code, in Markdown.
func page(c source.Code) string { return c.Page(check("", c.Wrong).Problems) }
