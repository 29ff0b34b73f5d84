package jsonata

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"
)

// formatNumber writes a number as JavaScript does.
func formatNumber(f float64) string { return string(appendNumber(nil, f)) }

// appendNumber appends a number as JavaScript writes it: the fewest digits
// that stand for it, with an exponent only below 1e-6 and from 1e21 on.
func appendNumber(b []byte, f float64) []byte {
	switch size := math.Abs(f); {
	case f == 0:
		return append(b, '0')
	case math.IsNaN(f):
		return append(b, "NaN"...)
	case f > math.MaxFloat64:
		return append(b, "Infinity"...)
	case f < -math.MaxFloat64:
		return append(b, "-Infinity"...)
	case size < 1e15 && f == math.Trunc(f):
		return strconv.AppendInt(b, int64(f), 10)
	case size < 1e-6 || size >= 1e21:
		b = strconv.AppendFloat(b, f, 'e', -1, 64)
		if n := len(b); b[n-4] == 'e' && b[n-2] == '0' { // e-07
			b[n-2] = b[n-1]
			b = b[:n-1]
		}
		return b
	default:
		return strconv.AppendFloat(b, f, 'f', -1, 64)
	}
}

// rounded15 returns the number of 15 digits that is nearest; of two, the
// larger in size.
func rounded15(f float64) float64 {
	if f == math.Trunc(f) && math.Abs(f) < 1e15 || math.IsNaN(f) {
		return f
	}
	shortest := strconv.FormatFloat(f, 'e', -1, 64)
	mantissa, exponent, _ := strings.Cut(shortest, "e")
	digits := len(mantissa)
	if mantissa[0] == '-' {
		digits--
	}
	if digits <= 16 { // fifteen digits and the point
		return f
	}
	if digits == 17 && strings.HasSuffix(mantissa, "5") && isTie(f) {
		// strconv rounds to even
		r, _ := strconv.ParseFloat(mantissa[:len(mantissa)-1]+"9e"+exponent, 64)
		f = r
	}
	r, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'e', 14, 64), 64)
	return r
}

// isTie tells whether a number has exactly 16 digits.
func isTie(f float64) bool {
	exact := strconv.FormatFloat(f, 'e', 60, 64)
	mantissa, _, _ := strings.Cut(exact, "e")
	return len(strings.TrimRight(strings.TrimPrefix(mantissa, "-"), "0")) == 17
}

// appendFixed appends a number with so many digits after the point, as
// JavaScript writes it: ties away from zero.
func appendFixed(b []byte, f float64, digits int) []byte {
	if math.Abs(f) >= 1e21 || math.IsNaN(f) {
		return appendNumber(b, f)
	}
	fixed := strconv.AppendFloat(b, f, 'f', digits, 64)
	var few [32]byte
	shortest := strconv.AppendFloat(few[:0], f, 'f', -1, 64)
	if _, fraction, _ := bytes.Cut(shortest, []byte(".")); len(fraction) <= digits || fraction[len(fraction)-1] != '5' {
		return fixed
	}
	exact := strconv.FormatFloat(f, 'f', 1100, 64) // a float64 has no more digits
	point := strings.IndexByte(exact, '.')
	rest := strings.TrimRight(exact[point+1+digits:], "0")
	if rest != "5" {
		return fixed
	}
	// A tie: take the next larger number, which has the same digits before it.
	up := math.Nextafter(math.Abs(f), math.Inf(1))
	if f < 0 {
		up = -up
	}
	return strconv.AppendFloat(b, up, 'f', digits, 64)
}

// roundHalfEven rounds to so many decimal places, ties to even. The point is
// moved in the text, since multiplying would change the number.
func roundHalfEven(f, places float64) float64 {
	shifted := f
	if places != 0 {
		shifted = shift(f, places)
	}
	rounded := math.Floor(shifted + 0.5)
	if shifted == math.Trunc(shifted) {
		rounded = shifted // also where adding a half would not be exact
	} else if shifted-math.Floor(shifted) < 0.5 {
		rounded = math.Floor(shifted)
	}
	if math.Abs(rounded-shifted) == 0.5 && math.Abs(math.Mod(rounded, 2)) == 1 {
		rounded--
	}
	if places != 0 {
		rounded = shift(rounded, -places)
	}
	if rounded == 0 {
		return 0
	}
	return rounded
}

// shift multiplies a number by a power of ten, by its text.
func shift(f, places float64) float64 {
	if math.Abs(places) <= 15 && places == math.Trunc(places) {
		if shifted, ok := shiftExactly(f, int(places)); ok {
			return shifted
		}
	}
	mantissa, exponent, _ := strings.Cut(formatNumber(f), "e")
	if exponent != "" {
		x, _ := strconv.ParseFloat(exponent, 64)
		places += x
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return math.NaN()
	}
	r, err := strconv.ParseFloat(mantissa+"e"+formatNumber(places), 64)
	if errors.Is(err, strconv.ErrSyntax) { // no whole number of places
		return math.NaN()
	}
	return r
}

// shiftExactly is shift for a number of at most 15 digits: these, as a whole
// number, and the power of ten are exact, so that what they make together is
// rounded once, as if it were read from text.
func shiftExactly(f float64, places int) (float64, bool) {
	var few [32]byte
	digits, negative := int64(0), false
	text := appendNumber(few[:0], f)
	for i, c := range text {
		switch {
		case i > 16:
			return 0, false
		case '0' <= c && c <= '9':
			digits = digits*10 + int64(c-'0')
		case c == '-':
			negative = true
		case c == '.':
			places -= len(text) - 1 - i
		default: // an exponent, or no number
			return 0, false
		}
	}
	shifted := float64(digits)
	switch {
	case places > 15 || places < -15 || digits >= 1e15:
		return 0, false
	case places >= 0:
		shifted *= powerOfTen(places)
	default:
		shifted /= powerOfTen(-places)
	}
	if negative {
		shifted = -shifted
	}
	return shifted, true
}
