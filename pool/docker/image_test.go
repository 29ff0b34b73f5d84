package docker

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/pool/channel"
)

func TestExactReference(t *testing.T) {
	t.Parallel()
	digest := "@sha256:" + strings.Repeat("a", 64)
	for given, want := range map[string]string{
		"alpine": "alpine:latest", "alpine:3": "alpine:3", "docker.io/library/alpine": "alpine:latest", "docker.io/user/app:1": "user/app:1",
		"library/alpine": "alpine:latest", "index.docker.io/library/alpine": "alpine:latest", "localhost:5000/app": "localhost:5000/app:latest",
		"host.example/a/b:c": "host.example/a/b:c", "alpine" + digest: "alpine" + digest, "alpine:3" + digest: "alpine" + digest,
	} {
		if got, err := exactReference(given); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", given, got, err, want)
		}
	}
	for _, bad := range []string{"", "x; rm -rf /", "--privileged", strings.Repeat("a", 300), "Upper/repo", "a b", "a\n", "-a", "../a"} {
		if _, err := exactReference(bad); fault.From(err).Code != "invalid_image" || !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: got %v, want invalid_image", bad, err)
		}
	}
}

// dress makes an image of the Python one with this configuration, as a
// Dockerfile would, and removes it with the test.
func dress(t *testing.T, config container.Config) string {
	t.Helper()
	api := daemon(t)
	made, err := api.ContainerCreate(t.Context(), &container.Config{Image: DefaultImages()["python"]}, nil, nil, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	name := "serverledge-test/" + newID() + ":1"
	if _, err := api.ContainerCommit(t.Context(), made.ID, container.CommitOptions{Reference: name, Config: &config}); err != nil {
		t.Fatal(err)
	}
	if err := api.ContainerRemove(t.Context(), made.ID, container.RemoveOptions{}); err != nil {
		t.Fatal(err)
	}
	discard(t, name)
	return name
}

// discard removes an image with the test.
func discard(t *testing.T, name string) {
	t.Helper()
	t.Cleanup(func() { _ = exec.Command("docker", "image", "rm", "-f", name).Run() })
}

func custom(image string) *functions.Function {
	return &functions.Function{Namespace: "default", Name: "mine", Version: "1", Runtime: "custom", Image: image, MemoryMB: 128, Env: map[string]string{"GREETING": "hello"}}
}

func openCustom(t *testing.T) (*Driver, Options) {
	t.Helper()
	daemon(t)
	o := options(t, folder(t, nil))
	return open(t, o), o
}

func TestImageWithACommand(t *testing.T) {
	t.Parallel()
	f := custom(dress(t, container.Config{Env: []string{`CUSTOM_CMD=python3 -c "import json,os; p=json.load(open(os.environ['PARAMS_FILE'])); ` +
		`json.dump([p, os.environ['GREETING'], os.getuid()], open(os.environ['RESULT_FILE'],'w')); print('said')"`}}))
	d, _ := openCustom(t)
	if err := d.Prepare(t.Context(), f, false); err != nil {
		t.Fatal(err)
	}
	i := start(t, d, f)
	for range 2 {
		r, err := i.Invoke(t.Context(), &functions.Call{Input: []byte(`{"a": 1}`), Output: true})
		if err != nil {
			t.Fatal(err)
		}
		if string(r.Output) != `[{"a": 1}, "hello", 65534]` || r.Printed != "said\n" {
			t.Errorf("got %s, printed %q, %+v", r.Output, r.Printed, r.Failure)
		}
	}
}

// An image that brings an HTTP executor, and that asks for what it must not
// get: root, a volume, a health check, another signal to stop.
func TestImageWithItsOwnExecutor(t *testing.T) {
	t.Parallel()
	server := `
import http.server, json, os, socket
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        q = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            socket.create_connection(("172.17.0.1", 2375), 1); net = "reached"
        except OSError:
            net = "none"
        try:
            open("/data/x", "w"); disk = "written"
        except OSError:
            disk = "none"
        a = json.dumps({"Success": True, "Result": json.dumps([q["Params"], os.getuid(), net, disk, os.environ["GREETING"], os.getcwd()]), "Output": "said"}).encode()
        self.send_response(200); self.send_header("Content-Length", str(len(a))); self.end_headers(); self.wfile.write(a)
    def log_message(self, *a): pass
http.server.HTTPServer(("0.0.0.0", 8080), H).serve_forever()
`
	f := custom(dress(t, container.Config{
		User: "root", Volumes: map[string]struct{}{"/data": {}}, StopSignal: "SIGTERM", WorkingDir: "/usr",
		Healthcheck: &container.HealthConfig{Test: []string{"CMD", "true"}}, Entrypoint: []string{"python3"}, Cmd: []string{"-c", server},
	}))
	d, _ := openCustom(t)
	i := start(t, d, f)
	r := call(t, i, `{"a": 1}`)
	if string(r.Output) != `[{"a": 1}, 65534, "none", "none", "hello", "/usr"]` {
		t.Errorf("got %s %+v", r.Output, r.Failure)
	}
	c := inspect(t, d, i)
	if c.Config.User != nobody || c.Config.StopSignal != "SIGKILL" || c.Config.Healthcheck.Test[0] != "NONE" || c.State.Health != nil && c.State.Health.Status == "healthy" {
		t.Errorf("the image overrides the profile: %+v", c.Config)
	}
	for _, m := range c.Mounts {
		if m.Type == "volume" {
			t.Errorf("there is a volume on the host: %+v", m)
		}
	}
}

func TestImagesThatDoNotRun(t *testing.T) {
	t.Parallel()
	d, o := openCustom(t)
	for _, c := range []struct {
		config container.Config
		text   string
	}{
		{container.Config{Entrypoint: []string{"python3"}, Cmd: []string{"-c", "import sys; sys.exit(7)"}}, "code 7"},
		{container.Config{Entrypoint: []string{"/absent"}}, "before it answered"},
	} {
		_, err := d.Start(t.Context(), custom(dress(t, c.config)))
		var bad *channel.InitError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%v: got %v, want an InitError with %q", c.config.Entrypoint, err, c.text)
		}
	}
	if left := leftovers(t, o); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAbsentImages(t *testing.T) {
	t.Parallel()
	d, _ := openCustom(t)
	api := daemon(t)
	found, err := api.ImageInspect(t.Context(), DefaultImages()["python"])
	if err != nil {
		t.Fatal(err)
	}
	// The daemon would take this for an id. No registry is asked for it here.
	short := strings.TrimPrefix(found.ID, "sha256:")[:12]
	if _, err := d.look(t.Context(), short); !errors.Is(err, fault.NotFound) {
		t.Errorf("the beginning of an id: got %v, want not found", err)
	}
	if _, err := d.look(t.Context(), "serverledge/python"); !errors.Is(err, fault.NotFound) {
		t.Errorf("the beginning of a name: got %v, want not found", err)
	}
	r := newRegistry(t)
	err = d.Prepare(t.Context(), custom(r.host+"/absent:1"), false)
	if !errors.Is(err, fault.NotFound) || fault.From(err).Code != "image_not_found" || fault.From(err).Hint == "" {
		t.Errorf("a name no registry knows: got %v, want image_not_found", err)
	}
	r.server.Close()
	if err := d.Prepare(t.Context(), custom(r.host+"/absent:1"), false); !errors.Is(err, fault.Unavailable) || fault.From(err).Code != "image_pull_failed" {
		t.Errorf("a registry that is down: got %v, want image_pull_failed", err)
	}
	if err := d.Check(custom("--privileged")); fault.From(err).Code != "invalid_image" {
		t.Errorf("got %v, want invalid_image", err)
	}
}

func TestImageIsFetchedOnce(t *testing.T) {
	t.Parallel()
	d, _ := openCustom(t)
	r := newRegistry(t)
	name := r.host + "/mine/app:1"
	r.add("mine/app", "1", map[string]any{"Cmd": []string{"/absent"}})
	discard(t, name)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if err := d.Prepare(t.Context(), custom(name), false); err != nil {
				t.Errorf("preparing: %v", err)
			}
		})
	}
	all.Wait()
	if n := r.manifests.Load(); n > 2 { // one pull asks by name, and perhaps again by digest
		t.Errorf("the registry was asked %d times", n)
	}
	before := r.manifests.Load()
	if err := d.Prepare(t.Context(), custom(name), false); err != nil || r.manifests.Load() != before {
		t.Errorf("an image that is here: %v, %d requests", err, r.manifests.Load()-before)
	}
	old, err := d.look(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	discard(t, old.id)
	r.add("mine/app", "1", map[string]any{"Cmd": []string{"/other"}})
	if err := d.Prepare(t.Context(), custom(name), true); err != nil {
		t.Fatal(err)
	}
	if p, err := d.look(t.Context(), name); err != nil || p.id == old.id {
		t.Errorf("a refresh brings the old image (%v)", err)
	}
	r.server.Close()
	if err := d.Prepare(t.Context(), custom(name), true); err != nil {
		t.Errorf("a refresh without the registry: got %v, want the image that is here", err)
	}
}

