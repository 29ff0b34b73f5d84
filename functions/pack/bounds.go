package pack

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"

	"github.com/serverledge/serverledge/internal/fault"
)

// packedReader bounds the bytes of the archive itself. It is a ByteReader, so
// that the decompressor takes no more than it needs: the ratio is exact, and
// what follows the stream is still there to be seen.
type packedReader struct {
	r       *bufio.Reader
	n, left int64
	// failed is the error of the source, or of the bound; never io.EOF.
	failed error
}

// Read reads at most what the bound leaves.
func (p *packedReader) Read(b []byte) (int, error) {
	if err := p.more(); err != nil {
		return 0, err
	}
	n, err := p.r.Read(b[:min(int64(len(b)), p.left)])
	p.n, p.left = p.n+int64(n), p.left-int64(n)
	return n, p.note(err)
}

// ReadByte reads one byte.
func (p *packedReader) ReadByte() (byte, error) {
	if err := p.more(); err != nil {
		return 0, err
	}
	c, err := p.r.ReadByte()
	if err == nil {
		p.n, p.left = p.n+1, p.left-1
	}
	return c, p.note(err)
}

// more fails when the bound is reached and the source goes on.
func (p *packedReader) more() error {
	if p.failed != nil || p.left > 0 {
		return p.failed
	}
	if _, err := p.r.Peek(1); err != nil {
		return p.note(err)
	}
	return p.note(tooLarge("the package has more than %d bytes", p.n))
}

func (p *packedReader) note(err error) error {
	if err != nil && !errors.Is(err, io.EOF) {
		p.failed = err
	}
	return err
}

// unpackedReader bounds what comes out of a gzip stream.
type unpackedReader struct {
	r      *gzip.Reader
	packed *packedReader
	n      int64
	limits limits
}

// Read fails as soon as the stream has grown too much.
func (u *unpackedReader) Read(b []byte) (int, error) {
	n, err := u.r.Read(b)
	u.n += int64(n)
	switch {
	case u.n > u.limits.unmeasured && u.n > u.limits.ratio*u.packed.n:
		return 0, tooLarge("the package grows to more than %d times its size", u.limits.ratio)
	case u.n > u.limits.stream():
		return 0, tooLarge("the package unpacks to more than %d bytes", u.limits.unpacked)
	}
	return n, err
}

// fileReader bounds the sum of the sizes of the files.
type fileReader struct {
	r       io.Reader
	n, left int64
}

// Read fails when the files hold more than is left.
func (f *fileReader) Read(b []byte) (int, error) {
	n, err := f.r.Read(b[:min(int64(len(b)), f.left+1)])
	if int64(n) > f.left {
		return 0, tooLarge("the files of the package are larger than the limit")
	}
	f.n, f.left = f.n+int64(n), f.left-int64(n)
	return n, err
}

// counter counts what was read.
type counter struct {
	r io.Reader
	n int64
}

// Read counts.
func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

func tooMany(l limits) error {
	return fault.New(fault.TooLarge, "too_many_files", "the package holds more than %d files and folders", l.entries).
		WithHint("leave out what the function does not need")
}
