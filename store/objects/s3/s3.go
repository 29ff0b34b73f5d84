// Package s3 is an objects.Store over any service that speaks S3: that of
// Amazon, or one of your own such as MinIO, Ceph, Garage, SeaweedFS or Versity.
// It is the only package that imports a client of S3.
//
// Requests that fail in passing are repeated, and a reader whose connection
// breaks goes on where it was, in the same content. No call outlives its ctx,
// and none waits for a silent server longer than Options say.
package s3

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"iter"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store/objects"
)

// The defaults of Options.
const (
	DefaultRegion  = "us-east-1"
	DefaultTimeout = 30 * time.Second
	// DefaultAttempts is how often a request is made before it fails.
	DefaultAttempts = 4
)

// page is how many keys a request for a listing asks for, the most that S3 gives.
const page = 1000

// Options of a client.
type Options struct {
	// Endpoint is where the service is: "https://host:port", or "host:port" for
	// the same. "http://" does without encryption.
	Endpoint string
	// Region is DefaultRegion when empty.
	Region string
	// AccessKey and SecretKey prove who we are; SessionToken, when they are
	// temporary ones.
	AccessKey, SecretKey, SessionToken string
	// PathStyle puts the bucket into the path of URLs. Without it that is done
	// for every service but Amazon's, which wants it in the name of the host.
	PathStyle bool
	// CAFile has the certificates in PEM that the service's own is signed by,
	// beside those that the system trusts.
	CAFile string
	// Timeout bounds a request that moves no data, and every silence of one that
	// does. DefaultTimeout when 0.
	Timeout time.Duration
	// Attempts is DefaultAttempts when 0.
	Attempts int
}

// Store is an objects.Store over S3.
type Store struct {
	client    minio.Core
	transport *http.Transport
	endpoint  string
	timeout   time.Duration
	attempts  int
}

// New returns a client. It does not ask the service for a sign of life.
func New(o Options) (*Store, error) {
	host, secure, err := parseEndpoint(o.Endpoint)
	if err != nil {
		return nil, err
	}
	if o.AccessKey == "" || o.SecretKey == "" {
		return nil, fault.New(fault.Invalid, "s3_credentials_missing", "the access key or the secret key for S3 at %s is empty", o.Endpoint).
			WithHint("set both, or leave the endpoint out to keep objects in files")
	}
	if o.Region == "" {
		o.Region = DefaultRegion
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Attempts <= 0 {
		o.Attempts = DefaultAttempts
	}
	transport, err := newTransport(o)
	if err != nil {
		return nil, err
	}
	lookup := minio.BucketLookupAuto
	if o.PathStyle {
		lookup = minio.BucketLookupPath
	}
	client, err := minio.NewCore(host, &minio.Options{
		Creds:  credentials.NewStaticV4(o.AccessKey, o.SecretKey, o.SessionToken),
		Secure: secure, Region: o.Region, BucketLookup: lookup, Transport: transport, MaxRetries: o.Attempts,
	})
	if err != nil {
		return nil, fault.New(fault.Invalid, "invalid_s3_endpoint", "the endpoint %q of S3: %w", o.Endpoint, err)
	}
	return &Store{client: *client, transport: transport, endpoint: o.Endpoint, timeout: o.Timeout, attempts: o.Attempts}, nil
}

// parseEndpoint takes an endpoint apart.
func parseEndpoint(endpoint string) (host string, secure bool, err error) {
	text := endpoint
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", false, fault.New(fault.Invalid, "invalid_s3_endpoint", "the endpoint of S3: %w", err)
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "", u.User != nil, strings.Trim(u.Path, "/") != "", u.RawQuery != "", u.Fragment != "":
		return "", false, fault.New(fault.Invalid, "invalid_s3_endpoint", "the endpoint of S3 must be http(s)://host or http(s)://host:port, not %q", endpoint)
	}
	return u.Host, u.Scheme == "https", nil
}

