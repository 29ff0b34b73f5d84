package docker

import (
	"context"
	"errors"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
)

// sweep removes every container that carries these labels, whatever it does.
func (d *Driver) sweep(ctx context.Context, labels map[string]string) error {
	wanted := filters.NewArgs()
	for key, value := range labels {
		wanted.Add("label", key+"="+value)
	}
	listing, cancel := context.WithTimeout(ctx, daemonAPI)
	defer cancel()
	found, err := d.api.ContainerList(listing, container.ListOptions{All: true, Filters: wanted})
	if err != nil {
		return failed("listing the containers of this node", err)
	}
	if len(found) > 0 {
		d.log.InfoContext(ctx, "removing containers that were left", "count", len(found))
	}
	return each(found, func(c container.Summary) error { return d.remove(ctx, c.ID) })
}

// remove kills and removes a container; one that is gone is fine.
func (d *Driver) remove(ctx context.Context, id string) error {
	select {
	case d.removing <- struct{}{}:
		defer func() { <-d.removing }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, daemonAPI)
	defer cancel()
	err := d.api.ContainerRemove(ctx, id, container.RemoveOptions{Force: true, RemoveVolumes: true})
	if errdefs.IsConflict(err) { // somebody else is removing it already
		removed, failure := d.api.ContainerWait(ctx, id, container.WaitConditionRemoved)
		select {
		case <-removed:
			err = nil
		case err = <-failure:
		}
	}
	if err == nil || absent(err) {
		return nil
	}
	if ctx.Err() != nil {
		err = errors.Join(err, context.Cause(ctx))
	}
	return failed("removing a container", err)
}
