package dataset

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/serverledge/serverledge/dag/value"
)

// readJSONL emits one item for each line. Blank lines are none.
func readJSONL(in *input, to emit) error {
	in.allow(0)
	for number, at := 1, int64(0); ; number++ {
		line, err := nextLine(in)
		at += int64(len(line))
		in.allow(at)
		if err != nil && !errors.Is(err, io.EOF) {
			if errors.Is(err, errLong) {
				return in.tooLong(fmt.Sprintf("line %d", number))
			}
			return in.failed(err, fmt.Sprintf("line %d", number))
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			item, bad := value.Parse(line)
			if bad != nil {
				return wrong("%s: line %d is not JSON: %v.", in.name, number, bad)
			}
			if err := to(Item{Value: item}); err != nil {
				return err
			}
		}
		if err != nil {
			return nil //nolint:nilerr // it is io.EOF: that was the last line
		}
	}
}

var errLong = errors.New("the line is too long")

// nextLine returns the next line with its end, in memory of its own; with io.EOF
// when it is the last. Its end does not count to its size.
func nextLine(in *input) ([]byte, error) {
	var line []byte
	for {
		piece, err := in.ReadSlice('\n')
		line = append(line, piece...)
		if int64(len(bytes.TrimRight(line, "\r\n"))) > in.limits.record() {
			return nil, errLong
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}
