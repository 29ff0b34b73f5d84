package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"regexp"
	"time"

	"github.com/serverledge/serverledge/internal/fault"
)

// The limits of a package, in bytes.
const (
	// MaxPackage is the size of the largest package.
	MaxPackage = 64 << 20
	// chunkSize is the size of a package's parts but the last: at most MaxOps
	// of them, so that one transaction can name them all.
	chunkSize = 512 << 10
)

// SweepGrace is how long a package without a function is kept at least: the
// time between its upload and the creation of the function.
const SweepGrace = time.Hour

// manifest describes a package. It is written before the parts with Complete
// unset, so that a sweep finds what was not uploaded to the end, and again
// after the last part.
type manifest struct {
	Schema   int
	Size     int64
	Parts    int
	Complete bool
	// Touched is when somebody last uploaded it.
	Touched time.Time
}

func checkDigest(digest string) error {
	if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(digest) {
		return fault.New(fault.Invalid, "invalid_package", "%.80q is not a SHA-256 in 64 hexadecimal digits", digest)
	}
	return nil
}

func manifestKey(digest string) string { return packageRoot + digest }
func partPrefix(digest string) string  { return blobRoot + digest + "/" }
func partKey(digest string, i int) string {
	return fmt.Sprintf("%s%04d", partPrefix(digest), i)
}

// PutPackage stores a package under its SHA-256 (hex). It reads content twice:
// once to check it, once to write it. A package that is there already is not
// written again. fault.Invalid "digest_mismatch", fault.TooLarge over
// MaxPackage.
func (s *Store) PutPackage(ctx context.Context, digest string, content io.ReadSeeker) error {
	if err := checkDigest(digest); err != nil {
		return err
	}
	size, err := verify(digest, content)
	if err != nil {
		return err
	}
	m := manifest{Schema: schemaVersion, Size: size, Parts: int((size + chunkSize - 1) / chunkSize), Touched: time.Now().UTC()}
	complete, err := s.touch(ctx, digest, m)
	if err != nil || complete {
		return err
	}
	if err := s.putParts(ctx, digest, content); err != nil {
		return err
	}
	m.Complete = true
	return s.putManifest(ctx, digest, m, Present(manifestKey(digest)))
}

// verify reads content to its end and compares it with its digest.
func verify(digest string, content io.ReadSeeker) (size int64, err error) {
	sum := sha256.New()
	size, err = io.Copy(sum, io.LimitReader(content, MaxPackage+1))
	if err != nil {
		return 0, fmt.Errorf("reading the package: %w", err)
	}
	if size > MaxPackage {
		return 0, fault.New(fault.TooLarge, "package_too_large", "the package has more than %d MiB", MaxPackage>>20).
			WithHint("leave out what the function does not need, or use a custom image")
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != digest {
		return 0, fault.New(fault.Invalid, "digest_mismatch", "the package has the SHA-256 %s, not %s", got, digest).
			WithHint("upload it again")
	}
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return 0, fmt.Errorf("reading the package again: %w", err)
	}
	return size, nil
}

// touch announces an upload, or renews the time of a package that is complete:
// then it returns true and nothing needs to be written.
func (s *Store) touch(ctx context.Context, digest string, m manifest) (complete bool, err error) {
	for range updateTries {
		kv, ok, err := s.get(ctx, manifestKey(digest))
		if err != nil {
			return false, err
		}
		cond := Absent(manifestKey(digest))
		m.Complete = false
		if ok {
			var old manifest
			cond = Modified(kv.Key, kv.Modified)
			switch err := decode("package", kv.Value, &old); {
			case code(err) == "newer_schema":
				return false, err
			case err == nil:
				m.Complete = old.Complete && old.Size == m.Size
			}
		}
		err = s.putManifest(ctx, digest, m, cond)
		if !errors.Is(err, fault.Conflict) {
			return m.Complete, err
		}
	}
	return false, contended("package", digest)
}

func (s *Store) putManifest(ctx context.Context, digest string, m manifest, cond Cond) error {
	value, err := encode("package", m)
	if err != nil {
		return err
	}
	committed, _, err := s.commit(ctx, []Cond{cond}, []Op{Put(manifestKey(digest), value)})
	if err == nil && !committed {
		return fault.New(fault.Conflict, "contended", "the package %s was changed meanwhile", digest).WithHint("upload it again")
	}
	return err
}

// putParts writes the parts. Whoever writes parts of a digest has verified
// them, so that two writers write the same bytes.
func (s *Store) putParts(ctx context.Context, digest string, content io.Reader) error {
	chunk := make([]byte, chunkSize)
	for i := 0; ; i++ {
		n, err := io.ReadFull(content, chunk)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("reading the package: %w", err)
		}
		op := Put(partKey(digest, i), bytes.Clone(chunk[:n]))
		if committed, _, err := s.commit(ctx, []Cond{Present(manifestKey(digest))}, []Op{op}); err != nil {
			return fmt.Errorf("storing part %d of the package: %w", i, err)
		} else if !committed {
			return fault.New(fault.Conflict, "contended", "the package %s was removed meanwhile", digest).WithHint("upload it again")
		}
	}
}

