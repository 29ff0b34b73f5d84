package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/api/client"
	"github.com/serverledge/serverledge/internal/fault"
)

func (a *app) createWorkflowCommand() *cobra.Command {
	f := &workflowFlags{}
	cmd := &cobra.Command{
		Use:     "create-workflow -f NAME -s FILE",
		Short:   "Register a workflow",
		Example: "  serverledge-cli create-workflow -f thrice -s examples/workflow-simple.json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w, err := a.registerWorkflow(cmd.Context(), f)
			if err != nil {
				return err
			}
			return a.showJSON(api.CreatedResponse{Created: nameOr(w.Name, f.name)}, flatIndent)
		},
	}
	f.register(cmd)
	return cmd
}

func (a *app) invokeWorkflowCommand() *cobra.Command {
	var (
		in   inputFlags
		name string
		fail bool
		req  = api.WorkflowInvokeRequest{CanDoOffloading: true}
	)
	cmd := &cobra.Command{
		Use:   "invoke-workflow -f NAME [-p name:value]...",
		Short: "Execute a workflow",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if name == "" {
				return usage("name the workflow with -f")
			}
			var err error
			if req.Params, err = a.input(&in); err != nil {
				return err
			}
			return a.do(cmd.Context(), 0, func(ctx context.Context, c *client.Client) error {
				answer, err := c.Compat().InvokeWorkflow(ctx, name, req)
				return a.showRun(answer, fail, exitWorkflow, a.aboutWorkflow(ctx, c, name, err, "execute workflow %q", name))
			})
		},
	}
	in.register(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&name, "workflow", "f", "", "name of the workflow")
	flags.Float64VarP(&req.QoS.MaxRespT, "resptime", "r", -1, "longest response time wanted, in seconds (-1: none)")
	flags.Int64VarP(&req.QoS.Class, "class", "c", 0, "class of service")
	flags.BoolVarP(&req.Async, "async", "a", false, "do not wait: print an id for poll")
	flags.BoolVar(&fail, "fail", false, "exit with 21 when the execution fails")
	a.completeWorkflows(cmd)
	return cmd
}

func (a *app) deleteWorkflowCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "delete-workflow -f NAME",
		Short: "Delete a workflow",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if name == "" {
				return usage("name the workflow with -f")
			}
			return a.do(cmd.Context(), patience, func(ctx context.Context, c *client.Client) error {
				answer, err := c.Compat().DeleteWorkflow(ctx, name)
				if err != nil {
					return a.aboutWorkflow(ctx, c, name, err, "delete workflow %q", name)
				}
				return a.showJSON(answer, flatIndent)
			})
		},
	}
	cmd.Flags().StringVarP(&name, "workflow", "f", "", "name of the workflow")
	a.completeWorkflows(cmd)
	return cmd
}

func (a *app) listWorkflowsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list-workflows",
		Short: "List the workflows",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.outTerm {
				return a.listWorkflows(cmd.Context())
			}
			return a.flat(cmd.Context(), "list the workflows", client.Compat.Workflows)
		},
	}
}

// aboutWorkflow is aboutFunction for workflows.
func (a *app) aboutWorkflow(ctx context.Context, c *client.Client, name string, err error, doing string, args ...any) *commandError {
	if err == nil {
		return nil
	}
	f := cannot(err, doing, args...)
	if !errors.Is(err, fault.NotFound) {
		return f
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	f.near = fault.Suggest(name, workflowNames(ctx, c))
	return f.tip("serverledge-cli list-workflows")
}

// workflowNames is the names of the workflows; none when the node does not tell.
func workflowNames(ctx context.Context, c *client.Client) []string {
	list, err := c.Workflows(ctx)
	if err != nil {
		return nil
	}
	names := make([]string, len(list))
	for i := range list {
		names[i] = list[i].Name
	}
	return names
}
