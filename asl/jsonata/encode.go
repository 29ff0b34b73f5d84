package jsonata

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/serverledge/serverledge/dag/value"
)

// encoder writes items as JSON.
type encoder struct {
	e *evaluation
	b []byte
	// rounded: numbers have at most 15 digits, as $string writes them; else what
	// comes from a document is written as it is there.
	rounded bool
	// pretty: one member or element a line.
	pretty bool
	// lenient: a number that JSON lacks is null; else it is an error.
	lenient bool
	limit   int // of bytes
	indent  int
}

// valueOf returns an item as a value.
func (e *evaluation) valueOf(it item) (value.Value, *Error) {
	switch it.kind {
	case undefined:
		return value.Value{}, nil
	case null:
		return value.NullValue, nil
	case boolean:
		return value.OfBool(it.num == 1), nil
	case str:
		if e.left -= len(it.text); e.left < 0 {
			return value.Value{}, e.tooLarge()
		}
		return value.OfString(strings.ToValidUTF8(it.text, "\uFFFD")), nil
	case array, object:
		if it.has(wrapper) {
			it = it.node.items[0]
		}
		if m := it.node.more; m != nil && !m.value.IsAbsent() && !e.changed {
			return m.value, nil
		}
	default:
	}
	w := encoder{e: e, limit: max(e.left, 0)}
	if it.kind == array || it.kind == object {
		w.b = make([]byte, 0, min(estimate(it.node), w.limit))
	}
	if err := w.write(it); err != nil {
		return value.Value{}, err
	}
	return value.Raw(w.b), nil
}

// estimate guesses how many bytes an array or object takes as JSON, so that
// most are written without moving.
func estimate(n *node) int {
	size := 64
	for i := range n.items {
		it := &n.items[i]
		size += len(it.text) + 8
		if it.node != nil {
			size += int(it.node.end-it.node.at) + 64*len(it.node.items)
		}
	}
	for _, key := range n.keys {
		size += len(key) + 4
	}
	return size
}

// shown returns an item as JSON for a message, "" when undefined. What is very
// long is cut.
func (e *evaluation) shown(it item) string {
	const most = 4096
	if it.kind == undefined || it.kind == callable {
		return ""
	}
	if it.has(wrapper) {
		it = it.node.items[0]
	}
	w := encoder{e: e, lenient: true, limit: most}
	if err := w.write(it); err != nil {
		return strings.ToValidUTF8(string(w.b[:min(len(w.b), most)]), "") + "..."
	}
	return string(w.b)
}

// appendText appends what $string makes of an item.
func (e *evaluation) appendText(b []byte, it item, pretty bool) ([]byte, *Error) {
	switch it.kind {
	case str:
		return append(b, it.text...), nil
	case undefined, callable, tail:
		return b, nil
	case number:
		if f := it.float(); math.IsInf(f, 0) || math.IsNaN(f) {
			return b, fail("D3001").of("null")
		}
	case array:
		if it.has(wrapper) {
			it = it.node.items[0]
		}
	case null, boolean, object:
	}
	w := encoder{e: e, b: b, rounded: true, pretty: pretty, lenient: true, limit: len(b) + max(e.left, 0)}
	err := w.write(it)
	return w.b, err
}

func (w *encoder) write(it item) *Error {
	switch it.kind {
	case undefined, null, tail:
		w.b = append(w.b, "null"...)
	case boolean:
		if it.num == 1 {
			w.b = append(w.b, "true"...)
		} else {
			w.b = append(w.b, "false"...)
		}
	case str:
		w.writeString(it.text)
	case callable:
		w.b = append(w.b, `""`...)
	case number:
		return w.writeNumber(it)
	case array, object:
		return w.writeNested(it)
	}
	return w.check()
}

func (w *encoder) check() *Error {
	if len(w.b) > w.limit {
		return w.e.tooLarge()
	}
	return nil
}

func (w *encoder) writeString(s string) {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	w.b = value.AppendString(w.b, s)
}

func (w *encoder) writeNumber(it item) *Error {
	if it.text != "" && !w.rounded {
		w.b = append(w.b, it.text...)
		return w.check()
	}
	f := it.float()
	switch {
	case w.rounded && math.IsInf(f, 0):
		return fail("D1001").of("null")
	case w.rounded:
		f = rounded15(f)
	case !w.lenient && (math.IsInf(f, 0) || math.IsNaN(f)):
		return fail("D1001").of("null")
	}
	if math.IsInf(f, 0) || math.IsNaN(f) {
		w.b = append(w.b, "null"...)
	} else {
		w.b = appendNumber(w.b, f)
	}
	return w.check()
}

// writeNested writes an array or object: by copying, if it is in a document.
func (w *encoder) writeNested(it item) *Error {
	n, e := it.node, w.e
	if err := e.enter(); err != nil {
		return err
	}
	defer e.leave()
	if !w.rounded && !e.changed {
		if n.state == unread || n.state == variable {
			w.b = append(w.b, n.more.value.Bytes()...)
			return w.check()
		}
		if n.doc != nil {
			w.b = append(w.b, n.raw()...)
			e.steps -= int(n.end-n.at) / bytesPerStep
			return w.check()
		}
	}
	opening, closing := byte('['), byte(']')
	if it.kind == object {
		opening, closing = '{', '}'
	}
	w.b = append(w.b, opening)
	w.indent++
	first := true
	for i := range e.size(n) {
		e.steps--
		element := e.element(n, i)
		if it.kind == object && element.kind == undefined {
			continue
		}
		if !first {
			w.b = append(w.b, ',')
		}
		first = false
		w.newLine()
		if it.kind == object {
			w.writeString(n.keys[i])
			w.b = append(w.b, ':')
			if w.pretty {
				w.b = append(w.b, ' ')
			}
		}
		if err := w.write(element); err != nil {
			return err
		}
	}
	w.indent--
	if !first {
		w.newLine()
	}
	w.b = append(w.b, closing)
	return w.check()
}

func (w *encoder) newLine() {
	if !w.pretty {
		return
	}
	w.b = append(w.b, '\n')
	for range w.indent {
		w.b = append(w.b, "  "...)
	}
}