// completeManifest returns the manifest of a package that is there whole;
// fault.NotFound.
func (s *Store) completeManifest(ctx context.Context, digest string) (KV, error) {
	if err := checkDigest(digest); err != nil {
		return KV{}, missing("package", digest)
	}
	kv, ok, err := s.get(ctx, manifestKey(digest))
	if err != nil {
		return KV{}, err
	}
	var m manifest
	if ok {
		if err := decode("package", kv.Value, &m); err != nil {
			return KV{}, err
		}
	}
	if !m.Complete {
		return KV{}, missing("package", digest)
	}
	return kv, nil
}

// HasPackage tells whether a package is there whole.
func (s *Store) HasPackage(ctx context.Context, digest string) (bool, error) {
	_, err := s.completeManifest(ctx, digest)
	if errors.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// Package returns the content of a package; fault.NotFound. ctx must live until
// the reader is closed. Parts are read as they are needed, and the last read
// fails with fault.Internal "corrupt_package" instead of io.EOF when the
// content is not what its digest promises: nothing read may be used before.
func (s *Store) Package(ctx context.Context, digest string) (io.ReadCloser, error) {
	kv, err := s.completeManifest(ctx, digest)
	if err != nil {
		return nil, err
	}
	var m manifest
	if err := decode("package", kv.Value, &m); err != nil {
		return nil, err
	}
	read := func(i int) ([]byte, error) {
		kv, ok, err := s.get(ctx, partKey(digest, i))
		if err == nil && !ok {
			err = fault.New(fault.Internal, "corrupt_package", "part %d of the package %s is missing", i, digest)
		}
		return kv.Value, err
	}
	return &packageReader{digest: digest, parts: m.Parts, read: read, sum: sha256.New()}, nil
}

// packageReader reads a package part by part.
type packageReader struct {
	digest string
	parts  int
	read   func(i int) ([]byte, error)
	next   int
	rest   []byte
	sum    hash.Hash
	err    error
}

// Read implements io.Reader.
func (r *packageReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 && r.err == nil {
		r.fetch()
	}
	if len(r.rest) == 0 {
		return 0, r.err
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// fetch reads the next part, or ends the reader.
func (r *packageReader) fetch() {
	if r.next < r.parts {
		r.rest, r.err = r.read(r.next)
		r.sum.Write(r.rest)
		r.next++
		return
	}
	r.err = io.EOF
	if hex.EncodeToString(r.sum.Sum(nil)) != r.digest {
		r.err = fault.New(fault.Internal, "corrupt_package", "the content of the package %s is damaged", r.digest).
			WithHint("create the function again with its code")
	}
}

// Close implements io.Closer.
func (r *packageReader) Close() error {
	r.rest, r.err = nil, fault.New(fault.Invalid, "closed", "the package is closed")
	return nil
}

// SweepPackages removes the packages that no function refers to and that
// nobody uploaded since a moment (at least SweepGrace ago), and what uploads
// left that did not come to their end. It returns how many it removed.
func (s *Store) SweepPackages(ctx context.Context, before time.Time) (removed int, err error) {
	var manifests []KV
	err = s.each(ctx, Query{Prefix: packageRoot}, func(kv KV) error {
		manifests = append(manifests, kv)
		return nil
	})
	if err != nil || len(manifests) == 0 {
		return 0, err
	}
	used, err := s.UsedPackages(ctx)
	if err != nil {
		return 0, err
	}
	for _, kv := range manifests {
		var m manifest
		digest := kv.Key[len(packageRoot):]
		if err := decode("package", kv.Value, &m); err != nil || used[digest] || !m.Touched.Before(before) {
			continue
		}
		committed, _, err := s.commit(ctx, []Cond{Modified(kv.Key, kv.Modified)},
			[]Op{Delete(kv.Key), DeletePrefix(partPrefix(digest))})
		if err != nil {
			return removed, err
		}
		if committed {
			removed++
		}
	}
	return removed, nil
}

// UsedPackages returns the digests that functions refer to. It reads the
// driver: the mirror may be behind. A function that cannot be read keeps all
// packages that its text mentions.
func (s *Store) UsedPackages(ctx context.Context) (map[string]bool, error) {
	digest := regexp.MustCompile(`[0-9a-f]{64}`)
	used := map[string]bool{}
	err := s.each(ctx, Query{Prefix: functionRoot}, func(kv KV) error {
		if f, err := decodeFunction(kv.Key, kv.Value); err == nil {
			used[f.Package] = true
			return nil
		}
		for _, d := range digest.FindAll(kv.Value, -1) {
			used[string(d)] = true
		}
		return nil
	})
	return used, err
}
