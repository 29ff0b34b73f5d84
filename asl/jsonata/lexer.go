package jsonata

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenOperator
	tokenName
	tokenVariable
	tokenString
	tokenNumber
	tokenConstant // true, false, null
	tokenRegex
)

// token is one word of an expression. The text of a variable is its name
// without the $; the text of a string is what it stands for.
type token struct {
	kind   tokenKind
	text   string
	number float64
	regex  *pattern
	offset int
}

// is tells whether the token is the given operator.
func (t token) is(operator string) bool { return t.kind == tokenOperator && t.text == operator }

// shown returns the token as messages show it.
func (t token) shown() string {
	switch t.kind {
	case tokenEnd:
		return quoted("(end)")
	case tokenNumber:
		return formatNumber(t.number)
	case tokenConstant:
		return t.text
	case tokenRegex:
		return "{}"
	case tokenOperator, tokenName, tokenVariable, tokenString:
	}
	return quoted(t.text)
}

// lexer cuts a text into tokens. Whether / divides or starts a regular
// expression depends on what the parser has just read.
type lexer struct {
	text     string
	at       int
	patterns int // instructions of the regular expressions so far
}

const blanks = " \t\n\r\v"

// singles are the characters that end a name.
const singles = ".[]{}()@#;:?+-*/%|=<>^&!~,"

// next returns the next token. After an operand, / is division.
func (l *lexer) next(afterOperand bool) (token, *Error) {
	if err := l.skip(); err != nil {
		return token{}, err
	}
	t := token{offset: l.at}
	if l.at == len(l.text) {
		return t, nil
	}
	c := l.text[l.at]
	switch {
	case c == '/' && !afterOperand:
		return l.regex()
	case strings.IndexByte(singles, c) >= 0:
		t.kind, t.text = tokenOperator, l.operator()
		return t, nil
	case c == '"' || c == '\'':
		return l.str()
	case '0' <= c && c <= '9':
		return l.number()
	case c == '`':
		end := strings.IndexByte(l.text[l.at+1:], '`')
		if end < 0 {
			return t, failAt("S0105", l.at)
		}
		t.kind, t.text = tokenName, l.text[l.at+1:l.at+1+end]
		l.at += end + 2
		return t, nil
	}
	l.word(&t)
	return t, nil
}

// skip passes over blanks and comments.
func (l *lexer) skip() *Error {
	for l.at < len(l.text) {
		switch {
		case strings.IndexByte(blanks, l.text[l.at]) >= 0:
			l.at++
		case strings.HasPrefix(l.text[l.at:], "/*"):
			end := strings.Index(l.text[l.at+2:], "*/")
			if end < 0 {
				return failAt("S0106", l.at)
			}
			l.at += end + 4
		default:
			return nil
		}
	}
	return nil
}

func (l *lexer) operator() string {
	if l.at+1 < len(l.text) {
		switch two := l.text[l.at : l.at+2]; two {
		case "..", ":=", "!=", ">=", "<=", "**", "~>":
			l.at += 2
			return two
		}
	}
	l.at++
	return l.text[l.at-1 : l.at]
}

// word reads a name, a variable or a keyword.
func (l *lexer) word(t *token) {
	from := l.at
	for l.at < len(l.text) && strings.IndexByte(blanks, l.text[l.at]) < 0 && strings.IndexByte(singles, l.text[l.at]) < 0 {
		l.at++
	}
	t.text = l.text[from:l.at]
	switch t.text {
	case "and", "or", "in":
		t.kind = tokenOperator
	case "true", "false", "null":
		t.kind = tokenConstant
	default:
		t.kind = tokenName
		if t.text[0] == '$' {
			t.kind, t.text = tokenVariable, t.text[1:]
		}
	}
}

func (l *lexer) digits() bool {
	from := l.at
	for l.at < len(l.text) && '0' <= l.text[l.at] && l.text[l.at] <= '9' {
		l.at++
	}
	return l.at > from
}

// number reads a number as JSON has it: what does not belong to it is left.
func (l *lexer) number() (token, *Error) {
	t := token{kind: tokenNumber, offset: l.at}
	if l.text[l.at] == '0' {
		l.at++
	} else {
		l.digits()
	}
	if from := l.at; strings.HasPrefix(l.text[l.at:], ".") {
		if l.at++; !l.digits() {
			l.at = from
		}
	}
	if from := l.at; l.at < len(l.text) && (l.text[l.at] == 'e' || l.text[l.at] == 'E') {
		l.at++
		if l.at < len(l.text) && (l.text[l.at] == '+' || l.text[l.at] == '-') {
			l.at++
		}
		if !l.digits() {
			l.at = from
		}
	}
	t.text = l.text[t.offset:l.at]
	var err error
	if t.number, err = strconv.ParseFloat(t.text, 64); err != nil {
		return t, failAt("S0102", t.offset).about(t.text)
	}
	return t, nil
}

// str reads a string in single or double quotes.
func (l *lexer) str() (token, *Error) {
	t := token{kind: tokenString, offset: l.at}
	quote := l.text[l.at]
	l.at++
	var b []byte
	for l.at < len(l.text) {
		c := l.text[l.at]
		l.at++
		switch c {
		case quote:
			t.text = string(b)
			return t, nil
		case '\\':
			var err *Error
			if b, err = l.escape(b); err != nil {
				return t, err
			}
		default:
			b = append(b, c)
		}
	}
	return t, failAt("S0101", t.offset)
}

// escape reads what follows a backslash.
func (l *lexer) escape(b []byte) ([]byte, *Error) {
	if l.at == len(l.text) {
		return b, failAt("S0103", l.at).about("")
	}
	c := l.text[l.at]
	switch c {
	case '"', '\\', '/':
		b = append(b, c)
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
		unit, ok := hex4(l.text[l.at+1:])
		if !ok {
			return b, failAt("S0104", l.at)
		}
		l.at += 5
		return appendUnit(b, unit), nil
	default:
		_, n := utf8.DecodeRuneInString(l.text[l.at:])
		return b, failAt("S0103", l.at).about(l.text[l.at : l.at+n])
	}
	l.at++
	return b, nil
}

// hex4 reads four hexadecimal digits at the start of s.
func hex4(s string) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(s[:4], 16, 16)
	return rune(n), err == nil
}
