package server

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/internal/fault"
)

// maxURI is the longest request target in bytes.
const maxURI = 8 << 10

// ServeHTTP checks what concerns every request before a route is looked up.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set(api.HeaderRequestID, s.identify(r))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	defer s.recovered(w, r)
	began := time.Now()
	if err := s.admissible(w, r); err != nil {
		s.fail(w, r, err)
	} else {
		s.routes.ServeHTTP(w, r)
	}
	if s.log.Enabled(r.Context(), levelOfCalls) {
		s.log.DebugContext(r.Context(), "request served", "request", requestID(w), "method", r.Method,
			"path", clip(r.URL.Path, 256), "took", time.Since(began))
	}
}

// identify returns the id of the exchange: the client's own, when it is plain,
// else a new one.
func (s *Server) identify(r *http.Request) string {
	if id := r.Header.Get(api.HeaderRequestID); plainID(id) {
		return id
	}
	return s.prefix + strconv.FormatUint(s.count.Add(1), 36)
}

func plainID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		letter := c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
		if !letter && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

// admissible tells why a request is refused whatever its route.
func (s *Server) admissible(w http.ResponseWriter, r *http.Request) error {
	if r.ContentLength != 0 {
		// Until somebody reads the body, this bounds what waits for it: the
		// server itself does, when an answer goes out before the body came in.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(s.grace))
	}
	if len(r.TransferEncoding) > 0 {
		// A length beside the chunks may have been meant by a proxy in front:
		// nothing after this request is trusted to be one.
		w.Header().Set("Connection", "close")
	}
	if r.Method == http.MethodTrace || r.Method == http.MethodConnect {
		w.Header().Set("Allow", "DELETE, GET, HEAD, POST, PUT")
		return fault.New(fault.Invalid, "method_not_allowed", "the method %s is not allowed", r.Method)
	}
	if len(r.RequestURI) > maxURI {
		return fault.New(fault.Invalid, "path_too_long", "the path and the query are longer than %d bytes", maxURI)
	}
	if err := s.hosts.check(r); err != nil {
		return err
	}
	if err := s.origins.Check(r); err != nil {
		return fault.New(fault.Denied, "cross_origin", "a page of another site must not change anything here").
			WithHint("send the request from a program, or from a page that this node serves")
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return fault.New(fault.Invalid, "unsupported_media_type", "bodies with a Content-Encoding are not accepted").
			WithHint("send the body as it is")
	}
	if path := r.URL.Path; strings.ContainsRune(path, 0) || strings.Contains(path, "//") || !validText(path) {
		return fault.New(fault.Invalid, "invalid_path", "the path has an empty part or a character that is not allowed")
	}
	return nil
}

// recovered answers a panic with 500 and lives on: one defect must not take
// the calls of others with it.
func (s *Server) recovered(w http.ResponseWriter, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p)
	}
	s.panics.Add(1)
	s.log.ErrorContext(r.Context(), "panic in a handler", "request", requestID(w), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	s.fail(w, r, fault.New(fault.Internal, "panic", "a handler panicked"))
}

// unknownRoute answers what no route is made for.
func (s *Server) unknownRoute(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, fault.New(fault.NotFound, "unknown_route", "there is nothing under this path").
		WithHint("%s describes all routes", api.RouteOpenAPI))
}

// wrongMethod answers a route that exists under other methods.
func (s *Server) wrongMethod(w http.ResponseWriter, r *http.Request) {
	allowed := s.allowed(r)
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	s.fail(w, r, fault.New(fault.Invalid, "method_not_allowed", "the method is not allowed here").
		WithHint("allowed: %s", strings.Join(allowed, ", ")))
}
