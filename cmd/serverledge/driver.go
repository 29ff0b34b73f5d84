package main

import (
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"github.com/serverledge/serverledge/functions/pack"
	"github.com/serverledge/serverledge/internal/config"
	"github.com/serverledge/serverledge/pool"
	"github.com/serverledge/serverledge/pool/docker"
	"github.com/serverledge/serverledge/pool/sandbox"
)

// openDriver opens the configured driver; with "auto", Docker when its daemon
// answers and has a runtime image, else the sandbox.
func openDriver(ctx context.Context, cfg *config.Config, dir, node string, packages *pack.Cache, log *slog.Logger) (pool.Driver, error) {
	executor, err := executorPath()
	if err != nil {
		return nil, err
	}
	container := func() (pool.Driver, error) {
		return docker.New(ctx, docker.Options{
			Dir: dir, Node: node, Packages: packages, Executor: executor, Refresh: cfg.Bool("factory.images.refresh"), Log: log,
		})
	}
	box := func() (pool.Driver, error) {
		return sandbox.New(ctx, sandbox.Options{Dir: filepath.Join(dir, "sandbox"), Packages: packages, Executor: executor, Log: log})
	}
	switch cfg.Text("container.driver") {
	case "docker":
		return container()
	case "sandbox":
		return box()
	}
	d, noDocker := container()
	if noDocker == nil && len(d.Runtimes()) == 0 {
		noDocker = errors.Join(errors.New("docker has no runtime image: make images builds them"), d.Close(ctx))
	}
	if noDocker == nil {
		return d, nil
	}
	log.InfoContext(ctx, "docker cannot be used, taking the sandbox", "reason", noDocker)
	d, noSandbox := box()
	if noSandbox != nil {
		return nil, fmt.Errorf("neither driver can be used: %w", errors.Join(noDocker, noSandbox))
	}
	return d, nil
}

// executorPath finds the program that runs inside of instances: it lies beside
// this one.
func executorPath() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding this program: %w", err)
	}
	path := filepath.Join(filepath.Dir(self), "executor")
	if info, err := os.Stat(path); err != nil || info.IsDir() {
		return "", fmt.Errorf("%s is missing: it belongs beside the node (make build makes both)", path)
	}
	if !static(path) {
		return "", fmt.Errorf("%s needs shared libraries, which instances do not have: build it with make build (CGO_ENABLED=0)", path)
	}
	return path, nil
}

// static tells whether a program runs without a loader.
func static(path string) bool {
	f, err := elf.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return false
		}
	}
	return true
}

// runtimeNames lists what a driver can run, as "python 3.11.2".
func runtimeNames(available map[string]string) []string {
	var out []string
	for language, version := range available {
		if version != "" {
			language += " " + version
		}
		out = append(out, language)
	}
	slices.Sort(out)
	return out
}
