package functions

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/internal/fault"
)

func valid() *Function {
	return &Function{Namespace: DefaultNamespace, Name: "fn", Runtime: "python310", Handler: "hello.handler", MemoryMB: DefaultMemoryMB}
}

func TestValidateAccepts(t *testing.T) {
	t.Parallel()
	env := map[string]string{}
	for i := range MaxEnv {
		env[fmt.Sprintf("V%d", i)] = "x"
	}
	for i, change := range []func(*Function){
		func(*Function) {},
		func(f *Function) { f.MemoryMB = 1 },
		func(f *Function) { f.MemoryMB = MaxMemoryMB },
		func(f *Function) { f.CPU = MaxCPU },
		func(f *Function) { f.MaxConcurrency = MaxConcurrency },
		func(f *Function) { f.Timeout = MaxTimeout },
		func(f *Function) { f.Timeout = time.Millisecond },
		func(f *Function) { f.Handler = "pkg.mod.fn" },
		func(f *Function) { f.Runtime, f.Handler = "nodejs17ng", "hello" },
		func(f *Function) { f.Runtime, f.Handler = "nodejs17", "lib/hello.js" },
		func(f *Function) { f.Runtime, f.Handler = "binary", "bin/run-me" },
		func(f *Function) { f.Runtime, f.Handler = "java21", "org.Example::handle" },
		func(f *Function) { f.Runtime, f.Handler, f.Image = "custom", "", "alpine" },
		func(f *Function) { f.Env = env },
		func(f *Function) { f.Env = map[string]string{"A": strings.Repeat("x", MaxEnvBytes-1)} },
		func(f *Function) { f.Package = strings.Repeat("0f", 32) },
		func(f *Function) { f.Signature = &Signature{Inputs: []Param{{"n", "Int"}}} },
	} {
		f := valid()
		change(f)
		if err := f.Validate(); err != nil {
			t.Errorf("case %d: %v", i, err)
		}
	}
	for _, image := range []string{
		"alpine", "alpine:3.20", "grussorusso/serverledge-python310", "localhost/x", "localhost:5000/a/b_c:T.1-x",
		"ghcr.io/a/b@sha256:" + strings.Repeat("a", 64), "registry.example.org:443/x:1@sha256:" + strings.Repeat("0", 64),
		strings.Repeat("a", MaxImage),
	} {
		f := valid()
		f.Runtime, f.Handler, f.Image = "custom", "", image
		if err := f.Validate(); err != nil {
			t.Errorf("image %q: %v", image, err)
		}
	}
}

