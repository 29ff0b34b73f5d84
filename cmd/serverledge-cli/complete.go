package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/serverledge/serverledge/api/client"
)

// completeFunctions completes the name of a function, as an argument or in -f.
func (a *app) completeFunctions(cmd *cobra.Command) { a.complete(cmd, "function", functionNames) }

// completeWorkflows is completeFunctions for workflows.
func (a *app) completeWorkflows(cmd *cobra.Command) { a.complete(cmd, "workflow", workflowNames) }

// complete asks the node for names. A node that does not answer at once has
// none: completion never complains.
func (a *app) complete(cmd *cobra.Command, flag string, names func(context.Context, *client.Client) []string) {
	list := func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		c, err := a.dial()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), 500*time.Millisecond)
		defer cancel()
		return names(ctx, c), cobra.ShellCompDirectiveNoFileComp
	}
	if cmd.Args != nil && cmd.Args(cmd, []string{"x"}) == nil {
		cmd.ValidArgsFunction = list
	}
	if cmd.Flags().Lookup(flag) != nil {
		_ = cmd.RegisterFlagCompletionFunc(flag, list) // fails only for an unknown flag
	}
}
