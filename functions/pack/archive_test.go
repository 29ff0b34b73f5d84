package pack

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/serverledge/serverledge/internal/fault"
)

// item is one entry of an archive under test.
type item struct {
	tar.Header
	body string
}

func regular(name, body string) item {
	return item{Header: tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(body)), Mode: 0o644}, body: body}
}

func special(kind byte, name, link string) item {
	return item{Header: tar.Header{Typeflag: kind, Name: name, Linkname: link, Mode: 0o644}}
}

func directory(name string) item { return special(tar.TypeDir, name, "") }

// pack writes an archive, whatever the items ask for.
func archive(tb testing.TB, items ...item) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, i := range items {
		if err := w.WriteHeader(&i.Header); err != nil {
			tb.Fatalf("writing %q: %v", i.Name, err)
		}
		if _, err := io.WriteString(w, i.body); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func zipped(tb testing.TB, b []byte) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// raw is a tar header block made by hand, for what the tar writer refuses.
func raw(name string, kind byte, size string, edit func(block []byte)) []byte {
	b := make([]byte, 512)
	copy(b, name)
	copy(b[100:], "0000644\x000000000\x000000000\x00")
	copy(b[124:], size)
	copy(b[136:], "00000000000\x00")
	b[156] = kind
	copy(b[257:], "ustar\x0000")
	if edit != nil {
		edit(b)
	}
	copy(b[148:], "        ")
	sum := 0
	for _, c := range b {
		sum += int(c)
	}
	copy(b[148:], fmt.Sprintf("%06o\x00 ", sum))
	return b
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func zeros(n int) []byte { return make([]byte, n) }

// pax is an extended header with one record, followed by the header it is for.
func pax(key, value string, next []byte) []byte {
	body := key + "=" + value + "\n"
	n := len(body) + 2
	for len(fmt.Sprint(n))+1+len(body) != n {
		n = len(fmt.Sprint(n)) + 1 + len(body)
	}
	record := fmt.Sprintf("%d %s", n, body)
	return join(raw("PaxHeader", 'x', fmt.Sprintf("%011o\x00", len(record)), nil), []byte(record), zeros(int(padding(int64(len(record))))), next)
}

func padding(n int64) int64 { return -n & 511 }

func code(err error) string {
	if err == nil {
		return ""
	}
	var f *fault.Error
	if !errors.As(err, &f) {
		return "not a fault: " + err.Error()
	}
	return f.Code
}

// rows are the packages of reliability.md 3.4 with what must come of each.
func rows(t *testing.T) []struct {
	id, name string
	archive  []byte
	code     string
} {
	t.Helper()
	hello := archive(t, regular("hello.py", "def handler(p, c): return p\n"))
	gz := zipped(t, hello)
	badSum := bytes.Clone(gz)
	badSum[len(badSum)-6] ^= 1
	badHeader := bytes.Clone(hello)
	badHeader[0] ^= 1
	deep := strings.Repeat("d/", MaxDepth-1) + "f"
	long := strings.Repeat("n", 120) + "/" + strings.Repeat("n", 134)
	var many []item
	for i := range MaxEntries {
		many = append(many, regular(fmt.Sprintf("f%d", i), ""))
	}
	empty := zeros(1024)
	return []struct {
		id, name string
		archive  []byte
		code     string
	}{
		{"B-070", "a tar", hello, ""},
		{"B-070", "a tar.gz", gz, ""},
		{"B-070", "a tar padded to ten KiB", join(hello, zeros(10240-len(hello))), ""},
		{"B-070", "made by tar -C dir .", archive(t, directory("./"), regular("./a", "1")), ""},
		{"B-070", "made by git archive", archive(t, item{Header: tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": "0123"}}}, regular("a", "1")), ""},
		{"B-070", "nothing", nil, "invalid_package"},
		{"B-070", "one byte", []byte{0x1f}, "invalid_package"},
		{"B-070", "text", []byte("def handler(p, c): return p\n"), "invalid_package"},
		{"B-070", "much text", bytes.Repeat([]byte("not an archive\n"), 1000), "invalid_package"},
		{"B-070", "a zip", append([]byte("PK\x03\x04"), zeros(600)...), "invalid_package"},
		{"B-070", "an empty tar", empty, "invalid_package"},
		{"B-070", "an empty gzip stream", zipped(t, nil), "invalid_package"},
		{"B-070", "folders only", archive(t, directory("a/"), directory("a/b/")), "invalid_package"},
		{"B-071", "cut in a header", hello[:300], "invalid_package"},
		{"B-071", "cut in a file", hello[:520], "invalid_package"},
		{"B-071", "cut in the padding", hello[:1000], "invalid_package"},
		{"B-071", "cut before the trailer", hello[:1024], "invalid_package"},
		{"B-071", "cut in the trailer", hello[:1024+512], "invalid_package"},
		{"B-071", "zeros cut before the trailer", join(raw("z", '0', "00000002000\x00", nil), zeros(1024)), "invalid_package"},
		{"B-071", "cut gzip stream", gz[:len(gz)/2], "invalid_package"},
		{"B-071", "cut gzip trailer", gz[:len(gz)-1], "invalid_package"},
		{"B-071", "gzip checksum", badSum, "invalid_package"},
		{"B-071", "damaged gzip stream", join(gz[:15], []byte{0xff, 0xff, 0xff}, gz[18:]), "invalid_package"},
		{"B-071", "tar checksum", badHeader, "invalid_package"},
		{"B-071", "junk after a tar", join(hello, []byte("junk")), "invalid_package"},
		{"B-071", "junk after gzip", join(gz, []byte("junk")), "invalid_package"},
		{"B-071", "a second gzip stream", join(gz, gz), "invalid_package"},
		{"B-071", "a second tar", join(hello, hello), "invalid_package"},
		{"B-071", "one tar in two gzip streams", join(zipped(t, hello[:512]), zipped(t, hello[512:])), "invalid_package"},
		{"B-072", "up", archive(t, regular("../../evil", "x")), "unsafe_path"},
		{"B-072", "down and up", archive(t, regular("a/../../evil", "x")), "unsafe_path"},
		{"B-072", "down and up inside", archive(t, regular("a/../b", "x")), "unsafe_path"},
		{"B-072", "backslash", archive(t, regular(`..\evil`, "x")), "unsafe_path"},
		{"B-072", "drive", archive(t, regular(`C:x`, "x")), "unsafe_path"},
		{"B-072", "colon in a name", archive(t, regular("ab:c", "x")), ""},
		{"B-073", "absolute", archive(t, regular("/etc/cron.d/x", "x")), "unsafe_path"},
		{"B-073", "absolute folder", archive(t, directory("/"), regular("a", "x")), "unsafe_path"},
		{"B-074", "link to the root", archive(t, special(tar.TypeSymlink, "l", "/"), regular("l/etc/x", "x")), "unsupported_entry"},
		{"B-075", "link inside", archive(t, regular("a", "x"), special(tar.TypeSymlink, "l", "a")), "unsupported_entry"},
		{"B-076", "hard link out", archive(t, special(tar.TypeLink, "l", "/etc/shadow")), "unsupported_entry"},
		{"B-076", "hard link inside", archive(t, regular("a", "x"), special(tar.TypeLink, "l", "a")), "unsupported_entry"},
		{"B-077", "character device", archive(t, special(tar.TypeChar, "d", "")), "unsupported_entry"},
		{"B-077", "block device", archive(t, special(tar.TypeBlock, "d", "")), "unsupported_entry"},
		{"B-077", "FIFO", archive(t, special(tar.TypeFifo, "d", "")), "unsupported_entry"},
		{"B-077", "unknown kind", join(raw("s", 's', "00000000000\x00", nil), zeros(1024)), "unsupported_entry"},
		{"B-079", "gzip bomb", zipped(t, archive(t, regular("zeros", string(zeros(64<<20))))), "package_too_large"},
		{"B-080", "entries at the limit", archive(t, many...), ""},
		{"B-080", "one entry more", archive(t, append(many, regular("more", ""))...), "too_many_files"},
		{"B-080", "too many empty files, compressed", zipped(t, archive(t, append(many, regular("more", ""))...)), "too_many_files"},
		{"B-081", "a header that lies", join(raw("big", '0', "", func(b []byte) { copy(b[124:], "\x80\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00") }), []byte("x")), "invalid_package"},
		{"B-081", "a negative size", join(raw("neg", '0', "", func(b []byte) { copy(b[124:], "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff") }), zeros(1024)), "invalid_package"},
		{"B-082", "a path of 255 bytes", archive(t, regular(long, "x")), ""},
		{"B-082", "a path of 256 bytes", archive(t, regular(long+"n", "x")), "unsafe_path"},
		{"B-082", "a path of 5000 bytes", archive(t, regular(strings.Repeat("n", 5000), "x")), "unsafe_path"},
		{"B-082", "16 levels", archive(t, regular(deep, "x")), ""},
		{"B-082", "17 levels", archive(t, regular("d/"+deep, "x")), "unsafe_path"},
		{"B-082", "1000 levels", archive(t, regular(strings.Repeat("d/", 1000)+"f", "x")), "unsafe_path"},
		{"B-082", "NUL", join(pax("path", "a\x00b", raw("a", '0', "00000000000\x00", nil)), empty), "invalid_package"},
		{"B-082", "not UTF-8", join(raw("a\xff", '0', "00000000000\x00", nil), empty), "unsafe_path"},
		{"B-082", "no name", join(raw("", '0', "00000000000\x00", nil), empty), "unsafe_path"},
		{"B-082", "a file that ends in a slash", join(raw("a/", '0', "00000000000\x00", nil), empty), "unsafe_path"},
		{"B-083", "a file twice", archive(t, regular("a", "1"), regular("a", "2")), "duplicate_entry"},
		{"B-083", "a file twice, written differently", archive(t, regular("a", "1"), regular("./a", "2")), "duplicate_entry"},
		{"B-083", "a folder twice", archive(t, directory("d/"), directory("d/"), regular("a", "1")), "duplicate_entry"},
		{"B-083", "file, then folder", archive(t, regular("a", "1"), directory("a/")), "duplicate_entry"},
		{"B-083", "folder, then file", archive(t, directory("a/"), regular("a", "1")), "duplicate_entry"},
		{"B-083", "file, then below it", archive(t, regular("a", "1"), regular("a/b/c", "2")), "duplicate_entry"},
		{"B-083", "below it, then file", archive(t, regular("a/b/c", "2"), regular("a/b", "1")), "duplicate_entry"},
		{"B-083", "a folder after what it holds", archive(t, regular("a/b", "2"), directory("a/")), ""},
		{"B-083", "upper and lower case", archive(t, regular("A", "1"), regular("a", "2")), ""},
		{"B-084", "PAX header of 10 MiB", join(pax("comment", strings.Repeat("x", 10<<20), raw("a", '0', "00000000000\x00", nil)), empty), "invalid_package"},
		{"B-084", "GNU sparse", join(raw("a", 'S', "00000000000\x00", func(b []byte) { copy(b[257:], "ustar  \x00") }), empty), "unsupported_entry"},
		{"B-084", "PAX sparse", join(pax("GNU.sparse.size", "1000", raw("a", '0', "00000000000\x00", nil)), empty), "unsupported_entry"},
		{"B-084", "an archive inside", archive(t, regular("inner.zip", "PK\x03\x04")), ""},
		{"B-085", "files that run code", archive(t, regular("sitecustomize.py", "boom"), regular("x.pth", "import boom"), regular("conftest.py", "boom")), ""},
	}
}

func TestCheckAndUnpackAgree(t *testing.T) {
	t.Parallel()
	for _, r := range rows(t) {
		t.Run(r.id+" "+r.name, func(t *testing.T) {
			t.Parallel()
			err := Check(bytes.NewReader(r.archive))
			if got := code(err); got != r.code {
				t.Errorf("Check: got %q (%v), want %q", got, err, r.code)
			}
			kind := fault.Invalid
			if r.code == "package_too_large" || r.code == "too_many_files" {
				kind = fault.TooLarge
			}
			if err != nil && !errors.Is(err, kind) {
				t.Errorf("Check: got kind %q, want %q", fault.KindOf(err), kind)
			}
			parent := t.TempDir()
			err = layOut(t, bytes.NewReader(r.archive), filepath.Join(parent, "out"))
			if got := code(err); got != r.code {
				t.Errorf("Unpack: got %q (%v), want %q", got, err, r.code)
			}
			left, err := os.ReadDir(parent)
			if err != nil {
				t.Fatal(err)
			}
			if want := map[bool]int{true: 1, false: 0}[r.code == ""]; len(left) != want {
				t.Errorf("got %d entries next to the package, want %d", len(left), want)
			}
		})
	}
}

// Every cut of a good archive is refused, none of them panics.
func TestEveryCutIsRefused(t *testing.T) {
	t.Parallel()
	whole := archive(t, regular("a", strings.Repeat("x", 700)), directory("d/"), regular("d/b", "y"))
	for _, b := range [][]byte{whole, zipped(t, whole)} {
		for n := range b {
			if err := Check(bytes.NewReader(b[:n])); code(err) != "invalid_package" {
				t.Errorf("cut at %d of %d: got %v", n, len(b), err)
			}
		}
	}
}

func TestLimitsAtTheValueAndOnePast(t *testing.T) {
	t.Parallel()
	tenK := archive(t, regular("a", strings.Repeat("x", 8192))) // 512+8192+1024
	small := zipped(t, tenK)
	ratio := int64(len(tenK)) / int64(len(small))
	for _, c := range []struct {
		name    string
		archive []byte
		l       limits
		code    string
	}{
		{"packed", tenK, limits{packed: 9728, unpacked: 1 << 20, entries: 9}, ""},
		{"packed, one past", tenK, limits{packed: 9727, unpacked: 1 << 20, entries: 9}, "package_too_large"},
		{"unpacked", tenK, limits{packed: 1 << 20, unpacked: 8192, entries: 9}, ""},
		{"unpacked, one past", tenK, limits{packed: 1 << 20, unpacked: 8191, entries: 9}, "package_too_large"},
		{"compressed", small, limits{packed: int64(len(small)), unpacked: 8192, ratio: 1000, entries: 9}, ""},
		{"compressed, one past", small, limits{packed: int64(len(small)) - 1, unpacked: 8192, ratio: 1000, entries: 9}, "package_too_large"},
		{"ratio", small, limits{packed: 1 << 20, unpacked: 8192, ratio: ratio + 10, entries: 9}, ""},
		{"ratio, past", small, limits{packed: 1 << 20, unpacked: 8192, ratio: ratio - 1, entries: 9}, "package_too_large"},
		{"ratio of what is not measured", small, limits{packed: 1 << 20, unpacked: 8192, ratio: 1, unmeasured: 9728, entries: 9}, ""},
		{"entries", tenK, limits{packed: 1 << 20, unpacked: 8192, entries: 1}, ""},
		{"entries, one past", tenK, limits{packed: 1 << 20, unpacked: 8192, entries: 0}, "too_many_files"},
	} {
		if err := walk(bytes.NewReader(c.archive), c.l, discard); code(err) != c.code {
			t.Errorf("%s: got %v, want %q", c.name, err, c.code)
		}
	}
}

func TestThePublishedSizesHold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		size int
		code string
	}{{MaxPacked - 1536, ""}, {MaxPacked - 1536 + 512, "package_too_large"}} {
		b := archive(t, regular("a", string(zeros(c.size))))
		if err := Check(bytes.NewReader(b)); code(err) != c.code {
			t.Errorf("a tar of %d bytes: got %v, want %q", len(b), err, c.code)
		}
	}
}

func TestModesAreNormalised(t *testing.T) {
	t.Parallel()
	odd := func(name string, mode int64) item {
		i := regular(name, "x")
		i.Mode, i.Uid, i.Gid = mode, 0, 0
		return i
	}
	folder := directory("d/")
	folder.Mode = 0o1000
	b := archive(t, odd("suid", 0o4755), odd("sgid", 0o2644), odd("none", 0), odd("one", 0o100), odd("all", 0o777), folder, odd("d/f", 0o600), odd("e/f/g", 0o400))
	dir := filepath.Join(t.TempDir(), "out")
	if err := layOut(t, bytes.NewReader(b), dir); err != nil {
		t.Fatal(err)
	}
	want := map[string]fs.FileMode{
		".": fs.ModeDir | 0o755, "suid": 0o755, "sgid": 0o644, "none": 0o644, "one": 0o755, "all": 0o755, "d": fs.ModeDir | 0o755,
		"d/f": 0o644, "e": fs.ModeDir | 0o755, "e/f": fs.ModeDir | 0o755, "e/f/g": 0o644,
	}
	for name, mode := range want {
		info, err := os.Lstat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != mode {
			t.Errorf("%s: got %v, want %v", name, info.Mode(), mode)
		}
	}
}

// The umask of the process must not decide who may read a function's code.
// Not parallel: the umask belongs to the process.
func TestModesDoNotDependOnTheUmask(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	dir := filepath.Join(t.TempDir(), "out")
	if err := layOut(t, bytes.NewReader(archive(t, regular("d/f", "x"))), dir); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]fs.FileMode{".": fs.ModeDir | 0o755, "d": fs.ModeDir | 0o755, "d/f": 0o644} {
		if info, err := os.Lstat(filepath.Join(dir, name)); err != nil || info.Mode() != mode {
			t.Errorf("%s: got %v, %v, want %v", name, info.Mode(), err, mode)
		}
	}
}

func TestUnpackNeverReplaces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine"), []byte("1"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := layOut(t, bytes.NewReader(archive(t, regular("a", "1"))), dir); err == nil {
		t.Fatal("want an error for a folder that holds something")
	}
	if got, err := os.ReadFile(filepath.Join(dir, "mine")); err != nil || string(got) != "1" {
		t.Errorf("got %q, %v", got, err)
	}
}

