// Command bench measures Serverledge and prints one table. Each figure stands
// beside a reference that was taken in the same run, on the same machine, by
// the same program: the ratio is what counts.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"text/tabwriter"
	"time"

	"github.com/serverledge/serverledge/internal/nodeproc"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	reference := flag.Bool("reference", false, "serve as the reference: an HTTP server and one hop to a Python process")
	length := flag.Duration("for", 3*time.Second, "how long to measure each point")
	driver := flag.String("driver", "auto", "the driver of the node: auto, docker or sandbox")
	only := flag.String("only", "", "measure one part: kernel, language, start or calls")
	flag.Parse()
	var err error
	if *reference {
		err = serveReference(ctx, os.Stdout)
	} else {
		err = measure(ctx, *only, *driver, *length, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// row is one figure with its reference.
type row struct {
	name, figure, reference, ratio, goal string
}

// parts are what can be measured, in the order of the table.
var parts = []struct { //nolint:gochecknoglobals // a table
	name string
	run  func(ctx context.Context, root, driver string, length time.Duration) ([]row, error)
}{{"kernel", kernel}, {"language", language}, {"start", start}, {"calls", calls}}

// measure takes all figures, or those of one part, and prints the table.
func measure(ctx context.Context, only, driver string, length time.Duration, out io.Writer) error {
	root, err := nodeproc.Root()
	if err != nil {
		return err
	}
	var rows []row
	for _, part := range parts {
		if only != "" && only != part.name {
			continue
		}
		more, err := part.run(ctx, root, driver, length)
		if err != nil {
			return err
		}
		rows = append(rows, more...)
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "figure\tours\treference\tratio\tgoal")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.name, r.figure, r.reference, r.ratio, r.goal)
	}
	return w.Flush()
}
