package config

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"gopkg.in/yaml.v3"
)

// readYAML lists the values of a YAML file with their lines. Anchors and
// aliases are refused: a configuration needs none, and a bomb is made of them.
func readYAML(path string, text []byte) ([]assignment, error) {
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return nil, fmt.Errorf("%s: is no text file", path)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("%s: %s", path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(doc.Content) == 0 {
		return nil, nil // an empty file
	}
	w := &yamlWalk{path: path, seen: map[string]int{}}
	if err := w.walk("", doc.Content[0]); err != nil {
		return nil, err
	}
	return w.found, nil
}

type yamlWalk struct {
	path  string
	seen  map[string]int // line of each key
	found []assignment
}

func (w *yamlWalk) fail(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d:%d: %s", w.path, n.Line, n.Column, fmt.Sprintf(format, args...))
}

func (w *yamlWalk) walk(prefix string, n *yaml.Node) error {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return w.fail(n, "anchors and aliases are not allowed in a configuration")
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i < len(n.Content); i += 2 {
			key := n.Content[i]
			if key.Kind != yaml.ScalarNode {
				return w.fail(key, "a key must be text")
			}
			if err := w.walk(join(prefix, key.Value), n.Content[i+1]); err != nil {
				return err
			}
		}
		return nil
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			n.Value = ""
		}
		return w.add(prefix, n, n.Value)
	case yaml.SequenceNode:
		var items []string
		for _, item := range n.Content {
			if item.Kind != yaml.ScalarNode {
				return w.fail(item, "a list holds plain values only")
			}
			items = append(items, item.Value)
		}
		return w.add(prefix, n, strings.Join(items, ","))
	default:
		return w.fail(n, "unexpected kind of value")
	}
}

func (w *yamlWalk) add(key string, n *yaml.Node, text string) error {
	if key == "" {
		return w.fail(n, "a configuration is a map of keys, as in \"api.port: 1323\"")
	}
	if line, twice := w.seen[key]; twice {
		return w.fail(n, "key %q stands in line %d already", key, line)
	}
	w.seen[key] = n.Line
	w.found = append(w.found, assignment{key: key, text: text, origin: fmt.Sprintf("%s:%d:%d", w.path, n.Line, n.Column)})
	return nil
}

func join(prefix, key string) string {
	if prefix == "" {
		return key
	}
	return prefix + "." + key
}

// readTOML lists the values of a TOML file. The decoder keeps no positions, so
// the line of a key is looked up in the text.
func readTOML(path string, text []byte) ([]assignment, error) {
	var doc map[string]any
	if err := toml.Unmarshal(text, &doc); err != nil {
		if bad, ok := errors.AsType[*toml.DecodeError](err); ok {
			line, column := bad.Position()
			return nil, fmt.Errorf("%s:%d:%d: %s", path, line, column, strings.TrimPrefix(bad.Error(), "toml: "))
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var found []assignment
	var walk func(prefix string, value any) error
	walk = func(prefix string, value any) error {
		switch value := value.(type) {
		case map[string]any:
			keys := make([]string, 0, len(value))
			for key := range value {
				keys = append(keys, key)
			}
			slices.Sort(keys)
			for _, key := range keys {
				if err := walk(join(prefix, key), value[key]); err != nil {
					return err
				}
			}
		case []any:
			items := make([]string, len(value))
			for i, item := range value {
				items[i] = fmt.Sprint(item)
			}
			found = append(found, assignment{prefix, strings.Join(items, ","), tomlOrigin(path, text, prefix)})
		default:
			found = append(found, assignment{prefix, fmt.Sprint(value), tomlOrigin(path, text, prefix)})
		}
		return nil
	}
	err := walk("", doc)
	return found, err
}

// tomlOrigin names the first line that sets the last part of a key.
func tomlOrigin(path string, text []byte, key string) string {
	last := key[strings.LastIndexByte(key, '.')+1:]
	for i, line := range strings.Split(string(text), "\n") {
		name, _, ok := strings.Cut(line, "=")
		name = strings.Trim(strings.TrimSpace(name), `"'`)
		if ok && (name == key || name == last || strings.HasSuffix(name, "."+last)) {
			return fmt.Sprintf("%s:%d", path, i+1)
		}
	}
	return path
}
