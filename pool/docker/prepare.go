package docker

import (
	"context"
	"errors"
	"fmt"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// Prepare unpacks the function's package and makes sure of its image: one of
// ours must be there, a custom one is fetched when it is not, or when refresh
// asks for it. A fetch takes five minutes at most. A refresh that fails does
// no harm to a function whose image is here already: it is logged.
func (d *Driver) Prepare(ctx context.Context, f *functions.Function, refresh bool) error {
	if _, err := d.picture(ctx, f, refresh || d.options.Refresh); err != nil {
		return err
	}
	_, err := d.code(ctx, f)
	return err
}

// code is the folder with the function's package, "" for one without.
func (d *Driver) code(ctx context.Context, f *functions.Function) (string, error) {
	if f.Package == "" {
		return "", nil
	}
	return d.options.Packages.Dir(ctx, f.Package)
}

// picture is the image of a function, fetched when it is the user's own.
func (d *Driver) picture(ctx context.Context, f *functions.Function, refresh bool) (*picture, error) {
	r, err := functions.ParseRuntime(f.Runtime)
	if err != nil {
		return nil, err
	}
	if r.Language != functions.LanguageCustom {
		return d.ours(ctx, r)
	}
	if !refresh {
		p, err := d.look(ctx, f.Image)
		if err == nil || !errors.Is(err, fault.NotFound) {
			return p, err
		}
	}
	if err := d.fetch(ctx, f.Image); err != nil {
		if p, missing := d.look(ctx, f.Image); missing == nil && ctx.Err() == nil {
			d.log.WarnContext(ctx, "an image cannot be refreshed, using the one that is here", "image", f.Image, "err", err)
			return p, nil
		}
		return nil, err
	}
	return d.look(ctx, f.Image)
}

// ours is the image of a runtime.
func (d *Driver) ours(ctx context.Context, r functions.Runtime) (*picture, error) {
	reference, ok := d.options.Images[r.Environment()]
	if !ok {
		return nil, r.Satisfied(d.versions)
	}
	p, err := d.look(ctx, reference)
	if errors.Is(err, fault.NotFound) {
		return nil, fault.New(fault.Unavailable, "runtime_image_missing", "the image %s of the runtime %s is not on this node: %w", reference, r.Name, err).
			WithHint("build it: make images")
	}
	if err != nil {
		return nil, fmt.Errorf("looking for the image of runtime %s: %w", r.Name, err)
	}
	return p, nil
}
