package draw

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/dag"
)

var update = flag.Bool("update", false, "rewrite the pictures in testdata; look at them before you commit")

// TestPictures compares pictures with those in testdata, in every format.
func TestPictures(t *testing.T) {
	t.Parallel()
	for name, c := range pictures() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := dag.Validate(c.graph); err != nil {
				t.Fatal(err)
			}
			checkAll(t, name, c.graph, c.Options)
			c.Title = name
			golden(t, name+".svg", SVG(c.graph, c.Options))
			golden(t, name+".mmd", Mermaid(c.graph, c.Options))
			golden(t, name+".dot", DOT(c.graph, c.Options))
			raw, err := json.MarshalIndent(Layout(c.graph, c.Options), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			if name == "poll" { // one is enough
				golden(t, name+".json", string(raw)+"\n")
			}
			golden(t, name+".txt", strings.Join([]string{
				Text(c.graph, TextOptions{Options: c.Options}),
				Text(c.graph, TextOptions{Options: c.Options, Plain: true}),
				outline(c.graph, TextOptions{Options: c.Options}),
			}, "\n"))
		})
	}
}

// golden compares with a file, or rewrites it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; look at what -update makes of it:\n%s", file, firstDifference(got, string(want)))
	}
}

func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range a {
		if i >= len(b) || a[i] != b[i] {
			return "got  " + a[i] + "\nwant " + strings.Join(b[min(i, len(b)):min(i+1, len(b))], "")
		}
	}
	return "it ends early"
}

// picture is a graph with the options to draw it.
type picture struct {
	graph *dag.Graph
	Options
}

// pictures are the graphs whose pictures are kept.
func pictures() map[string]picture {
	return map[string]picture{
		"single":   {graph: machine(task("only", "f", ""))},
		"chain":    {graph: machine(task("first", "inc", "second"), state("second", dag.Wait, "third"), task("third", "inc", ""))},
		"poll":     {graph: poll()},
		"order":    {graph: order()},
		"sideways": {graph: order(), Options: Options{Direction: Right}},
		"catch":    {graph: caught()},
		"diamond":  {graph: diamond()},
		"choices":  {graph: dataflowChoice()},
		"fan-out":  {graph: fanOut(12)},
		"alone":    {graph: alone(8)},
		"branches": {graph: manyBranches(14)},
		"long":     {graph: longNames()},
		"odd":      {graph: oddNames()},
		"nested":   {graph: nested(10)},
		"status":   {graph: order(), Options: Options{Mark: someMarks}},
	}
}

func machine(states ...*dag.State) *dag.Graph {
	return &dag.Graph{Start: states[0].Name, States: states}
}

func state(name string, kind dag.StateKind, next string) *dag.State {
	s := &dag.State{Name: name, Kind: kind, Next: next}
	if kind == dag.Wait {
		s.Until = never
	}
	return s
}

func task(name, function, next string) *dag.State {
	s := state(name, dag.Task, next)
	s.Resource.Name = function
	return s
}

func choice(name, deflt string, cases ...string) *dag.State {
	s := state(name, dag.Choice, "")
	s.Default = deflt
	for i := 0; i+1 < len(cases); i += 2 {
		s.Cases = append(s.Cases, dag.Case{Label: cases[i], When: always, Next: cases[i+1]})
	}
	return s
}

func retried(s *dag.State, times int) *dag.State {
	s.Retry = []dag.Retry{{Errors: []string{dag.ErrorAll}, MaxAttempts: times}}
	return s
}

func catching(s *dag.State, next string, errors ...string) *dag.State {
	s.Catch = append(s.Catch, dag.Catch{Errors: errors, Next: next})
	return s
}

func parallel(name, next string, branches ...*dag.Graph) *dag.State {
	s := state(name, dag.Parallel, next)
	s.Branches = branches
	return s
}

func each(name, next string, width int, body *dag.Graph) *dag.State {
	s := state(name, dag.Map, next)
	s.Body, s.Width = body, width
	return s
}

func needing(s *dag.State, needs ...string) *dag.State {
	s.Needs = needs
	return s
}

func poll() *dag.Graph {
	return machine(
		task("submit", "submit_job", "wait"), state("wait", dag.Wait, "look"), task("look", "job_status", "done?"),
		choice("done?", "wait", `$.status == "done"`, "result", "", "failed"),
		task("result", "job_result", ""), state("failed", dag.Fail, ""),
	)
}

