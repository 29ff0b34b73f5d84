package channel

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/serverledge/serverledge/functions"
)

// Protocol is the version of the protocol, said in HELLO.
const Protocol = 1

// The limits of a frame, in bytes.
const (
	// MaxHeader bounds a header: environments and tracebacks are the longest.
	MaxHeader = 1 << 20
	// MaxFrame bounds what follows the length of a frame: an output of the
	// greatest size, with slack so that the other side can say what is wrong.
	MaxFrame = functions.MaxOutput + MaxHeader + frameFixed

	frameFixed = 1 + 4 + 4 // type, stream, header length
)

// Type says what a frame is.
type Type uint8

// The types of frame; see the package comment.
const (
	TypeHello Type = iota + 1
	TypeInit
	TypeReady
	TypeInvoke
	TypeResult
	TypeError
	TypeLog
)

// Frame is one message.
type Frame struct {
	Type   Type
	Stream uint32
	// Header is a JSON object or empty.
	Header []byte
	Body   []byte
}

// AppendFrame appends the encoded frame to b.
func AppendFrame(b []byte, f Frame) []byte {
	b = appendPrefix(b, f.Type, f.Stream, len(f.Header), len(f.Body))
	b = append(b, f.Header...)
	return append(b, f.Body...)
}

// appendPrefix appends all of a frame that stands before its header.
func appendPrefix(b []byte, t Type, stream uint32, header, body int) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(frameFixed+header+body)) //nolint:gosec // bounded by MaxFrame
	b = append(b, byte(t))
	b = binary.BigEndian.AppendUint32(b, stream)
	return binary.BigEndian.AppendUint32(b, uint32(header)) //nolint:gosec // bounded by MaxHeader
}

// FrameError is a frame that breaks the protocol. What follows it on the
// connection cannot be understood.
type FrameError struct {
	// Type and Stream are those of the frame, zero when unknown.
	Type   Type
	Stream uint32
	// Length is what the frame claims, in bytes.
	Length int
	Detail string
}

func (e *FrameError) Error() string { return e.Detail }

// Reader reads frames.
type Reader struct {
	in    *bufio.Reader
	limit int
}

// NewReader returns a reader of frames of at most limit bytes each; zero is MaxFrame.
func NewReader(r io.Reader, limit int) *Reader {
	if limit <= 0 {
		limit = MaxFrame
	}
	return &Reader{in: bufio.NewReaderSize(r, 8<<10), limit: limit}
}

// Read returns the next frame, whose bytes belong to the caller. The error is
// io.EOF at the end between frames, a *FrameError for a frame over the limit
// or malformed, else what the connection said.
func (r *Reader) Read() (Frame, error) {
	var fixed [4 + frameFixed]byte
	if _, err := io.ReadFull(r.in, fixed[:4]); err != nil {
		return Frame{}, err
	}
	length := int(binary.BigEndian.Uint32(fixed[:4]))
	if length < frameFixed {
		return Frame{}, &FrameError{Length: length, Detail: fmt.Sprintf("a frame of %d bytes is too short", length)}
	}
	if _, err := io.ReadFull(r.in, fixed[4:]); err != nil {
		return Frame{}, unexpected(err)
	}
	f := Frame{Type: Type(fixed[4]), Stream: binary.BigEndian.Uint32(fixed[5:9])}
	header := int(binary.BigEndian.Uint32(fixed[9:13]))
	switch {
	case f.Type < TypeHello || f.Type > TypeLog:
		return Frame{}, &FrameError{Length: length, Detail: fmt.Sprintf("frame type %d is unknown", f.Type)}
	case length > r.limit:
		return Frame{}, &FrameError{f.Type, f.Stream, length, fmt.Sprintf("a frame of %d bytes is over the limit of %d", length, r.limit)}
	case header > MaxHeader || header > length-frameFixed:
		return Frame{}, &FrameError{f.Type, f.Stream, length, fmt.Sprintf("a header of %d bytes does not fit its frame", header)}
	}
	rest := make([]byte, length-frameFixed)
	if _, err := io.ReadFull(r.in, rest); err != nil {
		return Frame{}, unexpected(err)
	}
	f.Header, f.Body = rest[:header:header], rest[header:]
	return f, nil
}

// unexpected makes an end in the middle of a frame an error of its own.
func unexpected(err error) error {
	if err == io.EOF { //nolint:errorlint // io.ReadFull returns it bare
		return io.ErrUnexpectedEOF
	}
	return err
}
