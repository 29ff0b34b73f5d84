package server

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/functions/pack"
)

func TestFunctionLifecycle(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("Hello")
	got := into[api.Function](f, f.do("GET", "/v1/functions/hello", ""), http.StatusOK)
	if got.Name != "Hello" || got.MemoryMB != 128 || got.MaxConcurrency != 1 || got.Version == "" {
		t.Errorf("got %+v", got)
	}
	a := f.do("GET", "/v1/functions/HELLO", "")
	if tag := a.header.Get("Etag"); tag != `"`+got.Version+`"` {
		t.Errorf("the entity tag is %s", tag)
	}
	f.refused(f.do("POST", "/v1/functions", string(mustJSON(t, map[string]any{
		"name": "hello", "runtime": "python310", "handler": "hello.handler", "package": got.Package,
	}))), http.StatusConflict, "function_exists")

	body := fmt.Sprintf(`{"runtime":"python310","handler":"hello.handler","memoryMB":256,"timeout":"1m30s","package":%q}`, got.Package)
	f.refused(f.do("PUT", "/v1/functions/hello", body, `If-Match: "stale"`), http.StatusPreconditionFailed, "if_match")
	f.refused(f.do("PUT", "/v1/functions/hello", body, `If-None-Match: *`), http.StatusPreconditionFailed, "if_match")
	f.refused(f.do("PUT", "/v1/functions/nobody", body, `If-Match: "x"`), http.StatusPreconditionFailed, "if_match")
	put := into[api.Function](f, f.do("PUT", "/v1/functions/hello", body, "If-Match: "+a.header.Get("Etag")), http.StatusOK)
	if put.MemoryMB != 256 || put.Version == got.Version || put.Timeout != "1m30s" {
		t.Errorf("after the update: %+v", put)
	}
	// What was got can be put back, and another function created by PUT.
	into[api.Function](f, f.do("PUT", "/v1/functions/hello", string(mustJSON(t, put))), http.StatusOK)
	into[api.Function](f, f.do("PUT", "/v1/functions/other", body, "If-None-Match: *"), http.StatusCreated)
	f.refused(f.do("PUT", "/v1/functions/third", string(mustJSON(t, put))), http.StatusUnprocessableEntity, "invalid_name")

	list := into[api.FunctionList](f, f.do("GET", "/v1/functions", ""), http.StatusOK)
	names := into[[]string](f, f.do("GET", "/function", ""), http.StatusOK)
	if len(list.Functions) != 2 || strings.Join(names, " ") != "hello other" {
		t.Errorf("listed %v and %v", list, names)
	}
	warm := into[api.PrewarmResponse](f, f.do("POST", "/v1/functions/hello/prewarm", `{"instances":3,"forcePull":true}`), http.StatusOK)
	if warm.Prewarmed != 3 {
		t.Errorf("prewarmed %d", warm.Prewarmed)
	}
	f.refused(f.do("DELETE", "/v1/functions/hello", "", `If-Match: "stale"`), http.StatusPreconditionFailed, "if_match")
	if a := f.do("DELETE", "/v1/functions/hello", ""); a.status != http.StatusNoContent {
		t.Errorf("deleting: %d", a.status)
	}
	// B-055
	f.refused(f.do("GET", "/v1/functions/hello", ""), http.StatusNotFound, "function_not_found")
	f.refused(f.do("DELETE", "/v1/functions/hello", ""), http.StatusNotFound, "function_not_found")
	f.refused(f.do("POST", "/v1/functions/hello/prewarm", `{}`), http.StatusNotFound, "function_not_found")
	f.refused(f.do("POST", "/v1/functions/hello/invocations", ""), http.StatusNotFound, "function_not_found")
	if a := f.do("GET", "/v1/functions/other", ""); a.status != http.StatusOK {
		t.Errorf("other is gone too")
	}
}

