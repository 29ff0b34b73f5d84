package s3

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/serverledge/serverledge/store/objects"
)

// partSize is how much of an object is sent at a time, and held in memory: with
// the 10,000 parts that S3 allows, an object has up to 160 GB.
const partSize = 16 << 20

// partTime bounds the sending of one part: 16 MiB at 55 KB/s.
const partTime = 5 * time.Minute

// Put implements objects.Store. What fits into one part is one request; the
// rest is an upload in parts, which the service takes over as a whole. The time
// of the Info is that of this machine.
func (s *Store) Put(ctx context.Context, bucket, key string, content io.Reader) (objects.Info, error) {
	if err := check(bucket, key); err != nil {
		return objects.Info{}, err
	}
	var first bytes.Buffer
	more, err := s.fill(ctx, &first, content)
	if err != nil {
		return objects.Info{}, err
	}
	info := objects.Info{Key: key, StorageClass: objects.StandardClass}
	if !more {
		info.ETag, err = s.putWhole(ctx, bucket, key, first.Bytes())
		info.Size = int64(first.Len())
	} else {
		info.ETag, info.Size, err = s.putParts(ctx, bucket, key, &first, content)
	}
	if err != nil {
		return objects.Info{}, err
	}
	info.Modified = time.Now().UTC()
	return info, nil
}

// fill reads up to a part of a content; more tells that it may go on.
func (s *Store) fill(ctx context.Context, part *bytes.Buffer, content io.Reader) (more bool, err error) {
	part.Reset()
	if err := objects.Interrupted(ctx, "putting an object"); err != nil {
		return false, err
	}
	n, err := io.Copy(part, io.LimitReader(content, partSize))
	return n == partSize, err
}

// putWhole sends an object in one request.
func (s *Store) putWhole(ctx context.Context, bucket, key string, content []byte) (etag string, err error) {
	timed, cancel := context.WithTimeoutCause(ctx, partTime, errSilent)
	defer cancel()
	done, err := s.client.PutObject(timed, bucket, key, bytes.NewReader(content), int64(len(content)),
		"", checksum(content), minio.PutObjectOptions{DisableContentSha256: true})
	if err != nil {
		return "", s.failure(ctx, cause(timed, err), "putting an object", bucket, key)
	}
	return done.ETag, nil
}

// checksum is what the service checks the bytes by that arrive. It is given
// here, for otherwise the client would send signed chunks, which not all take.
func checksum(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// cause is why a request ended, when its context ended it.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// putParts sends an object in parts. Whatever goes wrong, no part is left.
func (s *Store) putParts(ctx context.Context, bucket, key string, part *bytes.Buffer, content io.Reader) (etag string, size int64, err error) {
	const doing = "putting an object"
	short, cancel := s.short(ctx)
	id, err := s.client.NewMultipartUpload(short, bucket, key, minio.PutObjectOptions{})
	cancel()
	if err != nil {
		return "", 0, s.failure(ctx, err, doing, bucket, key)
	}
	defer func() {
		if err != nil {
			// the upload ends even when ctx has
			abort, cancel := s.short(context.WithoutCancel(ctx))
			defer cancel()
			_ = s.client.AbortMultipartUpload(abort, bucket, key, id)
		}
	}()
	var parts []minio.CompletePart
	for more := true; part.Len() > 0; {
		done, err := s.putPart(ctx, bucket, key, id, len(parts)+1, part.Bytes())
		if err != nil {
			return "", 0, err
		}
		parts = append(parts, minio.CompletePart{PartNumber: done.PartNumber, ETag: done.ETag})
		size += int64(part.Len())
		if !more {
			break
		}
		if more, err = s.fill(ctx, part, content); err != nil {
			return "", 0, err
		}
	}
	etag, err = s.complete(ctx, bucket, key, id, parts)
	return etag, size, err
}

func (s *Store) putPart(ctx context.Context, bucket, key, id string, number int, content []byte) (minio.ObjectPart, error) {
	timed, cancel := context.WithTimeoutCause(ctx, partTime, errSilent)
	defer cancel()
	done, err := s.client.PutObjectPart(timed, bucket, key, id, number, bytes.NewReader(content), int64(len(content)),
		minio.PutObjectPartOptions{Sha256Hex: checksum(content), DisableContentSha256: true})
	if err != nil {
		return done, s.failure(ctx, cause(timed, err), "putting an object", bucket, key)
	}
	return done, nil
}

// complete makes one object of the parts. Its answer may be lost: then the
// object is there with the ETag that its parts make.
func (s *Store) complete(ctx context.Context, bucket, key, id string, parts []minio.CompletePart) (string, error) {
	timed, cancel := context.WithTimeoutCause(ctx, partTime, errSilent) // the service may have to copy
	defer cancel()
	done, err := s.client.CompleteMultipartUpload(timed, bucket, key, id, parts, minio.PutObjectOptions{})
	if err == nil {
		return done.ETag, nil
	}
	if info, look := s.Stat(ctx, bucket, key); look == nil && info.ETag == composite(parts) {
		return info.ETag, nil
	}
	return "", s.failure(ctx, cause(timed, err), "putting an object", bucket, key)
}

// composite is the ETag of an object of these parts, where theirs are MD5s.
func composite(parts []minio.CompletePart) string {
	sums := md5.New()
	for _, p := range parts {
		sum, err := hex.DecodeString(p.ETag)
		if err != nil {
			return "no ETag"
		}
		_, _ = sums.Write(sum)
	}
	return fmt.Sprintf("%s-%d", hex.EncodeToString(sums.Sum(nil)), len(parts))
}
