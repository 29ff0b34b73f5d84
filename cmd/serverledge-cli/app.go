package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/serverledge/serverledge/api/client"
	"github.com/serverledge/serverledge/internal/fault"
)

// patience is how long the client waits for an answer that takes no work, and
// uploadPatience for one to a large request. Invocations wait as long as the
// node does.
const (
	patience       = 30 * time.Second
	uploadPatience = 10 * time.Minute
)

// maxTypos is how many letters of a command may be wrong for it to be guessed.
const maxTypos = 2

// app is one run of the client: its streams, its flags, and the node.
type app struct {
	in     io.Reader
	out    *sink
	err    io.Writer
	getenv func(string) string
	// outTerm and errTerm tell that a person reads the stream directly.
	outTerm, errTerm bool

	host string
	port int
	// portSet tells that -P was given, even as 0.
	portSet bool
	verbose bool
	noColor bool
	// strict makes flat commands use the detailed exit codes.
	strict bool
	// nested tells that the running command belongs to a group.
	nested bool
	// format is what --format says; empty is the default.
	format string

	node *client.Client
}

// Run runs the client with the arguments that follow its name, and returns its
// exit code. getenv looks up the environment.
func Run(args []string, stdin io.Reader, stdout, stderr io.Writer, getenv func(string) string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &app{
		in: stdin, out: &sink{w: stdout}, err: stderr, getenv: getenv,
		outTerm: isTerminal(stdout), errTerm: isTerminal(stderr),
	}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(a.out)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if a.node != nil {
		_ = a.node.Close()
	}
	return a.finish(ctx, cmd, err)
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// root builds the tree of commands.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "serverledge-cli",
		Short: "Functions and workflows on a Serverledge node",
		Long: "serverledge-cli speaks to a Serverledge node: it registers and invokes functions and workflows.\n\n" +
			"The node is taken from -H and -P, else from SERVERLEDGE_HOST and SERVERLEDGE_PORT, else from api.port of a\n" +
			"serverledge-conf file in /etc/serverledge, $HOME or this folder, else it is 127.0.0.1:1323.",
		Example: "  serverledge-cli create -f hello --src examples/hello.py --runtime python310 --handler hello.handler\n" +
			"  serverledge-cli invoke -f hello -p a:2 -p b:3\n" +
			"  serverledge-cli workflow run -s examples/workflow-simple.json -d '{\"n\": 1}'",
		SilenceErrors:              true,
		SilenceUsage:               true,
		SuggestionsMinimumDistance: maxTypos,

		Args: unknownCommand,
		RunE: showHelp,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			a.nested = cmd.HasParent() && cmd.Parent() != cmd.Root()
			a.portSet = cmd.Flags().Changed("port")
			return a.checkFormat()
		},
	}
	flags := root.PersistentFlags()
	flags.BoolVarP(&a.verbose, "verbose", "v", false, "tell on stderr what is asked of the node")
	flags.StringVarP(&a.host, "host", "H", "", "host of the node (default 127.0.0.1)")
	flags.IntVarP(&a.port, "port", "P", 0, "port of the node (default 1323)")
	flags.BoolVar(&a.noColor, "no-color", false, "no colours (also: NO_COLOR)")
	flags.BoolVar(&a.strict, "strict-exit", false, "detailed exit codes for the flat commands too")
	root.SetGlobalNormalizationFunc(normalize)
	root.SetFlagErrorFunc(unknownFlag)
	root.SetUsageFunc(plainUsage(root.UsageFunc()))
	root.AddGroup(
		&cobra.Group{ID: "flat", Title: "Commands:"},
		&cobra.Group{ID: "resource", Title: "Commands by resource (JSON when piped, see --format):"},
	)
	for _, cmd := range []*cobra.Command{
		a.createCommand(), a.invokeCommand(), a.pollCommand(), a.prewarmCommand(), a.deleteCommand(),
		a.listCommand(), a.statusCommand(), a.createWorkflowCommand(), a.invokeWorkflowCommand(),
		a.deleteWorkflowCommand(), a.listWorkflowsCommand(),
	} {
		cmd.GroupID = "flat"
		root.AddCommand(cmd)
	}
	for _, cmd := range []*cobra.Command{a.functionGroup(), a.workflowGroup(), a.executionGroup(), a.taskGroup(), a.activityGroup(), a.nodeGroup()} {
		cmd.GroupID = "resource"
		cmd.SuggestionsMinimumDistance = maxTypos
		cmd.Args = unknownCommand
		cmd.RunE = showHelp
		cmd.PersistentFlags().StringVar(&a.format, "format", "", "table, wide, json, jsonl, yaml, csv or name (default: table on a terminal, else json)")
		root.AddCommand(cmd)
	}
	root.AddCommand(a.versionCommand())
	return root
}

// normalize makes _ and - equal in the names of flags, and knows an older name.
func normalize(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	name = strings.ReplaceAll(name, "_", "-")
	if name == "ret-output" {
		name = "return-output"
	}
	return pflag.NormalizedName(name)
}

// unknownCommand refuses what is left of a command line when no command took it.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := usage("there is no command %q in %q", args[0], cmd.CommandPath())
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		err.near = near[0]
	}
	return err
}

// plainUsage prints what usage does, without the values that every switch
// takes: nobody writes them.
func plainUsage(usage func(*cobra.Command) error) func(*cobra.Command) error {
	return func(cmd *cobra.Command) error {
		out := cmd.OutOrStderr()
		var b strings.Builder
		cmd.SetOut(&b)
		err := usage(cmd)
		cmd.SetOut(out)
		const values = "[=true|false]"
		_, werr := io.WriteString(out, strings.ReplaceAll(b.String(), values, strings.Repeat(" ", len(values))))
		return errors.Join(err, werr)
	}
}

// unknownFlag says which flag was perhaps meant, or which command when the flag
// is one of a command that is not there.
func unknownFlag(cmd *cobra.Command, err error) error {
	if cmd.HasSubCommands() && cmd.Flags().NArg() > 0 {
		return unknownCommand(cmd, cmd.Flags().Args())
	}
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	out := usage("%v", err)
	if near := fault.Suggest(unknown.GetSpecifiedName(), known); near != "" && len(unknown.GetSpecifiedName()) > 1 {
		out.near = "--" + near
	}
	return out
}

func showHelp(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// dial returns the client of the node that flags, environment and
// configuration name.
func (a *app) dial() (*client.Client, error) {
	if a.node != nil {
		return a.node, nil
	}
	address, err := a.address()
	if err != nil {
		return nil, err
	}
	opts := client.Options{UserAgent: "serverledge-cli"}
	if a.verbose {
		opts.Trace = func(method, url string, status int, took time.Duration) {
			answer := "no answer"
			if status != 0 {
				answer = http.StatusText(status)
			}
			a.sayf("%s %s: %s, %s\n", method, url, answer, took.Round(100*time.Microsecond))
		}
	}
	a.node = client.New("http://"+address, opts)
	return a.node, nil
}

// do calls f with the node and a time limit; 0 is none.
func (a *app) do(ctx context.Context, limit time.Duration, f func(context.Context, *client.Client) error) error {
	c, err := a.dial()
	if err != nil {
		return err
	}
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	return f(ctx, c)
}
