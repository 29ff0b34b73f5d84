package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"serverledge-cli": main}) }

type nodeKey struct{}

// TestScripts plays each script against a fake node of its own. Commands of
// our own:
//
//	exits CODE PROGRAM ARG...       like exec, with a certain exit code
//	interrupts CODE PROGRAM ARG...  sends SIGINT when a call hangs in the node
//	losepackages                    the store of packages answers no more
//	offer INPUT...                  the activity "hands" has a task for each
//	told TEXT                       what the node was told of tasks last
//	interruptstwice CODE PROGRAM... sends two signals
//	uploads N                       the node has got so many packages
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			n := newFakeNode()
			env.Defer(n.close)
			host, port, err := net.SplitHostPort(n.server.Listener.Addr().String())
			if err != nil {
				return err
			}
			env.Setenv("SERVERLEDGE_HOST", host)
			env.Setenv("SERVERLEDGE_PORT", port)
			env.Setenv("NODE", host+":"+port)
			env.Setenv("PORT", port)
			env.Setenv("TERM", "xterm")
			env.Setenv("TZ", "UTC")
			env.Values[nodeKey{}] = n
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) < 2 {
					ts.Fatalf("usage: exits CODE PROGRAM ARG...")
				}
				checkExit(ts, args[0], ts.Exec(args[1], args[2:]...))
			},
			"interrupts":      func(ts *testscript.TestScript, _ bool, args []string) { interrupts(ts, 1, args) },
			"interruptstwice": func(ts *testscript.TestScript, _ bool, args []string) { interrupts(ts, 2, args) },
			"offer":           offer,
			"told":            told,
			"losepackages": func(ts *testscript.TestScript, _ bool, _ []string) {
				resp, err := http.Post("http://"+ts.Getenv("NODE")+"/lose-packages", "", nil)
				ts.Check(err)
				ts.Check(resp.Body.Close())
			},
			"uploads": func(ts *testscript.TestScript, _ bool, args []string) {
				resp, err := http.Get("http://" + ts.Getenv("NODE") + "/uploads")
				ts.Check(err)
				body, err := io.ReadAll(resp.Body)
				ts.Check(errors.Join(err, resp.Body.Close()))
				if string(body) != args[0] {
					ts.Fatalf("got %s uploads, want %s", body, args[0])
				}
			},
		},
	})
}

func checkExit(ts *testscript.TestScript, want string, err error) {
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != want {
		ts.Fatalf("got exit code %d, want %s", code, want)
	}
}

// interrupts starts a program, waits until the fake node says that a call
// hangs, sends SIGINT so many times, and keeps what it printed in the files out
// and err.
func interrupts(ts *testscript.TestScript, times int, args []string) {
	n, ok := ts.Value(nodeKey{}).(*fakeNode)
	if !ok || len(args) < 2 {
		ts.Fatalf("usage: interrupts CODE PROGRAM ARG...")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var path string
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if file := filepath.Join(dir, args[1]); path == "" {
			if _, err := os.Stat(file); err == nil {
				path = file
			}
		}
	}
	cmd := exec.CommandContext(ctx, path, args[2:]...)
	for _, key := range []string{"SERVERLEDGE_HOST", "SERVERLEDGE_PORT", "HOME", "PATH"} {
		cmd.Env = append(cmd.Env, key+"="+ts.Getenv(key))
	}
	for len(n.arrived) > 0 { // what an earlier command left
		<-n.arrived
	}
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	ts.Check(cmd.Start())
	select {
	case <-n.arrived:
	case <-ctx.Done():
		ts.Logf("%s%s", stdout.String(), stderr.String())
	}
	ts.Check(cmd.Process.Signal(syscall.SIGINT))
	for range times - 1 {
		time.Sleep(50 * time.Millisecond) // equal signals that come at once are one
		ts.Check(cmd.Process.Signal(syscall.SIGINT))
	}
	err := cmd.Wait()
	ts.Logf("[stdout]\n%s[stderr]\n%s", stdout.String(), stderr.String())
	ts.Check(os.WriteFile(ts.MkAbs("out"), []byte(stdout.String()), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("err"), []byte(stderr.String()), 0o600))
	checkExit(ts, args[0], err)
}
