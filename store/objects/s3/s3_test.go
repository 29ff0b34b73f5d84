package s3_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/serverledge/serverledge/store/objects/objectstest"
	"github.com/serverledge/serverledge/store/objects/s3"
	"github.com/serverledge/serverledge/store/objects/s3/s3test"
)

// options are those of a client of a server.
func options(server *s3test.Server) s3.Options {
	return s3.Options{
		Endpoint: server.Endpoint, Region: server.Region, AccessKey: server.AccessKey, SecretKey: server.SecretKey, CAFile: server.CAFile,
		Timeout: 10 * time.Second,
	}
}

func open(t *testing.T, o s3.Options) *s3.Store {
	t.Helper()
	s, err := s3.New(o)
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
	server := s3test.Start(t, s3test.Options{})
	store := open(t, options(server))
	var count atomic.Int32
	objectstest.Run(t, func(t *testing.T) objectstest.Subject {
		t.Helper()
		bucket := fmt.Sprintf("bucket-%d", count.Add(1))
		server.MakeBucket(t, bucket)
		// the gateway keeps objects as files and makes one slash of two
		return objectstest.Subject{Store: store, Bucket: bucket, Paths: true, Rewritten: []string{"/lead", "a//b", "/etc/passwd"}}
	})
}
