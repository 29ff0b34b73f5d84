package docker

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/client"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/pool/drivertest"
)

// daemon returns a client of the Docker daemon of this machine. A test without
// one is skipped, and fails where Docker is required.
func daemon(tb testing.TB) *client.Client {
	tb.Helper()
	missing := tb.Skipf
	if os.Getenv("SERVERLEDGE_REQUIRE_DOCKER") == "1" {
		missing = tb.Fatalf
	}
	api, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		missing("no Docker client: %v", err)
	}
	tb.Cleanup(func() { _ = api.Close() })
	ctx, cancel := context.WithTimeout(tb.Context(), 5*time.Second)
	defer cancel()
	if _, err := api.ServerVersion(ctx); err != nil {
		missing("no Docker daemon answers: %v", err)
	}
	for _, image := range DefaultImages() {
		if _, err := api.ImageInspect(ctx, image); err != nil && !strings.Contains(image, "ml") {
			missing("the image %s is missing, run make images: %v", image, err)
		}
	}
	return api
}

// executor builds the executor once for all tests.
var executor = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "serverledge-executor")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "executor")
	build := exec.Command("go", "build", "-o", path, "github.com/serverledge/serverledge/cmd/executor")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	return path, build.Run()
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := executor(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// options are those of a driver under test, on a node of its own.
func options(tb testing.TB, packages Packages) Options {
	tb.Helper()
	path, err := executor()
	if err != nil {
		tb.Fatalf("building the executor: %v", err)
	}
	return Options{Dir: tb.TempDir(), Node: "test-" + newID(), Packages: packages, Executor: path}
}

// open makes a driver that is closed with the test.
func open(tb testing.TB, o Options) *Driver {
	tb.Helper()
	d, err := New(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), time.Minute)
		defer cancel()
		if err := d.Close(ctx); err != nil {
			tb.Errorf("closing the driver: %v", err)
		}
		if left := leftovers(tb, o); len(left) > 0 {
			tb.Errorf("left behind: %v", left)
		}
	})
	return d
}

// leftovers names the containers and folders of a driver's instances.
func leftovers(tb testing.TB, o Options) []string {
	tb.Helper()
	api, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = api.Close() }()
	list, err := api.ContainerList(context.WithoutCancel(tb.Context()), container.ListOptions{
		All: true, Filters: filters.NewArgs(filters.Arg("label", labelNode+"="+o.Node)),
	})
	if err != nil {
		tb.Fatal(err)
	}
	var out []string
	for _, c := range list {
		out = append(out, "container "+c.Names[0])
	}
	found, err := filepath.Glob(filepath.Join(o.Dir, "docker", "instances", "*"))
	if err != nil {
		tb.Fatal(err)
	}
	for _, f := range found {
		out = append(out, "folder "+f)
	}
	return out
}

// code is Packages with one folder for every digest.
type code string

func (c code) Dir(context.Context, string) (string, error) { return string(c), nil }

// python is a package with one Python file, and a function of it.
func python(tb testing.TB, text string) (code, *functions.Function) {
	tb.Helper()
	return folder(tb, map[string]string{"hello.py": text}), &functions.Function{
		Namespace: "default", Name: "hello", Version: "1", Runtime: "python3", Handler: "hello.handler", MemoryMB: 128, Package: strings.Repeat("0", 64),
	}
}

func folder(tb testing.TB, files map[string]string) code {
	tb.Helper()
	dir := filepath.Join(tb.TempDir(), "code")
	if err := os.Mkdir(dir, 0o755); err != nil {
		tb.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			tb.Fatal(err)
		}
	}
	return code(dir)
}

func start(tb testing.TB, d *Driver, f *functions.Function) functions.Instance {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Minute)
	defer cancel()
	i, err := d.Start(ctx, f)
	if err != nil {
		tb.Fatalf("starting an instance: %v", err)
	}
	return i
}

func call(tb testing.TB, i functions.Instance, input string) *functions.Result {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Minute)
	defer cancel()
	r, err := i.Invoke(ctx, &functions.Call{Input: []byte(input)})
	if err != nil {
		tb.Fatalf("invoking: %v", err)
	}
	return r
}

func TestContract(t *testing.T) {
	daemon(t)
	var o Options
	drivertest.Run(t, drivertest.Suite{
		New: func(tb testing.TB, packages drivertest.Packages) drivertest.Driver {
			tb.Helper()
			o = options(tb, packages)
			d, err := New(tb.Context(), o)
			if err != nil {
				tb.Fatal(err)
			}
			return d
		},
		Left: func(tb testing.TB) []string { tb.Helper(); return leftovers(tb, o) },
	})
}
