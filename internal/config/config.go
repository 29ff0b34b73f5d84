package config

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/serverledge/serverledge/internal/fault"
)

// maxFile bounds a configuration file.
const maxFile = 1 << 20

// envPrefix begins the names of environment variables that configure.
const envPrefix = "SERVERLEDGE_"

// Setting is the value of one key with its origin.
type Setting struct {
	Key
	// Value is as it was written; "" is no value.
	Value string
	// Origin says where it came from: "default", a file with its line, an
	// environment variable or a flag.
	Origin string
	set    bool
}

// Config is a complete configuration. It is read-only after Load.
type Config struct {
	settings map[string]*Setting
	order    []string
	// Warnings are what the operator should know: inert keys that are set,
	// environment variables that look like keys and are none.
	Warnings []string
}

// Sources says what to read.
type Sources struct {
	// File is the configuration file; empty looks for serverledge-conf.yaml,
	// .yml and .toml in /etc/serverledge, the home directory and the working
	// directory, in this order, and is content with none.
	File string
	// Dirs overrides the directories that are searched.
	Dirs []string
	// Environ is as os.Environ gives it; Flags are "key=value".
	Environ []string
	Flags   []string
}

// Error lists everything that is wrong with a configuration.
type Error struct{ Problems []string }

func (e *Error) Error() string { return strings.Join(e.Problems, "\n") }

// Load reads a configuration; its errors are *Error.
func Load(src Sources) (*Config, error) {
	c := &Config{settings: map[string]*Setting{}}
	for _, k := range Keys() {
		c.settings[k.Name] = &Setting{Key: k, Value: k.Default, Origin: "default"}
		c.order = append(c.order, k.Name)
	}
	var problems []string
	values, err := readFile(src)
	if err != nil {
		problems = append(problems, err.Error())
	}
	for _, v := range values {
		problems = append(problems, c.set(v)...)
	}
	problems = append(problems, c.fromEnvironment(src.Environ)...)
	for _, f := range src.Flags {
		key, text, ok := strings.Cut(f, "=")
		if !ok {
			problems = append(problems, fmt.Sprintf("flag --set %s: write it as key=value", f))
			continue
		}
		problems = append(problems, c.set(assignment{key: key, text: text, origin: "flag --set"})...)
	}
	if len(problems) > 0 {
		return nil, &Error{problems}
	}
	for _, name := range c.order {
		if s := c.settings[name]; s.Inert && s.set {
			c.Warnings = append(c.Warnings, fmt.Sprintf("%s (%s) has no effect: %s", name, s.Origin, s.Help))
		}
	}
	return c, nil
}

// assignment is one value found in a source.
type assignment struct{ key, text, origin string }

func (c *Config) set(a assignment) []string {
	s := c.settings[a.key]
	if s == nil {
		text := fmt.Sprintf("%s: unknown key %q", a.origin, a.key)
		if near := fault.Suggest(a.key, c.order); near != "" {
			text += fmt.Sprintf("; did you mean %q?", near)
		}
		return []string{text}
	}
	if err := s.check(a.text); err != nil {
		return []string{fmt.Sprintf("%s: %s: %s", a.origin, s.Name, err)}
	}
	s.Value, s.Origin, s.set = a.text, a.origin, true
	return nil
}

func (k *Key) check(text string) error {
	if text == "" {
		return nil
	}
	var number float64
	var err error
	switch k.Kind {
	case Text, List:
		if len(k.Choices) > 0 && !slices.Contains(k.Choices, text) {
			return fmt.Errorf("%q is none of %s", text, strings.Join(k.Choices, ", "))
		}
		return nil
	case Truth:
		if _, err := strconv.ParseBool(text); err != nil {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		return nil
	case Whole:
		var n int64
		if n, err = strconv.ParseInt(text, 10, 64); err != nil {
			return fmt.Errorf("%q is no whole number", text)
		}
		number = float64(n)
	case Decimal:
		if number, err = strconv.ParseFloat(text, 64); err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
			return fmt.Errorf("%q is no number", text)
		}
	case Seconds:
		d, err := seconds(text)
		if err != nil {
			return err
		}
		number = d.Seconds()
	}
	if number < k.Min {
		return fmt.Errorf("%s is less than %v", text, k.Min)
	}
	if k.Max > 0 && number > k.Max {
		return fmt.Errorf("%s is more than %v", text, k.Max)
	}
	return nil
}

