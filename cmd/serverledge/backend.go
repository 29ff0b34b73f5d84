package main

import (
	"context"
	"log/slog"

	"github.com/serverledge/serverledge/internal/config"
	"github.com/serverledge/serverledge/store"
	"github.com/serverledge/serverledge/store/etcd"
)

// backend is where the store lies: a cluster's etcd, or one of our own.
type backend struct {
	kind   string // "cluster" or "embedded"
	driver store.Driver
	close  func(context.Context) error
}

// openBackend connects to etcd.address, or starts an etcd in dir when none is
// configured. fail is called when an etcd of our own dies.
func openBackend(ctx context.Context, cfg *config.Config, dir string, log *slog.Logger, fail func(error)) (*backend, error) {
	if endpoints := cfg.Text("etcd.address"); endpoints != "" {
		driver, err := etcd.Open(ctx, etcd.Options{Endpoints: endpoints, Log: log})
		if err != nil {
			return nil, err
		}
		return &backend{kind: "cluster", driver: driver, close: func(context.Context) error { return driver.Close() }}, nil
	}
	own, err := etcd.StartEmbedded(ctx, etcd.EmbeddedOptions{Dir: dir, Listen: cfg.Text("etcd.listen"), Log: log, OnFatal: fail})
	if err != nil {
		return nil, err
	}
	return &backend{kind: "embedded", driver: own.Driver(), close: func(context.Context) error { return own.Close() }}, nil
}
