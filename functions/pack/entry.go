package pack

import (
	"archive/tar"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/serverledge/serverledge/internal/fault"
)

// entry is one accepted file or folder of an archive.
type entry struct {
	// name is clean, relative and separated by slashes.
	name   string
	folder bool
	// executable tells that somebody may execute the file.
	executable bool
}

// mode is what an entry gets whatever the archive says: no setuid, no setgid,
// no sticky bit, readable by the user that functions run as.
func (e entry) mode() uint32 {
	if e.folder || e.executable {
		return 0o755
	}
	return 0o644
}

// accept turns a tar header into an entry, or says why it cannot be one.
func accept(h *tar.Header) (entry, error) {
	name, err := cleanName(h.Name)
	if err != nil {
		return entry{}, err
	}
	e := entry{name: name, executable: h.Mode&0o111 != 0}
	switch h.Typeflag {
	case tar.TypeDir:
		e.folder = true
	case tar.TypeReg:
		if name == "." || strings.HasSuffix(h.Name, "/") {
			return entry{}, unsafePath(h.Name, "names a folder and holds a file")
		}
	default:
		return entry{}, unsupported(h.Name, kindOf(h.Typeflag))
	}
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return entry{}, unsupported(h.Name, "a sparse file")
		}
	}
	return e, nil
}

// cleanName returns the canonical form of a path of an archive.
func cleanName(name string) (string, error) {
	switch {
	case name == "":
		return "", unsafePath(name, "is empty")
	case !utf8.ValidString(name):
		return "", unsafePath(name, "is not UTF-8")
	case strings.ContainsRune(name, 0):
		return "", unsafePath(name, "holds a NUL")
	case strings.Contains(name, `\`):
		return "", unsafePath(name, "holds a backslash")
	case strings.HasPrefix(name, "/"):
		return "", unsafePath(name, "is absolute")
	case len(name) >= 2 && name[1] == ':' && isLetter(name[0]):
		return "", unsafePath(name, "names a drive")
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return "", unsafePath(name, "leads out of its folder")
		}
	}
	clean := path.Clean(name)
	if len(clean) > MaxPath {
		return "", unsafePath(name, "is longer than 255 bytes")
	}
	if strings.Count(clean, "/") >= MaxDepth {
		return "", unsafePath(name, "has more than 16 levels")
	}
	return clean, nil
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func kindOf(flag byte) string {
	switch flag {
	case tar.TypeSymlink:
		return "a symbolic link"
	case tar.TypeLink:
		return "a hard link"
	case tar.TypeChar, tar.TypeBlock:
		return "a device"
	case tar.TypeFifo:
		return "a FIFO"
	case tar.TypeGNUSparse:
		return "a sparse file"
	default:
		return "an entry of an unknown kind"
	}
}

func unsafePath(name, why string) error {
	return fault.New(fault.Invalid, "unsafe_path", "path %s of the package %s", shown(name), why).
		WithHint("use relative paths with / between names, at most %d bytes and %d levels", MaxPath, MaxDepth)
}

func unsupported(name, what string) error {
	return fault.New(fault.Invalid, "unsupported_entry", "%s of the package is %s", shown(name), what).
		WithHint("a package holds regular files and folders only")
}

func duplicate(name, why string) error {
	return fault.New(fault.Invalid, "duplicate_entry", "%s %s", shown(name), why).
		WithHint("give each path once")
}

// shown quotes a name that an attacker may have chosen, at most 80 bytes of it.
func shown(name string) string {
	const most = 80
	quoted := strings.ToValidUTF8(name, "\uFFFD")
	if len(quoted) > most {
		cut := most
		for !utf8.RuneStart(quoted[cut]) {
			cut--
		}
		quoted = quoted[:cut] + "..."
	}
	return strconv.Quote(quoted)
}
