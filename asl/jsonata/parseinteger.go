package jsonata

import (
	"math"
	"strings"
)

// parseInteger is $parseInteger.
func parseInteger(e *evaluation, args []item) (item, *Error) {
	text := at(args, 0)
	if text.kind != str {
		return item{}, nil
	}
	p, err := parseIntegerPicture(at(args, 1).text)
	if err != nil {
		return item{}, err
	}
	if p.primary == sequenceOfOwn {
		return item{}, fail("D3130").of(quoted(p.token))
	}
	if err := e.spend((len(text.text)+len(at(args, 1).text))/4 + 20); err != nil {
		return item{}, err
	}
	return ofNumber(p.parse(e, text.text)), nil
}

// parse reads a number as the picture writes it; NaN when it cannot.
func (p *integerPicture) parse(e *evaluation, s string) float64 {
	switch p.primary {
	case letters:
		return fromLetters(s, p.letters == upperCase)
	case roman:
		if p.letters != upperCase {
			s = strings.ToUpper(s)
		}
		return fromRoman(s)
	case words:
		return e.fromWords(strings.ToLower(s))
	default:
	}
	if p.ordinal {
		s = s[:max(0, len(s)-2)]
	}
	if p.regular > 0 {
		s = strings.ReplaceAll(s, ",", "")
	} else {
		for _, g := range p.groups {
			s = strings.ReplaceAll(s, g.text, "")
		}
	}
	if p.zero != '0' {
		s = strings.Map(func(r rune) rune { return r - p.zero + '0' }, s)
	}
	return leadingInteger(s)
}

// leadingInteger reads the whole number that a text starts with, as
// JavaScript's parseInt does; NaN when there is none.
func leadingInteger(s string) float64 {
	s = strings.TrimLeft(s, " \t\n\v\f\r\u00A0\u2028\u2029\uFEFF")
	sign, base := 1.0, 10.0
	if s != "" && (s[0] == '-' || s[0] == '+') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	if strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X") {
		s, base = s[2:], 16
	}
	if base == 10 {
		n := 0
		for n < len(s) && '0' <= s[n] && s[n] <= '9' {
			n++
		}
		if n == 0 {
			return math.NaN()
		}
		return sign * parseFloat(s[:n])
	}
	f, n := 0.0, 0
	for ; n < len(s); n++ {
		digit := strings.IndexByte("0123456789abcdef", s[n]|0x20)
		if '0' <= s[n] && s[n] <= '9' {
			digit = int(s[n] - '0')
		}
		if digit < 0 {
			break
		}
		f = f*base + float64(digit)
	}
	if n == 0 {
		return math.NaN()
	}
	return sign * f
}

func fromLetters(s string, capital bool) float64 {
	first := 'a'
	if capital {
		first = 'A'
	}
	f := 0.0
	for _, r := range s {
		f = f*26 + float64(r-first+1)
	}
	return f
}

// fromRoman reads Roman numerals in capitals; NaN when there is another letter.
func fromRoman(s string) float64 {
	f, most := 0.0, 1.0
	for i := len(s) - 1; i >= 0; i-- {
		var value float64
		switch s[i] {
		case 'M':
			value = 1000
		case 'D':
			value = 500
		case 'C':
			value = 100
		case 'L':
			value = 50
		case 'X':
			value = 10
		case 'V':
			value = 5
		case 'I':
			value = 1
		default:
			return math.NaN()
		}
		if value < most {
			f -= value
		} else {
			most = value
			f += value
		}
	}
	return f
}
