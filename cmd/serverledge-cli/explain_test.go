package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/dag/source"
)

const pages = "../../docs/errors/"

// Each code has a page, whose examples have the problem and do not have it.
func TestEachCodeHasAPage(t *testing.T) {
	t.Parallel()
	index := "# Problems of workflow definitions\n\n`serverledge-cli workflow explain CODE` shows these pages.\n\n| code | |\n|---|---|\n"
	for _, c := range codes() {
		if c.Wrong != "" && !slices.ContainsFunc(check("", c.Wrong).Problems, func(p source.Problem) bool { return p.Code == c.ID }) {
			t.Errorf("%s: its wrong example has %v", c.ID, check("", c.Wrong).Problems)
		}
		if c.Right != "" && len(check("", c.Right).Problems) != 0 {
			t.Errorf("%s: its right example has %v", c.ID, check("", c.Right).Problems)
		}
		kept(t, pages+c.ID+".md", page(c))
		index += fmt.Sprintf("| [%s](%s.md) | %s |\n", c.ID, c.ID, c.Title)
	}
	kept(t, pages+"README.md", index+"\nErrors that executions end with are in [workflows.md](../workflows.md#error-names).\n")
}

// kept holds a file to its content, or writes it.
func kept(t *testing.T, file, content string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != content {
		t.Errorf("%s is not up to date (go test ./cmd/serverledge-cli -run %s -update): %v", file, t.Name(), err)
	}
}

// Every code that the languages report is explained, and no other.
func TestEveryCodeIsExplained(t *testing.T) {
	t.Parallel()
	explained := map[string]bool{}
	for _, c := range codes() {
		explained[c.ID] = false
	}
	said := regexp.MustCompile(`(?:Errorf|Warnf|badPath|code :?=)(?:\("| ")(\d{3})"`)
	for dir, prefixes := range map[string][]string{"../../asl": {"ASL"}, "../../dag/spec": {"DAG"}, "../../dag/source": {"ASL", "DAG"}} {
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
				continue
			}
			text, err := os.ReadFile(dir + "/" + f.Name())
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range said.FindAllStringSubmatch(string(text), -1) {
				for _, prefix := range prefixes {
					if _, ok := explained[prefix+m[1]]; !ok {
						t.Errorf("%s/%s reports %s, which nothing explains", dir, f.Name(), prefix+m[1])
					}
					explained[prefix+m[1]] = true
				}
			}
		}
	}
	for id, reported := range explained {
		if !reported {
			t.Errorf("%s is explained, but nothing reports it", id)
		}
	}
}
