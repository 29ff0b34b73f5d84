package s3

import (
	"errors"
	"strconv"
	"strings"

	"github.com/serverledge/serverledge/internal/fault"
)

// wholeSize reads the size of the whole out of "bytes 0-9/1234".
func wholeSize(contentRange string) (int64, bool) {
	_, text, ok := strings.Cut(contentRange, "/")
	if !ok {
		return 0, false
	}
	size, err := strconv.ParseInt(text, 10, 64)
	return size, err == nil && size >= 0
}

// passing tells whether another try may help: the connection broke, or the
// service does not answer now. What it refuses, it will refuse again.
func passing(err error) bool {
	if e, ok := errors.AsType[*fault.Error](err); ok {
		return e.Kind == fault.Unavailable || e.Kind == fault.Timeout
	}
	return true
}
