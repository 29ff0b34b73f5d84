package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/pool/channel"
	"github.com/serverledge/serverledge/pool/drivertest"
	"github.com/serverledge/serverledge/pool/sandbox"
)

// executorPath is the binary that TestMain builds.
var executorPath string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

// executorVariable hands the binary to a second run of the tests.
const executorVariable = "SANDBOX_TEST_EXECUTOR"

func run(m *testing.M) int {
	if executorPath = os.Getenv(executorVariable); executorPath != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "executor")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // instances run as another user
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	executorPath = filepath.Join(dir, "executor")
	build := exec.Command("go", "build", "-o", executorPath, "github.com/serverledge/serverledge/cmd/executor") //nolint:gosec // before any test
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the executor: %v\n%s", err, text)
		return 1
	}
	return m.Run()
}

func newDriver(tb testing.TB, dir string, packages drivertest.Packages) *sandbox.Driver {
	tb.Helper()
	d, err := sandbox.New(tb.Context(), sandbox.Options{Dir: dir, Packages: packages, Executor: executorPath})
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func TestContract(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "sandbox")
	drivertest.Run(t, drivertest.Suite{
		New: func(tb testing.TB, p drivertest.Packages) drivertest.Driver {
			tb.Helper()
			return newDriver(tb, dir, p)
		},
		Left: func(tb testing.TB) []string {
			tb.Helper()
			return left(tb, dir)
		},
		// As another user than root this machine gives us no cgroups.
		Uncounted: os.Getenv(roleVariable) == "user",
	})
}

// A function that has too little memory even to start is told so.
func TestTooLittleMemory(t *testing.T) {
	t.Parallel()
	needRoot(t)
	n := newNoop(t)
	d := newDriver(t, filepath.Join(t.TempDir(), "d"), n)
	defer func() {
		if err := d.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	f := n.functions()["python"]
	f.MemoryMB = 3
	_, err := d.Start(t.Context(), f)
	var bad *channel.InitError
	if !errors.As(err, &bad) || bad.Failure.Type != functions.FailureOutOfMemory {
		t.Errorf("got %v, want that memory ran out", err)
	}
	if l := left(t, d.Folder()); len(l) > 0 {
		t.Errorf("there is still %v", l)
	}
}

// Close ends what is starting, and waits for it.
func TestCloseInTheMiddleOfAStart(t *testing.T) {
	t.Parallel()
	n := newNoop(t)
	if err := os.WriteFile(filepath.Join(n.dir, "noop.py"), []byte("while True: pass\n"), 0o755); err != nil { //nolint:gosec // read by another user
		t.Fatal(err)
	}
	d := newDriver(t, filepath.Join(t.TempDir(), "d"), n)
	ended := make(chan error, 1)
	go func() {
		_, err := d.Start(context.WithoutCancel(t.Context()), n.functions()["python"])
		ended <- err
	}()
	for len(left(t, d.Folder())) == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := d.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, fault.Unavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
	if l := left(t, d.Folder()); len(l) > 0 {
		t.Errorf("there is still %v", l)
	}
}

// left names what there is of instances of the driver in dir.
func left(tb testing.TB, dir string) []string {
	tb.Helper()
	var all []string
	entries, err := os.ReadDir(filepath.Join(dir, "instances"))
	if err != nil && !os.IsNotExist(err) {
		tb.Error(err)
	}
	for _, e := range entries {
		all = append(all, "the folder "+e.Name())
	}
	roots, err := filepath.Glob("/proc/[0-9]*/root")
	if err != nil {
		tb.Error(err)
	}
	for _, root := range roots {
		mounts, err := os.ReadFile(filepath.Join(filepath.Dir(root), "mountinfo"))
		if err == nil && strings.Contains(string(mounts), dir) {
			all = append(all, "the process "+filepath.Base(filepath.Dir(root)))
		}
	}
	return append(all, groups(tb, dir)...)
}

// groups are the cgroups of instances of the driver in dir.
func groups(tb testing.TB, dir string) []string {
	tb.Helper()
	var all []string
	err := filepath.WalkDir("/sys/fs/cgroup", func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() && filepath.Base(filepath.Dir(path)) == sandbox.CgroupName(dir) {
			all = append(all, "the cgroup "+path)
		}
		return nil
	})
	if err != nil {
		tb.Error(err)
	}
	return all
}
