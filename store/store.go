package store

import (
	"context"
	"log/slog"
	"sync"
)

// Options of a Store. The zero value works.
type Options struct {
	// Log is where degraded states are told of; nothing is by default.
	Log *slog.Logger
}

// Store is the typed layer over a driver. It is safe for concurrent use.
type Store struct {
	driver Driver
	log    *slog.Logger

	functions *mirror[functionRecord]
	nodes     *mirror[nodeRecord]

	// listeners are called by the mirrors, one change at a time.
	mu                sync.Mutex
	functionListeners []FunctionListener
	nodeListeners     []func([]Node)

	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// New makes a store over a driver, which stays the caller's to close after
// Close. It starts to mirror functions and nodes at once, and does not wait
// for that: see Ready.
func New(driver Driver, o Options) *Store {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Store{driver: driver, log: o.Log, cancel: cancel}
	s.functions = newMirror(functionRoot, decodeFunction, s.functionChanged)
	s.nodes = newMirror(nodeRoot, decodeNode, s.nodeChanged)
	s.wg.Go(func() { s.functions.run(ctx, driver, s.log) })
	s.wg.Go(func() { s.nodes.run(ctx, driver, s.log) })
	return s
}

// Ready waits until functions and nodes were read for the first time.
// fault.Unavailable when ctx is done before.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.functions.wait(ctx); err != nil {
		return err
	}
	return s.nodes.wait(ctx)
}

// Close stops the mirrors and waits for them. What is mirrored can still be
// read; registrations are closed on their own, before.
func (s *Store) Close() error {
	s.cancel()
	s.wg.Wait()
	return nil
}
