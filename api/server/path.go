package server

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// pathName returns the parameter of a route that names something.
func pathName(r *http.Request) (string, error) {
	name, err := url.PathUnescape(r.PathValue("name"))
	if err == nil {
		err = functions.ValidName(name)
	}
	if err != nil {
		return "", fault.New(fault.Invalid, "invalid_path", "the path does not hold a valid name").
			WithHint("use 1 to %d letters, digits, '_', '.' and '-'", functions.MaxName)
	}
	return name, nil
}

// pathID returns the parameter of a route that is the id of an execution.
func pathID(r *http.Request) (string, error) {
	if id := r.PathValue("id"); plainID(id) {
		return id, nil
	}
	return "", fault.New(fault.Invalid, "invalid_path", "the path does not hold the id of an execution")
}

// query returns the parameters of the query, each of which must be known and
// may be there once.
func query(r *http.Request, known ...string) (map[string]string, error) {
	if r.URL.RawQuery == "" {
		return nil, nil
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badParameter("the query cannot be read")
	}
	got := map[string]string{}
	for key, list := range values {
		found := false
		for _, k := range known {
			found = found || k == key
		}
		switch {
		case !found:
			e := badParameter("there is no query parameter %q here", clip(key, 64))
			if near := fault.Suggest(clip(key, 64), known); near != "" {
				e = e.WithHint("did you mean %q?", near)
			}
			return nil, e
		case len(list) > 1:
			return nil, badParameter("the query parameter %q is there %d times", key, len(list))
		}
		got[key] = list[0]
	}
	return got, nil
}

func badParameter(format string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, "invalid_parameter", format, args...)
}

// matches tells whether a list of entity tags names a version.
func matches(header, version string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" || version != "" && strings.Trim(strings.TrimPrefix(tag, "W/"), `"`) == version {
			return true
		}
	}
	return false
}

// precondition checks If-Match and If-None-Match against the current version,
// "" when there is nothing yet.
func precondition(r *http.Request, version string) error {
	if want := r.Header.Get("If-Match"); want != "" && (version == "" || !matches(want, version)) {
		return fault.New(fault.Conflict, "if_match", "there is another version than the one that If-Match names").
			WithHint("read it again, then decide whether to change it")
	}
	if unwanted := r.Header.Get("If-None-Match"); unwanted != "" && version != "" && matches(unwanted, version) {
		return fault.New(fault.Conflict, "if_match", "there is a version that If-None-Match excludes")
	}
	return nil
}

// etag makes an entity tag of a version.
func etag(version string) string { return `"` + version + `"` }
