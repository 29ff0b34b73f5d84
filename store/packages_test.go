//nolint:thelper // what runs on each driver is a test and reports in its own lines
package store_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store"
	"github.com/serverledge/serverledge/store/memory"
)

const part = 512 << 10

// content makes bytes that do not repeat, and their digest.
func content(size int, seed byte) (data []byte, digest string) {
	data = make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(data)
	sum := sha256.Sum256(data)
	return data, hex.EncodeToString(sum[:])
}

func read(t *testing.T, s *store.Store, digest string) ([]byte, error) {
	t.Helper()
	r, err := s.Package(t.Context(), digest)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	must(t, r.Close())
	return data, err
}

func TestPackages(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d store.Driver) {
		s := open(t, d)
		for i, size := range []int{0, 1, part - 1, part, part + 1, 3*part + 5} {
			data, digest := content(size, byte(i))
			if has, err := s.HasPackage(t.Context(), digest); err != nil || has {
				t.Errorf("%d bytes, before: %v, %v", size, has, err)
			}
			for range 2 { // idempotent
				must(t, s.PutPackage(t.Context(), digest, bytes.NewReader(data)))
			}
			if has, err := s.HasPackage(t.Context(), digest); err != nil || !has {
				t.Errorf("%d bytes: %v, %v", size, has, err)
			}
			if got, err := read(t, s, digest); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d bytes: got %d back, %v", size, len(got), err)
			}
			if got := len(keys(t, d, "/sl/v1/blob/"+digest+"/")); got != (size+part-1)/part {
				t.Errorf("%d bytes: %d parts", size, got)
			}
		}
	})
}

func TestPackageRefusals(t *testing.T) {
	t.Parallel()
	d := memory.New()
	s := open(t, d)
	data, digest := content(2*part, 1)
	_, other := content(1, 2)
	wantCode(t, s.PutPackage(t.Context(), other, bytes.NewReader(data)), "digest_mismatch")
	wantKind(t, s.PutPackage(t.Context(), "../x", bytes.NewReader(data)), fault.Invalid)
	large, largest := content(store.MaxPackage, 3)
	must(t, s.PutPackage(t.Context(), largest, bytes.NewReader(large)))
	over, name := content(store.MaxPackage+1, 3)
	wantKind(t, s.PutPackage(t.Context(), name, bytes.NewReader(over)), fault.TooLarge)
	for _, none := range []string{other, "", "x"} {
		_, err := s.Package(t.Context(), none)
		wantKind(t, err, fault.NotFound)
	}
	f := fn("f", 1)
	f.Package = digest
	wantCode(t, s.CreateFunction(t.Context(), f), "unknown_package")
	must(t, s.PutPackage(t.Context(), digest, bytes.NewReader(data)))
	must(t, s.CreateFunction(t.Context(), f))
	for _, damage := range []store.Op{
		store.Put("/sl/v1/blob/"+digest+"/0001", data[:part]),
		store.Put("/sl/v1/blob/"+digest+"/0001", nil),
		store.Delete("/sl/v1/blob/" + digest + "/0001"),
	} {
		_, _, err := d.Txn(t.Context(), nil, []store.Op{damage})
		must(t, err)
		_, err = read(t, s, digest)
		wantCode(t, err, "corrupt_package")
	}
}

// TestInterruptedUpload has the store fail in the middle: the package is not
// there, and comes with the next upload.
func TestInterruptedUpload(t *testing.T) {
	t.Parallel()
	d := &flaky{Driver: memory.New()}
	s := open(t, d)
	data, digest := content(4*part, 1)
	d.plan("..bbbbb")
	wantKind(t, s.PutPackage(t.Context(), digest, bytes.NewReader(data)), fault.Unavailable)
	if has, err := s.HasPackage(t.Context(), digest); err != nil || has {
		t.Errorf("half of it: %v, %v", has, err)
	}
	_, err := s.Package(t.Context(), digest)
	wantKind(t, err, fault.NotFound)
	d.plan("auaua")
	must(t, s.PutPackage(t.Context(), digest, bytes.NewReader(data)))
	if got, err := read(t, s, digest); err != nil || !bytes.Equal(got, data) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

func TestSweepPackages(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d store.Driver) {
		s, ctx := open(t, d), t.Context()
		used, usedName := content(part+1, 1)
		free, freeName := content(part+1, 2)
		named, namedName := content(1, 3)
		must(t, s.PutPackage(ctx, usedName, bytes.NewReader(used)))
		must(t, s.PutPackage(ctx, freeName, bytes.NewReader(free)))
		must(t, s.PutPackage(ctx, namedName, bytes.NewReader(named)))
		f := fn("f", 1)
		f.Package = usedName
		must(t, s.CreateFunction(ctx, f))
		put(t, d, "/sl/v1/function/default/broken", `{"Schema":9,"Code":"`+namedName+`"}`)
		if n, err := s.SweepPackages(ctx, time.Now().Add(-store.SweepGrace)); err != nil || n != 0 {
			t.Errorf("young ones: %d, %v", n, err)
		}
		if n, err := s.SweepPackages(ctx, time.Now().Add(time.Hour)); err != nil || n != 1 {
			t.Errorf("%d, %v", n, err)
		}
		for name, want := range map[string]bool{usedName: true, namedName: true, freeName: false} {
			if has, err := s.HasPackage(ctx, name); err != nil || has != want {
				t.Errorf("%s: %v, %v", name, has, err)
			}
		}
		if left := keys(t, d, "/sl/v1/blob/"+freeName); len(left) != 0 {
			t.Errorf("left behind: %q", left)
		}
		must(t, s.DeleteFunction(ctx, "", "f"))
		if n, err := s.SweepPackages(ctx, time.Now().Add(time.Hour)); err != nil || n != 1 {
			t.Errorf("after the function: %d, %v", n, err)
		}
	})
}
