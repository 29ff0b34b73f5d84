package etcd

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"github.com/serverledge/serverledge/internal/fault"
)

// lockDir makes this process the only one that uses a directory. etcd itself
// would wait for the other process, for ever. The kernel gives the lock back
// however the process ends.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "data_dir", "locking the directory of the store: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) //nolint:gosec // a file descriptor is small
	if err == nil {
		return f, nil
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fault.New(fault.Conflict, "data_dir_in_use", "another process uses the directory %s", dir).
			WithHint("stop the other node, or give this one a directory of its own (data.dir)")
	} else {
		err = fault.New(fault.Unavailable, "data_dir", "locking the directory of the store: %w", err)
	}
	return nil, errors.Join(err, f.Close())
}
