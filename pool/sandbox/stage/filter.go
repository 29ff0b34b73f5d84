package stage

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// The filter refuses system calls that no function needs and that have been
// the way through the kernel's walls before: other namespaces, mounts, io_uring,
// bpf, keys, tracing, modules, and sockets that are not unix, IP or the route
// family of netlink. Most would fail anyway without capabilities; the filter is
// the second wall.

// refused are answered with EPERM.
func refused() []uint32 {
	return []uint32{
		unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT, unix.SYS_MOVE_MOUNT, unix.SYS_OPEN_TREE,
		unix.SYS_FSOPEN, unix.SYS_FSCONFIG, unix.SYS_FSMOUNT, unix.SYS_FSPICK, unix.SYS_MOUNT_SETATTR,
		unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_SWAPON, unix.SYS_SWAPOFF, unix.SYS_REBOOT, unix.SYS_ACCT,
		unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_DELETE_MODULE, unix.SYS_KEXEC_LOAD, unix.SYS_KEXEC_FILE_LOAD,
		unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD, unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER,
		unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_KEYCTL, unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV,
		unix.SYS_NAME_TO_HANDLE_AT, unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_KCMP, unix.SYS_PIDFD_GETFD, unix.SYS_SYSLOG, unix.SYS_QUOTACTL,
		unix.SYS_SETTIMEOFDAY, unix.SYS_CLOCK_SETTIME, unix.SYS_CLOCK_ADJTIME, unix.SYS_ADJTIMEX, unix.SYS_SETHOSTNAME, unix.SYS_SETDOMAINNAME,
		unix.SYS_VHANGUP, unix.SYS_LOOKUP_DCOOKIE, unix.SYS_FANOTIFY_INIT,
	}
}

// namespaces are the flags of clone that make one.
const namespaces = unix.CLONE_NEWNS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC |
	unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET

// Where the kernel's struct seccomp_data has what; arguments are 64 bits wide,
// the lower half first on the machines below.
const (
	offsetCall         = 0
	offsetArchitecture = 4
	offsetArgument     = 16
	argumentSize       = 8
)

// foreign is the first of the numbers by which x86-64 knows other calls.
const foreign = 0x40000000

func architecture() (uint32, error) {
	switch runtime.GOARCH {
	case "amd64":
		return unix.AUDIT_ARCH_X86_64, nil
	case "arm64":
		return unix.AUDIT_ARCH_AARCH64, nil
	}
	return 0, fmt.Errorf("no filter is known for %s", runtime.GOARCH)
}

// Filtered tells whether the filter exists for this machine.
func Filtered() bool {
	_, err := architecture()
	return err == nil
}

func filter(s *Spec) error {
	if !s.Seccomp {
		return nil
	}
	arch, err := architecture()
	if err != nil {
		return err
	}
	return load(program(arch))
}

// program is the filter as the kernel runs it: every test that hits returns at
// once, so that jumps are never longer than the test.
func program(arch uint32) []unix.SockFilter {
	deny := ret(unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM))
	p := []unix.SockFilter{
		word(offsetArchitecture),
		jump(unix.BPF_JEQ, arch, 1, 0), deny,
		word(offsetCall),
		jump(unix.BPF_JGE, foreign, 0, 1), deny,
		// clone3 hides its flags in memory; without it libraries use clone.
		jump(unix.BPF_JEQ, unix.SYS_CLONE3, 0, 1), ret(unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)),
	}
	for _, number := range refused() {
		p = append(p, jump(unix.BPF_JEQ, number, 0, 1), deny)
	}
	p = append(p,
		jump(unix.BPF_JEQ, unix.SYS_CLONE, 0, 4),
		word(offsetArgument),
		jump(unix.BPF_JSET, namespaces, 0, 1), deny,
		ret(unix.SECCOMP_RET_ALLOW),
	)
	return append(p,
		jump(unix.BPF_JEQ, unix.SYS_SOCKET, 1, 0), ret(unix.SECCOMP_RET_ALLOW),
		word(offsetArgument),
		jump(unix.BPF_JEQ, unix.AF_UNIX, 0, 1), ret(unix.SECCOMP_RET_ALLOW),
		jump(unix.BPF_JEQ, unix.AF_INET, 0, 1), ret(unix.SECCOMP_RET_ALLOW),
		jump(unix.BPF_JEQ, unix.AF_INET6, 0, 1), ret(unix.SECCOMP_RET_ALLOW),
		jump(unix.BPF_JEQ, unix.AF_NETLINK, 1, 0), deny,
		word(offsetArgument+2*argumentSize),
		jump(unix.BPF_JEQ, unix.NETLINK_ROUTE, 0, 1), ret(unix.SECCOMP_RET_ALLOW),
		deny,
	)
}

func word(offset uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
}

func jump(test uint16, value uint32, yes, no uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_K | test, Jt: yes, Jf: no, K: value}
}

func ret(value uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: value}
}
