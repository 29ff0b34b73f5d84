package jsonata

import (
	"unicode/utf16"
	"unicode/utf8"
)

// Strings are UTF-8. Half of a surrogate pair, which only an escape in an
// expression can make, is held in the three bytes that UTF-8 would give it if
// it allowed it.

// decodeRune returns the first code point of s and its length.
func decodeRune(s string) (rune, int) {
	r, n := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && n == 1 && len(s) >= 3 && s[0] == 0xED && s[1] >= 0xA0 {
		return 0xD000 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), 3
	}
	return r, n
}

// appendUnit appends a UTF-16 unit; the second half of a pair joins the first.
func appendUnit(b []byte, unit rune) []byte {
	if !utf16.IsSurrogate(unit) {
		return utf8.AppendRune(b, unit)
	}
	if n := len(b); unit >= 0xDC00 && n >= 3 && b[n-3] == 0xED && b[n-2] >= 0xA0 && b[n-2] < 0xB0 {
		high, _ := decodeRune(string(b[n-3:]))
		return utf8.AppendRune(b[:n-3], utf16.DecodeRune(high, unit))
	}
	return append(b, 0xED, 0x80|byte(unit>>6&0x3F), 0x80|byte(unit&0x3F))
}

// codePoints counts the code points of s.
func codePoints(s string) int {
	if utf8.ValidString(s) {
		return utf8.RuneCountInString(s)
	}
	n := 0
	for len(s) > 0 {
		_, size := decodeRune(s)
		s = s[size:]
		n++
	}
	return n
}

// units counts the UTF-16 units of s, in which positions are told.
func units(s string) int {
	n := 0
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			i++
			n++
			continue
		}
		r, size := decodeRune(s[i:])
		if r > 0xFFFF {
			n++
		}
		n++
		i += size
	}
	return n
}

// skipPoints returns the place in s after n code points, or its length.
func skipPoints(s string, n int) int {
	at := 0
	for ; n > 0 && at < len(s); n-- {
		if s[at] < utf8.RuneSelf {
			at++
			continue
		}
		_, size := decodeRune(s[at:])
		at += size
	}
	return at
}
