package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOrderOfSources(t *testing.T) {
	t.Parallel()
	file := write(t, "c.yaml", "api.port: 2000\ncontainer:\n  pool:\n    memory: 4096\n  expiration: 10m\nregistry:\n  area: EDGE\n")
	c, err := Load(Sources{File: file, Environ: []string{"SERVERLEDGE_API_PORT=3000", "SERVERLEDGE_HOST=x", "PATH=/bin"}, Flags: []string{"registry.area=FLAG"}})
	if err != nil {
		t.Fatal(err)
	}
	if c.Int("api.port") != 3000 || c.Int("container.pool.memory") != 4096 || c.Text("registry.area") != "FLAG" || c.Duration("container.expiration") != 10*time.Minute {
		t.Errorf("got port %d, memory %d, area %s, expiration %s", c.Int("api.port"), c.Int("container.pool.memory"), c.Text("registry.area"), c.Duration("container.expiration"))
	}
	origins := map[string]string{}
	for _, s := range c.Settings() {
		origins[s.Name] = s.Origin
	}
	for key, want := range map[string]string{
		"api.port": "environment variable SERVERLEDGE_API_PORT", "container.pool.memory": file + ":4:13",
		"registry.area": "flag --set", "scheduler.policy": "default",
	} {
		if origins[key] != want {
			t.Errorf("origin of %s: %q, want %q", key, origins[key], want)
		}
	}
}

func TestTOMLAndYAMLSayTheSame(t *testing.T) {
	t.Parallel()
	yaml := write(t, "c.yml", "container.pool.memory: 512\nscheduler:\n  policy: edgecloud\nmetrics.enabled: true\napi.hosts: [a, b]\n")
	toml := write(t, "c.toml", "container.pool.memory = 512\n[scheduler]\npolicy = \"edgecloud\"\n[metrics]\nenabled = true\n[api]\nhosts = [\"a\", \"b\"]\n")
	for _, file := range []string{yaml, toml} {
		c, err := Load(Sources{File: file})
		if err != nil {
			t.Fatal(err)
		}
		if c.Int("container.pool.memory") != 512 || c.Text("scheduler.policy") != "edgecloud" || !c.Bool("metrics.enabled") || strings.Join(c.List("api.hosts"), "+") != "a+b" {
			t.Errorf("%s: %+v", file, c.Settings())
		}
	}
}

