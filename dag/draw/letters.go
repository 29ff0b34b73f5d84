package draw

import (
	"strconv"
	"strings"
	"unicode"
)

// clean makes a text one line that cannot steer what shows it.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r' || r == 0x2028 || r == 0x2029:
			return ' '
		case unicode.IsControl(r), r >= 0x200e && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069,
			r == 0xfeff, r == 0xfffe, r == 0xffff, r == unicode.ReplacementChar:
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}

// brief leaves out what the names of all resources of AWS begin with.
func brief(detail string) string {
	_, service, found := strings.Cut(detail, ":states:::")
	if found && strings.HasPrefix(detail, "arn:") {
		return service
	}
	if _, function, found := strings.Cut(detail, ":function:"); found {
		return function
	}
	return detail
}

// shorten cuts a text until it is at most as wide as most.
func shorten(s string, most int, width func(string) int) string {
	if width(s) <= most {
		return s
	}
	runes := []rune(s)
	lo, hi := 0, len(runes)-1 // how many letters fit, with a mark
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if width(string(runes[:mid])+"…") <= most {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	for lo > 1 && thin(runes[lo]) { // an accent stays with its letter
		lo--
	}
	return strings.TrimRight(string(runes[:lo]), " ") + "…"
}

// thin tells that a letter takes no place of its own.
func thin(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) || r >= 0x1f3fb && r <= 0x1f3ff
}

// wide tells that a letter takes the place of two.
func wide(r rune) bool {
	switch {
	case r < 0x1100:
		return false
	case r <= 0x115f, r == 0x2329, r == 0x232a, r >= 0x2e80 && r <= 0x303e, r >= 0x3041 && r <= 0x33ff,
		r >= 0x3400 && r <= 0x4dbf, r >= 0x4e00 && r <= 0x9fff, r >= 0xa000 && r <= 0xa4cf, r >= 0xa960 && r <= 0xa97f,
		r >= 0xac00 && r <= 0xd7a3, r >= 0xf900 && r <= 0xfaff, r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60,
		r >= 0xffe0 && r <= 0xffe6, r >= 0x1f1e6 && r <= 0x1f1ff, r >= 0x1f300 && r <= 0x1f64f, r >= 0x1f680 && r <= 0x1f6ff,
		r >= 0x1f900 && r <= 0x1f9ff, r >= 0x1fa70 && r <= 0x1faff, r >= 0x20000 && r <= 0x3fffd:
		return true
	}
	return false
}

// columns is how many columns of a terminal a text takes.
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case thin(r):
		case wide(r):
			n += 2
		default:
			n++
		}
	}
	return n
}

// extent is about how wide a text is in a sans-serif font of a size, in pixels:
// the widths are those of Arial, and some more because the font may be another.
func extent(s string, size int, bold bool) int {
	const em, more, moreBold = 1000, 107, 113
	sum := 0
	for _, r := range s {
		switch {
		case thin(r):
		case r >= ' ' && r <= '~':
			sum += letterWidth(byte(r))
		case wide(r):
			sum += em
		default:
			sum += 620
		}
	}
	percent := more
	if bold {
		percent = moreBold
	}
	return (sum*size*percent + 100*em - 1) / (100 * em)
}

// letterWidth is the width of a letter of ASCII in thousandths of its size.
func letterWidth(b byte) int {
	const (
		from222 = "ijl'"
		from278 = " !,./:;I[\\]ft|"
		from333 = "\"()-`r{}"
		from389 = "*^"
		from500 = "Jcksvxyz"
		from584 = "+<=>~"
		from611 = "FTZ"
		from667 = "&ABEKPSVXY"
		from722 = "CDHNRUw"
		from778 = "GOQ"
	)
	switch {
	case strings.IndexByte(from222, b) >= 0:
		return 222
	case strings.IndexByte(from278, b) >= 0:
		return 278
	case strings.IndexByte(from333, b) >= 0:
		return 340
	case strings.IndexByte(from389, b) >= 0:
		return 430
	case strings.IndexByte(from500, b) >= 0:
		return 500
	case strings.IndexByte(from584, b) >= 0:
		return 584
	case strings.IndexByte(from611, b) >= 0:
		return 611
	case strings.IndexByte(from667, b) >= 0:
		return 667
	case strings.IndexByte(from722, b) >= 0:
		return 722
	case strings.IndexByte(from778, b) >= 0:
		return 778
	case b == 'M' || b == 'm':
		return 833
	case b == 'W' || b == '%':
		return 944
	case b == '@':
		return 1015
	}
	return 556
}

// badges are the short marks of a box.
func badges(b *Box) []string {
	var out []string
	if b.Guarded {
		out = append(out, "when")
	}
	if b.JoinAny {
		out = append(out, "any")
	}
	if b.Callback {
		out = append(out, "callback")
	}
	if b.Retries > 0 {
		out = append(out, "↻ "+strconv.Itoa(b.Retries))
	}
	if b.Count > 1 {
		out = append(out, "× "+strconv.Itoa(b.Count))
	}
	return out
}
