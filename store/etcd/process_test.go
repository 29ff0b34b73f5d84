package etcd_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store"
	"github.com/serverledge/serverledge/store/etcd"
)

// childVariable tells the test binary to be a process with a member.
const childVariable = "SERVERLEDGE_TEST_ETCD_CHILD"

func TestMain(m *testing.M) {
	if mode := os.Getenv(childVariable); mode != "" {
		os.Exit(child(mode, os.Args[len(os.Args)-1]))
	}
	os.Exit(m.Run())
}

// child starts a member and puts keys without end, or until the disk is full.
// Each line it prints is something that has happened.
func child(mode, dir string) int {
	died := make(chan error, 1)
	ctx := context.Background()
	e, err := etcd.StartEmbedded(ctx, etcd.EmbeddedOptions{Dir: dir, OnFatal: func(err error) { died <- err }})
	if err != nil {
		fmt.Println("start:", err)
		return 1
	}
	size := 10
	if mode == "fill" {
		size = 1 << 20
	}
	for i := 0; ; i++ {
		_, _, err := e.Driver().Txn(ctx, nil, []store.Op{store.Put(fmt.Sprintf("/k/%09d", i), make([]byte, size))})
		if err == nil {
			fmt.Println("put", i)
			continue
		}
		select {
		case err := <-died:
			fmt.Println("died:", err)
		case <-time.After(patience):
			fmt.Println("not told of:", err)
		}
		_, err = e.Driver().Range(ctx, store.Query{Key: "/k"})
		fmt.Println("unavailable afterwards:", errors.Is(err, fault.Unavailable))
		fmt.Println("closing:", e.Close() != nil)
		return 7
	}
}

const patience = 20 * time.Second

