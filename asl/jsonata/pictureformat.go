package jsonata

import (
	"bytes"
	"math"
	"strings"
	"unicode/utf8"
)

// format writes a number.
func (p *subPicture) format(f *decimalFormat, n float64) string {
	n *= p.percent
	if p.usual {
		return p.formatUsual(n)
	}
	exponent := 0
	if p.leastExponent > 0 {
		n, exponent = scaled(n, p.scale)
	}
	digits := f.write(string(appendFixed(nil, math.Abs(roundHalfEven(n, float64(p.mostFraction))), p.mostFraction)))
	integer, fraction, _ := strings.Cut(digits, ".")
	zero := string(f.zero)
	integer = strings.TrimLeft(integer, zero)
	fraction = strings.TrimRight(fraction, zero)
	if missing := p.leastInteger - runes(integer); missing > 0 {
		integer = strings.Repeat(zero, missing) + integer
	}
	if missing := p.leastFraction - runes(fraction); missing > 0 {
		fraction += strings.Repeat(zero, missing)
	}
	var b strings.Builder
	b.WriteString(p.prefix)
	b.WriteString(p.group(f, integer, fraction))
	if p.leastExponent > 0 {
		s := f.write(formatNumber(math.Abs(float64(exponent))))
		b.WriteString(f.exponent)
		if exponent < 0 {
			b.WriteString(f.minus)
		}
		b.WriteString(strings.Repeat(zero, max(0, p.leastExponent-runes(s))) + s)
	}
	b.WriteString(p.suffix)
	return b.String()
}

// formatUsual is format for pictures like #,##0.00: with the usual characters,
// a point, and the same number of digits between all separators.
func (p *subPicture) formatUsual(n float64) string {
	var few, more [64]byte
	digits := appendFixed(few[:0], math.Abs(roundHalfEven(n, float64(p.mostFraction))), p.mostFraction)
	integer, fraction, _ := bytes.Cut(digits, []byte("."))
	integer, fraction = bytes.TrimLeft(integer, "0"), bytes.TrimRight(fraction, "0")
	b := append(more[:0], p.prefix...)
	missing := max(0, p.leastInteger-len(integer))
	for left := missing + len(integer); left > 0; left-- {
		if p.regular > 0 && left%p.regular == 0 && left < missing+len(integer) {
			b = append(b, ',')
		}
		if left > len(integer) {
			b = append(b, '0')
		} else {
			b = append(b, integer[len(integer)-left])
		}
	}
	if len(fraction) > 0 || p.leastFraction > 0 {
		b = append(append(b, '.'), fraction...)
	}
	for range p.leastFraction - len(fraction) {
		b = append(b, '0')
	}
	return string(append(b, p.suffix...))
}

// scaled returns the mantissa with so many digits before the point, and the
// exponent. Where the reference would go on for ever (zero, a negative
// number) the exponent stays 0.
func scaled(n float64, digits int) (float64, int) {
	exponent := 0
	if !(n > 0) || math.IsInf(n, 0) {
		return n, 0
	}
	least, most := math.Pow(10, float64(digits-1)), math.Pow(10, float64(digits))
	for n < least && exponent > -400 {
		n *= 10
		exponent--
	}
	for n > most {
		n /= 10
		exponent++
	}
	return n, exponent
}

// write replaces the digits by those of the family that is used.
func (f *decimalFormat) write(s string) string {
	if f.zero == '0' {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + f.zero
		}
		return r
	}, s)
}

func runes(s string) int { return utf8.RuneCountInString(s) }

// group puts the separators in, and drops the point if the picture has none.
func (p *subPicture) group(f *decimalFormat, integer, fraction string) string {
	point, separator := []rune(f.decimal), []rune(f.grouping)
	s := []rune(integer)
	if p.regular > 0 {
		s = grouped(s, p.regular, separator)
	}
	s = append(append(s, point...), []rune(fraction)...)
	at := runes(integer)
	if p.regular == 0 {
		for _, position := range p.groups {
			place := at - position
			if place < 0 { // counted from the end, as the reference does
				place = max(0, len(s)+place)
			}
			s = insert(s, place, separator)
			at++
		}
	}
	if at = strings.Index(string(s), f.decimal); at >= 0 {
		at = runes(string(s)[:at])
	}
	for _, position := range p.fractionGroups {
		s = insert(s, min(position+at+1, len(s)), separator)
	}
	if !strings.Contains(p.text, f.decimal) || strings.HasSuffix(string(s), f.decimal) {
		s = s[:len(s)-1]
	}
	return string(s)
}
