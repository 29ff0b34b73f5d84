package jsonata

import (
	"math"
	"strings"
)

// format writes a number.
func (p *subPicture) format(f *decimalFormat, n float64) string {
	n *= p.percent
	exponent := 0
	if p.leastExponent > 0 {
		n, exponent = scaled(n, p.scale)
	}
	digits := f.write(toFixed(math.Abs(roundHalfEven(n, float64(p.mostFraction))), p.mostFraction))
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
	b.WriteString(p.groupInteger(f, integer))
	if fraction = p.groupFraction(f, fraction); fraction != "" && strings.Contains(p.text, f.decimal) {
		b.WriteString(f.decimal + fraction)
	}
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

func runes(s string) int { return len([]rune(s)) }

// groupInteger puts the separators into the integer part.
func (p *subPicture) groupInteger(f *decimalFormat, s string) string {
	digits := []rune(s)
	if p.regular > 0 {
		return string(grouped(digits, p.regular, []rune(f.grouping)))
	}
	length := len(digits)
	for _, position := range p.groups {
		digits = insert(digits, length-position, []rune(f.grouping))
		length++
	}
	return string(digits)
}

// groupFraction puts the separators into the fraction.
func (p *subPicture) groupFraction(f *decimalFormat, s string) string {
	digits := []rune(s)
	for _, position := range p.fractionGroups {
		digits = insert(digits, min(position, len(digits)), []rune(f.grouping))
	}
	return string(digits)
}
