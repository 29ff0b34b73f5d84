package jsonata

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// The ways to write a whole number.
type numbering uint8

const (
	decimal numbering = iota
	letters
	roman
	words
	sequenceOfOwn // a numbering that is not known here
)

// letterCase of words, letters and names.
type letterCase uint8

const (
	noCase letterCase = iota
	lowerCase
	upperCase
	titleCase
)

// integerPicture says how to write a whole number; it is the picture string of
// XPath's format-integer.
type integerPicture struct {
	primary   numbering
	letters   letterCase
	ordinal   bool
	zero      rune // the digit 0 of the family that is used
	mandatory int
	optional  int
	regular   int // the size of the groups if all are equal, else 0
	groups    []separator
	token     string
	width     int // how many digits there are when parsing, 0 if any
}

// separator stands between groups of digits, so many digits from the right.
type separator struct {
	position int
	text     string
}

// parseIntegerPicture reads a picture string.
func parseIntegerPicture(text string) (*integerPicture, *Error) {
	p := &integerPicture{letters: lowerCase}
	primary := text
	if i := strings.LastIndexByte(text, ';'); i >= 0 {
		primary = text[:i]
		p.ordinal = strings.HasPrefix(text[i+1:], "o")
	}
	switch primary {
	case "A", "a":
		p.primary = letters
	case "I", "i":
		p.primary = roman
	case "W", "w", "Ww":
		p.primary = words
	default:
		return p, p.digits(primary)
	}
	switch primary {
	case "A", "I", "W":
		p.letters = upperCase
	case "Ww":
		p.letters = titleCase
	}
	return p, nil
}

// digits reads a picture of digits and separators from the right.
func (p *integerPicture) digits(text string) *Error {
	position := 0
	for i := len(text); i > 0; {
		r, n := utf8.DecodeLastRuneInString(text[:i])
		i -= n
		switch zero := digitFamily(r); {
		case zero != 0:
			if p.zero != 0 && p.zero != zero {
				return fail("D3131")
			}
			p.zero = zero
			p.mandatory++
			position++
		case r == '#':
			p.optional++
			position++
		default:
			p.groups = append(p.groups, separator{position, string(r)})
		}
	}
	if p.mandatory == 0 {
		p.primary, p.token = sequenceOfOwn, text
		p.optional, p.groups = 0, nil
		return nil
	}
	p.regular = regularGroups(p.groups)
	return nil
}

// digitFamily returns the zero of the family that a digit belongs to, or 0.
func digitFamily(r rune) rune {
	if r >= '0' && r <= '9' {
		return '0'
	}
	if r < 0x660 {
		return 0
	}
	for _, zero := range []rune{
		0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50, 0x0ED0,
		0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0,
		0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
	} {
		if r >= zero && r <= zero+9 {
			return zero
		}
	}
	return 0
}

// regularGroups returns the size of the groups if all separators are the same
// and stand equally far from each other, else 0.
func regularGroups(groups []separator) int {
	positions := make([]int, len(groups))
	for i, g := range groups {
		if g.text != groups[0].text {
			return 0
		}
		positions[i] = g.position
	}
	return regularPositions(positions)
}

func regularPositions(positions []int) int {
	size := 0
	for _, p := range positions {
		for size, p = p, size; p != 0; { // the greatest common divisor
			size, p = p, size%p
		}
	}
	places := make(map[int]bool, len(positions))
	for _, p := range positions {
		places[p] = true
	}
	for i := range positions {
		if !places[(i+1)*size] {
			return 0
		}
	}
	return size
}

// format writes a whole number.
func (p *integerPicture) format(e *evaluation, f float64) (string, *Error) {
	size := math.Abs(f)
	var s string
	var err *Error
	switch p.primary {
	case letters:
		s = toLetters(size, p.letters == upperCase)
	case roman:
		if s, err = toRoman(e, size); p.letters == upperCase {
			s = strings.ToUpper(s)
		}
	case words:
		s, err = p.inWords(size)
	case sequenceOfOwn:
		err = fail("D3130").of(quoted(p.token))
	case decimal:
		s, err = p.inDigits(e, size)
	}
	if f < 0 {
		s = "-" + s
	}
	return s, err
}

func (p *integerPicture) inDigits(e *evaluation, size float64) (string, *Error) {
	s := formatNumber(size)
	if missing := p.mandatory - len(s); missing > 0 {
		if err := e.grow(missing); err != nil {
			return "", err
		}
		s = strings.Repeat("0", missing) + s
	}
	runes := []rune(s)
	if p.zero != '0' {
		for i := range runes {
			runes[i] += p.zero - '0'
		}
	}
	if err := e.spend((len(p.groups) + 1) * (len(runes)/bytesPerStep + 1)); err != nil {
		return "", err
	}
	if p.regular > 0 {
		runes = grouped(runes, p.regular, []rune(p.groups[0].text))
	} else {
		for _, g := range slices.Backward(p.groups) {
			place := len(runes) - g.position
			if place < 0 { // as in the reference, only so many digits remain
				runes, place = runes[max(0, len(runes)+place):], 0
			}
			runes = insert(runes, place, []rune(g.text))
		}
	}
	if p.ordinal {
		runes = append(runes, []rune(ordinalSuffix(runes))...)
	}
	return string(runes), nil
}

// grouped puts a separator after each so many digits, from the right.
func grouped(digits []rune, size int, separator []rune) []rune {
	var out []rune
	for i, r := range digits {
		if left := len(digits) - i; i > 0 && left%size == 0 {
			out = append(out, separator...)
		}
		out = append(out, r)
	}
	return out
}

// insert puts text at a place.
func insert(runes []rune, at int, text []rune) []rune {
	return slices.Insert(slices.Clip(runes), at, text...)
}

// formatInteger is $formatInteger.
func formatInteger(e *evaluation, args []item) (item, *Error) {
	if args[0].kind != number {
		return item{}, nil
	}
	p, err := parseIntegerPicture(at(args, 1).text)
	if err != nil {
		return item{}, err
	}
	if err := e.spend(len(at(args, 1).text)); err != nil {
		return item{}, err
	}
	s, err := p.format(e, math.Floor(args[0].float()))
	return ofText(s), err
}
