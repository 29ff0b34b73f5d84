package store

import (
	"errors"

	"github.com/serverledge/serverledge/internal/fault"
)

// ErrCompacted ends a watch whose beginning is no longer in the history.
var ErrCompacted = errors.New("the history asked for is compacted")

// corrupt is the error of a record that cannot be read. Such a record never
// harms others, and is never removed unless somebody asks for it by name.
func corrupt(what, format string, args ...any) error {
	return fault.New(fault.Internal, "corrupt_record", "the stored "+what+" cannot be read: "+format, args...).
		WithHint("delete it and create it again, or restore the store from a backup")
}

// newer is the error of a record that a later version of the program wrote.
func newer(what string, schema int) error {
	return fault.New(fault.Unimplemented, "newer_schema", "the stored %s has schema %d, this program knows %d", what, schema, schemaVersion).
		WithHint("update this node, or change the record from a newer one")
}

// code returns the code of a fault, "" of other errors.
func code(err error) string {
	if e, ok := errors.AsType[*fault.Error](err); ok {
		return e.Code
	}
	return ""
}
