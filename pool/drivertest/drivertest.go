// Package drivertest is the contract that every driver of the pool keeps: what
// a function may do, what it cannot do, how each way to fail is told, and that
// nothing is left behind. Drivers run it from their own tests.
//
// It knows no driver; a Suite hands it one.
package drivertest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// Driver is what the pool asks of a driver.
type Driver interface {
	// Name is "docker", "sandbox", …
	Name() string
	// Runtimes says what the driver provides: versions by environment (see
	// functions.Runtime.Environment).
	Runtimes() map[string]string
	// Check refuses a function that the driver can never run.
	Check(f *functions.Function) error
	// Prepare makes later starts quick; refresh fetches again what is there.
	Prepare(ctx context.Context, f *functions.Function, refresh bool) error
	// Start makes an instance that is ready for calls. An error that wraps a
	// *channel.InitError is the function's fault.
	Start(ctx context.Context, f *functions.Function) (functions.Instance, error)
	// Close stops all instances and removes what they left.
	Close(ctx context.Context) error
}

// Packages gives drivers the unpacked code of functions.
type Packages interface {
	// Dir is the folder with the package of this digest.
	Dir(ctx context.Context, digest string) (string, error)
}

// Suite says how to test one driver.
type Suite struct {
	// New makes a driver that is closed by the suite.
	New func(tb testing.TB, packages Packages) Driver
	// Left names everything on the machine that belongs to instances of the
	// driver: processes, containers, folders, cgroups.
	Left func(tb testing.TB) []string
	// Uncounted tells that the driver may not count memory here: each process
	// of an instance is bounded for itself, and one that a function started
	// fails by itself.
	Uncounted bool
}

// Run checks the contract. The driver is made once; its instances run side by side.
func Run(t *testing.T, s Suite) {
	t.Helper()
	packages := newFolders(t)
	d := s.New(t, packages)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		if err := d.Close(ctx); err != nil {
			t.Errorf("closing the driver: %v", err)
		}
		if s.Left != nil {
			wantNothing(t, "after Close", s.Left(t))
		}
	})
	h := &harness{driver: d, packages: packages, left: s.Left, uncounted: s.Uncounted}
	t.Run("calls", func(t *testing.T) {
		for _, name := range slices.Sorted(maps.Keys(contract)) {
			test := contract[name]
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				if _, ok := d.Runtimes()[test.needs]; test.needs != "" && !ok {
					t.Skipf("the driver %s provides no %s here", d.Name(), test.needs)
				}
				test.run(t, h)
			})
		}
	})
	// All instances of the tests above are stopped by now.
	if s.Left != nil {
		wantNothing(t, "after all instances were stopped", s.Left(t))
	}
}

// test is one clause of the contract.
type test struct {
	// needs is the environment without which the clause says nothing.
	needs string
	run   func(t *testing.T, h *harness)
}

// contract is filled by the files of this package, one map a subject.
var contract = merge(calling, failing, hostile, isolation, lifecycle) //nolint:gochecknoglobals // a table

func merge(tables ...map[string]test) map[string]test {
	all := make(map[string]test)
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

func wantNothing(t *testing.T, when string, left []string) {
	t.Helper()
	for _, what := range left {
		t.Errorf("%s there is still %s", when, what)
	}
}

// folders are Packages in a temporary folder.
type folders struct {
	dir string
}

func newFolders(tb testing.TB) *folders {
	tb.Helper()
	dir := tb.TempDir()
	for at := dir; len(at) > len(os.TempDir()); at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o755); err != nil { //nolint:gosec // instances run as another user
			tb.Fatal(err)
		}
	}
	return &folders{dir: dir}
}

// Dir implements Packages.
func (p *folders) Dir(_ context.Context, digest string) (string, error) {
	dir := filepath.Join(p.dir, digest)
	if _, err := os.Stat(dir); err != nil {
		return "", fault.New(fault.NotFound, "package_not_found", "there is no package %s", digest)
	}
	return dir, nil
}