// seconds reads a number of seconds or a Go duration.
func seconds(text string) (time.Duration, error) {
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		if math.IsNaN(n) || math.Abs(n) > 1e9 {
			return 0, fmt.Errorf("%q is out of range", text)
		}
		return time.Duration(n * float64(time.Second)), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is neither a number of seconds nor a duration such as 90s", text)
	}
	return d, nil
}

// fromEnvironment takes SERVERLEDGE_API_PORT for api.port and so on.
// SERVERLEDGE_HOST and SERVERLEDGE_PORT belong to the client.
func (c *Config) fromEnvironment(environ []string) (problems []string) {
	names := map[string]string{}
	for _, key := range c.order {
		names[envName(key)] = key
	}
	for _, pair := range environ {
		name, text, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, envPrefix) || slices.Contains(ownVariables(), name) {
			continue
		}
		key, ok := names[name]
		if !ok {
			warning := fmt.Sprintf("environment variable %s names no key", name)
			if near := fault.Suggest(name, slices.Collect(mapKeys(names))); near != "" {
				warning += "; did you mean " + near + "?"
			}
			c.Warnings = append(c.Warnings, warning)
			continue
		}
		problems = append(problems, c.set(assignment{key: key, text: text, origin: "environment variable " + name})...)
	}
	slices.Sort(c.Warnings)
	return problems
}

// ownVariables lists variables with our prefix that are not keys of the node.
func ownVariables() []string {
	return []string{"SERVERLEDGE_HOST", "SERVERLEDGE_PORT", "SERVERLEDGE_REQUIRE_DOCKER", "SERVERLEDGE_TOKEN"}
}

func envName(key string) string {
	return envPrefix + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(key))
}

func mapKeys(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// readFile finds and reads the configuration file.
func readFile(src Sources) ([]assignment, error) {
	path := src.File
	if path == "" {
		path = find(src.Dirs)
		if path == "" {
			return nil, nil
		}
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: there is no such file; name an existing configuration file or none", path)
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fmt.Errorf("%s: is a folder; name a YAML or TOML file", path)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: is no regular file", path)
	case info.Size() > maxFile:
		return nil, fmt.Errorf("%s: has %d bytes; a configuration has at most %d", path, info.Size(), maxFile)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if strings.EqualFold(filepath.Ext(path), ".toml") {
		return readTOML(path, text)
	}
	return readYAML(path, text)
}

func find(dirs []string) string {
	if dirs == nil {
		dirs = []string{"/etc/serverledge"}
		if home, err := os.UserHomeDir(); err == nil {
			dirs = append(dirs, home)
		}
		dirs = append(dirs, ".")
	}
	for _, dir := range dirs {
		for _, ext := range []string{".yaml", ".yml", ".toml"} {
			path := filepath.Join(dir, "serverledge-conf"+ext)
			if info, err := os.Stat(path); err == nil && !info.IsDir() {
				return path
			}
		}
	}
	return ""
}

// Settings returns every setting in the order of the keys.
func (c *Config) Settings() []Setting {
	out := make([]Setting, len(c.order))
	for i, name := range c.order {
		out[i] = *c.settings[name]
	}
	return out
}

func (c *Config) must(name string) *Setting {
	s := c.settings[name]
	if s == nil {
		panic("config: no such key " + name) // a slip in our own code
	}
	return s
}

// Text returns the value of a key as it was written.
func (c *Config) Text(name string) string { return c.must(name).Value }

// Int returns a whole number, 0 when there is none.
func (c *Config) Int(name string) int {
	n, _ := strconv.Atoi(c.must(name).Value) // checked by Load
	return n
}

// Float returns a number, 0 when there is none.
func (c *Config) Float(name string) float64 {
	f, _ := strconv.ParseFloat(c.must(name).Value, 64) // checked by Load
	return f
}

// Bool returns a truth, false when there is none.
func (c *Config) Bool(name string) bool {
	b, _ := strconv.ParseBool(c.must(name).Value) // checked by Load
	return b
}

// Duration returns a span of time, 0 when there is none.
func (c *Config) Duration(name string) time.Duration {
	d, _ := seconds(c.must(name).Value) // checked by Load
	return d
}

// List returns the elements of a list, which are separated by commas.
func (c *Config) List(name string) []string {
	var out []string
	for part := range strings.SplitSeq(c.must(name).Value, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}
