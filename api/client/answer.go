package client

import (
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/internal/fault"
)

// kind names the status and the media type for a person.
func (a *answer) kind() string {
	text := strconv.Itoa(a.status) + " " + http.StatusText(a.status)
	if media := a.media(); media != "" {
		text += ", " + media
	}
	return text
}

func (a *answer) media() string {
	media, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return media
}

// fault is the error that an answer carries; nil for 2xx.
func (a *answer) fault(from string) error {
	if a.status >= 200 && a.status < 300 {
		return nil
	}
	return a.problem(from).Err()
}

// problem reads the description of an error. An answer that has none, because
// a proxy or another server wrote it, is described by its status.
func (a *answer) problem(from string) api.Problem {
	var p api.Problem
	if strings.HasSuffix(a.media(), "json") {
		if err := json.Unmarshal(a.body, &p); err != nil {
			p = api.Problem{}
		}
	}
	// What the exchange says counts more than what the body says about it.
	p.Status = a.status
	if p.RequestID == "" {
		p.RequestID = a.header.Get(api.HeaderRequestID)
	}
	if p.RetryAfterMS == 0 {
		if seconds, err := strconv.Atoi(a.header.Get(api.HeaderRetryAfter)); err == nil && seconds > 0 {
			p.RetryAfterMS = (time.Duration(min(seconds, 86400)) * time.Second).Milliseconds()
		}
	}
	if p.Detail == "" {
		p.Detail = a.plain()
	}
	if p.Detail == "" {
		p.Detail = from + " answered " + a.kind()
		if a.status >= 300 && a.status < 400 {
			p.Detail += "; redirects are not followed"
		}
		if p.Code == "" {
			p.Code = CodeProtocol
		}
	}
	if p.Status >= 500 && p.RequestID != "" {
		p.Detail += " (request " + p.RequestID + ")"
	}
	return p
}

// plain is the body when it is a short text for people, as the compatible
// routes give; a page of HTML is not.
func (a *answer) plain() string {
	text := strings.TrimSpace(string(a.body))
	if a.media() != "text/plain" || text == "" || len(text) > 500 || !utf8.ValidString(text) || strings.HasPrefix(text, "<") {
		return ""
	}
	return text
}

// foreign tells that an error answer was not written by a Serverledge node.
func (a *answer) foreign() bool {
	if a.media() != api.TypeProblem {
		return true
	}
	var p api.Problem
	return json.Unmarshal(a.body, &p) != nil || p.Code == ""
}

// refused tells that the node turned the call down before it began, so that it
// may be tried elsewhere: it is busy, does not know the function, cannot or
// may not run it.
func refused(kind fault.Kind) bool {
	switch kind {
	case fault.Exhausted, fault.Unavailable, fault.NotFound, fault.Denied, fault.Unimplemented, fault.Loop:
		return true
	case fault.Internal, fault.Invalid, fault.Exists, fault.Conflict, fault.TooLarge, fault.Timeout, fault.Unknown:
		return false
	}
	return false
}
