package s3

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strings"

	"github.com/minio/minio-go/v7"

	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store/objects"
)

// errSilent is why a request is given up that the service does not answer.
var errSilent = errors.New("the service is silent")

// failure gives an error of the client its kind, and says what to do.
func (s *Store) failure(ctx context.Context, err error, doing, bucket, key string) error {
	if interrupted := objects.Interrupted(ctx, doing); interrupted != nil {
		return interrupted
	}
	var answer minio.ErrorResponse
	if errors.As(err, &answer) && answer.StatusCode != 0 {
		return s.refusal(answer, doing, bucket, key)
	}
	return s.unreachable(err, doing)
}

// refusal is the error of an answer of the service.
func (s *Store) refusal(answer minio.ErrorResponse, doing, bucket, key string) error {
	switch answer.Code {
	case "NoSuchBucket":
		return objects.NoBucket(bucket)
	case "NoSuchKey", "NoSuchVersion":
		return objects.NoKey(bucket, key)
	case "PreconditionFailed":
		return objects.Changed(bucket, key)
	case "InvalidRange":
		return fault.New(fault.Invalid, "invalid_range", "the object %q in the bucket %q ends before that", key, bucket)
	case "InvalidAccessKeyId", "XAdminUserNotFound", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "TokenRefreshRequired":
		return s.denied(answer, doing).WithHint("correct the access key and the secret key")
	case "RequestTimeTooSkewed":
		return s.denied(answer, doing).WithHint("set the clock of this machine, or that of the service")
	case "AuthorizationHeaderMalformed", "PermanentRedirect", "InvalidRegion", "IllegalLocationConstraintException":
		e := fault.New(fault.Invalid, "wrong_s3_region", "%s at %s: %w", doing, s.endpoint, answer)
		if answer.Region != "" {
			return e.WithHint("set the region to %s", answer.Region)
		}
		return e.WithHint("set the region, and the endpoint that belongs to it")
	case "QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "InsufficientStorage":
		return fault.New(fault.Exhausted, "disk_full", "%s at %s: %w", doing, s.endpoint, answer).
			WithHint("free space in the object store")
	case "InvalidBucketName":
		return fault.New(fault.Invalid, "invalid_bucket", "the bucket %q: %w", bucket, answer)
	case "KeyTooLongError", "InvalidURI", "XMinioInvalidObjectName":
		return objects.InvalidKey(key, "%s", answer.Message)
	case "EntityTooLarge":
		return fault.New(fault.TooLarge, "object_too_large", "%s at %s: %w", doing, s.endpoint, answer)
	}
	switch code := answer.StatusCode; {
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return s.denied(answer, doing).WithHint("allow this access key to read, write and list in the bucket %s, or use another", bucket)
	case code == http.StatusConflict:
		return fault.New(fault.Conflict, "object_conflict", "%s %q in the bucket %q: %w", doing, key, bucket, answer)
	case code == http.StatusInsufficientStorage:
		return fault.New(fault.Exhausted, "disk_full", "%s at %s: %w", doing, s.endpoint, answer)
	case code >= http.StatusInternalServerError, code == http.StatusTooManyRequests, code == http.StatusRequestTimeout:
		return fault.New(fault.Unavailable, "object_store_unavailable", "%s: S3 at %s answers with %d: %w", doing, s.endpoint, code, answer)
	}
	return fault.New(fault.Invalid, "object_store_refuses", "%s: S3 at %s answers with %d %s: %w", doing, s.endpoint, answer.StatusCode, answer.Code, answer)
}

func (s *Store) denied(answer minio.ErrorResponse, doing string) *fault.Error {
	return fault.New(fault.Denied, "object_store_denied", "%s: S3 at %s refuses: %w", doing, s.endpoint, answer)
}

// unreachable is the error of a request without an answer.
func (s *Store) unreachable(err error, doing string) error {
	var network net.Error
	if errors.Is(err, errSilent) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout() {
		return fault.New(fault.Timeout, "object_store_timeout", "%s: S3 at %s does not answer in time: %w", doing, s.endpoint, err).
			WithHint("see whether the service is up and reachable from here")
	}
	e := fault.New(fault.Unavailable, "object_store_unreachable", "%s: S3 at %s: %w", doing, s.endpoint, err)
	var authority x509.UnknownAuthorityError
	switch {
	case errors.As(err, &authority):
		return e.WithHint("name the certificate of its authority in the CA file for S3")
	case strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return e.WithHint("it speaks http: let the endpoint begin with http://")
	}
	return e.WithHint("see whether the service is up, and correct the endpoint")
}

// explain finds the words for an error of Stat: to a HEAD, which has no body, a
// service answers with a number alone. A missing object, a missing bucket and an
// access key that nobody knows may all be 404.
func (s *Store) explain(ctx context.Context, err error, bucket string) error {
	switch fault.KindOf(err) {
	case fault.NotFound, fault.Denied, fault.Invalid:
	default:
		return err
	}
	short, cancel := s.short(ctx)
	defer cancel()
	for info := range s.client.ListObjectsIter(short, bucket, minio.ListObjectsOptions{Recursive: true, MaxKeys: 1}) {
		if words := minio.ToErrorResponse(info.Err); words.StatusCode != 0 && words.Code != "AccessDenied" {
			return s.failure(ctx, info.Err, "looking an object up", bucket, "")
		}
		break
	}
	return err
}
