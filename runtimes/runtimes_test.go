package runtimes_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/serverledge/serverledge/runtimes"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "executors")
	for range 2 { // again replaces what is there
		if err := runtimes.Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Fatalf("got %v, %v", entries, err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || info.Size() == 0 || info.Mode().Perm()&0o044 != 0o044 {
			t.Errorf("%s: %v, %v", e.Name(), info, err)
		}
	}
}

// What the executors do is checked by pool/drivertest in instances; here, that
// the interpreters of this machine can read them.
func TestSyntax(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := runtimes.Write(dir); err != nil {
		t.Fatal(err)
	}
	python, node := filepath.Join(dir, runtimes.PythonFile), filepath.Join(dir, runtimes.NodeJSFile)
	for _, command := range [][]string{
		{"python3", "-c", "import ast, sys; ast.parse(open(sys.argv[1]).read(), feature_version=(3, 8))", python},
		{"node", "--check", node},
	} {
		if _, err := exec.LookPath(command[0]); err != nil {
			t.Logf("there is no %s here", command[0])
			continue
		}
		if text, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", command, err, text)
		}
	}
}
