// Package examples_test runs the examples' handlers outside of any node, to
// see that they do what README.md says.
package examples_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/spec"
)

const pythonCaller = `
import importlib, json, sys
handler = importlib.import_module(sys.argv[1]).handler
real, sys.stdout = sys.stdout, sys.stderr
json.dump(handler(json.loads(sys.argv[2]), {}), real)
`

const nodeCaller = `
console.log = console.error;
const [name, params] = process.argv.slice(1);
process.stdout.write(JSON.stringify(require('./' + name)(JSON.parse(params), {})));
`

// Parameters of the command line are text; those of a file have types.
func TestHandlers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, params, want string }{
		{"hello.py", `{"a":"2"}`, `{"message": "Hello from Python!", "params": {"a": "2"}}`},
		{"hello.js", `{"a":"2"}`, `{"message":"Hello from JavaScript!","params":{"a":"2"}}`},
		{"inc.py", `{"n":"4"}`, `5`},
		{"inc.py", `4`, `5`},
		{"inc.js", `{"n":"4"}`, `5`},
		{"inc.js", `4`, `5`},
		{"inc.js", `{}`, `TypeError`},
		{"double.py", `{"n":"4"}`, `8`},
		{"double.py", `4`, `8`},
		{"fibonacci.py", `{"n":"10"}`, `55`},
		{"fibonacci.py", `{"n":35.5}`, `9227465`},
		{"fibonacci.py", `{"n":36}`, `ValueError`},
		{"isprime.py", `{"n":"97"}`, `true`},
		{"isprime.py", `{"n":91}`, `false`},
		{"isprime.py", `{"n":1}`, `false`},
		{"noop.py", `{}`, `{}`},
		{"noop.js", `{}`, `{}`},
		{"sleeper.py", `{"n":"0"}`, `{"slept": 0.0}`},
		{"sleeper.py", `{"n":601}`, `ValueError`},
		{"hash_string.py", `{"text":"abc"}`, `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`},
		{"grep.py", `{"pattern":"o$","text":"foo\nbar\nzoo"}`, `["foo", "zoo"]`},
		{"summarize.py", `{"text":"Nodes run functions. Nodes are many. Nothing else matters here."}`, `"Nodes run functions."`},
		{"summarize.py", `{"text":""}`, `""`},
		{"wordCount.js", `{"text":"The cat, the hat"}`, `{"the":2,"cat":1,"hat":1}`},
		{"wordCount.js", `{"text":""}`, `{}`},
		{"sieve.js", `{"n":"100"}`, `{"count":25,"largest":97}`},
		{"sieve.js", `{"n":0}`, `{"count":0,"largest":null}`},
		{"sieve.js", `{"n":"x"}`, `RangeError`},
	} {
		t.Run(c.file+" "+c.params, func(t *testing.T) {
			t.Parallel()
			name, language, _ := strings.Cut(c.file, ".")
			program, args := "python3", []string{"-B", "-c", pythonCaller, name, c.params}
			if language == "js" {
				program, args = "node", []string{"-e", nodeCaller, name, c.params}
			}
			if _, err := exec.LookPath(program); err != nil {
				t.Skip("needs ", program)
			}
			cmd := exec.CommandContext(t.Context(), program, args...)
			var stderr strings.Builder
			cmd.Stderr = &stderr
			got, err := cmd.Output()
			if err != nil {
				got = []byte(stderr.String())
			}
			matches := string(got) == c.want || err != nil && strings.Contains(string(got), c.want)
			if !matches {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// The workflows compile without a warning.
func TestWorkflows(t *testing.T) {
	t.Parallel()
	for name, validate := range map[string]func(string) []source.Problem{
		"workflow-simple.json": validate, "workflow-with-choice-task.json": validate, "workflow-next-prime.json": validate,
		"wordstats.yaml": spec.Validate,
	} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if problems := validate(string(text)); len(problems) > 0 {
			t.Errorf("%s", source.Format(name, string(text), problems))
		}
	}
}

func TestDocumentsAreJSON(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"input.json", "workflow-simple.json", "workflow-with-choice-task.json", "workflow-next-prime.json"} {
		text, err := os.ReadFile(name)
		if err != nil || !json.Valid(text) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func validate(text string) []source.Problem { return asl.Validate(text, asl.Options{}) }

// README.md names every example, and every file that it names is there.
func TestReadmeIsComplete(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name := f.Name(); name != "README.md" && name != "examples_test.go" && !strings.HasPrefix(name, "__") &&
			!strings.Contains(string(readme), "`"+name) {
			t.Errorf("README.md does not mention %s", name)
		}
	}
}
