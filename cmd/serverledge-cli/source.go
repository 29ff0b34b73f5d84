package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"

	"github.com/serverledge/serverledge/api/client"
	"github.com/serverledge/serverledge/functions/pack"
	"github.com/serverledge/serverledge/internal/fault"
)

// fetchPatience bounds the download of a source.
const fetchPatience = 2 * time.Minute

// showUploads is the size from which an upload shows its progress.
const showUploads = 1 << 20

// packSource makes the package of a file, a folder, an archive or a URL.
func packSource(ctx context.Context, src string) ([]byte, error) {
	if !isURL(src) {
		archive, err := pack.Build(src)
		if err != nil {
			return nil, sourceFailure(err, src)
		}
		return archive, nil
	}
	dir, err := os.MkdirTemp("", "serverledge-cli-")
	if err != nil {
		return nil, sourceFailure(err, src)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file, err := fetch(ctx, src, dir)
	if err != nil {
		return nil, sourceFailure(err, src)
	}
	archive, err := pack.Build(file)
	if err != nil {
		return nil, sourceFailure(err, src)
	}
	return archive, nil
}

func sourceFailure(err error, src string) *commandError {
	f := cannot(err, "read the source %s", src)
	f.code = exitSource
	return f
}

func isURL(src string) bool {
	return strings.HasPrefix(src, "http://") || strings.HasPrefix(src, "https://")
}

// fetch downloads a source into dir, under the name that its URL ends in. The
// client does this, not the node: a node asks nothing of addresses that its
// clients choose.
func fetch(ctx context.Context, src, dir string) (string, error) {
	u, err := url.Parse(src)
	if err != nil {
		return "", fmt.Errorf("it is not a URL: %w", err)
	}
	name := path.Base(u.Path)
	if name == "." || name == "/" || name == ".." {
		return "", errors.New("the URL does not end in the name of a file")
	}
	ctx, cancel := context.WithTimeout(ctx, fetchPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, src, nil)
	if err != nil {
		return "", err
	}
	resp, err := (&http.Client{}).Do(req)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err
		}
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s answered %s", u.Host, resp.Status)
	}
	file := filepath.Join(dir, name)
	out, err := os.Create(file)
	if err != nil {
		return "", err
	}
	n, err := io.Copy(out, io.LimitReader(resp.Body, pack.MaxPacked+1))
	if err := errors.Join(err, out.Close()); err != nil {
		return "", err
	}
	if n > pack.MaxPacked {
		return "", fmt.Errorf("it is larger than %d MiB", pack.MaxPacked>>20)
	}
	return file, nil
}

// upload gives the node a package, unless it has it, and returns its digest.
func (a *app) upload(ctx context.Context, c *client.Client, archive []byte) (string, error) {
	digest := pack.Digest(archive)
	// A node that cannot tell says why when it gets the package: an answer to
	// this question has no body for reasons.
	if has, err := c.HasPackage(ctx, digest); has || errors.Is(err, fault.Unavailable) && fault.From(err).Code == client.CodeUnreachable {
		return digest, err
	}
	var body io.Reader = bytes.NewReader(archive)
	size := int64(len(archive))
	if a.errTerm && size > showUploads {
		bar, done := a.bar(size)
		defer done()
		body = io.TeeReader(body, bar)
	}
	return digest, c.PutPackage(ctx, digest, body, size)
}

// bar shows on stderr how much of an upload is done. What is written to it
// counts; done ends it.
func (a *app) bar(size int64) (bar io.Writer, done func()) {
	tracker := &progress.Tracker{Message: "uploading", Total: size, Units: progress.UnitsBytes}
	w := progress.NewWriter()
	w.SetOutputWriter(a.err)
	w.SetAutoStop(false)
	w.SetStyle(progress.StyleDefault)
	w.AppendTracker(tracker)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.Render()
	}()
	return (*counting)(tracker), func() {
		tracker.MarkAsDone()
		w.Stop()
		<-ended
	}
}

// counting advances a tracker by what is written.
type counting progress.Tracker

// Write counts.
func (c *counting) Write(p []byte) (int, error) {
	(*progress.Tracker)(c).Increment(int64(len(p)))
	return len(p), nil
}
