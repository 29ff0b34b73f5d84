package main

import (
	"encoding/json"
	"fmt"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/spec"
	"github.com/serverledge/serverledge/engine"
	"github.com/serverledge/serverledge/internal/config"
	"github.com/serverledge/serverledge/internal/fault"
)

// compile makes a graph of a definition in a named language.
func compile(language, definition string, v engine.Variant) (*dag.Graph, error) {
	options := asl.Options{Express: v.Express, Mocked: v.Mocked}
	if v.Limits != "" {
		if err := json.Unmarshal([]byte(v.Limits), &options.Limits); err != nil {
			return nil, fmt.Errorf("reading the limits of an execution: %w", err)
		}
	}
	switch language {
	case "asl":
		return asl.Compile(definition, options)
	case "dag":
		g, err := spec.Compile(definition)
		if err == nil {
			g.Limits = options.Limits.Execution
		}
		return g, err
	}
	return nil, fault.New(fault.Invalid, "unknown_language", "there is no workflow language %q", language).
		WithHint("use asl (Amazon States Language) or dag (YAML DAG)")
}

// limits reads the limits of executions, as the engine keeps them with each.
func limits(cfg *config.Config) (string, error) {
	l := asl.Limits{
		Payload: cfg.Int("workflow.limits.payload"), Variable: cfg.Int("workflow.limits.variable"), Name: cfg.Int("workflow.limits.name"),
		Label: cfg.Int("workflow.limits.label"), Range: cfg.Int("workflow.limits.range"), Coded: cfg.Int("workflow.limits.text"),
		Calls: cfg.Int("workflow.limits.calls"),
		Execution: dag.Limits{
			Variables: cfg.Int("workflow.limits.variables"), Entries: cfg.Int("workflow.limits.entries"),
			Transitions: cfg.Int("workflow.limits.transitions"), Work: cfg.Int("workflow.limits.work"),
		},
	}
	text, err := json.Marshal(l)
	return string(text), err
}

// detectAndCompile finds the language out when none is named.
func detectAndCompile(language, definition string, v engine.Variant) (*dag.Graph, string, error) {
	if language == "" {
		var err error
		if language, err = detect(definition); err != nil {
			return nil, "", err
		}
	}
	g, err := compile(language, definition, v)
	return g, language, err
}

// detect finds the language of a definition out.
func detect(definition string) (string, error) {
	language, err := source.Detect(definition)
	return string(language), err
}
