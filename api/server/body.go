package server

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// The limits of bodies in bytes.
const (
	// limitControl bounds what describes something.
	limitControl = 1 << 20
	// limitInvoke bounds a call: its input, and something for the rest.
	limitInvoke = functions.MaxInput
	// limitCreate bounds a function that carries its package in base64.
	limitCreate = 90 << 20
	// largeBody is from where on a body takes one of largeBodies slots.
	largeBody   = 8 << 20
	largeBodies = 8
)

// read reads a JSON document. An empty body is an absent value.
func (s *Server) read(w http.ResponseWriter, r *http.Request, limit int64, lenient bool) (value.Value, error) {
	if r.ContentLength != 0 {
		if err := checkType(r.Header.Get("Content-Type"), lenient); err != nil {
			return value.Value{}, err
		}
	}
	text, done, err := s.readAll(w, r, limit)
	if err != nil {
		return value.Value{}, err
	}
	defer done()
	if len(bytes.TrimSpace(text)) == 0 {
		return value.Value{}, nil
	}
	v, err := value.Parse(text)
	if syntax, ok := errors.AsType[*value.SyntaxError](err); ok {
		return value.Value{}, fault.New(fault.Invalid, syntax.Code, "the body is not acceptable JSON: %s", syntax.Error())
	}
	return v, err
}

// readRequired is read for a body that must be there.
func (s *Server) readRequired(w http.ResponseWriter, r *http.Request, limit int64, lenient bool) (value.Value, error) {
	v, err := s.read(w, r, limit, lenient)
	if err == nil && v.IsAbsent() {
		return v, fault.New(fault.Invalid, "invalid_json", "the body is empty").WithHint("send a JSON object")
	}
	return v, err
}

// checkType accepts JSON. The lenient form also accepts a body of no stated
// type, and the one that curl states when it is told nothing.
func checkType(header string, lenient bool) error {
	kind, params, err := mime.ParseMediaType(header)
	charset := strings.ToLower(params["charset"])
	switch {
	case header == "" && lenient:
		return nil
	case err == nil && kind == api.TypeJSON && (charset == "" || charset == "utf-8"):
		return nil
	case err == nil && kind == "application/x-www-form-urlencoded" && lenient:
		return nil
	}
	return fault.New(fault.Invalid, "unsupported_media_type", "the body must be of type %s", api.TypeJSON).
		WithHint("send the header Content-Type: %s", api.TypeJSON)
}

// readAll reads the body up to a limit. Call done when its bytes are dealt with.
func (s *Server) readAll(w http.ResponseWriter, r *http.Request, limit int64) (text []byte, done func(), err error) {
	body, done, err := s.body(w, r, limit)
	if err != nil {
		return nil, nil, err
	}
	var buffer bytes.Buffer
	if r.ContentLength > 0 {
		// A claim alone must not take much memory.
		buffer.Grow(int(min(r.ContentLength, 1<<20)) + bytes.MinRead)
	}
	if _, err := buffer.ReadFrom(body); err != nil {
		done()
		return nil, nil, readFault(err, limit)
	}
	return buffer.Bytes(), done, nil
}

// body opens the body: it ends with an error past the limit, and when it comes
// more slowly than the least rate. Call done when its bytes are dealt with.
func (s *Server) body(w http.ResponseWriter, r *http.Request, limit int64) (io.Reader, func(), error) {
	if r.ContentLength == 0 {
		return http.NoBody, func() {}, nil
	}
	if r.ContentLength > limit {
		w.Header().Set("Connection", "close")
		return nil, nil, tooLarge(limit)
	}
	free := func() {}
	if limit > largeBody && (r.ContentLength < 0 || r.ContentLength > largeBody) {
		select {
		case s.large <- struct{}{}:
			free = func() { <-s.large }
		default:
			return nil, nil, fault.New(fault.Exhausted, "overloaded", "too many large bodies are on their way").WithRetryAfter(2 * time.Second)
		}
	}
	control := http.NewResponseController(w)
	paced := &pacedReader{r: http.MaxBytesReader(w, r.Body, limit), control: control, began: time.Now(), grace: s.grace, rate: s.rate}
	return paced, func() {
		free()
		if paced.ended {
			_ = control.SetReadDeadline(time.Time{})
		} else { // the server must not wait long for the rest
			_ = control.SetReadDeadline(time.Now().Add(s.grace))
		}
	}, nil
}

// pacedReader gives a body the grace and then the time that its bytes so far
// need at the least rate; whatever came before, no pause may be longer than
// twice the grace.
type pacedReader struct {
	r       io.Reader
	control *http.ResponseController
	began   time.Time
	grace   time.Duration
	rate    int64
	got     int64
	ended   bool
}

func (p *pacedReader) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	p.got += int64(n)
	p.ended = errors.Is(err, io.EOF)
	if err == nil {
		until := p.began.Add(p.grace + time.Duration(p.got)*time.Second/time.Duration(p.rate))
		if pause := time.Now().Add(2 * p.grace); pause.Before(until) {
			until = pause
		}
		_ = p.control.SetReadDeadline(until) // not every writer has deadlines
	}
	return n, err
}

func tooLarge(limit int64) error {
	return fault.New(fault.TooLarge, "payload_too_large", "the body has more than %d bytes", limit)
}

// readFault says what ended a body too early.
func readFault(err error, limit int64) error {
	var over *http.MaxBytesError
	var wait net.Error
	switch {
	case errors.As(err, &over):
		return tooLarge(limit)
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &wait) && wait.Timeout():
		return fault.New(fault.Timeout, "body_timeout", "the body came too slowly")
	default:
		return fault.New(fault.Invalid, "invalid_json", "the body ended too early")
	}
}

func validText(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for _, c := range text {
		if c < 0x20 || c == 0x7f {
			return false
		}
	}
	return true
}
