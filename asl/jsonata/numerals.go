package jsonata

import (
	"math"
	"strings"
)

func ordinalSuffix(digits []rune) string {
	n := len(digits)
	if n > 1 && digits[n-2] == '1' {
		return "th"
	}
	switch digits[n-1] {
	case '1':
		return "st"
	case '2':
		return "nd"
	case '3':
		return "rd"
	}
	return "th"
}

// toLetters counts a, b, ... z, aa, ab ...
func toLetters(f float64, capital bool) string {
	first := 'a'
	if capital {
		first = 'A'
	}
	var reversed []rune
	for f > 0 && !math.IsInf(f, 0) {
		reversed = append(reversed, first+rune(math.Mod(f-1, 26)))
		f = math.Floor((f - 1) / 26)
	}
	for i, j := 0, len(reversed)-1; i < j; i, j = i+1, j-1 {
		reversed[i], reversed[j] = reversed[j], reversed[i]
	}
	return string(reversed)
}

// toRoman writes a number in Roman numerals; beyond 4000 that is long.
func toRoman(e *evaluation, f float64) (string, *Error) {
	if f/1000 > float64(e.left) {
		return "", e.tooLarge()
	}
	if err := e.grow(int(f / 1000)); err != nil {
		return "", err
	}
	var b strings.Builder
	for _, n := range []struct {
		value   float64
		numeral string
	}{
		{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"}, {40, "xl"}, {10, "x"}, {9, "ix"}, {5, "v"},
		{4, "iv"}, {1, "i"},
	} {
		for ; f >= n.value; f -= n.value {
			b.WriteString(n.numeral)
		}
	}
	return b.String(), nil
}
