package configured_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store/objects/configured"
	"github.com/serverledge/serverledge/store/objects/files"
	"github.com/serverledge/serverledge/store/objects/s3"
	"github.com/serverledge/serverledge/store/objects/s3/s3test"
)

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestFiles(t *testing.T) {
	t.Parallel()
	s, err := configured.Open(configured.Settings{Dir: filepath.Join(t.TempDir(), "objects")})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := s.(*files.Store); !ok {
		t.Errorf("got %T", s)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if s, err := configured.Open(configured.Settings{}); !errors.Is(err, fault.Invalid) || s != nil {
		t.Errorf("got %v, %v", s, err)
	}
}

// The keys come from where they are given, and work.
func TestS3(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t, s3test.Options{})
	server.MakeBucket(t, "bucket")
	env := func(name string) string {
		return map[string]string{"AWS_ACCESS_KEY_ID": server.AccessKey, "AWS_SECRET_ACCESS_KEY": server.SecretKey}[name]
	}
	wrong := func(string) string { return "wrong" }
	endpoint := s3.Options{Endpoint: server.Endpoint, Region: server.Region}
	keys := endpoint
	keys.AccessKey, keys.SecretKey = server.AccessKey, server.SecretKey
	half := endpoint
	half.AccessKey = server.AccessKey
	for name, c := range map[string]configured.Settings{
		"given":             {S3: keys, Env: wrong},
		"in files":          {S3: endpoint, AccessKeyFile: write(t, server.AccessKey+"\n"), SecretKeyFile: write(t, " "+server.SecretKey+"\n"), Env: wrong},
		"the secret in one": {S3: half, SecretKeyFile: write(t, server.SecretKey), Env: wrong},
		"environment":       {S3: endpoint, Env: env},
	} {
		s, err := configured.Open(c)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := s.Put(t.Context(), "bucket", "k", strings.NewReader("x")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	for name, c := range map[string]configured.Settings{
		"none":           {S3: endpoint},
		"half":           {S3: half, Env: env},
		"twice":          {S3: keys, SecretKeyFile: write(t, "x")},
		"no file":        {S3: endpoint, AccessKeyFile: "/does/not/exist"},
		"an empty file":  {S3: endpoint, AccessKeyFile: write(t, "\n"), SecretKeyFile: write(t, "x")},
		"wrong endpoint": {S3: s3.Options{Endpoint: "ftp://x", AccessKey: "a", SecretKey: "b"}},
	} {
		if s, err := configured.Open(c); !errors.Is(err, fault.Invalid) || s != nil {
			t.Errorf("%s: got %v, %v", name, s, err)
		}
	}
}
