package serverledge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestMain is a function when the test asks for one.
func TestMain(m *testing.M) {
	if os.Getenv("BE_A_FUNCTION") != "" {
		Start(func(params map[string]any) (any, error) {
			fmt.Println("printed")
			if params["fail"] != nil {
				return nil, errors.New("no luck")
			}
			return params, nil
		})
	}
	os.Exit(m.Run())
}

type oddError struct{}

func (*oddError) Error() string { return "odd" }

func TestRun(t *testing.T) {
	t.Parallel()
	echo := func(p map[string]any) (any, error) { return p, nil }
	for _, c := range []struct {
		name, in, out string
		code          int
		handler       func(map[string]any) (any, error)
	}{
		{"object", `{"a": 1, "b": ["x"]}`, `{"a":1,"b":["x"]}`, 0, echo},
		{"nothing", ``, `{}`, 0, echo},
		{"null", `null`, `{}`, 0, echo},
		{"nil result", `{}`, `null`, 0, func(map[string]any) (any, error) { return nil, nil }},
		{"bare result", `{}`, `3`, 0, func(map[string]any) (any, error) { return 3, nil }},
		{"no object", `[1]`, `{"errorType":"Function.InvalidInput","errorMessage":"the parameters must be an object, not array"}`, 1, echo},
		{"cut", `{"a"`, `{"errorType":"Function.InvalidInput","errorMessage":"the parameters are not JSON: unexpected end of JSON input"}`, 1, echo},
		{"plain error", `{}`, `{"errorType":"Error","errorMessage":"no luck"}`, 1, func(map[string]any) (any, error) { return nil, errors.New("no luck") }},
		{"wrapped error", `{}`, `{"errorType":"Error","errorMessage":"a: odd"}`, 1, func(map[string]any) (any, error) { return nil, fmt.Errorf("a: %w", &oddError{}) }},
		{"named error", `{}`, `{"errorType":"oddError","errorMessage":"odd"}`, 1, func(map[string]any) (any, error) { return 1, &oddError{} }},
		{"no JSON", `{}`, `{"errorType":"Function.InvalidResult","errorMessage":"the result is not JSON: json: unsupported value: NaN"}`, 1, func(map[string]any) (any, error) { return math.NaN(), nil }},
	} {
		var out bytes.Buffer
		if code := run(strings.NewReader(c.in), &out, c.handler); code != c.code || out.String() != c.out+"\n" {
			t.Errorf("%s: got %d, %s", c.name, code, out.String())
		}
	}
}

func TestPanic(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	code := run(strings.NewReader(`{}`), &out, func(map[string]any) (any, error) { panic("broken") })
	var f failure
	if err := json.Unmarshal(out.Bytes(), &f); err != nil || code != 1 {
		t.Fatalf("got %d, %v", code, err)
	}
	if f.Type != "panic" || f.Message != "broken" || !strings.Contains(f.Trace[0], "TestPanic") {
		t.Errorf("got %+v", f)
	}
}

// A program that uses Start keeps its result apart from what it prints.
func TestStart(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"a":1}`:    `{"a":1}`,
		`{"fail":1}`: `{"errorType":"Error","errorMessage":"no luck"}`,
	} {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), "BE_A_FUNCTION=1")
		cmd.Stdin = strings.NewReader(in)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err := cmd.Run()
		if stdout.String() != want+"\n" || stderr.String() != "printed\n" || (err != nil) != strings.Contains(in, "fail") {
			t.Errorf("%s: got %q, %q, %v", in, stdout.String(), stderr.String(), err)
		}
	}
}
