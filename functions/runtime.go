package functions

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/serverledge/serverledge/internal/fault"
)

// The languages of runtimes.
const (
	LanguagePython = "python"
	LanguageNodeJS = "nodejs"
	LanguageJava   = "java"
	// LanguageBinary is any executable: one that reads JSON on its standard
	// input and writes JSON on its standard output, or one built with our Go
	// library (then the flavour is FlavourGo).
	LanguageBinary = "binary"
	// LanguageCustom is the user's own image.
	LanguageCustom = "custom"
)

// The flavours of languages.
const (
	// FlavourML is Python with the usual libraries of machine learning.
	FlavourML = "ml"
	// FlavourGo is a binary that uses our Go library.
	FlavourGo = "go"
)

// Runtime is a language environment as a function asks for it: a language at a
// version or later.
type Runtime struct {
	// Name is the name as registered, for example "python310".
	Name string
	// Language is one of the Language… constants.
	Language string
	// Min is the lowest version that will do, for example "3.10"; "" is any.
	Min string
	// Flavour is one of the Flavour… constants or "".
	Flavour string
}

// KnownRuntimes returns the names that messages and help texts offer. Other
// versions of the same languages are understood too ("python311", "nodejs20").
func KnownRuntimes() []string {
	return []string{
		"python38", "python310", "python312", "python312ml", "python314",
		"nodejs17", "nodejs17ng", "go125", "java21", "binary", "custom",
	}
}

// ParseRuntime understands the name of a runtime: a language, the digits of
// its lowest version, and for some a flavour. "python310" and "python3.10" are
// the same, and so are "nodejs17" and "nodejs17ng". The error is fault.Invalid
// "unknown_runtime".
func ParseRuntime(name string) (Runtime, error) {
	text := strings.ToLower(name)
	cut := len(text)
	if i := strings.IndexAny(text, "0123456789"); i >= 0 {
		cut = i
	}
	language, rest := text[:cut], text[cut:]
	end := len(rest)
	for end > 0 && isLetter(rest[end-1]) {
		end--
	}
	version, flavour := rest[:end], rest[end:]
	r := Runtime{Name: name, Language: language}
	ok := false
	switch language {
	case LanguagePython:
		r.Min, ok = splitVersion(version, "3")
		r.Flavour = flavour
		ok = ok && (flavour == "" || flavour == FlavourML)
	case LanguageNodeJS:
		// "ng" named another executor of the same language.
		r.Min, ok = wholeVersion(version)
		ok = ok && (flavour == "" || flavour == "ng")
	case LanguageJava:
		r.Min, ok = wholeVersion(version)
		ok = ok && flavour == ""
	case "go":
		// The compiler's version has done its work: what runs is a binary.
		_, ok = splitVersion(version, "1")
		ok = ok && flavour == ""
		r.Language, r.Flavour = LanguageBinary, FlavourGo
	case LanguageBinary, LanguageCustom:
		ok = rest == ""
	}
	if !ok {
		return Runtime{}, unknownRuntime(name)
	}
	return r, nil
}

func unknownRuntime(name string) error {
	known := KnownRuntimes()
	err := fault.New(fault.Invalid, "unknown_runtime", "there is no runtime %s", quoted(name))
	list := strings.Join(known, ", ")
	if near := fault.Suggest(name, known); near != "" && len(name) <= MaxName {
		return err.WithHint("did you mean %q? Known runtimes: %s", near, list)
	}
	return err.WithHint("known runtimes: %s", list)
}

// splitVersion reads "310" and "3.10" as "3.10" for a language whose major
// version is fixed and one digit long.
func splitVersion(digits, major string) (string, bool) {
	minor, ok := strings.CutPrefix(digits, major)
	if !ok || minor == "." {
		return "", false
	}
	if minor == "" {
		return major, true
	}
	minor = strings.TrimPrefix(minor, ".")
	if !isNumber(minor) {
		return "", false
	}
	return major + "." + minor, true
}

// wholeVersion reads "17" and "17.3".
func wholeVersion(digits string) (string, bool) {
	for part := range strings.SplitSeq(digits, ".") {
		if !isNumber(part) {
			return "", false
		}
	}
	return digits, true
}

// isNumber tells whether text is a number of at most four digits.
func isNumber(text string) bool {
	if text == "" || len(text) > 4 {
		return false
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// Environment is the key under which drivers state what they provide: the
// language, with "ml" behind it for Python with those libraries ("pythonml").
func (r Runtime) Environment() string {
	if r.Flavour == FlavourML {
		return r.Language + r.Flavour
	}
	return r.Language
}

// Satisfied tells whether one of the available environments will do. The map
// has versions by Environment, for example {"python": "3.11.2", "binary": ""};
// an empty version does for any. The error is fault.Unimplemented
// "runtime_not_available" and says what there is.
func (r Runtime) Satisfied(available map[string]string) error {
	version, ok := available[r.Environment()]
	if ok && (version == "" || r.Min == "" || r.accepts(version)) {
		return nil
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(available)) {
		list = append(list, strings.TrimSpace(name+" "+available[name]))
	}
	provides := "nothing"
	if len(list) > 0 {
		provides = strings.Join(list, ", ")
	}
	return fault.New(fault.Unimplemented, "runtime_not_available",
		"this node cannot run %q, which needs %s; it provides %s", r.Name, r.needs(), provides).
		WithHint("ask for a runtime that the node provides, or register the function on a node that provides this one")
}

func (r Runtime) needs() string {
	if r.Min == "" {
		return r.Environment()
	}
	return r.Environment() + " " + r.Min + " or later"
}

// accepts tells whether a version is Min or later. A later major version of
// Python is another language; those of the others are not.
func (r Runtime) accepts(version string) bool {
	have, want := versionNumbers(version), versionNumbers(r.Min)
	if r.Language == LanguagePython && (len(have) == 0 || have[0] != want[0]) {
		return false
	}
	return slices.Compare(have, want) >= 0
}

// versionNumbers returns the leading numbers of a version: "v3.11.2+x" is 3, 11, 2.
func versionNumbers(version string) []int {
	var out []int
	for part := range strings.SplitSeq(strings.TrimPrefix(version, "v"), ".") {
		end := 0
		for end < len(part) && part[end] >= '0' && part[end] <= '9' {
			end++
		}
		n, err := strconv.Atoi(part[:end])
		if err != nil {
			break
		}
		out = append(out, n)
		if end < len(part) {
			break
		}
	}
	return out
}
