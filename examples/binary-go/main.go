// Command binary-go is a function written in Go: it tells how often each
// letter stands in params.text.
//
//	CGO_ENABLED=0 go build -o letters ./examples/binary-go
//	serverledge-cli create -f letters --src letters --runtime go125 --handler letters
//	serverledge-cli invoke -f letters -p "text:hello"
package main

import (
	"errors"
	"strings"
	"unicode"

	"github.com/serverledge/serverledge/functions/serverledge"
)

func main() { serverledge.Start(letters) }

func letters(params map[string]any) (any, error) {
	text, ok := params["text"].(string)
	if !ok {
		return nil, errors.New("text must be a text")
	}
	counts := map[string]int{}
	for _, r := range strings.ToLower(text) {
		if unicode.IsLetter(r) {
			counts[string(r)]++
		}
	}
	return counts, nil
}
