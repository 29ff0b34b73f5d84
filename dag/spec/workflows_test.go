package spec_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/spec"
	"github.com/serverledge/serverledge/dag/value"
)

// TestScientificWorkflows runs the shape of real workflows: each task must be
// called once, after all its parents.
func TestScientificWorkflows(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("../../../shared/cases/dag/*.json")
	if len(files) == 0 {
		t.Skip("the recorded workflows are not here: ../../../shared/cases/dag")
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var recorded struct{ Tasks [][]any }
		if err := json.Unmarshal(raw, &recorded); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		const most = 1500 // the test's own queue is a simple one
		if n := len(recorded.Tasks); n > most {
			t.Logf("%s: %d tasks are left out here", filepath.Base(file), n)
			continue
		}
		var text strings.Builder
		text.WriteString("tasks:\n")
		parents := make(map[string][]string)
		for _, task := range recorded.Tasks {
			name := fmt.Sprintf("t%v", task[0])
			list, ok := task[5].([]any)
			if !ok {
				t.Fatalf("%s: the parents of %s are %v", file, name, task[5])
			}
			for _, p := range list {
				parents[name] = append(parents[name], fmt.Sprintf("t%v", p))
			}
			fmt.Fprintf(&text, "  %s: {function: f, needs: [%s], with: {name: %s}}\n", name, strings.Join(parents[name], ", "), name)
		}
		g, err := spec.Compile(text.String())
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		called := make(map[string]bool)
		o, calls := run(t, g, "{}", map[string]func(value.Value, int) (string, error){
			"f": func(input value.Value, _ int) (string, error) {
				name := input.Get("name").Text()
				for _, p := range parents[name] {
					if !called[p] {
						t.Errorf("%s: %s is called before %s", file, name, p)
					}
				}
				called[name] = true
				return "1", nil
			},
		})
		if o.Status != dag.Completed || len(calls) != len(recorded.Tasks) || len(called) != len(calls) {
			t.Errorf("%s: %s after %d calls of %d tasks: %+v", file, o.Status, len(calls), len(recorded.Tasks), o.Failure)
		}
	}
}
