package dataset

import (
	"strconv"
	"strings"
)

// parsePointer takes a JSON Pointer (RFC 6901) apart.
func parsePointer(text string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	if text[0] != '/' {
		return nil, wrong("ItemsPointer %q is no JSON Pointer: it must begin with a slash.", clip(text))
	}
	tokens := strings.Split(text[1:], "/")
	for i, token := range tokens {
		for at := strings.IndexByte(token, '~'); at >= 0; {
			if at+1 == len(token) || token[at+1] != '0' && token[at+1] != '1' {
				return nil, wrong("ItemsPointer %q is no JSON Pointer: ~ must be followed by 0 or 1.", clip(text))
			}
			next := strings.IndexByte(token[at+1:], '~')
			if next < 0 {
				break
			}
			at += 1 + next
		}
		tokens[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
	}
	return tokens, nil
}

// index reads a token as the index of an array, in the one way to write it.
func index(token string) (int64, bool) {
	n, err := strconv.ParseUint(token, 10, 62)
	return int64(n), err == nil && strconv.FormatUint(n, 10) == token
}
