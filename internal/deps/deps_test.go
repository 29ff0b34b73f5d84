package deps

import (
	"bufio"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module = "github.com/serverledge/serverledge/"
	root   = "../.."
)

// silent packages decide and never do: these parts of the standard library
// would let them act.
var (
	silent    = []string{"dag", "dag/draw", "dag/value", "dag/source", "dag/spec", "asl", "asl/dataset", "asl/jsonpath", "asl/jsonata", "dag/history", "dag/mock", "pool/ledger"}
	forbidden = []string{"context", "crypto/rand", "log", "log/slog", "math/rand", "net", "net/http", "os", "os/exec", "sync", "syscall"}
)

// owners says which package alone may import a module.
var owners = map[string][]string{
	"github.com/docker/docker":              {"pool/docker"},
	"github.com/containerd/errdefs":         {"pool/docker"},
	"go.etcd.io/etcd":                       {"store/etcd"},
	"go.uber.org/zap":                       {"store/etcd"},
	"google.golang.org/grpc":                {"store/etcd"},
	"github.com/getkin/kin-openapi":         {"api/openapitest"},
	"github.com/go-chi/chi":                 {"api/server"},
	"github.com/spf13/cobra":                {"cmd/serverledge", "cmd/serverledge-cli"},
	"github.com/spf13/pflag":                {"cmd/serverledge", "cmd/serverledge-cli"},
	"github.com/santhosh-tekuri/jsonschema": {"asl", "dag/spec"},
	"gopkg.in/yaml.v3":                      {"asl", "dag/source", "dag/spec", "internal/config", "cmd/serverledge-cli"},
	"github.com/pelletier/go-toml":          {"internal/config"},
	"github.com/prometheus":                 {"cmd/serverledge"},
	"github.com/jedib0t/go-pretty":          {"cmd/serverledge-cli", "cmd/serverledge"},
	"github.com/parquet-go/parquet-go":      {"asl/dataset"},
	"github.com/minio/minio-go":             {"store/objects/s3"},
	"golang.org/x/term":                     {"cmd/serverledge", "cmd/serverledge-cli"},
	"golang.org/x/sys":                      {"cmd/executor", "pool/sandbox", "pool/sandbox/stage", "pool/channel", "pool/docker"},
	"github.com/oklog/ulid":                 {"engine", "store", "api/server"},
	"golang.org/x/sync":                     {"functions/pack", "pool/docker", "store", "cmd/serverledge"},
}

func TestLawOfImports(t *testing.T) {
	t.Parallel()
	may := readLaw(t)
	for _, pkg := range packages(t) {
		allowed, known := may[pkg.path]
		if !known {
			t.Errorf("package %s has no place in law.txt", pkg.path)
			continue
		}
		for imported, file := range pkg.imports {
			if err := judge(pkg.path, imported, allowed); err != "" {
				t.Errorf("%s: %s", file, err)
			}
		}
	}
}

// judge says what is wrong with an import, "" if nothing.
func judge(pkg, imported string, allowed map[string]bool) string {
	if inner, ok := strings.CutPrefix(imported, module); ok {
		if !allowed[inner] {
			return fmt.Sprintf("%s may not import %s", pkg, inner)
		}
		return ""
	}
	first, _, _ := strings.Cut(imported, "/")
	if !strings.Contains(first, ".") {
		if slices.Contains(silent, pkg) && slices.Contains(forbidden, imported) {
			return fmt.Sprintf("%s is pure: it may not import %s", pkg, imported)
		}
		return ""
	}
	for prefix, who := range owners {
		if imported == prefix || strings.HasPrefix(imported, prefix+"/") {
			if !slices.Contains(who, pkg) {
				return fmt.Sprintf("only %v may import %s", who, prefix)
			}
			return ""
		}
	}
	return fmt.Sprintf("the module of %s has no place in the law", imported)
}

func TestJudgeCatchesOffences(t *testing.T) {
	t.Parallel()
	may := readLaw(t)
	for _, c := range []struct{ pkg, imported string }{
		{"dag", module + "functions"},
		{"engine", module + "offload"},
		{"cmd/serverledge-cli", module + "engine"},
		{"dag", "os"},
		{"engine", "github.com/docker/docker/client"},
		{"api", "example.com/unknown"},
	} {
		if judge(c.pkg, c.imported, may[c.pkg]) == "" {
			t.Errorf("%s importing %s was not caught", c.pkg, c.imported)
		}
	}
	if why := judge("engine", module+"dag/value", may["engine"]); why != "" {
		t.Errorf("a lawful import was refused: %s", why)
	}
}

// readLaw returns, for each package, all that it may import.
func readLaw(t *testing.T) map[string]map[string]bool {
	t.Helper()
	f, err := os.Open("law.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var text strings.Builder
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line, _, _ := strings.Cut(lines.Text(), "#")
		text.WriteString(line + " ")
	}
	may := map[string]map[string]bool{}
	for rule := range strings.SplitSeq(text.String(), ";") {
		if strings.TrimSpace(rule) == "" {
			continue
		}
		sides := strings.Split(rule, "<")
		for i := 1; i < len(sides); i++ {
			for _, who := range list(sides[i]) {
				if may[who] == nil {
					may[who] = map[string]bool{}
				}
				for _, what := range list(sides[i-1]) {
					if what == "NONE" {
						continue
					}
					if may[what] == nil {
						t.Fatalf("law.txt: %s stands on a left side before it has a place", what)
					}
					may[who][what] = true
					maps.Copy(may[who], may[what])
				}
			}
		}
	}
	return may
}

func list(side string) []string {
	var out []string
	for name := range strings.SplitSeq(side, ",") {
		if name = strings.TrimSpace(name); name != "" {
			out = append(out, name)
		}
	}
	return out
}

type source struct {
	path    string
	imports map[string]string // import path -> a file that has it
}

// ownTools tells whether a package is no part of what ships: tests and tools of
// the project itself.
func ownTools(pkg string) bool {
	return slices.Contains([]string{"internal/bench", "internal/conformance", "internal/deps", "internal/e2e", "internal/nodeproc", "internal/testreport"}, pkg)
}

// packages reads the imports of every package's own files, tests left out: a
// test may reach for whatever it needs.
func packages(t *testing.T) []source {
	t.Helper()
	found := map[string]*source{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if file != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "tools" || name == "examples" || name == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		pkg := path.Clean(filepath.ToSlash(rel))
		if ownTools(pkg) {
			return nil // tests and tools of the project itself
		}
		if found[pkg] == nil {
			found[pkg] = &source{pkg, map[string]string{}}
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			found[pkg].imports[imported] = file
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]source, 0, len(found))
	for _, s := range found {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b source) int { return strings.Compare(a.path, b.path) })
	return out
}
