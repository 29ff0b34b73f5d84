package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/image"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// The labels that runtimes/images/build.sh gives to images.
const (
	labelRuntime = "serverledge.runtime"
	labelVersion = "serverledge.version"
)

// picture is what the driver needs to know of an image.
type picture struct {
	id      string
	arch    string
	labels  map[string]string
	env     []string
	command []string // entrypoint and command
	dir     string   // where the command starts
	volumes []string
}

// readVersions fills what Runtimes returns from the labels of the images.
func (d *Driver) readVersions(ctx context.Context) error {
	d.versions = map[string]string{functions.LanguageCustom: ""}
	for _, environment := range slices.Sorted(maps.Keys(d.options.Images)) {
		p, err := d.look(ctx, d.options.Images[environment])
		switch {
		case errors.Is(err, fault.NotFound):
			continue
		case err != nil:
			return err
		}
		version := p.labels[labelVersion]
		if environment == functions.LanguageBinary {
			version = ""
		} else if version == "" {
			d.log.WarnContext(ctx, "a runtime image does not tell its version and is left out", "image", d.options.Images[environment], "label", labelVersion)
			continue
		}
		d.versions[environment] = version
	}
	if len(d.versions) == 1 {
		return fault.New(fault.Unavailable, "no_runtime_image", "the Docker daemon has none of the runtime images").
			WithHint("build them: make images")
	}
	return nil
}

// look inspects a local image and remembers it. The error is fault.NotFound
// image_not_found when there is no image of exactly this name.
func (d *Driver) look(ctx context.Context, reference string) (*picture, error) {
	exact, err := exactReference(reference)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	known := d.images[exact]
	d.mu.Unlock()
	if known != nil {
		return known, nil
	}
	ctx, cancel := context.WithTimeout(ctx, daemonAPI)
	defer cancel()
	found, err := d.api.ImageInspect(ctx, exact)
	if absent(err) {
		return nil, fault.New(fault.NotFound, "image_not_found", "there is no image %s on this node", reference)
	}
	if err != nil {
		return nil, failed("inspecting image "+reference, err)
	}
	p := pictureOf(found)
	if p.arch != "" && p.arch != d.arch {
		return nil, fault.New(fault.Invalid, "image_wrong_architecture", "image %s is for %s, this node is %s", reference, p.arch, d.arch).
			WithHint("build the image for %s", d.arch)
	}
	d.mu.Lock()
	d.images[exact] = p
	d.mu.Unlock()
	return p, nil
}

func pictureOf(found image.InspectResponse) *picture {
	p := &picture{id: found.ID, arch: found.Architecture}
	if c := found.Config; c != nil {
		p.labels, p.env, p.dir = c.Labels, c.Env, c.WorkingDir
		p.command = slices.Concat(c.Entrypoint, c.Cmd)
		p.volumes = slices.Sorted(maps.Keys(c.Volumes))
	}
	return p
}

// forget makes the next look ask the daemon again.
func (d *Driver) forget(reference string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name := range d.images {
		if exact, err := exactReference(reference); err == nil && name == exact {
			delete(d.images, name)
		}
	}
}

// variable looks a variable up in the environment that an image sets.
func (p *picture) variable(name string) string {
	for _, pair := range p.env {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

// exactReference is the form in which the daemon lists an image: without the
// names that are understood, with the tag that is, or with the digest alone.
// Without a tag the daemon would also take the beginning of an id for a name.
func exactReference(reference string) (string, error) {
	if err := functions.CheckImage(reference); err != nil {
		return "", err
	}
	name, digest, pinned := strings.Cut(reference, "@")
	for _, understood := range []string{"index.docker.io/", "docker.io/", "library/"} {
		name = strings.TrimPrefix(name, understood)
	}
	slash := strings.LastIndex(name, "/")
	colon := strings.LastIndex(name, ":")
	tagged := colon > slash
	switch {
	case pinned && tagged:
		return name[:colon] + "@" + digest, nil
	case pinned:
		return name + "@" + digest, nil
	case !tagged:
		return name + ":latest", nil
	}
	return name, nil
}

// pull is the fetching of an image that several may wait for.
type pull struct {
	done chan struct{}
	err  error
}

// fetch pulls an image, once however many ask, and for pullTime at most. It
// goes on when the caller leaves: the next one will want it too.
func (d *Driver) fetch(ctx context.Context, reference string) error {
	d.mu.Lock()
	p := d.pulls[reference]
	if p == nil && d.closed {
		d.mu.Unlock()
		return context.Cause(d.life)
	}
	if p == nil {
		p = &pull{done: make(chan struct{})}
		d.pulls[reference] = p
		d.work.Go(func() {
			p.err = d.download(reference)
			d.mu.Lock()
			delete(d.pulls, reference)
			d.mu.Unlock()
			close(p.done)
		})
	}
	d.mu.Unlock()
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (d *Driver) download(reference string) error {
	late := fault.New(fault.Unavailable, "image_pull_failed", "image %s did not come within %s", reference, pullTime)
	ctx, cancel := context.WithTimeoutCause(d.life, pullTime, late)
	defer cancel()
	err := d.stream(ctx, reference)
	switch {
	case err == nil:
		d.forget(reference)
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case absent(err) || unknownThere(err):
		return fault.New(fault.NotFound, "image_not_found", "no registry has the image %s", reference).
			WithHint("check its name, or build or load it on this node: it must be listed by docker images")
	}
	return fault.New(fault.Unavailable, "image_pull_failed", "fetching image %s: %w", reference, err).
		WithHint("build or load it on this node, or see that the registry can be reached")
}

// unknownThere tells that the registry has no such image: not every version of
// the daemon says so by the status of its answer.
func unknownThere(err error) bool {
	for _, said := range []string{"manifest unknown", "name unknown", "not found", "does not exist"} {
		if strings.Contains(err.Error(), said) {
			return true
		}
	}
	return false
}

// stream pulls and reads the progress to its end, where errors stand too.
func (d *Driver) stream(ctx context.Context, reference string) error {
	progress, err := d.api.ImagePull(ctx, reference, image.PullOptions{})
	if err != nil {
		return err
	}
	defer func() { _ = progress.Close() }()
	for lines := json.NewDecoder(progress); ; {
		var line struct {
			Error string `json:"error"`
		}
		err := lines.Decode(&line)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("reading the progress: %w", err)
		case line.Error != "":
			return errors.New(line.Error)
		}
	}
}
