package pack

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"path"
)

// Check reads an archive to its end and says why it cannot be a package, with
// the codes invalid_package, unsafe_path, unsupported_entry, duplicate_entry
// (fault.Invalid), package_too_large and too_many_files (fault.TooLarge).
// An error of r itself is returned as it is. It holds no more than a list of
// paths in memory.
func Check(r io.Reader) error { return walk(r, published(), discard) }

func discard(_ entry, content io.Reader) error {
	_, err := io.Copy(io.Discard, content)
	return err
}

// walk gives each file and folder of the archive to visit, which must read the
// content to its end, and reads the archive itself to its last byte.
func walk(r io.Reader, l limits, visit func(entry, io.Reader) error) error {
	raw := &packedReader{r: bufio.NewReaderSize(r, 64<<10), left: l.packed}
	head, err := raw.r.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if len(head) == 0 {
		return invalid("the package is empty")
	}
	if !bytes.Equal(head, []byte{0x1f, 0x8b}) {
		return explain(raw, walkTar(raw, l, visit))
	}
	unzip, err := gzip.NewReader(raw)
	if err != nil {
		return explain(raw, err)
	}
	unzip.Multistream(false)
	if err := walkTar(&unpackedReader{r: unzip, packed: raw, limits: l}, l, visit); err != nil {
		return explain(raw, err)
	}
	if _, err := raw.ReadByte(); !errors.Is(err, io.EOF) {
		if err != nil {
			return explain(raw, err)
		}
		return invalid("something follows the gzip stream")
	}
	return nil
}

// explain turns an error of the formats' readers into one of ours.
func explain(raw *packedReader, err error) error {
	var broken flate.CorruptInputError
	switch {
	case err == nil:
		return nil
	case raw.failed != nil:
		return raw.failed
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return invalid("the archive is cut off")
	case errors.Is(err, gzip.ErrChecksum):
		return invalid("the gzip checksum does not match")
	case errors.Is(err, gzip.ErrHeader), errors.As(err, &broken):
		return invalid("the gzip stream is damaged")
	case errors.Is(err, tar.ErrHeader), errors.Is(err, tar.ErrFieldTooLong):
		return invalid("the package is not a tar archive or is damaged: %w", err)
	default:
		return err
	}
}

// walkTar reads one tar and what follows its end, which must be zeros.
func walkTar(r io.Reader, l limits, visit func(entry, io.Reader) error) error {
	in := &counter{r: r}
	archive := tar.NewReader(in)
	seen, files, size, pad := names{}, 0, int64(0), int64(0)
	for count := 1; ; count++ {
		start := in.n + pad
		h, err := archive.Next()
		switch {
		case errors.Is(err, io.EOF):
			return end(in, in.n-start, files)
		case count == 1 && (errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, tar.ErrHeader)):
			return invalid("the package is not a tar or tar.gz archive: %w", err)
		case err != nil:
			return err
		case count > l.entries:
			return tooMany(l)
		}
		pad = 0
		if h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		e, err := accept(h)
		if err != nil {
			return err
		}
		if err := seen.add(e); err != nil {
			return err
		}
		content := &fileReader{r: archive, left: l.unpacked - size}
		if err := visit(e, content); err != nil {
			return err
		}
		size += content.n
		if !e.folder {
			files++
			pad = -h.Size & 511
		}
	}
}

// end judges the end of a tar. trailer is what the tar reader consumed after
// the last entry and its padding: two blocks of zeros when the archive is
// whole, and less when it was cut between two entries, which the tar reader
// itself takes for an end.
func end(in *counter, trailer int64, files int) error {
	if trailer < 1024 {
		if in.n == 0 {
			return invalid("the package is empty")
		}
		return invalid("the archive is cut off")
	}
	if files == 0 {
		return invalid("the package holds no file")
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := in.Read(buf)
		for _, c := range buf[:n] {
			if c != 0 {
				return invalid("something follows the end of the archive")
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// names remembers the paths of an archive and whether each is a folder.
type names map[string]place

type place int

const (
	file place = iota + 1
	folder
	// implied is a folder that only the paths below it have named.
	implied
)

func (s names) add(e entry) error {
	for dir := path.Dir(e.name); dir != "."; dir = path.Dir(dir) {
		if s[dir] == file {
			return duplicate(dir, "is a file and a folder of the package")
		}
		if s[dir] == 0 {
			s[dir] = implied
		}
	}
	was := s[e.name]
	switch {
	case was == 0, was == implied && e.folder:
	case was == file && !e.folder, was == folder && e.folder:
		return duplicate(e.name, "stands twice in the package")
	default:
		return duplicate(e.name, "is a file and a folder of the package")
	}
	s[e.name] = file
	if e.folder {
		s[e.name] = folder
	}
	return nil
}