func newTransport(o Options) (*http.Transport, error) {
	const dial, handshake, idle, conns = 5 * time.Second, 10 * time.Second, 90 * time.Second, 32
	t := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: min(dial, o.Timeout), KeepAlive: dial * 3}).DialContext,
		TLSHandshakeTimeout: min(handshake, o.Timeout), ResponseHeaderTimeout: o.Timeout, ExpectContinueTimeout: time.Second,
		IdleConnTimeout: idle, MaxIdleConns: conns, MaxIdleConnsPerHost: conns,
		DisableCompression: true, // an object is what it is, compressed or not
		TLSClientConfig:    &tls.Config{MinVersion: tls.VersionTLS12},
	}
	if o.CAFile == "" {
		return t, nil
	}
	pem, err := os.ReadFile(o.CAFile)
	if err != nil {
		return nil, fault.New(fault.Invalid, "invalid_s3_ca_file", "reading the certificates for S3: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fault.New(fault.Invalid, "invalid_s3_ca_file", "%s has no certificate in PEM", o.CAFile)
	}
	t.TLSClientConfig.RootCAs = pool
	return t, nil
}

// Close implements objects.Store.
func (s *Store) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

// check refuses names before anything is asked. A key with "." or ".." between
// its slashes is refused too: in a URL it means another key, or another bucket,
// to many services and to what stands in front of them.
func check(bucket, key string) error {
	if err := objects.CheckBucket(bucket); err != nil {
		return err
	}
	if err := objects.CheckKey(key); err != nil {
		return err
	}
	for segment := range strings.SplitSeq(key, "/") {
		if segment == "." || segment == ".." {
			return objects.InvalidKey(key, "an object in S3 cannot have %q between the slashes of its key", segment)
		}
	}
	return nil
}

// Stat implements objects.Store.
func (s *Store) Stat(ctx context.Context, bucket, key string) (objects.Info, error) {
	if err := check(bucket, key); err != nil {
		return objects.Info{}, err
	}
	short, cancel := s.short(ctx)
	defer cancel()
	info, err := s.client.StatObject(short, bucket, key, minio.StatObjectOptions{})
	if err != nil {
		return objects.Info{}, s.explain(ctx, s.failure(ctx, err, "looking an object up", bucket, key), bucket)
	}
	return describe(key, info), nil
}

// short bounds a request that moves no data.
func (s *Store) short(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, s.timeout, errSilent)
}

// List implements objects.Store.
func (s *Store) List(ctx context.Context, bucket, prefix, after string) iter.Seq2[objects.Info, error] {
	return func(yield func(objects.Info, error) bool) {
		if err := objects.CheckBucket(bucket); err != nil {
			yield(objects.Info{}, err)
			return
		}
		for {
			infos, err := s.page(ctx, bucket, prefix, after)
			if err != nil {
				yield(objects.Info{}, err)
				return
			}
			for _, info := range infos {
				if !yield(info, nil) {
					return
				}
			}
			if len(infos) < page {
				return
			}
			after = infos[len(infos)-1].Key
		}
	}
}

// page lists one page of keys.
func (s *Store) page(ctx context.Context, bucket, prefix, after string) ([]objects.Info, error) {
	if err := objects.Interrupted(ctx, "listing objects"); err != nil {
		return nil, err
	}
	short, cancel := s.short(ctx)
	defer cancel()
	var out []objects.Info
	for info := range s.client.ListObjectsIter(short, bucket, minio.ListObjectsOptions{Prefix: prefix, StartAfter: after, Recursive: true, MaxKeys: page}) {
		if info.Err != nil {
			return nil, s.failure(ctx, info.Err, "listing objects", bucket, "")
		}
		if out = append(out, describe(info.Key, info)); len(out) == page {
			break
		}
	}
	if short.Err() != nil && len(out) < page {
		return nil, s.failure(ctx, context.Cause(short), "listing objects", bucket, "")
	}
	return out, nil
}

// describe tells of an object.
func describe(key string, info minio.ObjectInfo) objects.Info {
	class := info.StorageClass
	if class == "" {
		class = objects.StandardClass
	}
	return objects.Info{Key: key, Size: info.Size, ETag: strings.Trim(info.ETag, `"`), Modified: info.LastModified.UTC(), StorageClass: class}
}
