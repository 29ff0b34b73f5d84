package asl_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag/source"
)

var update = flag.Bool("update", false, "write the pages of docs/errors")

const pages = "../docs/errors/"

// Each code has a page, whose examples have the problem and do not have it.
func TestEachCodeHasAPage(t *testing.T) {
	t.Parallel()
	for _, c := range asl.Codes() {
		if c.Wrong != "" {
			if codes := codesOf(c.Wrong); !slices.Contains(codes, c.ID) {
				t.Errorf("%s: its wrong example has %v", c.ID, codes)
			}
			if codes := codesOf(c.Right); len(codes) != 0 {
				t.Errorf("%s: its right example has %v", c.ID, codes)
			}
		}
		file, page := pages+c.ID+".md", page(c)
		if *update {
			if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if text, err := os.ReadFile(file); err != nil || string(text) != page {
			t.Errorf("%s is not up to date (go test ./asl -run Page -update): %v", file, err)
		}
	}
	index := "# Problems of workflow definitions\n\n| code | |\n|---|---|\n"
	for _, c := range asl.Codes() {
		index += fmt.Sprintf("| [%s](%s.md) | %s |\n", c.ID, c.ID, c.Title)
	}
	index += "\nErrors that executions end with are in [workflows.md](../workflows.md#error-names).\n"
	if *update {
		if err := os.WriteFile(pages+"README.md", []byte(index), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(pages + "README.md"); err != nil || string(text) != index {
		t.Errorf("%sREADME.md is not up to date: %v", pages, err)
	}
}

func codesOf(text string) []string {
	var codes []string
	for _, p := range asl.Validate(text, asl.Options{}) {
		codes = append(codes, p.Code)
	}
	return codes
}

func page(c asl.Code) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s\n\n%s\n", c.ID, c.Title, c.Why)
	for _, e := range []struct{ name, text string }{{"Wrong", c.Wrong}, {"Right", c.Right}} {
		if e.text == "" {
			continue
		}
		kind := "yaml"
		if strings.HasPrefix(e.text, "{") {
			kind = "json"
		}
		fmt.Fprintf(&b, "\n%s:\n\n```%s\n%s\n```\n", e.name, kind, e.text)
		if e.name == "Wrong" {
			fmt.Fprintf(&b, "\n```\n%s```\n", source.Format("workflow", c.Wrong, asl.Validate(c.Wrong, asl.Options{})))
		}
	}
	return b.String()
}

// Every code that the package reports is explained.
func TestEveryCodeIsExplained(t *testing.T) {
	t.Parallel()
	said := regexp.MustCompile(`(?:Errorf|Warnf|badPath)\("(\d{3})"|code :?= "(\d{3})"`)
	for _, dir := range []string{".", "../dag/source"} {
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
				id := "ASL" + m[1] + m[2]
				if _, ok := asl.Explain(id); !ok {
					t.Errorf("%s/%s reports %s, which nothing explains", dir, f.Name(), id)
				}
			}
		}
	}
	if _, ok := asl.Explain("ASL999"); ok {
		t.Error("ASL999 is explained")
	}
}
