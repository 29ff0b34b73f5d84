package jsonata

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The functions of this file read compact JSON text that is known to be valid.

// decode reads one level of a closed node; what lies deeper stays text.
func (e *evaluation) decode(n *node) {
	raw := n.raw
	n.state = open
	mark := len(e.stack)
	if raw[0] == '[' {
		for at := 1; raw[at] != ']'; {
			var it item
			it, at = e.read(raw, at)
			e.stack = append(e.stack, it)
			if raw[at] == ',' {
				at++
			}
		}
	} else {
		n.keys = e.decodeMembers(raw)
	}
	n.items = append(make([]item, 0, len(e.stack)-mark), e.stack[mark:]...)
	e.stack = e.stack[:mark]
	e.steps -= len(raw)/bytesPerStep + len(n.items)/8
	if len(n.keys) > fewKeys {
		n.index = make(map[string]int, len(n.keys))
		for i, key := range n.keys {
			n.index[key] = i
		}
	}
}

// decodeMembers pushes the values of an object on the stack and returns its
// keys.
func (e *evaluation) decodeMembers(raw string) []string {
	var few [16]string
	keys := few[:0]
	for at := 1; raw[at] != '}'; {
		end, plain := quotedEnd(raw, at)
		key := raw[at+1 : end-1]
		if !plain {
			key = unquote(key)
		}
		keys = append(keys, key)
		var it item
		it, at = e.read(raw, end+1)
		e.stack = append(e.stack, it)
		if raw[at] == ',' {
			at++
		}
	}
	return append(make([]string, 0, len(keys)), keys...)
}

// read returns the value that starts at raw[at], and where it ends.
func (e *evaluation) read(raw string, at int) (item, int) {
	switch raw[at] {
	case '"':
		end, plain := quotedEnd(raw, at)
		if plain {
			return ofText(raw[at+1 : end-1]), end
		}
		return ofText(unquote(raw[at+1 : end-1])), end
	case '[', '{':
		end := nestedEnd(raw, at)
		n := e.newNode()
		n.state, n.raw = closed, raw[at:end]
		if raw[at] == '[' {
			return item{kind: array, node: n}, end
		}
		return item{kind: object, node: n}, end
	case 't':
		return ofBool(true), at + 4
	case 'f':
		return ofBool(false), at + 5
	case 'n':
		return item{kind: null}, at + 4
	}
	end := at + 1
	for end < len(raw) && raw[end] != ',' && raw[end] != ']' && raw[end] != '}' {
		end++
	}
	return item{kind: number, text: raw[at:end]}, end
}

// search finds a member in the text of an object.
func (e *evaluation) search(raw, key string) item {
	for at := 1; raw[at] != '}'; {
		end, plain := quotedEnd(raw, at)
		name := raw[at+1 : end-1]
		if plain && name == key || !plain && unquote(name) == key {
			it, _ := e.read(raw, end+1)
			return it
		}
		if at = valueEnd(raw, end+1); raw[at] == ',' {
			at++
		}
	}
	return item{}
}

// valueEnd returns where the value that starts at raw[at] ends.
func valueEnd(raw string, at int) int {
	switch raw[at] {
	case '"':
		end, _ := quotedEnd(raw, at)
		return end
	case '[', '{':
		return nestedEnd(raw, at)
	}
	for at++; at < len(raw) && raw[at] != ',' && raw[at] != ']' && raw[at] != '}'; {
		at++
	}
	return at
}

// quotedEnd returns where the string that starts at raw[at] ends, and whether
// it is without escapes.
func quotedEnd(raw string, at int) (end int, plain bool) {
	for i := at + 1; i < len(raw); i++ {
		if c := raw[i]; c == '"' {
			return i + 1, true
		} else if c == '\\' {
			for ; raw[i] != '"'; i++ {
				if raw[i] == '\\' {
					i++
				}
			}
			return i + 1, false
		}
	}
	return len(raw), true
}

// nestedEnd returns where the array or object that starts at raw[at] ends.
func nestedEnd(raw string, at int) int {
	depth := 0
	for i := at; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			end, _ := quotedEnd(raw, i)
			i = end - 1
		case '[', '{':
			depth++
		case ']', '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(raw)
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

// parseFloat reads the literal of a number. Most are short and whole.
func parseFloat(literal string) float64 {
	if len(literal) <= 15 {
		n, negative := int64(0), false
		for i := range len(literal) {
			c := literal[i]
			if c == '-' && i == 0 {
				negative = true
				continue
			}
			if c < '0' || c > '9' {
				f, _ := strconv.ParseFloat(literal, 64)
				return f
			}
			n = n*10 + int64(c-'0')
		}
		if !negative {
			return float64(n)
		}
		return -float64(n)
	}
	f, _ := strconv.ParseFloat(literal, 64)
	return f
}
