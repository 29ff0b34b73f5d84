package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/api"
)

// TestBadJSON is B-030, B-031, B-033 to B-038, B-044 on both dialects.
func TestBadJSON(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("hello")
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for _, c := range []struct {
		name, body string
		status     int
		code       string
	}{
		{"blank", "  \n", 400, "invalid_json"},
		{"array", `[]`, 422, "invalid_type"},
		{"string", `"x"`, 422, "invalid_type"},
		{"number", `7`, 422, "invalid_type"},
		{"trailing text", `{"Name":"a"} trailing`, 400, "invalid_json"},
		{"two documents", `{"Name":"a"}{"Name":"b"}`, 400, "invalid_json"},
		{"byte-order mark", "\ufeff{}", 400, "invalid_json"},
		{"utf-16", "\xff\xfe{\x00}\x00", 400, "invalid_json"},
		{"invalid utf-8", "{\"Name\":\"\xff\"}", 400, "invalid_json"},
		{"lone surrogate", `{"Name":"\ud800"}`, 400, "invalid_json"},
		{"depth 65", `{"x":` + deep(64) + `}`, 400, "too_deep"},
		{"depth 9,999", deep(9999), 400, "too_deep"},
		{"depth 100,000", strings.Repeat("[", 100_000), 400, "too_deep"},
		{"tokens", `{"x":[` + strings.Repeat(`0,`, 200_000) + `0]}`, 400, "too_many_tokens"},
		{"tokens in objects", `[` + strings.Repeat(`{"":0},`, 100_000) + `0]`, 400, "too_many_tokens"},
		{"tokens in arrays", `[` + strings.Repeat(`[],`, 250_000) + `0]`, 400, "too_many_tokens"},
		{"duplicate key", `{"Name":"a","Name":"b"}`, 400, "duplicate_key"},
		{"duplicate key, escaped", `{"Name":"a","N\u0061me":"b"}`, 400, "duplicate_key"},
		{"comment", `{"Name":"a"/* x */}`, 400, "invalid_json"},
		{"single quotes", `{'Name':'a'}`, 400, "invalid_json"},
		{"NaN", `{"MemoryMB":NaN}`, 400, "invalid_json"},
		{"Infinity", `{"MemoryMB":-Infinity}`, 400, "invalid_json"},
		{"leading zero", `{"MemoryMB":01}`, 400, "invalid_json"},
	} {
		for _, path := range []string{"/create", "/delete", "/v1/functions", "/v1/workflows", "/v1/executions"} {
			a := f.do("POST", path, c.body)
			if a.status != c.status {
				t.Errorf("%s %s: %d %.200s", c.name, path, a.status, a.body)
				continue
			}
			if p := f.refused(a, c.status, c.code); c.code == "invalid_type" && (len(p.Errors) == 0 || p.Errors[0].Pointer != "") {
				t.Errorf("%s %s: %+v", c.name, path, p.Errors)
			}
		}
	}
	f.refused(f.do("POST", "/create", ""), 400, "invalid_json")
	f.refused(f.do("POST", "/v1/functions", "null"), 422, "invalid_type")
	f.refused(f.do("POST", "/v1/functions", `{"NAME":"a","nAmE":"b","runtime":"python310"}`), 400, "unknown_field")

	// The limits themselves are in order in a payload, and it passes unchanged.
	for _, payload := range []string{
		`{"x":` + deep(61) + `}`, `[` + strings.Repeat(`0,`, 190_000) + `0]`, `-0`, `1e-400`, `18446744073709551616`, strings.Repeat("9", 1<<20),
		`{"constructor":"\u0000\u202e","a":"\ud83d\ude00"}`, `null`, `"text"`, `false`,
	} {
		a := f.with(f.plain, "POST", "/v1/functions/hello/invocations", `{"input":`+payload+`}`)
		if got := into[api.InvocationResult](f, a, http.StatusOK); string(got.Output) != payload {
			t.Errorf("%.40s came back as %.40s", payload, got.Output)
		}
	}
}

// truncations are valid requests; every proper beginning of their bodies is
// not one.
func truncations() map[string]string {
	return map[string]string{
		"/create":                         `{"Name":"a","Runtime":"python310","MemoryMB":128,"CPUDemand":0.5,"Signature":{"Inputs":[{"Name":"n","Type":"Int"}]}}`,
		"/invoke/hello":                   `{"Params":{"a":[1,-2.5e3,true,null,"\u00e9"]},"Async":false,"QoSClass":1}`,
		"/workflow/create":                `{"Name":"w","ASLSrc":"e30=","OverwriteIfExists":true}`,
		"/v1/functions":                   `{"name":"a","runtime":"python310","env":{"A":"b"},"timeout":"1s"}`,
		"/v1/functions/hello/invocations": `{"input":{"a":1},"forwarded":{"key":"k","attempt":1,"visited":["n0"]}}`,
		"/v1/executions":                  `{"definition":"{}","input":[{}],"name":"x","mocks":{"A":{"0":{"Return":1}}}}`,
		"/v1/tasks/success":               `{"taskToken":"token","output":{"a":[1,"b"]}}`,
	}
}

// TestTruncated is B-032, served without a network: the body ends with the
// request.
func TestTruncated(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("hello")
	for path, body := range truncations() {
		for n := 1; n < len(body); n++ {
			if got := serve(f.server, path, body[:n]); got.Code != http.StatusBadRequest {
				t.Errorf("%s with %q: %d %s", path, body[:n], got.Code, got.Body)
			}
		}
	}
}

// serve serves a POST without a network.
func serve(h http.Handler, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Host = "localhost"
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
