package pack

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/serverledge/serverledge/internal/fault"
)

// lay makes files below a folder; a name that ends in a slash is a folder, and
// content that begins with "-> " a symbolic link.
func lay(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		var err error
		if strings.HasSuffix(name, "/") {
			err = os.MkdirAll(full, 0o755)
		} else if err = os.MkdirAll(filepath.Dir(full), 0o755); err == nil {
			if to, ok := strings.CutPrefix(text, "-> "); ok {
				err = os.Symlink(to, full)
			} else {
				err = os.WriteFile(full, []byte(text), 0o640)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// list returns the names and contents of an archive in its order.
func list(t *testing.T, b []byte) (names []string, contents map[string]string) {
	t.Helper()
	contents = map[string]string{}
	for r := tar.NewReader(bytes.NewReader(b)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return names, contents
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if h.ModTime.Unix() != 0 || h.Uid != 0 || h.Gid != 0 || h.Uname != "" {
			t.Errorf("%s: the header tells when or by whom it was made: %+v", h.Name, h)
		}
		names, contents[h.Name] = append(names, h.Name), string(text)
	}
}

func TestBuildFolder(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"hello.py": "h", "lib/a.py": "a", "lib.py": "l", "empty/": "", ".git/config": "g", "sub/.git/config": "g",
		"shortcut.py": "-> lib/a.py", "linked": "-> lib", "secret.pem": "s", "keep.pem": "k", "lib/x.pem": "x",
		"build/out": "o", "lib/build": "a file", "data/big": "b", "lib/data/big": "c",
		ignoreFile: "# keys\n*.pem\n!keep.pem\nbuild/\n\n/data\n",
	}
	one, two := t.TempDir(), t.TempDir()
	lay(t, one, files)
	lay(t, two, files)
	if err := os.Chmod(filepath.Join(one, "hello.py"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(one, "lib"), time.Unix(1, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	a, err := Build(one)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Build(two)
	if err != nil {
		t.Fatal(err)
	}
	if Digest(a) != Digest(b) {
		t.Error("equal folders have different digests")
	}
	got, contents := list(t, a)
	want := "empty/ hello.py keep.pem lib/ lib.py lib/a.py lib/build lib/data/ lib/data/big " +
		"linked/ linked/a.py linked/build linked/data/ linked/data/big linked/x.pem shortcut.py sub/"
	want = strings.Replace(want, " linked/x.pem", "", 1)
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
	if contents["shortcut.py"] != "a" {
		t.Errorf("a link is not followed: got %q", contents["shortcut.py"])
	}
	if err := Check(bytes.NewReader(a)); err != nil {
		t.Errorf("what was built is refused: %v", err)
	}
}

func TestBuildFileAndArchive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lay(t, dir, map[string]string{"hello.py": "h", "run.sh": "#!/bin/sh\n", "bad.tar": "text", "code.zip": "PK"})
	if err := os.Chmod(filepath.Join(dir, "run.sh"), 0o711); err != nil {
		t.Fatal(err)
	}
	b, err := Build(filepath.Join(dir, "hello.py"))
	if err != nil {
		t.Fatal(err)
	}
	if names, contents := list(t, b); len(names) != 1 || contents["hello.py"] != "h" {
		t.Errorf("got %q, want one hello.py", names)
	}
	if b, err = Build(filepath.Join(dir, "run.sh")); err != nil {
		t.Fatal(err)
	}
	if h, err := tar.NewReader(bytes.NewReader(b)).Next(); err != nil || h.Mode != 0o755 {
		t.Errorf("got mode %o, %v, want 755", h.Mode, err)
	}
	for _, name := range []string{"a.tar", "a.tar.gz", "A.TGZ"} {
		whole := archive(t, regular("z", "1"), regular("a", "2"))
		if name != "a.tar" {
			whole = zipped(t, whole)
		}
		lay(t, dir, map[string]string{name: string(whole)})
		if got, err := Build(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, whole) {
			t.Errorf("%s is not passed on as it is: %v", name, err)
		}
	}
	for _, name := range []string{"bad.tar", "code.zip"} {
		_, err := Build(filepath.Join(dir, name))
		if code(err) != "invalid_package" || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, want invalid_package that names it", name, err)
		}
	}
}

func TestBuildRefusals(t *testing.T) {
	t.Parallel()
	socket := func(t *testing.T, dir string) {
		t.Helper()
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(dir, "bad"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
	}
	for _, c := range []struct {
		name string
		make func(t *testing.T, dir string)
		code string
	}{
		{"a link to itself", func(t *testing.T, d string) { t.Helper(); lay(t, d, map[string]string{"bad": "-> bad"}) }, "unsupported_entry"},
		{"a link to the folder above", func(t *testing.T, d string) { t.Helper(); lay(t, d, map[string]string{"sub/bad": "-> ../"}) }, "unsupported_entry"},
		{"a link to nothing", func(t *testing.T, d string) { t.Helper(); lay(t, d, map[string]string{"bad": "-> nowhere"}) }, "source_unreadable"},
		{"a FIFO", func(t *testing.T, d string) {
			t.Helper()
			if err := syscall.Mkfifo(filepath.Join(d, "bad"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "unsupported_entry"},
		{"a link to a device", func(t *testing.T, d string) { t.Helper(); lay(t, d, map[string]string{"bad": "-> /dev/zero"}) }, "unsupported_entry"},
		{"a socket", socket, "unsupported_entry"},
		{"a backslash", func(t *testing.T, d string) { t.Helper(); lay(t, d, map[string]string{`bad\name`: "x"}) }, "unsafe_path"},
		{"17 levels", func(t *testing.T, d string) {
			t.Helper()
			lay(t, d, map[string]string{strings.Repeat("d/", MaxDepth) + "bad": "x"})
		}, "unsafe_path"},
		{"a large file", func(t *testing.T, d string) {
			t.Helper()
			lay(t, d, map[string]string{"bad": ""})
			if err := os.Truncate(filepath.Join(d, "bad"), MaxPacked-2048+1); err != nil {
				t.Fatal(err)
			}
		}, "package_too_large"},
		{"a bad pattern", func(t *testing.T, d string) { t.Helper(); lay(t, d, map[string]string{ignoreFile: "ok\n[bad\n"}) }, "invalid_pattern"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			lay(t, dir, map[string]string{"a.py": "x"})
			c.make(t, dir)
			b, err := Build(dir)
			if code(err) != c.code {
				t.Fatalf("got %v, want %s", err, c.code)
			}
			if !strings.Contains(err.Error(), "bad") && c.name != "17 levels" {
				t.Errorf("the error does not name the file: %v", err)
			}
			if b != nil {
				t.Error("got bytes with an error")
			}
		})
	}
}

func TestBuildPathsThatAreNoSource(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	lay(t, dir, map[string]string{"hollow/deep/": ""})
	for path, want := range map[string]string{
		filepath.Join(dir, "nothing"): "source_not_found", fifo: "unsupported_entry", "/dev/null": "unsupported_entry",
		filepath.Join(dir, "hollow"): "invalid_package",
	} {
		if _, err := Build(path); code(err) != want || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want %s that names it", path, err, want)
		}
	}
	if _, err := Build(filepath.Join(dir, "nothing")); !errors.Is(err, fault.NotFound) {
		t.Errorf("got %v, want not found", err)
	}
}

func TestBuildAtTheLimit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "a")
	lay(t, dir, map[string]string{"a": ""})
	if err := os.Truncate(name, MaxPacked-1536); err != nil {
		t.Fatal(err)
	}
	b, err := Build(name)
	if err != nil || len(b) != MaxPacked {
		t.Fatalf("got %d bytes, %v, want %d", len(b), err, MaxPacked)
	}
	if err := os.Truncate(name, MaxPacked-1536+1); err != nil {
		t.Fatal(err)
	}
	if _, err := Build(name); code(err) != "package_too_large" {
		t.Errorf("one byte more: got %v", err)
	}
}

func TestUnreadableFileIsNamed(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		asOrdinaryUser(t)
		return
	}
	dir := t.TempDir()
	lay(t, dir, map[string]string{"a.py": "x"})
	if err := os.Chmod(filepath.Join(dir, "a.py"), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := Build(dir); code(err) != "source_unreadable" || !strings.Contains(err.Error(), "a.py") {
		t.Errorf("got %v", err)
	}
}

// asOrdinaryUser runs the calling test again as user 65534: root may read
// every file.
func asOrdinaryUser(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "pack-") //nolint:usetesting // t.TempDir lies below folders that others may not enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	program := filepath.Join(dir, "pack.test")
	if err := errors.Join(os.Chmod(dir, 0o777), os.WriteFile(program, text, 0o755)); err != nil { //nolint:gosec // for another user
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-test.run", "^"+t.Name()+"$", "-test.v")
	cmd.Dir, cmd.Env = dir, []string{"TMPDIR=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("as an ordinary user: %v\n%s", err, out)
	}
}
