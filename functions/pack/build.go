package pack

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/serverledge/serverledge/internal/fault"
)

// Build returns the package made from a file or a folder: a tar whose bytes
// depend on names, contents and execute permissions only. A single file is
// stored under its base name. A path ending in .tar, .tar.gz or .tgz is an
// archive already: it is checked and returned as it is. In a folder, .git and
// what .serverledgeignore names are left out, and symbolic links are followed.
//
// Errors are faults that name the file: source_not_found, source_unreadable,
// unsupported_entry (a FIFO, a device, a loop of links), and those of Check.
func Build(path string) ([]byte, error) {
	var out bytes.Buffer
	if err := BuildTo(&out, path); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// BuildTo writes to w what Build returns. What w has got of a failed build is
// of no use.
func BuildTo(w io.Writer, path string) error {
	info, err := look(path)
	if err != nil {
		return err
	}
	lower := strings.ToLower(path)
	switch {
	case info.IsDir():
		return buildFolder(w, path)
	case strings.HasSuffix(lower, ".tar"), strings.HasSuffix(lower, ".tar.gz"), strings.HasSuffix(lower, ".tgz"):
		return copyArchive(w, path)
	case strings.HasSuffix(lower, ".zip"):
		return fault.New(fault.Invalid, "invalid_package", "%s is a zip archive", path).
			WithHint("unpack it and name the folder, or make a tar.gz of it")
	default:
		return writeTar(w, []source{{path: path, name: filepath.Base(path), info: info}})
	}
}

// source is a file or folder to be packed.
type source struct {
	path, name string
	info       os.FileInfo
}

// look says what stands at a path, links followed, without opening it.
func look(path string) (os.FileInfo, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, syscall.ELOOP):
		return nil, loop(path)
	case errors.Is(err, os.ErrNotExist):
		if _, lerr := os.Lstat(path); lerr == nil {
			return nil, unreadable(path, errors.New("the link points to nothing"))
		}
		return nil, fault.New(fault.NotFound, "source_not_found", "there is no %s", path)
	case err != nil:
		return nil, unreadable(path, err)
	case info.Mode()&os.ModeNamedPipe != 0:
		return nil, unpackable(path, "a FIFO")
	case info.Mode()&os.ModeSocket != 0:
		return nil, unpackable(path, "a socket")
	case !info.IsDir() && !info.Mode().IsRegular():
		return nil, unpackable(path, "a device")
	}
	return info, nil
}

func loop(path string) error { return unpackable(path, "part of a loop of symbolic links") }

func unpackable(path, what string) error {
	return fault.New(fault.Invalid, "unsupported_entry", "%s is %s", path, what).
		WithHint("remove it, or name it in %s", ignoreFile)
}

func unreadable(path string, err error) error {
	if wrapped, ok := errors.AsType[*os.PathError](err); ok {
		err = wrapped.Err
	}
	return fault.New(fault.Invalid, "source_unreadable", "reading %s: %w", path, err)
}

// open opens a regular file. It never waits, even when a FIFO has taken the
// place of the file since it was looked at.
func open(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, unreadable(path, err)
	}
	info, err := f.Stat()
	if err == nil && info.Mode().IsRegular() {
		return f, nil
	}
	if err == nil {
		err = errors.New("it is no longer a regular file")
	}
	return nil, errors.Join(unreadable(path, err), f.Close())
}

func copyArchive(w io.Writer, path string) error {
	f, err := open(path)
	if err != nil {
		return err
	}
	if err := Check(io.TeeReader(f, w)); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return f.Close()
}

func buildFolder(w io.Writer, dir string) error {
	ignore, err := readIgnore(filepath.Join(dir, ignoreFile))
	if err != nil {
		return err
	}
	root, err := look(dir)
	if err != nil {
		return err
	}
	t := tree{ignore: ignore}
	if err := t.gather(dir, "", []os.FileInfo{root}); err != nil {
		return err
	}
	slices.SortFunc(t.found, func(a, b source) int { return strings.Compare(a.name, b.name) })
	if !slices.ContainsFunc(t.found, func(s source) bool { return !s.info.IsDir() }) {
		return fault.New(fault.Invalid, "invalid_package", "the folder %s holds no file to pack", dir)
	}
	return writeTar(w, t.found)
}

