package source

import (
	"errors"
	"io"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/serverledge/serverledge/dag/value"
)

// readYAML reads the document of a report as YAML; it returns nil after a
// problem that hides the rest of the text.
func readYAML(r *Report) *Node {
	decoder := yaml.NewDecoder(strings.NewReader(r.Document.Text))
	var root, second yaml.Node
	if err := decoder.Decode(&root); err != nil {
		if errors.Is(err, io.EOF) {
			r.Errorf("001", Place{}, "the definition is empty")
		} else {
			r.yamlError(err)
		}
		return nil
	}
	if err := decoder.Decode(&second); err == nil {
		at := r.Document.skip(r.Document.lineStart(second.Line), second.Column-1)
		r.Errorf("004", Place{nil, at, at + 1}, "a definition is one YAML document, here a second one starts")
		return nil
	} else if !errors.Is(err, io.EOF) {
		r.yamlError(err)
		return nil
	}
	w := yamlWalker{report: r, open: make(map[*yaml.Node]bool), offsets: make(map[*yaml.Node]int)}
	return w.value(&root, 0)
}

// yamlError reports what the YAML parser says, at the line that it names.
func (r *Report) yamlError(err error) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if m := regexp.MustCompile(`^line (\d+): `).FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = strings.TrimPrefix(text, m[0])
	}
	at := r.Document.lineStart(line)
	content := strings.TrimLeft(r.Document.Line(line), " ")
	at += len(r.Document.Line(line)) - len(content)
	r.Errorf("001", Place{nil, at, at + len(content)}, "%s", text)
}

// yamlWalker makes nodes of YAML nodes, following aliases.
type yamlWalker struct {
	report *Report
	tokens int
	open   map[*yaml.Node]bool // the nodes around the one being read

	// offsets of the nodes seen so far, and the place of the last of them:
	// nodes come in order, so that a long line is gone through once.
	offsets              map[*yaml.Node]int
	line, column, offset int
}

// at returns the byte offset of a node.
func (w *yamlWalker) at(y *yaml.Node) int {
	if at, seen := w.offsets[y]; seen {
		return at
	}
	d := w.report.Document
	if y.Line != w.line || y.Column < w.column {
		w.line, w.column, w.offset = y.Line, 1, d.lineStart(y.Line)
	}
	w.offset = d.skip(w.offset, y.Column-w.column)
	w.column = y.Column
	w.offsets[y] = w.offset
	return w.offset
}

func (w *yamlWalker) refuse(number string, y *yaml.Node, format string, args ...any) *Node {
	at := w.at(y)
	w.report.Errorf(number, Place{nil, at, at + 1}, format, args...)
	return nil
}

// value returns nil after it reported a problem that ends the reading.
func (w *yamlWalker) value(y *yaml.Node, depth int) *Node {
	if w.tokens++; w.tokens > value.MaxTokens {
		return w.refuse("003", y, "more than %d values and keys", value.MaxTokens)
	}
	if depth > value.MaxDepth {
		return w.refuse("003", y, "nested deeper than %d levels", value.MaxDepth)
	}
	if w.open[y] {
		return w.refuse("004", y, "an alias that contains itself")
	}
	w.open[y] = true
	defer delete(w.open, y)
	switch y.Kind {
	case yaml.DocumentNode:
		if len(y.Content) != 1 {
			return w.refuse("001", y, "the definition is empty")
		}
		return w.value(y.Content[0], depth)
	case yaml.AliasNode:
		n := w.value(y.Alias, depth)
		if n != nil {
			n.start, n.end = w.span(y)
		}
		return n
	case yaml.SequenceNode:
		return w.array(y, depth)
	case yaml.MappingNode:
		return w.object(y, depth)
	case yaml.ScalarNode:
		return w.scalar(y)
	}
	return w.refuse("001", y, "the definition is empty")
}

func (w *yamlWalker) array(y *yaml.Node, depth int) *Node {
	n := &Node{Kind: value.Array}
	n.start, n.end = w.span(y)
	for i, content := range y.Content {
		item := w.value(content, depth+1)
		if item == nil {
			return nil
		}
		n.Items = append(n.Items, item.adopt(n, strconv.Itoa(i)))
	}
	return n
}

func (w *yamlWalker) object(y *yaml.Node, depth int) *Node {
	n := &Node{Kind: value.Object}
	n.start, n.end = w.span(y)
	first := make(map[string]int)
	for i := 0; i+1 < len(y.Content); i += 2 {
		key := y.Content[i]
		if key.ShortTag() == "!!merge" {
			return w.refuse("004", key, "merge keys (<<) are not part of a definition; repeat the keys or use an alias for a whole value")
		}
		if key.Kind != yaml.ScalarNode {
			return w.refuse("004", key, "a key must be a plain text")
		}
		if w.tokens++; w.tokens > value.MaxTokens {
			return w.refuse("003", key, "more than %d values and keys", value.MaxTokens)
		}
		v := w.value(y.Content[i+1], depth+1)
		if v == nil {
			return nil
		}
		m := Member{Key: key.Value, Value: v}
		m.start, m.end = w.span(key)
		w.report.member(n, first, m)
	}
	return n
}

func (w *yamlWalker) scalar(y *yaml.Node) *Node {
	n := &Node{Kind: value.String, Text: y.Value}
	n.start, n.end = w.span(y)
	switch y.ShortTag() {
	case "!!null":
		n.Kind, n.Text = value.Null, ""
	case "!!bool":
		n.Kind, n.Bool = value.Bool, strings.EqualFold(y.Value, "true")
	case "!!int", "!!float":
		literal, ok := number(y.Value)
		if !ok {
			return w.refuse("004", y, "%q is not a number that JSON has", Clip(y.Value))
		}
		n.Kind, n.Text = value.Number, literal
	case "!!str", "!!timestamp":
	default:
		return w.refuse("004", y, "the tag %s is not part of a definition", Clip(y.Tag))
	}
	return n
}

// longestNumber bounds the digits of a number that is not written as in JSON.
const longestNumber = 400

// number returns a YAML number as a JSON literal: as written where JSON can
// say it, converted where it cannot (0x10, 1_000, +1, .5).
func number(text string) (string, bool) {
	if v, err := value.Parse([]byte(text)); err == nil && v.Kind() == value.Number {
		return text, true
	}
	if len(text) > longestNumber {
		return "", false
	}
	plain := strings.ReplaceAll(text, "_", "")
	if i, ok := new(big.Int).SetString(strings.TrimPrefix(plain, "+"), 0); ok {
		return i.String(), true
	}
	f, err := strconv.ParseFloat(plain, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return "", false
	}
	return value.OfFloat(f).Literal(), true
}

// span returns where a YAML node stands; its end is a guess, as the parser
// does not tell it.
func (w *yamlWalker) span(y *yaml.Node) (start, end int) {
	text := w.report.Document.Text
	start = w.at(y)
	if y.Kind != yaml.ScalarNode {
		return start, min(start+1, len(text))
	}
	length := 1
	switch {
	case strings.HasPrefix(text[start:], y.Value):
		length = len(y.Value)
	case start < len(text) && (text[start] == '"' || text[start] == '\''):
		if strings.HasPrefix(text[start+1:], y.Value) {
			length = len(y.Value) + 2
		}
	}
	return start, min(start+max(1, length), len(text))
}
