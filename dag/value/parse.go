package value

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// The limits of Parse: a document from outside may nest this deep and hold
// this many tokens (values and keys). One mebibyte of `{"":0},` would decode
// to 59 MiB, so tokens are counted before anything is decoded.
const (
	MaxDepth  = 64
	MaxTokens = 200_000
)

// SyntaxError says what is wrong with a JSON text, and where.
type SyntaxError struct {
	Offset int    // in bytes
	Code   string // invalid_json, duplicate_key, too_deep, too_many_tokens
	Detail string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.Detail, e.Offset) }

// Parse checks that text is exactly one JSON document within the limits, in
// valid UTF-8, without duplicate keys, byte-order mark or lone surrogates, and
// returns it in compact form. Errors are *SyntaxError.
func Parse(text []byte) (Value, error) {
	s := scanner{in: text}
	start := s.blank(0)
	s.copied = start
	end := s.value(start, 0)
	if end < 0 {
		return Value{}, s.err
	}
	if at := s.blank(end); at < len(text) {
		s.fail(at, "invalid_json", "text after the end of the document")
		return Value{}, s.err
	}
	compact := text[start:end]
	if s.out != nil { // something was left out
		compact = append(s.out, text[s.copied:end]...)
	}
	if len(s.spans) > 0 && few(s.spans, compact) {
		return ofText(compact, s.spans), nil
	}
	return ofText(compact, nil), nil
}

// scanner validates a text, drops its blanks and notes its spans. Its methods
// take the place of what they read and return the place behind it, or -1 once
// err is set.
type scanner struct {
	in      []byte
	tokens  int
	copied  int    // in[:copied] is in out or was left out
	out     []byte // nil until the first blank inside the document
	dropped int    // bytes left out so far
	spans   []Span
	keys    [32]key // of the objects around
	known   int     // how many of them there are
	err     error
}

// key is one of an object, without escapes.
type key struct {
	head uint64 // its first bytes
	at   int
}

func (s *scanner) fail(at int, code, format string, args ...any) int {
	s.err = &SyntaxError{at, code, fmt.Sprintf(format, args...)}
	return -1
}

// blank skips white space, keeping what came before it.
func (s *scanner) blank(at int) int {
	if at < len(s.in) && s.in[at] > ' ' {
		return at // as nearly always in a compact text
	}
	return s.blanks(at)
}

func (s *scanner) blanks(from int) int {
	at := from
	for at < len(s.in) {
		switch s.in[at] {
		case ' ', '\t', '\n', '\r':
			at++
			continue
		}
		break
	}
	if at == from || at == len(s.in) {
		return at
	}
	s.dropped += at - from
	if s.tokens > 0 {
		if s.out == nil {
			s.out = make([]byte, 0, len(s.in)-s.copied)
		}
		s.out = append(s.out, s.in[s.copied:from]...)
		s.copied = at
	}
	return at
}

func (s *scanner) tooMany(at int) int {
	return s.fail(at, "too_many_tokens", "more than %d values and keys", MaxTokens)
}

func (s *scanner) value(at, depth int) int {
	if at >= len(s.in) {
		return s.fail(at, "invalid_json", "the document ends too early")
	}
	if s.tokens++; s.tokens > MaxTokens {
		return s.tooMany(at)
	}
	switch s.in[at] {
	case '"':
		end, _ := s.text(at)
		return end
	case '{', '[':
		if depth >= MaxDepth {
			return s.fail(at, "too_deep", "nested deeper than %d levels", MaxDepth)
		}
		return s.nested(at, depth+1)
	case 't':
		return s.word(at, "true")
	case 'f':
		return s.word(at, "false")
	case 'n':
		return s.word(at, "null")
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return s.number(at)
	}
	r, _ := utf8.DecodeRune(s.in[at:])
	return s.fail(at, "invalid_json", "unexpected %q where a value should be", r)
}

// nested reads an array or object.
func (s *scanner) nested(at, depth int) int {
	if s.spans == nil && len(s.in) >= smallText {
		s.spans = make([]Span, 0, guess(s.in))
	}
	n := len(s.spans)
	if s.spans != nil {
		s.spans = append(s.spans, Span{})
	}
	if s.in[at] == '{' {
		at = s.object(at, depth)
	} else {
		at = s.array(at, depth)
	}
	if s.spans != nil {
		s.spans[n] = Span{uint32(at - s.dropped), uint32(len(s.spans))}
	}
	return at
}