// tree gathers what a folder holds.
type tree struct {
	ignore ignore
	found  []source
}

// gather adds what stands under dir, which is called name in the package;
// above are the folders on the way to it, by which a loop is known.
func (t *tree) gather(dir, name string, above []os.FileInfo) error {
	list, err := os.ReadDir(dir)
	if err != nil {
		return unreadable(dir, err)
	}
	for _, d := range list {
		s := source{path: filepath.Join(dir, d.Name()), name: path.Join(name, d.Name())}
		if d.Name() == ".git" || s.name == ignoreFile || t.ignore.matches(s.name, d.IsDir()) {
			continue
		}
		if s.info, err = look(s.path); err != nil {
			return err
		}
		if _, err := cleanName(s.name); err != nil {
			return err
		}
		if t.found = append(t.found, s); len(t.found) > MaxEntries {
			return fmt.Errorf("packing %s: %w", dir, tooMany(published()))
		}
		if !s.info.IsDir() {
			continue
		}
		if slices.ContainsFunc(above, func(a os.FileInfo) bool { return os.SameFile(a, s.info) }) {
			return loop(s.path)
		}
		if err := t.gather(s.path, s.name, append(slices.Clip(above), s.info)); err != nil {
			return err
		}
	}
	return nil
}

// writeTar writes the sources in the order given.
func writeTar(w io.Writer, sources []source) error {
	if err := measure(sources); err != nil {
		return err
	}
	bounded := &boundedWriter{w: w, left: MaxPacked}
	out := tar.NewWriter(bounded)
	for _, s := range sources {
		if _, err := cleanName(s.name); err != nil {
			return err
		}
		if err := add(out, s); err != nil {
			return fmt.Errorf("packing %s: %w", s.path, err)
		}
	}
	return out.Close()
}

// measure refuses what cannot fit before anything is read, naming the file
// that weighs most.
func measure(sources []source) error {
	sum, largest := int64(1024), source{}
	for _, s := range sources {
		size := s.size()
		sum += 512 + (size+511)&^511
		if largest.info == nil || size > largest.size() {
			largest = s
		}
	}
	if sum <= MaxPacked {
		return nil
	}
	return fault.New(fault.TooLarge, "package_too_large", "the package would have %d MiB, of which %s has %d MiB",
		sum>>20, largest.path, largest.size()>>20).
		WithHint("the limit is %d MiB: name what is not needed in %s, or make a tar.gz of it yourself", MaxPacked>>20, ignoreFile)
}

func (s source) size() int64 {
	if s.info.IsDir() {
		return 0
	}
	return s.info.Size()
}

func add(out *tar.Writer, s source) error {
	e := entry{name: s.name, folder: s.info.IsDir(), executable: s.info.Mode()&0o111 != 0}
	if e.folder {
		return out.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: s.name + "/", Mode: int64(e.mode())})
	}
	f, err := open(s.path)
	if err != nil {
		return err
	}
	err = out.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: s.name, Size: s.size(), Mode: int64(e.mode())})
	if err == nil {
		err = copyExactly(out, f, s)
	}
	return errors.Join(err, f.Close())
}

func copyExactly(out *tar.Writer, f *os.File, s source) error {
	n, err := io.Copy(out, f)
	if errors.Is(err, tar.ErrWriteTooLong) || err == nil && n != s.size() {
		return unreadable(s.path, errors.New("the file changed while it was read"))
	}
	return err
}

// boundedWriter fails when the archive passes the limit, which long names can
// bring about although the files fit.
type boundedWriter struct {
	w    io.Writer
	left int64
}

// Write writes what still fits, or nothing.
func (b *boundedWriter) Write(p []byte) (int, error) {
	if int64(len(p)) > b.left {
		return 0, tooLarge("the package has more than %d bytes", MaxPacked)
	}
	b.left -= int64(len(p))
	return b.w.Write(p)
}
