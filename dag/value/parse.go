package value

import (
	"bytes"
	"fmt"
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
	s.blank()
	if err := s.value(0); err != nil {
		return Value{}, err
	}
	s.blank()
	if s.at < len(s.in) {
		return Value{}, s.fail("invalid_json", "text after the end of the document")
	}
	if s.out == nil { // nothing was left out
		return Raw(text[s.start:s.end]), nil
	}
	return Raw(append(s.out, s.in[s.copied:s.end]...)), nil
}

// scanner validates a text and drops its blanks.
type scanner struct {
	in     []byte
	at     int
	tokens int
	start  int    // of the document
	end    int    // of the last token
	copied int    // in[:copied] is in out or was left out
	out    []byte // nil until the first blank inside the document
}

func (s *scanner) fail(code, format string, args ...any) error {
	return &SyntaxError{s.at, code, fmt.Sprintf(format, args...)}
}

// blank skips white space, keeping what came before it.
func (s *scanner) blank() {
	if s.at < len(s.in) && s.in[s.at] > ' ' {
		return // as nearly always in a compact text
	}
	s.blanks()
}

func (s *scanner) blanks() {
	from := s.at
	for s.at < len(s.in) {
		switch s.in[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
			continue
		}
		break
	}
	if s.at == from {
		return
	}
	if s.tokens == 0 {
		s.start, s.copied = s.at, s.at
		return
	}
	if s.at == len(s.in) {
		return
	}
	if s.out == nil {
		s.out = make([]byte, 0, len(s.in)-s.start)
	}
	s.out = append(s.out, s.in[s.copied:from]...)
	s.copied = s.at
}

func (s *scanner) token() error {
	if s.tokens++; s.tokens > MaxTokens {
		return s.fail("too_many_tokens", "more than %d values and keys", MaxTokens)
	}
	return nil
}

func (s *scanner) value(depth int) error {
	if s.at >= len(s.in) {
		return s.fail("invalid_json", "the document ends too early")
	}
	if err := s.token(); err != nil {
		return err
	}
	var err error
	switch c := s.in[s.at]; {
	case c == '{' || c == '[':
		if depth >= MaxDepth {
			return s.fail("too_deep", "nested deeper than %d levels", MaxDepth)
		}
		if c == '{' {
			err = s.object(depth + 1)
		} else {
			err = s.array(depth + 1)
		}
	case c == '"':
		_, err = s.text()
	case c == 't':
		err = s.word("true")
	case c == 'f':
		err = s.word("false")
	case c == 'n':
		err = s.word("null")
	case c == '-' || '0' <= c && c <= '9':
		err = s.number()
	default:
		r, _ := utf8.DecodeRune(s.in[s.at:])
		return s.fail("invalid_json", "unexpected %q where a value should be", r)
	}
	s.end = s.at
	return err
}

func (s *scanner) word(w string) error {
	if len(s.in)-s.at < len(w) || string(s.in[s.at:s.at+len(w)]) != w {
		return s.fail("invalid_json", "unexpected text where %s should be", w)
	}
	s.at += len(w)
	return nil
}

func (s *scanner) digits() bool {
	from := s.at
	for s.at < len(s.in) && '0' <= s.in[s.at] && s.in[s.at] <= '9' {
		s.at++
	}
	return s.at > from
}

func (s *scanner) number() error {
	if s.in[s.at] == '-' {
		s.at++
	}
	if s.at < len(s.in) && s.in[s.at] == '0' {
		s.at++
	} else if !s.digits() {
		return s.fail("invalid_json", "a number needs digits")
	}
	if s.at < len(s.in) && s.in[s.at] == '.' {
		if s.at++; !s.digits() {
			return s.fail("invalid_json", "a number needs digits after its point")
		}
	}
	if s.at < len(s.in) && (s.in[s.at] == 'e' || s.in[s.at] == 'E') {
		s.at++
		if s.at < len(s.in) && (s.in[s.at] == '+' || s.in[s.at] == '-') {
			s.at++
		}
		if !s.digits() {
			return s.fail("invalid_json", "a number needs digits in its exponent")
		}
	}
	return nil
}

// text checks a string and returns its content between the quotes, undecoded.
// plain tells the bytes that stand for themselves in a string, and alone.
var plain = func() (is [256]bool) { //nolint:gochecknoglobals // a table
	for c := ' '; c < utf8.RuneSelf; c++ {
		is[c] = c != '"' && c != '\\'
	}
	return is
}()

