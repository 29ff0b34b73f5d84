package jsonata

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// translator writes a regular expression of JavaScript in the syntax of package
// regexp.
type translator struct {
	source     string
	at         int
	out        strings.Builder
	ignoreCase bool
}

// The classes that differ between the two.
const (
	lineEnds  = `\n\r\x{2028}\x{2029}`
	spaces    = `\t-\r \x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}`
	notSpaces = `\x{0}-\x{8}\x{E}-\x{1F}!-\x{9F}\x{A1}-\x{167F}\x{1681}-\x{1FFF}\x{200B}-\x{2027}\x{202A}-\x{202E}` +
		`\x{2030}-\x{205E}\x{2060}-\x{2FFF}\x{3001}-\x{FEFE}\x{FF00}-\x{10FFFF}`
)

func (t *translator) fail(message string) *Error {
	err := failAt(codePattern, t.at)
	err.Message = message
	return err
}

func (t *translator) has(prefix string) bool { return strings.HasPrefix(t.source[t.at:], prefix) }

func (t *translator) translate() *Error {
	for t.at < len(t.source) {
		var err *Error
		switch c := t.source[t.at]; {
		case c == '\\':
			err = t.escape(false)
		case c == '[':
			err = t.class()
		case c == '.':
			t.write("[^"+lineEnds+"]", 1)
		case t.has("(?"):
			err = t.group()
		case c == '{' && !t.isRepetition():
			t.write(`\{`, 1)
		case c == ']' || c == '}' && !t.closesRepetition():
			t.write(`\`+string(c), 1)
		default:
			_, n := utf8.DecodeRuneInString(t.source[t.at:])
			t.write(t.source[t.at:t.at+n], n)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// write appends text for the next n bytes.
func (t *translator) write(text string, n int) {
	t.out.WriteString(text)
	t.at += n
}

// isRepetition tells whether {n}, {n,} or {n,m} stands here.
func (t *translator) isRepetition() bool {
	inner, _, ok := strings.Cut(t.source[t.at+1:], "}")
	from, to, _ := strings.Cut(inner, ",")
	return ok && isDigits(from) && (to == "" || isDigits(to))
}

// closesRepetition tells whether the } here belongs to a repetition.
func (t *translator) closesRepetition() bool {
	open := strings.LastIndexByte(t.source[:t.at], '{')
	if open < 0 || open > 0 && t.source[open-1] == '\\' {
		return false
	}
	back := *t
	back.at = open
	return back.isRepetition() && !strings.Contains(t.source[open:t.at], "}")
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// group passes on (?: and named groups, and refuses what looks around.
func (t *translator) group() *Error {
	switch {
	case t.has("(?=") || t.has("(?!"):
		return t.fail("The regular expression looks ahead, which is not supported")
	case t.has("(?<=") || t.has("(?<!"):
		return t.fail("The regular expression looks behind, which is not supported")
	case t.has("(?:"):
		t.write("(?:", 3)
	case t.has("(?<"):
		t.write("(?<", 3)
	default:
		return t.fail("The regular expression has a group of unknown kind")
	}
	return nil
}

// escape translates a backslash and what follows it.
func (t *translator) escape(inClass bool) *Error {
	if t.at+1 == len(t.source) {
		return t.fail(`The regular expression ends with \`)
	}
	c := t.source[t.at+1]
	switch c {
	case 'd', 'D', 'w', 'W', 't', 'n', 'r', 'f', 'v':
		t.write(t.source[t.at:t.at+2], 2)
	case 's', 'S':
		text := spaces
		if c == 'S' {
			text = notSpaces
		}
		if !inClass {
			text = "[" + text + "]"
		}
		t.write(text, 2)
	case 'b', 'B':
		if inClass {
			t.write(map[byte]string{'b': `\x08`, 'B': "B"}[c], 2)
		} else {
			t.write(t.source[t.at:t.at+2], 2)
		}
	case 'p', 'P': // not in JavaScript without a flag, but in Java, and useful
		n := 2
		if inner, _, ok := strings.Cut(t.source[t.at+2:], "}"); ok && strings.HasPrefix(inner, "{") {
			n += len(inner) + 1
		}
		t.write(t.source[t.at:t.at+n], n)
	case 'x':
		t.code(2)
	case 'u':
		t.code(4)
	case 'c':
		if t.at+2 < len(t.source) && isLetterOrDigit(t.source[t.at+2]) {
			t.writeRune(rune(t.source[t.at+2]&0x1F), 3)
		} else {
			t.write(`\\`, 1)
		}
	case '0':
		t.writeRune(0, 2)
	case 'k', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		if c == 'k' && !strings.Contains(t.source, "(?<") || inClass {
			t.writeRune(rune(c), 2)
			return nil
		}
		return t.fail("The regular expression refers back to a group, which is not supported")
	default:
		r, n := utf8.DecodeRuneInString(t.source[t.at+1:])
		t.writeRune(r, 1+n)
	}
	return nil
}

// code translates \xHH and \uHHHH; without the digits, the letter stands for
// itself.
func (t *translator) code(digits int) {
	letter := t.source[t.at+1]
	if t.at+2+digits <= len(t.source) {
		if n, err := strconv.ParseUint(t.source[t.at+2:t.at+2+digits], 16, 32); err == nil {
			t.writeRune(rune(n), 2+digits)
			return
		}
	}
	t.writeRune(rune(letter), 2)
}

// writeRune writes a character that stands for itself, for the next n bytes.
func (t *translator) writeRune(r rune, n int) {
	if r < utf8.RuneSelf && isLetterOrDigit(byte(r)) {
		t.write(string(r), n)
		return
	}
	t.write(fmt.Sprintf(`\x{%X}`, r), n)
}

// class translates [...].
func (t *translator) class() *Error {
	start := t.at
	t.at++
	negated := t.has("^")
	if negated {
		t.at++
	}
	if t.has("]") { // JavaScript has empty classes
		text := `[^\x{0}-\x{10FFFF}]`
		if negated {
			text = `[\x{0}-\x{10FFFF}]`
		}
		t.write(text, 1)
		return nil
	}
	t.out.WriteByte('[')
	if negated {
		t.out.WriteByte('^')
	}
	for t.at < len(t.source) {
		switch c := t.source[t.at]; {
		case c == ']':
			t.write("]", 1)
			return nil
		case c == '\\':
			wide := t.at+1 < len(t.source) && strings.IndexByte("dDwWsSpP", t.source[t.at+1]) >= 0
			if err := t.escape(true); err != nil {
				return err
			}
			if wide && t.has("-") && !t.has("-]") { // a class starts no range
				t.write(`\-`, 1)
			}
		case c == '-' && t.at+2 < len(t.source) && t.source[t.at+1] == '\\' && strings.IndexByte("dDwWsSpP", t.source[t.at+2]) >= 0:
			t.write(`\-`, 1)
		case c == '[' || c == '^' || c == '&' || c == '~':
			t.write(`\`+string(c), 1)
		default:
			_, n := utf8.DecodeRuneInString(t.source[t.at:])
			t.write(t.source[t.at:t.at+n], n)
		}
	}
	t.at = start
	return t.fail("The regular expression has a [ that is not closed")
}