func order() *dag.Graph {
	return machine(
		catching(retried(task("Validate order", "validate_order", "Fulfil"), 3), "Reject", "InvalidOrder"),
		catching(parallel("Fulfil", "Ship",
			machine(retried(task("Charge", "charge_card", "Receipt"), 5), task("Receipt", "send_mail", "")),
			machine(retried(each("Each item", "", 4, machine(
				task("Reserve", "reserve", "In stock?"), choice("In stock?", "Reorder", "$.count > 0", "Pack"),
				task("Pack", "pack", ""), task("Reorder", "reorder", ""))), 2)),
		), "Refund", dag.ErrorAll),
		task("Ship", "ship", "Wait for parcel"), state("Wait for parcel", dag.Wait, "Track"), task("Track", "track", "Delivered?"),
		choice("Delivered?", "Wait for parcel", `$.state == "done"`, "Done", `$.state == "lost"`, "Refund"),
		task("Refund", "refund", "Reject"), state("Reject", dag.Fail, ""), state("Done", dag.Succeed, ""),
	)
}

func caught() *dag.Graph {
	return machine(
		catching(catching(retried(task("fetch", "fetch", "parse"), 1), "backup", "Timeout", "Unreachable"), "give up", dag.ErrorAll),
		catching(task("parse", "parse", "store"), "give up", dag.ErrorAll),
		catching(task("store", "store", ""), "give up", dag.ErrorAll),
		task("backup", "fetch_backup", "parse"), task("give up", "notify", "failed"), state("failed", dag.Fail, ""),
	)
}

func diamond() *dag.Graph {
	guarded := needing(task("thumbnail", "resize", ""), "fetch")
	guarded.When = always
	last := needing(task("publish", "publish", ""), "thumbnail", "labels", "fetch")
	last.JoinAny = true
	labels := needing(each("labels", "", 8, machine(retried(task("labels", "detect", ""), 2))), "fetch")
	labels.Children = dag.StandardChildren
	return &dag.Graph{States: []*dag.State{task("fetch", "fetch", ""), guarded, labels, last, needing(task("clean up", "rm", ""), "publish")}}
}

func dataflowChoice() *dag.Graph {
	return &dag.Graph{States: []*dag.State{
		task("read", "read", ""),
		needing(choice("kind", "text", "image", "picture", "", "picture"), "read"),
		needing(task("picture", "draw", ""), "kind"),
		catching(needing(task("text", "parse", ""), "kind"), "rescue", "Broken"),
		needing(task("rescue", "repair", ""), "text"),
	}}
}

func fanOut(n int) *dag.Graph {
	g := &dag.Graph{States: []*dag.State{task("split", "split", "")}}
	last := task("join", "join", "")
	for i := range n {
		name := "part " + number(i+1)
		g.States = append(g.States, needing(task(name, "work", ""), "split"))
		last.Needs = append(last.Needs, name)
	}
	g.States = append(g.States, last)
	return g
}

func alone(n int) *dag.Graph {
	g := &dag.Graph{}
	for i := range n {
		g.States = append(g.States, task("task "+number(i+1), "work", ""))
	}
	return g
}

func manyBranches(n int) *dag.Graph {
	s := parallel("all", "")
	for i := range n {
		s.Branches = append(s.Branches, machine(task("branch "+number(i+1), "work", "")))
	}
	return machine(s)
}

func longNames() *dag.Graph {
	long := strings.Repeat("a rather long name of ", 4)
	return machine(
		catching(task(long+"a task", strings.Repeat("function_", 7), long+"a choice"), long+"a container", strings.Repeat("AnErrorName.", 9)),
		choice(long+"a choice", "short", `$.first.member == "something" and $.second.member != "something else"`, long+"a container"),
		parallel(long+"a container", "short", machine(task("inner", "f", ""))),
		task("short", "f", ""),
	)
}

func oddNames() *dag.Graph {
	return machine(
		choice("a \"quoted\" <b>tag</b> & #35; `code` %%{init} \\n end", "名前 ünïcode 🚀 e\u0301", "a < b && c > \"d\"", "end"),
		state("end", dag.Pass, "subgraph; x --> y | {z}"), state("subgraph; x --> y | {z}", dag.Succeed, ""),
		catching(task("名前 ünïcode 🚀 e\u0301", "f", "1. list"), "]]></svg>", `A "B" <C> #x; \`),
		task("1. list", "f", "tab\tnew\nline \x1b[31m \u202eback"), task("tab\tnew\nline \x1b[31m \u202eback", "f", ""), state("]]></svg>", dag.Fail, ""),
	)
}

// someMarks are those of an execution that is under way.
func someMarks(path string) Mark {
	switch path {
	case "Validate order", "Fulfil/Branches[0]/Charge", "Fulfil/Branches[0]/Receipt":
		return Mark{Succeeded, 1}
	case "Fulfil", "Fulfil/Branches[1]/Each item":
		return Mark{Running, 1}
	case "Fulfil/Branches[1]/Each item/Body/Reserve", "Fulfil/Branches[1]/Each item/Body/In stock?":
		return Mark{Succeeded, 12}
	case "Fulfil/Branches[1]/Each item/Body/Pack":
		return Mark{Running, 3}
	case "Fulfil/Branches[1]/Each item/Body/Reorder":
		return Mark{Failed, 2}
	}
	return Mark{Status: Waiting}
}