func (s *scanner) word(at int, w string) int {
	if len(s.in)-at < len(w) || string(s.in[at:at+len(w)]) != w {
		return s.fail(at, "invalid_json", "unexpected text where %s should be", w)
	}
	return at + len(w)
}

// digits returns the place behind the digits at a place.
func (s *scanner) digits(at int) int {
	for at < len(s.in) && '0' <= s.in[at] && s.in[at] <= '9' {
		at++
	}
	return at
}

func (s *scanner) number(at int) int {
	if s.in[at] == '-' {
		at++
	}
	from := at
	if at < len(s.in) && s.in[at] == '0' {
		at++
	} else if at = s.digits(at); at == from {
		return s.fail(at, "invalid_json", "a number needs digits")
	}
	if at < len(s.in) && s.in[at] == '.' {
		from = at + 1
		if at = s.digits(from); at == from {
			return s.fail(at, "invalid_json", "a number needs digits after its point")
		}
	}
	if at < len(s.in) && (s.in[at] == 'e' || s.in[at] == 'E') {
		at++
		if at < len(s.in) && (s.in[at] == '+' || s.in[at] == '-') {
			at++
		}
		from = at
		if at = s.digits(from); at == from {
			return s.fail(at, "invalid_json", "a number needs digits in its exponent")
		}
	}
	return at
}

// text checks a string; plain tells that it has no escapes. It looks at eight
// bytes at once: the lowest bit of hit belongs to the first of them that does
// not stand for itself, by the bit that it borrows in a subtraction, or by its
// own top bit.
func (s *scanner) text(at int) (end int, plain bool) {
	in, plain := s.in, true
	at++
	for {
		for at+8 <= len(in) {
			w := binary.LittleEndian.Uint64(in[at:])
			quote, slash := w^'"'*ones, w^'\\'*ones
			hit := ((quote-ones)&^quote | (slash-ones)&^slash | (w-' '*ones)&^w | w) & tops
			if hit == 0 {
				at += 8
				continue
			}
			if at += bits.TrailingZeros64(hit) / 8; in[at] == '"' {
				return at + 1, plain
			}
			break
		}
		for at < len(in) && in[at] >= ' ' && in[at] < utf8.RuneSelf && in[at] != '"' && in[at] != '\\' {
			at++
		}
		if at == len(in) {
			return s.fail(at, "invalid_json", "a string is not closed"), false
		}
		switch c := in[at]; {
		case c == '"':
			return at + 1, plain
		case c < ' ':
			return s.fail(at, "invalid_json", "a control character in a string must be escaped"), false
		case c == '\\':
			plain = false
			if at = s.escape(at); at < 0 {
				return at, false
			}
		}
		for at < len(in) && in[at] >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(in[at:])
			if r == utf8.RuneError && n <= 1 {
				return s.fail(at, "invalid_json", "the text is not valid UTF-8"), false
			}
			at += n
		}
	}
}

func (s *scanner) escape(at int) int {
	if at+1 >= len(s.in) {
		return s.fail(at, "invalid_json", "a string is not closed")
	}
	switch s.in[at+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return at + 2
	case 'u':
		r, ok := hex4(s.in[at:])
		if !ok {
			return s.fail(at, "invalid_json", `\u needs four hexadecimal digits`)
		}
		if !utf16.IsSurrogate(r) {
			return at + 6
		}
		low, ok := hex4(s.in[at+6:])
		if !ok || utf16.DecodeRune(r, low) == utf8.RuneError {
			return s.fail(at, "invalid_json", "half of a surrogate pair")
		}
		return at + 12
	}
	return s.fail(at, "invalid_json", "unknown escape \\%c", s.in[at+1])
}

// hex4 reads \uXXXX at the start of b.
func hex4(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(n), err == nil
}

func (s *scanner) array(at, depth int) int {
	if at = s.blank(at + 1); at < len(s.in) && s.in[at] == ']' {
		return at + 1
	}
	for {
		if at = s.value(s.blank(at), depth); at < 0 {
			return at
		}
		if at = s.blank(at); at >= len(s.in) {
			return s.fail(at, "invalid_json", "an array is not closed")
		}
		switch s.in[at] {
		case ',':
			at++
		case ']':
			return at + 1
		default:
			return s.fail(at, "invalid_json", "expected , or ] in an array")
		}
	}
}