func (s *scanner) text() ([]byte, error) {
	s.at++
	from := s.at
	for s.at < len(s.in) {
		for plain[s.in[s.at]] {
			if s.at++; s.at == len(s.in) {
				return nil, s.fail("invalid_json", "a string is not closed")
			}
		}
		switch c := s.in[s.at]; {
		case c == '"':
			s.at++
			return s.in[from : s.at-1], nil
		case c < 0x20:
			return nil, s.fail("invalid_json", "a control character in a string must be escaped")
		case c == '\\':
			if err := s.escape(); err != nil {
				return nil, err
			}
		default:
			r, n := utf8.DecodeRune(s.in[s.at:])
			if r == utf8.RuneError && n <= 1 {
				return nil, s.fail("invalid_json", "the text is not valid UTF-8")
			}
			s.at += n
		}
	}
	return nil, s.fail("invalid_json", "a string is not closed")
}

func (s *scanner) escape() error {
	if s.at+1 >= len(s.in) {
		return s.fail("invalid_json", "a string is not closed")
	}
	switch s.in[s.at+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.at += 2
		return nil
	case 'u':
		r, ok := hex4(s.in[s.at:])
		if !ok {
			return s.fail("invalid_json", `\u needs four hexadecimal digits`)
		}
		if !utf16.IsSurrogate(r) {
			s.at += 6
			return nil
		}
		low, ok := hex4(s.in[s.at+6:])
		if !ok || utf16.DecodeRune(r, low) == utf8.RuneError {
			return s.fail("invalid_json", "half of a surrogate pair")
		}
		s.at += 12
		return nil
	}
	return s.fail("invalid_json", "unknown escape \\%c", s.in[s.at+1])
}

// hex4 reads \uXXXX at the start of b.
func hex4(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(n), err == nil
}

func (s *scanner) array(depth int) error {
	s.at++
	s.blank()
	if s.at < len(s.in) && s.in[s.at] == ']' {
		s.at++
		return nil
	}
	for {
		s.blank()
		if err := s.value(depth); err != nil {
			return err
		}
		s.blank()
		if s.at >= len(s.in) {
			return s.fail("invalid_json", "an array is not closed")
		}
		switch s.in[s.at] {
		case ',':
			s.at++
		case ']':
			s.at++
			return nil
		default:
			return s.fail("invalid_json", "expected , or ] in an array")
		}
	}
}

func (s *scanner) object(depth int) error {
	s.at++
	s.blank()
	if s.at < len(s.in) && s.in[s.at] == '}' {
		s.at++
		return nil
	}
	var few [8][]byte
	keys, seen := few[:0], map[string]bool(nil)
	for {
		s.blank()
		if s.at >= len(s.in) || s.in[s.at] != '"' {
			return s.fail("invalid_json", "expected a key in double quotes")
		}
		if err := s.token(); err != nil {
			return err
		}
		place := s.at
		raw, err := s.text()
		if err != nil {
			return err
		}
		key := raw
		if bytes.IndexByte(raw, '\\') >= 0 {
			key = []byte(unquote(raw))
		}
		twice := seen[string(key)]
		if seen == nil {
			for _, k := range keys {
				twice = twice || bytes.Equal(k, key)
			}
			if keys = append(keys, key); len(keys) == cap(few[:]) {
				seen = make(map[string]bool, 2*len(keys))
				for _, k := range keys {
					seen[string(k)] = true
				}
			}
		} else {
			seen[string(key)] = true
		}
		if twice {
			s.at = place
			return s.fail("duplicate_key", "the key %q stands twice in one object", key)
		}
		s.blank()
		if s.at >= len(s.in) || s.in[s.at] != ':' {
			return s.fail("invalid_json", "expected : after a key")
		}
		s.at++
		s.blank()
		if err := s.value(depth); err != nil {
			return err
		}
		s.blank()
		if s.at >= len(s.in) {
			return s.fail("invalid_json", "an object is not closed")
		}
		switch s.in[s.at] {
		case ',':
			s.at++
		case '}':
			s.at++
			return nil
		default:
			return s.fail("invalid_json", "expected , or } in an object")
		}
	}
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