// spawn starts a child in a mode and returns the lines that it prints.
func spawn(t *testing.T, mode, dir string, attr *syscall.SysProcAttr, wrap ...string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := append(wrap, self, dir)
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Env = append(os.Environ(), childVariable+"="+mode)
	cmd.Stderr = t.Output()
	cmd.SysProcAttr = attr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

// TestKill9 kills a process with a member in the middle of its writes: another
// one starts on the directory at once, and all that was answered is there.
func TestKill9(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for round := range 3 {
		cmd, lines := spawn(t, "put", dir, nil)
		last := ""
		for n := 0; n < 50 && lines.Scan(); n++ {
			last = lines.Text()
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() {
			last = lines.Text()
		}
		_ = cmd.Wait()
		var count int
		if _, err := fmt.Sscanf(last, "put %d", &count); err != nil {
			t.Fatalf("round %d: the child said %q", round, last)
		}
		e := member(t, etcd.EmbeddedOptions{Dir: dir})
		page, err := e.Driver().Range(t.Context(), store.Query{Prefix: "/k/", KeysOnly: true})
		if err != nil || len(page.KVs) < count+1 {
			t.Errorf("round %d: %d keys, want %d at least; %v", round, len(page.KVs), count+1, err)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSecondProcess starts a member on a directory that a live process has.
func TestSecondProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd, lines := spawn(t, "put", dir, nil)
	if !lines.Scan() {
		t.Fatal("the child said nothing")
	}
	_, err := etcd.StartEmbedded(t.Context(), etcd.EmbeddedOptions{Dir: dir})
	if !errors.Is(err, fault.Conflict) || fault.From(err).Code != "data_dir_in_use" {
		t.Errorf("got %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	member(t, etcd.EmbeddedOptions{Dir: dir})
}

// TestSecondMember does the same within one process, where file locks could be
// shared.
func TestSecondMember(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	member(t, etcd.EmbeddedOptions{Dir: dir})
	if _, err := etcd.StartEmbedded(t.Context(), etcd.EmbeddedOptions{Dir: dir}); !errors.Is(err, fault.Conflict) {
		t.Errorf("got %v", err)
	}
}

// TestFullDisk fills the disk under a member, in a process with a small disk
// of its own: the process lives on, is told, and every request fails at once.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("needs root to mount a small disk")
	}
	dir := t.TempDir()
	const script = `mount -t tmpfs -o size=200m tmpfs "$2" && exec "$1" "$2"`
	cmd, lines := spawn(t, "fill", dir, &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS, Unshareflags: syscall.CLONE_NEWNS}, "/bin/sh", "-c", script, "sh")
	var said []string
	for lines.Scan() {
		if line := lines.Text(); !strings.HasPrefix(line, "put ") {
			said = append(said, line)
		}
	}
	err := cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 7 {
		t.Errorf("the child ended with %d (%v), not by its own will", code, err)
	}
	if len(said) != 3 || !strings.HasPrefix(said[0], "died: the embedded store died: ") || !strings.Contains(said[0], "no space left on device") ||
		said[1] != "unavailable afterwards: true" {
		t.Errorf("the child said %q", said)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("the small disk was not the child's own: %v, %v", left, err)
	}
}

// TestRestart finds keys and revisions again after a clean end.
func TestRestart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new")
	e := member(t, etcd.EmbeddedOptions{Dir: dir})
	_, rev, err := e.Driver().Txn(t.Context(), nil, []store.Op{store.Put("k", []byte("v"))})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Driver().Range(t.Context(), store.Query{Key: "k"}); !errors.Is(err, fault.Unavailable) {
		t.Errorf("after Close: %v", err)
	}
	e = member(t, etcd.EmbeddedOptions{Dir: dir})
	page, err := e.Driver().Range(t.Context(), store.Query{Key: "k"})
	if err != nil || len(page.KVs) != 1 || page.KVs[0].Modified != rev {
		t.Errorf("got %+v, %v", page, err)
	}
}

// TestAddresses refuses what others could reach, and what is no address.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"0.0.0.0:0", ":2379", "192.0.2.1:2379", "127.0.0.1", "localhost:x:y"} {
		if _, err := etcd.StartEmbedded(t.Context(), etcd.EmbeddedOptions{Dir: t.TempDir(), Listen: bad}); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if e := member(t, etcd.EmbeddedOptions{}); e.Address() != "" {
		t.Errorf("listens on %s", e.Address())
	}
	for list, kind := range map[string]fault.Kind{"": fault.Invalid, " , ": fault.Invalid, "127.0.0.1:1": fault.Unavailable} {
		if _, err := etcd.Open(t.Context(), etcd.Options{Endpoints: list, DialTimeout: 200 * time.Millisecond}); !errors.Is(err, kind) {
			t.Errorf("%q: %v", list, err)
		}
	}
}

// TestClusterAway stops a member under a client of it: the client says so, and
// knows when a change surely was not made; it works again when the member does.
func TestClusterAway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := member(t, etcd.EmbeddedOptions{Dir: dir, Listen: "127.0.0.1:0"})
	address := e.Address()
	d, err := etcd.Open(t.Context(), etcd.Options{Endpoints: address, RequestTimeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	changes := d.Watch(t.Context(), "k", 1)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Range(t.Context(), store.Query{Key: "k"}); !errors.Is(err, fault.Unavailable) {
		t.Errorf("range: %v", err)
	}
	for end := time.Now().Add(patience); ; {
		_, _, err := d.Txn(t.Context(), nil, []store.Op{store.Put("k", nil)})
		if errors.Is(err, fault.Unavailable) {
			break
		}
		if !errors.Is(err, fault.Unknown) || time.Now().After(end) {
			t.Fatalf("txn: %v", err)
		}
	}
	member(t, etcd.EmbeddedOptions{Dir: dir, Listen: address})
	for end := time.Now().Add(patience); ; {
		_, _, err := d.Txn(t.Context(), nil, []store.Op{store.Put("k", []byte("back"))})
		if err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("not back: %v", err)
		}
	}
	select {
	case c := <-changes:
		if c.Err != nil || len(c.Events) == 0 || string(c.Events[0].Value) != "back" {
			t.Errorf("watch: %+v", c)
		}
	case <-time.After(patience):
		t.Error("the watch did not come back")
	}
}
