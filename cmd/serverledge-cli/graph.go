package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/serverledge/serverledge/api/client"
	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/draw"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/spec"
	"github.com/serverledge/serverledge/internal/fault"
)

// graphFlags say how to draw a workflow.
type graphFlags struct {
	format, out, direction string
	width                  int
	widthSet               bool
	plain                  bool
}

// graphFormats lists what --format of workflow graph takes.
func graphFormats() []string { return []string{"ascii", "mermaid", "dot", "svg", "json"} }

// workflowGraph draws a workflow. A file takes no node.
func (a *app) workflowGraph() *cobra.Command {
	f := &graphFlags{}
	cmd := &cobra.Command{
		Use: "graph FILE|NAME|-", Short: "Draw a workflow",
		Long: "Draw a workflow: a definition in a file (Amazon States Language in JSON or YAML, or YAML DAG), without a node,\n" +
			"or a workflow that is registered on the node, by its name.\n\n" +
			"The picture is made of letters, for the terminal; where it is too wide, the states are listed instead. It ends\n" +
			"with 22 when the definition has errors, and shows them as workflow validate does.",
		Example: "  serverledge-cli workflow graph examples/workflow-with-choice-task.json\n" +
			"  serverledge-cli workflow graph examples/wordstats.yaml --out wordstats.svg\n" +
			"  serverledge-cli workflow graph wordstats --format mermaid\n" +
			"  serverledge-cli workflow graph wordstats --format dot | dot -Tpdf -o wordstats.pdf\n" +
			"  serverledge-cli workflow graph - --direction right < examples/workflow-simple.json",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.widthSet = cmd.Flags().Changed("width")
			if err := f.check(); err != nil {
				return err
			}
			title, text, err := a.findDefinition(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			g, err := a.compileOrExplain(args[0], text)
			if err != nil {
				return err
			}
			return a.drawGraph(f, title, g)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.format, "format", "", "ascii, mermaid, dot, svg or json (default: what the name of --out ends in, else ascii)")
	flags.StringVarP(&f.out, "out", "o", "", "file to write to")
	flags.IntVar(&f.width, "width", 0, "columns that the picture of letters may take; 0: no bound (default: those of the terminal)")
	flags.StringVar(&f.direction, "direction", string(draw.Down), "where the workflow runs: down or right")
	flags.BoolVar(&f.plain, "ascii-only", false, "use no letters beyond ASCII")
	for flag, values := range map[string][]string{"format": graphFormats(), "direction": {string(draw.Down), string(draw.Right)}} {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)) // fails only for an unknown flag
	}
	a.completeWorkflows(cmd)
	names := cmd.ValidArgsFunction
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		found, _ := names(cmd, args, begun)
		return found, cobra.ShellCompDirectiveDefault // files too
	}
	return cmd
}

// check finds out the format, and what is wrong with the flags.
func (f *graphFlags) check() error {
	if f.format == "" {
		f.format = formatOf(f.out)
	}
	if !slices.Contains(graphFormats(), f.format) {
		err := usage("there is no format %q of graphs; there are %s", f.format, strings.Join(graphFormats(), ", "))
		err.near = fault.Suggest(f.format, graphFormats())
		return err
	}
	directions := []string{string(draw.Down), string(draw.Right)}
	if !slices.Contains(directions, f.direction) {
		err := usage("there is no direction %q; there are %s", f.direction, strings.Join(directions, ", "))
		err.near = fault.Suggest(f.direction, directions)
		return err
	}
	if f.width < 0 {
		return usage("the width cannot be negative")
	}
	return nil
}

// formatOf is the format that the name of a file tells.
func formatOf(file string) string {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".svg":
		return "svg"
	case ".dot", ".gv":
		return "dot"
	case ".mmd", ".mermaid":
		return "mermaid"
	case ".json":
		return "json"
	}
	return "ascii"
}

// findDefinition reads the definition that an argument means: of a file, of
// stdin, or of a workflow on the node.
func (a *app) findDefinition(ctx context.Context, arg string) (title, text string, err error) {
	info, statErr := os.Stat(arg)
	if arg == "-" || statErr == nil && !info.IsDir() || looksLikeFile(arg) {
		raw, err := a.read(arg, maxDefinition)
		base := filepath.Base(arg)
		return strings.TrimSuffix(base, filepath.Ext(base)), string(raw), err
	}
	err = a.do(ctx, patience, func(ctx context.Context, c *client.Client) error {
		w, err := c.Workflow(ctx, arg)
		text = w.Definition
		if err == nil {
			return nil
		}
		return a.aboutWorkflow(ctx, c, arg, err, "find a file %q here, or a workflow of that name", arg)
	})
	return arg, text, err
}

// looksLikeFile tells that an argument means a file even if there is none.
func looksLikeFile(arg string) bool {
	return strings.ContainsRune(arg, filepath.Separator) || slices.Contains([]string{".json", ".yaml", ".yml", ".asl"}, filepath.Ext(arg))
}

// compileOrExplain makes the graph of a definition, or says what is wrong with
// it.
func (a *app) compileOrExplain(name, text string) (*dag.Graph, error) {
	c := check(name, text)
	if !c.Valid {
		a.sayf("%s", source.Format(c.File, c.text, c.Problems))
		return nil, exitError(exitValidation)
	}
	compile := func(text string) (*dag.Graph, error) { return asl.Compile(text, asl.Options{Mocked: true}) }
	if c.Language == "dag" {
		compile = spec.Compile
	}
	g, err := compile(text)
	if err != nil {
		return nil, cannot(err, "draw %s", name)
	}
	return g, nil
}

// drawGraph draws to stdout or to a file.
func (a *app) drawGraph(f *graphFlags, title string, g *dag.Graph) error {
	o := draw.Options{Direction: draw.Direction(f.direction), Title: title}
	var picture string
	switch f.format {
	case "svg":
		picture = draw.SVG(g, o)
	case "mermaid":
		picture = draw.Mermaid(g, o)
	case "dot":
		picture = draw.DOT(g, o)
	case "json":
		if f.out == "" {
			return a.showJSON(draw.Layout(g, o), "  ")
		}
		raw, err := marshal(draw.Layout(g, o))
		if err != nil {
			return err
		}
		picture = string(raw) + "\n"
	default:
		picture = draw.Text(g, a.textOptions(f, o))
	}
	if f.out == "" {
		a.print(picture)
		return nil
	}
	if err := os.WriteFile(f.out, []byte(picture), 0o644); err != nil {
		if wrapped, ok := errors.AsType[*os.PathError](err); ok {
			err = wrapped.Err
		}
		failed := cannot(err, "write %s", f.out)
		failed.code = exitSource
		return failed
	}
	return nil
}

// textOptions fit a picture of letters to the terminal, if it goes to one.
func (a *app) textOptions(f *graphFlags, o draw.Options) draw.TextOptions {
	out := draw.TextOptions{Options: o, Width: f.width, Plain: f.plain}
	if !a.outTerm || f.out != "" {
		return out
	}
	if file, ok := a.out.w.(*os.File); ok && !f.widthSet {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil {
			out.Width = width
		}
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} { // the first that is set decides
		if locale := strings.ToLower(a.getenv(name)); locale != "" {
			out.Plain = out.Plain || !strings.Contains(locale, "utf")
			break
		}
	}
	return out
}
