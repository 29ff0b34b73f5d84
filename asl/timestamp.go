package asl

import (
	"regexp"
	"time"
)

// parseTimestamp reads a date as the language wants it: RFC 3339 with a
// capital T and a zone, any number of digits in the fraction of a second.
func parseTimestamp(text string) (time.Time, bool) {
	const longest = 64
	if len(text) > longest || !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`).MatchString(text) {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	return t, err == nil
}
