package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/mock"
	"github.com/serverledge/serverledge/dag/spec"
	"github.com/serverledge/serverledge/internal/fault"
)

// maxMocks bounds a file of mocks.
const maxMocks = 4 << 20

// mockFlag is --mock.
type mockFlag struct {
	given   string
	answers mock.Answers
}

func (f *mockFlag) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.given, "mock", "", "answer for functions and services: FILE#CASE or FILE#MACHINE/CASE, a file of Step Functions Local")
}

// mocks reads the answers of the case that --mock names; there are none
// without it.
func (a *app) mocks(f *mockFlag) ([]byte, error) {
	if f.given == "" {
		return nil, nil
	}
	at := strings.LastIndexByte(f.given, '#')
	if at < 1 || at == len(f.given)-1 {
		return nil, usage("%q names no test case; write --mock FILE#CASE", f.given)
	}
	file, name := f.given[:at], f.given[at+1:]
	text, err := a.read(file, maxMocks)
	if err != nil {
		return nil, err
	}
	machine, testCase, found := strings.Cut(name, "/")
	if !found {
		machine, testCase = "", name
	}
	if f.answers, err = mock.Case(text, machine, testCase); err != nil {
		failed := cannot(err, "use the mocks of %s", file)
		failed.code = exitUsage
		return nil, failed
	}
	return marshal(f.answers)
}

// warn tells of mocked states that a definition does not have. What is wrong
// with the definition itself, the node says.
func (a *app) warn(f *mockFlag, definition string) {
	if len(f.answers) == 0 {
		return
	}
	compile := func(text string) (*dag.Graph, error) { return asl.Compile(text, asl.Options{Mocked: true}) }
	if language(definition) == "dag" {
		compile = spec.Compile
	}
	graph, err := compile(definition)
	if err != nil {
		return
	}
	names := states(graph)
	for _, state := range slices.Sorted(maps.Keys(f.answers)) {
		if slices.Contains(names, state) {
			continue
		}
		near := ""
		if s := fault.Suggest(state, names); s != "" {
			near = "; did you mean \"" + s + "\"?"
		}
		a.sayf("warning: the definition has no state %q, which %s mocks%s\n", state, f.given, near)
	}
}

// states lists the states of a graph and of all within it.
func states(g *dag.Graph) []string {
	var names []string
	for _, s := range g.States {
		names = append(names, s.Name)
		for _, branch := range s.Branches {
			names = append(names, states(branch)...)
		}
		if s.Body != nil {
			names = append(names, states(s.Body)...)
		}
	}
	return names
}
