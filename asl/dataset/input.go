package dataset

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
)

// Limits are how much of an object is taken: its bytes, those of an item, and the
// values in a page of a Parquet file. The zero value is MaxObject, MaxRecord and
// MaxPageValues.
type Limits struct{ Object, Record, PageValues int64 }

func (l Limits) pageValues() int64 {
	if l.PageValues > 0 {
		return l.PageValues
	}
	return MaxPageValues
}

func (l Limits) object() int64 {
	if l.Object > 0 {
		return l.Object
	}
	return MaxObject
}

func (l Limits) record() int64 {
	if l.Record > 0 {
		return l.Record
	}
	return MaxRecord
}

// buffer is how much is read at a time.
const buffer = 64 << 10

// input is the text of an object, unpacked when it is compressed.
type input struct {
	name   string // for errors
	limits Limits
	raw    *counted // the object
	text   *counted // what comes out of it, which is raw when nothing is packed
	*bufio.Reader
}

// newInput begins to read. A byte-order mark is not part of the text; what is
// compressed by gzip is known by its first bytes, whatever its name.
func newInput(name string, limits Limits, from io.Reader) (*input, error) {
	raw := &counted{from: from, most: limits.object()}
	in := &input{name: name, limits: limits, raw: raw, text: raw, Reader: bufio.NewReaderSize(raw, buffer)}
	if in.begins("\x1f\x8b") {
		unpacked, err := gzip.NewReader(in.Reader)
		if err != nil {
			return nil, in.failed(err, "its gzip header")
		}
		in.text = &counted{from: unpacked, most: limits.object()}
		in.Reader = bufio.NewReaderSize(in.text, buffer)
	}
	if in.begins("\xef\xbb\xbf") {
		if _, err := in.Discard(3); err != nil {
			return nil, in.failed(err, "its beginning")
		}
	}
	return in, nil
}

// begins tells what the text begins with. An error shows when it is read on.
func (in *input) begins(with string) bool {
	start, err := in.Peek(len(with))
	return err == nil && bytes.Equal(start, []byte(with))
}

// allow lets a record be read that begins at a place of the text: so much that
// its breach of the limit shows, and that nobody holds much more.
func (in *input) allow(from int64) {
	in.text.most = min(in.limits.object(), from+2*in.limits.record()+2*buffer)
}

// failed tells why reading what ended with err: the source failed, or a limit is
// passed, or the bytes are wrong.
func (in *input) failed(err error, what string) error {
	switch {
	case in.raw.err != nil:
		return in.raw.err
	case in.raw.over && in.raw.n >= in.limits.object(), in.text.over && in.text.n >= in.limits.object():
		return wrong("%s has more than %d bytes.", in.name, in.limits.object())
	case in.text.over:
		return in.tooLong(what)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return wrong("%s ends too early: %s is not complete.", in.name, what)
	}
	return wrong("%s: %s cannot be read: %v.", in.name, what, err)
}

func (in *input) tooLong(what string) error {
	return wrong("%s: %s has more than %d bytes.", in.name, what, in.limits.record())
}

// counted counts bytes, fails when there are more than most, and remembers how
// its source failed.
type counted struct {
	from    io.Reader
	n, most int64
	over    bool
	err     error
}

var errOver = errors.New("there is more than the limit")

func (c *counted) Read(p []byte) (int, error) {
	var one [1]byte
	over := c.n >= c.most
	if over { // at the limit: another byte is over it
		p = one[:]
	}
	n, err := c.from.Read(p[:min(int64(len(p)), max(c.most-c.n, 1))])
	if n > 0 && over {
		c.over = true
		return 0, errOver
	}
	c.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}
