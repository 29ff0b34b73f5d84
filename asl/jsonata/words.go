package jsonata

import (
	"math"
	"strings"
)

// numberWord returns the English word of a number up to 19.
func numberWord(n int) string {
	return [...]string{
		"Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve", "Thirteen",
		"Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen",
	}[n]
}

func ordinalWord(n int) string {
	switch n {
	case 0:
		return "Zeroth"
	case 1:
		return "First"
	case 2:
		return "Second"
	case 3:
		return "Third"
	case 5:
		return "Fifth"
	case 8:
		return "Eighth"
	case 9:
		return "Ninth"
	case 12:
		return "Twelfth"
	}
	return numberWord(n) + "th"
}

// tensWord returns the word of 20, 30, ... 90.
func tensWord(tens int) string {
	return [...]string{"Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety"}[tens-2]
}

// magnitudeWord returns the word of 1000 to the power of n, n up to 4.
func magnitudeWord(n int) string {
	return [...]string{"Thousand", "Million", "Billion", "Trillion"}[n-1]
}

// inWords writes a number in English.
func (p *integerPicture) inWords(f float64) (string, *Error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "", fail("D1001").of("null")
	}
	s := inWords(f, "", p.ordinal)
	switch p.letters {
	case upperCase:
		return strings.ToUpper(s), nil
	case lowerCase:
		return strings.ToLower(s), nil
	case titleCase, noCase:
	}
	return s, nil
}

// inWords writes a number; joint says what is before it: "" nothing, "and" a
// number that ends with a magnitude or with hundred.
func inWords(f float64, joint string, ordinal bool) string {
	if f < 1000 {
		return hundredsInWords(int(f), joint, ordinal)
	}
	power := 4
	for power > 1 && f < math.Pow(1000, float64(power)) {
		power--
	}
	factor := math.Pow(1000, float64(power))
	count := math.Floor(f / factor)
	rest := f - count*factor
	s := inWords(count, "", false) + " " + magnitudeWord(power)
	if joint != "" {
		s = ", " + s
	}
	switch {
	case rest > 0:
		s += inWords(rest, "and", ordinal)
	case ordinal:
		s += "th"
	}
	return s
}

func hundredsInWords(n int, joint string, ordinal bool) string {
	if n >= 100 {
		s := numberWord(n/100) + " Hundred"
		if joint != "" {
			s = ", " + s
		}
		switch rest := n % 100; {
		case rest > 0:
			s += hundredsInWords(rest, "and", ordinal)
		case ordinal:
			s += "th"
		}
		return s
	}
	var s string
	switch {
	case n <= 19 && ordinal:
		s = ordinalWord(n)
	case n <= 19:
		s = numberWord(n)
	default:
		s = tensWord(n / 10)
		switch rest := n % 10; {
		case rest > 0:
			s += "-" + hundredsInWords(rest, "", ordinal)
		case ordinal:
			s = strings.TrimSuffix(s, "y") + "ieth"
		}
	}
	if joint != "" {
		s = " and " + s
	}
	return s
}

// wordValues returns what each English word of a number stands for.
func wordValues() map[string]float64 {
	values := map[string]float64{"hundred": 100, "hundredth": 100}
	for n := range 20 {
		values[strings.ToLower(numberWord(n))] = float64(n)
		values[strings.ToLower(ordinalWord(n))] = float64(n)
	}
	for tens := 2; tens < 10; tens++ {
		word := strings.ToLower(tensWord(tens))
		values[word] = float64(tens * 10)
		values[strings.TrimSuffix(word, "y")+"ieth"] = float64(tens * 10)
	}
	for power := 1; power <= 4; power++ {
		word := strings.ToLower(magnitudeWord(power))
		values[word] = math.Pow(1000, float64(power))
		values[word+"th"] = math.Pow(1000, float64(power))
	}
	return values
}

// fromWords reads a number in English words; NaN when a word is unknown.
func (e *evaluation) fromWords(text string) float64 {
	if e.words == nil {
		e.words = wordValues()
	}
	segments := []float64{0}
	for _, word := range splitWords(text) {
		value, ok := e.words[word]
		if !ok {
			return math.NaN()
		}
		last := len(segments) - 1
		switch {
		case value >= 100:
			segments[last] *= value
		case segments[last] >= 1000:
			segments = append(segments, value)
		default:
			segments[last] += value
		}
	}
	sum := 0.0
	for _, s := range segments {
		sum += s
	}
	return sum
}

// splitWords splits at ", ", " and ", blanks, hyphens and backslashes.
func splitWords(text string) []string {
	var parts []string
	from := 0
	for i := 0; i < len(text); {
		n := 0
		switch rest := text[i:]; {
		case rest[0] == ',' && len(rest) > 1 && isBlank(rest[1]):
			n = 2
		case isBlank(rest[0]) && len(rest) > 4 && rest[1:4] == "and" && isBlank(rest[4]):
			n = 5
		case isBlank(rest[0]) || rest[0] == '-' || rest[0] == '\\':
			n = 1
		}
		if n == 0 {
			i++
			continue
		}
		parts = append(parts, text[from:i])
		i += n
		from = i
	}
	return append(parts, text[from:])
}

func isBlank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
