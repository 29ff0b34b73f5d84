package pack

import (
	"errors"
	"io"
	"path"
	"strings"

	"github.com/serverledge/serverledge/internal/fault"
)

// ignoreFile stands at the top of a folder and names what is not packed.
const ignoreFile = ".serverledgeignore"

// ignore is the list of patterns of an ignore file, one a line; the last one
// that matches decides. A pattern is that of path.Match. Without a slash it is
// held against names at every level, with one against paths from the top; with
// a slash at its end it means folders only; with ! before it, it takes back.
// Empty lines and those that begin with # say nothing.
type ignore []pattern

type pattern struct {
	glob              string
	anchored, folders bool
	keep              bool
}

// readIgnore reads an ignore file; a missing one ignores nothing.
func readIgnore(name string) (ignore, error) {
	if _, err := look(name); errors.Is(err, fault.NotFound) {
		return nil, nil
	}
	f, err := open(name)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, unreadable(name, err)
	}
	return parseIgnore(name, string(text))
}

func parseIgnore(name, text string) (ignore, error) {
	var out ignore
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		var p pattern
		p.glob, p.keep = strings.CutPrefix(line, "!")
		p.glob, p.folders = strings.CutSuffix(p.glob, "/")
		p.anchored = strings.Contains(p.glob, "/")
		p.glob = strings.TrimPrefix(p.glob, "/")
		if _, err := path.Match(p.glob, ""); err != nil || p.glob == "" || strings.Contains(p.glob, "**") {
			return nil, fault.New(fault.Invalid, "invalid_pattern", "%s:%d: %s is not a pattern", name, number, shown(line)).
				WithHint("use names and paths with *, ? and [a-z]; a name without / holds at every level, so ** is not needed")
		}
		out = append(out, p)
	}
	return out, nil
}

// matches says whether a path of the folder stays out of the package.
func (i ignore) matches(name string, folder bool) bool {
	out := false
	for _, p := range i {
		if p.folders && !folder {
			continue
		}
		subject := name
		if !p.anchored {
			subject = path.Base(name)
		}
		if ok, err := path.Match(p.glob, subject); err == nil && ok {
			out = !p.keep
		}
	}
	return out
}
