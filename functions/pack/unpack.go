package pack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"syscall"

	"github.com/serverledge/serverledge/internal/fault"
)

// unpack checks an archive as Check does and lays its files out in the folder
// dir, which must not exist while its parent must. Every user may read what it
// holds; nobody but its owner may change it. The folder appears whole or not at
// all: unpack writes next to it and renames at the end, after confirm, unless
// nil, has agreed.
func unpack(ctx context.Context, r io.Reader, dir string, l limits, confirm func() error) (err error) {
	temp, err := os.MkdirTemp(filepath.Dir(dir), temporary+"*")
	if err != nil {
		return fmt.Errorf("making a folder for a package: %w", full(err))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(temp))
		}
	}()
	if err := fill(ctx, r, temp, l); err != nil {
		return err
	}
	if confirm != nil {
		if err := confirm(); err != nil {
			return err
		}
	}
	if err := os.Chmod(temp, 0o755); err != nil {
		return fmt.Errorf("opening the folder of a package: %w", err)
	}
	if err := os.Rename(temp, dir); err != nil {
		return fmt.Errorf("putting a package in place: %w", err)
	}
	return nil
}

// fill unpacks into an existing, empty folder.
func fill(ctx context.Context, r io.Reader, dir string, l limits) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("opening the folder of a package: %w", err)
	}
	err = walk(r, l, func(e entry, content io.Reader) error {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if e.folder {
			return folders(root, e.name)
		}
		if err := folders(root, path.Dir(e.name)); err != nil {
			return err
		}
		return write(root, e, content)
	})
	return errors.Join(err, root.Close())
}

// folders makes a folder and those above it, readable by all whatever the
// umask of the process.
func folders(root *os.Root, name string) error {
	if name == "." {
		return nil
	}
	if info, err := root.Lstat(name); err == nil && info.IsDir() {
		return nil
	}
	if err := folders(root, path.Dir(name)); err != nil {
		return err
	}
	if err := root.Mkdir(name, 0o755); err != nil {
		return fmt.Errorf("unpacking a package: %w", full(err))
	}
	return root.Chmod(name, 0o755)
}

func write(root *os.Root, e entry, content io.Reader) error {
	mode := os.FileMode(e.mode())
	f, err := root.OpenFile(e.name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("unpacking a package: %w", full(err))
	}
	_, err = io.Copy(f, content)
	if err == nil {
		err = f.Chmod(mode)
	}
	return full(errors.Join(err, f.Close()))
}

// full names the one error of the disk that an operator can do something about.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fault.New(fault.Exhausted, "disk_full", "unpacking a package: %w", err).
			WithHint("free space under the data directory of the node")
	}
	return err
}
