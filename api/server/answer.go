package server

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/internal/fault"
)

// handler is what a route is made of. An error that it returns is answered as
// a problem, so a handler writes either an answer or nothing.
type handler func(w http.ResponseWriter, r *http.Request) error

// largeAnswer is from where on an answer does not fit the buffers of a socket,
// so that writing it may have to wait for the reader.
const largeAnswer = 16 << 10

// answer encodes body once and writes it.
func (s *Server) answer(w http.ResponseWriter, status int, body any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		return fault.New(fault.Internal, "unencodable_answer", "encoding the answer: %w", err)
	}
	s.write(w, status, api.TypeJSON, text.Bytes())
	return nil
}

// write writes a whole answer. A reader that takes it more slowly than the
// least rate loses the connection.
func (s *Server) write(w http.ResponseWriter, status int, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	control := http.NewResponseController(w)
	slow := len(body) > largeAnswer
	if slow {
		allowed := s.grace + time.Duration(len(body))*time.Second/time.Duration(s.rate)
		_ = control.SetWriteDeadline(time.Now().Add(allowed)) // not every writer has deadlines
	}
	w.WriteHeader(status)
	_, err := w.Write(body)
	if slow && err == nil {
		_ = control.Flush()
		_ = control.SetWriteDeadline(time.Time{})
	}
	if err != nil {
		s.log.Debug("answer not delivered", "request", requestID(w), "err", err)
	}
}

// fail answers an error as a problem (RFC 9457).
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	s.failAs(w, r, err, 0, "")
}

// failAs is fail with a status (unless it is 0) and a text before the detail,
// where an existing client expects others than the table gives.
func (s *Server) failAs(w http.ResponseWriter, r *http.Request, err error, status int, text string) {
	p := api.ProblemOf(err, clip(r.URL.Path, 256), requestID(w))
	if status != 0 {
		p.Status = status
	}
	if text != "" {
		p.Detail = text + " " + p.Detail
	}
	if fault.KindOf(err) == fault.Internal && p.Status == http.StatusInternalServerError {
		s.log.ErrorContext(r.Context(), "request failed", "request", requestID(w), "method", r.Method, "path", clip(r.URL.Path, 256), "err", err)
	}
	if p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable {
		retry := time.Duration(p.RetryAfterMS) * time.Millisecond
		if retry <= 0 {
			retry = time.Second
		}
		p.RetryAfterMS = retry.Milliseconds()
		w.Header().Set(api.HeaderRetryAfter, strconv.FormatInt(int64((retry+time.Second-1)/time.Second), 10))
	}
	body, err := json.Marshal(p)
	if err != nil { // a struct of strings and numbers always has a JSON form
		body = []byte(`{"status":500}`)
	}
	s.write(w, p.Status, api.TypeProblem, body)
}

// requestID returns the id that the guard gave to the exchange.
func requestID(w http.ResponseWriter) string { return w.Header().Get(api.HeaderRequestID) }

// clip shortens text from outside before it is repeated.
func clip(text string, most int) string {
	if len(text) > most {
		return text[:most] + "..."
	}
	return text
}
