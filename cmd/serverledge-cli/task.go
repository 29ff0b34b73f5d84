package main

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/api/client"
	"github.com/serverledge/serverledge/functions"
)

// taskGroup is "task ...": what outside systems say of tasks that wait for
// them.
func (a *app) taskGroup() *cobra.Command {
	group := &cobra.Command{
		Use: "task", Short: "Tasks that wait for their token: succeed, fail, heartbeat",
		Long: "A callback task waits until somebody who has its token says how it went. So does the task of an activity.\n" +
			"These commands end once the node has written down what they say, and print nothing. They end with 10 when\n" +
			"the task is over, or the token is not genuine.",
	}
	group.AddCommand(a.taskSucceed(), a.taskFail(), a.taskHeartbeat())
	return group
}

func (a *app) taskSucceed() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use: "succeed TOKEN [-d JSON|@FILE|-]", Short: "End a task with its output", Args: cobra.ExactArgs(1),
		Example: "  serverledge-cli task succeed \"$TOKEN\" -d '{\"approved\": true}'",
		RunE: func(cmd *cobra.Command, args []string) error {
			output, err := a.document(data)
			if err != nil {
				return err
			}
			return a.tell(cmd.Context(), "end the task", func(ctx context.Context, c *client.Client) error {
				return c.SucceedTask(ctx, api.TaskSuccess{TaskToken: args[0], Output: output})
			})
		},
	}
	cmd.Flags().StringVarP(&data, "data", "d", "{}", "the output: JSON, @FILE, or - for stdin")
	return cmd
}

func (a *app) taskFail() *cobra.Command {
	var in api.TaskFailure
	cmd := &cobra.Command{
		Use: "fail TOKEN [--error NAME] [--cause TEXT]", Short: "End a task with a failure", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in.TaskToken = args[0]
			return a.tell(cmd.Context(), "fail the task", func(ctx context.Context, c *client.Client) error { return c.FailTask(ctx, in) })
		},
	}
	cmd.Flags().StringVar(&in.Error, "error", "", "name of the error, which Retry and Catch go by")
	cmd.Flags().StringVar(&in.Cause, "cause", "", "why it failed")
	return cmd
}

func (a *app) taskHeartbeat() *cobra.Command {
	return &cobra.Command{
		Use: "heartbeat TOKEN", Short: "Say that a task is alive (see HeartbeatSeconds)", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.tell(cmd.Context(), "say that the task is alive", func(ctx context.Context, c *client.Client) error {
				return c.BeatTask(ctx, api.TaskHeartbeat{TaskToken: args[0]})
			})
		},
	}
}

// tell says something of a task.
func (a *app) tell(ctx context.Context, doing string, say func(context.Context, *client.Client) error) error {
	return a.do(ctx, patience, func(ctx context.Context, c *client.Client) error {
		if err := say(ctx, c); err != nil {
			return cannot(err, "%s", doing)
		}
		return nil
	})
}

// document reads a JSON document that is given as itself, as @FILE or as - for
// stdin.
func (a *app) document(given string) (json.RawMessage, error) {
	file, named := strings.CutPrefix(given, "@")
	if given == "-" {
		file, named = given, true
	}
	if !named {
		return document([]byte(given), "--data")
	}
	text, err := a.read(file, functions.MaxInput)
	if err != nil {
		return nil, err
	}
	return document(text, file)
}