func (s *scanner) object(at, depth int) int {
	if at = s.blank(at + 1); at < len(s.in) && s.in[at] == '}' {
		return at + 1
	}
	before := s.known
	var many map[string]bool
	for {
		if at = s.blank(at); at >= len(s.in) || s.in[at] != '"' {
			return s.fail(at, "invalid_json", "expected a key in double quotes")
		}
		if s.tokens++; s.tokens > MaxTokens {
			return s.tooMany(at)
		}
		end, plain := s.text(at)
		if end < 0 {
			return end
		}
		if many == nil && (!plain || s.known == len(s.keys)) {
			many = s.all(before)
		}
		if many != nil {
			key := unquote(s.in[at+1 : end-1])
			if many[key] {
				return s.twice(at, end)
			}
			many[key] = true
		} else {
			k := key{s.head(at+1, end-1), at + 1}
			for i := before; i < s.known; i++ {
				if s.keys[i].head == k.head && bytes.Equal(s.in[s.keys[i].at:][:end-k.at], s.in[k.at:end]) {
					return s.twice(at, end)
				}
			}
			s.keys[s.known] = k
			s.known++
		}
		if at = s.blank(end); at >= len(s.in) || s.in[at] != ':' {
			return s.fail(at, "invalid_json", "expected : after a key")
		}
		if at = s.value(s.blank(at+1), depth); at < 0 {
			return at
		}
		if at = s.blank(at); at >= len(s.in) {
			return s.fail(at, "invalid_json", "an object is not closed")
		}
		switch s.in[at] {
		case ',':
			at++
		case '}':
			s.known = before
			return at + 1
		default:
			return s.fail(at, "invalid_json", "expected , or } in an object")
		}
	}
}

func (s *scanner) twice(at, end int) int {
	return s.fail(at, "duplicate_key", "the key %q stands twice in one object", unquote(s.in[at+1:end-1]))
}

// head returns the first eight bytes of a text between two places, or less.
func (s *scanner) head(from, to int) uint64 {
	if from+8 > len(s.in) { // the document ends
		var last [8]byte
		copy(last[:], s.in[from:to])
		return binary.LittleEndian.Uint64(last[:])
	}
	w := binary.LittleEndian.Uint64(s.in[from:])
	if n := to - from; n < 8 {
		w &= 1<<(8*n) - 1
	}
	return w
}

// all returns the known keys of an object as a set, for many keys or those
// with escapes.
func (s *scanner) all(before int) map[string]bool {
	set := make(map[string]bool, 2*(s.known-before))
	for _, k := range s.keys[before:s.known] {
		set[string(s.in[k.at:k.at+bytes.IndexByte(s.in[k.at:], '"')])] = true
	}
	return set
}

// decode reads one level of a valid compact text; children stay undecoded.
func decode(text []byte) *node {
	switch text[0] {
	case 'n':
		return &node{kind: Null}
	case 't':
		return &node{kind: Bool, boolean: true}
	case 'f':
		return &node{kind: Bool}
	case '"':
		return &node{kind: String, text: unquote(text[1 : len(text)-1])}
	case '[':
		n := &node{kind: Array}
		for at := 1; text[at] != ']'; {
			end := skip(text, at)
			n.items = append(n.items, Raw(text[at:end:end]))
			if at = end; text[at] == ',' {
				at++
			}
		}
		return n
	case '{':
		n := &node{kind: Object}
		for at := 1; text[at] != '}'; {
			end := skip(text, at)
			key := unquote(text[at+1 : end-1])
			at = end + 1
			end = skip(text, at)
			n.members = append(n.members, Member{key, Raw(text[at:end:end])})
			if at = end; text[at] == ',' {
				at++
			}
		}
		if len(n.members) > 8 {
			n.index = make(map[string]int, len(n.members))
			for i, m := range n.members {
				n.index[m.Key] = i
			}
		}
		return n
	default:
		return &node{kind: Number, text: string(text)}
	}
}

// skip returns the end of the value that starts at text[at].
func skip(text []byte, at int) int {
	depth := 0
	for i := at; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ':':
			if depth == 0 {
				return i
			}
		}
	}
	return len(text)
}

// unquote decodes the content of a valid JSON string.
func unquote(raw []byte) string {
	if !slices.Contains(raw, '\\') {
		return string(raw)
	}
	b := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			b = append(b, raw[i])
			continue
		}
		i++
		switch raw[i] {
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'u':
			r, _ := hex4(raw[i-1:])
			i += 4
			if utf16.IsSurrogate(r) {
				if low, ok := hex4(raw[i+1:]); ok {
					r = utf16.DecodeRune(r, low)
					i += 6
				}
			}
			b = utf8.AppendRune(b, r)
		default:
			b = append(b, raw[i])
		}
	}
	return string(b)
}
