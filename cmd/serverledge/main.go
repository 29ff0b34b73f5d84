// Command serverledge is the node: it runs functions and workflows, takes
// requests over HTTP, and shares its store with other nodes or brings its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/serverledge/serverledge/internal/config"
	"github.com/serverledge/serverledge/internal/fault"
)

// version is set by the linker.
var version = "dev"

// The exit codes, as sysexits.h names them.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 64
	exitUnavailable = 69 // something the node needs is missing
	exitSystem      = 71 // a port in use, a folder that cannot be made
	exitConfig      = 78
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// exitError ends the process with a code of its own.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// run is main with its surroundings as arguments. It returns when ctx is done
// and the node has stopped, or when it cannot run.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	root := command(environ, stdout, stderr)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(stderr, "serverledge:", err)
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Hint != "" {
		fmt.Fprintln(stderr, "  try:", f.Hint)
	}
	if exit, ok := errors.AsType[*exitError](err); ok {
		return exit.code
	}
	return exitUsage
}

// command builds the command line.
func command(environ []string, stdout, stderr io.Writer) *cobra.Command {
	var flags []string
	load := func(args []string) (*config.Config, error) {
		src := config.Sources{Environ: environ, Flags: flags}
		if len(args) > 0 {
			src.File = args[0]
		}
		cfg, err := config.Load(src)
		if err != nil {
			return nil, &exitError{exitConfig, fmt.Errorf("the configuration cannot be used:\n%w", err)}
		}
		return cfg, nil
	}
	serve := func(cmd *cobra.Command, args []string) error {
		cfg, err := load(args)
		if err != nil {
			return err
		}
		return serve(cmd.Context(), cfg, stderr)
	}
	root := &cobra.Command{
		Use:   "serverledge [configuration file]",
		Short: "A node that runs functions and workflows of functions",
		Long: `A node that runs functions and workflows of functions.

Without a file named, the configuration is read from serverledge-conf.yaml (or .toml) in
/etc/serverledge, the home directory or the working directory, if there is one. Environment variables
(SERVERLEDGE_API_PORT for api.port) and --set override it. "serverledge config" shows the outcome.`,
		Args: fileArgument, RunE: serve, Version: version,
		SilenceUsage: true, SilenceErrors: true, SuggestionsMinimumDistance: 2,
	}
	root.SetVersionTemplate("serverledge {{.Version}}\n")
	root.PersistentFlags().StringArrayVar(&flags, "set", nil, "set a configuration key, as in --set api.port=1324")
	root.AddCommand(
		&cobra.Command{Use: "serve [configuration file]", Short: "Run the node (the default)", Args: cobra.MaximumNArgs(1), RunE: serve},
		&cobra.Command{
			Use: "config [configuration file]", Short: "Print the effective configuration and where each value came from",
			Args: cobra.MaximumNArgs(1),
			RunE: func(_ *cobra.Command, args []string) error {
				cfg, err := load(args)
				if err != nil {
					return err
				}
				printConfig(stdout, cfg)
				return nil
			},
		},
		&cobra.Command{
			Use: "version", Short: "Print the version", Args: cobra.NoArgs,
			Run: func(*cobra.Command, []string) { fmt.Fprintln(stdout, "serverledge", version) },
		},
	)
	return root
}

// fileArgument takes the name of a configuration file. A word that names no
// file and looks like a command is taken for that.
func fileArgument(cmd *cobra.Command, args []string) error {
	if err := cobra.MaximumNArgs(1)(cmd, args); err != nil || len(args) == 0 {
		return err
	}
	near := cmd.SuggestionsFor(args[0])
	if _, err := os.Stat(args[0]); !errors.Is(err, os.ErrNotExist) || len(near) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "unknown_command", "there is no file and no command %q", args[0]).WithHint("serverledge %s", near[0])
}

// printConfig prints a configuration as a file that could be read again, with
// the origin of each value behind it.
func printConfig(w io.Writer, cfg *config.Config) {
	for _, s := range cfg.Settings() {
		value := s.Value
		if value == "" {
			value = `""`
		}
		fmt.Fprintf(w, "%-40s # %s", s.Name+": "+value, s.Origin)
		if s.Inert {
			fmt.Fprint(w, "; no effect: "+s.Help)
		}
		fmt.Fprintln(w)
	}
	for _, warning := range cfg.Warnings {
		fmt.Fprintln(w, "# note:", warning)
	}
}