func TestValidateRefuses(t *testing.T) {
	t.Parallel()
	env := map[string]string{}
	for i := range MaxEnv + 1 {
		env[fmt.Sprintf("V%d", i)] = ""
	}
	set := func(name, value string) func(*Function) {
		return func(f *Function) { f.Env = map[string]string{name: value} }
	}
	handler := func(runtime, handler string) func(*Function) {
		return func(f *Function) { f.Runtime, f.Handler = runtime, handler }
	}
	for i, c := range []struct {
		change        func(*Function)
		pointer, code string
	}{
		{func(f *Function) { f.Name = "a/b" }, "/name", "invalid_name"},
		{func(f *Function) { f.Namespace = ".." }, "/namespace", "invalid_name"},
		{func(f *Function) { f.MemoryMB = 0 }, "/memoryMB", "invalid_memory"},
		{func(f *Function) { f.MemoryMB = -1 }, "/memoryMB", "invalid_memory"},
		{func(f *Function) { f.MemoryMB = MaxMemoryMB + 1 }, "/memoryMB", "invalid_memory"},
		{func(f *Function) { f.CPU = -1 }, "/cpu", "invalid_cpu"},
		{func(f *Function) { f.CPU = math.NaN() }, "/cpu", "invalid_cpu"},
		{func(f *Function) { f.CPU = math.Inf(1) }, "/cpu", "invalid_cpu"},
		{func(f *Function) { f.CPU = math.Nextafter(MaxCPU, 2*MaxCPU) }, "/cpu", "invalid_cpu"},
		{func(f *Function) { f.MaxConcurrency = -1 }, "/maxConcurrency", "invalid_concurrency"},
		{func(f *Function) { f.MaxConcurrency = MaxConcurrency + 1 }, "/maxConcurrency", "invalid_concurrency"},
		{func(f *Function) { f.Timeout = -1 }, "/timeout", "invalid_timeout"},
		{func(f *Function) { f.Timeout = time.Microsecond }, "/timeout", "invalid_timeout"},
		{func(f *Function) { f.Timeout = MaxTimeout + 1 }, "/timeout", "invalid_timeout"},
		{func(f *Function) { f.Runtime = "ruby" }, "/runtime", "unknown_runtime"},
		{handler("python310", ""), "/handler", "invalid_handler"},
		{handler("python310", "hello"), "/handler", "invalid_handler"},
		{handler("python310", "hello."), "/handler", "invalid_handler"},
		{handler("python310", "hello.handler\n"), "/handler", "invalid_handler"},
		{handler("python310", "../../etc/passwd"), "/handler", "invalid_handler"},
		{handler("python310", "m."+strings.Repeat("h", 10<<10)), "/handler", "invalid_handler"},
		{handler("nodejs17", "../x.js"), "/handler", "invalid_handler"},
		{handler("nodejs17", "/x.js"), "/handler", "invalid_handler"},
		{handler("binary", "-x"), "/handler", "invalid_handler"},
		{handler("binary", ""), "/handler", "invalid_handler"},
		{handler("custom", ""), "/image", "required"},
		{set("LD_PRELOAD", "x"), "/env/LD_PRELOAD", "reserved_env"},
		{set("SERVERLEDGE_X", "x"), "/env/SERVERLEDGE_X", "reserved_env"},
		{set("A=B", "x"), "/env/A=B", "invalid_env"},
		{set("", "x"), "/env/", "invalid_env"},
		{set("1A", "x"), "/env/1A", "invalid_env"},
		{set("A", "x\x00"), "/env/A", "invalid_env"},
		{set("A", "\xff"), "/env/A", "invalid_env"},
		{set(strings.Repeat("A", 256), ""), "/env", "invalid_env"},
		{set("A", strings.Repeat("x", MaxEnvBytes)), "/env", "too_large"},
		{func(f *Function) { f.Env = env }, "/env", "too_many"},
		{func(f *Function) { f.Package = "abc" }, "/package", "invalid_package"},
		{func(f *Function) { f.Signature = &Signature{Inputs: []Param{{"n", "Map"}}} }, "/signature/Inputs/0/Type", "unknown_type"},
	} {
		f := valid()
		c.change(f)
		err := f.Validate()
		var e *fault.Error
		if !errors.As(err, &e) || e.Kind != fault.Invalid || e.Code != c.code || len(e.Fields) != 1 || e.Fields[0].Pointer != c.pointer {
			t.Errorf("case %d: %v, want %s at %s", i, err, c.code, c.pointer)
		}
	}
	for _, image := range []string{
		"x; rm -rf /", "--privileged", strings.Repeat("a", MaxImage+1), "Upper/repo", "UPPER", "a//b", "a/", "/a", "a:", "a@sha256:12", "a\n", "a:b:c", "http://x/y",
	} {
		f := valid()
		f.Runtime, f.Image = "custom", image
		if e := fault.From(f.Validate()); e.Code != "invalid_image" {
			t.Errorf("image %q: %v, want invalid_image", image, e)
		}
	}
}

func TestValidateListsEverything(t *testing.T) {
	t.Parallel()
	f := &Function{Name: "", Runtime: "python310", Handler: "x", MemoryMB: 0, CPU: -1, Timeout: -1, MaxConcurrency: -1}
	e := fault.From(f.Validate())
	if e.Code != "invalid_function" || len(e.Fields) != 6 {
		t.Errorf("%s with %d fields, want invalid_function with 6: %+v", e.Code, len(e.Fields), e.Fields)
	}
}
