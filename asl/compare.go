package asl

import (
	"cmp"
	"strings"
	"unicode/utf16"

	"github.com/serverledge/serverledge/dag/value"
)

// comparer returns the comparison of an operator's name without Path. Values
// of other types than it compares are never equal, nor in any order.
func comparer(operator string) func(a, b value.Value) bool {
	if kind, is := strings.CutPrefix(operator, "Is"); is {
		return func(v, expected value.Value) bool { return isKind(kind, v) == expected.Bool() }
	}
	if operator == "StringMatches" {
		return func(v, pattern value.Value) bool {
			return v.Kind() == value.String && matches(pattern.Text(), v.Text())
		}
	}
	for kind, order := range map[string]func(a, b value.Value) (int, bool){
		"String": orderStrings, "Numeric": orderNumbers, "Timestamp": orderTimestamps, "Boolean": orderBooleans,
	} {
		if relation, ok := strings.CutPrefix(operator, kind); ok {
			return func(a, b value.Value) bool {
				sign, alike := order(a, b)
				return alike && related(relation, sign)
			}
		}
	}
	return func(value.Value, value.Value) bool { return false }
}

func related(relation string, sign int) bool {
	switch relation {
	case "Equals":
		return sign == 0
	case "LessThan":
		return sign < 0
	case "GreaterThan":
		return sign > 0
	case "LessThanEquals":
		return sign <= 0
	case "GreaterThanEquals":
		return sign >= 0
	}
	return false
}

func isKind(kind string, v value.Value) bool {
	switch kind {
	case "Null":
		return v.Kind() == value.Null
	case "Numeric":
		return v.Kind() == value.Number
	case "String":
		return v.Kind() == value.String
	case "Boolean":
		return v.Kind() == value.Bool
	case "Timestamp":
		_, ok := parseTimestamp(v.Text())
		return ok
	}
	return !v.IsAbsent() // Present
}

// orderStrings compares by UTF-16 code units, as Java does.
func orderStrings(a, b value.Value) (int, bool) {
	if a.Kind() != value.String || b.Kind() != value.String {
		return 0, false
	}
	x, y := []rune(a.Text()), []rune(b.Text())
	for i := 0; i < len(x) && i < len(y); i++ {
		if x[i] != y[i] {
			return cmp.Compare(firstUnit(x[i]), firstUnit(y[i]))*2 + cmp.Compare(x[i], y[i]), true
		}
	}
	return cmp.Compare(len(x), len(y)), true
}

// firstUnit returns the first UTF-16 code unit of a character.
func firstUnit(r rune) rune {
	if high, _ := utf16.EncodeRune(r); high != '\uFFFD' {
		return high
	}
	return r
}

func orderNumbers(a, b value.Value) (int, bool) {
	return value.Compare(a, b), a.Kind() == value.Number && b.Kind() == value.Number
}

func orderBooleans(a, b value.Value) (int, bool) {
	if a.Kind() != value.Bool || b.Kind() != value.Bool {
		return 0, false
	}
	if a.Bool() == b.Bool() {
		return 0, true
	}
	return 1, true
}

func orderTimestamps(a, b value.Value) (int, bool) {
	x, ok1 := parseTimestamp(a.Text())
	y, ok2 := parseTimestamp(b.Text())
	return x.Compare(y), ok1 && ok2
}

// soundPattern tells whether every backslash of a pattern escapes something.
func soundPattern(pattern string) bool {
	for i := 0; i < len(pattern); i++ {
		if pattern[i] == '\\' {
			if i++; i >= len(pattern) || pattern[i] != '*' && pattern[i] != '\\' {
				return false
			}
		}
	}
	return true
}

// matches tells whether a text fits a pattern, in which * stands for any run
// of characters and \ takes the meaning from the next one.
func matches(pattern, text string) bool {
	// The pattern as pieces of plain text with a * between each two.
	var pieces []string
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch {
		case pattern[i] == '*':
			pieces = append(pieces, b.String())
			b.Reset()
		case pattern[i] == '\\' && i+1 < len(pattern):
			i++
			b.WriteByte(pattern[i])
		default:
			b.WriteByte(pattern[i])
		}
	}
	pieces = append(pieces, b.String())
	if len(pieces) == 1 {
		return text == pieces[0]
	}
	text, ok := strings.CutPrefix(text, pieces[0])
	if !ok {
		return false
	}
	for _, piece := range pieces[1 : len(pieces)-1] {
		if _, text, ok = strings.Cut(text, piece); !ok {
			return false
		}
	}
	return strings.HasSuffix(text, pieces[len(pieces)-1])
}
