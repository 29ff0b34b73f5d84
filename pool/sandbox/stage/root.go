package stage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// harmless are the flags of every mount that has no need for more.
const harmless = unix.MS_NOSUID | unix.MS_NODEV

// devices are shown in /dev, and no others.
func devices() []string { return []string{"null", "zero", "full", "random", "urandom"} }

// masked are the files of /proc that say or do something about the host.
func masked() []string {
	return []string{"kcore", "keys", "key-users", "sysrq-trigger", "timer_list", "sched_debug", "kallsyms", "kmsg", "config.gz"}
}

// makeRoot builds a root of its own, moves into it and lets the host's go.
func makeRoot(s *Spec) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("making mounts private: %w", err)
	}
	if err := tmpfs(s.Root, 0, "size=1m,nr_inodes=1k,mode=755"); err != nil {
		return err
	}
	in := func(path string) string { return filepath.Join(s.Root, path) }
	for _, b := range s.Binds {
		if err := bind(b.Source, in(b.Target), true); err != nil {
			return err
		}
	}
	for path, target := range s.Links {
		if err := os.MkdirAll(filepath.Dir(in(path)), 0o755); err != nil { //nolint:gosec // world-readable like any root
			return err
		}
		if err := os.Symlink(target, in(path)); err != nil {
			return err
		}
	}
	for path, text := range s.Files {
		if err := os.MkdirAll(filepath.Dir(in(path)), 0o755); err != nil { //nolint:gosec // as above
			return err
		}
		if err := os.WriteFile(in(path), []byte(text), 0o644); err != nil { //nolint:gosec // as above
			return err
		}
	}
	if err := makeDev(in("/dev"), s.ShmBytes); err != nil {
		return err
	}
	if err := makeTmp(in("/tmp"), s.TmpBytes); err != nil {
		return err
	}
	if err := makeProc(in("/proc")); err != nil {
		return err
	}
	return pivot(s.Root)
}

func tmpfs(path string, flags uintptr, options string) error {
	if err := os.MkdirAll(path, 0o755); err != nil { //nolint:gosec // as above
		return err
	}
	if err := unix.Mount("tmpfs", path, "tmpfs", harmless|flags, options); err != nil {
		return fmt.Errorf("mounting %s: %w", path, err)
	}
	return nil
}

func makeTmp(path string, size int64) error {
	return tmpfs(path, unix.MS_NOEXEC, fmt.Sprintf("size=%d,nr_inodes=16k,mode=1777", size))
}

// bind shows source at target.
func bind(source, target string, readOnly bool) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	if info.IsDir() {
		err = os.MkdirAll(target, 0o755) //nolint:gosec // as above
	} else if err = os.MkdirAll(filepath.Dir(target), 0o755); err == nil { //nolint:gosec // as above
		err = os.WriteFile(target, nil, 0o644) //nolint:gosec // as above
	}
	if err != nil && !errors.Is(err, os.ErrExist) && !errors.Is(err, unix.EROFS) {
		return err
	}
	if err := unix.Mount(source, target, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("mounting %s: %w", source, err)
	}
	if !readOnly {
		return nil
	}
	if err := seal(target); err != nil {
		return fmt.Errorf("making %s read-only: %w", source, err)
	}
	return nil
}

// seal makes a mount and all below it read-only.
func seal(target string) error {
	attributes := &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV}
	err := unix.MountSetattr(unix.AT_FDCWD, target, unix.AT_RECURSIVE, attributes)
	if !errors.Is(err, unix.ENOSYS) {
		return err
	}
	// Linux before 5.12. Flags that came with the mount must be repeated.
	var fs unix.Statfs_t
	if err := unix.Statfs(target, &fs); err != nil {
		return err
	}
	const inherited = unix.MS_NOEXEC | unix.MS_NOATIME | unix.MS_NODIRATIME
	flags := uintptr(fs.Flags) & inherited //nolint:gosec // flags
	return unix.Mount("", target, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY|harmless|flags, "")
}

func makeDev(dev string, shm int64) error {
	if err := tmpfs(dev, unix.MS_NOEXEC, "size=64k,nr_inodes=64,mode=755"); err != nil {
		return err
	}
	for _, name := range devices() {
		if err := bind(filepath.Join("/dev", name), filepath.Join(dev, name), false); err != nil {
			return err
		}
	}
	for name, target := range map[string]string{
		"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
	} {
		if err := os.Symlink(target, filepath.Join(dev, name)); err != nil {
			return err
		}
	}
	if err := makeTmp(filepath.Join(dev, "shm"), shm); err != nil {
		return err
	}
	return remountReadOnly(dev, unix.MS_NOEXEC)
}

func remountReadOnly(path string, flags uintptr) error {
	return unix.Mount("", path, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY|harmless|flags, "")
}

func makeProc(proc string) error {
	if err := os.MkdirAll(proc, 0o555); err != nil { //nolint:gosec // as any /proc
		return err
	}
	if err := unix.Mount("proc", proc, "proc", harmless|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mounting /proc: %w", err)
	}
	for _, name := range masked() {
		path := filepath.Join(proc, name)
		if _, err := os.Lstat(path); err != nil {
			continue
		}
		if err := unix.Mount("/dev/null", path, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("masking /proc/%s: %w", name, err)
		}
	}
	sys := filepath.Join(proc, "sys")
	if err := unix.Mount(sys, sys, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("binding /proc/sys: %w", err)
	}
	return remountReadOnly(sys, unix.MS_NOEXEC)
}

// pivot makes root the root of the process, read-only, and takes the host's
// away.
func pivot(root string) error {
	if err := unix.Chdir(root); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil { // the old one lies on top of the new one now
		return fmt.Errorf("pivoting: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("letting the host's root go: %w", err)
	}
	if err := unix.Chdir("/"); err != nil {
		return err
	}
	if err := remountReadOnly("/", 0); err != nil {
		return fmt.Errorf("sealing the root: %w", err)
	}
	return nil
}
