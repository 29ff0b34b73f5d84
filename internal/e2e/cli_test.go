package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/internal/nodeproc"
)

// home starts a node on the default port, as the documents do. Tests that use
// it cannot run side by side.
func home(t *testing.T, driver string) *nodeproc.Node {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dir := t.TempDir()
	n, err := nodeproc.Start(ctx, nodeproc.Options{
		Bin: filepath.Join(root, "bin"), Dir: dir, Set: []string{"container.driver=" + driver, "api.port=1323"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if code, err := n.Stop(); code != 0 || err != nil {
			t.Errorf("stopped with %d, %v:\n%s", code, err, n.Log())
		}
		for _, left := range remains(t, dir) {
			t.Errorf("left behind: %s", left)
		}
	})
	return n
}

// shell runs a line as a user would, in the folder of the module.
func shell(t *testing.T, line string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "SERVERLEDGE_HOST=", "SERVERLEDGE_PORT=")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestCommandLinesOfTheContract has line 3 of the issue: the command lines of
// the system we are compatible with, word for word, on both drivers.
func TestCommandLinesOfTheContract(t *testing.T) { // not parallel: it uses port 1323
	input := filepath.Join(root, "input.json")
	if err := os.WriteFile(input, []byte(`{"a": 2, "b": 3}`), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Remove(input); err != nil {
			t.Error(err)
		}
	})
	const cli = "bin/serverledge-cli "
	steps := []struct {
		line string
		fail bool
		says string
	}{
		{cli + `create -f func --memory 600 --src examples/hello.py --runtime python310 --handler "hello.handler"`, false, `"Created": "func"`},
		{cli + `create -f func --memory 600 --src examples/hello.py --runtime python310 --handler "hello.handler"`, true, "there is already"},
		{cli + `invoke -f func -p "a:2" -p "b:3"`, false, `"Success": true`},
		{cli + `invoke -f func --params_file input.json`, false, `"Success": true`},
		{cli + `invoke -f func -p "a:2" -p "b:3" --return_output`, false, `"Output": "`},
		{cli + `delete -f func`, false, `"Deleted": "func"`},
		{cli + `create -f func --memory 600 --src examples/hello.js --runtime nodejs17ng --handler "hello"`, false, `"Created": "func"`},
		{cli + `invoke -f func -p "a:2" -p "b:3"`, false, `"Success": true`},
		{cli + `delete -f func`, false, `"Deleted": "func"`},
		{cli + `create -f func --memory 600 --src examples/inc.js --runtime nodejs17ng --handler "inc"`, false, `"Created": "func"`},
		{cli + `invoke -f func -p "n:2"`, false, `"Result": "3"`},
		{cli + `create -u -f func --memory 600 --src examples/inc.js --runtime nodejs17ng --handler "inc" --input n:Int --output n:Int`, false, `"Created": "func"`},
		{cli + `status -H 127.0.0.1 -P 1323`, false, `"AvailableMemMB"`},
		{cli + `list`, false, "func"},
		{cli + `prewarm -f func -c 1`, false, `"Prewarmed": 1`},
		{cli + `invoke -f func -p "n:2" -a`, false, `"ReqId"`},
		{`id=$(` + cli + `invoke -f func -p "n:2" -a | grep -o '[0-9a-f][0-9a-f][0-9A-Z]\{26\}'); for i in 1 2 3 4 5 6 7 8 9; do ` + cli + `poll --request $id && exit 0; sleep 0.2; done; exit 1`, false, `"Success": true`},
		{cli + `create -f inc --memory 128 --src examples/inc.js --runtime nodejs17ng --handler "inc" --input n:Int --output n:Int`, false, `"Created": "inc"`},
		{cli + `workflow create -f simple -s examples/workflow-simple.json`, false, "simple"},
		{cli + `workflow invoke -f simple -p "n:39"`, false, "42"},
		{cli + `create-workflow -f choice -s examples/workflow-with-choice-task.json`, false, `"Created": "choice"`},
		{cli + `create-workflow -f choice -s examples/workflow-with-choice-task.json`, true, "there is already"},
		{cli + `invoke-workflow -f choice -p "n:3"`, false, `"Success": true`},
		{cli + `list-workflows`, false, "choice"},
		{cli + `delete-workflow -f choice`, false, `"Deleted": "choice"`},
		{cli + `delete -f nobody`, true, "nobody"},
	}
	for _, driver := range []string{"sandbox", "docker"} {
		t.Run(driver, func(t *testing.T) {
			if driver == "docker" {
				needDocker(t)
			}
			home(t, driver)
			for _, step := range steps {
				out, err := shell(t, step.line)
				if (err != nil) != step.fail || !strings.Contains(out, step.says) {
					t.Errorf("$ %s\n%s\n%v; want it to say %s", step.line, out, err, step.says)
				}
			}
		})
	}
}

// TestDocumentsRun runs the shell lines that the README and the tutorials show
// in blocks marked "sh run", in their order.
func TestDocumentsRun(t *testing.T) { // not parallel: it uses port 1323
	documents, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?ms)^```sh run\n(.*?)^```$")
	for _, file := range append([]string{filepath.Join(root, "README.md")}, documents...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		blocks := block.FindAllStringSubmatch(string(text), -1)
		if len(blocks) == 0 {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Setenv("SERVERLEDGE_DATA_DIR", home(t, "sandbox").Dir)
			for _, b := range blocks {
				if out, err := shell(t, "set -e\n"+b[1]); err != nil {
					t.Fatalf("%v\n%s\n%s", err, b[1], out)
				}
			}
		})
	}
}
