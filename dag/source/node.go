package source

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/serverledge/serverledge/dag/value"
)

// Node is a value of a definition with its place in the text.
type Node struct {
	// Kind is never value.Absent.
	Kind value.Kind
	// Text is the content of a string, or the JSON literal of a number.
	Text string
	// Bool is the truth of a boolean.
	Bool bool
	// Members of an object and Items of an array, in order. Keys are unique.
	Members []Member
	Items   []*Node

	start, end int // in bytes of the document's text
	up         *Node
	key        string // under which up holds it; for arrays the index
}

// Member is a key of an object with its value.
type Member struct {
	Key   string
	Value *Node

	start, end int // of the key
}

// Place is where something stands: a stretch of the text and the node whose
// pointer names it.
type Place struct {
	node       *Node
	start, end int
}

// First returns the place of the first character only.
func (p Place) First() Place { return Place{p.node, p.start, min(p.start+1, p.end)} }

// At returns the place of the node.
func (n *Node) At() Place { return Place{n, n.start, n.end} }

// At returns the place of the key.
func (m *Member) At() Place { return Place{m.Value, m.start, m.end} }

// Pointer returns the RFC 6901 pointer of the node, "" for the root.
func (n *Node) Pointer() string {
	if n == nil || n.up == nil {
		return ""
	}
	key := strings.ReplaceAll(strings.ReplaceAll(n.key, "~", "~0"), "/", "~1")
	return n.up.Pointer() + "/" + key
}

// Find returns the node at an RFC 6901 pointer below n, nil when there is none.
func (n *Node) Find(pointer string) *Node {
	if pointer == "" {
		return n
	}
	key, rest, more := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	if more {
		rest = "/" + rest
	}
	key = strings.ReplaceAll(strings.ReplaceAll(key, "~1", "/"), "~0", "~")
	if n.Kind == value.Array {
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(n.Items) {
			return n.Items[i].Find(rest)
		}
		return nil
	}
	if m := n.Member(key); m != nil {
		return m.Value.Find(rest)
	}
	return nil
}

// Member returns the member of an object under a key, nil when there is none.
func (n *Node) Member(key string) *Member {
	for i := range n.Members {
		if n.Members[i].Key == key {
			return &n.Members[i]
		}
	}
	return nil
}

// Get returns the value of an object under a key, nil when there is none.
func (n *Node) Get(key string) *Node {
	if m := n.Member(key); m != nil {
		return m.Value
	}
	return nil
}

// Value returns the JSON value of the node.
func (n *Node) Value() value.Value {
	switch n.Kind {
	case value.Bool:
		return value.OfBool(n.Bool)
	case value.Number:
		return value.OfNumber(n.Text)
	case value.String:
		return value.OfString(n.Text)
	case value.Array:
		items := make([]value.Value, len(n.Items))
		for i, item := range n.Items {
			items[i] = item.Value()
		}
		return value.OfArray(items...)
	case value.Object:
		members := make([]value.Member, len(n.Members))
		for i, m := range n.Members {
			members[i] = value.Member{Key: m.Key, Value: m.Value.Value()}
		}
		return value.OfObject(members...)
	case value.Null, value.Absent:
	}
	return value.NullValue
}

// Any returns the node as encoding/json would decode it with UseNumber.
func (n *Node) Any() any {
	switch n.Kind {
	case value.Bool:
		return n.Bool
	case value.Number:
		return json.Number(n.Text)
	case value.String:
		return n.Text
	case value.Array:
		items := make([]any, len(n.Items))
		for i, item := range n.Items {
			items[i] = item.Any()
		}
		return items
	case value.Object:
		members := make(map[string]any, len(n.Members))
		for _, m := range n.Members {
			members[m.Key] = m.Value.Any()
		}
		return members
	case value.Null, value.Absent:
	}
	return nil
}

// adopt sets the way from a child to its parent.
func (n *Node) adopt(up *Node, key string) *Node {
	n.up, n.key = up, key
	return n
}
