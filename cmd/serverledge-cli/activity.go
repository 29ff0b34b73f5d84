package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/api/client"
)

// How long a request for a task waits in the node, at most and if nobody says
// otherwise.
const (
	maxPoll     = time.Minute
	defaultPoll = 30 * time.Second
)

// activityGroup is "activity ...".
func (a *app) activityGroup() *cobra.Command {
	group := &cobra.Command{
		Use: "activity", Short: "Activities, whose tasks workers outside do: poll, work",
		Long: "An activity is a task of a workflow that no function does, but a worker anywhere: a program, a machine, a\n" +
			"person. Workers ask the node for tasks and tell by the token of a task how it went.",
	}
	group.AddCommand(a.activityPoll(), a.activityWork())
	return group
}

// workerName names this process to the node.
func workerName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "worker"
	}
	return fmt.Sprintf("%.60s/%d", host, os.Getpid())
}

func (a *app) activityPoll() *cobra.Command {
	var (
		worker string
		wait   time.Duration
	)
	cmd := &cobra.Command{
		Use: "poll NAME", Short: "Take one task of an activity and print it", Args: cobra.ExactArgs(1),
		Long: "Take one task of an activity and print it, with the token by which \"task succeed\" and \"task fail\" end it.\n" +
			"It ends with 15 when none came in time.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if wait < 0 || wait > maxPoll {
				return usage("--wait must be from 0s to %s", maxPoll)
			}
			return a.do(cmd.Context(), wait+patience, func(ctx context.Context, c *client.Client) error {
				task, err := c.Work(ctx, args[0], worker, wait)
				switch {
				case err != nil:
					return cannot(err, "ask for a task of %q", args[0])
				case task == nil:
					a.sayf("no task of %q came within %s\n", args[0], wait)
					return exitError(exitNoTask)
				}
				return a.show(activityTaskView(task))
			})
		},
	}
	cmd.Flags().StringVar(&worker, "worker", workerName(), "name of the worker, for the history")
	cmd.Flags().DurationVar(&wait, "wait", defaultPoll, "how long to wait for one, at most 1m")
	return cmd
}

func activityTaskView(t *api.ActivityTask) view {
	v := view{
		doc: t, names: []string{t.TaskToken}, columns: []string{"TOKEN", "INPUT", "EXECUTION", "STATE"},
		rows: [][]string{{t.TaskToken, compact(t.Input), t.Execution, t.State}},
	}
	v.details = details(v)
	return v
}

func (a *app) activityWork() *cobra.Command {
	w := &worker{app: a}
	cmd := &cobra.Command{
		Use: "work NAME [flags] -- COMMAND [ARG]...", Short: "Do the tasks of an activity by running a command for each",
		Long: "Do the tasks of an activity, one after another, by running a command for each. The command gets the input\n" +
			"on stdin; what it prints is the output: JSON as it is, other text as a string. When it ends with another code\n" +
			"than 0 the task fails, and the end of what it wrote to stderr is the cause. Its environment has\n" +
			"SERVERLEDGE_TASK_TOKEN, SERVERLEDGE_EXECUTION and SERVERLEDGE_STATE.\n\n" +
			"A signal lets it finish its task and end with 0; a second one ends the task too, as failed. While the node does\n" +
			"not answer it goes on trying. A command whose task is over is stopped.",
		Example: "  serverledge-cli activity work approve -- ./ask-a-person.sh",
		Args: func(cmd *cobra.Command, args []string) error {
			if cmd.ArgsLenAtDash() != 1 || len(args) < 2 {
				return usage("name one activity, and behind -- the command")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if w.beat < 0 {
				return usage("--heartbeat must not be negative")
			}
			w.activity, w.command = args[0], args[1:]
			if _, err := exec.LookPath(args[1]); err != nil {
				return unreadable(err, args[1])
			}
			var err error
			if w.node, err = a.dial(); err != nil {
				return err
			}
			return w.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&w.name, "worker", workerName(), "name of the worker, for the history")
	flags.DurationVar(&w.beat, "heartbeat", 10*time.Second, "how often to say that a task is alive; 0 is never")
	flags.StringVar(&w.errorName, "error", "Activity.Failed", "name of the error when the command fails")
	flags.BoolVar(&w.once, "once", false, "do one task, then end")
	return cmd
}
