package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/api/client"
	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// functionFlags describe a function to be registered.
type functionFlags struct {
	name, runtime, handler string
	memory, concurrency    int
	cpu                    float64
	src, image             string
	inputs, outputs, env   []string
	timeout                time.Duration
	update                 bool
}

func (f *functionFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVarP(&f.name, "function", "f", "", "name of the function")
	flags.StringVar(&f.runtime, "runtime", "python38", "language and lowest version: "+strings.Join(functions.KnownRuntimes(), ", "))
	flags.StringVar(&f.handler, "handler", "", "module.function for Python, the file for Node.js, the path for binary")
	flags.IntVar(&f.memory, "memory", functions.DefaultMemoryMB, "memory limit of an instance, in MB")
	flags.IntVarP(&f.concurrency, "max_concurrency", "C", 1, "calls that one instance serves at a time")
	flags.Float64Var(&f.cpu, "cpu", 0, "CPUs of an instance (0: no cap)")
	flags.StringVar(&f.src, "src", "", "code: a file, a folder, a .tar or .tar.gz, or a URL")
	flags.StringVar(&f.image, "custom_image", "", "image of a custom function")
	flags.StringArrayVarP(&f.inputs, "input", "i", nil, "declared input as name:Type (repeatable)")
	flags.StringArrayVarP(&f.outputs, "output", "o", nil, "declared output as name:Type (repeatable)")
	flags.DurationVar(&f.timeout, "timeout", 0, "longest time of one call (default 5m)")
	flags.StringArrayVar(&f.env, "env", nil, "environment variable as NAME=VALUE (repeatable)")
}

// function checks the flags and makes the function of them, without its code.
func (f *functionFlags) function() (api.Function, error) {
	out := api.Function{
		Name: f.name, Runtime: f.runtime, Handler: f.handler, MemoryMB: f.memory, CPU: f.cpu,
		MaxConcurrency: f.concurrency, Image: f.image,
	}
	switch {
	case f.name == "":
		return out, usage("name the function with -f")
	case f.memory < 1:
		return out, usage("--memory must be at least 1 MB")
	case f.concurrency < 1:
		return out, usage("--max-concurrency must be at least 1")
	case f.cpu < 0:
		return out, usage("--cpu must not be negative")
	case f.timeout < 0:
		return out, usage("--timeout must not be negative")
	case f.runtime == functions.LanguageCustom && f.image == "":
		return out, usage("a custom function needs --custom-image")
	case f.runtime != functions.LanguageCustom && f.src == "":
		return out, usage("name the code with --src: a file, a folder, a .tar or a URL")
	}
	if f.timeout > 0 {
		out.Timeout = f.timeout.String()
	}
	for _, pair := range f.env {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return out, usage("%q is no environment variable; write it as NAME=VALUE", pair)
		}
		if out.Env == nil {
			out.Env = map[string]string{}
		}
		out.Env[name] = value
	}
	var err error
	out.Signature, err = f.signature()
	return out, err
}

// signature makes the signature; nil when none is declared.
func (f *functionFlags) signature() (*functions.Signature, error) {
	inputs, err := parameters(f.inputs)
	if err != nil {
		return nil, badSignature(err)
	}
	outputs, err := parameters(f.outputs)
	if err != nil {
		return nil, badSignature(err)
	}
	if len(inputs)+len(outputs) == 0 {
		return nil, nil // no declaration is no signature
	}
	s := &functions.Signature{Inputs: inputs, Outputs: outputs}
	if err := s.Validate(); err != nil {
		return nil, badSignature(err)
	}
	return s, nil
}

func parameters(given []string) ([]functions.Param, error) {
	var out []functions.Param
	for _, text := range given {
		for _, pair := range splitPairs(text) {
			p, err := functions.ParseParam(pair)
			if err != nil {
				return nil, err
			}
			out = append(out, p)
		}
	}
	return out, nil
}

func badSignature(err error) *commandError {
	f := cannot(err, "understand the signature")
	f.code = exitSignature
	return f
}

// registerFunction packs, uploads and registers, and returns the function.
func (a *app) registerFunction(ctx context.Context, f *functionFlags) (api.Function, error) {
	var out api.Function
	fn, err := f.function()
	if err != nil {
		return out, err
	}
	var archive []byte
	if f.src != "" {
		if archive, err = packSource(ctx, f.src); err != nil {
			return out, err
		}
	}
	err = a.do(ctx, uploadPatience, func(ctx context.Context, c *client.Client) error {
		if archive != nil {
			digest, err := a.upload(ctx, c, archive)
			if err != nil {
				return cannot(err, "upload the code of %q", fn.Name)
			}
			fn.Package = digest
		}
		var err error
		if f.update {
			out, err = c.PutFunction(ctx, fn, "")
		} else {
			out, err = c.CreateFunction(ctx, fn)
		}
		if err == nil {
			return nil
		}
		failed := cannot(err, "create function %q", fn.Name)
		if errors.Is(err, fault.Exists) {
			failed = failed.tip("-u to replace it, or another name")
		}
		return failed
	})
	return out, err
}
