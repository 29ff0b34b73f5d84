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

// maxDefinition bounds a definition that is read from a file.
const maxDefinition = 4 << 20

// workflowGroup is "workflow ...".
func (a *app) workflowGroup() *cobra.Command {
	group := &cobra.Command{Use: "workflow", Aliases: []string{"wf"}, Short: "Workflows: create, invoke, list, get, delete, validate, explain, graph, run, test-state"}
	group.AddCommand(
		a.workflowCreate(), a.workflowInvoke(), a.workflowRun(), a.workflowList(),
		a.workflowGet(), a.workflowDelete(), a.workflowValidate(), a.workflowGraph(), a.workflowTestState(), a.workflowExplain(),
	)
	return group
}

// workflowFlags describe a workflow to be registered.
type workflowFlags struct {
	name, src, kind string
	update          bool
}

func (f *workflowFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVarP(&f.name, "workflow", "f", "", "name of the workflow")
	flags.StringVarP(&f.src, "src", "s", "", "definition: Amazon States Language (JSON or YAML) or YAML DAG; - is stdin")
	flags.BoolVarP(&f.update, "update", "u", false, "replace the workflow when the name is taken")
	flags.StringVar(&f.kind, "type", "", "STANDARD or EXPRESS (default STANDARD)")
}

// registerWorkflow reads the definition and registers it.
func (a *app) registerWorkflow(ctx context.Context, f *workflowFlags) (api.Workflow, error) {
	var out api.Workflow
	if f.name == "" {
		return out, usage("name the workflow with -f")
	}
	if f.src == "" {
		return out, usage("name the file of the definition with -s")
	}
	text, err := a.read(f.src, maxDefinition)
	if err != nil {
		return out, err
	}
	w := api.Workflow{Name: f.name, Definition: string(text), Type: f.kind}
	err = a.do(ctx, patience, func(ctx context.Context, c *client.Client) error {
		var err error
		if f.update {
			out, err = c.PutWorkflow(ctx, w, "")
		} else {
			out, err = c.CreateWorkflow(ctx, w)
		}
		if err == nil {
			return nil
		}
		failed := cannot(err, "create workflow %q", f.name)
		if errors.Is(err, fault.Exists) {
			failed = failed.tip("-u to replace it, or another name")
		}
		if errors.Is(err, fault.Invalid) && f.src != "-" {
			failed = failed.tip("serverledge-cli workflow validate %s, which shows the places", f.src)
		}
		return failed
	})
	return out, err
}

func (a *app) workflowCreate() *cobra.Command {
	f := &workflowFlags{}
	cmd := &cobra.Command{
		Use: "create NAME -s FILE", Short: "Register a workflow", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if f.name, err = named(args, f.name, "workflow"); err != nil {
				return err
			}
			w, err := a.registerWorkflow(cmd.Context(), f)
			if err != nil {
				return err
			}
			return a.show(workflowsView(w, w))
		},
	}
	f.register(cmd)
	return cmd
}

// startFlags say how to start an execution.
type startFlags struct {
	inputFlags
	mock    mockFlag
	req     api.StartExecution
	wait    bool
	timeout time.Duration
}

func (f *startFlags) register(cmd *cobra.Command) {
	f.inputFlags.register(cmd)
	f.mock.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.req.Name, "name", "", "name of the execution; the same name and input give the same execution")
	flags.StringVar(&f.req.Type, "type", "", "STANDARD or EXPRESS (default: the workflow's)")
	flags.IntVarP(&f.req.Class, "class", "c", 0, "class of service")
	flags.BoolVarP(&f.req.Async, "async", "a", false, "do not wait: print the id of the execution")
	flags.BoolVar(&f.wait, "wait", false, "start it asynchronously, print its id, and wait for its end; Ctrl-C leaves it running")
	flags.DurationVar(&f.timeout, "timeout", 0, "how long the execution may take")
}

// start starts an execution by begin and shows it, waiting when asked to.
func (a *app) start(ctx context.Context, f *startFlags, begin func(context.Context, *client.Client, api.StartExecution) (api.Execution, error)) error {
	var err error
	if f.req.Input, err = a.input(&f.inputFlags); err != nil {
		return err
	}
	if f.req.Mocks, err = a.mocks(&f.mock); err != nil {
		return err
	}
	if f.timeout > 0 {
		f.req.Timeout = f.timeout.String()
	}
	f.req.Async = f.req.Async || f.wait
	return a.do(ctx, 0, func(ctx context.Context, c *client.Client) error {
		e, err := begin(ctx, c, f.req)
		switch {
		case err != nil:
			return err
		case f.wait:
			return a.await(ctx, c, e.ID, exitWorkflow)
		case f.req.Async:
			return a.show(executionView(&e))
		}
		return a.showOutcome(&e, exitWorkflow)
	})
}

