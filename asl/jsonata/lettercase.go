package jsonata

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// upper and lower change case as Unicode says in full, where one letter may
// become several; package strings changes letter by letter.

func upper(s string) string {
	special := false
	for i := 0; i < len(s) && !special; i++ {
		special = s[i] >= utf8.RuneSelf
	}
	if !special {
		return strings.ToUpper(s)
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := decodeRune(s[i:])
		switch several := upperSeveral(r); {
		case several != "":
			b.WriteString(several)
		case !utf8.ValidRune(r) || r == utf8.RuneError:
			b.WriteString(s[i : i+n])
		default:
			b.WriteRune(unicode.ToUpper(r))
		}
		i += n
	}
	return b.String()
}

// upperSeveral returns the capitals of a letter that has several, else "".
func upperSeveral(r rune) string {
	switch {
	case r < 0xDF || r > 0xFB17:
		return ""
	case r >= 0x1F80 && r <= 0x1FAF: // with iota below
		base := [...]rune{0x1F08, 0x1F28, 0x1F68}[(r-0x1F80)>>4]
		return string([]rune{base + r&7, 'Ι'})
	}
	switch r {
	case 'ß':
		return "SS"
	case 'ŉ':
		return "ʼN"
	case 'ǰ':
		return "J\u030C"
	case 'ΐ', '\u1FD3':
		return "Ι\u0308\u0301"
	case 'ΰ', '\u1FE3':
		return "Υ\u0308\u0301"
	case 'և':
		return "ԵՒ"
	case 'ẖ':
		return "H\u0331"
	case 'ẗ':
		return "T\u0308"
	case 'ẘ':
		return "W\u030A"
	case 'ẙ':
		return "Y\u030A"
	case 'ẚ':
		return "Aʾ"
	case '\u1F50':
		return "Υ\u0313"
	case '\u1F52':
		return "Υ\u0313\u0300"
	case '\u1F54':
		return "Υ\u0313\u0301"
	case '\u1F56':
		return "Υ\u0313\u0342"
	}
	if s := upperIota(r); s != "" {
		return s
	}
	return upperLigature(r)
}

// upperIota has the Greek vowels with marks that have no capital of their own.
func upperIota(r rune) string {
	switch r {
	case '\u1FB2':
		return "\u1FBAΙ"
	case '\u1FB3', '\u1FBC':
		return "ΑΙ"
	case '\u1FB4':
		return "\u0386Ι"
	case '\u1FB6':
		return "Α\u0342"
	case '\u1FB7':
		return "Α\u0342Ι"
	case '\u1FC2':
		return "\u1FCAΙ"
	case '\u1FC3', '\u1FCC':
		return "ΗΙ"
	case '\u1FC4':
		return "\u0389Ι"
	case '\u1FC6':
		return "Η\u0342"
	case '\u1FC7':
		return "Η\u0342Ι"
	case '\u1FD2':
		return "Ι\u0308\u0300"
	case '\u1FD6':
		return "Ι\u0342"
	case '\u1FD7':
		return "Ι\u0308\u0342"
	case '\u1FE2':
		return "Υ\u0308\u0300"
	case '\u1FE4':
		return "Ρ\u0313"
	case '\u1FE6':
		return "Υ\u0342"
	case '\u1FE7':
		return "Υ\u0308\u0342"
	case '\u1FF2':
		return "\u1FFAΙ"
	case '\u1FF3', '\u1FFC':
		return "ΩΙ"
	case '\u1FF4':
		return "\u038FΙ"
	case '\u1FF6':
		return "Ω\u0342"
	case '\u1FF7':
		return "Ω\u0342Ι"
	}
	return ""
}

func upperLigature(r rune) string {
	switch r {
	case 'ﬀ':
		return "FF"
	case 'ﬁ':
		return "FI"
	case 'ﬂ':
		return "FL"
	case 'ﬃ':
		return "FFI"
	case 'ﬄ':
		return "FFL"
	case 'ﬅ', 'ﬆ':
		return "ST"
	case 'ﬓ':
		return "ՄՆ"
	case 'ﬔ':
		return "ՄԵ"
	case 'ﬕ':
		return "ՄԻ"
	case 'ﬖ':
		return "ՎՆ"
	case 'ﬗ':
		return "ՄԽ"
	}
	return ""
}

func lower(s string) string {
	if !strings.ContainsAny(s, "Σİ") {
		if utf8.ValidString(s) {
			return strings.ToLower(s)
		}
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := decodeRune(s[i:])
		switch {
		case r == 'İ':
			b.WriteString("i\u0307")
		case r == 'Σ' && endsWord(s, i, n):
			b.WriteString("ς")
		case !utf8.ValidRune(r) || r == utf8.RuneError:
			b.WriteString(s[i : i+n])
		default:
			b.WriteRune(unicode.ToLower(r))
		}
		i += n
	}
	return b.String()
}

// endsWord tells whether the letter of n bytes at s[i] has a letter before it
// and none after it; marks between them do not count.
func endsWord(s string, i, n int) bool {
	ignorable := func(r rune) bool {
		return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk) || strings.ContainsRune("'.:·’", r)
	}
	cased := func(r rune) bool { return unicode.IsUpper(r) || unicode.IsLower(r) || unicode.IsTitle(r) }
	before, after := s[:i], s[i+n:]
	for len(before) > 0 {
		r, size := utf8.DecodeLastRuneInString(before)
		if !ignorable(r) {
			break
		}
		before = before[:len(before)-size]
	}
	for len(after) > 0 {
		r, size := utf8.DecodeRuneInString(after)
		if !ignorable(r) {
			break
		}
		after = after[size:]
	}
	last, _ := utf8.DecodeLastRuneInString(before)
	next, _ := utf8.DecodeRuneInString(after)
	return before != "" && cased(last) && (after == "" || !cased(next))
}
