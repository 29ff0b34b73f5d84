package dataset

import (
	"errors"
	"fmt"
)

// ReadError says what is wrong with a dataset or with how it is to be read. It
// is States.ItemReaderFailed, and its text the cause. Errors of another type
// come from the Source: the platform failed, not the data.
type ReadError struct{ Text string }

func (e *ReadError) Error() string { return e.Text }

// wrong makes a ReadError.
func wrong(format string, args ...any) error {
	return &ReadError{fmt.Sprintf(format, args...)}
}

// The texts that AWS is known to use.
const (
	textDuplicates  = "CSV headers cannot contain duplicates."
	textNotIterable = "Attempting to map over non-iterable node."
	textNegative    = "field MaxItems must be positive"
	textNoMatch     = "The provided ReaderConfig.ItemsPointer does not match any valid path in the JSON structure."
)

// errStop ends a reading that has all it needs.
var errStop = errors.New("stop")
