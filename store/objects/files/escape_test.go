package files_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store/objects"
	"github.com/serverledge/serverledge/store/objects/files"
)

// outside makes a store below a folder that holds a secret beside it.
func outside(t *testing.T) (s *files.Store, dir, secret string) {
	t.Helper()
	above := t.TempDir()
	secret = filepath.Join(above, "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(above, "data", "objects")
	s = open(t, dir)
	if err := s.MakeBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	return s, dir, secret
}

func keys(t *testing.T, s objects.Store, bucket string) []string {
	t.Helper()
	out := []string{}
	for info, err := range s.List(t.Context(), bucket, "", "") {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, info.Key)
	}
	return out
}

func TestLinksAreNotFollowed(t *testing.T) {
	t.Parallel()
	s, dir, secret := outside(t)
	if _, err := s.Put(t.Context(), "bucket", "real/file", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{
		"bucket/link": secret, "bucket/up": "../../..", "bucket/inner": "real", "bucket/inner-file": "real/file", "linked-bucket": "bucket", "bucket/dangling": "nowhere",
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"link", "up/secret", "up/data/objects/bucket/real/file", "inner/file", "inner-file", "dangling"} {
		for verb, err := range verbs(t, s, "bucket", key) {
			if verb == "put" && (key == "link" || key == "inner-file" || key == "dangling") {
				continue // a put replaces the link itself
			}
			if !errors.Is(err, fault.Denied) {
				t.Errorf("%s %s: got %v", verb, key, err)
			}
		}
	}
	for verb, err := range verbs(t, s, "linked-bucket", "real/file") {
		if !errors.Is(err, fault.Denied) {
			t.Errorf("%s in a linked bucket: got %v", verb, err)
		}
	}
	if got, want := keys(t, s, "bucket"), []string{"dangling", "inner-file", "link", "real/file"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if content, err := os.ReadFile(secret); err != nil || string(content) != "secret" {
		t.Errorf("the secret is now %q, %v", content, err)
	}
}

// verbs returns what each verb says of a key.
func verbs(t *testing.T, s objects.Store, bucket, key string) map[string]error {
	t.Helper()
	out := map[string]error{}
	_, out["stat"] = s.Stat(t.Context(), bucket, key)
	o, err := s.Open(t.Context(), bucket, key, objects.Part{})
	if err == nil {
		err = o.Close()
	}
	out["open"] = err
	_, out["put"] = s.Put(t.Context(), bucket, key, strings.NewReader("evil"))
	return out
}

func TestSpecialFilesAreRefused(t *testing.T) {
	t.Parallel()
	s, dir, _ := outside(t)
	if err := syscall.Mkfifo(filepath.Join(dir, "bucket", "pipe"), 0o600); err != nil {
		t.Skip("no named pipes here:", err)
	}
	if _, err := s.Open(t.Context(), "bucket", "pipe", objects.Part{}); !errors.Is(err, fault.Denied) {
		t.Errorf("got %v", err)
	}
	if got := keys(t, s, "bucket"); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}

// What an operator does with ordinary tools shows at once.
func TestFilesFromOutside(t *testing.T) {
	t.Parallel()
	s, dir, _ := outside(t)
	if err := os.MkdirAll(filepath.Join(dir, "mine", "a", "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "mine", "a", "f")
	if err := os.WriteFile(file, []byte("one"), 0o644); err != nil {
		t.Fatal(err)
	}
	before, err := s.Stat(t.Context(), "mine", "a/f")
	if err != nil || before.Size != 3 {
		t.Fatalf("got %+v, %v", before, err)
	}
	if err := os.WriteFile(file, []byte("two!"), 0o644); err != nil {
		t.Fatal(err)
	}
	if after, err := s.Stat(t.Context(), "mine", "a/f"); err != nil || after.ETag == before.ETag {
		t.Errorf("got %+v, %v", after, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "mine", "\xff"), nil, 0o644); err != nil {
		t.Log("no such names here:", err)
	}
	if got := keys(t, s, "mine"); !slices.Equal(got, []string{"a/f"}) {
		t.Errorf("got %q", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "nofolder"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Stat(t.Context(), "nofolder", "k"); !errors.Is(err, fault.NotFound) {
		t.Errorf("got %v", err)
	}
}

func TestTemporaryFiles(t *testing.T) {
	t.Parallel()
	s, dir, _ := outside(t)
	temp := filepath.Join(dir, ".tmp")
	count := func() int {
		entries, err := os.ReadDir(temp)
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	half, content := io.Pipe()
	done := make(chan error)
	go func() {
		_, err := s.Put(t.Context(), "bucket", "k", half)
		done <- err
	}()
	if _, err := content.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	if got := keys(t, s, "bucket"); len(got) != 0 || count() != 1 {
		t.Errorf("during a put: keys %q, %d temporary files", got, count())
	}
	broke := errors.New("broke")
	content.CloseWithError(broke)
	if err := <-done; !errors.Is(err, broke) || count() != 0 {
		t.Errorf("after it: %v, %d temporary files", err, count())
	}
	stale, young := filepath.Join(temp, "STALE"), filepath.Join(temp, "YOUNG")
	for _, name := range []string{stale, young} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(stale, long, long); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	if _, err := os.Stat(stale); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the stale file: %v", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("the young file: %v", err)
	}
	for verb, err := range verbs(t, s, ".tmp", "YOUNG") {
		if !errors.Is(err, fault.Invalid) {
			t.Errorf("%s in .tmp: got %v", verb, err)
		}
	}
}

func TestDeniedFolders(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("root may do everything")
	}
	s, dir, _ := outside(t)
	if err := os.Chmod(filepath.Join(dir, "bucket"), 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), "bucket", "k", strings.NewReader("x")); !errors.Is(err, fault.Denied) {
		t.Errorf("got %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	if _, err := files.New(""); !errors.Is(err, fault.Invalid) {
		t.Errorf("got %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := files.New(file); err == nil {
		t.Error("a file became a store")
	}
}

// A key is kept as it is or refused, and nothing outside of its bucket changes.
func FuzzKey(f *testing.F) {
	for _, key := range []string{"a", "a/b", "../secret", "a/../../secret", "/etc/passwd", "a\x00b", "", ".", "..", "a//b", strings.Repeat("x/", 600), "\xff", "ü", ".tmp/x"} {
		f.Add(key)
	}
	above := f.TempDir()
	s, err := files.New(filepath.Join(above, "objects"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	f.Fuzz(func(t *testing.T, key string) {
		if err := os.RemoveAll(filepath.Join(above, "objects", "bucket")); err != nil {
			t.Fatal(err)
		}
		if err := s.MakeBucket("bucket"); err != nil {
			t.Fatal(err)
		}
		_, err := s.Put(t.Context(), "bucket", key, strings.NewReader(key))
		if err != nil && !errors.Is(err, fault.Invalid) {
			t.Fatalf("got %v", err)
		}
		want := []string{}
		if err == nil {
			want = append(want, key)
			o, err := s.Open(t.Context(), "bucket", key, objects.Part{})
			if err != nil {
				t.Fatal(err)
			}
			content, err := io.ReadAll(o)
			if err := errors.Join(err, o.Close()); err != nil || string(content) != key {
				t.Fatalf("got %q, %v", content, err)
			}
		}
		if got := keys(t, s, "bucket"); !slices.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
		for dir, want := range map[string]string{above: "objects", filepath.Join(above, "objects"): ".tmp bucket"} {
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			names := []string{}
			for _, e := range entries {
				names = append(names, e.Name())
			}
			if got := strings.Join(names, " "); got != want {
				t.Fatalf("%s has %s", dir, got)
			}
		}
	})
}
