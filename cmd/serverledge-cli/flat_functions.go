package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/api/client"
	"github.com/serverledge/serverledge/internal/fault"
)

// flatIndent is the indent of the flat commands' JSON.
const flatIndent = "\t"

func (a *app) createCommand() *cobra.Command {
	f := &functionFlags{}
	cmd := &cobra.Command{
		Use:     "create -f NAME --src SOURCE --runtime RUNTIME --handler HANDLER",
		Short:   "Register a function",
		Example: "  serverledge-cli create -f hello --src examples/hello.py --runtime python310 --handler hello.handler",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			fn, err := a.registerFunction(cmd.Context(), f)
			if err != nil {
				return err
			}
			return a.showJSON(api.CreatedResponse{Created: nameOr(fn.Name, f.name)}, flatIndent)
		},
	}
	f.register(cmd)
	cmd.Flags().BoolVarP(&f.update, "update", "u", false, "replace the function when the name is taken")
	return cmd
}

// nameOr is the name that the node gives, else the one that was asked for.
func nameOr(name, asked string) string {
	if name == "" {
		return asked
	}
	return name
}

func (a *app) invokeCommand() *cobra.Command {
	var (
		in    inputFlags
		name  string
		fail  bool
		class int64
		req   = api.InvokeRequest{CanDoOffloading: true}
	)
	cmd := &cobra.Command{
		Use:     "invoke -f NAME [-p name:value]...",
		Short:   "Invoke a function",
		Example: "  serverledge-cli invoke -f hello -p a:2 -p b:3\n  serverledge-cli invoke -f hello -d '{\"a\": 2}' | jq -r .Result",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if name == "" {
				return usage("name the function with -f")
			}
			var err error
			if req.Params, err = a.input(&in); err != nil {
				return err
			}
			req.QoSClass = class
			return a.do(cmd.Context(), 0, func(ctx context.Context, c *client.Client) error {
				answer, err := c.Compat().Invoke(ctx, name, req)
				return a.showRun(answer, fail, exitFunction, a.aboutFunction(ctx, c, name, err, "invoke function %q", name))
			})
		},
	}
	in.register(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&name, "function", "f", "", "name of the function")
	flags.Float64Var(&req.QoSMaxRespT, "resptime", -1, "longest response time wanted, in seconds (-1: none)")
	flags.Int64VarP(&class, "class", "c", 0, "class of service")
	flags.BoolVarP(&req.Async, "async", "a", false, "do not wait: print an id for poll")
	flags.BoolVarP(&req.ReturnOutput, "return_output", "o", false, "also return what the function prints")
	flags.BoolVar(&fail, "fail", false, "exit with 20 when the function fails")
	a.completeFunctions(cmd)
	return cmd
}

// showRun prints the answer of a run. A run that failed by itself ends with 0,
// as scripts expect, unless they ask for more.
func (a *app) showRun(answer json.RawMessage, fail bool, code int, failed *commandError) error {
	if answer == nil {
		return orNil(failed)
	}
	if err := a.showJSON(answer, flatIndent); err != nil {
		return err
	}
	var run struct {
		Success *bool
		Error   *struct {
			ErrorType    string `json:"errorType"`
			ErrorMessage string `json:"errorMessage"`
			Error        string `json:"error"`
			Cause        string `json:"cause"`
		}
	}
	if err := json.Unmarshal(answer, &run); err != nil || run.Success == nil || *run.Success {
		return orNil(failed)
	}
	if e := run.Error; e != nil {
		a.sayf("%s: %s\n", nameOr(e.ErrorType, nameOr(e.Error, "failed")), nameOr(e.ErrorMessage, e.Cause))
	}
	if fail || a.strict {
		return exitError(code)
	}
	if failed != nil {
		return exitError(exitRequest)
	}
	return nil
}

// orNil keeps a nil *commandError from becoming an error that is not nil.
func orNil(f *commandError) error {
	if f == nil {
		return nil
	}
	return f
}

