package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/api/client"
	"github.com/serverledge/serverledge/api/openapitest"
	"github.com/serverledge/serverledge/functions/pack"
	"github.com/serverledge/serverledge/internal/nodeproc"
)

// root is the folder of the module; programs lie in its bin.
var root string

func TestMain(m *testing.M) {
	code, err := prepare(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// prepare builds the programs, as `make build` does, and runs the tests.
func prepare(m *testing.M) (int, error) {
	var err error
	if root, err = nodeproc.Root(); err != nil {
		return 0, err
	}
	for _, program := range []string{"serverledge", "serverledge-cli", "executor"} {
		build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join("bin", program), "./cmd/"+program)
		build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			return 0, fmt.Errorf("building %s: %w\n%s", program, err, out)
		}
	}
	return m.Run(), nil
}

// eachDriver runs a test on every driver of this machine.
func eachDriver(t *testing.T, test func(t *testing.T, driver string)) {
	t.Helper()
	for _, driver := range []string{"sandbox", "docker"} {
		t.Run(driver, func(t *testing.T) {
			t.Parallel()
			if driver == "docker" {
				needDocker(t)
			}
			test(t, driver)
		})
	}
}

// needDocker skips a test when no Docker daemon answers, and fails it instead
// when SERVERLEDGE_REQUIRE_DOCKER=1.
func needDocker(t *testing.T) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "docker", "image", "inspect", "serverledge/python3").CombinedOutput()
	if err == nil {
		return
	}
	reason := "no Docker daemon with the runtime images (make images): " + strings.TrimSpace(string(out))
	if os.Getenv("SERVERLEDGE_REQUIRE_DOCKER") == "1" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// node is a running node under test.
type node struct {
	*nodeproc.Node
	*client.Client
	t testing.TB
}

// start starts a node in a folder of its own; it is stopped with the test, and
// must then have left nothing behind.
func start(t *testing.T, driver string, set ...string) *node {
	t.Helper()
	return startIn(t, t.TempDir(), driver, set...)
}

func startIn(t *testing.T, dir, driver string, set ...string) *node {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	n, err := nodeproc.Start(ctx, nodeproc.Options{
		Bin: filepath.Join(root, "bin"), Dir: dir, Set: append([]string{"container.driver=" + driver}, set...),
	})
	if err != nil {
		t.Fatal(err)
	}
	checked := openapitest.New(t, http.DefaultTransport)
	out := &node{Node: n, Client: client.New(n.URL, client.Options{HTTP: &http.Client{Transport: checked}}), t: t}
	t.Cleanup(func() { out.shutDown(dir) })
	return out
}

// shutDown stops the node, if it runs, and looks for remains.
func (n *node) shutDown(dir string) {
	select {
	case <-n.Done():
		return // the test itself has ended it
	default:
	}
	if code, err := n.Node.Stop(); err != nil || code != 0 {
		n.t.Errorf("the node stopped with code %d, %v:\n%s", code, err, n.Log())
	}
	if n.t.Failed() {
		n.t.Logf("log of the node:\n%s", n.Log())
	}
	for _, left := range remains(n.t, dir) {
		n.t.Errorf("left behind: %s", left)
	}
}

// remains lists what instances of a node would leave: folders, containers with
// mounts from its data directory, and processes that name it.
func remains(tb testing.TB, dir string) []string {
	tb.Helper()
	var left []string
	entries, err := os.ReadDir(filepath.Join(dir, "instances"))
	if err == nil {
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), "i-") || e.Name() == "run" {
				inner, err := os.ReadDir(filepath.Join(dir, "instances", e.Name()))
				if err == nil && len(inner) > 0 {
					left = append(left, e.Name()+"/"+inner[0].Name())
				}
			}
		}
	}
	mounts, err := os.ReadFile("/proc/mounts")
	if err == nil {
		for line := range strings.SplitSeq(string(mounts), "\n") {
			if strings.Contains(line, dir) {
				left = append(left, "mount "+line)
			}
		}
	}
	if out, err := exec.Command("docker", "ps", "-aq", "--no-trunc").Output(); err == nil {
		for id := range strings.FieldsSeq(string(out)) {
			info, err := exec.Command("docker", "inspect", id).Output()
			if err == nil && strings.Contains(string(info), dir) {
				left = append(left, "container "+id)
			}
		}
	}
	procs, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err == nil {
		for _, p := range procs {
			if text, err := os.ReadFile(p); err == nil && strings.Contains(string(text), dir) {
				left = append(left, "process "+strings.ReplaceAll(string(text), "\x00", " "))
			}
		}
	}
	return left
}

// function registers a function of one file of source code.
func (n *node) function(f api.Function, file, source string) {
	n.t.Helper()
	path := filepath.Join(n.t.TempDir(), file)
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		n.t.Fatal(err)
	}
	n.functionAt(f, path)
}

// functionAt registers a function of a file or folder, or updates it.
func (n *node) functionAt(f api.Function, path string) {
	n.t.Helper()
	archive, err := pack.Build(path)
	if err != nil {
		n.t.Fatal(err)
	}
	f.Package = pack.Digest(archive)
	if err := n.PutPackage(n.t.Context(), f.Package, bytes.NewReader(archive), int64(len(archive))); err != nil {
		n.t.Fatal(err)
	}
	if f.Runtime == "" {
		f.Runtime = "python310"
	}
	if f.MemoryMB == 0 {
		f.MemoryMB = 128
	}
	if _, err := n.PutFunction(n.t.Context(), f, ""); err != nil {
		n.t.Fatal(err)
	}
}

// example registers a function of examples/.
func (n *node) example(f api.Function, file string) {
	n.t.Helper()
	n.functionAt(f, filepath.Join(root, "examples", file))
}

// invoke calls a function and returns the result, which may be a failure.
func (n *node) invoke(function, input string) api.InvocationResult {
	n.t.Helper()
	r, err := n.Run(n.t.Context(), function, api.Invocation{Input: json.RawMessage(input), Output: true}, "")
	if err != nil {
		n.t.Fatalf("invoking %s: %v", function, err)
	}
	return r
}

// must returns the output of a call that has to succeed.
func (n *node) must(function, input string) string {
	n.t.Helper()
	r := n.invoke(function, input)
	if r.Failure != nil {
		n.t.Fatalf("%s failed: %+v", function, r.Failure)
	}
	return string(r.Output)
}

// status reads /status.
func (n *node) status() api.StatusResponse {
	n.t.Helper()
	text, err := n.Compat().Status(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	var s api.StatusResponse
	if err := json.Unmarshal(text, &s); err != nil {
		n.t.Fatal(err)
	}
	return s
}

// text reads a page.
func (n *node) text(path string) string {
	n.t.Helper()
	r, err := http.NewRequestWithContext(n.t.Context(), http.MethodGet, n.URL+path, nil)
	if err != nil {
		n.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		n.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	return string(body)
}

// settle waits until no call is in flight and none waits, and checks that all
// memory is accounted for: free, or held by warm instances.
func (n *node) settle() api.StatusResponse {
	n.t.Helper()
	var s api.StatusResponse
	waitFor(n.t, "no call in flight and no instance on its way", func() bool {
		s = n.status()
		return s.Busy == 0 && s.Queue == 0 && s.UsedCPU == 0 && s.AvailableMemory == s.TotalMemory
	})
	return s
}

// waitFor returns when done holds, and fails the test after half a minute.
func waitFor(tb testing.TB, what string, done func() bool) {
	tb.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			tb.Fatalf("waited in vain for: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