// add writes a package of these files and returns its digest.
func (p *folders) add(tb testing.TB, files map[string]string) string {
	tb.Helper()
	text, err := json.Marshal([]any{files, tb.Name()})
	if err != nil {
		tb.Fatal(err)
	}
	sum := sha256.Sum256(text)
	digest := hex.EncodeToString(sum[:])
	for name, content := range files {
		path := filepath.Join(p.dir, digest, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // as above
			tb.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o755); err != nil { //nolint:gosec // some are programs
			tb.Fatal(err)
		}
	}
	return digest
}

// harness is what a clause works with.
type harness struct {
	driver   Driver
	packages *folders
	left     func(tb testing.TB) []string
	// uncounted is Suite.Uncounted.
	uncounted bool
}

// startTime bounds the start of an instance on a machine that is busy with
// many others; nothing is measured against it.
const startTime = 90 * time.Second

// function makes a function of these files with the usual limits.
func (h *harness) function(t *testing.T, runtime, handler string, files map[string]string) *functions.Function {
	t.Helper()
	f := &functions.Function{
		Namespace: functions.DefaultNamespace, Name: "f", Runtime: runtime, Handler: handler, MemoryMB: 128,
		Package: h.packages.add(t, files),
	}
	f.Version = f.Digest()
	return f
}

// python is a function whose only file is hello.py.
func (h *harness) python(t *testing.T, code string) *functions.Function {
	t.Helper()
	return h.function(t, "python3", "hello.handler", map[string]string{"hello.py": code})
}

// node is a function whose only file is hello.js.
func (h *harness) node(t *testing.T, code string) *functions.Function {
	t.Helper()
	return h.function(t, "nodejs17", "hello", map[string]string{"hello.js": code})
}

// start starts an instance that is stopped with the test.
func (h *harness) start(t *testing.T, f *functions.Function) functions.Instance {
	t.Helper()
	i, err := h.tryStart(t, f)
	if err != nil {
		t.Fatalf("starting an instance: %v", err)
	}
	return i
}

func (h *harness) tryStart(t *testing.T, f *functions.Function) (functions.Instance, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTime)
	defer cancel()
	if err := h.driver.Check(f); err != nil {
		t.Fatalf("checking the function: %v", err)
	}
	if err := h.driver.Prepare(ctx, f, false); err != nil {
		t.Fatalf("preparing the function: %v", err)
	}
	i, err := h.driver.Start(ctx, f)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { stop(t, i) })
	return i, nil
}

func stop(t *testing.T, i functions.Instance) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	if err := i.Stop(ctx); err != nil {
		t.Errorf("stopping the instance: %v", err)
	}
}

// call invokes with the input and gives the result, whatever it is.
func call(t *testing.T, i functions.Instance, input string) *functions.Result {
	t.Helper()
	return invoke(t, i, &functions.Call{Input: json.RawMessage(input), Output: true})
}

func invoke(t *testing.T, i functions.Instance, c *functions.Call) *functions.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTime)
	defer cancel()
	r, err := i.Invoke(ctx, c)
	if err != nil {
		t.Fatalf("invoking: %v", err)
	}
	return r
}

// want checks the output of a call.
func want(t *testing.T, r *functions.Result, output string) {
	t.Helper()
	if r.Failure != nil {
		t.Fatalf("the call failed: %+v", *r.Failure)
	}
	if string(r.Output) != output {
		t.Errorf("got %.200s, want %.200s", r.Output, output)
	}
}

// wantFailure checks how a call failed.
func wantFailure(t *testing.T, r *functions.Result, kind string) *functions.Failure {
	t.Helper()
	if r.Failure == nil {
		t.Fatalf("got the output %.200s, want the failure %s", r.Output, kind)
	}
	if r.Failure.Type != kind {
		t.Fatalf("got the failure %+v, want %s", *r.Failure, kind)
	}
	if r.Output != nil {
		t.Errorf("a failed call has the output %.200s", r.Output)
	}
	return r.Failure
}

// wantDone waits for the instance to say that it serves no more.
func wantDone(t *testing.T, i functions.Instance) {
	t.Helper()
	select {
	case <-i.Done():
	case <-time.After(startTime):
		t.Fatal("Done is not closed")
	}
	if _, err := i.Invoke(t.Context(), &functions.Call{}); !errors.Is(err, fault.Unavailable) {
		t.Errorf("a call on a dead instance: got %v, want unavailable", err)
	}
}