func mustJSON(tb testing.TB, v any) []byte {
	tb.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// TestFunctionFields is B-040, B-041, B-050, B-059 to B-065: one bad field each.
func TestFunctionFields(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	digest := f.upload(tarOf(t, "hello.py", "x"))
	good := map[string]any{"name": "fn", "runtime": "python310", "handler": "hello.handler", "package": digest}
	for _, c := range []struct {
		field, value, code string
	}{
		{"name", `""`, "invalid_name"},
		{"name", `"."`, "invalid_name"},
		{"name", `".."`, "invalid_name"},
		{"name", `"-rf"`, "invalid_name"},
		{"name", `"a/b"`, "invalid_name"},
		{"name", `"a%2Fb"`, "invalid_name"},
		{"name", `"a\\b"`, "invalid_name"},
		{"name", `"a b"`, "invalid_name"},
		{"name", `"é"`, "invalid_name"},
		{"name", `"a\u0000"`, "invalid_name"},
		{"name", `"a\u202eb"`, "invalid_name"},
		{"name", `"a\u200bb"`, "invalid_name"},
		{"name", `"x/../../progress/1"`, "invalid_name"},
		{"name", `"` + strings.Repeat("a", 64) + `"`, "invalid_name"},
		{"name", `"` + strings.Repeat("a", 500<<10) + `"`, "too_long"},
		{"name", `7`, "invalid_type"},
		{"name", `null`, "invalid_type"},
		{"runtime", `true`, "invalid_type"},
		{"runtime", `"cobol"`, "unknown_runtime"},
		{"runtime", `null`, "invalid_type"},
		{"handler", `1`, "invalid_type"},
		{"handler", `"../../etc/passwd"`, "invalid_handler"},
		{"handler", `"nodot"`, "invalid_handler"},
		{"handler", `"` + strings.Repeat("a", 10<<10) + `"`, "too_long"},
		{"memoryMB", `0`, "out_of_range"},
		{"memoryMB", `-1`, "out_of_range"},
		{"memoryMB", `0.5`, "out_of_range"},
		{"memoryMB", `1e18`, "out_of_range"},
		{"memoryMB", `1e400`, "out_of_range"},
		{"memoryMB", `9223372036854775808`, "out_of_range"},
		{"memoryMB", strings.Repeat("9", 100<<10), "out_of_range"},
		{"memoryMB", `"128"`, "invalid_type"},
		{"memoryMB", `null`, "invalid_type"},
		{"memoryMB", `100000`, "insufficient_capacity"},
		{"cpu", `-1`, "out_of_range"},
		{"cpu", `1e9`, "out_of_range"},
		{"cpu", `1e400`, "out_of_range"},
		{"cpu", `"NaN"`, "invalid_type"},
		{"cpu", `null`, "invalid_type"},
		{"maxConcurrency", `0`, "out_of_range"},
		{"maxConcurrency", `-1`, "out_of_range"},
		{"maxConcurrency", `1001`, "out_of_range"},
		{"maxConcurrency", `40000`, "out_of_range"},
		{"maxConcurrency", `[]`, "invalid_type"},
		{"timeout", `"0s"`, "out_of_range"},
		{"timeout", `"-1s"`, "out_of_range"},
		{"timeout", `"1h0m0.000000001s"`, "out_of_range"},
		{"timeout", `"1000000000s"`, "out_of_range"},
		{"timeout", `"soon"`, "invalid_duration"},
		{"timeout", `300`, "invalid_type"},
		{"image", `"x; rm -rf /"`, "invalid_image"},
		{"image", `"--privileged"`, "invalid_image"},
		{"image", `"Upper/Case"`, "invalid_image"},
		{"image", `"` + strings.Repeat("a", 300) + `"`, "invalid_image"},
		{"image", `{}`, "invalid_type"},
		{"env", `{"LD_PRELOAD":"x"}`, "reserved_env"},
		{"env", `{"A=B":"x"}`, "invalid_env"},
		{"env", `{"":"x"}`, "invalid_env"},
		{"env", `{"A":"\u0000"}`, "invalid_env"},
		{"env", `{"A":1}`, "invalid_type"},
		{"env", `{"A":"` + strings.Repeat("x", 40<<10) + `"}`, "too_large"},
		{"env", `[]`, "invalid_type"},
		{"signature", `{"Inputs":[{"Name":"n","Type":"Int"},{"Name":"n","Type":"Int"}]}`, ""},
		{"signature", `{"Inputs":[{"Name":"n","Type":"Complex"}]}`, ""},
		{"signature", `{"Inputs":{}}`, "invalid_type"},
		{"signature", `{"Inputs":[1]}`, "invalid_type"},
		{"signature", `"n:Int"`, "invalid_type"},
		{"package", `"../etc"`, "invalid_package"},
		{"package", `"` + strings.Repeat("0", 64) + `"`, "unknown_package"},
		{"package", `9`, "invalid_type"},
	} {
		body := maps.Clone(good)
		body[c.field] = json.RawMessage(c.value)
		a := f.do("POST", "/v1/functions", string(mustJSON(t, body)))
		var p api.Problem
		if err := json.Unmarshal(a.body, &p); err != nil || a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s %.60s: %d %.200s", c.field, c.value, a.status, a.body)
			continue
		}
		if c.code != "" && p.Code != c.code {
			t.Errorf("%s %.60s: code %s, want %s", c.field, c.value, p.Code, c.code)
		}
		if len(p.Errors) > 0 && !strings.HasPrefix(p.Errors[0].Pointer, "/"+c.field) {
			t.Errorf("%s %.60s: the pointer is %s", c.field, c.value, p.Errors[0].Pointer)
		}
		if len(a.body) > 4096 {
			t.Errorf("%s: the answer repeats the value: %d bytes", c.field, len(a.body))
		}
	}
	if list := into[api.FunctionList](f, f.do("GET", "/v1/functions", ""), http.StatusOK); len(list.Functions) != 0 {
		t.Errorf("something was registered: %v", list)
	}
	// The limits themselves are in order.
	for field, text := range map[string]string{
		"name": `"` + strings.Repeat("a", 63) + `"`, "memoryMB": `8192`, "cpu": `1024`, "maxConcurrency": `1000`, "timeout": `"1h"`,
		"runtime": `"python3.10"`, "env": `{"A":"\u202e"}`, "signature": `{"Inputs":[{"Name":"n","Type":"Array[Array[Int]]"}],"Outputs":[]}`,
	} {
		body := maps.Clone(good)
		body["name"] = "ok-" + strings.ToLower(field)
		body[field] = json.RawMessage(text)
		if a := f.do("POST", "/v1/functions", string(mustJSON(t, body))); a.status != http.StatusCreated {
			t.Errorf("%s %s: %d %s", field, text, a.status, a.body)
		}
	}
}

