package jsonata

import "strings"

// regex reads a regular expression from its first / to its flags. A / within
// brackets of any kind, or after a backslash, does not end it.
func (l *lexer) regex() (token, *Error) {
	t := token{kind: tokenRegex, offset: l.at}
	l.at++
	from, depth := l.at, 0
	for l.at < len(l.text) {
		c := l.text[l.at]
		if c == '/' && depth == 0 && !l.escaped(from) {
			source := l.text[from:l.at]
			if source == "" {
				return t, failAt("S0301", l.at)
			}
			l.at++
			flags := l.at
			for l.at < len(l.text) && (l.text[l.at] == 'i' || l.text[l.at] == 'm') {
				l.at++
			}
			var err *Error
			if t.regex, err = compilePattern(source, l.text[flags:l.at], from); err != nil {
				return t, err
			}
			if l.patterns += t.regex.cost; l.patterns > MaxPattern {
				return t, tooLargePattern(source, from)
			}
			return t, nil
		}
		if l.text[l.at-1] != '\\' {
			if strings.IndexByte("([{", c) >= 0 {
				depth++
			} else if strings.IndexByte(")]}", c) >= 0 {
				depth--
			}
		}
		l.at++
	}
	return t, failAt("S0302", t.offset)
}

// escaped tells whether an odd number of backslashes stands before the
// current character.
func (l *lexer) escaped(from int) bool {
	n := 0
	for l.at-1-n >= from && l.text[l.at-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}
