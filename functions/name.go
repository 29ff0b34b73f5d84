package functions

import (
	"strconv"
	"strings"

	"github.com/serverledge/serverledge/internal/fault"
)

// MaxName is the length of the longest name, in bytes.
const MaxName = 63

// ValidName tells whether name may name a function, a workflow or a namespace:
// 1 to 63 of the characters A-Z a-z 0-9 _ . -, of which the first is a letter,
// a digit or "_". Everything that builds keys and paths of names relies on
// there being no slash and no leading dot. The error is fault.Invalid
// "invalid_name".
func ValidName(name string) error {
	if nameFault(name) == "" {
		return nil
	}
	return fault.New(fault.Invalid, "invalid_name", "the name %s %s", quoted(name), nameFault(name)).
		WithHint("use 1 to %d letters, digits, '_', '.' and '-', and begin with a letter, a digit or '_'", MaxName)
}

// nameFault says what is wrong with a name; "" is nothing.
func nameFault(name string) string {
	if name == "" {
		return "is empty"
	}
	if len(name) > MaxName {
		return "is too long"
	}
	for i := range len(name) {
		c := name[i]
		switch {
		case isAlnum(c) || c == '_':
		case c == '.' || c == '-':
			if i == 0 {
				return "begins with '.' or '-'"
			}
		default:
			return "has a character that is not allowed"
		}
	}
	return ""
}

// Fold returns the form of a name that keys and maps use: names are matched
// without regard to case.
func Fold(name string) string { return strings.ToLower(name) }

func isAlnum(c byte) bool { return c >= '0' && c <= '9' || isLetter(c) }

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// quoted quotes text for a message, and shortens what nobody wants to read.
func quoted(text string) string {
	const enough = 80
	if len(text) > enough {
		return strconv.Quote(text[:enough]) + "..."
	}
	return strconv.Quote(text)
}
