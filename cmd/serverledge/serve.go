package main

import (
	"context"
	"io"
	"time"

	"github.com/serverledge/serverledge/internal/config"
)

// serve runs a node until ctx is done or something that it needs is lost.
func serve(ctx context.Context, cfg *config.Config, stderr io.Writer) error {
	log := newLogger(cfg, stderr)
	for _, warning := range cfg.Warnings {
		log.WarnContext(ctx, warning) //nolint:sloglint // each is told once, as the configuration worded it
	}
	begin := time.Now()
	n, err := startNode(ctx, cfg, log)
	if err != nil {
		if ctx.Err() != nil {
			return nil // told to stop while it was starting
		}
		return err
	}
	n.log.InfoContext(ctx, "ready", "url", n.url(), "area", n.area, "driver", n.driver.Name(), "runtimes", n.driver.Runtimes(),
		"policy", cfg.Text("scheduler.policy"), "store", n.backend.kind, "took", time.Since(begin).Round(time.Millisecond).String())
	var failed error
	select {
	case <-ctx.Done():
		n.log.InfoContext(ctx, "stopping: running calls may end", "grace", cfg.Duration("shutdown.grace").String())
	case failed = <-n.fatal:
		n.log.ErrorContext(ctx, "stopping: the node cannot go on", "err", failed)
	}
	patience := cfg.Duration("shutdown.grace")
	if failed != nil {
		patience = min(patience, time.Second) // what waits for the lost part waits in vain
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := n.close(grace); err != nil {
		n.log.WarnContext(ctx, "not everything stopped well", "err", err)
	}
	n.log.InfoContext(ctx, "stopped")
	if failed != nil {
		return &exitError{exitUnavailable, failed}
	}
	return nil
}
