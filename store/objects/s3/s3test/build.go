package s3test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// program is the package of the server, whose version is in tools/s3server/go.mod.
const program = "github.com/versity/versitygw/cmd/versitygw"

// build returns the server's program. It is built when this version is not in
// the cache yet: that takes about a minute, and the module proxy.
func build(ctx context.Context) (string, error) {
	module, err := moduleDir(ctx)
	if err != nil {
		return "", err
	}
	name, err := version(module)
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	cache = filepath.Join(cache, "serverledge-test")
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return "", err
	}
	// several packages' tests may want it at once
	lock, err := os.OpenFile(filepath.Join(cache, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	path := filepath.Join(cache, name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path+".new", program)
	cmd.Dir, cmd.Env = module, append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w: %s", program, err, tail(out))
	}
	return path, os.Rename(path+".new", path)
}

// moduleDir finds tools/s3server of the module that the test belongs to.
func moduleDir(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("asking go for the module: %w", err)
	}
	root := filepath.Dir(strings.TrimSpace(string(out)))
	if root == "." || root == "/dev" {
		return "", errors.New("not in the module of Serverledge")
	}
	return filepath.Join(root, "tools", "s3server"), nil
}

// version names a program after all that it is made of.
func version(module string) (string, error) {
	sum := sha256.New()
	for _, file := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(module, file))
		if err != nil {
			return "", err
		}
		_, _ = sum.Write(text)
	}
	_, _ = sum.Write([]byte(runtime.Version() + runtime.GOARCH))
	return "versitygw-" + hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

// tail is the end of what a command said.
func tail(out []byte) string {
	const most = 500
	return strings.TrimSpace(string(out[max(0, len(out)-most):]))
}
