package store

import (
	"fmt"
	"strings"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// root is the prefix of every key but those of registryRoot.
//
// The layout below it, where every part between slashes has gone through
// segment, and every list prefix ends in a slash:
//
//	function/<ns>/<name>        a function; the only keys with "function" in them
//	wf/<ns>/<name>              a workflow
//	pkg/<sha256>                manifest of a package; makes its parts visible
//	blob/<sha256>/<part>        the parts of a package
//	x/<shard>/<id>/h            header of an execution; makes it visible
//	x/<shard>/<id>/o            its owner; there while it is unfinished
//	x/<shard>/<id>/j/<seq>      its entries, one a key, never rewritten
//	x/<shard>/<id>/n            the key under name/ that leads to it, if it has a name
//	done/<shard>/<id>           summary of a finished execution
//	o/<owner>/<id>              index of the unfinished executions of a node
//	r/<inverted time and id>    index of all executions, the newest first
//	name/<ns>/<wf>/<name>       the execution that bears a name
//	node/<id>                   record of a live node, on its lease
const root = "/sl/v1/"

// registryRoot begins the keys that existing clients look nodes up by; the only
// keys with "registry" in them.
const registryRoot = "registry/"

// The kinds of key below root.
const (
	functionRoot = root + "function/"
	workflowRoot = root + "wf/"
	packageRoot  = root + "pkg/"
	blobRoot     = root + "blob/"
	executions   = root + "x/"
	doneRoot     = root + "done/"
	ownerRoot    = root + "o/"
	recentRoot   = root + "r/"
	claimRoot    = root + "name/"
	nodeRoot     = root + "node/"
)

// maxSegment is the longest part of a key, before escaping.
const maxSegment = 256

// The words that existing clients search all keys for.
const (
	wordFunction = "function"
	wordRegistry = "registry"
)

// segment makes one part of a key of any text: bytes other than letters,
// digits, '.', '_' and '-' are percent-encoded, and so is the first letter of
// each of the words, so that no key contains them by accident.
func segment(text string, words ...string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		if plain(c) && !startsWord(text[i:], words) {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

func plain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-'
}

func startsWord(text string, words []string) bool {
	for _, w := range words {
		if len(text) >= len(w) && strings.EqualFold(text[:len(w)], w) {
			return true
		}
	}
	return false
}

// part is segment for keys that may contain neither word.
func part(text string) string { return segment(text, wordFunction, wordRegistry) }

// namespaced makes the key of a name in a namespace. Names are matched without
// regard to case. fault.Invalid for what cannot be a name.
func namespaced(root, namespace, name string, words ...string) (string, error) {
	if err := functions.ValidName(name); err != nil {
		return "", err
	}
	prefix, err := listing(root, namespace, words...)
	if err != nil {
		return "", err
	}
	return prefix + segment(functions.Fold(name), words...), nil
}

// listing makes the prefix of all names in a namespace.
func listing(root, namespace string, words ...string) (string, error) {
	if namespace == "" {
		namespace = functions.DefaultNamespace
	}
	if err := functions.ValidName(namespace); err != nil {
		return "", err
	}
	return root + segment(functions.Fold(namespace), words...) + "/", nil
}

// bounded refuses texts that would make a key empty or too long.
func bounded(what, text string) error {
	if text == "" || len(text) > maxSegment {
		return fault.New(fault.Invalid, "invalid_name", "the %s must have 1 to %d bytes, not %d", what, maxSegment, len(text))
	}
	return nil
}

// shardOf is the first two characters of an execution's id; keys are grouped
// by it, so that ownership of a part of all executions is one range.
func shardOf(id string) string { return id[:2] }

func executionPrefix(id string) string { return executions + shardOf(id) + "/" + id + "/" }
func headerKey(id string) string       { return executionPrefix(id) + "h" }
func ownerKey(id string) string        { return executionPrefix(id) + "o" }
func claimBackKey(id string) string    { return executionPrefix(id) + "n" }
func entryPrefix(id string) string     { return executionPrefix(id) + "j/" }
func doneKey(id string) string         { return doneRoot + shardOf(id) + "/" + id }
func ownedPrefix(owner string) string  { return ownerRoot + part(owner) + "/" }
func ownedKey(owner, id string) string { return ownedPrefix(owner) + id }
func recentKey(id string) string       { return recentRoot + inverted(id[2:]) + id[:2] }

// entryKey has the number in a fixed width, so that keys sort by it.
func entryKey(id string, seq uint64) string { return fmt.Sprintf("%s%016x", entryPrefix(id), seq) }
