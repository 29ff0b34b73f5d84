package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/spf13/cobra"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/api/client"
)

// functionGroup is "function ...".
func (a *app) functionGroup() *cobra.Command {
	group := &cobra.Command{Use: "function", Aliases: []string{"fn"}, Short: "Functions: create, update, delete, list, get, invoke, prewarm"}
	group.AddCommand(
		a.functionRegister("create", "Register a function", false),
		a.functionRegister("update", "Replace a function, or register it", true),
		a.functionDelete(), a.functionList(), a.functionGet(), a.functionInvoke(), a.functionPrewarm(),
	)
	return group
}

// named is what a command in a group acts on: its argument, or the flag that
// the flat commands have.
func named(args []string, flag, what string) (string, error) {
	switch {
	case len(args) == 1 && flag != "" && flag != args[0]:
		return "", usage("two names are given: %q and %q", args[0], flag)
	case len(args) == 1 && args[0] != "":
		return args[0], nil
	case flag != "":
		return flag, nil
	}
	return "", usage("name the %s", what)
}

func (a *app) functionRegister(use, short string, update bool) *cobra.Command {
	f := &functionFlags{update: update}
	cmd := &cobra.Command{
		Use: use + " NAME --src SOURCE --runtime RUNTIME --handler HANDLER", Short: short,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if f.name, err = named(args, f.name, "function"); err != nil {
				return err
			}
			fn, err := a.registerFunction(cmd.Context(), f)
			if err != nil {
				return err
			}
			return a.show(functionsView(fn, fn))
		},
	}
	f.register(cmd)
	if !update {
		cmd.Flags().BoolVarP(&f.update, "update", "u", false, "replace the function when the name is taken")
	}
	return cmd
}

func (a *app) functionDelete() *cobra.Command {
	var flag string
	cmd := &cobra.Command{
		Use: "delete NAME", Short: "Delete a function", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, err := named(args, flag, "function")
			if err != nil {
				return err
			}
			return a.do(cmd.Context(), patience, func(ctx context.Context, c *client.Client) error {
				if err := c.DeleteFunction(ctx, name); err != nil {
					return a.aboutFunction(ctx, c, name, err, "delete function %q", name)
				}
				return a.show(deletedView(name))
			})
		},
	}
	cmd.Flags().StringVarP(&flag, "function", "f", "", "name of the function")
	a.completeFunctions(cmd)
	return cmd
}

func (a *app) functionList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the functions", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listFunctions(cmd.Context()) },
	}
}

func (a *app) listFunctions(ctx context.Context) error {
	return a.do(ctx, patience, func(ctx context.Context, c *client.Client) error {
		list, err := c.Functions(ctx)
		if err != nil {
			return cannot(err, "list the functions")
		}
		return a.show(functionsView(api.FunctionList{Functions: list}, list...))
	})
}

func (a *app) functionGet() *cobra.Command {
	var flag string
	cmd := &cobra.Command{
		Use: "get NAME", Aliases: []string{"describe"}, Short: "Describe a function", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, err := named(args, flag, "function")
			if err != nil {
				return err
			}
			return a.do(cmd.Context(), patience, func(ctx context.Context, c *client.Client) error {
				fn, err := c.Function(ctx, name)
				if err != nil {
					return a.aboutFunction(ctx, c, name, err, "get function %q", name)
				}
				return a.show(functionView(&fn))
			})
		},
	}
	cmd.Flags().StringVarP(&flag, "function", "f", "", "name of the function")
	a.completeFunctions(cmd)
	return cmd
}

func (a *app) functionInvoke() *cobra.Command {
	var (
		in      inputFlags
		flag    string
		wait    bool
		timeout time.Duration
		req     api.Invocation
	)
	cmd := &cobra.Command{
		Use: "invoke NAME [-p name:value]...", Short: "Invoke a function",
		Long: "Invoke a function. On a terminal it prints the output; otherwise the whole answer as JSON.\n" +
			"It ends with 20 when the function fails.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, err := named(args, flag, "function")
			if err != nil {
				return err
			}
			if req.Input, err = a.input(&in); err != nil {
				return err
			}
			if timeout > 0 {
				req.Timeout = timeout.String()
			}
			req.Async = req.Async || wait
			return a.do(cmd.Context(), 0, func(ctx context.Context, c *client.Client) error {
				out, err := c.Run(ctx, name, req, "")
				if err != nil {
					return a.aboutFunction(ctx, c, name, err, "invoke function %q", name)
				}
				if wait {
					return a.await(ctx, c, out.Execution, exitFunction)
				}
				return a.showInvocation(&out)
			})
		},
	}
	in.register(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&flag, "function", "f", "", "name of the function")
	flags.IntVarP(&req.Class, "class", "c", 0, "class of service")
	flags.BoolVarP(&req.Async, "async", "a", false, "do not wait: print the id of the execution")
	flags.BoolVar(&wait, "wait", false, "run it asynchronously, print its id, and wait for its end; Ctrl-C leaves it running")
	flags.BoolVarP(&req.Output, "return_output", "o", false, "also return what the function prints")
	flags.BoolVar(&req.Local, "local", false, "run it on this node only")
	flags.DurationVar(&timeout, "timeout", 0, "how long to wait for the result")
	a.completeFunctions(cmd)
	return cmd
}

// showInvocation prints the result of a function.
func (a *app) showInvocation(out *api.InvocationResult) error {
	if err := a.show(invocationView(out)); err != nil {
		return err
	}
	if f := out.Failure; f != nil {
		a.sayf("%s: %s\n", f.Type, f.Message)
		for _, line := range f.Trace {
			a.sayf("  %s\n", line)
		}
		return exitError(exitFunction)
	}
	return nil
}

func (a *app) functionPrewarm() *cobra.Command {
	var (
		flag string
		req  api.PrewarmV1
	)
	cmd := &cobra.Command{
		Use: "prewarm NAME [-c COUNT]", Short: "Start instances ahead of calls", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, err := named(args, flag, "function")
			if err != nil {
				return err
			}
			if req.Instances < 0 {
				return usage("--count must not be negative")
			}
			return a.do(cmd.Context(), uploadPatience, func(ctx context.Context, c *client.Client) error {
				out, err := c.Prewarm(ctx, name, req)
				if err != nil {
					return a.aboutFunction(ctx, c, name, err, "prewarm function %q", name)
				}
				return a.show(single(out, name, "prewarmed", number(out.Prewarmed)))
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&flag, "function", "f", "", "name of the function")
	flags.IntVarP(&req.Instances, "count", "c", 1, "number of instances (0: only fetch the image)")
	flags.BoolVar(&req.ForcePull, "force_pull", false, "fetch the image even when it is there")
	a.completeFunctions(cmd)
	return cmd
}

// compact is a JSON text on one line; empty for null.
func compact(raw json.RawMessage) string {
	text, err := marshal(raw)
	if err != nil {
		return ""
	}
	if s := string(text); s != "null" {
		return s
	}
	return ""
}
