package store

import (
	"encoding/json"
	"fmt"

	"github.com/serverledge/serverledge/internal/fault"
)

// schemaVersion is written into every JSON record. A record with a higher one
// is neither read nor overwritten.
const schemaVersion = 1

// MaxValue is the largest value that the store takes: a record, a header, one
// entry, a summary. In bytes.
const MaxValue = 1 << 20

// encode makes the JSON of a record; fault.TooLarge over MaxValue.
func encode(what string, record any) ([]byte, error) {
	text, err := json.Marshal(record)
	if err != nil {
		return nil, fmt.Errorf("encoding the %s: %w", what, err)
	}
	return text, fits(what, text)
}

// fits refuses a value over MaxValue.
func fits(what string, value []byte) error {
	if len(value) > MaxValue {
		return fault.New(fault.TooLarge, "value_too_large", "the %s has %d bytes, more than %d", what, len(value), MaxValue).
			WithHint("keep large data outside and pass a reference to it")
	}
	return nil
}

// decode reads the JSON of a record. The schema is looked at first, so that a
// newer record is told from a damaged one.
func decode(what string, text []byte, record any) error {
	if len(text) > MaxValue {
		return corrupt(what, "it has %d bytes", len(text))
	}
	var head struct{ Schema int }
	if err := json.Unmarshal(text, &head); err != nil {
		return corrupt(what, "%w", err)
	}
	if head.Schema > schemaVersion {
		return newer(what, head.Schema)
	}
	if err := json.Unmarshal(text, record); err != nil {
		return corrupt(what, "%w", err)
	}
	return nil
}
