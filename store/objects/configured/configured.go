// Package configured chooses the store of objects that a node works with: files
// of its own, or S3.
package configured

import (
	"os"
	"strings"

	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store/objects"
	"github.com/serverledge/serverledge/store/objects/files"
	"github.com/serverledge/serverledge/store/objects/s3"
)

// Settings are the configuration of the store.
type Settings struct {
	// Dir is the folder of the buckets, when they are kept in files.
	Dir string
	// S3 is used when its Endpoint is set.
	S3 s3.Options
	// AccessKeyFile and SecretKeyFile hold the keys, when S3 does not. Blanks at
	// their ends do not count.
	AccessKeyFile, SecretKeyFile string
	// Env reads the environment, where AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY
	// and AWS_SESSION_TOKEN are taken from when neither S3 nor files have the
	// keys. Nil is no environment.
	Env func(string) string
}

// Open returns the store of the settings, which its owner closes. It makes Dir,
// but asks no service for a sign of life.
func Open(s Settings) (objects.Store, error) {
	if s.S3.Endpoint == "" {
		store, err := files.New(s.Dir)
		if err != nil {
			return nil, err
		}
		return store, nil
	}
	o := s.S3
	for _, key := range []struct {
		value *string
		file  string
	}{{&o.AccessKey, s.AccessKeyFile}, {&o.SecretKey, s.SecretKeyFile}} {
		if key.file == "" {
			continue
		}
		if *key.value != "" {
			return nil, fault.New(fault.Invalid, "s3_credentials_twice", "a key for S3 is given both as it is and in the file %s", key.file)
		}
		text, err := os.ReadFile(key.file)
		if err != nil {
			return nil, fault.New(fault.Invalid, "s3_credentials_file", "reading a key for S3: %w", err)
		}
		*key.value = strings.TrimSpace(string(text))
	}
	if o.AccessKey == "" && o.SecretKey == "" && s.Env != nil {
		o.AccessKey, o.SecretKey, o.SessionToken = s.Env("AWS_ACCESS_KEY_ID"), s.Env("AWS_SECRET_ACCESS_KEY"), s.Env("AWS_SESSION_TOKEN")
	}
	store, err := s3.New(o)
	if err != nil {
		return nil, err
	}
	return store, nil
}
