package config

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestOperationsListsTheKeys holds the tables of docs/operations.md to Keys:
// every key with its values, its default and what it does.
func TestOperationsListsTheKeys(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"keys": effective(Keys()), "inert keys": inert(Keys())} {
		_, rest, begun := strings.Cut(string(text), "<!-- "+name+" -->\n")
		got, _, ended := strings.Cut(rest, "<!-- end -->\n")
		if !begun || !ended {
			t.Errorf("docs/operations.md has no table between <!-- %s --> and <!-- end -->", name)
		}
		if got != want {
			t.Errorf("the table of %s in docs/operations.md must be\n%s", name, want)
		}
	}
}

// effective is the table of the keys that do something.
func effective(keys []Key) string {
	out := "| key | values | default | what it does |\n|---|---|---|---|\n"
	for _, k := range keys {
		if !k.Inert {
			out += fmt.Sprintf("| `%s` | %s | %s | %s |\n", k.Name, values(k), code(k.Default), escape(k.Help))
		}
	}
	return out
}

// inert is the table of the keys that are accepted only: those that stand
// together for the same reason share a row.
func inert(keys []Key) string {
	out := "| key (default) | why it has no effect |\n|---|---|\n"
	names, help := "", ""
	row := func() {
		if names != "" {
			out += fmt.Sprintf("| %s | %s |\n", names, escape(help))
		}
	}
	for _, k := range keys {
		if !k.Inert {
			continue
		}
		name := "`" + k.Name + "`"
		if k.Default != "" {
			name += " (" + k.Default + ")"
		}
		if k.Help == help {
			names += ", " + name
			continue
		}
		row()
		names, help = name, k.Help
	}
	row()
	return out
}

// values says what a key may be set to.
func values(k Key) string {
	switch {
	case len(k.Choices) > 0:
		return code(strings.Join(k.Choices, "` `"))
	case k.Min != 0 && k.Max > 0:
		return fmt.Sprintf("%s, %.10g to %.10g", k.Kind, k.Min, k.Max)
	case k.Max > 0:
		return fmt.Sprintf("%s, up to %.10g", k.Kind, k.Max)
	}
	return string(k.Kind)
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

func escape(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