func (a *app) pollCommand() *cobra.Command {
	var (
		id   string
		fail bool
	)
	cmd := &cobra.Command{
		Use:   "poll --request ID",
		Short: "Get the result of an asynchronous invocation",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if id == "" {
				return usage("name the request with --request")
			}
			return a.do(cmd.Context(), patience, func(ctx context.Context, c *client.Client) error {
				answer, err := c.Compat().Poll(ctx, id)
				if err == nil || answer != nil {
					return a.showRun(answer, fail, exitFunction, nil)
				}
				failed := cannot(err, "get the result of %s", id)
				if errors.Is(err, fault.NotFound) {
					failed = failed.tip("again later: it may still be running")
				}
				return failed
			})
		},
	}
	cmd.Flags().StringVar(&id, "request", "", "id that the asynchronous invocation printed")
	cmd.Flags().BoolVar(&fail, "fail", false, "exit with 20 when it failed")
	return cmd
}

func (a *app) prewarmCommand() *cobra.Command {
	var req api.PrewarmRequest
	cmd := &cobra.Command{
		Use:   "prewarm -f NAME [-c COUNT]",
		Short: "Start instances of a function ahead of calls",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case req.Function == "":
				return usage("name the function with -f")
			case req.Instances < 0:
				return usage("--count must not be negative")
			}
			return a.do(cmd.Context(), uploadPatience, func(ctx context.Context, c *client.Client) error {
				answer, err := c.Compat().Prewarm(ctx, req)
				if err != nil {
					return a.aboutFunction(ctx, c, req.Function, err, "prewarm function %q", req.Function)
				}
				return a.showJSON(answer, flatIndent)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&req.Function, "function", "f", "", "name of the function")
	flags.Int64VarP(&req.Instances, "count", "c", 1, "number of instances (0: only fetch the image)")
	flags.BoolVar(&req.ForceImagePull, "force_pull", false, "fetch the image even when it is there")
	a.completeFunctions(cmd)
	return cmd
}

func (a *app) deleteCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "delete -f NAME",
		Short: "Delete a function",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if name == "" {
				return usage("name the function with -f")
			}
			return a.do(cmd.Context(), patience, func(ctx context.Context, c *client.Client) error {
				answer, err := c.Compat().Delete(ctx, name)
				if err != nil {
					return a.aboutFunction(ctx, c, name, err, "delete function %q", name)
				}
				return a.showJSON(answer, flatIndent)
			})
		},
	}
	cmd.Flags().StringVarP(&name, "function", "f", "", "name of the function")
	a.completeFunctions(cmd)
	return cmd
}

func (a *app) listCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the functions",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.outTerm {
				return a.listFunctions(cmd.Context())
			}
			return a.flat(cmd.Context(), "list the functions", client.Compat.Functions)
		},
	}
}

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show the state of the node",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !a.outTerm {
				return a.flat(cmd.Context(), "get the status", client.Compat.Status)
			}
			return a.do(cmd.Context(), patience, func(ctx context.Context, c *client.Client) error {
				answer, err := c.Compat().Status(ctx)
				if err != nil {
					return cannot(err, "get the status")
				}
				var status api.StatusResponse
				if err := json.Unmarshal(answer, &status); err != nil {
					return cannot(err, "understand the status")
				}
				return a.show(statusView(&status))
			})
		},
	}
}

// flat prints the answer of a compatible route as it is.
func (a *app) flat(ctx context.Context, doing string, get func(client.Compat, context.Context) (json.RawMessage, error)) error {
	return a.do(ctx, patience, func(ctx context.Context, c *client.Client) error {
		answer, err := get(c.Compat(), ctx)
		if err != nil {
			return cannot(err, "%s", doing)
		}
		return a.showJSON(answer, flatIndent)
	})
}

// aboutFunction reports an error of a request about a function; when there is
// none of that name it looks for one that was perhaps meant.
func (a *app) aboutFunction(ctx context.Context, c *client.Client, name string, err error, doing string, args ...any) *commandError {
	if err == nil {
		return nil
	}
	f := cannot(err, doing, args...)
	if !errors.Is(err, fault.NotFound) {
		return f
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	f.near = fault.Suggest(name, functionNames(ctx, c))
	return f.tip("serverledge-cli list")
}

// functionNames is the names of the functions; none when the node does not tell.
func functionNames(ctx context.Context, c *client.Client) []string {
	list, err := c.Functions(ctx)
	if err != nil {
		return nil
	}
	names := make([]string, len(list))
	for i := range list {
		names[i] = list[i].Name
	}
	return names
}
