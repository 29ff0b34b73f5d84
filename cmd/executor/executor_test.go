package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/pool/channel"
)

// roleVariable makes this test binary the executor, or an image's executor.
const roleVariable = "EXECUTOR_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "executor":
		main()
	case "image":
		image()
	default:
		os.Exit(m.Run())
	}
}

// image is an image's own executor: it answers as the protocol of custom
// images says, or as badly as it is told.
func image() {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /invoke", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Params              map[string]any
			Handler, HandlerDir string
			ReturnOutput        bool
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		switch in.Params["do"] {
		case "fail":
			_, _ = fmt.Fprint(w, `{"Success":false,"Result":"","Output":"it went\nwrong"}`)
		case "die":
			os.Exit(7)
		case "rubbish":
			_, _ = fmt.Fprint(w, `<html>`)
		case "status":
			w.WriteHeader(http.StatusTeapot)
		case "plain":
			_, _ = fmt.Fprint(w, `{"Success":true,"Result":{"plain":1}}`)
		default:
			text, _ := json.Marshal([]any{in.Handler, in.HandlerDir, in.ReturnOutput})
			quoted, _ := json.Marshal(string(text))
			_, _ = fmt.Fprintf(w, `{"Success":true,"Result":%s,"Output":"printed"}`, quoted)
		}
	})
	server := &http.Server{Addr: os.Getenv(relayVariable), Handler: mux, ReadHeaderTimeout: time.Minute}
	fmt.Fprintln(os.Stderr, server.ListenAndServe())
}

// command is this binary as the executor.
func command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", args...)
	cmd.Env = append(append(os.Environ(), roleVariable+"=executor"), env...)
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	return cmd
}

// serve starts the executor in a mode and connects to it.
func serve(t *testing.T, env []string, args ...string) (*channel.Conn, *exec.Cmd) {
	t.Helper()
	dir, err := os.MkdirTemp("", "x") //nolint:usetesting // t.TempDir is too long for a socket address
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := channel.Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	cmd := command(t, append(env,
		channel.TokenVariable+"="+l.Token(), channel.SocketVariable+"="+filepath.Join(l.Dir(), channel.Socket)), args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c, err := l.Accept(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Close()
		_ = cmd.Wait() // it ends with the connection
	})
	return c, cmd
}

func initialise(t *testing.T, c *channel.Conn, in channel.Init) {
	t.Helper()
	if err := c.Init(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

func invoke(t *testing.T, c *channel.Conn, input string) *functions.Result {
	t.Helper()
	r, err := c.Invoke(t.Context(), &functions.Call{Key: "k", Input: json.RawMessage(input), Output: true})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestInitHandsTheEndOn(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]int{"exit 0": 0, "exit 3": 3, "kill -9 $$": 137, "kill -11 $$": 139} {
		err := command(t, nil, "init", "--", "sh", "-c", script).Run()
		got := 0
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			got = exit.ExitCode()
		}
		if got != want {
			t.Errorf("%s: got the code %d (%v), want %d", script, got, err, want)
		}
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"init"}, {"init", "--"}, {"relay"}, {"bake"}} {
		code, err := run(t.Context(), append([]string{"executor"}, args...))
		if code != 2 || err == nil {
			t.Errorf("%v: got the code %d and %v", args, code, err)
		}
	}
}

func TestCustomCommand(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, []string{`CUSTOM_CMD=
read -r line < "$PARAMS_FILE"
echo "for $WHO"; echo "and more" >&2
case "$line" in
*fail*) exit 4;;
*silent*) ;;
*context*) echo "$CONTEXT" > "$RESULT_FILE";;
*long*) head -c 7000000 /dev/zero > "$RESULT_FILE";;
*) echo "[$line]" > "$RESULT_FILE";;
esac`}, "custom")
	initialise(t, c, channel.Init{Function: "f", Env: map[string]string{"WHO": "you"}})
	r := invoke(t, c, `{"a":1}`)
	if string(r.Output) != "[{\"a\":1}]\n" || r.Printed != "for you\nand more\n" || r.Runtime != "custom" {
		t.Errorf("got %+v (%+v)", r, r.Failure)
	}
	if r := invoke(t, c, `"context"`); !strings.Contains(string(r.Output), `"key":"k"`) {
		t.Errorf("got the context %s", r.Output)
	}
	for input, want := range map[string]string{
		`"fail"`: failureExit, `"silent"`: functions.FailureInvalidResult, `"long"`: functions.FailureResultTooLarge,
	} {
		if r := invoke(t, c, input); r.Failure == nil || r.Failure.Type != want || r.Printed == "" {
			t.Errorf("%s: got %s, %+v", input, r.Output, r.Failure)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "call*", "params.json")); len(left) > 0 {
		t.Errorf("calls left %v", left)
	}
}

func TestRelay(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c, cmd := serve(t, []string{relayVariable + "=" + address}, "relay", "--", "env", roleVariable+"=image", exe)
	initialise(t, c, channel.Init{Handler: "h", Dir: "/app"})
	if r := invoke(t, c, `{}`); string(r.Output) != `["h","/app",true]` || r.Printed != "printed" {
		t.Errorf("got %+v (%+v)", r, r.Failure)
	}
	if r := invoke(t, c, `{"do":"plain"}`); string(r.Output) != `{"plain":1}` {
		t.Errorf("got %+v (%+v)", r, r.Failure)
	}
	if r := invoke(t, c, `{"do":"fail"}`); r.Failure == nil || !strings.Contains(r.Failure.Message, "wrong") || r.Printed != "it went\nwrong" {
		t.Errorf("got %+v (%+v)", r, r.Failure)
	}
	for _, what := range []string{"rubbish", "status"} {
		if r := invoke(t, c, `{"do":"`+what+`"}`); r.Failure == nil || r.Failure.Type != functions.FailureProtocol {
			t.Errorf("%s: got %+v (%+v)", what, r, r.Failure)
		}
	}
	if r := invoke(t, c, `{"do":"die"}`); r.Failure == nil || r.Failure.Type != functions.FailureCrashed {
		t.Errorf("got %+v (%+v)", r, r.Failure)
	}
	<-c.Done()
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("the relay ended with %v, want the image's code 7", err)
	}
}

func TestChildrenSeeNoToken(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, []string{`CUSTOM_CMD=env | grep -cE '^SERVERLEDGE_(TOKEN|SOCKET)=' > "$RESULT_FILE"; true`}, "custom")
	initialise(t, c, channel.Init{})
	if r := invoke(t, c, `{}`); string(r.Output) != "0\n" {
		t.Errorf("got %s (%+v)", r.Output, r.Failure)
	}
}