func TestImageOfAnotherMachine(t *testing.T) {
	t.Parallel()
	d, _ := openCustom(t)
	r := newRegistry(t)
	r.arch = "s390x"
	r.add("mine/far", "1", map[string]any{"Cmd": []string{"/absent"}})
	name := r.host + "/mine/far:1"
	discard(t, name)
	err := d.Prepare(t.Context(), custom(name), false)
	if code := fault.From(err).Code; code != "image_wrong_architecture" && code != "image_not_found" && code != "image_pull_failed" {
		t.Errorf("got %v, want a refusal", err)
	}
}

func TestImageThatIsReplacedWhileTheNodeRuns(t *testing.T) {
	t.Parallel()
	name := dress(t, container.Config{Env: []string{"CUSTOM_CMD=echo 1 > $RESULT_FILE"}})
	newer := dress(t, container.Config{Env: []string{"CUSTOM_CMD=echo 2 > $RESULT_FILE"}})
	api := daemon(t)
	old, err := api.ImageInspect(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	discard(t, old.ID)
	d, _ := openCustom(t)
	i := start(t, d, custom(name))
	if r := call(t, i, "{}"); strings.TrimSpace(string(r.Output)) != "1" {
		t.Fatalf("got %s %+v", r.Output, r.Failure)
	}
	if err := i.Stop(t.Context()); err != nil { // it holds the image
		t.Fatal(err)
	}
	if _, err := api.ImageRemove(t.Context(), name, image.RemoveOptions{Force: true, PruneChildren: true}); err != nil {
		t.Fatal(err)
	}
	if err := api.ImageTag(t.Context(), newer, name); err != nil {
		t.Fatal(err)
	}
	r := call(t, start(t, d, custom(name)), "{}")
	if got := strings.TrimSpace(string(r.Output)); got != "2" {
		t.Errorf("got %s %+v, want the newer image", r.Output, r.Failure)
	}
}

// registry is a Docker registry that holds images of one small file.
type registry struct {
	t         *testing.T
	host      string
	arch      string
	server    *httptest.Server
	manifests atomic.Int64

	mu     sync.Mutex
	things map[string]thing // by path
}

type thing struct {
	kind string
	body []byte
}

func newRegistry(t *testing.T) *registry {
	t.Helper()
	r := &registry{t: t, arch: daemonArch(t), things: map[string]thing{}}
	r.server = httptest.NewServer(http.HandlerFunc(r.serve))
	r.host = strings.TrimPrefix(r.server.URL, "http://")
	t.Cleanup(r.server.Close)
	return r
}

func daemonArch(t *testing.T) string {
	t.Helper()
	v, err := daemon(t).ServerVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return v.Arch
}

func (r *registry) serve(w http.ResponseWriter, q *http.Request) {
	if q.URL.Path == "/v2/" {
		return
	}
	r.mu.Lock()
	found, ok := r.things[q.URL.Path]
	r.mu.Unlock()
	if strings.Contains(q.URL.Path, "/manifests/") && q.Method == http.MethodGet {
		r.manifests.Add(1)
	}
	if !ok {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}`))
		return
	}
	w.Header().Set("Content-Type", found.kind)
	w.Header().Set("Content-Length", fmt.Sprint(len(found.body)))
	w.Header().Set("Docker-Content-Digest", digestOf(found.body))
	if q.Method != http.MethodHead {
		_, _ = w.Write(found.body)
	}
}

func digestOf(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// add stores an image of a name and tag.
func (r *registry) add(name, tag string, config map[string]any) {
	r.t.Helper()
	var layer bytes.Buffer
	w := tar.NewWriter(&layer)
	if err := errors.Join(w.WriteHeader(&tar.Header{Name: "file", Typeflag: tar.TypeReg, Mode: 0o644}), w.Close()); err != nil {
		r.t.Fatal(err)
	}
	encode := func(v any) []byte {
		text, err := json.Marshal(v)
		if err != nil {
			r.t.Fatal(err)
		}
		return text
	}
	described := encode(map[string]any{
		"architecture": r.arch, "os": "linux", "config": config,
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{digestOf(layer.Bytes())}},
	})
	const prefix = "application/vnd.docker."
	manifest := encode(map[string]any{
		"schemaVersion": 2, "mediaType": prefix + "distribution.manifest.v2+json",
		"config": map[string]any{"mediaType": prefix + "container.image.v1+json", "size": len(described), "digest": digestOf(described)},
		"layers": []any{map[string]any{"mediaType": prefix + "image.rootfs.diff.tar", "size": layer.Len(), "digest": digestOf(layer.Bytes())}},
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, reference := range []string{tag, digestOf(manifest)} {
		r.things["/v2/"+name+"/manifests/"+reference] = thing{prefix + "distribution.manifest.v2+json", manifest}
	}
	for _, blob := range [][]byte{described, layer.Bytes()} {
		r.things["/v2/"+name+"/blobs/"+digestOf(blob)] = thing{"application/octet-stream", blob}
	}
}