// TestEveryFaultIsTold: one request, all faults with their pointers.
func TestEveryFaultIsTold(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.refused(f.do("POST", "/v1/functions", `{"name":1,"memroyMB":128,"cpu":-1,"signature":{"Inputs":[{"Title":"n"}]}}`),
		http.StatusBadRequest, "unknown_field")
	got := map[string]string{}
	for _, e := range p.Errors {
		got[e.Pointer] = e.Code
	}
	for pointer, code := range map[string]string{
		"/name": "invalid_type", "/memroyMB": "unknown_field", "/cpu": "out_of_range", "/runtime": "required", "/signature/Inputs/0/Title": "unknown_field",
	} {
		if got[pointer] != code {
			t.Errorf("%s: got %q, want %q", pointer, got[pointer], code)
		}
	}
	if !strings.Contains(p.Detail, `did you mean "memoryMB"?`) {
		t.Errorf("no suggestion in %q", p.Detail)
	}
}

// TestConcurrentCreates is B-028.
func TestConcurrentCreates(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	digest := f.upload(tarOf(t, "hello.py", "x"))
	var created, refused atomic.Int64
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			body := fmt.Sprintf(`{"name":"same","runtime":"python310","handler":"hello.handler","package":%q,"memoryMB":%d}`, digest, 100+i)
			switch a := f.do("POST", "/v1/functions", body); a.status {
			case http.StatusCreated:
				created.Add(1)
			case http.StatusConflict:
				refused.Add(1)
			default:
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
	group.Wait()
	if created.Load() != 1 || refused.Load() != 49 {
		t.Errorf("%d created, %d refused", created.Load(), refused.Load())
	}
}

// TestQuota is B-058: the last function of the quota, and one more.
func TestQuota(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *Options) { o.Quota = 2 })
	f.register("one")
	f.register("two")
	digest := f.upload(tarOf(t, "hello.py", "x"))
	body := fmt.Sprintf(`{"name":"three","runtime":"python310","handler":"hello.handler","package":%q}`, digest)
	f.refused(f.do("POST", "/v1/functions", body), http.StatusForbidden, "quota_exceeded")
	f.refused(f.do("PUT", "/v1/functions/three", body), http.StatusForbidden, "quota_exceeded")
	into[api.Function](f, f.do("PUT", "/v1/functions/two", strings.Replace(body, "three", "two", 1)), http.StatusOK)
}

