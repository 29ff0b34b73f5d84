package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/api/client"
	"github.com/serverledge/serverledge/internal/fault"
)

// succeeded and failed statuses of executions, as the States Language has them.
const (
	statusSucceeded = "SUCCEEDED"
	statusFailed    = "FAILED"
	statusAborted   = "ABORTED"
	statusTimedOut  = "TIMED_OUT"
)

// ended tells that an execution goes on no more.
func ended(status string) bool {
	switch strings.ToUpper(status) {
	case statusSucceeded, statusFailed, statusAborted, statusTimedOut:
		return true
	}
	return false
}

// executionGroup is "execution ...".
func (a *app) executionGroup() *cobra.Command {
	group := &cobra.Command{Use: "execution", Aliases: []string{"exec"}, Short: "Executions: list, get, watch, history, stop"}
	group.AddCommand(a.executionList(), a.executionGet(), a.executionWatch(), a.executionHistory(), a.executionStop())
	return group
}

func (a *app) executionList() *cobra.Command {
	var q client.ExecutionQuery
	cmd := &cobra.Command{
		Use: "list", Short: "List executions, the newest first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if q.Limit < 1 {
				return usage("--limit must be at least 1")
			}
			return a.do(cmd.Context(), patience, func(ctx context.Context, c *client.Client) error {
				list, err := c.Executions(ctx, q)
				if err != nil {
					return cannot(err, "list the executions")
				}
				if list.Next != "" && a.errTerm {
					a.sayf("there are more: --cursor %s\n", list.Next)
				}
				return a.show(executionsView(&list))
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&q.Workflow, "workflow", "", "only those of this workflow")
	flags.StringVar(&q.Parent, "parent", "", "the items of the distributed Maps of this execution, which are in no other list")
	flags.StringVar(&q.Status, "status", "", "only those with this status, for example RUNNING")
	flags.IntVar(&q.Limit, "limit", 50, "how many at most")
	flags.StringVar(&q.Cursor, "cursor", "", "go on where a list ended")
	return cmd
}

func (a *app) executionGet() *cobra.Command {
	var wait bool
	cmd := &cobra.Command{
		Use: "get ID", Aliases: []string{"describe"}, Short: "Describe an execution", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if wait {
				return a.do(cmd.Context(), 0, func(ctx context.Context, c *client.Client) error {
					return a.await(ctx, c, args[0], exitWorkflow)
				})
			}
			return a.do(cmd.Context(), patience, func(ctx context.Context, c *client.Client) error {
				e, err := c.Execution(ctx, args[0])
				if err != nil {
					return a.aboutExecution(err, "get execution %s", args[0])
				}
				return a.show(executionView(&e))
			})
		},
	}
	cmd.Flags().BoolVar(&wait, "wait", false, "wait for its end; the exit code is 21 when it failed")
	return cmd
}

func (a *app) executionHistory() *cobra.Command {
	return &cobra.Command{
		Use: "history ID", Short: "Tell what happened in an execution", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.do(cmd.Context(), patience, func(ctx context.Context, c *client.Client) error {
				h, err := c.History(ctx, args[0])
				if err != nil {
					return a.aboutExecution(err, "get the history of %s", args[0])
				}
				return a.show(historyView(&h))
			})
		},
	}
}

func (a *app) executionStop() *cobra.Command {
	var req api.StopRequest
	cmd := &cobra.Command{
		Use: "stop ID", Short: "End an execution", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.do(cmd.Context(), patience, func(ctx context.Context, c *client.Client) error {
				e, err := c.Stop(ctx, args[0], req)
				if err != nil {
					return a.aboutExecution(err, "stop execution %s", args[0])
				}
				return a.show(executionView(&e))
			})
		},
	}
	cmd.Flags().StringVar(&req.Error, "error", "", "error to record")
	cmd.Flags().StringVar(&req.Cause, "cause", "", "why it is stopped")
	return cmd
}

// executionWatch prints events as they happen.
func (a *app) executionWatch() *cobra.Command {
	return &cobra.Command{
		Use: "watch ID", Short: "Print the events of an execution as they happen, until it ends",
		Long: "Print the events of an execution as they happen, until it ends. Ctrl-C stops watching, not the execution.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.do(cmd.Context(), 0, func(ctx context.Context, c *client.Client) error {
				return a.watch(ctx, c, args[0])
			})
		},
	}
}

func (a *app) watch(ctx context.Context, c *client.Client, id string) error {
	seen := 0
	tell := func() error {
		h, err := c.History(ctx, id)
		if err != nil {
			return err
		}
		for _, e := range h.Events {
			if e.ID <= seen {
				continue
			}
			seen = e.ID
			if err := a.showEvent(&e); err != nil {
				return err
			}
		}
		return nil
	}
	e, err := a.follow(ctx, c, id, tell)
	if err != nil {
		return err
	}
	a.sayf("%s %s\n", e.ID, e.Status)
	return outcome(&e, exitWorkflow)
}

// await says the id, waits for the end of an execution, and shows it.
func (a *app) await(ctx context.Context, c *client.Client, id string, code int) error {
	a.sayf("execution %s\n", id)
	e, err := a.follow(ctx, c, id, func() error { return nil })
	if err != nil {
		return err
	}
	return a.showOutcome(&e, code)
}

// follow asks for an execution until it has ended, first often, then less,
// and calls each before each look. Leaving it does not stop the execution.
func (a *app) follow(ctx context.Context, c *client.Client, id string, each func() error) (api.Execution, error) {
	pause := 50 * time.Millisecond
	for {
		e, err := c.Execution(ctx, id)
		if err == nil {
			err = each()
		}
		switch {
		case ctx.Err() != nil:
			a.sayf("the execution goes on; to see it again: serverledge-cli execution get %s --wait\n", id)
			return e, context.Cause(ctx)
		case err != nil:
			return e, a.aboutExecution(err, "follow execution %s", id)
		case ended(e.Status):
			return e, nil
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
		pause = min(pause*3/2, 2*time.Second)
	}
}

// showOutcome shows an execution that has ended.
func (a *app) showOutcome(e *api.Execution, code int) error {
	if err := a.show(executionView(e)); err != nil {
		return err
	}
	if f := e.Failure; f != nil {
		a.sayf("%s: %s\n", nameOr(f.Error, e.Status), f.Cause)
	}
	return outcome(e, code)
}

func outcome(e *api.Execution, code int) error {
	if e.Status == statusSucceeded {
		return nil
	}
	return exitError(code)
}

// aboutExecution reports an error of a request about an execution.
func (a *app) aboutExecution(err error, doing string, args ...any) *commandError {
	f := cannot(err, doing, args...)
	if errors.Is(err, fault.NotFound) {
		f = f.tip("serverledge-cli execution list")
	}
	return f
}
