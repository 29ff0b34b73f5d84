// Command testreport reads the output of `go test -json` and prints what a
// person wants to know: a line per package, every failure in full, every
// skipped test with its reason, and the sums.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	if err := report(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64
}

type test struct{ pkg, name string }

// report returns an error when a test failed or nothing ran.
func report(in io.Reader, out io.Writer) error {
	output := map[test]*strings.Builder{}
	var passed, failed int
	var skipped []string
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(out, lines.Text()) // the build's own words
			continue
		}
		key := test{e.Package, e.Test}
		if output[key] == nil {
			output[key] = &strings.Builder{}
		}
		switch e.Action {
		case "output", "build-output":
			output[key].WriteString(e.Output)
			continue
		case "pass", "fail", "skip":
		default:
			continue
		}
		text := output[key].String()
		delete(output, key)
		switch {
		case e.Test == "":
			fmt.Fprintf(out, "%-4s %s (%.1f s)\n", e.Action, e.Package, e.Elapsed)
			if e.Action == "fail" {
				fmt.Fprint(out, text)
			}
		case e.Action == "pass":
			passed++
		case e.Action == "fail":
			failed++
			fmt.Fprint(out, text)
		case e.Action == "skip":
			skipped = append(skipped, e.Package+" "+e.Test+": "+reason(text))
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if len(skipped) > 0 {
		fmt.Fprintf(out, "\nskipped:\n  %s\n", strings.Join(skipped, "\n  "))
	}
	fmt.Fprintf(out, "\n%d passed, %d failed, %d skipped\n", passed, failed, len(skipped))
	if failed > 0 || passed == 0 {
		return fmt.Errorf("the tests did not pass")
	}
	return nil
}

// reason finds the words of t.Skip in a test's output.
func reason(text string) string {
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") {
			continue
		}
		if _, words, ok := strings.Cut(line, ".go:"); ok {
			if _, words, ok = strings.Cut(words, ": "); ok {
				return words
			}
		}
		return line
	}
	return "no reason given"
}
