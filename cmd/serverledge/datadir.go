package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/config"
)

// dataDir is the folder that belongs to one node. Within it:
//
//	lock          held while a node runs
//	node-id       the node's id, made once
//	node-token    tells this folder's node from others of the same id
//	api-address   where the API listens, while it does
//	etcd/         the embedded store
//	packages/     unpacked code
//	instances/    what running instances need
//	objects/      the buckets of workflows, unless they are in S3
type dataDir struct {
	path string
	lock *os.File
}

// openDataDir makes the folder if need be and locks it against other nodes.
func openDataDir(cfg *config.Config) (*dataDir, error) {
	path := cfg.Text("data.dir")
	if path == "" {
		home, err := dataHome()
		if err != nil {
			return nil, err
		}
		path = filepath.Join(home, "serverledge")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("making the data directory: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(path, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the data directory: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("the data directory %s is in use by another node; "+
			"give each node a data.dir of its own", path), lock.Close())
	}
	return &dataDir{path: path, lock: lock}, nil
}

// dataHome is the user's data home (XDG base directory specification).
func dataHome() (string, error) {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("finding a data directory (set data.dir): %w", err)
	}
	return filepath.Join(home, ".local", "share"), nil
}

// sub returns the path of a part.
func (d *dataDir) sub(name string) string { return filepath.Join(d.path, name) }

// nodeID returns the configured id, else the one that was made before, else a
// new one from the host's name.
func (d *dataDir) nodeID(cfg *config.Config) (string, error) {
	if id := cfg.Text("registry.node.id"); id != "" {
		if err := functions.ValidName(id); err != nil {
			return "", fmt.Errorf("registry.node.id: %w", err)
		}
		return id, nil
	}
	text, err := os.ReadFile(d.sub("node-id"))
	if err == nil && functions.ValidName(strings.TrimSpace(string(text))) == nil {
		return strings.TrimSpace(string(text)), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("reading the node's id: %w", err)
	}
	host, err := os.Hostname()
	if host, _, _ = strings.Cut(host, "."); err != nil || functions.ValidName(host) != nil || len(host) > 40 {
		host = "node"
	}
	var b [4]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails
	id := strings.ToLower(host) + "-" + hex.EncodeToString(b[:])
	if err := os.WriteFile(d.sub("node-id"), []byte(id+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keeping the node's id: %w", err)
	}
	return id, nil
}

// token identifies the data directory: a registration with the same id and
// token is this node after a restart.
func (d *dataDir) token() (string, error) {
	text, err := os.ReadFile(d.sub("node-token"))
	if err == nil && len(text) > 0 {
		return string(text), nil
	}
	token := rand.Text()
	if err := os.WriteFile(d.sub("node-token"), []byte(token), 0o600); err != nil {
		return "", fmt.Errorf("keeping the node's token: %w", err)
	}
	return token, nil
}

// close gives the folder free.
func (d *dataDir) close() error { return d.lock.Close() }
