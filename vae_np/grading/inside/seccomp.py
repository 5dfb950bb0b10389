"""Seccomp: a filter on system calls, which this process cannot take off again.

Landlock knows nothing of UDP, io_uring, modes and times of files, or shared memory; this does.
Source: the kernel's documentation, userspace-api/seccomp_filter.rst.
"""

import ctypes
import errno
import json
import os
import platform
import struct
from pathlib import Path

TABLES = json.loads(Path(__file__).with_name("syscalls.json").read_text(encoding="utf-8"))

REFUSED = {
    "network": "socket socketpair connect bind listen accept accept4 sendto sendmsg sendmmsg "
    "recvfrom recvmsg recvmmsg io_uring_setup io_uring_enter io_uring_register",
    "processes and programs": "fork vfork execve execveat setns unshare chroot pivot_root",
    "signals to others": "tkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_open pidfd_send_signal "
    "pidfd_getfd",
    "others' memory and place": "ptrace process_vm_readv process_vm_writev process_madvise "
    "process_mrelease kcmp setpriority sched_setscheduler sched_setattr sched_setparam "
    "sched_setaffinity ioprio_set migrate_pages move_pages",
    "memory that outlives a process": "memfd_create memfd_secret shmget shmat shmctl shmdt msgget "
    "msgsnd msgrcv msgctl semget semop semctl semtimedop mq_open mq_unlink "
    "add_key request_key keyctl",
    "files past Landlock": "truncate chown fchown lchown fchownat setxattr lsetxattr fsetxattr "
    "removexattr lremovexattr fremovexattr mknod mknodat name_to_handle_at open_by_handle_at "
    "inotify_init inotify_init1 inotify_add_watch fanotify_init fanotify_mark "
    "landlock_create_ruleset landlock_add_rule landlock_restrict_self",
    "mounts": "mount umount2 open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr "
    "swapon swapoff quotactl quotactl_fd acct",
    "the kernel": "bpf perf_event_open userfaultfd kexec_load kexec_file_load init_module "
    "finit_module delete_module reboot syslog sethostname setdomainname settimeofday "
    "clock_settime clock_adjtime adjtimex iopl ioperm modify_ldt personality vhangup capset",
}
# Their arguments are behind a pointer, where a filter cannot look; libraries use the older call
UNKNOWN = "clone3 openat2"
# Copying a file sets its mode and times: refused, but not in a way that stops the copy
IGNORED = "chmod fchmod fchmodat utime utimes utimensat futimesat"

CLONE_THREAD = 0x10000
O_ACCMODE, O_TRUNC = 0o3, 0o1000
PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4
TIOCSTI, TIOCLINUX = 0x5412, 0x541C  # typing into a terminal
X32 = 0x40000000

LOAD, ALU_AND, RETURN = 0x20, 0x54, 0x06
EQUAL, GREATER, GREATER_OR_EQUAL, ANY_BIT = 0x15, 0x25, 0x35, 0x45
KILL, ALLOW, ERRNO = 0x80000000, 0x7FFF0000, 0x00050000
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # where they are in struct seccomp_data

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_SECCOMP, MODE_FILTER = 22, 2

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, constant


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def known() -> bool:
    """Whether there is a table of this processor's system calls."""
    return platform.machine() in TABLES and struct.calcsize("P") == 8


def program(pid: int, machine: str | None = None) -> list[Instruction]:
    """The filter for process `pid`: what it may not do, with anything that is newer than the table.

    A call by way of another architecture, whose numbers mean other things, ends the process.
    """
    machine = machine or platform.machine()
    table = TABLES[machine]
    numbers = table["numbers"]
    lines = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, table["audit_arch"]),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
    ]
    if machine == "x86_64":
        lines += [(GREATER_OR_EQUAL, 0, 1, X32), (RETURN, 0, 0, KILL)]
    lines += [(GREATER, 0, 1, table["last"]), (RETURN, 0, 0, ERRNO | errno.ENOSYS)]
    refused = [(names, errno.EPERM) for names in REFUSED.values()]
    for names, answer in [*refused, (UNKNOWN, errno.ENOSYS), (IGNORED, 0)]:
        for name in names.split():
            if name in numbers:  # some old calls exist on x86 alone
                lines += [(EQUAL, 0, 1, numbers[name]), (RETURN, 0, 0, ERRNO | answer)]
    for name, body in _by_argument(pid).items():
        if name in numbers:
            lines += [(EQUAL, 0, len(body), numbers[name]), *body]
    return [*lines, (RETURN, 0, 0, ALLOW)]


def _by_argument(pid: int) -> dict[str, list[Instruction]]:
    """Calls that are allowed or not by the value of one argument."""
    refuse, allow = (RETURN, 0, 0, ERRNO | errno.EPERM), (RETURN, 0, 0, ALLOW)
    only_itself = [_argument(0), (EQUAL, 1, 0, pid), refuse, allow]
    only_thread = [_argument(0), (ANY_BIT, 1, 0, CLONE_THREAD), refuse, allow]

    def never(argument, *values):
        lines = [_argument(argument)]
        for value in values:
            lines += [(EQUAL, 0, 1, value), refuse]
        return [*lines, allow]

    def no_hidden_truncation(argument):  # before ABI 3, Landlock does not see it
        mask = (ALU_AND, 0, 0, O_ACCMODE | O_TRUNC)
        return [_argument(argument), mask, (EQUAL, 0, 1, O_TRUNC), refuse, allow]

    return {
        "clone": only_thread,
        "kill": only_itself,
        "tgkill": only_itself,
        "prlimit64": [_argument(0), (EQUAL, 1, 0, 0), refuse, allow],
        "prctl": never(0, PR_SET_PDEATHSIG, PR_SET_DUMPABLE),
        "ioctl": never(1, TIOCSTI, TIOCLINUX),
        "open": no_hidden_truncation(1),
        "openat": no_hidden_truncation(2),
    }


def _argument(index: int) -> Instruction:
    """Load the lower half of an argument; both architectures are little-endian."""
    return (LOAD, 0, 0, ARGUMENTS + 8 * index)


def install(lines: list[Instruction]) -> None:
    """Put the filter on. PR_SET_NO_NEW_PRIVS must be set. Raises OSError."""
    code = b"".join(struct.pack("<HBBI", *line) for line in lines)
    filter_ = Program(len(lines), code)
    if LIBC.prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(filter_), 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"seccomp: {os.strerror(number)}")