// TestCompatCreate holds the statuses that existing clients know.
func TestCompatCreate(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	archive := tarOf(t, "hello.py", "def handler(p, c): return p\n")
	code := base64.StdEncoding.EncodeToString(archive)
	body := func(change ...string) string {
		b := map[string]any{
			"Name": "func", "Runtime": "python310", "MemoryMB": 600, "CPUDemand": 0.0, "Handler": "hello.handler", "TarFunctionCode": code,
		}
		for i := 0; i < len(change); i += 2 {
			if change[i+1] == "" {
				delete(b, change[i])
				continue
			}
			b[change[i]] = json.RawMessage(change[i+1])
		}
		return string(mustJSON(t, b))
	}
	f.refused(f.do("POST", "/update", body()), http.StatusNotFound, "function_not_found")
	if got := into[api.CreatedResponse](f, f.do("POST", "/create", body()), http.StatusOK); got.Created != "func" {
		t.Errorf("got %+v", got)
	}
	f.refused(f.do("POST", "/create", body()), http.StatusConflict, "function_exists")
	f.refused(f.do("POST", "/create", body("Name", `"FUNC"`)), http.StatusConflict, "function_exists")
	into[api.CreatedResponse](f, f.do("POST", "/update", body("MemoryMB", "700")), http.StatusOK)
	if got := into[api.Function](f, f.do("GET", "/v1/functions/func", ""), http.StatusOK); got.MemoryMB != 700 || got.Package != pack.Digest(archive) {
		t.Errorf("after the update: %+v", got)
	}

	a := f.do("POST", "/create", body("Name", `"g"`, "Runtime", `"cobol"`))
	if p := f.refused(a, http.StatusNotFound, "unknown_runtime"); !strings.HasPrefix(p.Detail, "Invalid runtime.") || !strings.Contains(p.Hint, "python310") {
		t.Errorf("got %+v", p)
	}
	for _, c := range []struct {
		field, value, code string
		status             int
	}{
		{"MemoryMB", `0`, "out_of_range", 422},
		{"MemoryMB", ``, "invalid_memory", 422},
		{"MemoryMB", `"600"`, "invalid_type", 422},
		{"MaxConcurrency", `40000`, "out_of_range", 422},
		{"MaxConcurrency", `-1`, "out_of_range", 422},
		{"Name", `""`, "invalid_name", 422},
		{"Name", ``, "invalid_name", 422},
		{"TarFunctionCode", ``, "required", 422},
		{"TarFunctionCode", `"%%%"`, "invalid_package", 422},
		{"TarFunctionCode", `"-_-_"`, "invalid_package", 422},
		{"TarFunctionCode", `"aGVsbG8="`, "invalid_package", 422},
		{"TarFunctionCode", `"https://example.com/code.tar"`, "url_not_allowed", 422},
		{"CustomImage", `"--privileged"`, "invalid_image", 422},
	} {
		f.refused(f.do("POST", "/create", body("Name", `"g"`, c.field, c.value)), c.status, c.code)
	}
	for _, url := range []string{"http://169.254.169.254/latest", "file:///etc/passwd", "http://127.0.0.1:2379/x", " https://x/y.tar"} {
		encoded := `"` + base64.StdEncoding.EncodeToString([]byte(url)) + `"`
		f.refused(f.do("POST", "/create", body("Name", `"g"`, "TarFunctionCode", encoded)), 422, "url_not_allowed")
	}

	// Wrapped base64, any case of names, null, and members of other versions.
	wrapped := code[:10] + "\r\n" + code[10:]
	text := body("Name", `"g"`, "TarFunctionCode", string(mustJSON(t, wrapped)), "Signature", "null", "SomethingElse", "[1]")
	text = strings.Replace(text, `"Runtime"`, `"runtime"`, 1)
	into[api.CreatedResponse](f, f.with(f.plain, "POST", "/create", text), http.StatusOK)

	if got := into[api.DeletedResponse](f, f.do("POST", "/delete", `{"Name":"func"}`), http.StatusOK); got.Deleted != "func" {
		t.Errorf("got %+v", got)
	}
	f.refused(f.do("POST", "/delete", `{"Name":"func"}`), http.StatusNotFound, "function_not_found")
	if names := into[[]string](f, f.do("GET", "/functions", ""), http.StatusOK); strings.Join(names, " ") != "g" {
		t.Errorf("left: %v", names)
	}
	into[api.PrewarmResponse](f, f.do("POST", "/prewarm", `{"Function":"g","Instances":2,"ForceImagePull":false}`), http.StatusOK)
	f.refused(f.do("POST", "/prewarm", `{"Function":"nobody","Instances":2}`), http.StatusNotFound, "function_not_found")
}