func (a *app) workflowInvoke() *cobra.Command {
	var (
		f    startFlags
		flag string
	)
	cmd := &cobra.Command{
		Use: "invoke NAME [-p name:value]...", Short: "Execute a workflow",
		Long: "Execute a workflow and wait for its end. It ends with 21 when the execution fails.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, err := named(args, flag, "workflow")
			if err != nil {
				return err
			}
			return a.start(cmd.Context(), &f, func(ctx context.Context, c *client.Client, req api.StartExecution) (api.Execution, error) {
				if req.Mocks != nil {
					if w, err := c.Workflow(ctx, name); err == nil {
						a.warn(&f.mock, w.Definition)
					}
				}
				e, err := c.Start(ctx, name, req)
				if err != nil {
					return e, a.aboutWorkflow(ctx, c, name, err, "execute workflow %q", name)
				}
				return e, nil
			})
		},
	}
	f.register(cmd)
	cmd.Flags().StringVarP(&flag, "workflow", "f", "", "name of the workflow")
	a.completeWorkflows(cmd)
	return cmd
}

func (a *app) workflowRun() *cobra.Command {
	var (
		f   startFlags
		src string
	)
	cmd := &cobra.Command{
		Use: "run -s FILE [-p name:value]...", Short: "Submit a definition and execute it, without registering it",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, err := named(args, src, "file of the definition with -s")
			if err != nil {
				return err
			}
			text, err := a.read(name, maxDefinition)
			if err != nil {
				return err
			}
			f.req.Definition = string(text)
			return a.start(cmd.Context(), &f, func(ctx context.Context, c *client.Client, req api.StartExecution) (api.Execution, error) {
				a.warn(&f.mock, req.Definition)
				e, err := c.StartDefinition(ctx, req)
				if err != nil {
					return e, cannot(err, "execute %s", name)
				}
				return e, nil
			})
		},
	}
	f.register(cmd)
	cmd.Flags().StringVarP(&src, "src", "s", "", "definition, as of workflow create; - is stdin")
	return cmd
}

func (a *app) workflowList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the workflows", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listWorkflows(cmd.Context()) },
	}
}

func (a *app) listWorkflows(ctx context.Context) error {
	return a.do(ctx, patience, func(ctx context.Context, c *client.Client) error {
		list, err := c.Workflows(ctx)
		if err != nil {
			return cannot(err, "list the workflows")
		}
		return a.show(workflowsView(api.WorkflowList{Workflows: list}, list...))
	})
}

func (a *app) workflowGet() *cobra.Command {
	var (
		flag       string
		definition bool
	)
	cmd := &cobra.Command{
		Use: "get NAME", Aliases: []string{"describe"}, Short: "Describe a workflow", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, err := named(args, flag, "workflow")
			if err != nil {
				return err
			}
			return a.do(cmd.Context(), patience, func(ctx context.Context, c *client.Client) error {
				w, err := c.Workflow(ctx, name)
				if err != nil {
					return a.aboutWorkflow(ctx, c, name, err, "get workflow %q", name)
				}
				if definition {
					a.print(w.Definition)
					return nil
				}
				return a.show(workflowView(&w))
			})
		},
	}
	cmd.Flags().StringVarP(&flag, "workflow", "f", "", "name of the workflow")
	cmd.Flags().BoolVar(&definition, "definition", false, "print only the definition, as it was registered")
	a.completeWorkflows(cmd)
	return cmd
}

func (a *app) workflowDelete() *cobra.Command {
	var (
		flag      string
		functions bool
	)
	cmd := &cobra.Command{
		Use: "delete NAME", Short: "Delete a workflow", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, err := named(args, flag, "workflow")
			if err != nil {
				return err
			}
			return a.do(cmd.Context(), patience, func(ctx context.Context, c *client.Client) error {
				if err := c.DeleteWorkflow(ctx, name, functions); err != nil {
					return a.aboutWorkflow(ctx, c, name, err, "delete workflow %q", name)
				}
				return a.show(deletedView(name))
			})
		},
	}
	cmd.Flags().StringVarP(&flag, "workflow", "f", "", "name of the workflow")
	cmd.Flags().BoolVar(&functions, "functions", false, "also delete the functions that only it uses")
	a.completeWorkflows(cmd)
	return cmd
}
