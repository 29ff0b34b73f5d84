package jsonata

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// base64encode is $base64encode: of the low bytes of the UTF-16 units, as the
// reference does.
func base64encode(e *evaluation, args []item) (item, *Error) {
	return e.mapText(args[0], func(s string) string {
		b := make([]byte, 0, len(s))
		for i := 0; i < len(s); {
			r, n := decodeRune(s[i:])
			if i += n; r > 0xFFFF {
				r -= 0x10000
				b = append(b, byte(r>>10), byte(r))
			} else {
				b = append(b, byte(r))
			}
		}
		return base64.StdEncoding.EncodeToString(b)
	})
}

// base64decode is $base64decode: each byte becomes a character. Both alphabets
// are read, and what belongs to none is passed over.
func base64decode(e *evaluation, args []item) (item, *Error) {
	return e.mapText(args[0], func(s string) string {
		digits := make([]byte, 0, len(s))
		for i := range len(s) {
			c := s[i]
			switch {
			case c == '-':
				c = '+'
			case c == '_':
				c = '/'
			case c == '=':
				return latin1(digits)
			case c != '+' && c != '/' && !isLetterOrDigit(c):
				continue
			}
			digits = append(digits, c)
		}
		return latin1(digits)
	})
}

// latin1 decodes base64 without padding to one character a byte.
func latin1(digits []byte) string {
	if len(digits)%4 == 1 { // too few bits for a byte
		digits = digits[:len(digits)-1]
	}
	decoded, err := base64.RawStdEncoding.DecodeString(string(digits))
	if err != nil {
		return ""
	}
	b := make([]byte, 0, len(decoded))
	for _, c := range decoded {
		b = utf8.AppendRune(b, rune(c))
	}
	return string(b)
}

func isLetterOrDigit(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// The characters that stay as they are in a component of a URL, and those that
// also do in a whole one.
const (
	componentMarks = "-_.!~*'()"
	urlMarks       = ";/?:@&=+$,#"
)

func encodeURLComponent(e *evaluation, args []item) (item, *Error) {
	return e.encodeURL(args[0], componentMarks, "encodeUrlComponent")
}

func encodeURL(e *evaluation, args []item) (item, *Error) {
	return e.encodeURL(args[0], componentMarks+urlMarks, "encodeUrl")
}

func (e *evaluation) encodeURL(it item, marks, function string) (item, *Error) {
	if it.kind != str {
		return item{}, nil
	}
	if !utf8.ValidString(it.text()) {
		return item{}, malformed(it, function)
	}
	if err := e.grow(3 * len(it.text())); err != nil {
		return item{}, err
	}
	const hex = "0123456789ABCDEF"
	b := make([]byte, 0, len(it.text()))
	for i := range len(it.text()) {
		c := it.text()[i]
		if isLetterOrDigit(c) || strings.IndexByte(marks, c) >= 0 {
			b = append(b, c)
		} else {
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return ofText(string(b)), nil
}

func malformed(it item, function string) *Error {
	err := fail("D3140").of(quoted(strings.ToValidUTF8(it.text(), "\uFFFD")))
	err.details.function = function
	return err
}

func decodeURLComponent(e *evaluation, args []item) (item, *Error) {
	return e.decodeURL(args[0], "", "decodeUrlComponent")
}

func decodeURL(e *evaluation, args []item) (item, *Error) {
	return e.decodeURL(args[0], urlMarks, "decodeUrl")
}

// decodeURL undoes the escapes, save those of the reserved characters.
func (e *evaluation) decodeURL(it item, reserved, function string) (item, *Error) {
	if it.kind != str {
		return item{}, nil
	}
	if err := e.grow(len(it.text())); err != nil {
		return item{}, err
	}
	s := it.text()
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		if s[i] != '%' {
			b = append(b, s[i])
			i++
			continue
		}
		from := i
		var few [utf8.UTFMax]byte
		char := few[:0]
		for len(char) < utf8.UTFMax && !utf8.FullRune(char) || len(char) == 0 {
			c, ok := hex2(s, i)
			if !ok {
				return item{}, malformed(it, function)
			}
			char = append(char, c)
			i += 3
		}
		r, n := utf8.DecodeRune(char)
		if r == utf8.RuneError && n <= 1 {
			return item{}, malformed(it, function)
		}
		if r < utf8.RuneSelf && strings.IndexByte(reserved, byte(r)) >= 0 {
			b = append(b, s[from:i]...)
		} else {
			b = append(b, char...)
		}
	}
	return ofText(string(b)), nil
}

// hex2 reads %XX at s[i].
func hex2(s string, i int) (byte, bool) {
	if i+3 > len(s) || s[i] != '%' {
		return 0, false
	}
	n, ok := hex4("00" + s[i+1:i+3])
	return byte(n), ok
}
