package server

import (
	"bytes"
	"context"
	"mime"
	"net/http"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/functions/pack"
	"github.com/serverledge/serverledge/internal/fault"
)

// putPackage takes an archive. The answer does not say whether it was known.
func (s *Server) putPackage(w http.ResponseWriter, r *http.Request) error {
	digest, err := pathDigest(r)
	if err != nil {
		return err
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != api.TypePackage && kind != "application/gzip" && kind != "application/x-tar" {
		return fault.New(fault.Invalid, "unsupported_media_type", "the body must be of type %s", api.TypePackage)
	}
	archive, done, err := s.readAll(w, r, api.MaxPackage)
	if err != nil {
		return err
	}
	defer done()
	if pack.Digest(archive) != digest {
		return fault.New(fault.Invalid, "digest_mismatch", "the SHA-256 of the body is not the one in the path").
			WithHint("send the archive whole and unchanged")
	}
	if err := s.keep(r.Context(), digest, archive); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// keep checks an archive and stores it.
func (s *Server) keep(ctx context.Context, digest string, archive []byte) error {
	if err := pack.Check(bytes.NewReader(archive)); err != nil {
		return err
	}
	return s.Store.PutPackage(ctx, digest, bytes.NewReader(archive))
}

func (s *Server) hasPackage(w http.ResponseWriter, r *http.Request) error {
	digest, err := pathDigest(r)
	if err != nil {
		return err
	}
	ok, err := s.Store.HasPackage(r.Context(), digest)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.NotFound, "package_not_found", "there is no such package")
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// pathDigest returns the parameter of a route that is the digest of a package.
func pathDigest(r *http.Request) (string, error) {
	digest := r.PathValue("digest")
	valid := len(digest) == 64
	for i := 0; valid && i < len(digest); i++ {
		c := digest[i]
		valid = c >= '0' && c <= '9' || c >= 'a' && c <= 'f'
	}
	if !valid {
		return "", fault.New(fault.Invalid, "invalid_path", "the path does not hold a SHA-256 in lower-case hexadecimal digits")
	}
	return digest, nil
}
