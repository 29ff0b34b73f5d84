package dataset

import (
	"errors"
	"fmt"
	"io"
)

// capture reads the text of one value, which begins here. It finds its end and
// leaves the rest of the syntax to value.Parse: an end that brackets, quotes or
// a delimiter make cannot hide what is wrong before it.
func (d *document) capture() ([]byte, error) {
	d.in.allow(d.at)
	var text []byte
	var s span
	for {
		if _, err := d.in.Peek(1); err != nil {
			if errors.Is(err, io.EOF) && s.scalar {
				return text, nil // a number may end with the document
			}
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, d.failed(err)
		}
		piece, err := d.in.Peek(d.in.Buffered())
		if err != nil {
			return nil, d.failed(err)
		}
		n, done := s.scan(piece)
		text = append(text, piece[:n]...)
		if _, err := d.in.Discard(n); err != nil {
			return nil, d.failed(err)
		}
		d.at += int64(n)
		if int64(len(text)) > d.in.limits.record() {
			return nil, d.in.tooLong(fmt.Sprintf("the item that ends after byte %d", d.at))
		}
		if done {
			return text, nil
		}
	}
}

// span finds the end of a value.
type span struct {
	begun   bool
	scalar  bool // a number or a word: it ends before a delimiter
	depth   int
	quoted  bool
	escaped bool
}

// scan looks at more of a value and tells how much of it belongs to it, and
// whether that is its end.
func (s *span) scan(piece []byte) (n int, done bool) {
	for i, c := range piece {
		if !s.begun {
			s.begun = true
			s.scalar = c != '"' && c != '[' && c != '{'
			if s.scalar {
				continue // whatever it is, Parse looks at it
			}
		}
		switch {
		case s.quoted:
			s.quote(c)
			if !s.quoted && s.depth == 0 {
				return i + 1, true
			}
		case s.scalar:
			switch c {
			case ',', ']', '}', ':', '"', '[', '{', ' ', '\t', '\r', '\n':
				return i, true
			}
		case c == '"':
			s.quoted = true
		case c == '[' || c == '{':
			s.depth++
		case c == ']' || c == '}':
			if s.depth--; s.depth == 0 {
				return i + 1, true
			}
		}
	}
	return len(piece), false
}

// quote follows a string.
func (s *span) quote(c byte) {
	switch {
	case s.escaped:
		s.escaped = false
	case c == '\\':
		s.escaped = true
	case c == '"':
		s.quoted = false
	}
}
