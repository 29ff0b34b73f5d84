package source

// maxFunction is the length of the longest name of a function, in bytes.
const maxFunction = 63

// IsFunctionName tells whether a name may name a function: 1 to 63 letters,
// digits, '_', '.' and '-', the first being a letter, a digit or '_'. It is
// the rule of the function registry.
func IsFunctionName(name string) bool {
	if name == "" || len(name) > maxFunction || name[0] == '.' || name[0] == '-' {
		return false
	}
	for i := range len(name) {
		c := name[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-', c == '.':
		default:
			return false
		}
	}
	return true
}
