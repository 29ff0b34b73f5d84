package jsonata

import (
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The functions of this file read compact JSON text that is known to be valid.

// cursor is a place in a text.
type cursor struct {
	doc  *text
	at   int
	span uint32 // the next span
}

// cursor returns the place of the first element or member of a closed node.
func (n *node) cursor() cursor { return cursor{n.doc, int(n.at) + 1, n.place + 1} }

// decode reads one level of a closed node; what lies deeper stays text.
func (e *evaluation) decode(n *node) {
	c := n.cursor()
	n.state = open
	mark := len(e.stack)
	if inner := int(c.doc.spans[n.place].next - c.span); inner > fewKeys {
		e.expect(inner)
	}
	if raw := c.doc.raw; raw[n.at] == '[' {
		for raw[c.at] != ']' {
			e.stack = append(e.stack, c.read(e))
			if raw[c.at] == ',' {
				c.at++
			}
		}
	} else {
		n.keys = e.decodeMembers(&c)
	}
	n.items = e.popped(mark)
	e.steps -= len(n.items) / 8
	if len(n.keys) > fewKeys {
		n.setIndex()
	}
}

// decodeMembers pushes the values of an object on the stack and returns its
// keys.
func (e *evaluation) decodeMembers(c *cursor) []string {
	var few [16]string
	keys := few[:0]
	for raw := c.doc.raw; raw[c.at] != '}'; {
		end, plain := quotedEnd(raw, c.at)
		key := raw[c.at+1 : end-1]
		if !plain {
			key = unquote(key)
		}
		keys = append(keys, key)
		c.at = end + 1
		e.stack = append(e.stack, c.read(e))
		if raw[c.at] == ',' {
			c.at++
		}
	}
	return append(make([]string, 0, len(keys)), keys...)
}

// read returns the value at the cursor and goes on behind it.
func (c *cursor) read(e *evaluation) item {
	raw, at := c.doc.raw, c.at
	switch raw[at] {
	case '"':
		end, plain := quotedEnd(raw, at)
		c.at = end
		if plain {
			return ofText(raw[at+1 : end-1])
		}
		return ofText(unquote(raw[at+1 : end-1]))
	case '[', '{':
		n := e.newNode()
		n.state, n.doc, n.place, n.at = closed, c.doc, c.span, uint32(at)
		c.skip()
		n.end = uint32(c.at)
		if raw[at] == '[' {
			return item{kind: array, node: n}
		}
		return item{kind: object, node: n}
	case 't':
		c.at += 4
		return ofBool(true)
	case 'f':
		c.at += 5
		return ofBool(false)
	case 'n':
		c.at += 4
		return item{kind: null}
	}
	c.skip()
	return item{kind: number, text: raw[at:c.at]}
}

// skip goes on behind the value at the cursor.
func (c *cursor) skip() {
	raw := c.doc.raw
	switch raw[c.at] {
	case '"':
		c.at, _ = quotedEnd(raw, c.at)
	case '[', '{':
		s := c.doc.spans[c.span]
		c.at, c.span = int(s.end), s.next
	default:
		at := c.at + 1
		for raw[at] != ',' && raw[at] != ']' && raw[at] != '}' {
			at++
		}
		c.at = at
	}
}

// fewMembers is how many members of a closed object are looked at to find one;
// for more, an index is worth its while.
const fewMembers = 16

// search finds a member of an object without decoding it, from the place of
// its first member on; ok is false when there are too many members.
func (e *evaluation) search(c cursor, key string) (it item, ok bool) {
	found, ok := c.find(e, key)
	if !found {
		return item{}, ok
	}
	return c.read(e), true
}

// find goes to the value of a member. It returns whether it is there, and
// whether that is sure.
func (c *cursor) find(e *evaluation, key string) (found, sure bool) {
	raw := c.doc.raw
	for range fewMembers {
		if raw[c.at] == '}' {
			return false, true
		}
		end, plain := quotedEnd(raw, c.at)
		name := raw[c.at+1 : end-1]
		c.at = end + 1
		if name == key && plain || !plain && unquote(name) == key {
			return true, true
		}
		c.skip()
		if long := c.at - end; long > 4*bytesPerStep && raw[end+1] == '"' {
			e.steps -= long / bytesPerStep
		}
		if raw[c.at] == ',' {
			c.at++
		}
	}
	return false, false
}

// quotedEnd returns where the string that starts at raw[at] ends, and whether
// it is without escapes. It looks at eight bytes at once: in the difference to
// a word of quotes (or backslashes) the byte that is 0 is found by the bit that
// it borrows.
func quotedEnd(raw string, at int) (end int, plain bool) {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	plain = true
	i := at + 1
	for {
		for i+8 <= len(raw) {
			w := uint64(raw[i]) | uint64(raw[i+1])<<8 | uint64(raw[i+2])<<16 | uint64(raw[i+3])<<24 |
				uint64(raw[i+4])<<32 | uint64(raw[i+5])<<40 | uint64(raw[i+6])<<48 | uint64(raw[i+7])<<56
			quote, slash := w^('"'*ones), w^('\\'*ones)
			hit := ((quote-ones)&^quote | (slash-ones)&^slash) & tops
			if hit != 0 {
				i += bits.TrailingZeros64(hit) / 8
				break
			}
			i += 8
		}
		for raw[i] != '"' && raw[i] != '\\' {
			i++
		}
		if raw[i] == '"' {
			return i + 1, plain
		}
		plain = false
		i += 2
	}
}

// unquote decodes what stands between the quotes of a string.
func unquote(raw string) string {
	b := make([]byte, 0, len(raw))
	for {
		at := strings.IndexByte(raw, '\\')
		if at < 0 {
			return string(append(b, raw...))
		}
		b = append(b, raw[:at]...)
		c := raw[at+1]
		raw = raw[at+2:]
		switch c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			r, _ := hex4(raw)
			raw = raw[4:]
			if utf16.IsSurrogate(r) && strings.HasPrefix(raw, `\u`) {
				low, _ := hex4(raw[2:])
				r = utf16.DecodeRune(r, low)
				raw = raw[6:]
			}
			b = utf8.AppendRune(b, r)
			continue
		}
		b = append(b, c)
	}
}

// parseFloat reads the literal of a number. Most are short: a whole number and
// a power of ten that a float64 holds exactly, of which the quotient is exact.
func parseFloat(literal string) float64 {
	if len(literal) > 15 {
		f, _ := strconv.ParseFloat(literal, 64)
		return f
	}
	n, point := int64(0), -1
	for i := range len(literal) {
		switch c := literal[i]; {
		case '0' <= c && c <= '9':
			n = n*10 + int64(c-'0')
		case c == '.':
			point = i
		case c != '-' || i > 0:
			f, _ := strconv.ParseFloat(literal, 64)
			return f
		}
	}
	f := float64(n)
	if point >= 0 {
		f /= powerOfTen(len(literal) - 1 - point)
	}
	if literal[0] == '-' {
		f = -f
	}
	return f
}

// powerOfTen returns 10 to the power of n, n up to 15.
func powerOfTen(n int) float64 {
	return [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}[n]
}