// TestPackages is B-070 to B-073 at the border; functions/pack has the rest.
func TestPackages(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	archive := tarOf(t, "hello.py", "x")
	digest := pack.Digest(archive)
	if a := f.do("HEAD", "/v1/packages/"+digest, ""); a.status != http.StatusNotFound {
		t.Errorf("HEAD before: %d", a.status)
	}
	f.upload(archive)
	f.upload(archive) // again: the same answer
	if a := f.do("HEAD", "/v1/packages/"+digest, ""); a.status != http.StatusOK {
		t.Errorf("HEAD after: %d", a.status)
	}
	put := func(digest string, body []byte, kind string) answer {
		return f.do("PUT", "/v1/packages/"+digest, string(body), "Content-Type: "+kind)
	}
	octets := "application/octet-stream"
	f.refused(put(strings.Repeat("0", 64), archive, octets), 422, "digest_mismatch")
	f.refused(put("nodigest", archive, octets), 400, "invalid_path")
	f.refused(put(strings.ToUpper(digest), archive, octets), 400, "invalid_path")
	f.refused(put(digest, archive, "text/plain"), 415, "unsupported_media_type")
	cut := archive[:len(archive)/2]
	f.refused(put(pack.Digest(cut), cut, octets), 422, "invalid_package")
	junk := []byte("this is no archive")
	f.refused(put(pack.Digest(junk), junk, octets), 422, "invalid_package")
	evil := tarOf(t, "../../evil", "x")
	f.refused(put(pack.Digest(evil), evil, octets), 422, "unsafe_path")
	if a := f.do("GET", "/v1/packages/"+digest, ""); a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") != "HEAD, PUT" {
		t.Errorf("GET: %d %s", a.status, a.header.Get("Allow"))
	}
}
