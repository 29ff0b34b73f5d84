package files_test

import (
	"testing"

	"github.com/serverledge/serverledge/store/objects/files"
	"github.com/serverledge/serverledge/store/objects/objectstest"
)

func open(t *testing.T, dir string) *files.Store {
	t.Helper()
	s, err := files.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestContract(t *testing.T) {
	t.Parallel()
	objectstest.Run(t, subject)
}

func subject(t *testing.T) objectstest.Subject {
	t.Helper()
	s := open(t, t.TempDir())
	if err := s.MakeBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	return objectstest.Subject{Store: s, Bucket: "bucket", Paths: true}
}
