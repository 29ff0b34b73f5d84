package sandbox_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/pool/sandbox"
)

// somebody is a user without privileges, other than the one inside.
const somebody = 1000

// roleVariable tells a second run of this test binary what to be.
const roleVariable = "SANDBOX_TEST_ROLE"

// again is a command that runs one test of this binary in another role.
func again(t *testing.T, role, test, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+test+"$", "-test.v", "-test.timeout=180s")
	cmd.Env = append(os.Environ(), roleVariable+"="+role, executorVariable+"="+executorPath, "TMPDIR="+dir, "HOME="+dir)
	cmd.Dir = "/"
	return cmd
}

// openTemp is a folder that another user can work in.
func openTemp(t *testing.T, owner int) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sandbox") //nolint:usetesting // t.TempDir is closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chown(dir, owner, owner); err != nil {
		t.Fatal(err)
	}
	return dir
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
}

func TestContractWithoutRoot(t *testing.T) {
	t.Parallel()
	needRoot(t)
	cmd := again(t, "user", "TestContract", openTemp(t, somebody))
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: somebody, Gid: somebody}}
	text, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(text), "\nPASS") {
		t.Errorf("%v\n%s", err, text)
	}
	t.Log(firstLines(string(text), "SKIP"))
}

func firstLines(text, with string) string {
	var kept []string
	for line := range strings.Lines(text) {
		if strings.Contains(line, with) {
			kept = append(kept, strings.TrimSpace(line))
		}
	}
	return strings.Join(kept, "\n")
}

// TestNoUserNamespaces asks what New says when nothing is allowed: another run
// tries it in a user namespace that may have no others below it.
func TestNoUserNamespaces(t *testing.T) {
	t.Parallel()
	switch os.Getenv(roleVariable) {
	case "forbid": // as root of the namespace
		if err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0); err != nil {
			t.Fatal(err)
		}
		cmd := again(t, "try", t.Name(), os.Getenv("TMPDIR"))
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: somebody, Gid: somebody, NoSetGroups: true}}
		text, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	case "try":
		_, err := sandbox.New(t.Context(), sandbox.Options{
			Dir: filepath.Join(os.Getenv("TMPDIR"), "d"), Packages: noop{}, Executor: os.Getenv(executorVariable),
		})
		if !errors.Is(err, fault.Unimplemented) || !strings.Contains(err.Error(), "user namespaces") || fault.From(err).Hint == "" {
			t.Errorf("got %v, want an error that says what is missing", err)
		}
	default:
		needRoot(t)
		cmd := again(t, "forbid", t.Name(), openTemp(t, somebody))
		all := []syscall.SysProcIDMap{{Size: 65536}}
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags: syscall.CLONE_NEWUSER, UidMappings: all, GidMappings: all, GidMappingsEnableSetgroups: true,
		}
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
}

// TestKilledNode kills another node in the middle of a call, and looks that its
// instance dies with it and that the next node clears what lies about.
func TestKilledNode(t *testing.T) {
	t.Parallel()
	if os.Getenv(roleVariable) == "node" {
		d := newDriver(t, filepath.Join(os.Getenv("TMPDIR"), "d"), endless(t))
		i, err := d.Start(t.Context(), &functions.Function{Name: "f", Runtime: "python3", Handler: "f.handler", MemoryMB: 64, Package: "p"})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("instance", i.ID())
		_, err = i.Invoke(t.Context(), &functions.Call{})
		t.Fatal("the call ended:", err)
	}
	temp := openTemp(t, os.Getuid())
	dir := filepath.Join(temp, "d")
	cmd := again(t, "node", t.Name(), temp)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	id := ""
	for in := bufio.NewScanner(out); id == "" && in.Scan(); {
		if line, ok := strings.CutPrefix(in.Text(), "instance "); ok {
			id = line
		} else {
			t.Log(in.Text())
		}
	}
	if id == "" || len(left(t, dir)) < 2 {
		t.Fatalf("the other node has no instance: %q, %v", id, left(t, dir))
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		alive := firstLines(strings.Join(left(t, dir), "\n"), "the process")
		if alive == "" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the node is dead, and there is still %s", alive)
		}
	}
	d := newDriver(t, dir, noop{})
	for _, what := range left(t, dir) {
		if strings.Contains(what, id) {
			t.Errorf("the next node left %s", what)
		}
	}
	if err := d.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		t.Errorf("Close left %v (%v)", entries, err)
	}
}

// endless is a package whose function never returns.
func endless(tb testing.TB) noop {
	tb.Helper()
	n := newNoop(tb)
	if err := os.WriteFile(filepath.Join(n.dir, "f.py"), []byte("def handler(p, c):\n    while True: pass\n"), 0o600); err != nil {
		tb.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(n.dir, "f.py"), 0o644); err != nil { //nolint:gosec // read by another user
		tb.Fatal(err)
	}
	return n
}

func TestOneFolderOneDriver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := newDriver(t, dir, noop{})
	defer func() {
		if err := d.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
		if err := d.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("closing again: %v", err)
		}
		if _, err := d.Start(context.WithoutCancel(t.Context()), noop{}.functions()["python"]); !errors.Is(err, fault.Unavailable) {
			t.Errorf("starting after Close: %v", err)
		}
	}()
	_, err := sandbox.New(t.Context(), sandbox.Options{Dir: dir, Packages: noop{}, Executor: executorPath})
	if !errors.Is(err, fault.Exists) {
		t.Errorf("got %v, want that the folder is in use", err)
	}
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	good := sandbox.Options{Dir: t.TempDir(), Packages: noop{}, Executor: executorPath}
	for name, spoil := range map[string]func(*sandbox.Options){
		"Dir":      func(o *sandbox.Options) { o.Dir = "" },
		"Packages": func(o *sandbox.Options) { o.Packages = nil },
		"Executor": func(o *sandbox.Options) { o.Executor = "" },
		"executor": func(o *sandbox.Options) { o.Executor = "/absent" },
	} {
		o := good
		spoil(&o)
		if _, err := sandbox.New(t.Context(), o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want an error about %s", err, name)
		}
	}
}
