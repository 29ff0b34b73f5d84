package functions

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/serverledge/serverledge/internal/fault"
)

// More limits of a function.
const (
	// MaxCPU bounds the CPU share of one instance.
	MaxCPU = 1024
	// MaxHandler is the longest handler, in bytes.
	MaxHandler = 255
	// MaxImage is the longest image reference, in bytes.
	MaxImage = 255
	// MaxEnv is how many environment variables there may be, MaxEnvBytes how
	// many bytes all names and values together may have.
	MaxEnv      = 256
	MaxEnvBytes = 32 << 10
)

// Validate checks all fields of a function to be registered. It does not know
// what a node provides (Runtime.Satisfied, Driver.Check do), nor whether the
// package exists. The error is fault.Invalid and lists every fault, with the
// field names of the v1 API as pointers; its code is that of the only fault,
// or "invalid_function" when there are several.
func (f *Function) Validate() error {
	c := checker{}
	c.name(f)
	c.numbers(f)
	runtime, known := c.runtime(f)
	if known {
		c.handler(runtime, f.Handler)
	}
	c.image(runtime, f.Image)
	c.env(f.Env)
	c.faults = append(c.faults, f.Signature.faults("/signature")...)
	switch len(c.faults) {
	case 0:
		return nil
	case 1:
		return fault.New(fault.Invalid, c.faults[0].Code, "%s", c.faults[0].Detail).WithFields(c.faults...).WithHint("%s", c.hint)
	default:
		return fault.New(fault.Invalid, "invalid_function", "the function is not valid: %s", details(c.faults)).
			WithFields(c.faults...).WithHint("%s", c.hint)
	}
}

// checker gathers faults.
type checker struct {
	faults []fault.Field
	hint   string
}

func (c *checker) bad(pointer, code, format string, args ...any) {
	c.faults = append(c.faults, fault.Field{Pointer: pointer, Code: code, Detail: fmt.Sprintf(format, args...)})
}

func (c *checker) name(f *Function) {
	if wrong := nameFault(f.Name); wrong != "" {
		c.bad("/name", "invalid_name", "the name %s %s", quoted(f.Name), wrong)
	}
	if wrong := nameFault(f.Namespace); f.Namespace != "" && wrong != "" {
		c.bad("/namespace", "invalid_name", "the namespace %s %s", quoted(f.Namespace), wrong)
	}
	if f.Package != "" && !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(f.Package) {
		c.bad("/package", "invalid_package", "the package must be the SHA-256 of an archive, 64 hexadecimal digits")
	}
}

func (c *checker) numbers(f *Function) {
	if f.MemoryMB < 1 || f.MemoryMB > MaxMemoryMB {
		c.bad("/memoryMB", "invalid_memory", "the memory must be 1 to %d MB, not %d", MaxMemoryMB, f.MemoryMB)
	}
	if !(f.CPU >= 0 && f.CPU <= MaxCPU) || math.IsNaN(f.CPU) {
		c.bad("/cpu", "invalid_cpu", "the CPU share must be 0 (no cap) to %d, not %g", MaxCPU, f.CPU)
	}
	if f.MaxConcurrency < 0 || f.MaxConcurrency > MaxConcurrency {
		c.bad("/maxConcurrency", "invalid_concurrency", "the concurrency must be 1 to %d, not %d", MaxConcurrency, f.MaxConcurrency)
	}
	if f.Timeout < 0 || f.Timeout > MaxTimeout {
		c.bad("/timeout", "invalid_timeout", "the timeout must be more than 0 and at most %s, not %s", MaxTimeout, f.Timeout)
	} else if f.Timeout > 0 && f.Timeout < time.Millisecond {
		c.bad("/timeout", "invalid_timeout", "the timeout must be at least 1ms, not %s", f.Timeout)
	}
}

func (c *checker) runtime(f *Function) (Runtime, bool) {
	r, err := ParseRuntime(f.Runtime)
	if err == nil {
		return r, true
	}
	e := fault.From(err)
	c.hint = e.Hint
	c.bad("/runtime", e.Code, "%s", e.Detail)
	return r, false
}

// handler checks the form of a handler; whether the package has it shows when
// it is loaded.
func (c *checker) handler(r Runtime, handler string) {
	const path = `[A-Za-z0-9_][A-Za-z0-9_.+-]*(/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*`
	var pattern, form string
	switch r.Language {
	case LanguagePython:
		pattern = `[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)+`
		form = `"module.function"`
	case LanguageNodeJS:
		pattern, form = path, `the name of a file in the package, for example "hello.js"`
	case LanguageBinary:
		pattern, form = path, "the path of the executable in the package"
	case LanguageJava:
		pattern, form = `[A-Za-z_$][A-Za-z0-9_$.]*(::[A-Za-z_$][A-Za-z0-9_$]*)?`, `"package.Class::method"`
	default:
		if len(handler) > MaxHandler || !printable(handler) {
			c.bad("/handler", "invalid_handler", "the handler is longer than %d bytes or has characters that cannot be printed", MaxHandler)
		}
		return
	}
	if len(handler) > MaxHandler || !regexp.MustCompile(`^(`+pattern+`)$`).MatchString(handler) {
		c.bad("/handler", "invalid_handler", "the handler %s is not %s", quoted(handler), form)
	}
}

func (c *checker) image(r Runtime, image string) {
	switch {
	case image == "" && r.Language == LanguageCustom:
		c.bad("/image", "required", "a custom function needs an image")
	case image != "" && !validImage(image):
		c.bad("/image", "invalid_image", "the image %s is not a valid reference", quoted(image))
	}
}

// validImage knows the grammar of image references: an optional host with an
// optional port, path components in lower case, an optional tag, an optional
// digest.
func validImage(image string) bool {
	const (
		label     = `[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?`
		component = `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
		host      = `(` + label + `(\.` + label + `)+(:[0-9]{1,5})?|` + label + `:[0-9]{1,5}|localhost)`
		tag       = `(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?`
		digest    = `(@sha256:[0-9a-f]{64})?`
	)
	return len(image) <= MaxImage &&
		regexp.MustCompile(`^(`+host+`/)?`+component+`(/`+component+`)*`+tag+digest+`$`).MatchString(image)
}

// env checks environment variables. Those that steer the dynamic loader are
// refused, because they would reach the executor and not only the function,
// and so are those that are ours.
func (c *checker) env(env map[string]string) {
	if len(env) > MaxEnv {
		c.bad("/env", "too_many", "there are %d environment variables, more than %d", len(env), MaxEnv)
		return
	}
	size := 0
	name := regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	for _, key := range slices.Sorted(maps.Keys(env)) {
		value := env[key]
		size += len(key) + len(value)
		pointer := Param{Name: key}.pointer()
		switch {
		case len(key) > maxParamName:
			c.bad("/env", "invalid_env", "the name of the environment variable %s is too long", quoted(key))
		case !name.MatchString(key):
			c.bad("/env"+pointer, "invalid_env", "the environment variable %s must be named with letters, digits and '_'", quoted(key))
		case strings.HasPrefix(key, "LD_") || strings.HasPrefix(key, "SERVERLEDGE_"):
			c.bad("/env"+pointer, "reserved_env", "the environment variable %s is reserved", quoted(key))
		case strings.ContainsRune(value, 0) || !utf8.ValidString(value):
			c.bad("/env"+pointer, "invalid_env", "the value of the environment variable %s is not text", quoted(key))
		}
	}
	if size > MaxEnvBytes {
		c.bad("/env", "too_large", "the environment variables have %d bytes, more than %d", size, MaxEnvBytes)
	}
}
