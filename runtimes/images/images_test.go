// Package images_test builds the runtime images with build.sh and looks into them.
package images_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// docker runs a docker command; a test without a daemon is skipped, and fails
// where Docker is required.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "docker", "version").CombinedOutput(); err != nil {
		if os.Getenv("SERVERLEDGE_REQUIRE_DOCKER") == "1" {
			t.Fatalf("no Docker daemon answers: %s", out)
		}
		t.Skipf("no Docker daemon answers: %s", out)
	}
	out, err := exec.CommandContext(t.Context(), "docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// build runs build.sh with a stand-in for the executor.
func build(t *testing.T, env []string, names ...string) (string, error) {
	t.Helper()
	executor := filepath.Join(t.TempDir(), "executor")
	if err := os.WriteFile(executor, []byte("#!/bin/sh\necho stand-in\n"), 0o755); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "./build.sh", names...)
	cmd.Env = append(append(os.Environ(), "SERVERLEDGE_EXECUTOR="+executor), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// The images that "make images" made tell the truth, and run as functions do.
func TestImagesRunAsFunctionsDo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ image, runtime, version, proof, want string }{
		{"python3", "python", `import platform; print(platform.python_version())`, `
import asyncio, ctypes, decimal, hashlib, json, lzma, multiprocessing, sqlite3, ssl, subprocess, unittest, urllib.request, zlib, zoneinfo
print(json.__cached__ is not None, subprocess.check_output("echo sub", shell=True).decode().strip())`, "True sub"},
		{"nodejs", "nodejs", `console.log(process.versions.node)`, `
console.log(typeof fetch, require('child_process').execSync('echo sub').toString().trim(), require('crypto').createHash('sha256').update('').digest('hex').length)`, "function sub 64"},
	} {
		t.Run(c.image, func(t *testing.T) {
			t.Parallel()
			interpreter, flag := "python3", "-c"
			if c.image == "nodejs" {
				interpreter, flag = "node", "-e"
			}
			image := "serverledge/" + c.image
			label := func(name string) string {
				return docker(t, "image", "inspect", "-f", `{{index .Config.Labels "serverledge.`+name+`"}}`, image)
			}
			run := func(code string) string {
				return docker(t, "run", "--rm", "--network", "none", "--read-only", "--user", "65534:65534", "--cap-drop", "ALL", image, interpreter, flag, code)
			}
			if got := label("runtime"); got != c.runtime {
				t.Errorf("runtime label: got %q, want %q", got, c.runtime)
			}
			if got, want := label("version"), run(c.version); got != want {
				t.Errorf("the label says version %q, the program %q", got, want)
			}
			if got := run(c.proof); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestBaseCarriesTheExecutor(t *testing.T) {
	t.Parallel()
	out := docker(t, "run", "--rm", "--network", "none", "--entrypoint", "/bin/sh", "serverledge/base", "-c", "test -x /executor && echo there && id -u")
	if out != "there\n65534" {
		t.Errorf("got %q", out)
	}
}

// An image whose recipe has not changed is left alone.
func TestBuildIsIdempotent(t *testing.T) {
	t.Parallel()
	docker(t, "version")
	prefix := "serverledge-test-images"
	env := []string{"SERVERLEDGE_IMAGES_PREFIX=" + prefix}
	t.Cleanup(func() { _ = exec.Command("docker", "image", "rm", "-f", prefix+"/nodejs").Run() })
	docker(t, "tag", "serverledge/nodejs", prefix+"/nodejs")
	before := docker(t, "image", "inspect", "-f", "{{.Id}}", prefix+"/nodejs")
	out, err := build(t, env, "nodejs")
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !strings.Contains(out, "up to date") {
		t.Skipf("serverledge/nodejs is older than its recipe, run make images: %s", out)
	}
	if after := docker(t, "image", "inspect", "-f", "{{.Id}}", prefix+"/nodejs"); after != before {
		t.Error("an image that is up to date was built again")
	}
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	t.Parallel()
	docker(t, "version")
	noDocker := t.TempDir()
	for _, tool := range []string{"bash", "dirname", "id", "env"} {
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(noDocker, tool)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, text string
		env        []string
		images     []string
	}{
		{"no docker", "there is no docker command", []string{"PATH=" + noDocker}, nil},
		{"no daemon", "the Docker daemon does not answer", []string{"DOCKER_HOST=unix:///nowhere.sock"}, nil},
		{"no recipe", "there is no recipe cobol", nil, []string{"cobol"}},
		{"no executor", "make build", []string{"SERVERLEDGE_EXECUTOR=/nowhere"}, []string{"base"}},
		{"no such source", "use auto, registry or packages", []string{"SERVERLEDGE_IMAGES_FROM=heaven", "SERVERLEDGE_IMAGES_FORCE=1", "SERVERLEDGE_IMAGES_PREFIX=serverledge-test-none"}, []string{"nodejs"}},
	} {
		out, err := build(t, c.env, c.images...)
		if err == nil || !strings.Contains(out, c.text) {
			t.Errorf("%s: got %v and %q, want %q", c.name, err, out, c.text)
		}
	}
}