// failing gives some bytes and then an error of its own.
type failing struct {
	b   []byte
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	if len(f.b) == 0 {
		return 0, f.err
	}
	n := copy(p, f.b)
	f.b = f.b[n:]
	return n, nil
}

func TestErrorsOfTheSourceAreItsOwn(t *testing.T) {
	t.Parallel()
	gone := errors.New("the client is gone")
	b := archive(t, regular("a", strings.Repeat("x", 100_000)))
	for _, b := range [][]byte{b, zipped(t, b)} {
		for _, n := range []int{0, 1, 100, len(b) / 2, len(b) - 1, len(b)} {
			if err := Check(&failing{b: b[:n], err: gone}); !errors.Is(err, gone) {
				t.Errorf("after %d bytes: got %v", n, err)
			}
		}
	}
}

func FuzzCheck(f *testing.F) {
	whole := archive(f, regular("a", "x"), directory("d/"), regular("d/b", "y"))
	f.Add(whole)
	f.Add(zipped(f, whole))
	f.Fuzz(func(t *testing.T, b []byte) {
		err := Check(bytes.NewReader(b))
		if err != nil && !errors.Is(err, fault.Invalid) && !errors.Is(err, fault.TooLarge) {
			t.Fatalf("got %v, want a fault", err)
		}
	})
}

// layOut unpacks an archive into the folder dir.
func layOut(t *testing.T, r io.Reader, dir string) error {
	t.Helper()
	return unpack(t.Context(), r, dir, published(), nil)
}