// TestBadConfigurations has rows B-151 to B-155 of the catalogue of bad inputs.
func TestBadConfigurations(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, text, want string }{
		"unknown key":      {"c.yaml", "api.prot: 1\n", `c.yaml:1:11: unknown key "api.prot"; did you mean "api.port"?`},
		"nested unknown":   {"c.yaml", "container:\n  pool:\n    memroy: 3\n", `did you mean "container.pool.memory"?`},
		"toml unknown":     {"c.toml", "[api]\nprot = 3\n", `c.toml:2: unknown key "api.prot"`},
		"wrong type":       {"c.yaml", "api.port: many\n", `api.port: "many" is no whole number`},
		"port too large":   {"c.yaml", "api.port: 70000\n", "70000 is more than 65535"},
		"port negative":    {"c.yaml", "api.port: -1\n", "-1 is less than 0"},
		"interval zero":    {"c.yaml", "janitor.interval: 0\n", "0 is less than 0.1"},
		"interval minus":   {"c.yaml", "janitor.interval: -1\n", "less than"},
		"interval words":   {"c.yaml", "janitor.interval: soon\n", "neither a number of seconds nor a duration"},
		"memory negative":  {"c.yaml", "container.pool.memory: -5\n", "less than 0"},
		"cpus not finite":  {"c.yaml", "container.pool.cpus: .nan\n", "is no number"},
		"choice":           {"c.yaml", "scheduler.policy: edgclod\n", "none of"},
		"duplicate":        {"c.yaml", "api:\n  port: 1\napi.port: 2\n", "c.yaml:3:11: key \"api.port\" stands in line 2 already"},
		"duplicate in map": {"c.yaml", "api.port: 1\napi.port: 2\n", "already"},
		"tab":              {"c.yaml", "api:\n\tport: 1\n", "line 2"},
		"anchors":          {"c.yaml", "a: &x [1]\nb: [*x, *x]\n", "anchors and aliases are not allowed"},
		"no map":           {"c.yaml", "- 1\n- 2\n", "a configuration is a map of keys"},
		"binary":           {"c.yaml", "\x00\xff\xfe", "is no text file"},
		"bad toml":         {"c.toml", "api.port = \n", "c.toml:1:"},
	} {
		file := write(t, c.file, c.text)
		_, err := Load(Sources{File: file})
		var bad *Error
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want it to say %q", name, err, c.want)
		}
	}
	for name, file := range map[string]string{
		"there is no such file": filepath.Join(t.TempDir(), "none.yaml"),
		"is a folder":           t.TempDir(),
		"at most 1048576":       write(t, "big.yaml", strings.Repeat("#", maxFile+1)),
	} {
		if _, err := Load(Sources{File: file}); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestLimitsAtTheirValue(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"api.port=65535", "api.port=0", "janitor.interval=0.1", "janitor.interval=100ms", "registry.ttl=5", "container.expiration=600"} {
		if _, err := Load(Sources{Dirs: []string{}, Flags: []string{good}}); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	if _, err := Load(Sources{File: write(t, "c.yaml", strings.Repeat("#", maxFile))}); err != nil {
		t.Errorf("a file of the largest size: %v", err)
	}
	if _, err := Load(Sources{File: write(t, "c.yaml", "")}); err != nil {
		t.Errorf("an empty file: %v", err)
	}
	if _, err := Load(Sources{Dirs: []string{}, Flags: []string{"api.port"}}); err == nil {
		t.Error("a flag without a value was taken")
	}
}

func TestEveryProblemAtOnceAndWarnings(t *testing.T) {
	t.Parallel()
	_, err := Load(Sources{Dirs: []string{}, Flags: []string{"api.port=x", "nothing=1"}})
	var bad *Error
	if !errors.As(err, &bad) || len(bad.Problems) != 2 {
		t.Errorf("got %v, want two problems", err)
	}
	c, err := Load(Sources{Dirs: []string{}, Environ: []string{"SERVERLEDGE_API_PROT=1", "SERVERLEDGE_CACHE_SIZE=5", "SERVERLEDGE_PORT=9"}})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(c.Warnings, "\n")
	if len(c.Warnings) != 2 || !strings.Contains(text, "did you mean SERVERLEDGE_API_PORT?") || !strings.Contains(text, "cache.size") {
		t.Errorf("warnings: %q", text)
	}
}

func TestFileIsFound(t *testing.T) {
	t.Parallel()
	first, second := t.TempDir(), t.TempDir()
	for dir, port := range map[string]string{first: "1111", second: "2222"} {
		if err := os.WriteFile(filepath.Join(dir, "serverledge-conf.yaml"), []byte("api.port: "+port), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Load(Sources{Dirs: []string{t.TempDir(), first, second}})
	if err != nil || c.Int("api.port") != 1111 {
		t.Errorf("got %v, %v", c, err)
	}
}

// TestEveryKeyOfTheContract reads a file with every key that existing users
// may have.
func TestEveryKeyOfTheContract(t *testing.T) {
	t.Parallel()
	keys := strings.Fields(`etcd.address api.port api.ip factory.images.refresh container.pool.memory container.pool.cpus container.expiration
		janitor.interval cache.size cache.cleanup cache.expiration node.architecture registry.area registry.node.id registry.remote.area
		registry.nearby.interval registry.monitoring.interval registry.udp.port registry.ttl cloud.server.url scheduler.policy
		scheduler.queue.capacity scheduler.fallback.local offloading.cache.validity metrics.enabled metrics.prometheus.host
		metrics.prometheus.port metrics.prometheus.pushgateway.host metrics.prometheus.pushgateway.port metrics.retriever.interval
		metrics.dump.json.file metrics.load.json.file tracing.enabled tracing.outfile lb.mode lb.replicas lb.refresh_interval
		lb.arch_awareness loadbalancer.policy loadbalancer.targets.interval mab.policy mab.ucb1.c mab.linucb.alpha mab.linucb.lambda
		workflow.always_save_progress workflow.offloading.policy workflow.offloading.policy.ilp.placement.ttl
		workflow.offloading.policy.region.cost workflow.offloading.policy.ilp.obj.violations workflow.offloading.policy.ilp.obj.data
		workflow.offloading.policy.ilp.obj.cost workflow.offloading.policy.ilp.obj.reclaimed
		workflow.offloading.policy.node2datastore.bandwidth workflow.offloading.policy.cloud2datastore.bandwidth
		workflow.offloading.policy.optimizer.host workflow.offloading.policy.optimizer.port workflow.offloading.policy.threshold
		workflow.offloading.policy.threshold.offloaded.max`)
	known := map[string]Key{}
	for _, k := range Keys() {
		known[k.Name] = k
	}
	var text strings.Builder
	for _, name := range keys {
		k, ok := known[name]
		if !ok {
			t.Errorf("%s is not known", name)
			continue
		}
		value := map[Kind]string{Text: "x", Whole: "7", Decimal: "0.5", Truth: "true", Seconds: "30", List: "x"}[k.Kind]
		if len(k.Choices) > 0 {
			value = k.Choices[0]
		}
		text.WriteString(name + ": " + value + "\n")
	}
	if _, err := Load(Sources{File: write(t, "c.yaml", text.String())}); err != nil {
		t.Error(err)
	}
}
